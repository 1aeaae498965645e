//! Writes the tool file, so that it reads as if people had.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{At, Draft, Entry, Keys};
use super::items::Items;
use super::keys::in_order;
use super::place::Placed;
use super::{Ask, Imported};
use crate::spec::beside;
use crate::spec::schema::{Fields, ListSchema, Schema};
use crate::text::{SLOT_CLOSE, SLOT_OPEN};
use crate::tree::Item;
use crate::unseen::is_unseen;

/// The most items that a comment names.
const MOST_LEFT: usize = 200;

/// A text on one line that a tool file may hold.
pub(super) fn clean(text: &str) -> String {
    let kept = |c: char| !is_unseen(c) && c != SLOT_OPEN && c != SLOT_CLOSE;
    let plain: String = text.chars().map(|c| if kept(c) { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an entry is called that stands for an item under this name.
pub(super) fn called(name: &str, item: &Item) -> String {
    let name = clean(name);
    if name.is_empty() { item.reference.to_string() } else { name }
}

/// The text of a draft alone, to be read again.
pub(super) fn plain(draft: &Draft, schema: &Schema) -> String {
    format!("schema = 1\n{}", body(draft, schema, &Remarks::default()))
}

/// What stands beside lines.
#[derive(Default)]
struct Remarks<'a> {
    entries: BTreeMap<&'a At, String>,
    items: BTreeMap<&'a str, String>,
    tool: BTreeMap<&'a str, &'a str>,
}

/// The whole file, with what it is made from.
pub(super) fn write(ask: &Ask<'_>, items: &Items<'_>, placed: &Placed<'_>) -> Imported {
    let mut remarks = Remarks::default();
    for (at, key) in &placed.keys {
        let Some(item) = placed.nodes.get(key) else { continue };
        let doubt = placed.draft.get(at).and_then(|entry| entry.doubt.as_ref());
        let why = placed.why.get(key).filter(|_| doubt.is_none()).cloned();
        let closed = (!item.open && why.is_none()).then(|| "closed".to_owned());
        let reference = (!placed.why.contains_key(key)).then(|| item.reference.to_string());
        remarks.entries.insert(at, said([reference, why, closed], doubt));
    }
    for key in placed.draft.items.keys() {
        let why = placed.why.get(key).cloned();
        remarks.items.insert(key, said([why, None, None], placed.doubts.get(key)));
    }
    remarks
        .tool
        .insert("rewrite", "descriptions that exist stay as they are, until this line goes");
    if placed.name_guessed {
        remarks.tool.insert("name", "? no title has it where the blueprint does");
    }
    for (key, doubt) in &placed.tool_doubts {
        remarks.tool.insert(key, doubt);
    }
    let schema = &ask.blueprint.schema;
    let mut text = format!(
        "#:schema ./tool.schema.json\n# Imported from {}. What is absent here is people's: epictree never touches it.\n\
         # A `?` marks a guess.\nschema = 1\n{}",
        items.top().reference,
        body(&placed.draft, schema, &remarks)
    );
    let left = left(items, placed);
    text.push_str(&said_of(&left));
    let doubts = text.lines().filter(|line| line.contains("# ? ") || line.contains(", ? ")).count();
    Imported {
        id: placed.draft.tool["id"].as_str().unwrap_or_default().to_owned(),
        blueprint: ask.blueprint.name.clone(),
        text,
        placed: placed.nodes.len(),
        doubts,
        left: left.len(),
    }
}

/// What is said of an item, a doubt last.
fn said(words: [Option<String>; 3], doubt: Option<&String>) -> String {
    let doubt = doubt.map(|doubt| format!("? {doubt}"));
    let all = words.into_iter().flatten().chain(doubt).filter(|word| !word.is_empty());
    all.collect::<Vec<_>>().join(", ")
}

fn body(draft: &Draft, schema: &Schema, remarks: &Remarks<'_>) -> String {
    let mut out = String::from("\n[tool]\n");
    lines(&mut out, "", &draft.tool, &schema.tool, &|key| {
        remarks.tool.get(key).copied().unwrap_or_default().to_owned()
    });
    let mut tables: Vec<_> = schema.tables.iter().collect();
    tables.sort_by_key(|(_, fields)| fields.values().map(|f| f.span.range.start).min());
    for (name, fields) in tables {
        if let Some(keys) = draft.tables.get(name).filter(|keys| !keys.is_empty()) {
            out.push_str(&format!("\n[{name}]\n"));
            lines(&mut out, "", keys, fields, &|_| String::new());
        }
    }
    let mut lists: Vec<(&String, &ListSchema)> = schema.lists.iter().collect();
    lists.sort_by_key(|(_, list)| list.fields.values().map(|f| f.span.range.start).min());
    for (name, list) in lists {
        for entry in draft.lists.get(name).into_iter().flatten() {
            let at = At::entry(name, &entry.id);
            one(&mut out, "", name, entry, &list.fields, remarks.entries.get(&at));
            for issue in &entry.issues {
                let at = at.issue(&issue.id);
                let name = format!("{name}.issue");
                one(&mut out, "  ", &name, issue, &list.issue_fields, remarks.entries.get(&at));
            }
        }
    }
    if !draft.items.is_empty() {
        out.push_str(&format!(
            "\n{}",
            beside("[items]", "what stands for a node that is no entry")
        ));
        for (key, reference) in &draft.items {
            let line = format!("{} = {}", quoted_key(key), quoted(&reference.to_string()));
            out.push_str(&beside(
                &line,
                remarks.items.get(key.as_str()).map_or("", String::as_str),
            ));
        }
    }
    out
}

fn one(
    out: &mut String,
    indent: &str,
    list: &str,
    entry: &Entry,
    fields: &Fields,
    remark: Option<&String>,
) {
    out.push_str(&format!("\n{indent}[[{list}]]\n"));
    let id = format!("{indent}id = {}", quoted(&entry.id));
    out.push_str(&beside(&id, remark.map_or("", String::as_str)));
    lines(out, indent, &entry.keys, fields, &|_| String::new());
}

fn lines(
    out: &mut String,
    indent: &str,
    keys: &Keys,
    fields: &Fields,
    remark: &dyn Fn(&str) -> String,
) {
    for (key, value) in in_order(keys, fields) {
        out.push_str(&beside(&format!("{indent}{key} = {value}"), &remark(key)));
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn quoted_key(key: &str) -> String {
    let bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { quoted(key) }
}

/// Items that are no part of the file, each with what is below it and left alone too.
fn left<'a>(items: &Items<'a>, placed: &Placed<'_>) -> Vec<(&'a Item, &'static str)> {
    let known: BTreeSet<_> = placed.nodes.values().map(|item| &item.id).collect();
    let of = items.all.iter().filter(|seen| !known.contains(&seen.item.id));
    of.map(|seen| {
        let why = match (&seen.ours, seen.others) {
            (Some(_), _) => "its marker names no node that the blueprint has, or another item's",
            (None, true) if seen.item.moved_to.is_some() => "was moved or promoted",
            (None, true) => "carries a marker of another workspace or tool",
            (None, false) => "",
        };
        (seen.item, why)
    })
    .collect()
}

fn said_of(left: &[(&Item, &str)]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n# Left alone: no node of the blueprint, and below no entry.\n");
    for (item, why) in left.iter().take(MOST_LEFT) {
        let kind = item.kind.map_or("item", crate::tree::Kind::as_str);
        let closed = if item.open { "" } else { ", closed" };
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let title = clean(&item.title);
        out.push_str(&format!("#   {}  {kind}{closed}  \"{title}\"{why}\n", item.reference));
    }
    if left.len() > MOST_LEFT {
        out.push_str(&format!("#   and {} more\n", left.len() - MOST_LEFT));
    }
    out
}
