//! Gives labels of an extended blueprint other titles, or takes them out, wherever it uses them.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Problems, nearest};
use crate::source::{At, Fields, Table, Value, offer, string_of, wrong};

/// Changes the labels of `parent` as the `[relabel]` of the blueprint that extends it says.
pub(super) fn apply(parent: &mut Table, child: &Table, out: &mut Problems) {
    let mut fields = Fields::of(child, "the blueprint");
    let Some(table) = fields.table_at("relabel", out) else { return };
    let mut titles: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for (title, entry) in table.in_order() {
        match &entry.value.value {
            Value::Bool(false) => {
                titles.insert(title, None);
            }
            Value::String(_) => {
                let new = string_of(title, &entry.value, out);
                titles.extend(new.map(|new| (title, Some(new.value))));
            }
            other => {
                let wanted = "another title, or false to take the label out";
                let _: Option<()> = wrong(title, &entry.value, other, wanted, out);
            }
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    each_title(parent, &mut |title| {
        seen.insert(title.clone());
        match titles.get(title.as_str()) {
            Some(Some(new)) => title.clone_from(new),
            Some(None) => return false,
            None => {}
        }
        true
    });
    for (title, entry) in table.in_order().into_iter().filter(|(title, _)| !seen.contains(*title)) {
        let message = format!("the blueprint that this one extends has no label `{title}`");
        let near = nearest(title, seen.iter().map(String::as_str));
        out.push(offer(entry.key.error(message), near, || "take the line out".to_owned()));
    }
}

/// Shows every title in a blueprint to `keep`, which may change it; those it answers `false` for go.
fn each_title(root: &mut Table, keep: &mut impl FnMut(&mut String) -> bool) {
    for table in tables(root, "node") {
        for list in ["labels", "labels-once"] {
            if let Some(Value::Array(items)) = value(table, list) {
                items.retain_mut(|item| in_item(item, "label", keep));
            }
        }
    }
    for table in tables(root, "measure") {
        for list in ["blocked", "in-flight"] {
            if let Some(Value::Array(items)) = value(table, list) {
                items.retain_mut(|item| in_item(item, "", keep));
            }
        }
    }
    if let Some(Value::Table(scale)) = value(root, "scale")
        && let Some(Value::Table(priorities)) = value(scale, "priority")
    {
        priorities.entries.retain(|_, entry| in_item(&mut entry.value, "", keep));
    }
    if let Some(Value::Array(labels)) = value(root, "label") {
        let mut known: BTreeSet<String> = BTreeSet::new();
        labels.retain_mut(|item| {
            in_item(item, "title", keep)
                && title(&mut item.value, "title").is_none_or(|title| known.insert(title.clone()))
        });
    }
}

fn in_item(item: &mut At<Value>, key: &str, keep: &mut impl FnMut(&mut String) -> bool) -> bool {
    title(&mut item.value, key).is_none_or(keep)
}

/// The title that a value is, or that it holds under `key`.
fn title<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut String> {
    match value {
        Value::String(title) => Some(title),
        Value::Table(table) => match self::value(table, key) {
            Some(Value::String(title)) => Some(title),
            _ => None,
        },
        _ => None,
    }
}

fn tables<'t>(root: &'t mut Table, key: &str) -> impl Iterator<Item = &'t mut Table> {
    let items = match value(root, key) {
        Some(Value::Array(items)) => items.as_mut_slice(),
        _ => &mut [],
    };
    items.iter_mut().filter_map(|item| match &mut item.value {
        Value::Table(table) => Some(table),
        _ => None,
    })
}

fn value<'t>(table: &'t mut Table, key: &str) -> Option<&'t mut Value> {
    table.entries.get_mut(key).map(|entry| &mut entry.value.value)
}
