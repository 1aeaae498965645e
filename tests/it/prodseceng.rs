//! The tooling blueprint: how long its texts are, how they read, and which tree each path gives.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::sync::Arc;

use comrak::nodes::NodeValue;
use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::problem::{Problems, Severity};
use epictree::tree::DesiredTree;

use crate::env::example;

const WORKSPACE: &str = r#"schema = 1
id = "w"
blueprint = "prodseceng"
[places]
root = "g&1"
epics = "g/e"
sunset = "g/team"
issues = "g/p"
[owners]
file = "owners.toml"
"#;

const OWNERS: &str = r#"[groups."group::g0"]
pm = ["@pm0"]
em = ["@em0"]
[groups."group::g1"]
pm = ["@pm1"]
em = ["@em1", "@em2"]
[groups."group::g2"]
em = ["@em3"]
"#;

/// A tool with everything filled in.
fn rich() -> String {
    let mut tool = String::from(
        r#"schema = 1
[tool]
id = "rich"
name = "Rich Tool"
summary = "Does all there is to do."
repository = "https://example.com/rich"
runbook = "https://example.com/runbook"
public = true
path = "integrate"
context = "It was written in a week.\nIt has run for years."
customers = ["AppSec", "SIRT"]
eventual-customers = ["everyone"]
dri = "@me-handle"
acceptance = ["One", "Two", "Three"]
risks = ["Risk one", "Risk two"]
out-of-scope = ["This", "That"]
design-doc = { size = "L" }
retirement-date = 2027-06-30
[handover]
ask = true
done = ["Condition one", "Condition two"]
support = "experiment"
rollout = "Behind a flag."
knowledge = ["How it came about", "What it cost"]
[sunset]
facts = ["infra", "dns", "schedules", "tokens", "external-users", "data", "oncall", "docs", "packages", "compliance"]
own-issue = ["names", "data"]
rollback = "Start it again."
[sunset.waive]
metrics = "counted elsewhere"
"#,
    );
    for at in 1..=8 {
        let first = if at > 1 { "depends-on = [\"f1\"]" } else { "" };
        tool += &format!(
            r#"[[functionality]]
id = "f{at}"
name = "Function {at}"
summary = "Does {at}."
value = "Saves {at} hours."
users = "AppSec, daily"
today = "By hand."
code = ["https://example.com/code/{at}"]
gap = "missing"
target = "feature {at}"
parity = "As good as today."
acceptance = ["First", "Second"]
exclusive = true
group = "group::g{group}"
owner = "asked"
category = "Category"
components = ["c{component}"]
feature-flag = "flag_{at}"
risks = ["A risk"]
out-of-scope = ["A thing"]
links = ["https://example.com/-/issues/{at}"]
{first}
[[functionality.issue]]
id = "work"
title = "Work on {at}"
weight = 3
"#,
            group = at % 3,
            component = at % 4,
        );
    }
    for at in 0..4 {
        tool += &format!(
            "[[component]]\nid = \"c{at}\"\nname = \"Component {at}\"\ntarget = \"library\"\nepic = {}\ngroup = \"group::g1\"\nteardown = [\"Leftover {at}\"]\n",
            at == 0
        );
    }
    for at in 1..=5 {
        tool += &format!(
            "[[consumer]]\nid = \"u{at}\"\nname = \"Consumer {at}\"\nuses = [\"f{at}\"]\ncontact = \"somebody\"\n"
        );
    }
    tool
}

/// The shortest tool file of a path.
fn short(path: &str) -> String {
    format!(
        "schema = 1\n[tool]\nid = \"short\"\nname = \"Short Tool\"\nsummary = \"Little.\"\npath = \"{path}\"\n"
    )
}

#[track_caller]
fn tree(workspace: &str, owners: Option<&str>, tool: &str) -> Arc<DesiredTree> {
    let bytes = |text: &str| text.as_bytes().to_vec();
    let files = Files {
        workspace: ("epictree.toml".into(), bytes(workspace)),
        owners: owners.map(|text| ("owners.toml".into(), bytes(text))),
        assets: Assets::embedded(),
        tools: vec![("tool.toml".into(), bytes(tool))],
        ..Files::default()
    };
    let loaded = check::workspace(&files, Problems::default());
    let errors: Vec<_> = loaded.problems.sorted().into_iter().collect();
    let errors: Vec<_> = errors.iter().filter(|p| p.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{tool}");
    loaded.trees.into_iter().next().unwrap()
}

#[track_caller]
fn of(tool: &str) -> Arc<DesiredTree> {
    tree(WORKSPACE, Some(OWNERS), tool)
}

/// The trees of the examples that use the blueprint.
fn examples() -> Vec<Arc<DesiredTree>> {
    let read = |file: &str| std::fs::read_to_string(example(file)).unwrap();
    let one = |name: &str| {
        let workspace = read(&format!("{name}/epictree.toml"));
        let owners = std::fs::read_to_string(example(&format!("{name}/owners.toml"))).ok();
        tree(&workspace, owners.as_deref(), &read(&format!("{name}/{name}.toml")))
    };
    ["package-hunter", "spamcheck", "todo-list", "tokinator"].map(one).into()
}

/// Everything the blueprint can say: of the examples, and of a full and an empty tool on each path.
fn trees() -> Vec<Arc<DesiredTree>> {
    let mut all = examples();
    for path in ["integrate", "sunset", "transfer"] {
        all.push(of(&rich().replace("\"integrate\"", &format!("\"{path}\""))));
        all.push(of(&short(path)));
    }
    all
}

/// Key and text of each description and comment.
fn texts(tree: &DesiredTree) -> Vec<(String, String)> {
    let fill = |slot: &epictree::text::Slot| match slot {
        epictree::text::Slot::Tick(_) => " ".to_owned(),
        _ => "g/p#1".to_owned(),
    };
    let nodes = tree.nodes.iter().filter(|node| node.item.is_none() && node.creates);
    let nodes = nodes.map(|node| (node.key.to_string(), node.body.fill(fill)));
    let comments = tree.comments.iter().map(|c| (c.key.to_string(), c.text.fill(fill)));
    nodes.chain(comments).collect()
}

fn keys(tree: &DesiredTree) -> Vec<&str> {
    tree.nodes.iter().map(|node| node.key.local()).collect()
}

#[track_caller]
fn text<'t>(all: &'t [(String, String)], local: &str) -> &'t str {
    let found = all.iter().find(|(key, _)| key.split_once('/').is_some_and(|(_, k)| k == local));
    &found.unwrap_or_else(|| panic!("no {local}")).1
}

#[test]
fn no_text_is_longer_than_people_read() {
    for tree in trees() {
        for (key, text) in texts(&tree) {
            let local = key.split_once('/').unwrap().1;
            let most = match local {
                "integration" => 80,
                "handover" => 60,
                "sunset" => 120,
                _ => 40,
            };
            let lines = text.lines().count();
            assert!(lines <= most, "{key} has {lines} lines, more than {most}:\n{text}");
        }
    }
}

#[test]
fn no_heading_is_empty_and_no_two_blank_lines_follow_each_other() {
    for (key, text) in trees().iter().flat_map(|tree| texts(tree)) {
        assert!(!text.contains("\n\n\n"), "{key}:\n{text}");
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let level = |line: &str| line.bytes().take_while(|b| *b == b'#').count();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| level(line) > 0) {
            let next = lines.get(at + 1).copied().unwrap_or_default();
            let deeper = level(next) > level(line);
            let last = next.starts_with("Kept by epictree");
            assert!(!last && (level(next) == 0 || deeper), "{key}: {line} is empty:\n{text}");
        }
        for (at, line) in text.lines().enumerate() {
            let trailing = line.ends_with(' ') && !line.ends_with("| ");
            assert!(!trailing, "{key}, line {}: {line:?}", at + 1);
        }
    }
}

#[test]
fn gitlab_reads_every_box_table_heading_and_picture_as_such() {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    for (key, text) in trees().iter().flat_map(|tree| texts(tree)) {
        let arena = comrak::Arena::new();
        let root = comrak::parse_document(&arena, &text, &options);
        let mut found = [0; 4];
        for node in root.descendants() {
            match &node.data.borrow().value {
                NodeValue::TaskItem(_) => found[0] += 1,
                NodeValue::Table(_) => found[1] += 1,
                NodeValue::Heading(_) => found[2] += 1,
                NodeValue::CodeBlock(_) => found[3] += 1,
                NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => panic!("{key}:\n{text}"),
                _ => {}
            }
        }
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let wanted = [lines("- [ ] "), lines("| --- |"), lines("#"), lines("```mermaid")];
        assert_eq!(found, wanted, "{key}:\n{text}");
    }
}

#[test]
fn every_description_ends_with_what_keeps_it() {
    for tree in trees() {
        for node in tree.nodes.iter().filter(|node| node.item.is_none() && node.creates) {
            let text = node.body.fill(|_| String::new());
            let last = text.lines().last().unwrap();
            assert!(last.starts_with("Kept by epictree from `"), "{}: {last}", node.key);
            assert!(last.ends_with("`; edit freely, your words stay."), "{}: {last}", node.key);
        }
    }
}

#[test]
fn the_first_lines_say_what_is_asked_and_when_the_tool_ends() {
    let all = texts(&of(&rich()));
    let first = |local: &str| text(&all, local).lines().skip(2).take(3).collect::<Vec<_>>();
    assert!(first("handover")[0].starts_with("**Asked of you**"), "{:?}", first("handover"));
    assert!(first("handover")[0].contains("in your group's thread"));
    let sunset = first("sunset");
    assert_eq!(sunset[0], "- **Rich Tool ends:** 2027-06-30");
    assert!(sunset[1].starts_with("- **Still to be built:** Function 1; Function 2"));
    assert!(sunset[2].starts_with("- **Still depend on it:** Consumer 1; Consumer 2"));
}

#[test]
fn a_picture_shows_what_waits_for_what_and_names_cannot_leave_it() {
    let mut tool = short("integrate");
    let hostile = r#"a\"] --> b[\"``` %%{init: {}}%% <b>"#;
    tool += &format!("[[functionality]]\nid = \"first-one\"\nname = \"{hostile}\"\n");
    let alone = texts(&of(&tool));
    assert!(!text(&alone, "integration").contains("mermaid"));
    tool += "[[functionality]]\nid = \"end\"\nname = \"Second\"\ndepends-on = [\"first-one\"]\n";
    tool += "[[functionality]]\nid = \"gone\"\nname = \"Gone\"\ngap = \"drop\"\nbecause = \"no\"\n";
    let all = texts(&of(&tool));
    let whole = text(&all, "integration");
    let picture = whole.split("```").nth(1).unwrap();
    let lines: Vec<&str> = picture.lines().collect();
    assert_eq!(lines[..2], ["mermaid", "flowchart LR"]);
    assert!(lines[2].starts_with("  f_first_one[\"a#34;#93; --#62; b#91;#34;#96;#96;#96;"));
    assert_eq!(lines[3..], ["  f_first_one --> f_end[\"Second\"]"]);
    assert_eq!(whole.matches("```").count(), 2, "{whole}");
}

#[test]
fn what_waits_for_nothing_and_has_an_owner_is_to_be_started_with() {
    let piece = |id: &str, more: &str| {
        format!("[[functionality]]\nid = \"{id}\"\nname = \"Piece {id}\"\n{more}\n")
    };
    let issue = |weight: u8| {
        format!("[[functionality.issue]]\nid = \"x\"\ntitle = \"X\"\nweight = {weight}\n")
    };
    let tool = short("integrate")
        + &piece("late", "depends-on = [\"small\"]\nowner = \"accepted\"")
        + &piece("large", "group = \"group::g1\"")
        + &issue(5)
        + &piece("small", "")
        + &issue(2)
        + &piece("owned", "owner = \"accepted\"\ngroup = \"group::g0\"");
    let start = |tool: &str| {
        let all = texts(&of(tool));
        let text = text(&all, "integration").replace("g/p#1+", "");
        let lines = text.lines().filter_map(|line| line.strip_prefix("1. "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        start(&tool),
        [
            ": nothing holds it up; its owner has accepted it.",
            ": nothing holds it up, and Piece late waits for it; its owner is not known yet.",
            ": nothing holds it up; its owner has not been asked yet.",
        ]
    );
    let chosen = tool.replacen("path =", "start-first = [\"late\"]\npath =", 1);
    assert_eq!(start(&chosen), [": it comes after Piece small; its owner has accepted it."]);
}

#[test]
fn a_tool_that_only_ends_has_a_short_tree_without_a_word_of_what_is_built() {
    let tree = of(&rich().replace("\"integrate\"", "\"sunset\""));
    assert_eq!(
        keys(&tree),
        [
            "integration",
            "sunset",
            "sunset/operation/announce",
            "sunset/operation/migrate",
            "sunset/operation/switch-off",
            "sunset/operation/decommission",
            "sunset/operation/close-out",
            "sunset/requirement/data",
            "sunset/requirement/names",
        ]
    );
    assert_eq!(tree.nodes[0].title, "Rich Tool Product Security Tooling Sunset");
    assert!(tree.nodes[0].labels.enforced.contains(&"ProdSecEngMetric::Sunsetting".into()));
    assert_eq!(tree.comments, []);
    for (key, text) in texts(&tree) {
        for word in ["in GitLab", "Add to GitLab", "handover", "Handover", "Integration"] {
            assert!(!text.contains(word), "{key} says {word}:\n{text}");
        }
    }
    let all = texts(&tree);
    assert!(
        text(&all, "sunset/operation/migrate")
            .contains("**Function 1:** its users have another way: feature 1")
    );
}

#[test]
fn a_tool_that_changes_owners_has_a_handover_and_does_not_end() {
    let tree = of(&rich().replace("\"integrate\"", "\"transfer\""));
    assert_eq!(keys(&tree), ["integration", "handover"]);
    assert_eq!(tree.nodes[0].title, "Rich Tool Product Security Tooling Transfer");
    for node in &tree.nodes {
        assert!(node.labels.enforced.contains(&"ProdSecEngMetric::Custom Tooling".into()));
    }
    for (key, text) in texts(&tree) {
        for word in ["in GitLab", "part of GitLab", "flag", "sunset", "Sunset", "planned as"] {
            assert!(!text.contains(word), "{key} says {word}:\n{text}");
        }
    }
    let all = texts(&tree);
    for heading in ["## Passing on what we know", "## Changing owners", "## Acceptance"] {
        assert!(text(&all, "handover").contains(heading), "{heading}");
    }
}

#[test]
fn a_sunset_says_what_blocks_it_and_strikes_what_does_not_apply() {
    let tree = of(&rich());
    let waits = |local: &str| {
        let node = tree.nodes.iter().find(|node| node.key.local() == local).unwrap();
        node.depends_on.iter().map(|key| key.local()).collect::<Vec<_>>()
    };
    let off = waits("sunset/operation/switch-off");
    assert_eq!(
        off[..3],
        ["sunset/operation/announce", "sunset/operation/migrate", "sunset/functionality/f1"]
    );
    assert_eq!(waits("sunset/operation/migrate"), ["sunset/requirement/data"]);
    assert!(waits("sunset/operation/decommission").contains(&"sunset/requirement/names"));
    let all = texts(&tree);
    let close = text(&all, "sunset/operation/close-out");
    assert!(close.contains("~~ Not needed: counted elsewhere"), "{close}");
    let names = text(&all, "sunset/requirement/names");
    for part in ["## Done when", "**Evidence**", "**Owner:** `@me-handle`", "**Way back:** in "] {
        assert!(names.contains(part), "{part}\n{names}");
    }
    let bare = of(&short("integrate"));
    assert!(!texts(&bare).iter().any(|(_, text)| text.contains("vault entries")), "no facts");
}

#[test]
fn a_dropped_piece_leaves_its_reason_and_mentions_the_manager_alone() {
    let tool = short("integrate")
        + "[[functionality]]\nid = \"a\"\nname = \"A\"\ngap = \"drop\"\nbecause = \"Nobody used it.\"\ngroup = \"group::g1\"\n";
    let tree = of(&tool);
    let comment = tree.comments.iter().find(|c| c.key.local() == "dropped/a").unwrap();
    assert_eq!(comment.people().collect::<Vec<_>>(), ["em1", "em2"]);
    let text = comment.text.fill(|_| "@them".to_owned());
    assert!(
        text.contains(": Nobody used it.\n") && text.contains("@them: it was planned"),
        "{text}"
    );
    let node = tree.node(&comment.on).unwrap();
    assert!(!node.creates);
    assert_eq!(node.labels.enforced, ["ProdSecEngMetric::Tooling Integration"]);
}
