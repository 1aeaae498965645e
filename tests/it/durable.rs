//! A workspace's own sandbox outlives the process that serves it.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::env::{Output, copy, epictree, example};

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("package-hunter"), folder.path());
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Output::of(epictree(folder).args(args).output().unwrap())
}

/// Kills an apply on its own sandbox as soon as it says that `steps` changes are done.
fn killed_after(folder: &Path, steps: usize) {
    let mut command = epictree(folder);
    command.args(["apply", "--yes", "--sandbox", "--parallelism", "1"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let sign = format!("[{steps}/");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines.any(|line| line.unwrap().starts_with(&sign));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told, "it ended before step {steps}");
}

#[test]
fn a_killed_apply_on_its_own_sandbox_is_finished_by_the_next() {
    for steps in [1, 2, 9, 20, 36, 37] {
        let folder = workspace();
        killed_after(folder.path(), steps);
        let items = |folder: &Path| {
            let plan = run(folder, &["plan", "--sandbox", "--format", "json"]).ends_with(0).json();
            plan["tools"][0]["summary"]["create"].as_u64().unwrap()
        };
        let left = items(folder.path());
        assert!(left <= 38 - steps as u64, "{left} left after {steps} steps: work was lost");
        run(folder.path(), &["apply", "--yes", "--sandbox"]).ends_with(0);
        run(folder.path(), &["apply", "--yes", "--sandbox"]).ends_with(0).says("No changes");
        assert_eq!(items(folder.path()), 0);
    }
}

#[test]
fn an_apply_killed_again_and_again_gets_there() {
    let folder = workspace();
    for _ in 0..6 {
        killed_after(folder.path(), 4);
    }
    run(folder.path(), &["apply", "--yes", "--sandbox"]).ends_with(0);
    run(folder.path(), &["plan", "--sandbox", "--detailed-exitcode"])
        .ends_with(0)
        .says("No changes");
}

#[test]
fn a_sandbox_in_a_named_folder_serves_one_at_a_time() {
    let folder = workspace();
    let dir = folder.path().join("state");
    let flag = format!("--sandbox={}", dir.display());
    run(folder.path(), &["apply", "--yes", &flag]).ends_with(0);
    assert!(!folder.path().join(".epictree").exists());
    run(folder.path(), &["plan", &flag, "--detailed-exitcode"]).ends_with(0);
    let sandbox = epictree::sandbox::Sandbox::open(&dir, &crate::env::seed()).unwrap();
    run(folder.path(), &["plan", &flag]).ends_with(1).says("error: ");
    drop(sandbox);
    run(folder.path(), &["plan", &flag]).ends_with(0);
}
