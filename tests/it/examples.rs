//! Every example is right, and the plan beside it is the one that it gives.
//!
//! `EPICTREE_UPDATE=1 cargo test --test it examples` writes those plans anew.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::env::{Output, copy, epictree, example};

const PLAN: &str = "plan.txt";

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(example("")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> =
        folders.filter(|path| path.join("epictree.toml").is_file()).collect();
    folders.sort();
    assert!(folders.len() >= 6, "{folders:?}");
    folders
}

fn plan(folder: &Path) -> Output {
    let mut command = epictree(folder);
    Output::of(command.args(["plan", "--offline", "--color", "never"]).output().unwrap())
}

#[test]
fn every_example_checks_without_a_word_of_warning() {
    for folder in examples() {
        let output = Output::of(epictree(&folder).arg("check").output().unwrap()).ends_with(0);
        assert_eq!(output.stderr, "", "{}\n{output}", folder.display());
        output.does_not_say("warning").says("ready to plan");
    }
}

#[test]
fn the_plan_of_every_example_equals_the_one_beside_it() {
    for folder in examples() {
        let output = plan(&folder).ends_with(0);
        let file = folder.join(PLAN);
        if std::env::var_os("EPICTREE_UPDATE").is_some() {
            std::fs::write(&file, &output.stdout).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        let differs = output.stdout.lines().zip(kept.lines()).position(|(now, kept)| now != kept);
        assert!(
            output.stdout == kept,
            "{} is out of date from line {}; if the change is wanted, run EPICTREE_UPDATE=1 cargo test --test it examples",
            file.display(),
            differs.map_or_else(|| "its end".to_owned(), |line| (line + 1).to_string())
        );
    }
}

#[test]
fn every_example_can_be_played_through_and_a_second_run_has_nothing_to_do() {
    for folder in examples() {
        let home = tempfile::tempdir().unwrap();
        copy(&folder, home.path());
        let run = |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap());
        run(&["apply", "--sandbox", "--yes"]).ends_with(0);
        run(&["plan", "--sandbox", "--detailed-exitcode"]).ends_with(0).says("No changes");
    }
}

#[test]
fn the_same_files_give_the_same_bytes() {
    for folder in examples() {
        let first = plan(&folder);
        for _ in 0..4 {
            assert_eq!(plan(&folder), first);
        }
    }
}

#[test]
fn an_offline_plan_needs_no_token_and_no_network() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for folder in examples() {
        let mut command = epictree(&folder);
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"] {
            command.env(name, format!("http://{closed}"));
        }
        let output =
            Output::of(command.args(["plan", "--offline", "--color", "never"]).output().unwrap());
        assert_eq!(output, plan(&folder));
        assert_eq!(output.code, Some(0), "{output}");
    }
}

#[test]
fn an_offline_plan_prints_the_text_of_every_item() {
    let output = plan(&example("package-hunter")).ends_with(0);
    let text = "A project or a dependency archive is installed in a container";
    output.says(text).says("Plan: ").does_not_say("<!--epictree").does_not_say("\u{1b}[");
}
