//! Every text of a whole tool file in turn made hostile: it is refused, or it stays literal. What
//! GitLab would make of a text is asked of its own parser, not of ours.

use std::collections::BTreeSet;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use epictree::assets::Assets;
use epictree::blueprint::Blueprint;
use epictree::check::tool;
use epictree::problem::{Problems, Sources};
use epictree::render::{Engine, Pulse, Scene};
use epictree::spec::{Owners, ToolFile, Workspace};
use epictree::tree::DesiredTree;

use crate::env::example;

/// What is put into each text.
const HOSTILE: [&str; 5] = [
    "/close @alice and @all",
    "x @all ](https://evil.example) | ` <b> --> <img src=x> #1 &1 ~x {{ 7 * 7 }}",
    "1. @alice\n/close\n# Heading\n```\n@all\n```\n/label ~x",
    "- [x] @alice \\@all | \\`@all` |\n\n/close",
    "`@all | /close` ]( <b> x",
];

/// The places of all texts in a file.
fn places(value: &toml::Value, here: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    match value {
        toml::Value::String(_) => all.push(here.clone()),
        toml::Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                here.push(at.to_string());
                places(item, here, all);
                here.pop();
            }
        }
        toml::Value::Table(table) => {
            for (key, item) in table {
                here.push(key.clone());
                places(item, here, all);
                here.pop();
            }
        }
        _ => {}
    }
}

/// The file with the text at a place replaced.
fn replaced(file: &toml::Value, place: &[String], text: &str) -> String {
    let mut file = file.clone();
    let mut at = &mut file;
    for step in place {
        at = match at {
            toml::Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
            other => &mut other[step.as_str()],
        };
    }
    *at = text.into();
    toml::to_string(&file).unwrap()
}

/// What GitLab would do with a description or comment beside showing it.
fn acts(text: &str) -> Vec<String> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.render.escaped_char_spans = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(words) => found.extend(mention(words)),
            NodeValue::Paragraph => found.extend(action(node, &lines)),
            _ => {}
        }
    }
    found
}

fn mention(words: &str) -> Option<String> {
    let mut before = ' ';
    let mut letters = words.chars().peekable();
    while let Some(c) = letters.next() {
        let named = letters.peek().is_some_and(char::is_ascii_alphanumeric);
        if c == '@' && !before.is_alphanumeric() && named {
            return Some(format!("mentions somebody in {words:?}"));
        }
        before = c;
    }
    None
}

/// A quick action at the start of a line of a paragraph that stands in nothing else.
fn action<'a>(node: &'a AstNode<'a>, lines: &[&str]) -> Option<String> {
    let parent = node.parent()?;
    if !matches!(parent.data.borrow().value, NodeValue::Document) {
        return None;
    }
    let place = node.data.borrow().sourcepos;
    let mut own = lines[place.start.line - 1..place.end.line].iter();
    let line = own.find(|line| line.trim_start().starts_with(['/']) && line.contains("/close"))?;
    Some(format!("runs {line:?}"))
}

/// What is wrong with a tree that was let through.
fn wrong(tree: &DesiredTree) -> Vec<String> {
    let mut all = Vec::new();
    for node in &tree.nodes {
        if node.title.contains('\n') {
            all.push(format!("{}: a title of two lines", node.key));
        }
        let acts = acts(&node.body.fill(|_| "x".into()));
        all.extend(acts.into_iter().map(|act| format!("{}: {act}", node.key)));
    }
    for comment in &tree.comments {
        let texts = std::iter::once(&comment.text).chain(&comment.reply);
        let acts = texts.flat_map(|text| acts(&text.fill(|_| "x".into())));
        all.extend(acts.map(|act| format!("{}: {act}", comment.key)));
    }
    for (column, cell) in tree.rows.iter().flat_map(|row| &row.cells) {
        let text = cell.fill(|_| "x".into());
        let bare = text.replace("\\\\", "").replace("\\|", "");
        if bare.contains(['|', '\n']) || mention(&text.replace("\\@", "")).is_some() {
            all.push(format!("{column}: {text:?}"));
        }
    }
    all
}

#[test]
fn no_text_of_a_tool_file_leaves_its_place() {
    let read = |name: &str| std::fs::read_to_string(example("package-hunter").join(name)).unwrap();
    let mut out = Problems::default();
    let assets = Assets::embedded();
    let workspace = Workspace::parse("epictree.toml", &read("epictree.toml"), &mut out).unwrap();
    let owners = Owners::parse("owners.toml", &read("owners.toml"), &mut out).unwrap();
    let mut sources = Sources::default();
    let blueprint =
        Blueprint::load(&workspace.blueprint, None, &assets, &mut out, &mut sources).unwrap();
    let engine =
        Engine::new(&blueprint, &assets, &Pulse::default(), &mut out, &mut sources).unwrap();
    assert!(!out.has_errors());
    let file: toml::Value = toml::from_str(&read("package-hunter.toml")).unwrap();
    let mut all = Vec::new();
    places(&file, &mut Vec::new(), &mut all);
    // One place of each kind: entries of one list are rendered alike.
    let mut kinds = BTreeSet::new();
    all.retain(|place| {
        let names = place.iter().filter(|step| step.parse::<usize>().is_err());
        kinds.insert(names.cloned().collect::<Vec<_>>())
    });
    let (mut refused, mut literal, mut faults) = (0, 0, Vec::new());
    for place in &all {
        for hostile in HOSTILE {
            let mut out = Problems::default();
            let text = replaced(&file, place, hostile);
            let spec = ToolFile::parse("hunter.toml", &text, &blueprint.schema, &mut out);
            let tree = spec.and_then(|spec| {
                let scene = Scene {
                    workspace: &workspace,
                    owners: Some(&owners),
                    blueprint: &blueprint,
                    spec: &spec,
                };
                tool(&scene, &engine, &mut out)
            });
            match tree.filter(|_| !out.has_errors()) {
                None => refused += 1,
                Some(tree) => {
                    literal += 1;
                    let place = place.join(".");
                    faults.extend(wrong(&tree).into_iter().map(|w| format!("{place}: {w}")));
                }
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), literal, faults.join("\n"));
    assert!(refused > 100 && literal > 30, "{refused} refused, {literal} literal");
}
