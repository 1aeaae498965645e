//! `epictree pull` as people run it: what it shows, asks, writes and refuses.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use epictree::sandbox::Edit;

use crate::env::{Output, ROOT, TestEnv};

const TOOL: &str = "package-hunter.toml";
const SUBMISSION: &str = "package-hunter/functionality/submission";
const JOB: &str = "package-hunter/functionality/submission/job-input";

/// A tree that a colleague worked on.
fn edited() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env.by_hand(JOB, Edit::Weight(Some(2)));
    env.by_hand(JOB, Edit::Title("Agree on what goes into the job".into()));
    env.by_hand(SUBMISSION, Edit::Label("ProdSecEngPriority::1".into()));
    let reference = env.item(SUBMISSION).reference;
    env.rewrite(
        &reference,
        "An HTTP endpoint, one for each package manager, takes the archive and answers with an id.",
        "Two HTTP endpoints take the archive and answer with an id.",
    );
    env.rewrite(&reference, "- **Gap in GitLab:** missing", "- **Gap in GitLab:** partial");
    env
}

fn pull(env: &TestEnv, args: &[&str]) -> Output {
    let url = env.url();
    env.run(&[&["pull", "--url", &url], args].concat())
}

fn tool(env: &TestEnv) -> String {
    fs::read_to_string(env.folder.path().join(TOOL)).unwrap()
}

#[test]
fn a_pull_changes_the_lines_that_it_shows_and_no_others() {
    let env = edited();
    let before = tool(&env);
    env.sandbox.clear_log();
    let output = pull(&env, &["--yes"]).ends_with(0);
    assert_eq!(env.mutations(), Vec::<String>::new(), "{output}");
    let wanted = [
        (
            "weight = 3\n\n[[functionality]]\nid = \"isolated",
            "weight = 2\n\n[[functionality]]\nid = \"isolated",
        ),
        ("Agree on the input of the behaviour analysis job", "Agree on what goes into the job"),
        (
            "An HTTP endpoint, one for each package manager, takes the archive and answers with an id.",
            "Two HTTP endpoints take the archive and answer with an id.",
        ),
    ];
    let wanted = wanted.iter().fold(before, |text, (from, to)| text.replacen(from, to, 1));
    let wanted = wanted.replacen("priority = 2  ", "priority = 1  ", 1);
    let wanted = wanted.replacen("gap = \"missing\"  ", "gap = \"partial\"  ", 1);
    assert_eq!(tool(&env), wanted);
    let planned = env.planned(&[]);
    assert_eq!((planned.sum("drift"), planned.sum("conflict")), (0, 0));
    env.apply(&[]).ends_with(0);
    env.quiet();
    assert_eq!(env.item(JOB).weight, Some(2));
    pull(&env, &["--yes"]).ends_with(0).says("Nothing to pull.");
}

#[test]
fn without_a_terminal_and_without_yes_it_shows_and_writes_nothing() {
    let env = edited();
    let before = tool(&env);
    let output = pull(&env, &[]).ends_with(64).says("+   weight = 2").says("--yes");
    assert!(output.stdout.contains("Pull: 5 keys in 1 file."), "{output}");
    assert_eq!(tool(&env), before);
}

#[test]
fn what_no_key_can_say_is_listed_with_the_reason() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let before = tool(&env);
    env.by_hand(SUBMISSION, Edit::Parent(Some(ROOT.into())));
    env.by_hand(SUBMISSION, Edit::Title("\u{1b}[31mred\u{202e}".into()));
    env.rewrite(&env.item(SUBMISSION).reference, "- **Users:**", "- **Also used by:**");
    let output = pull(&env, &["--yes"]).ends_with(0);
    let wanted = [
        "kept parent",
        "where an item hangs is the blueprint's to say",
        "kept title",
        "kept body",
        "no key of the file holds these words alone",
        "Nothing to pull. 3 changes stay in GitLab.",
    ];
    let output = wanted.iter().fold(output, |output, text| output.says(text));
    assert!(!output.stdout.contains(['\u{1b}', '\u{202e}']), "{output:?}");
    assert_eq!(tool(&env), before);
}

#[test]
fn conflicts_are_left_to_people_unless_they_say_otherwise() {
    let env = edited();
    env.edit(TOOL, "Agree on the input of the behaviour analysis job", "Agree on its input");
    pull(&env, &["--yes"]).ends_with(3).says("conflict title").says("both sides changed it");
    assert!(tool(&env).contains("Agree on its input"));
    pull(&env, &["--yes", "--conflicts"]).ends_with(0);
    assert!(tool(&env).contains("Agree on what goes into the job"));
    env.settle();
}

#[test]
fn a_file_keeps_its_mode_its_line_ends_and_the_link_that_leads_to_it() {
    let env = edited();
    let (path, real) = (env.folder.path().join(TOOL), env.folder.path().join("kept"));
    let text = tool(&env).replace('\n', "\r\n");
    fs::write(&real, format!("\u{feff}{text}")).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(&path).unwrap();
    symlink("kept", &path).unwrap();
    pull(&env, &["--yes", TOOL]).ends_with(0).says("Pull: 5 keys in 1 file.");
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    let now = tool(&env);
    assert!(now.starts_with('\u{feff}') && now.contains("weight = 2\r\n"));
    assert_eq!(now.matches('\n').count(), now.matches("\r\n").count());
    let left = now.replace(
        "weight = 2\r\n\r\n[[functionality]]\r\nid = \"iso",
        "weight = 3\r\n\r\n[[functionality]]\r\nid = \"iso",
    );
    let changed =
        left.lines().zip(text.lines()).filter(|(a, b)| a.trim_start_matches('\u{feff}') != *b);
    assert_eq!(changed.count(), 4);
}

#[test]
fn a_closed_epic_is_what_the_blueprint_calls_done() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let before = tool(&env);
    for key in [JOB, SUBMISSION] {
        env.by_hand(key, Edit::Close);
    }
    pull(&env, &["--yes"]).ends_with(0).says("closed from");
    assert_eq!(tool(&env), before.replacen("gap = \"missing\"  ", "gap = \"exists\"  ", 1));
    pull(&env, &["--yes"]).ends_with(0).says("Nothing to pull.");
}

#[test]
fn a_cell_of_the_list_of_tools_is_the_summary_of_the_tool() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let old = "Finds malicious dependencies by watching what they do while they install.";
    env.rewrite(ROOT, old, "Watches installs.");
    pull(&env, &["--yes"]).ends_with(0).says("Brief Description");
    assert!(tool(&env).contains("summary = \"Watches installs.\""));
    env.settle();
}

#[test]
fn of_several_tools_only_the_file_of_the_one_that_drifted_is_written() {
    let env = edited();
    let other = "schema = 1\n[tool]\nid = \"other\"\nname = \"Other\"\nsummary = \"Idle.\"\n";
    env.write("other.toml", other);
    let modified =
        || fs::metadata(env.folder.path().join("other.toml")).unwrap().modified().unwrap();
    env.apply(&[]).ends_with(0);
    let before = modified();
    pull(&env, &["--yes"]).ends_with(0).says("Pull: 5 keys in 1 file.");
    assert_eq!(modified(), before);
    assert!(tool(&env).contains("weight = 2"));
}

#[test]
fn what_stays_is_said_also_of_a_text_that_the_pull_changes_itself() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let roadmap = env.item("package-hunter/sunset").reference;
    env.rewrite(&roadmap, "Package Hunter ends:** 2027-06-30", "Package Hunter ends:** in autumn");
    env.by_hand("package-hunter/functionality/results", Edit::Close);
    let output = pull(&env, &["--yes"]).ends_with(0);
    assert!(tool(&env).contains("gap = \"exists\""), "{output}");
    let stays = output.stdout.split("Stays in GitLab").nth(1).unwrap();
    assert!(stays.contains(&roadmap) && stays.contains("in autumn"), "{output}");
}
