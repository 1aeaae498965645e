//! What must hold before the first write, through the real binary: tokens, versions, licences,
//! places, titles, addresses and exit codes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use epictree::sandbox::{Edit, Edition, Sandbox, Seed, Served};
use serde_json::Value;
use tempfile::TempDir;

use crate::world::{self, ROOT, TOOL, seed};

/// A token that no output has a reason to hold.
const TOKEN: &str = "as:sandbox-bot";

/// A folder with the workspace, a served sandbox, and the binary between them.
pub(crate) struct Shell {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
    served: Served,
    env: Vec<(&'static str, String)>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    code: i32,
}

impl Shell {
    pub(crate) async fn new(seed: &Seed) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::in_memory(seed).unwrap();
        let served = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        world::write(folder.path(), TOOL, &format!("[gitlab]\nurl = \"{}\"\n", served.url()));
        let env = vec![("GITLAB_TOKEN", TOKEN.to_owned())];
        Self { folder, sandbox, served, env }
    }

    async fn of_edition(edition: Edition) -> Self {
        Self::new(&Seed { edition, ..seed() }).await
    }

    /// Runs the binary; the served sandbox answers on the other threads.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run(self.folder.path(), args, &self.env)
    }

    fn tool(&self, tool: &str) {
        std::fs::write(self.folder.path().join("hunter.toml"), tool).unwrap();
    }

    /// How many requests changed something, or wanted to.
    pub(crate) fn mutations(&self) -> usize {
        self.sandbox.log().iter().filter(|request| request.mutation).count()
    }
}

fn run(folder: &Path, args: &[&str], env: &[(&'static str, String)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epictree"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env_clear();
    command.env("HOME", folder.join("nobody")).envs(env.iter().cloned());
    let output = command.output().unwrap();
    let run = Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    };
    for (_, secret) in env.iter().filter(|(name, _)| name.ends_with("TOKEN")) {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:#?}");
    }
    run
}

impl Run {
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n---\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let here = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(here, "no {text:?} in\n{}\n---\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Both commands fail alike before anything is written.
#[track_caller]
fn refused(shell: &Shell, message: &str, hint: &str) {
    for args in [&["plan"][..], &["apply", "--yes"]] {
        let run = shell.run(args).ends(1).says(message).says(hint);
        assert_eq!(run.stdout, "", "{args:?}: nothing was planned");
        let errors = run.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{args:?}: one sentence:\n{}", run.stderr);
    }
    assert_eq!(shell.mutations(), 0);
}

// -- tokens ------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_asked() {
    let mut shell = Shell::new(&seed()).await;
    shell.env.clear();
    let elsewhere = "[gitlab]\nurl = \"https://gitlab.invalid\"\n";
    world::write(shell.folder.path(), TOOL, elsewhere);
    refused(&shell, "there is no token for https://gitlab.invalid", "set GITLAB_TOKEN");
    shell.env = vec![("GITLAB_TOKEN", "  ".to_owned())];
    refused(&shell, "there is no token", "set GITLAB_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_gitlab_does_not_know_is_refused_and_not_shown() {
    let mut shell = Shell::new(&seed()).await;
    shell.env = vec![("GITLAB_TOKEN", "glpat-very-secret-1234".to_owned())];
    refused(&shell, "does not accept the token", "GITLAB_TOKEN");
    shell.env = vec![("GITLAB_TOKEN", "glpat-very secret".to_owned())];
    refused(&shell, "the token holds characters that no GitLab token has", "stray blanks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_come_from_other_variables_or_a_file() {
    let mut shell = Shell::new(&seed()).await;
    for name in ["GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN"] {
        shell.env = vec![(name, TOKEN.to_owned())];
        shell.run(&["plan"]).ends(0);
    }
    shell.env.clear();
    std::fs::write(shell.folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let run = shell.run(&["plan", "--token-file", "token"]).ends(0);
    assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN));
    std::fs::write(shell.folder.path().join("token"), "two words\n").unwrap();
    let run = shell.run(&["plan", "--token-file", "token"]).ends(1).says("does not hold one token");
    assert!(!run.stderr.contains("two words"));
}

// -- versions and licences -------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_gitlab_that_is_too_old_is_refused() {
    let edition = Edition { version: "17.11.0-ee".into(), ..Edition::ultimate() };
    let shell = Shell::of_edition(edition).await;
    refused(&shell, "runs GitLab 17.11.0-ee, which is too old", "needs GitLab 18.1 or newer");
    let edition = Edition { version: "18.1.0-ee".into(), ..Edition::ultimate() };
    Shell::of_edition(edition).await.run(&["plan"]).ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_epics_one_clear_sentence_says_so() {
    for edition in [Edition::free(), Edition::community()] {
        let shell = Shell::of_edition(edition).await;
        refused(&shell, "g/e: its licence has no epics (Premium has)", "Premium licence");
        // No document named a field that this edition lacks.
        assert!(shell.sandbox.log().iter().all(|request| request.status == 200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_epics_under_epics_the_setting_is_named() {
    let shell = Shell::of_edition(Edition::premium()).await;
    refused(
        &shell,
        "g/e: its licence has no epics under epics (Ultimate has)",
        "set `nested-epics = false`",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn type_ids_that_differ_from_stock_are_found_out() {
    let shell = Shell::new(&Seed { type_ids_offset: 4000, ..seed() }).await;
    shell.run(&["apply", "--yes"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(0).says("No changes");
}

/// The example with everything, in a folder of its own, for a licence without epics under epics.
fn package_hunter() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/package-hunter");
    for name in ["epictree.toml", "owners.toml", "package-hunter.toml"] {
        let text = std::fs::read_to_string(from.join(name)).unwrap();
        let text = text.replace("nested-epics = true", "nested-epics = false");
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn keys_and_types(plan: &Value) -> Vec<(String, String)> {
    let word = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let changes = plan["tools"][0]["changes"].as_array().unwrap();
    let nodes = changes.iter().filter(|change| change["type"] != "label");
    nodes.map(|change| (word(change, "key"), word(change, "type"))).collect()
}

#[test]
fn a_premium_licence_carries_the_whole_example_with_nested_epics_off() {
    let folder = package_hunter();
    let here = folder.path();
    let offline = run(here, &["plan", "--offline", "--format", "json"], &[]).ends(0).json();
    let online = run(here, &["plan", "--sandbox", "--format", "json"], &[]).ends(0).json();
    assert_eq!(keys_and_types(&offline), keys_and_types(&online));
    let types: Vec<String> = keys_and_types(&online).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(types.iter().filter(|kind| *kind == "epic").count(), 1);
    assert!(types.iter().any(|kind| kind == "task"));
    let said = run(here, &["apply", "--sandbox", "--yes"], &[]).ends(0);
    said.says("gitlab-org/gitlab#321285 cannot go under the issue");
    run(here, &["plan", "--sandbox", "--detailed-exitcode"], &[]).ends(0).says("No changes");
    run(here, &["apply", "--sandbox", "--yes"], &[]).ends(0).says("No changes");
    let seed = Seed { edition: Edition::premium(), ..Seed::default() };
    let sandbox = Sandbox::open(&here.join(".epictree/sandbox"), &seed).unwrap();
    let items = sandbox.items();
    let first = items.iter().find(|item| item.title.starts_with("Package Hunter")).unwrap();
    assert_eq!((first.kind.as_str(), first.parent.as_deref()), ("Epic", None));
    let root = "gitlab-com/gl-security&291";
    assert!(
        first.links.iter().any(|link| link.kind == "relates_to" && link.item == root),
        "{:?}",
        first.links
    );
    let row = sandbox.item(root).unwrap().description;
    assert!(row.contains(&format!("{}+", first.reference)), "the table row stays: {row}");
    assert!(sandbox.quick_actions().is_empty());
}

// -- places -------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_missing_or_hidden_is_named() {
    let missing = Seed { projects: vec!["g/q".into()], ..seed() };
    let hidden = Seed { hidden: vec!["g/p".into()], ..seed() };
    for seed in [missing, hidden] {
        let shell = Shell::new(&seed).await;
        refused(&shell, "g/p does not exist, or this token may not see it", "correct [places]");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_cannot_be_read_is_named() {
    let mut seed = seed();
    seed.items.retain(|item| item.reference != ROOT);
    let shell = Shell::new(&seed).await;
    refused(&shell, "g&1 cannot be read", "check [places]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_of_the_wrong_kind_is_named() {
    let shell = Shell::new(&seed()).await;
    let file = shell.folder.path().join("epictree.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"g/p\"", "\"g/other\"")).unwrap();
    refused(&shell, "g/other: issues live in projects, and this is a group", "name another place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_place_is_planned_and_refused_before_the_first_write() {
    let shell = Shell::new(&Seed { read_only: vec!["g/p".into()], ..seed() }).await;
    shell.run(&["plan", "--detailed-exitcode"]).ends(2).says("10 to create");
    let before = shell.sandbox.dump();
    shell
        .run(&["apply", "--yes"])
        .ends(1)
        .says("g/p: this token may not")
        .says("Planner or Reporter");
    assert_eq!(shell.mutations(), 0);
    assert_eq!(shell.sandbox.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_may_not_be_edited_gets_no_row_and_a_warning() {
    let mut seed = seed();
    seed.items.retain(|item| item.reference != ROOT);
    seed.items.push(world::item(
        "locked&1",
        "Root",
        "# Tools\n\n| Tool | Epic | Status |\n|---|---|---|\n",
    ));
    seed.groups.push("locked".into());
    seed.read_only = vec!["locked".into()];
    let shell = Shell::new(&seed).await;
    let file = shell.folder.path().join("epictree.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("g&1", "locked&1")).unwrap();
    shell
        .run(&["plan"])
        .ends(0)
        .says("you may not edit locked&1")
        .says("| [Hunter](https://example.com/hunter) |");
}

// -- titles ---------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_label_milestone_or_user_stops_everything_by_its_name() {
    let cases = [
        ("labels = ['nowhere']", "the label \"nowhere\" does not exist in g/p or above"),
        ("milestone = 'm9'", "the milestone \"m9\" does not exist in g/p or above"),
        ("assignees = ['@nobody']", "there is no user @nobody"),
    ];
    for (line, message) in cases {
        let shell = Shell::new(&seed()).await;
        shell.tool(&TOOL.replace("title = \"Do a\"", &format!("title = \"Do a\"\n{line}")));
        shell.run(&["plan", "--detailed-exitcode"]).ends(1).says(message);
        shell.run(&["apply", "--yes"]).ends(1).says(message).says("nothing was written");
        assert_eq!(shell.mutations(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_exists_in_a_sibling_group_does_not_count() {
    let mut seed = seed();
    seed.labels.retain(|label| label.title != "kept");
    for namespace in ["g/e", "g/q"] {
        let label = seed.labels[0].clone();
        seed.labels.push(epictree::sandbox::SeedLabel {
            namespace: namespace.into(),
            title: "kept".into(),
            ..label
        });
    }
    let shell = Shell::new(&seed).await;
    shell
        .run(&["apply", "--yes"])
        .ends(1)
        .says("the label \"kept\" does not exist in g/p or above");
    assert_eq!(shell.mutations(), 0);
}

// -- addresses ---------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_never_redirects_a_workspace_that_names_its_instance() {
    let mut shell = Shell::new(&seed()).await;
    let other = Shell::new(&seed()).await;
    for name in ["GITLAB_HOST", "GITLAB_URI", "GL_HOST", "CI_SERVER_URL"] {
        shell.env.push((name, other.served.url()));
    }
    shell.run(&["plan"]).ends(0);
    assert!(!shell.sandbox.log().is_empty() && other.sandbox.log().is_empty());
    // Without a url of its own the workspace goes where the variable says.
    world::write(shell.folder.path(), TOOL, "");
    shell.sandbox.clear_log();
    shell.run(&["plan"]).ends(0);
    assert!(shell.sandbox.log().is_empty() && !other.sandbox.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_instance_the_setting_is_named() {
    let shell = Shell::new(&seed()).await;
    world::write(shell.folder.path(), TOOL, "");
    refused(&shell, "no GitLab instance is named", "[gitlab]");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_below_a_path_is_asked_there() {
    let shell = Shell::new(&seed()).await;
    let url = format!("{}/gitlab/", shell.served.url());
    let run = shell.run(&["plan", "--url", &url]);
    // The sandbox serves at its root only: the path must have been kept.
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("404") || run.stderr.contains("a page answered"), "{run:#?}");
    assert!(shell.sandbox.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_to_another_host_is_refused_without_sending_the_token() {
    let mut shell = Shell::new(&seed()).await;
    let refusal = "plain http to gitlab.example.com would send the token unprotected";
    shell
        .run(&["plan", "--url", "http://gitlab.example.com"])
        .ends(1)
        .says(refusal)
        .says("use https");
    world::write(shell.folder.path(), TOOL, "");
    shell.env.push(("GITLAB_HOST", "http://gitlab.example.com".into()));
    shell.run(&["plan"]).ends(1).says(refusal);
    world::write(shell.folder.path(), TOOL, "[gitlab]\nurl = \"http://gitlab.example.com\"\n");
    shell.run(&["plan"]).ends(1).says("must be https; plain http is for this machine only");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_password_is_refused_and_not_shown() {
    let shell = Shell::new(&seed()).await;
    let run = shell.run(&["plan", "--url", "https://me:very-secret@gitlab.example.com"]).ends(1);
    assert!(!run.stderr.contains("very-secret") && !run.stdout.contains("very-secret"), "{run:#?}");
}

// -- exit codes ------------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_and_without_yes_apply_writes_nothing() {
    let shell = Shell::new(&seed()).await;
    let before = shell.sandbox.dump();
    shell.run(&["apply"]).ends(64).says("no terminal").says("--yes");
    assert_eq!(shell.sandbox.dump(), before);
    assert_eq!(shell.mutations(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_what_is_left() {
    let shell = Shell::new(&seed()).await;
    shell.run(&["plan"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(2);
    shell.run(&["apply", "--yes"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(0);
    let issue = shell.sandbox.items().into_iter().find(|item| item.title == "Do a").unwrap();
    // Kept drift and a mere record leave nothing to apply.
    shell.sandbox.edit("alice", &issue.reference, Edit::Title("Done by people".into())).unwrap();
    shell.run(&["plan", "--detailed-exitcode"]).ends(0);
    shell.tool(&TOOL.replace("\"Do a\"", "\"Done by people\""));
    shell.run(&["plan", "--detailed-exitcode"]).ends(0);
    // An orphan neither.
    shell.tool(&TOOL.replace("[[part]]\nid = \"three\"\nname = \"Three\"\n", ""));
    shell.run(&["plan", "--detailed-exitcode"]).ends(2).says("update");
    // A conflict is 3, of plan and of apply, pending changes or not.
    shell.tool(&TOOL.replace("\"Do a\"", "\"Done by the files\"\nweight = 2"));
    shell.run(&["plan"]).ends(3);
    shell.run(&["plan", "--detailed-exitcode"]).ends(3);
    shell.run(&["apply", "--yes"]).ends(3);
    assert_eq!(shell.sandbox.item(&issue.reference).unwrap().weight, Some(2));
    shell.run(&["apply", "--yes"]).ends(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposed_adoption_is_left_for_people() {
    let shell = Shell::new(&seed()).await;
    shell.run(&["apply", "--yes"]).ends(0);
    let items = shell.sandbox.items();
    let top = items.iter().find(|item| item.title == "Hunter integration").unwrap();
    let text = epictree::marker::read(&top.description).text;
    shell.sandbox.edit("alice", &top.reference, Edit::Description(text)).unwrap();
    shell.run(&["plan"]).ends(3).says("--adopt");
    shell.run(&["apply", "--yes"]).ends(3);
    shell.run(&["apply", "--yes", "--adopt"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(0);
    assert_eq!(shell.sandbox.items().len(), items.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_is_64_and_broken_files_are_1() {
    let shell = Shell::new(&seed()).await;
    for args in [
        &["plam"][..],
        &["plan", "--no-such-option"],
        &["plan", "--offline", "--url", "https://x.example"],
        &["plan", "--recreate", "not a key"],
        &["plan", "--recreate", "hunter/part/none"],
        &["plan", "--offline", "--recreate", "hunter/part/none"],
        &["apply", "--yes", "--recreate", "other/top"],
        &["apply", "--parallelism", "0"],
    ] {
        shell.run(args).ends(64);
    }
    shell.run(&["plan", "--recreate", "hunter/tpo"]).ends(64).says("did you mean `hunter/top`?");
    shell.run(&["plan", "nowhere.toml"]).ends(1);
    shell.tool(&TOOL.replace("summary", "sumary"));
    shell.run(&["plan"]).ends(1).says("sumary");
    shell.run(&["apply", "--yes"]).ends(1);
    assert!(shell.sandbox.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_refuses_a_large_change_before_any_create() {
    let shell = Shell::new(&seed()).await;
    let many = |title: &str| -> String {
        let issue = |n: usize| format!("[[part.issue]]\nid = \"n{n}\"\ntitle = \"{title} {n}\"\n");
        (0..12).map(issue).collect()
    };
    let tool = |title: &str, more: &str| {
        TOOL.replace(
            "[[part]]\nid = \"two\"",
            &format!("{}{more}[[part]]\nid = \"two\"", many(title)),
        )
    };
    shell.tool(&tool("Old", ""));
    shell.run(&["apply", "--yes"]).ends(0);
    shell.sandbox.clear_log();
    shell.tool(&tool("New", "[[part.issue]]\nid = \"more\"\ntitle = \"More\"\n"));
    shell.run(&["apply", "--yes"]).ends(1).says("refused: 12 of 21 open items").says("--force");
    assert_eq!(shell.mutations(), 0);
    shell.run(&["apply", "--yes", "--force"]).ends(0);
    shell.run(&["plan", "--detailed-exitcode"]).ends(0);
}
