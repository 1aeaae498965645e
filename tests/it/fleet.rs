//! Many tools in one run, through the real binary: one that fails stops no other.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use epictree::sandbox::{Edit, Edition, Fault, FaultKind, Seed};
use serde_json::Value;

use crate::preflight::{Run, Shell};
use crate::world::{TOOL, seed};

/// A tool like the usual one, by another name, with more of a part's issues.
fn tool(id: &str, more: &str) -> String {
    let name = format!("{}{}", id[..1].to_uppercase(), &id[1..]);
    let issue = "[[part]]\nid = \"two\"";
    let tool = TOOL.replace("hunter", id).replace("Hunter", &name);
    tool.replacen(issue, &format!("{more}\n{issue}"), 1)
}

/// Work that exists, as far as the file knows.
fn existing(reference: &str) -> String {
    format!("[[part.issue]]\nid = \"there\"\nitem = \"{reference}\"")
}

/// A workspace of three tools, of which `beta` says more.
async fn fleet(beta: &str) -> Shell {
    fleet_on(&seed(), beta).await
}

async fn fleet_on(seed: &Seed, beta: &str) -> Shell {
    let shell = Shell::new(seed).await;
    std::fs::remove_file(shell.folder.path().join("hunter.toml")).unwrap();
    std::fs::create_dir(shell.folder.path().join("tools")).unwrap();
    for (id, more) in [("alpha", ""), ("beta", beta), ("gamma", "")] {
        write(&shell, id, &tool(id, more));
    }
    shell
}

fn write(shell: &Shell, id: &str, text: &str) {
    std::fs::write(shell.folder.path().join(format!("tools/{id}.toml")), text).unwrap();
}

/// Titles of the items that were made for a tool.
fn items(shell: &Shell, name: &str) -> usize {
    let of = format!("w {name}/");
    shell.sandbox.items().iter().filter(|item| item.description.contains(&of)).count()
}

/// A sum of each tool of a JSON plan.
fn sums(run: &Run, what: &str) -> Vec<(String, u64)> {
    let tools = run.json()["tools"].as_array().unwrap().clone();
    let sum = |tool: &Value| tool["summary"][what].as_u64().unwrap();
    tools.iter().map(|tool| (tool["id"].as_str().unwrap().to_owned(), sum(tool))).collect()
}

fn named<const N: usize>(sums: [(&str, u64); N]) -> Vec<(String, u64)> {
    sums.map(|(id, sum)| (id.to_owned(), sum)).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_cannot_be_read_says_why_and_the_others_are_planned_and_applied() {
    let shell = fleet(&existing("g/p#99")).await;
    let plan = shell.run(&["plan", "--format", "json"]).ends(1);
    assert_eq!(sums(&plan, "create"), named([("alpha", 10), ("beta", 0), ("gamma", 10)]));
    shell.run(&["plan"]).ends(1).says("g/p#99 cannot be read").says("Gamma integration");
    let run = shell.run(&["apply", "--yes"]).ends(5).says("g/p#99 cannot be read");
    let run = run.says("beta: not applied");
    assert!(run.stdout.contains("alpha: 9 items written"), "{}", run.stdout);
    assert_eq!(["alpha", "beta", "gamma"].map(|id| items(&shell, id)), [9, 0, 9]);
    // Nothing is left for the others: what is left is the failure.
    let done = shell.mutations();
    shell.run(&["apply", "--yes"]).ends(1).says("nothing was written");
    assert_eq!(shell.mutations(), done);
    // Mended, the same command finishes the work.
    write(&shell, "beta", &tool("beta", ""));
    shell.run(&["apply", "--yes"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(0).says("No changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_whose_label_is_missing_holds_no_other_back() {
    let shell = fleet("").await;
    write(&shell, "beta", &tool("beta", "").replace("[tool]", "[tool]\nlabels = [\"nowhere\"]"));
    let run = shell.run(&["apply", "--yes"]).ends(5).says("the label \"nowhere\" does not exist");
    assert!(run.stdout.contains("beta: not applied"), "{}", run.stdout);
    assert_eq!(["alpha", "beta", "gamma"].map(|id| items(&shell, id)), [9, 0, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reason_for_all_is_said_once() {
    let shell = fleet("").await;
    shell.sandbox.edit("alice", "g&1", Edit::Move { to_namespace: "far".into() }).unwrap();
    let workspace = shell.folder.path().join("epictree.toml");
    let text = std::fs::read_to_string(&workspace).unwrap();
    std::fs::write(&workspace, text.replace("g&1", "g&77")).unwrap();
    let run = shell.run(&["plan"]).ends(1).says("g&77 cannot be read");
    assert_eq!((run.stdout.as_str(), run.stderr.matches("g&77").count()), ("", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_gitlab_does_not_list_fail_the_tools_above_them_alone() {
    let edition = Edition { version: "18.2.0-ee".into(), ..Edition::ultimate() };
    let shell = fleet_on(&Seed { edition, ..seed() }, "").await;
    shell.run(&["apply", "--yes"]).ends(0);
    shell.sandbox.clear_log();
    shell.run(&["plan"]).ends(0);
    // The first list that only one tool asks for: that of what hangs below its first epic.
    let nth = 1 + shell.sandbox.log().iter().position(|r| r.operation == "Children").unwrap();
    shell.sandbox.clear_log();
    let kind = FaultKind::GraphqlError("Something that no second try mends".into());
    shell.sandbox.faults(vec![Fault { nth, kind }]);
    let plan = shell.run(&["plan", "--format", "json"]).ends(1);
    let tools = plan.json()["tools"].as_array().unwrap().clone();
    let failed = tools.iter().filter(|tool| tool["notices"][0]["blocks"] == true).count();
    let quiet = tools.iter().filter(|tool| tool["summary"]["unchanged"] == 10).count();
    assert_eq!((failed, quiet), (1, 2), "{}", plan.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_for_all_that_fails_is_asked_for_tool_by_tool() {
    let shell = fleet("").await;
    shell.run(&["apply", "--yes"]).ends(0);
    shell.sandbox.clear_log();
    shell.run(&["plan"]).ends(0);
    let nth = 1 + shell.sandbox.log().iter().position(|r| r.operation == "WithChildren").unwrap();
    shell.sandbox.clear_log();
    let kind = FaultKind::GraphqlError("Something that no second try mends".into());
    shell.sandbox.faults(vec![Fault { nth, kind }]);
    let plan = shell.run(&["plan", "--format", "json"]).ends(0);
    assert_eq!(sums(&plan, "unchanged"), named([("alpha", 10), ("beta", 10), ("gamma", 10)]));
    assert!(shell.sandbox.log().iter().any(|request| request.fault.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_leaves_out_the_tool_that_failed() {
    let shell = fleet(&existing("g/p#99")).await;
    shell.run(&["plan", "--out", "saved"]).ends(1).says("It leaves out what has errors: beta");
    shell.run(&["apply", "--plan", "saved", "--yes"]).ends(0);
    assert_eq!(["alpha", "beta", "gamma"].map(|id| items(&shell, id)), [9, 0, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_stand_in_the_order_of_their_files() {
    let shell = fleet("").await;
    let order = |args: &[&str]| {
        let plan = shell.run(&[&["plan", "--format", "json"], args].concat()).ends(0);
        sums(&plan, "create").into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(order(&[]), ["alpha", "beta", "gamma"]);
    assert_eq!(order(&["tools/gamma.toml", "tools"]), ["gamma", "alpha", "beta"]);
    assert_eq!(shell.run(&["plan"]).stdout, shell.run(&["plan"]).stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_tells_what_would_be_done_for_each_tool() {
    let shell = fleet(&existing("g/p#99")).await;
    shell.run(&["apply", "--yes"]).ends(5);
    write(&shell, "alpha", &tool("alpha", "").replace("\"Two\"", "\"Second\""));
    let plan = shell.run(&["plan"]).ends(1);
    let lines: Vec<&str> =
        plan.stdout.lines().skip_while(|line| !line.starts_with("tool")).collect();
    let words: Vec<Vec<&str>> = lines.iter().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["tool", "update", "unchanged"]);
    assert_eq!(words[1], ["alpha", "2", "8"]);
    assert_eq!(words[2], ["beta", "failed"]);
    assert_eq!(lines[3], "as the files want: gamma");
    let text = &plan.stdout;
    assert!(!text.contains("Gamma"), "those without a change are not shown: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_takes_globs_over_the_keys_of_all_tools() {
    let shell = fleet("").await;
    let plan = |globs: &[&str]| {
        let only = globs.iter().flat_map(|glob| ["--only", glob]);
        shell.run(&["plan"].into_iter().chain(only).collect::<Vec<_>>())
    };
    let parts = plan(&["*/part/one"]).ends(0).says("Left out by --only: 21 to create.");
    assert_eq!(parts.stdout.matches("Part One").count(), 3);
    plan(&["beta/**"]).ends(0).says("--only leaves out 2 of 3 tools.").says("Beta integration");
    // What takes nothing is most likely a slip.
    plan(&["beta/part/onne"]).ends(64).says("takes no node").says("did you mean `beta/part/one`?");
    plan(&["beta"]).ends(64).says("did you mean `beta/**`?");
    plan(&["bta/top"]).ends(64).says("did you mean `beta/top`?");
    plan(&["beta/**", "alpha/part/four"]).ends(64).says("alpha/part/four");
    plan(&["beta/[a"]).ends(64).says("--only");
    shell.run(&["plan", "--offline", "--only", "beta/x"]).ends(64).says("beta/x");
    assert_eq!(shell.mutations(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_remembers_what_it_is_about() {
    let shell = fleet("").await;
    shell.run(&["plan", "--only", "beta/part/one", "--out", "saved"]).ends(0);
    let markdown = shell.run(&["plan", "--only", "beta/part/one", "--format", "markdown"]).ends(0);
    markdown.says("Left out by --only: 7 to create.");
    shell.run(&["apply", "--plan", "saved", "--only", "beta/part/two"]).ends(64);
    shell.run(&["apply", "--plan", "saved", "--yes"]).ends(0);
    assert_eq!(["alpha", "beta", "gamma"].map(|id| items(&shell, id)), [0, 2, 0]);
    shell.run(&["plan", "--only", "beta/part/one", "--detailed-exitcode"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_several_tools_have_to_say_alike_is_said_once() {
    let shell = fleet("").await;
    shell.run(&["apply", "--yes"]).ends(0);
    shell.sandbox.edit("alice", "g&1", Edit::Move { to_namespace: "g/other".into() }).unwrap();
    shell.run(&["apply", "--yes"]).ends(0);
    let plan = shell.run(&["plan", "--detailed-exitcode"]).ends(0);
    let note = "note: g&1 is g/other&1 now, and was followed there (of alpha, beta, gamma)";
    assert!(plan.stdout.starts_with(note), "{}", plan.stdout);
    assert_eq!(plan.stdout.matches("g/other&1").count(), 1, "{}", plan.stdout);
    write(&shell, "alpha", &tool("alpha", "").replace("[tool]", "[tool]\nlabels = [\"nowhere\"]"));
    write(&shell, "gamma", &tool("gamma", "").replace("[tool]", "[tool]\nlabels = [\"nowhere\"]"));
    let plan = shell.run(&["plan"]).ends(1);
    assert_eq!(plan.stdout.matches("error: the label").count(), 1, "{}", plan.stdout);
    let table = plan.stdout.lines().skip_while(|line| !line.starts_with("tool "));
    let failed = table.filter(|line| line.ends_with("error")).count();
    assert_eq!(failed, 2, "{}", plan.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_pull_tell_of_a_tool_that_cannot_be_read_and_go_on_with_the_others() {
    let shell = fleet("").await;
    shell.run(&["apply", "--yes"]).ends(0);
    let part = shell.sandbox.items().into_iter().find(|item| item.title == "Do a").unwrap();
    shell.sandbox.edit("alice", &part.reference, Edit::Weight(Some(3))).unwrap();
    write(&shell, "beta", &tool("beta", &existing("g/p#99")));
    let status = shell.run(&["status"]).ends(1);
    status.says("Alpha").says("Gamma").says("beta: g/p#99 cannot be read");
    let pull = shell.run(&["pull", "--yes"]).ends(1);
    pull.says("g/p#99 cannot be read");
}
