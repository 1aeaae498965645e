//! Two worlds held against each other, whatever the numbers of their items.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::{BTreeMap, BTreeSet};

use epictree::marker::{self, Reading};
use epictree::sandbox::{ItemView, Sandbox};
use serde_json::{Value, json};

/// A picture of all items in which titles stand for numbers, without second items that epictree
/// closed.
#[track_caller]
pub(crate) fn picture(sandbox: &Sandbox) -> Vec<Value> {
    assert_eq!(doubles(sandbox), [""; 0], "{:#?}", sandbox.dump());
    let items: Vec<ItemView> = sandbox.items().into_iter().filter(|i| !is_closed_twin(i)).collect();
    let names: Vec<(String, String)> =
        items.iter().map(|item| (item.reference.clone(), format!("<{}>", item.title))).collect();
    let ids: BTreeMap<u64, &str> = items
        .iter()
        .map(|item| (item.id.rsplit('/').next().unwrap().parse().unwrap(), item.title.as_str()))
        .collect();
    let mut rows: Vec<Value> = Vec::new();
    for row in sandbox.dump().as_array().unwrap() {
        let Some(item) = items.iter().find(|item| row["reference"] == *item.reference) else {
            continue;
        };
        let mut row = row.clone();
        let shown = |child: &&String| items.iter().any(|item| item.reference == **child);
        row["children"] = item.children.iter().filter(shown).cloned().collect();
        row["notified"] =
            item.notified.iter().map(|one| format!("{}: {}", one.user, one.cause)).collect();
        let described = marker::read(&item.description);
        row["description"] = described.text.into();
        if let Reading::One(mut marker) = described.marker {
            let name = |id: &u64| ids.get(id).map_or("nothing", |name| *name);
            row["base parent"] = marker.base.parent.take().as_ref().map(name).into();
            let record = std::mem::take(&mut marker.record);
            row["record"] =
                record.items.iter().map(|(key, id)| format!("{key} = {}", name(id))).collect();
            row["recorded rows"] = json!(record.rows);
            let comments = record.comments.keys();
            row["recorded comments"] = comments.map(String::as_str).collect();
            row["base"] = format!("{:?}", marker.base).into();
        }
        let mut row: Value = serde_json::from_str(&named(&row.to_string(), &names)).unwrap();
        for list in ["links", "notes", "notified"] {
            row[list].as_array_mut().unwrap().sort_by_key(Value::to_string);
        }
        rows.push(row);
    }
    rows.sort_by_key(|row| row["title"].to_string());
    rows
}

/// A picture without the order of siblings.
pub(crate) fn unordered(mut rows: Vec<Value>) -> Vec<Value> {
    for row in &mut rows {
        row["children"].as_array_mut().unwrap().sort_by_key(Value::to_string);
    }
    rows
}

/// Titles that more than one item has, those aside that epictree closed as second ones.
pub(crate) fn doubles(sandbox: &Sandbox) -> Vec<String> {
    let items = sandbox.items().into_iter().filter(|item| !is_closed_twin(item));
    let mut titles: Vec<String> = items.map(|item| item.title).collect();
    titles.sort();
    let mut doubles: Vec<String> =
        titles.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0].clone()).collect();
    doubles.dedup();
    doubles
}

/// Tells whether an item was closed by epictree as a second one.
pub(crate) fn is_closed_twin(item: &ItemView) -> bool {
    item.state == "CLOSED" && marker::read(&item.description).marker == Reading::Duplicate
}

/// Puts names in the place of references.
fn named(text: &str, names: &[(String, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (reference, name)| {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(reference.as_str()) {
            let end = at + reference.len();
            let whole = !rest[end..].starts_with(|c: char| c.is_ascii_digit());
            out.push_str(&rest[..at]);
            out.push_str(if whole { name } else { reference });
            rest = &rest[end..];
        }
        out + rest
    })
}

/// What is different between two pictures, told of the first item that differs.
pub(crate) fn difference(found: &[Value], wanted: &[Value]) -> Option<String> {
    let titles = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["title"].to_string()).collect()
    };
    let (here, there) = (titles(found), titles(wanted));
    if here != there {
        return Some(format!("found  {here:#?}\nwanted {there:#?}"));
    }
    let (found, wanted) = found.iter().zip(wanted).find(|(found, wanted)| found != wanted)?;
    let (found, wanted) = (found.as_object()?, wanted.as_object()?);
    let fields: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let fields = fields.into_iter().filter(|name| found.get(*name) != wanted.get(*name));
    let show = |value: Option<&Value>| value.map_or_else(String::new, |v| format!("{v:#}"));
    let fields = fields
        .map(|name| {
            format!("{name}:\nfound  {}\nwanted {}", show(found.get(name)), show(wanted.get(name)))
        })
        .collect::<Vec<_>>();
    Some(format!("{}: {}", found["title"], fields.join("\n")))
}

#[track_caller]
pub(crate) fn assert_same(found: &[Value], wanted: &[Value], when: &str) {
    let difference = difference(found, wanted);
    assert!(difference.is_none(), "{when}: {}", difference.unwrap_or_default());
}

#[test]
fn names_stand_for_whole_references_only() {
    let names =
        [("g#1".to_owned(), "<one>".to_owned()), ("g#12".to_owned(), "<twelve>".to_owned())];
    assert_eq!(named("g#1 g#12+ g#123 g#1", &names), "<one> <twelve>+ g#123 <one>");
}
