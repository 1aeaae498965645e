//! `epictree new` where nobody can be asked: what its flags give, and what it leaves open.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::fs;
use std::path::Path;

use crate::env::{Output, epictree};

const PLACES: &[&str] = &[
    "--place",
    "root=gitlab-com/gl-security&291",
    "--place",
    "epics=gitlab-com/gl-security",
    "--place",
    "sunset=gitlab-com/team",
    "--place",
    "issues=gitlab-org/gitlab",
];

fn run(folder: &Path, args: &[&str]) -> Output {
    Output::of(epictree(folder).args(args).output().unwrap())
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn with_its_places_a_new_workspace_checks_and_plans() {
    let home = tempfile::tempdir().unwrap();
    let summary = "Finds \"odd\" packages: C:\\new, and 漢字.";
    let tool = [
        "new",
        "package-hunter",
        "--name",
        "Package \"Hunter\"",
        "--summary",
        summary,
        "--repository",
        "https://gitlab.example.com/a/b",
        "--workspace",
        "tools",
        "--url",
        "https://gitlab.example.com",
    ];
    run(home.path(), &[&tool, PLACES].concat()).ends_with(0).says("epictree check");
    assert_eq!(files(home.path()), ["epictree.toml", "package-hunter.toml", "tool.schema.json"]);
    let check = run(home.path(), &["check"]).ends_with(0).says("ready to plan");
    assert_eq!(check.stderr, "", "{check}");
    let read = |name: &str| -> toml::Table {
        fs::read_to_string(home.path().join(name)).unwrap().parse().unwrap()
    };
    assert_eq!(read("package-hunter.toml")["tool"]["summary"].as_str(), Some(summary));
    assert_eq!(read("epictree.toml")["gitlab"]["url"].as_str(), Some("https://gitlab.example.com"));
    run(home.path(), &["plan", "--offline"]).ends_with(0).says("https://gitlab.example.com/a/b");
}

#[test]
fn every_built_in_blueprint_can_be_begun_with() {
    for (path, _) in epictree::assets::FILES {
        let Some(name) = path.strip_prefix("blueprints/").and_then(|n| n.strip_suffix(".toml"))
        else {
            continue;
        };
        let home = tempfile::tempdir().unwrap();
        run(home.path(), &["new", "a", "--blueprint", name])
            .ends_with(0)
            .says("Fill in the places in epictree.toml");
        let file = home.path().join("epictree.toml");
        let text = fs::read_to_string(&file).unwrap();
        let (head, places) = text.split_once("[places]").unwrap();
        fs::write(&file, format!("{head}[places]{}", places.replace("\n# ", "\n"))).unwrap();
        let check = run(home.path(), &["check"]).ends_with(0).says("ready to plan");
        assert_eq!(check.stderr, "", "{name}: {check}");
    }
}

#[test]
fn a_second_tool_goes_beside_the_first_and_nothing_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &[&["new", "one"], PLACES].concat()).ends_with(0);
    let before = fs::read_to_string(home.path().join("one.toml")).unwrap();
    run(home.path(), &["new", "two"]).ends_with(0).says("Next:");
    run(home.path(), &["new", "one"]).ends_with(64).says("`one.toml` exists already");
    run(home.path(), &["new", "three", "--url", "https://x.example"])
        .ends_with(64)
        .says("there is `epictree.toml`");
    assert_eq!(files(home.path()), ["epictree.toml", "one.toml", "tool.schema.json", "two.toml"]);
    assert_eq!(fs::read_to_string(home.path().join("one.toml")).unwrap(), before);
    run(home.path(), &["check"]).ends_with(0).says("2 tools");
}

#[test]
fn whatever_is_wrong_is_said_at_once_and_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let args = [
        "new",
        "A b",
        "--url",
        "http://gitlab.example.com",
        "--workspace",
        "X",
        "--place",
        "rot=a",
        "--place",
        "epics=a&1",
        "--name",
        "two\nlines",
        "--repository",
        "ftp://x",
    ];
    run(home.path(), &args)
        .ends_with(64)
        .says("ID: `A b` is not an id: lower-case words joined by `-`, such as `a-b`")
        .says("--url: it must be https")
        .says("--workspace: `X` is not an id")
        .says("did you mean `root`?")
        .says("--place epics: `a&1` is not a group")
        .says("--name: it must be one line")
        .says("--repository: it must begin with https://");
    run(home.path(), &["new", "a", "--blueprint", "prodsecen"])
        .ends_with(64)
        .says("did you mean `prodseceng`?");
    run(home.path(), &["new"]).ends_with(64).says("epictree new ID");
    run(home.path(), &["new", "a", "--place", "root"]).ends_with(64).says("NAME=PATH");
    assert_eq!(files(home.path()), [""; 0]);
}

#[test]
fn a_blueprint_without_a_repository_says_so() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("blueprints")).unwrap();
    let blueprint = "schema = 1\nname = 'own'\n[[node]]\nkey = 'top'\ntype = 'epic'\nplace = 'epics'\ntitle = '{{ tool.name }}'\n";
    fs::write(home.path().join("blueprints/own.toml"), blueprint).unwrap();
    run(
        home.path(),
        &[
            "new",
            "a",
            "--blueprint",
            "own",
            "--repository",
            "https://x.example",
            "--place",
            "epics=g",
        ],
    )
    .ends_with(64)
    .says("tool files of `own` have none");
    run(home.path(), &["new", "a", "--blueprint", "own", "--place", "epics=g"]).ends_with(0);
    run(home.path(), &["check"]).ends_with(0).says("ready to plan");
}

#[test]
fn who_is_nowhere_near_a_workspace_hears_how_to_begin() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["plan"]).ends_with(1).says("epictree new ID").says("--sandbox");
    let below = home.path().join("some/tools");
    fs::create_dir_all(&below).unwrap();
    run(&below, &[&["new", "package-hunter"], PLACES].concat()).ends_with(0);
    run(home.path(), &["plan"]).ends_with(1).says("`some/tools`");
    run(home.path(), &["check", "some/tools/package-huntr.toml"])
        .ends_with(1)
        .says("did you mean `some/tools/package-hunter.toml`?");
    run(&below, &["check", "package-hunter"])
        .ends_with(1)
        .says("did you mean `package-hunter.toml`?");
    run(&below, &["check", "nonsense"]).ends_with(1).says("there is `package-hunter.toml`");
    run(&below, &["new", "--design-doc", "M", "package-hunte"])
        .ends_with(1)
        .says("did you mean `package-hunter`?");
}
