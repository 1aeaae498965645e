//! Which keys might hold a field of an item: those of the node's own entry that the engine itself
//! gives every entry, then any key of the tool that says the same.

use super::edit::{Edit, Path, Step};
use super::keys::Home;
use super::probe::bare;
use super::trial::{Drift, Ground};
use crate::plan;
use crate::source::Value;
use crate::spec::{Entry, Spec};
use crate::tree::usernames;

/// Edits that may settle the drift of a field, the likeliest first.
pub(super) fn guesses(
    ground: &Ground<'_>,
    spec: &Spec,
    home: Option<&Home>,
    drift: &Drift,
) -> Vec<Edit> {
    let gitlab = value(&drift.name, &drift.gitlab);
    let mut edits = Vec::new();
    if let Some(Home::Entry(at)) = home {
        edits.push(Edit { path: at.path().key(&drift.name), value: gitlab.clone() });
    }
    let Some((old, new)) = single(drift) else { return edits };
    for path in saying(ground, spec, &old) {
        edits.push(Edit { path, value: Some(new.clone()) });
    }
    edits
}

/// Edits that may settle the drift of a label.
pub(super) fn labels(
    ground: &Ground<'_>,
    spec: &Spec,
    home: Option<&Home>,
    drift: &Drift,
) -> Vec<Edit> {
    let (plan::Value::List(files), Some(theirs)) = (&drift.files, list(&drift.gitlab)) else {
        return Vec::new();
    };
    // Two labels of one scope are nobody's decision yet.
    let ([ours], [] | [_]) = (files.as_slice(), theirs.as_slice()) else { return Vec::new() };
    let theirs = theirs.first();
    let mut edits = Vec::new();
    let mut entry_labels = spec.labels.iter().map(|at| at.value.clone()).collect::<Vec<_>>();
    let mut path = Path::table("tool");
    if let Some(Home::Entry(at)) = home
        && let Some(entry) = at.find(spec)
    {
        edits.extend(priority(ground, entry, &at.path(), ours, theirs));
        edits.extend(group(spec, entry, &at.path(), ours, theirs));
        entry_labels = entry.labels.iter().map(|at| at.value.clone()).collect();
        path = at.path();
    }
    if entry_labels.contains(ours) {
        let swapped = entry_labels.iter().filter_map(|label| match label == ours {
            true => theirs.cloned(),
            false => Some(label.clone()),
        });
        let swapped: Vec<String> = swapped.collect();
        let value = (!swapped.is_empty()).then(|| texts(swapped));
        edits.push(Edit { path: path.key("labels"), value });
    }
    edits
}

fn priority(
    ground: &Ground<'_>,
    entry: &Entry,
    path: &Path,
    ours: &String,
    theirs: Option<&String>,
) -> Option<Edit> {
    let scale = &ground.blueprint.schema.priorities;
    let own = entry.priority.as_ref()?;
    if scale.get(&own.value) != Some(ours) {
        return None;
    }
    let number = |label: &String| scale.iter().find(|(_, other)| *other == label).map(|(n, _)| *n);
    let value = match theirs {
        None => None,
        Some(label) => Some(Value::Integer(i64::try_from(number(label)?).ok()?)),
    };
    Some(Edit { path: path.key("priority"), value })
}

fn group(
    spec: &Spec,
    entry: &Entry,
    path: &Path,
    ours: &String,
    theirs: Option<&String>,
) -> Option<Edit> {
    let [own] = entry.groups.as_slice() else { return None };
    if own.value != *ours {
        return None;
    }
    let path = path.key("group");
    let is_list = matches!(at(spec, &path), Some(Value::Array(_)));
    let value = theirs.map(|label| match is_list {
        true => texts([label.clone()]),
        false => Value::String(label.clone()),
    });
    Some(Edit { path, value })
}

/// A plan's value as a file writes it.
fn value(name: &str, value: &plan::Value) -> Option<Value> {
    match value {
        plan::Value::None => None,
        plan::Value::Flag(truth) => Some(Value::Bool(*truth)),
        plan::Value::Number(number) => i64::try_from(*number).ok().map(Value::Integer),
        plan::Value::Text(text) => match text.parse() {
            Ok(day) if matches!(name, "start" | "due") => Some(Value::Date(day)),
            _ => Some(Value::String(text.clone())),
        },
        plan::Value::List(all) => Some(texts(all.iter().map(|user| format!("@{user}")))),
    }
}

/// The one value that took the place of another; of users the one that did.
fn single(drift: &Drift) -> Option<(Value, Value)> {
    if let (Some(files), Some(gitlab)) = (list(&drift.files), list(&drift.gitlab)) {
        let only = |one: &[String], other: &[String]| {
            let mut rest = one.iter().filter(|user| !other.contains(user));
            rest.next().filter(|_| rest.next().is_none()).map(|user| format!("@{user}"))
        };
        let (old, new) = (only(&files, &gitlab)?, only(&gitlab, &files)?);
        return Some((Value::String(old), Value::String(new)));
    }
    Some((value(&drift.name, &drift.files)?, value(&drift.name, &drift.gitlab)?))
}

fn list(value: &plan::Value) -> Option<Vec<String>> {
    match value {
        plan::Value::List(all) => Some(all.clone()),
        plan::Value::None => Some(Vec::new()),
        plan::Value::Flag(_) | plan::Value::Number(_) | plan::Value::Text(_) => None,
    }
}

/// The keys of the tool's own tables that hold a value.
fn saying(ground: &Ground<'_>, spec: &Spec, wanted: &Value) -> Vec<Path> {
    let own =
        std::iter::once("tool").chain(ground.blueprint.schema.tables.keys().map(String::as_str));
    let mut found = Vec::new();
    for name in own {
        let Some(Value::Table(table)) = at(spec, &Path::table(name)) else { continue };
        for (key, entry) in table.in_order() {
            if key != "id" && is_same(&entry.value.value, wanted) {
                found.push(Path::table(name).key(key));
            }
        }
    }
    found
}

fn is_same(one: &Value, wanted: &Value) -> bool {
    match (one, wanted) {
        (Value::String(one), Value::String(wanted)) if one.starts_with('@') => {
            usernames([one]) == usernames([wanted])
        }
        (Value::String(one), Value::String(wanted)) => one.trim() == wanted,
        _ => one == wanted,
    }
}

/// The value at a path, if there is one.
pub(super) fn at<'s>(spec: &'s Spec, path: &Path) -> Option<&'s Value> {
    let (first, rest) = path.0.split_first()?;
    let Step::Key(name) = first else { return None };
    let mut found = &spec.raw.entries.get(name)?.value.value;
    for step in rest {
        found = match (step, found) {
            (Step::Key(name), Value::Table(table)) => &table.entries.get(name)?.value.value,
            (Step::At(place), Value::Array(all)) => &all.get(*place)?.value,
            _ => return None,
        };
    }
    Some(found)
}

fn texts(all: impl IntoIterator<Item = String>) -> Value {
    Value::Array(all.into_iter().map(|text| bare(Value::String(text))).collect())
}
