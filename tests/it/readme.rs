//! What README.md shows is true: its files plan, its tables list what there is.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::env::{Output, epictree};

const README: &str = include_str!("../../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    let rests = README.split(open.as_str()).skip(1);
    rests.map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// The only TOML block that holds these words.
fn toml(words: &str) -> &'static str {
    let found: Vec<&str> =
        blocks("toml").into_iter().filter(|block| block.contains(words)).collect();
    assert_eq!(found.len(), 1, "{words}");
    found[0]
}

/// The first cells of the table under a head.
fn cells(head: &str) -> BTreeSet<&'static str> {
    let (_, table) = README.split_once(&format!("\n| {head} |")).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(1).unwrap().trim()).collect()
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Writes the workspace and the tool file that README.md shows.
fn workspace(folder: &Path) {
    write(folder, "epictree.toml", toml("[places]"));
    write(folder, "package-hunter.toml", toml("[tool]"));
    let owners = "[groups.\"group::composition analysis\"]\npm = [\"@a\"]\nem = [\"@b\"]\n";
    write(folder, "owners.toml", owners);
    let stages =
        "stages:\n  sec:\n    groups:\n      scan:\n        name: Scan\n        pm: Alex Product\n";
    write(folder, "stages.yml", stages);
    write(folder, "people.toml", "\"Alex Product\" = \"@alex\"\n");
}

fn plan(folder: &Path) -> Output {
    let mut command = epictree(folder);
    Output::of(command.args(["plan", "--offline", "--color", "never"]).output().unwrap())
        .ends_with(0)
}

#[test]
fn the_files_it_shows_check_and_plan() {
    assert_eq!(blocks("toml").len(), 3, "a new block: hold it here");
    let home = tempfile::tempdir().unwrap();
    workspace(home.path());
    let check = Output::of(epictree(home.path()).arg("check").output().unwrap()).ends_with(0);
    assert_eq!(check.stderr, "", "{check}");
    check.does_not_say("warning");
    plan(home.path())
        .says("team::Product Security Engineering")
        .says("architecture design document");
}

#[test]
fn its_change_of_a_blueprint_does_what_it_says() {
    let home = tempfile::tempdir().unwrap();
    workspace(home.path());
    let settings = toml("[places]");
    let ours = settings.replacen("\"prodseceng\"", "\"ours\"", 1);
    assert_ne!(ours, settings);
    write(home.path(), "epictree.toml", &ours);
    write(home.path(), "blueprints/ours.toml", toml("extends"));
    let templates = blocks("jinja");
    assert_eq!(templates.len(), 1);
    write(home.path(), "templates/ours/functionality.md", templates[0]);
    let tool = toml("[tool]");
    let private = tool.replacen("gap = ", "privacy = \"Records no names.\"\ngap = ", 1);
    assert_ne!(private, tool);
    write(home.path(), "package-hunter.toml", &private);
    let output = plan(home.path());
    assert_eq!(output.stdout.matches("\n## Privacy\n\nRecords no names.\n\n").count(), 1);
    output
        .says("~\"team::tool shed\"")
        .says("- **Gap in GitLab:** missing")
        .does_not_say("team::Product Security Engineering")
        .does_not_say("architecture design document");
}

#[test]
fn its_table_of_commands_lists_the_subcommands() {
    let command = epictree::cli::command();
    let known: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let listed: BTreeSet<&str> = cells("command")
        .into_iter()
        .map(|cell| cell.trim_matches('`').split(' ').next().unwrap())
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn its_table_of_exit_codes_lists_those_of_the_help_and_of_the_code() {
    let source = include_str!("../../src/cli/failure.rs");
    let (_, body) = source.split_once("pub enum Exit {").unwrap();
    let (body, _) = body.split_once('}').unwrap();
    let coded: BTreeSet<&str> =
        body.lines().filter_map(|line| line.split_once(" = ")?.1.strip_suffix(',')).collect();
    assert_eq!(cells("exit code"), coded);
    let help = epictree::cli::command().render_long_help().to_string();
    let (_, codes) = help.split_once("Exit codes").unwrap();
    let (codes, _) = codes.split_once("Environment").unwrap();
    let told: BTreeSet<&str> =
        codes.split_whitespace().filter(|word| word.parse::<u8>().is_ok()).collect();
    assert_eq!(told, coded);
}
