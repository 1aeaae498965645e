//! `epictree schema`: what an editor accepts and what `check` accepts are the same files.
//!
//! The parsers are written by hand and so are three of the schemas. `kinds`
//! holds them together key by key; here are whole files.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

mod judge;
mod kinds;

use std::fs;
use std::path::Path;

use epictree::spec::{owners, workspace};
use epictree::{blueprint, ui};

use self::judge::{ALL, Judge, Kind, printed};
use crate::env::{Output, copy, epictree, example};

/// The text of a file of an example, or of the project.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A tool file that is right, and more.
fn tool(more: &str) -> String {
    format!("schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 's'\n{more}\n")
}

const EXAMPLES: [&str; 6] =
    ["inventory-builder", "mail-relay", "package-hunter", "spamcheck", "todo-list", "tokinator"];

#[test]
fn every_example_is_valid() {
    let listed = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    let folders =
        listed.filter(|entry| entry.as_ref().unwrap().path().join("epictree.toml").is_file());
    assert_eq!(folders.count(), EXAMPLES.len(), "list each example");
    let (workspace, owners) = (Judge::of(&Kind::Workspace), Judge::of(&Kind::Owners));
    for name in EXAMPLES {
        let judge = Judge::printed(&printed(&example(name), &["tool"]));
        judge.accepts(&text(&format!("examples/{name}/{name}.toml")));
        workspace.accepts(&text(&format!("examples/{name}/epictree.toml")));
        if example(name).join("owners.toml").is_file() {
            owners.accepts(&text(&format!("examples/{name}/owners.toml")));
        }
    }
}

#[test]
fn every_blueprint_is_valid() {
    let judge = Judge::of(&Kind::Blueprint);
    for name in ["prodseceng", "prodseceng-2026", "service-retirement"] {
        judge.accepts(&text(&format!("blueprints/{name}.toml")));
    }
}

#[test]
fn a_new_tool_file_names_the_schema_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let new = |id: &str| Output::of(epictree(folder.path()).args(["new", id]).output().unwrap());
    new("one").ends_with(0).says("Wrote tool.schema.json");
    let tool = fs::read_to_string(folder.path().join("one.toml")).unwrap();
    assert!(tool.starts_with("#:schema ./tool.schema.json\n"), "{tool}");
    let schema = fs::read_to_string(folder.path().join("tool.schema.json")).unwrap();
    assert_eq!(schema, printed(folder.path(), &["tool"]));
    Judge::printed(&schema).accepts(&tool);
    // What is there is kept.
    fs::write(folder.path().join("tool.schema.json"), "{}").unwrap();
    new("two").ends_with(0);
    assert_eq!(fs::read_to_string(folder.path().join("tool.schema.json")).unwrap(), "{}");
}

#[test]
fn the_schema_knows_the_blueprint_and_the_places_in_use() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("package-hunter"), folder.path());
    let tool =
        |more: &str| format!("schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 's'\n{more}\n");
    let judge = Judge::printed(&printed(folder.path(), &["tool"]));
    judge.accepts(&tool("[[component]]\nid = 'c'\nname = 'C'\nplace = 'sunset'"));
    judge.refuses(&tool("[[component]]\nid = 'c'\nname = 'C'\nplace = 'root'"));
    judge.accepts(&tool("[waive]\nweight-large = 'w'\nfunctionality-single = 'f'"));
    judge.refuses(&tool("[waive]\nfunctionality-double = 'f'"));
    judge.accepts(&tool("[sunset]\nwaive = { retro = 'r' }"));
    judge.refuses(&tool("[sunset]\nwaive = { vidi = 'r' }"));
    let other = printed(folder.path(), &["tool", "--blueprint", "service-retirement"]);
    Judge::printed(&other).refuses(&tool("[[component]]\nid = 'c'\nname = 'C'"));
}

#[test]
fn what_every_key_is_for_stands_in_the_schema() {
    let home = tempfile::tempdir().unwrap();
    for blueprint in ["prodseceng", "prodseceng-2026", "service-retirement"] {
        let schema = printed(home.path(), &["tool", "--blueprint", blueprint]);
        let schema = serde_json::from_str(&schema).unwrap();
        assert_eq!(judge::unexplained(&schema), Vec::<String>::new(), "{blueprint}");
    }
    for kind in ALL.into_iter().filter(|kind| *kind != Kind::Tool) {
        let schema = serde_json::from_str(kind.schema()).unwrap();
        assert_eq!(judge::unexplained(&schema), Vec::<String>::new(), "{kind:?}");
    }
}

#[test]
fn the_other_schemas_are_printed_as_they_stand() {
    let home = tempfile::tempdir().unwrap();
    for (kind, schema) in [
        ("workspace", workspace::JSON_SCHEMA),
        ("owners", owners::JSON_SCHEMA),
        ("blueprint", blueprint::JSON_SCHEMA),
        ("plan", ui::json::SCHEMA),
    ] {
        assert_eq!(printed(home.path(), &[kind]), schema);
    }
}

#[test]
fn wrong_uses_are_explained() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        Output::of(epictree(home.path()).arg("schema").args(args).output().unwrap())
    };
    run(&["tool"]).ends_with(64).says("give --blueprint NAME");
    run(&["owners", "--blueprint", "x"]).ends_with(64).says("leave --blueprint out");
    run(&["tool", "--blueprint", "prodsecen"]).ends_with(1).says("did you mean `prodseceng`?");
}

/// Mistakes in a tool file that is right without them.
const IN_TOOLS: &[&str] = &[
    "nam = 'x'",
    "path = 'stay'",
    "repository = 'x.example'",
    "dri = 'me'",
    "retirement-date = 2027-06-30T10:00:00",
    "design-doc = { size = 'XL' }",
    "[[component]]\nid = 'c'",
    "[[component]]\nname = 'c'",
    "[component]\nid = 'c'\nname = 'c'",
    "[[component]]\nid = 'c'\nitem = '#3'",
    "[[component]]\nid = 'c'\nname = 'c'\npriority = 9",
    "[[component]]\nid = 'c'\nname = 'c'\nweight = 0",
    "[[component]]\nid = 'c'\nname = 'c'\n[[component.issue]]\nid = 'i'\nname = 'x'",
];

/// Mistakes in a workspace file.
const IN_WORKSPACES: &[&str] = &[
    "[gitlab]\nurl = 'http://gitlab.example.com'",
    "[gitlab]\nurl = 'https://me:pw@gitlab.example.com'",
    "[places]\nroot = 'https://x/y'",
    "[places]\n'A b' = 'x/y'",
    "[owners]\npeople = 'p.toml'",
    "[owners]\nfile = 'o.toml'\npeople = 'p.toml'",
];

/// Mistakes in a blueprint.
const IN_BLUEPRINTS: &[&str] = &[
    "[tool.fields]\nx = 'float'",
    "[tool.fields]\nx = { help = 'h' }",
    "[[label]]\ntitle = 'l'\ncolor = 'red'",
];

/// Files that are wrong as a whole.
const WRONG: &[(Kind, &str)] = &[
    (Kind::Tool, "schema = 2\n[tool]\nid = 't'\nname = 'T'\nsummary = 's'"),
    (Kind::Tool, "schema = 1"),
    (Kind::Tool, "schema = 1\n[tool]\nid = 't'\nname = 'T'"),
    (Kind::Tool, "schema = 1\n[tool]\nid = 'T t'\nname = 'T'\nsummary = 's'"),
    (Kind::Tool, "schema = 1\n[tool]\nid = 't'\nname = ''\nsummary = 's'"),
    (Kind::Tool, "schema = 1\n[tool]\nid = 't'\nname = \"a\\nb\"\nsummary = 's'"),
    (Kind::Workspace, "schema = 1\nid = 'w'"),
    (Kind::Owners, "[groups.a]\npm = ['x']"),
    (Kind::Owners, "[groups.a]\nbm = ['@x']"),
    (Kind::Owners, "schema = 0"),
    (Kind::Blueprint, "schema = 1\nname = 'b'"),
    (Kind::Blueprint, "schema = 1\nname = 'b'\n[[node]]\nkey = 'a'"),
    (
        Kind::Blueprint,
        "schema = 1\nname = 'b'\n[[node]]\nkey = 'a'\ntype = 'bug'\ntitle = 't'\nplace = 'p'",
    ),
];

#[test]
fn wrong_files_are_refused_by_both() {
    let text = |(kind, text): &(Kind, &str)| (*kind, (*text).to_owned());
    let workspace = |more: &str| format!("schema = 1\nid = 'w'\nblueprint = 'b'\n{more}\n");
    let node = "[[node]]\nkey = 'a'\ntype = 'epic'\ntitle = 't'\nplace = 'p'\n";
    let blueprint = |more: &str| format!("schema = 1\nname = 'b'\n{more}\n{node}");
    let judges = ALL.map(|kind| (kind, Judge::of(&kind)));
    let verdicts = |kind: Kind, text: &str| {
        let (_, judge) = judges.iter().find(|(known, _)| *known == kind).unwrap();
        (kind.problems(text).is_empty(), judge.fault(&text.parse().unwrap()).is_empty())
    };
    for (kind, right) in
        [(Kind::Tool, tool("")), (Kind::Workspace, workspace("")), (Kind::Blueprint, blueprint(""))]
    {
        assert_eq!(verdicts(kind, &right), (true, true), "{right}");
    }
    let tools = IN_TOOLS.iter().map(|more| (Kind::Tool, tool(more)));
    let workspaces = IN_WORKSPACES.iter().map(|more| (Kind::Workspace, workspace(more)));
    let blueprints = IN_BLUEPRINTS.iter().map(|more| (Kind::Blueprint, blueprint(more)));
    let whole = WRONG.iter().map(text);
    for (kind, wrong) in tools.chain(workspaces).chain(blueprints).chain(whole) {
        assert_eq!(verdicts(kind, &wrong), (false, false), "parser, schema:\n{wrong}");
    }
}
