//! What epictree made gives back the file that it was made from, but for what leaves no trace.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::env::{Output, copy, epictree, example};

/// What leaves no trace in GitLab, by example: ids and most keys of entries without an item (a
/// component without an epic, a caller, a piece given up), what the path or the state of the tree
/// leaves untold, ids of work that existed before, of which only the title is known, reasons of
/// lints, and which of two facts brought one and the same requirement.
const LOST: [(&str, &[&str]); 6] = [
    (
        "package-hunter",
        &[
            "component[Command-line client and CI template].id",
            "component[Container image for installation].id",
            "component[Falco daemon].id",
            "component[Falco rule set].id",
            "component[HTTP server].id",
            "component[HTTP server].today",
            "component[Kubernetes operator].id",
            "component[Kubernetes operator].today",
            "consumer[Pipelines of gitlab-org/gitlab].id",
            "consumer[Projects that run the tool themselves].id",
            "functionality[Submission of dependencies for analysis].issue[gitlab-org/gitlab#321285].id",
            "functionality[Submission of dependencies for analysis].issue[gitlab-org/gitlab#321285].title",
            "sunset.facts",
        ],
    ),
    (
        "tokinator",
        &[
            "component[Revocation service for any type of token].id",
            "component[Rules and prefixes of tokens].id",
            "component[Rules and prefixes of tokens].today",
            "functionality[Identification of a token].issue[gitlab-org/gitlab#443597].id",
            "functionality[Identification of a token].issue[gitlab-org/gitlab#443597].title",
            "functionality[Token Revocation].exclusive",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#460777].id",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#460777].title",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#460778].id",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#460778].title",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#468598].id",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#468598].title",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#499958].id",
            "functionality[Token Revocation].issue[gitlab-org/gitlab#499958].title",
            "functionality[Token Revocation].priority",
            "functionality[Token Revocation].summary",
            "functionality[Trace of what a leaked token reached].issue[gitlab-org/gitlab#462217].id",
            "functionality[Trace of what a leaked token reached].issue[gitlab-org/gitlab#462217].title",
            "waive.handover-owner",
        ],
    ),
    (
        "inventory-builder",
        &[
            "component[Command-line program].id",
            "component[Repository of the inventory].id",
            "component[Repository of the inventory].today",
            "component[Service account].id",
            "consumer[Control for the baseline requirements of projects].id",
            "functionality[Categorisation of projects].issue[gitlab-org/gitlab#515932].id",
            "functionality[Categorisation of projects].issue[gitlab-org/gitlab#515932].title",
            "functionality[Check of the TLS settings of websites].id",
            "functionality[Check of the TLS settings of websites].summary",
        ],
    ),
    (
        "spamcheck",
        &[
            "component in order",
            "component[Helm charts and operator].id",
            "component[gRPC service]",
            "component[gRPC service].id",
            "component[gRPC service].name",
            "consumer[Instances from the Helm charts].id",
            "consumer[Instances from the Linux package].id",
            "functionality[Verdicts on new content].components",
            "functionality[Verdicts on new content].gap",
            "functionality[Verdicts on new content].id",
            "functionality[Verdicts on new content].users",
            "sunset.facts",
        ],
    ),
    ("todo-list", &["functionality[Rearranging of items].id"]),
    ("mail-relay", &[]),
];

/// Values that are meant where there is none.
const DEFAULTS: [(&str, &str); 4] =
    [("path", "integrate"), ("gap", "unknown"), ("owner", "unknown"), ("state", "pending")];

/// Keys whose order means nothing.
const SETS: [&str; 3] = ["facts", "own-issue", "uses"];

/// What a file says, by where it says so; entries go by their names, since ids may be unknown.
fn said(text: &str) -> BTreeMap<String, String> {
    let file: Table = text.parse().unwrap();
    let mut names = BTreeMap::new();
    for entry in file.values().filter_map(Value::as_array).flatten() {
        let issues = entry.get("issue").and_then(Value::as_array).into_iter().flatten();
        for entry in std::iter::once(entry).chain(issues) {
            names.insert(entry["id"].as_str().unwrap().to_owned(), name(entry));
        }
    }
    let mut said = BTreeMap::new();
    let file = file.into_iter().filter(|(key, _)| key != "schema");
    file.for_each(|(key, value)| say(&key, &value, &names, &mut said));
    said
}

fn name(entry: &Value) -> String {
    let key = ["name", "item", "title"].iter().find_map(|key| entry.get(key)?.as_str());
    key.unwrap().to_owned()
}

fn say(
    path: &str,
    value: &Value,
    names: &BTreeMap<String, String>,
    said: &mut BTreeMap<String, String>,
) {
    let key = path.rsplit('.').next().unwrap();
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| say(&format!("{path}.{key}"), value, names, said));
        }
        Value::Array(all) if all.iter().all(Value::is_table) => {
            let order: Vec<String> = all.iter().map(name).collect();
            // People's own work hangs behind what was made.
            if key != "issue" {
                said.insert(format!("{path} in order"), order.join("; "));
            }
            for (entry, name) in all.iter().zip(order) {
                said.insert(format!("{path}[{name}]"), String::new());
                say(&format!("{path}[{name}]"), entry, names, said);
            }
        }
        Value::Array(all) => {
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let named = |value: &Value| names.get(&text(value)).cloned().unwrap_or(text(value));
            let mut all: Vec<String> = all.iter().map(named).collect();
            if SETS.contains(&key) {
                all.sort();
            }
            said.insert(path.to_owned(), all.join("; "));
        }
        _ => {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            if !DEFAULTS.contains(&(key, &text)) {
                said.insert(path.to_owned(), text);
            }
        }
    }
}

/// Where a file says something else than another.
fn differences(file: &str, other: &str) -> Vec<String> {
    let (file, other) = (said(file), said(other));
    let keys: std::collections::BTreeSet<&String> = file.keys().chain(other.keys()).collect();
    let differs = keys.into_iter().filter(|key| file.get(*key) != other.get(*key));
    differs.cloned().collect()
}

/// The reference of the first item of the only tool.
fn first(home: &std::path::Path) -> String {
    let planned = run(home, &["plan", "--sandbox", "--format", "json"]).json();
    planned["tools"][0]["changes"][0]["ref"].as_str().unwrap().to_owned()
}

fn run(home: &std::path::Path, args: &[&str]) -> Output {
    Output::of(epictree(home).args(args).output().unwrap())
}

#[test]
fn the_tree_of_every_example_gives_back_its_file_but_for_what_leaves_no_trace() {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, _) in LOST {
        let home = tempfile::tempdir().unwrap();
        copy(&example(name), home.path());
        let run = |args: &[&str]| run(home.path(), args);
        run(&["apply", "--sandbox", "--yes"]).ends_with(0);
        let sums = |json: &serde_json::Value| json["tools"][0]["summary"].clone();
        let planned = run(&["plan", "--sandbox", "--format", "json"]).json();
        let reference = first(home.path());
        let file = home.path().join(format!("{name}.toml"));
        let original = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        run(&["import", &reference, "--sandbox"]).ends_with(0);
        let imported = std::fs::read_to_string(&file).unwrap();
        // Without this line, all that is wanted is what is there: nothing else left a trace.
        assert!(!imported.contains("rewrite"), "{imported}");
        let args = ["plan", "--sandbox", "--detailed-exitcode", "--format", "json"];
        assert_eq!(sums(&run(&args).ends_with(0).json()), sums(&planned), "{name}");
        found.push((name, differences(&original, &imported)));
    }
    let lost = LOST.map(|(name, lost)| (name, lost.iter().map(ToString::to_string).collect()));
    assert_eq!(found, lost, "{found:#?}");
}
