//! A headless Chromium, driven over DevTools on a pipe.
//!
//! The tests need no more than a Rust toolchain: where there is no Chromium they say so and pass,
//! unless `EPICTREE_BROWSER` demands one, as it does in `.ci/run`.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What Chromium goes by.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Demands a browser.
const DEMAND: &str = "EPICTREE_BROWSER";
/// How long a page may take to become what is awaited, in milliseconds.
const PATIENCE: u64 = 30_000;

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    sent: u64,
    /// Errors that the page's console showed.
    pub(crate) errors: Vec<String>,
    /// Addresses that the page asked for.
    pub(crate) requests: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; `None` if there is none and none is demanded.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = find() else {
            assert!(
                std::env::var_os(DEMAND).is_none(),
                "{DEMAND} is set, and there is no Chromium"
            );
            eprintln!("there is no Chromium: what it would show was not tried");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // DevTools reads from descriptor 3 and writes to 4; a shell can put ours there.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null", "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Self {
            child,
            input,
            output,
            session: None,
            sent: 0,
            errors: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens an address and waits until it has loaded.
    pub(crate) fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Runs an expression in the page and returns its value, a promise's once it is there.
    #[track_caller]
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let call = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let answer = self.call("Runtime.evaluate", call);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(crate) fn until(&mut self, condition: &str) {
        let script = format!(
            "new Promise((done) => {{ const end = Date.now() + {PATIENCE}; const look = () => {{ \
             const is = (() => {{ try {{ return !!({condition}); }} catch {{ return false; }} }})(); \
             if (is || Date.now() > end) done(is); else setTimeout(look, 20); }}; look(); }})"
        );
        let call = json!({
            "expression": script, "awaitPromise": true, "returnByValue": true,
        });
        // Where the page goes elsewhere meanwhile, the question is asked again there.
        for _ in 0..20 {
            let answer = self.call("Runtime.evaluate", call.clone());
            match &answer["result"]["value"] {
                Value::Bool(is) => {
                    assert!(*is, "it never came: {condition}");
                    return;
                }
                _ => assert_ne!(answer["error"], Value::Null, "{answer}"),
            }
        }
        panic!("the page never stayed: {condition}");
    }

    /// Clicks in the middle of the first element that a selector finds.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        let found = json!(selector);
        let spot = self.eval(&format!(
            "(() => {{ const one = document.querySelector({found}); one.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const at = one.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": spot[0], "y": spot[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Types into the element that has the focus.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Lets pages run scripts, or not.
    pub(crate) fn run_scripts(&mut self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !run }));
    }

    /// Calls a method of DevTools and returns its result, or an object with `error`.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        loop {
            let mut answer = self.receive();
            if answer["id"] == self.sent {
                let failed = json!({ "error": answer["error"] });
                return if answer["result"].is_object() { answer["result"].take() } else { failed };
            }
            self.note(&answer);
        }
    }

    fn receive(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.output.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Keeps what an event says of errors and requests.
    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.errors.push(params["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                self.errors.push(params["entry"]["text"].to_string());
            }
            Some("Network.requestWillBeSent") => {
                self.requests.extend(params["request"]["url"].as_str().map(str::to_owned));
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let files = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    files.into_iter().find(|file| file.is_file())
}
