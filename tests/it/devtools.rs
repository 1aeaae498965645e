//! A headless Chromium on pages that are served: it clicks, types and waits, over DevTools on a pipe.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::browser;

/// How long a page may take to become what is awaited, in milliseconds.
const PATIENCE: u64 = 30_000;

/// A browser with one page.
pub(crate) struct DevTools {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    sent: u64,
    loads: usize,
    /// Errors that the page's console showed.
    pub(crate) errors: Vec<String>,
    /// Addresses that the page asked for.
    pub(crate) requests: Vec<String>,
    _profile: TempDir,
}

impl DevTools {
    /// Starts one; `None` where there is none.
    pub(crate) fn start() -> Option<Self> {
        let program = browser()?;
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
        let mut tools = Self {
            child,
            input,
            output,
            session: None,
            sent: 0,
            loads: 0,
            errors: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
        };
        let target = tools.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = tools.call("Target.attachToTarget", attach);
        tools.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tools.call(&format!("{domain}.enable"), json!({}));
        }
        Some(tools)
    }

    /// Opens an address and waits until it has loaded.
    pub(crate) fn open(&mut self, url: &str) {
        let before = self.loads;
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        self.loaded_since(before);
        if self.eval("location.href") == "about:blank" {
            self.loaded_since(before + 1);
        }
    }

    /// Clicks on what leads to another page, and waits until that has loaded.
    #[track_caller]
    pub(crate) fn follow(&mut self, selector: &str) {
        let before = self.loads;
        self.click(selector);
        self.loaded_since(before);
    }

    fn loaded_since(&mut self, before: usize) {
        while self.loads <= before {
            let event = self.receive();
            self.note(&event);
        }
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

    /// Waits until an expression is true in the page, which must run scripts.
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

    /// Makes the window this wide, in pixels.
    pub(crate) fn widen(&mut self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
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
            Some("Page.loadEventFired") => self.loads += 1,
            Some("Network.requestWillBeSent") => {
                // A browser draws its own widgets from `data:` addresses.
                let url = params["request"]["url"].as_str().filter(|url| url.starts_with("http"));
                self.requests.extend(url.map(str::to_owned));
            }
            _ => {}
        }
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
