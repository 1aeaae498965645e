//! A plan for machines, for merge requests and for GitLab's widget, with everything that a plan can hold.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeSet;

use epictree::page;
use epictree::sandbox::{Edit, Seed};
use epictree::ui::json::SCHEMA;
use serde_json::{Value, json};

use crate::env::{COLLEAGUE, Output, TestEnv, copy, epictree, example, seed};

const TOOL: &str = "package-hunter.toml";
const INTEGRATION: &str = "package-hunter/integration";
const RESULTS: &str = "package-hunter/functionality/results";
const EPICS: &str = "gitlab-com/gl-security/product-security";
const SUMMARY: &str = "Finds malicious dependencies by watching what they do while they install.";
/// What people may put into a title.
pub(crate) const NASTY: &str =
    "@all `x` ``y | z</details> <b>~bug #1 !2 &3 [a](https://example.com)";
/// What they may put into a description.
const NASTIER: &str =
    "Now\n```\n/close\n```\n````\n/label ~bug\n````\n@everyone gitlab-org/gitlab#1\n</details>";

/// A workspace of which the plan holds a bit of everything.
fn rich() -> TestEnv {
    let people = [
        "pm-composition-analysis",
        "em-composition-analysis",
        "pm-vulnerability-management",
        "em-vulnerability-management-be",
        "em-vulnerability-management-fe",
    ];
    let mut seed: Seed = seed();
    seed.users.extend(people.map(str::to_owned));
    let env = TestEnv::with("package-hunter", &seed);
    env.apply(&[]).ends_with(0);
    // A conflict in a title and one in a text; drift; an orphan and what comes in its place.
    env.by_hand(RESULTS, Edit::Title(NASTY.into()));
    env.edit(TOOL, "name = \"Retrieval of results\"", "name = \"Fetching of results\"");
    env.rewrite(&env.item(INTEGRATION).reference, SUMMARY, NASTIER);
    env.edit(TOOL, SUMMARY, "Finds what hides in dependencies while they install.");
    env.by_hand(
        "package-hunter/functionality/ruby-gems",
        Edit::Unlabel("ProdSecEngPriority::3".into()),
    );
    env.edit(TOOL, "id = \"rule-review\"", "id = \"rule-check\"");
    // An adoption, comments, and a stray copy.
    let found = "Package Hunter Functionality - Found work";
    env.create(EPICS, 8, found, Some(&env.item(INTEGRATION).reference));
    env.edit(
        TOOL,
        "# ---- Components:",
        "[[functionality]]\nid = \"found\"\nname = \"Found work\"\n\n# ---- Components:",
    );
    env.edit(TOOL, "# ask = true  ", "ask = true  ");
    let clone = env.create(EPICS, 8, "A clone", Some(&env.item(INTEGRATION).reference));
    let text = env.item(RESULTS).description;
    env.sandbox.edit(COLLEAGUE, &clone, Edit::Description(text)).unwrap();
    env
}

/// Holds a value against a schema; also fails for a key that the schema does not tell of.
pub(crate) fn hold(schema: &Value, value: &Value, root: &Value, at: &str) {
    let known = [
        "anyOf",
        "$defs",
        "$ref",
        "$schema",
        "description",
        "enum",
        "items",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
    ];
    for (keyword, rule) in schema.as_object().unwrap() {
        assert!(known.contains(&keyword.as_str()), "{at}: this test does not know {keyword}");
        match keyword.as_str() {
            "$ref" => {
                let path = rule.as_str().unwrap().strip_prefix('#').unwrap();
                hold(root.pointer(path).unwrap(), value, root, at);
            }
            // Here always null or something.
            "anyOf" => {
                let choices = rule.as_array().unwrap();
                let null = |choice: &&Value| choice["type"] == "null";
                assert_eq!(choices.iter().filter(null).count(), 1, "{at}");
                let choice = choices.iter().find(|choice| null(choice) == value.is_null());
                hold(choice.unwrap(), value, root, at);
            }
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{at}: {value}"),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    hold(rule, item, root, &format!("{at}/{n}"));
                }
            }
            "minimum" => {
                assert!(value.as_i64().is_none_or(|n| n >= rule.as_i64().unwrap()), "{at}");
            }
            "pattern" => {
                assert_eq!(rule, "^1\\.[0-9]+$");
                assert!(value.as_str().unwrap().starts_with("1."), "{at}");
            }
            "properties" => {
                for (key, inner) in value.as_object().unwrap() {
                    let rule =
                        rule.get(key).unwrap_or_else(|| panic!("{at}: nobody tells of {key}"));
                    hold(rule, inner, root, &format!("{at}/{key}"));
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    assert!(value.get(key.as_str().unwrap()).is_some(), "{at}: no {key}");
                }
            }
            "type" => assert!(types(rule).contains(&type_of(value)), "{at}: {value} is no {rule}"),
            _ => {}
        }
    }
}

fn types(rule: &Value) -> Vec<&str> {
    match rule {
        Value::Array(several) => several.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn fits(output: &Output) -> Value {
    let (schema, document) = (serde_json::from_str(SCHEMA).unwrap(), output.json());
    hold(&schema, &document, &schema, "");
    document
}

/// The values of a key of all changes.
fn all<'a>(document: &'a Value, key: &str) -> BTreeSet<&'a str> {
    let tools = document["tools"].as_array().unwrap();
    let changes = tools.iter().flat_map(|tool| tool["changes"].as_array().unwrap());
    changes.filter_map(|change| change[key].as_str()).collect()
}

#[test]
fn the_json_plan_is_what_its_schema_says() {
    for name in
        ["package-hunter", "tokinator", "inventory-builder", "spamcheck", "todo-list", "mail-relay"]
    {
        let args = ["plan", "--offline", "--format", "json"];
        fits(&Output::of(epictree(&example(name)).args(args).output().unwrap()));
    }
    let env = rich();
    let plan = fits(&env.plan(&["--format", "json"]).ends_with(3));
    let tool = &plan["tools"][0];
    for sum in ["create", "adopt", "comment", "drift", "conflict", "orphan"] {
        assert_ne!(tool["summary"][sum], json!(0), "{sum} in {}", tool["summary"]);
    }
    assert!(all(&plan, "type").is_superset(&["comment", "epic", "issue", "table-row"].into()));
    assert_ne!(tool["notices"], json!([]));
    let more = fits(&env.plan(&["--format", "json", "--adopt", "--prune"]));
    assert!(all(&more, "action").is_superset(&["adopt", "close", "create"].into()));
}

#[test]
fn the_widget_gets_three_numbers() {
    let env = TestEnv::package_hunter();
    let report = |args: &[&str]| env.plan(&[&["--format", "gitlab-report"], args].concat()).stdout;
    assert_eq!(report(&[]), "{\"create\":37,\"update\":1,\"delete\":0}\n");
    env.apply(&[]).ends_with(0);
    assert_eq!(report(&[]), "{\"create\":0,\"update\":0,\"delete\":0}\n");
    env.edit(TOOL, "id = \"rule-review\"", "id = \"rule-check\"");
    let plan = env.planned(&["--prune"]);
    let (create, close) = (plan.sum("create") + plan.sum("comment"), plan.sum("close"));
    let update = plan.sum("update");
    let expected = format!("{{\"create\":{create},\"update\":{update},\"delete\":{close}}}\n");
    assert_eq!(report(&["--prune"]), expected);
    assert_ne!(close, 0);
}

/// What GitLab would look at for names and references: all text that is not in code.
pub(crate) fn prose(markdown: &str) -> String {
    let mut html = page::markdown(markdown);
    for (open, close) in [("<pre", "</pre>"), ("<code>", "</code>"), ("<!--", "-->"), ("<", ">")] {
        while let Some(from) = html.find(open) {
            let to = html[from..].find(close).unwrap() + from + close.len();
            html.replace_range(from..to, "");
        }
    }
    html
}

#[test]
fn the_markdown_plan_mentions_nobody_links_nothing_and_runs_nothing() {
    let env = rich();
    let args = ["--format", "markdown", "--show-drift"];
    for more in [[].as_slice(), &["--adopt", "--prune"], &["--on-conflict", "spec"]] {
        let markdown = env.plan(&[&args, more].concat()).stdout;
        for text in ["@everyone", "@all", "/label", "</details> <b>"] {
            let there = markdown.contains(text) || text.starts_with('<');
            assert!(there || !more.is_empty(), "the test shows nothing: no {text}\n{markdown}");
        }
        let prose = prose(&markdown);
        for sign in ["@", "&", "#1", "!2", "~", "example.com", "gitlab-org", "bug", "everyone"] {
            assert!(!prose.contains(sign), "{sign} in\n{prose}\n\n{markdown}");
        }
        for line in markdown.lines() {
            assert!(!line.trim_start().starts_with('/'), "GitLab would run {line:?}");
        }
        let html = page::markdown(&markdown);
        assert!(!html.contains("<a ") && !html.contains("<img"), "{html}");
        let open = markdown.matches("\n<details><summary>").count();
        assert_eq!(markdown.matches("\n</details>\n").count(), open);
    }
}

#[test]
fn the_markdown_plan_tells_what_the_text_plan_tells() {
    let env = rich();
    let plan = env.planned(&[]);
    let markdown = env.plan(&["--format", "markdown"]).ends_with(3).stdout;
    for change in plan.changes() {
        let quiet = ["none", "record"].contains(&change["action"].as_str().unwrap());
        let title = change["title"].as_str().unwrap();
        if !quiet && title != NASTY {
            assert!(markdown.contains(&format!("`{title}`")), "{title} in\n{markdown}");
        }
    }
    for text in [
        "### epictree plan: ",
        "Would notify `@em-",
        "**conflict** `title`",
        "**conflict** `body` below",
        "- orphan: ",
        "- **note:** ",
        "| package-hunter |",
    ] {
        assert!(markdown.contains(text), "{text} in\n{markdown}");
    }
}

#[test]
fn many_tools_stand_in_one_table_and_those_without_changes_are_counted() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), home.path());
    let text = std::fs::read_to_string(home.path().join("todo-list.toml")).unwrap();
    let other = |id: &str| {
        text.replace("id = \"todo-list\"", &format!("id = \"{id}\""))
            .replace("name = \"Todo List\"", &format!("name = \"{id}\""))
    };
    std::fs::write(home.path().join("b.toml"), other("b-list")).unwrap();
    let run = |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap());
    run(&["apply", "todo-list.toml", "--sandbox", "--yes"]).ends_with(0);
    let markdown = run(&["plan", "--sandbox", "--format", "markdown"]).ends_with(0);
    markdown.says("| b-list | ").says("1 tool without changes.").does_not_say("| todo-list |");
    let quiet = run(&["plan", "todo-list.toml", "--sandbox", "--format", "markdown"]).ends_with(0);
    quiet.says("### epictree plan: no changes").says("Nobody would be notified.");
}
