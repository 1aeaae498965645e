//! What the last lines and the errors say to do next.

use epictree::sandbox::Edit;

use crate::env::{TestEnv, copy, epictree, example};

const TOOL: &str = "package-hunter.toml";
const RESULTS: &str = "package-hunter/functionality/results";
const NAME: &str = "name = \"Retrieval of results\"";

/// A tree whose epic both sides renamed.
fn contested() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env.by_hand(RESULTS, Edit::Title("People's title".into()));
    env.edit(TOOL, NAME, "name = \"Fetching of results\"");
    env
}

#[test]
fn an_option_of_another_command_is_named_and_force_is_never_proposed() {
    let env = TestEnv::package_hunter();
    let cases = [
        (["apply", "--format", "json"], "`--format` is an option of `plan`"),
        (["apply", "--out", "x"], "`--out` is an option of `plan`"),
        (["plan", "--plan", "x"], "`--plan` is an option of `apply`"),
    ];
    for (args, said) in cases {
        env.run(&args).ends_with(64).says(said).does_not_say("--force");
    }
}

#[test]
fn what_an_apply_leaves_to_people_stands_below_its_report() {
    let env = contested();
    let weight = "weight = 3\n\n[[functionality]]\nid = \"isolated-install\"";
    env.edit(TOOL, weight, &weight.replace("= 3", "= 2"));
    let output = env.apply(&[]).ends_with(3);
    let (_, below) = output.stdout.split_once("Applied: ").unwrap();
    assert!(below.contains("Left to you: 1 conflict"), "{output}");
}

#[test]
fn what_is_settled_by_keeping_it_is_shown_first() {
    let env = contested();
    env.plan(&["--on-conflict", "keep"]).says("kept title").says("People's title");
    env.apply(&["--on-conflict", "keep"]).ends_with(0).says("kept title");
    env.plan(&[]).ends_with(0).says("36 items as the files want, 1 as people have it");
}

#[test]
fn a_report_leads_to_the_tools_first_item() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env.edit(TOOL, NAME, "name = \"Fetching of results\"");
    let first = env.item("package-hunter/integration").reference;
    let (_, number) = first.rsplit_once('&').unwrap();
    env.apply(&[]).ends_with(0).says(&format!("/-/epics/{number}\n")).says("written, http");
}

#[test]
fn making_anew_what_is_there_does_nothing_and_says_so() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let said = format!("--recreate {RESULTS} does nothing: its item is there");
    env.plan(&["--recreate", RESULTS]).ends_with(0).says(&said);
}

#[test]
fn the_workspace_file_is_no_tool_file() {
    let env = TestEnv::package_hunter();
    env.run(&["check", "epictree.toml"]).ends_with(64).says("is the workspace file");
}

#[test]
fn a_rehearsal_says_how_to_look_at_it() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), home.path());
    let run =
        |args: &[&str]| crate::env::Output::of(epictree(home.path()).args(args).output().unwrap());
    run(&["apply", "--sandbox", "--yes"]).ends_with(0).says("`epictree sandbox --open`");
    run(&["-q", "plan", "--sandbox"]).ends_with(0).does_not_say("hint:");
}

#[test]
fn a_folder_that_cannot_hold_a_sandbox_says_why() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), home.path());
    let args = ["plan", "--sandbox=todo-list.toml"];
    let output = crate::env::Output::of(epictree(home.path()).args(args).output().unwrap());
    output.ends_with(1).says("cannot use todo-list.toml: ").says("hint: name a folder");
}
