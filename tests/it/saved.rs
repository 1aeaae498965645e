//! Saved plans and snapshots: made once, carried out as shown or not at all.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use epictree::plan::Snapshot;
use epictree::plan::saved::{SavedError, SavedPlan, read};
use epictree::sandbox::Edit;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::env::{COLLEAGUE, Output, ROOT, TestEnv, copy, epictree, example};

const TOOL: &str = "package-hunter.toml";
const INTEGRATION: &str = "package-hunter/integration";
const RESULTS: &str = "package-hunter/functionality/results";
const JOB_INPUT: &str = "package-hunter/functionality/submission/job-input";
const WEIGHT: &str = "weight = 3\n\n[[functionality]]\nid = \"isolated-install\"";

/// A workspace whose tree stands, and whose tool file has changed since.
fn changed() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env.edit(TOOL, WEIGHT, &WEIGHT.replace("weight = 3", "weight = 2"));
    env.edit(TOOL, "name = \"Retrieval of results\"", "name = \"Fetching of results\"");
    env
}

/// Saves the plan of a workspace.
#[track_caller]
fn save(env: &TestEnv) -> Output {
    env.plan(&["--out", "saved"]).ends_with(0)
}

/// Takes the files away, so that nothing but the saved plan is left.
fn forget_files(env: &TestEnv) -> tempfile::TempDir {
    let away = tempfile::tempdir().unwrap();
    for name in ["epictree.toml", "owners.toml", TOOL] {
        fs::copy(env.folder.path().join(name), away.path().join(name)).unwrap();
        fs::remove_file(env.folder.path().join(name)).unwrap();
    }
    away
}

fn carry_out(env: &TestEnv) -> Output {
    env.run(&["apply", "--yes", "--plan", "saved"])
}

fn bytes(env: &TestEnv) -> Vec<u8> {
    fs::read(env.folder.path().join("saved")).unwrap()
}

/// A file with this content, its checksum right.
fn sealed(kind: &str, format: u32, content: &str) -> Vec<u8> {
    let head = format!("{{\"epictree\":\"{kind}\",\"format\":{format},");
    let tail = format!("\"content\":{content}}}\n");
    let sum = Sha256::digest(format!("{head}{tail}"));
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{head}\"sha256\":\"{sum}\",{tail}").into_bytes()
}

/// The content of a saved plan, changed, and its checksum made right.
fn forged(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut file["content"]);
    sealed("plan", 1, &file["content"].to_string())
}

#[test]
fn a_saved_plan_needs_no_files_and_is_carried_out_once() {
    let env = TestEnv::package_hunter();
    save(&env).says("37 to create").says("`apply --plan`");
    let files = forget_files(&env);
    carry_out(&env).ends_with(0).says("37 to create").says("Applied: 37 created, 1 updated.");
    env.sandbox.clear_log();
    carry_out(&env).ends_with(0).says("Applied: 38 already there.");
    assert_eq!(env.mutations(), [""; 0]);
    copy(files.path(), env.folder.path());
    env.quiet();
}

#[test]
fn updates_are_carried_out_once_as_well() {
    let env = changed();
    let shown = save(&env);
    carry_out(&env).ends_with(0).says(shown.stdout.lines().next().unwrap());
    assert_eq!(env.item(JOB_INPUT).weight, Some(2));
    env.sandbox.clear_log();
    carry_out(&env).ends_with(0).says("already there");
    assert_eq!(env.mutations(), [""; 0]);
    env.quiet();
}

#[test]
fn a_tree_without_an_epic_above_it_is_not_made_twice() {
    let env = TestEnv::package_hunter();
    env.edit("epictree.toml", "nested-epics = true", "nested-epics = false");
    save(&env);
    carry_out(&env).ends_with(0);
    env.sandbox.clear_log();
    carry_out(&env).ends_with(0).does_not_say(" created");
    assert_eq!(env.mutations(), [""; 0]);
    env.item(INTEGRATION);
    env.quiet();
}

#[test]
fn what_moved_since_is_left_alone_and_the_rest_is_done() {
    let env = changed();
    save(&env);
    env.by_hand(RESULTS, Edit::Title("People's title".into()));
    carry_out(&env).ends_with(4).says("moved since the plan").says("5 updated").says("Plan again");
    assert_eq!(env.item(RESULTS).title, "People's title");
    assert_eq!(env.item(JOB_INPUT).weight, Some(2));
}

#[test]
fn a_row_that_people_took_out_after_the_first_time_stays_out() {
    let env = TestEnv::package_hunter();
    save(&env);
    let rows = |env: &TestEnv| {
        let root = env.root();
        root.lines().filter(|line| line.contains("package-hunter")).map(str::to_owned).next()
    };
    carry_out(&env).ends_with(0);
    let row = rows(&env).unwrap();
    env.rewrite(ROOT, &format!("{row}\n"), "");
    carry_out(&env).ends_with(0);
    assert_eq!(rows(&env), None);
}

#[test]
fn nobody_is_asked_again_by_a_plan_that_was_saved_before_they_were_asked() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("tokinator"), home.path());
    let run = |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap());
    run(&["plan", "--sandbox", "--out", "saved"]).ends_with(0).says("will be notified");
    run(&["apply", "--sandbox", "--yes"]).ends_with(0).says("posted");
    let again = run(&["apply", "--sandbox", "--yes", "--plan", "saved"]);
    again.ends_with(0).does_not_say("posted, ").says("already there");
    run(&["plan", "--sandbox", "--detailed-exitcode"]).ends_with(0).says("No changes");
}

#[test]
fn what_another_run_did_meanwhile_is_not_done_again() {
    let env = changed();
    save(&env);
    env.apply(&[]).ends_with(0);
    env.sandbox.clear_log();
    carry_out(&env).ends_with(0).says("already there");
    assert_eq!(env.mutations(), [""; 0], "another run was faster");
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let env = TestEnv::package_hunter();
    save(&env);
    let bytes = bytes(&env);
    read::<SavedPlan>(&bytes).unwrap();
    let last = bytes.len();
    let places = (0..200).chain((200..last).step_by(1009)).chain(last - 20..last);
    for at in places {
        for bit in [1, 0x20] {
            let mut other = bytes.clone();
            other[at] ^= bit;
            assert!(read::<SavedPlan>(&other).is_err(), "byte {at}");
        }
    }
    for end in [0, 1, 40, 150, last / 2, last - 1] {
        assert!(read::<SavedPlan>(&bytes[..end]).is_err(), "cut at {end}");
    }
    let longer = [bytes.as_slice(), b"\n"].concat();
    assert_eq!(read::<SavedPlan>(&longer), Err(SavedError::Changed));
    let text = String::from_utf8(bytes).unwrap();
    env.write("saved", &text.replace("Package Hunter", "Package Hinter"));
    carry_out(&env).ends_with(1).says("`saved`").says("checksum is not right");
    assert_eq!(env.mutations(), [""; 0]);
}

#[test]
fn hostile_files_are_refused_without_a_panic() {
    let env = TestEnv::package_hunter();
    save(&env);
    let bytes = bytes(&env);
    let refused = |bytes: &[u8]| read::<SavedPlan>(bytes).unwrap_err();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(b""), SavedError::Foreign);
    assert_eq!(refused(b"schema = 1\n"), SavedError::Foreign);
    assert_eq!(refused(b"{\"epictree\":\"thing\",\"format\":1,"), SavedError::Foreign);
    assert_eq!(refused(&sealed("snapshot", 1, "{}")), SavedError::Kind("snapshot".into(), "plan"));
    assert_eq!(refused(&sealed("plan", 2, "{}")), SavedError::Version(2));
    for content in ["", "{}", "null", "{\"made_by\":1}", &deep, "\u{0}"] {
        let error = refused(&sealed("plan", 1, content));
        assert!(matches!(error, SavedError::Content(_)), "{content:.20} {error}");
    }
    let more = forged(&bytes, |content| content["token"] = "x".into());
    assert!(matches!(refused(&more), SavedError::Content(_)), "a key nobody knows");
    for (path, bad) in [
        ("/desired/0/nodes/0/key", "../x"),
        ("/desired/0/nodes/0/parent/item", "no reference"),
        ("/snapshot/trees/package-hunter/existing/gitlab-com~1gl-security&291/id", "gid://x"),
        ("/options/on_conflict", "guess"),
    ] {
        let bad = forged(&bytes, |content| *content.pointer_mut(path).unwrap() = bad.into());
        assert!(matches!(refused(&bad), SavedError::Content(_)), "{path}");
    }
}

#[test]
fn a_plan_that_comes_out_otherwise_is_refused() {
    let env = TestEnv::package_hunter();
    save(&env);
    let bytes = bytes(&env);
    let otherwise = |change: fn(&mut Value)| {
        let (saved, _) = read::<SavedPlan>(&forged(&bytes, change)).unwrap();
        saved.plan().unwrap_err()
    };
    let title = otherwise(|content| content["desired"][0]["nodes"][0]["title"] = "Other".into());
    assert!(matches!(title, SavedError::Otherwise { .. }), "{title}");
    let empty = otherwise(|content| content["desired"][0]["nodes"] = Value::Array(Vec::new()));
    assert!(matches!(empty, SavedError::Otherwise { .. }), "{empty}");
    let unseen = otherwise(|content| content["snapshot"]["trees"] = serde_json::json!({}));
    assert_eq!(unseen, SavedError::Incomplete(vec!["the tool package-hunter".into()]));
    let newer = forged(&bytes, |content| {
        content["made_by"] = "9.9.9".into();
        content["fingerprint"] = "0".into();
    });
    fs::write(env.folder.path().join("saved"), newer).unwrap();
    carry_out(&env).ends_with(1).says("plans otherwise than 9.9.9").says("plan again");
}

#[test]
fn a_checksum_may_be_demanded() {
    let env = TestEnv::package_hunter();
    let said = save(&env).stderr;
    let (_, sum) = said.trim().rsplit_once(' ').unwrap();
    let wrong = "0".repeat(64);
    let run = |sum: &str| env.run(&["apply", "--yes", "--plan", "saved", "--checksum", sum]);
    run(&wrong).ends_with(1).says(sum);
    assert_eq!(env.mutations(), [""; 0]);
    run(&sum.to_uppercase()).ends_with(0).says("Applied");
    env.run(&["apply", "--checksum", sum]).ends_with(64);
}

#[test]
fn a_saved_plan_is_bound_to_where_and_as_whom_it_was_made() {
    let env = TestEnv::package_hunter();
    save(&env);
    env.run(&["apply", "--yes", "--plan", "saved", "--url", "http://127.0.0.1:1"])
        .ends_with(64)
        .says("the plan was made for http://127.0.0.1:");
    env.run(&["apply", "--yes", "--plan", "saved", "--sandbox"]).ends_with(64).says("made for");
    let mut other = env.command(&["apply", "--yes", "--plan", "saved"]);
    let other = Output::of(other.env("GITLAB_TOKEN", "as:alice").output().unwrap());
    other.ends_with(1).says("made as @prodsec-bot").says("@alice's");
    assert_eq!(env.mutations(), [""; 0]);
    let url = format!("{}/", env.url());
    env.run(&["apply", "--yes", "--plan", "saved", "--url", &url]).ends_with(0);
}

#[test]
fn a_saved_plan_brings_its_files_and_choices_along() {
    let env = TestEnv::package_hunter();
    for more in [
        vec![TOOL],
        vec!["--adopt"],
        vec!["--prune"],
        vec!["--recreate", INTEGRATION],
        vec!["--on-conflict", "keep"],
    ] {
        let args = [vec!["apply", "--plan", "saved"], more].concat();
        env.run(&args).ends_with(64).says("cannot be used with");
    }
    for more in [["--offline", "--out"], ["--offline", "--snapshot"]] {
        env.run(&[&["plan"], more.as_slice(), &["x"]].concat()).ends_with(64);
    }
    env.run(&["plan", "--against", "x", "--out", "y"]).ends_with(64);
    let env = changed();
    env.by_hand(RESULTS, Edit::Title("People's title".into()));
    env.plan(&["--on-conflict", "fail", "--out", "saved"]).ends_with(3);
    carry_out(&env).ends_with(3).says("nothing was written");
    env.plan(&["--on-conflict", "spec", "--out", "saved"]).ends_with(0);
    carry_out(&env).ends_with(0);
    assert!(env.item(RESULTS).title.contains("Fetching of results"));
}

#[test]
fn a_plan_that_is_in_the_way_of_itself_is_not_saved() {
    let env = TestEnv::package_hunter();
    env.edit(TOOL, "id = \"package-hunter\"", "id = \"package-hunter\"\nmilestone = \"99.9\"");
    env.plan(&["--out", "saved"]).ends_with(1).says("not saved");
    assert!(!env.folder.path().join("saved").exists());
}

#[test]
fn nothing_but_a_file_of_ours_is_written_over() {
    let env = TestEnv::package_hunter();
    let path = |name: &str| -> PathBuf { env.folder.path().join(name) };
    env.plan(&["--out", TOOL]).ends_with(1).says("`package-hunter.toml` is there");
    env.plan(&["--out", "."]).ends_with(1);
    env.plan(&["--out", "no/such/folder"]).ends_with(1).says("no/such/folder");
    fs::write(path("empty"), "").unwrap();
    env.plan(&["--out", "empty", "--snapshot", "seen"]).ends_with(0);
    env.plan(&["--out", "empty", "--snapshot", "seen"]).ends_with(0);
    env.plan(&["--out", "seen"]).ends_with(1).says("is no plan that epictree saved");
    std::os::unix::fs::symlink("empty", path("link")).unwrap();
    env.plan(&["--out", "link"]).ends_with(1);
    let is_private = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((is_private("empty"), is_private("seen")), (0o600, 0o600));
    let files = fs::read_dir(env.folder.path()).unwrap().count();
    let known = [TOOL, "epictree.toml", "owners.toml", "plan.txt", "empty", "seen", "link"];
    assert_eq!(files, known.len(), "no temporary file is left");
}

#[test]
fn no_token_is_in_a_saved_file() {
    let env = TestEnv::package_hunter();
    let url = env.url();
    let mut command = env.command(&["plan", "--url", &url, "--out", "saved", "--snapshot", "seen"]);
    Output::of(command.env("GITLAB_TOKEN", "as:alice").output().unwrap()).ends_with(0);
    for name in ["saved", "seen"] {
        let text = fs::read_to_string(env.folder.path().join(name)).unwrap();
        assert!(text.contains("\"caller\":\"alice\"") && !text.contains("as:alice"), "{name}");
    }
}

#[test]
fn a_sandbox_of_the_folder_works_as_well() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), home.path());
    let run = |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap());
    run(&["plan", "--sandbox", "--out", "saved"]).ends_with(0);
    run(&["apply", "--yes", "--plan", "saved"]).ends_with(64).says("--sandbox");
    run(&["apply", "--yes", "--sandbox=nowhere", "--plan", "saved"]).ends_with(1).says("nowhere");
    assert!(!home.path().join("nowhere").exists());
    fs::remove_file(home.path().join("todo-list.toml")).unwrap();
    run(&["apply", "--yes", "--sandbox", "--plan", "saved"]).ends_with(0).says("Applied");
    run(&["apply", "--yes", "--sandbox", "--plan", "saved"]).ends_with(0).says("already there");
}

/// A plan as JSON, without where it was made.
fn tools(output: &Output) -> Value {
    output.json()["tools"].clone()
}

#[test]
fn a_plan_against_a_snapshot_is_the_plan_against_gitlab() {
    for name in ["package-hunter", "tokinator", "mail-relay"] {
        let home = tempfile::tempdir().unwrap();
        copy(&example(name), home.path());
        let run = |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap());
        let json = ["--format", "json"];
        for first in [true, false] {
            let seen = run(&[&["plan", "--sandbox", "--snapshot", "seen"], &json[..]].concat());
            let again = run(&[&["plan", "--against", "seen"], &json[..]].concat());
            assert_eq!(tools(&again), tools(&seen), "{name} {first}");
            run(&["apply", "--sandbox", "--yes"]).ends_with(0);
        }
    }
}

#[test]
fn a_snapshot_shows_what_other_files_would_do() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env.plan(&["--snapshot", "seen"]).ends_with(0).says("`plan --against`");
    env.edit(TOOL, WEIGHT, &WEIGHT.replace("weight = 3", "weight = 2\nmilestone = \"99.9\""));
    let requests = env.sandbox.log().len();
    let mut command = env.command(&["plan", "--against", "seen", "--detailed-exitcode"]);
    let output = Output::of(command.env_remove("GITLAB_TOKEN").output().unwrap()).ends_with(2);
    output.says("1 to update").says("does not say whether these exist: the milestone \"99.9\"");
    assert_eq!(env.sandbox.log().len(), requests, "nobody was asked");
    env.edit(TOOL, "gitlab-org/gitlab#321285", "gitlab-org/gitlab#7");
    env.run(&["plan", "--against", "seen"])
        .ends_with(1)
        .says("`seen`: it holds nothing of gitlab-org/gitlab#7");
    env.edit("epictree.toml", "id = \"prodsec-tools\"", "id = \"others\"");
    env.run(&["plan", "--against", "seen"]).ends_with(1).says("of the workspace `prodsec-tools`");
}

#[test]
fn a_snapshot_holds_every_kind_of_trouble() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let text = env.item(RESULTS).description;
    let epics = "gitlab-com/gl-security/product-security";
    let clone = env.create(epics, 8, "A clone", Some(&env.item(INTEGRATION).reference));
    env.sandbox.edit(COLLEAGUE, &clone, Edit::Description(text)).unwrap();
    env.by_hand(JOB_INPUT, Edit::Description("No marker any more".into()));
    let seen = env.plan(&["--snapshot", "seen", "--format", "json"]);
    let again = env.run(&["plan", "--against", "seen", "--format", "json"]);
    assert_eq!(tools(&again), tools(&seen));
    assert_ne!(tools(&seen)[0]["notices"], serde_json::json!([]));
    let bytes = fs::read(env.folder.path().join("seen")).unwrap();
    read::<Snapshot>(&bytes).unwrap();
}
