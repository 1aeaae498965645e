//! `epictree import`: a tree that is there becomes a tool file, and its first apply surprises nobody.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

mod examples;

use std::path::Path;

use epictree::marker::{self, BaseText};
use epictree::sandbox::Edit;

use crate::env::{COLLEAGUE, EXISTING, Output, ROOT, TestEnv, epictree};
use crate::world::marker_of;

const EPICS: &str = "gitlab-com/gl-security/product-security";
const ISSUES: &str = "gitlab-org/gitlab";
const TEAM: &str = "gitlab-com/gl-security/product-security/product-security-engineering/product-security-engineering-team";
const OUT: &str = "package-hunter.toml";
const EPIC: u64 = 8;
const ISSUE: u64 = 1;

/// The workspace of the example without its tool file.
fn workspace() -> TestEnv {
    let env = TestEnv::package_hunter();
    std::fs::remove_file(env.folder.path().join(OUT)).unwrap();
    env
}

fn import(env: &TestEnv, args: &[&str]) -> Output {
    let url = env.url();
    env.run(&[&["import", "--url", &url], args].concat())
}

fn text(env: &TestEnv) -> String {
    std::fs::read_to_string(env.folder.path().join(OUT)).unwrap()
}

fn edit(env: &TestEnv, reference: &str, edit: Edit) {
    env.sandbox.edit(COLLEAGUE, reference, edit).unwrap();
}

/// Makes an item with a text and labels, as people do.
fn make(
    env: &TestEnv,
    (path, kind): (&str, u64),
    title: &str,
    parent: &str,
    labels: &[&str],
) -> String {
    let made = env.create(path, kind, title, Some(parent));
    edit(env, &made, Edit::Description(format!("Somebody's words on {kind}.\n\n- [ ] A box")));
    for label in labels {
        edit(env, &made, Edit::Label((*label).to_owned()));
    }
    made
}

/// Line by line, where a text has these words.
fn line<'t>(text: &'t str, words: &str) -> &'t str {
    text.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words} in\n{text}"))
}

/// A tree with a slip, missing labels, work under the wrong epic, closed items and strangers.
struct Made {
    env: TestEnv,
    top: String,
    slip: String,
    handover: String,
    wrong: String,
    closed: String,
    stranger: String,
    deep: String,
    hidden: String,
}

fn by_people() -> Made {
    let env = workspace();
    let metric = "ProdSecEngMetric::Tooling Integration";
    let team = "team::Product Security Engineering";
    let epic = |title: &str, parent: &str, labels: &[&str]| {
        make(&env, (EPICS, EPIC), title, parent, labels)
    };
    let top = epic("Package Hunter Product Security Tooling Integration", ROOT, &[team]);
    let good = epic("Package Hunter Functionality - Submission", &top, &[team, metric]);
    edit(&env, &good, Edit::Label("ProdSecEngPriority::2".into()));
    let slip = epic("Package Hunter Functionalty - Isolated installation", &top, &[]);
    let handover = epic("Package Hunter Toling Handover", &top, &[]);
    let sunset = epic("Package Hunter Sunset Roadmap", &top, &[team]);
    let wrong =
        make(&env, (TEAM, ISSUE), "Sunset Package Hunter: announce the retirement", &good, &[]);
    let closed = make(&env, (ISSUES, ISSUE), "Write the client", &good, &[]);
    edit(&env, &closed, Edit::Close);
    let open = make(&env, (ISSUES, ISSUE), "Take archives", &good, &[metric]);
    edit(&env, &open, Edit::Weight(Some(3)));
    edit(&env, &open, Edit::Assignees(vec!["me-handle".into()]));
    make(&env, (TEAM, ISSUE), "Sunset Package Hunter: Submission", &sunset, &[]);
    let stranger = epic("Ideas for later", &top, &[]);
    let sub = epic("What customers asked", &good, &[]);
    let deep = make(&env, (ISSUES, ISSUE), "Answer the customers", &sub, &[]);
    let hidden = make(&env, (ISSUES, ISSUE), "A hole in the client", &good, &[]);
    edit(&env, &hidden, Edit::Confidential(true));
    Made { env, top, slip, handover, wrong, closed, stranger, deep, hidden }
}

#[test]
fn a_tree_that_people_made_is_placed_and_what_is_a_guess_says_so() {
    let Made { env, top, slip, handover, wrong, closed, stranger, deep, hidden } = by_people();
    import(&env, &[&top]).ends_with(0).says("left alone").says("plan --adopt package-hunter.toml");
    let text = text(&env);
    assert!(line(&text, "name = \"Package Hunter\"").starts_with("name"), "{text}");
    let entry = |name: &str| {
        let (_, rest) =
            text.split_once(&format!("name = {name:?}")).unwrap_or_else(|| panic!("{text}"));
        rest.split("\n[[functionality]]").next().unwrap().to_owned()
    };
    let submission = entry("Submission");
    assert!(submission.contains("priority = 2"), "{text}");
    assert!(submission.contains("title = \"Take archives\""), "{text}");
    assert!(submission.contains("weight = 3\n  assignees = [\"@me-handle\"]"), "{text}");
    assert!(submission.contains("metric = \"Tooling Integration\""), "{text}");
    assert!(submission.contains(&format!("item = {closed:?}")), "{text}");
    assert!(submission.contains(&format!("item = {deep:?}")), "{text}");
    let isolated = entry("Isolated installation");
    assert!(isolated.contains(&format!("item = {slip:?}")), "{text}");
    assert!(
        text.contains("? nearly `Package Hunter Functionality - Isolated installation`"),
        "{text}"
    );
    assert!(line(&text, &format!("handover = {handover:?}")).contains("? nearly"), "{text}");
    assert!(text.contains(&format!("\"sunset/operation/announce\" = {wrong:?}")), "{text}");
    assert!(line(&text, &stranger).starts_with("#   "), "{text}");
    assert!(line(&text, &hidden).contains("id = "), "{text}");
    let (_, after) = text.split_once("title = \"A hole in the client\"").unwrap();
    assert_eq!(after.trim_start().lines().next(), Some("confidential = true"), "{text}");
    env.run(&["check"]).ends_with(0);
}

#[test]
fn the_first_apply_creates_no_second_item_renames_none_and_rewrites_no_text() {
    let Made { env, top, .. } = by_people();
    import(&env, &[&top]).ends_with(0);
    let before = env.sandbox.items();
    let plan = env.planned(&["--adopt"]);
    for change in plan.changes() {
        let names: Vec<&str> = change["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["name"].as_str().unwrap())
            .collect();
        match change["action"].as_str().unwrap() {
            "create" => {
                let title = change["title"].as_str().unwrap();
                assert!(before.iter().all(|item| item.title != title), "{change}");
            }
            _ if change["type"] == "table-row" => {}
            _ => assert!(names.iter().all(|name| *name == "labels"), "{change}"),
        }
        assert_eq!(change["conflicts"], serde_json::json!([]), "{change}");
    }
    env.apply(&["--adopt"]).ends_with(0);
    for old in before.iter().filter(|old| old.reference != ROOT) {
        let now = env.sandbox.item(&old.reference).unwrap();
        assert_eq!(
            (&now.title, &now.parent, now.state.clone()),
            (&old.title, &old.parent, old.state.clone())
        );
        assert!(now.description.starts_with(&old.description), "{}", now.description);
    }
    env.quiet();
}

#[test]
fn a_tree_under_another_title_keeps_it() {
    let env = workspace();
    let top = make(&env, (EPICS, EPIC), "Package Hunter integration", ROOT, &[]);
    make(&env, (EPICS, EPIC), "Package Hunter Functionality - Submission", &top, &[]);
    import(&env, &[&top]).ends_with(0);
    let text = text(&env);
    assert!(text.contains(&format!("integration = {top:?}")), "{text}");
    env.apply(&["--adopt"]).ends_with(0);
    assert_eq!(env.sandbox.item(&top).unwrap().title, "Package Hunter integration");
    let submission = env.item("package-hunter/functionality/submission");
    assert_eq!(submission.parent, Some(top));
    env.quiet();
}

/// Trees by the titles below the first item: the first one's title, the epics below it, what is
/// found as functionality, and whether hardly anything is.
const TITLES: &[(&str, &[&str], &[&str], bool)] = &[
    (
        "All about Package Hunter",
        &["Package Hunter Functionality - Submission"],
        &["Submission"],
        false,
    ),
    ("Supply chain, 2027", &["Package Hunter Functionality - Submission"], &["Submission"], false),
    (
        "Supply chain, 2027",
        &[
            "Package Hunter Functionality - Submission",
            "Package Hunter Functionality - Results",
            "PH Functionality - Reporting",
        ],
        &["Reporting", "Results", "Submission"],
        false,
    ),
    ("Supply chain, 2027", &["Ideas", "Meetings", "Papers"], &[], true),
    (
        "Package Hunter",
        &["Package Hunter Functionality - Submission", "Ideas", "Meetings", "Papers"],
        &["Submission"],
        false,
    ),
    (
        "Package Hunter",
        &["Package Hunter Functionality - Submission", "Ideas", "Meetings", "Papers", "Trips"],
        &["Submission"],
        true,
    ),
    ("Package Hunter Product Security Tooling Integration", &[], &[], false),
];

#[test]
fn titles_tell_by_themselves_and_a_tree_that_is_hardly_recognised_is_warned_of() {
    for (title, below, names, warned) in TITLES {
        let env = workspace();
        let top = make(&env, (EPICS, EPIC), title, ROOT, &[]);
        for title in *below {
            make(&env, (EPICS, EPIC), title, &top, &[]);
        }
        let output = import(&env, &[&top, "--out", OUT]).ends_with(0);
        let file: toml::Table = text(&env).parse().unwrap();
        let found = file.get("functionality").and_then(toml::Value::as_array);
        let mut found: Vec<&str> =
            found.into_iter().flatten().map(|entry| entry["name"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, *names, "{title}: {output}");
        let said = output.stderr.contains("of the blueprint `prodseceng`");
        assert_eq!(said, *warned, "{title}: {output}");
        assert_eq!(output.stderr.contains("[items]"), *warned, "{title}: {output}");
    }
}

#[test]
fn titles_that_would_be_toml_or_move_a_cursor_are_only_text() {
    let env = workspace();
    let top =
        make(&env, (EPICS, EPIC), "Package Hunter Product Security Tooling Integration", ROOT, &[]);
    let good = make(&env, (EPICS, EPIC), "Package Hunter Functionality - Submission", &top, &[]);
    let hostile = [
        "\"\nid = \"x\" # \\u0000 ]] ''' \"\"\"",
        "\u{202e}gnihtyna\u{1b}[2J",
        "{{ tool.name }} {% for x in y %}",
        "/close and @me-handle <!-- epictree:1 -->",
        "\u{f0000}ref:handover\u{f0001}",
        "# [[functionality]]",
        "\u{200b}",
    ];
    for title in hostile {
        make(&env, (ISSUES, ISSUE), title, &good, &[]);
        make(&env, (EPICS, EPIC), title, &top, &["team::Product Security Engineering"]);
    }
    let output = import(&env, &[&top]).ends_with(0);
    let text = text(&env);
    for said in [&output.stderr, &text] {
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    }
    env.run(&["check"]).ends_with(0);
    let titled =
        |title: &str| env.sandbox.items().into_iter().filter(|item| item.title == title).count();
    let before = hostile.map(titled);
    env.apply(&["--adopt"]).ends_with(0);
    assert_eq!(hostile.map(titled), before);
    env.quiet();
}

#[test]
fn what_was_moved_is_taken_where_it_went_and_lookalikes_by_their_references() {
    let env = workspace();
    let top =
        make(&env, (EPICS, EPIC), "Package Hunter Product Security Tooling Integration", ROOT, &[]);
    let good = make(&env, (EPICS, EPIC), "Package Hunter Functionality - Submission", &top, &[]);
    let moved = make(&env, (ISSUES, ISSUE), "Take archives", &good, &[]);
    edit(&env, &moved, Edit::Move { to_namespace: TEAM.to_owned() });
    let twins = [(); 2].map(|()| make(&env, (ISSUES, ISSUE), "Answer with an id", &good, &[]));
    import(&env, &[&top]).ends_with(0);
    let text = text(&env);
    assert!(!text.contains(&moved), "{text}");
    assert!(line(&text, "id = \"take-archives\"").contains(&format!("# {TEAM}#")), "{text}");
    for twin in twins {
        assert!(text.contains(&format!("item = {twin:?}")), "{text}");
    }
    env.run(&["check"]).ends_with(0);
}

#[test]
fn nothing_is_written_over_and_nothing_in_gitlab_is_written() {
    let env = workspace();
    let top =
        make(&env, (EPICS, EPIC), "Package Hunter Product Security Tooling Integration", ROOT, &[]);
    env.write(OUT, "# mine\n");
    env.sandbox.clear_log();
    import(&env, &[&top]).ends_with(1).says("exists already");
    assert_eq!(text(&env), "# mine\n");
    import(&env, &[&top, "--out", "other.toml", "--id", "other"]).ends_with(0);
    assert!(env.folder.path().join("other.toml").exists());
    assert_eq!(env.mutations(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_imported_is_refused_with_the_reason() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let first = env.item("package-hunter/integration").reference;
    let into = ["--out", "other.toml"];
    let ask = |args: &[&str]| import(&env, &[args, &into].concat());
    ask(&[&first, "--id", "other"]).ends_with(1).says("leave --id out");
    ask(&[EXISTING]).ends_with(1).says("is no epic");
    let below = env.item("package-hunter/handover").reference;
    ask(&[&below]).ends_with(1).says("is `handover` of its tool");
    ask(&["nonsense"]).ends_with(64).says("full reference");
    ask(&["gitlab-com/gl-security&999"]).ends_with(1).says("cannot be read");
    ask(&[&first, "--blueprint", "x"]).ends_with(64).says("leave them out");
    env.edit("epictree.toml", "id = \"prodsec-tools\"", "id = \"others\"");
    ask(&[&first]).ends_with(1).says("belongs to the workspace `prodsec-tools`");
    assert!(!env.folder.path().join("other.toml").exists());
}

#[test]
fn without_a_workspace_one_is_written_around_the_tree() {
    let Made { env, top, .. } = by_people();
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = epictree(home.path());
        Output::of(command.env("GITLAB_TOKEN", crate::env::CANARY).args(args).output().unwrap())
    };
    let (path, number) = top.split_once('&').unwrap();
    let address = format!("{}/groups/{path}/-/epics/{number}", env.url());
    run(&["import", &address]).ends_with(0);
    let workspace = std::fs::read_to_string(home.path().join("epictree.toml")).unwrap();
    assert!(workspace.contains(&format!("root = {ROOT:?}")), "{workspace}");
    assert!(workspace.contains(&format!("epics = {EPICS:?}")), "{workspace}");
    run(&["check"]).ends_with(0);
    exists(home.path(), &["package-hunter.toml", "tool.schema.json"]);
    let bare = tempfile::tempdir().unwrap();
    let mut command = epictree(bare.path());
    command.env("GITLAB_TOKEN", crate::env::CANARY).args(["import", "--url", &env.url(), ROOT]);
    Output::of(command.output().unwrap()).ends_with(64).says("--place root=…");
    assert_eq!(std::fs::read_dir(bare.path()).unwrap().count(), 0);
}

/// Changes the text that a marker says was wanted, as anybody may.
fn tamper(env: &TestEnv, key: &str, change: impl Fn(&str) -> String) {
    let item = env.item(key);
    let mut marker = marker_of(&item).unwrap();
    let Some(BaseText::Text(base)) = &marker.base.body else { panic!("{key}") };
    marker.base.body = Some(BaseText::Text(change(base)));
    let text = marker::write(&marker::read(&item.description).text, &marker);
    edit(env, &item.reference, Edit::Description(text));
}

#[test]
fn what_people_wrote_since_stays_theirs_and_what_was_wanted_comes_back() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let key = "package-hunter/functionality/submission";
    let item = env.item(key);
    let words = "Whatever can be packed can be checked, from any pipeline.";
    assert!(item.description.contains(words), "{}", item.description);
    let edited = item.description.replace(words, "Whatever people say.\n\nThey said more.");
    edit(&env, &item.reference, Edit::Description(edited));
    std::fs::remove_file(env.folder.path().join(OUT)).unwrap();
    import(&env, &[&env.item("package-hunter/integration").reference]).ends_with(0);
    let text = text(&env);
    assert!(text.contains(words) && !text.contains("They said more."), "{text}");
    assert!(!text.contains("rewrite"), "{text}");
    env.quiet();
    assert!(env.item(key).description.contains("They said more."));
}

#[test]
fn what_nobody_may_write_is_not_read_out_of_a_marker() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let hostile = [
        "\u{202e}gnihtyna\u{1b}[2J",
        "\u{f0000}ref:handover\u{f0001}",
        "<!--epictree:1 a b-->",
        "@everybody look\n\n/close",
        "{{ tool.name }}",
        "| a | cell |\n```\nno end",
    ];
    let keys = ["submission", "isolated-install", "syscall-monitoring", "results", "ruby-gems"];
    for (key, words) in keys.iter().zip(hostile).chain([(&"reporting", hostile[5])]) {
        tamper(&env, &format!("package-hunter/functionality/{key}"), |base| {
            let with = format!("- **Value:** {words}\n- **Users:** {words}\n- **Gap in GitLab:**");
            base.replacen("- **Gap in GitLab:**", &with, 1)
        });
    }
    // What is compared with each draft is bounded.
    let vast = ["x\n".repeat(100_000), "y ".repeat(100_000)];
    for (key, words) in ["npm-packages", "attack-simulation"].iter().zip(vast) {
        let key = format!("package-hunter/functionality/{key}");
        tamper(&env, &key, |base| format!("{words}\n\n{base}"));
    }
    let top = env.item("package-hunter/integration").reference;
    std::fs::remove_file(env.folder.path().join(OUT)).unwrap();
    let output = import(&env, &[&top]).ends_with(0);
    let text = text(&env);
    assert!(!text.contains("x\nx") && !text.contains("y y"), "{text}");
    for said in [&output.stderr, &text] {
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{f0000}']), "{said}");
    }
    assert!(text.contains("rewrite = false"), "{text}");
    env.run(&["check"]).ends_with(0);
}

fn exists(folder: &Path, names: &[&str]) {
    for name in names {
        assert!(folder.join(name).is_file(), "{name}");
    }
}
