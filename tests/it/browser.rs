//! A headless Chromium, where there is one, to look at pages as people do.
//!
//! `cargo test` needs nothing but the toolchain: without a browser its tests say so and pass.
//! With `EPICTREE_BROWSER=required`, as in CI, they fail.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::path::{Path, PathBuf};
use std::process::Command;

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What a browser made of a page.
pub(crate) struct Seen {
    /// The document afterwards.
    pub(crate) dom: String,
    /// What the console said: errors of scripts, and what the page's policy refused.
    pub(crate) console: Vec<String>,
}

/// The browser of this machine.
#[expect(clippy::print_stderr, reason = "whoever runs the tests shall know what was not looked at")]
pub(crate) fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var("EPICTREE_BROWSER").is_ok_and(|value| value == "required");
        assert!(!required, "EPICTREE_BROWSER=required, and none of {NAMES:?} is on the PATH");
        eprintln!("no browser here, so this test looks at nothing: install chromium");
    }
    found
}

/// Opens a file in a browser that reaches no network, and gives what it shows.
pub(crate) fn open(browser: &Path, file: &Path) -> Seen {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains(":CONSOLE"));
    Seen {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        console: console.map(str::to_owned).collect(),
    }
}
