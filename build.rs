//! Tells the binary what it was built for and, in a release, from which commit.
//!
//! A development build names none: it would be built anew after each commit.

use std::path::Path;
use std::process::Command;

/// What cargo leaves in a packed source tree.
const PACKED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=EPICTREE_TARGET={}", variable("TARGET"));
    let is_release = variable("PROFILE") == "release";
    if let Some(commit) = Some(()).filter(|()| is_release).and_then(|()| commit()) {
        println!("cargo::rustc-env=EPICTREE_COMMIT={}", &commit[..commit.len().min(10)]);
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The commit of a packed tree, or of a checkout that is this project's own.
fn commit() -> Option<String> {
    if let Ok(packed) = std::fs::read_to_string(PACKED) {
        let (_, rest) = packed.split_once("\"sha1\"")?;
        return rest.split('"').nth(1).and_then(hash);
    }
    // A `.git` further up belongs to somebody who keeps a copy of this tree.
    if !Path::new(".git").exists() {
        return None;
    }
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "HEAD"]).as_deref().and_then(hash)
}

fn hash(text: &str) -> Option<String> {
    let is_hash = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
