//! Everything a tool file names must exist: entries, places, groups; and no entry waits for itself.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{Fields as Declared, GROUPS, Schema, Type};
use super::waive::{GROUP_UNKNOWN, PERSON_UNKNOWN, WEIGHT_LARGE, waivable};
use super::{Entry, Owners, Place, Spec, Workspace};
use crate::problem::{Problem, Problems, nearest};
use crate::source::{At, Span, Value, offer, offer_quoted};

/// Checks what the tool file says about itself.
pub(super) fn within(spec: &Spec, schema: &Schema, out: &mut Problems) {
    for (list, entries) in &spec.lists {
        siblings(&format!("[[{list}]]"), entries, out);
        for entry in entries {
            siblings(&format!("the issues of `{}`", entry.id.value), &entry.issues, out);
        }
    }
    let ids = Ids { spec, schema };
    ids.fields(&spec.fields, &schema.tool, out);
    for (name, declared) in &schema.tables {
        if let Some(values) = spec.tables.get(name) {
            ids.fields(values, declared, out);
        }
    }
    for (name, list) in &schema.lists {
        for entry in spec.lists.get(name).into_iter().flatten() {
            ids.fields(&entry.fields, &list.fields, out);
            for issue in &entry.issues {
                ids.fields(&issue.fields, &list.issue_fields, out);
            }
        }
    }
}

fn siblings(what: &str, entries: &[Entry], out: &mut Problems) {
    let known: BTreeSet<&str> = entries.iter().map(|e| e.id.as_str()).collect();
    for entry in entries {
        for id in &entry.depends_on {
            if !known.contains(id.as_str()) {
                let problem = id
                    .span
                    .error(format!("`depends-on` names `{}`, which is not in {what}", id.value));
                let near = nearest(id, known.iter().copied().filter(|k| *k != entry.id.value));
                out.push(offer_quoted(problem, near, || "name the id of a sibling".to_owned()));
            }
        }
    }
    if let Some((cycle, span)) = cycle(entries) {
        let message = format!("entries of {what} wait for each other: {}", cycle.join(" → "));
        out.push(span.error(message).hint("take one of these out of `depends-on`"));
    }
}

/// A cycle of `depends-on`, with the place of one of its links.
fn cycle(entries: &[Entry]) -> Option<(Vec<String>, Span)> {
    let mut left: BTreeMap<&str, &Entry> = entries.iter().map(|e| (e.id.as_str(), e)).collect();
    loop {
        let free: Vec<&str> = left
            .iter()
            .filter(|(_, e)| e.depends_on.iter().all(|d| !left.contains_key(d.as_str())))
            .map(|(id, _)| *id)
            .collect();
        if free.is_empty() {
            break;
        }
        for id in free {
            left.remove(id);
        }
    }
    let mut path: Vec<&str> = vec![left.keys().next()?];
    loop {
        let entry = left.get(path.last()?)?;
        let next = entry.depends_on.iter().find(|d| left.contains_key(d.as_str()))?;
        if let Some(at) = path.iter().position(|id| *id == next.value) {
            let mut names: Vec<String> = path[at..].iter().map(|id| (*id).to_owned()).collect();
            names.push(next.value.clone());
            return Some((names, next.span.clone()));
        }
        path.push(&next.value);
    }
}

struct Ids<'a> {
    spec: &'a Spec,
    schema: &'a Schema,
}

impl Ids<'_> {
    /// Ids of a list; of the groups, their labels.
    fn of(&self, list: &str) -> Vec<&str> {
        if list == GROUPS {
            let entries = self.spec.lists.values().flatten();
            let all = entries.flat_map(|entry| std::iter::once(entry).chain(&entry.issues));
            return all.flat_map(|entry| &entry.groups).map(|label| label.as_str()).collect();
        }
        let (name, nested) = list.split_once('.').map_or((list, false), |(name, _)| (name, true));
        let entries = self.spec.lists.get(name).map(Vec::as_slice).unwrap_or_default();
        let data = self.schema.data.get(name).map(Vec::as_slice).unwrap_or_default();
        match nested {
            true => entries.iter().flat_map(|e| &e.issues).map(|e| e.id.as_str()).collect(),
            false => entries
                .iter()
                .map(|e| e.id.as_str())
                .chain(data.iter().map(|d| d.id.as_str()))
                .collect(),
        }
    }

    fn fields(
        &self,
        values: &BTreeMap<String, At<Value>>,
        declared: &Declared,
        out: &mut Problems,
    ) {
        for (name, at) in values {
            if let Some(field) = declared.get(name) {
                self.value(name, at, &field.ty, out);
            }
        }
    }

    fn value(&self, key: &str, at: &At<Value>, ty: &Type, out: &mut Problems) {
        match (ty, &at.value) {
            (Type::Ref(lists), Value::String(id)) if !at.span.range.is_empty() => {
                self.id(key, id, &at.span, lists, true, out);
            }
            (Type::List(inner), Value::Array(items)) => {
                for item in items {
                    self.value(key, item, inner, out);
                }
            }
            (Type::Map(inner, keys), Value::Table(table)) => {
                for (name, entry) in table.in_order() {
                    if let Some(list) = keys {
                        self.id(key, name, &entry.key, std::slice::from_ref(list), false, out);
                    }
                    self.value(key, &entry.value, inner, out);
                }
            }
            (Type::Table(declared), Value::Table(table)) => {
                for (name, entry) in table.in_order() {
                    if let Some(field) = declared.get(name) {
                        self.value(name, &entry.value, &field.ty, out);
                    }
                }
            }
            (Type::AnyOf(types), _) => {
                for ty in types {
                    self.value(key, at, ty, out);
                }
            }
            _ => {}
        }
    }

    fn id(
        &self,
        key: &str,
        id: &str,
        span: &Span,
        lists: &[String],
        quoted: bool,
        out: &mut Problems,
    ) {
        let known: Vec<&str> = lists.iter().flat_map(|list| self.of(list)).collect();
        if known.contains(&id) {
            return;
        }
        let word = |list: &String| if list == GROUPS { "group".to_owned() } else { list.clone() };
        let what = lists.iter().map(word).collect::<Vec<_>>().join(" or ");
        let problem = span.error(format!("`{key}` names `{id}`, which is no {what} here"));
        let near = nearest(id, known.iter().copied());
        let hint = || match known.is_empty() {
            true => format!("there is no {what} in this file yet"),
            false => format!("one of: {}", known.join(", ")),
        };
        out.push(if quoted {
            offer_quoted(problem, near, hint)
        } else {
            offer(problem, near, hint)
        });
    }
}

/// Checks what the tool file says about the workspace and the owners.
pub fn outward(
    spec: &Spec,
    schema: &Schema,
    workspace: &Workspace,
    owners: Option<&Owners>,
    out: &mut Problems,
) {
    for (_, _, entry) in spec.entries() {
        if let Some(at) = &entry.place {
            place(at, workspace, out);
        }
        for label in &entry.groups {
            group(spec, label, owners, out);
        }
        if let Some(at) = entry.weight.as_ref().filter(|_| !spec.waive.contains_key(WEIGHT_LARGE)) {
            weight(at, schema, out);
        }
    }
    let typed = |values: &BTreeMap<String, At<Value>>, declared: &Declared, out: &mut Problems| {
        for (name, at) in values {
            if declared.get(name).is_some_and(|f| f.ty == Type::Place)
                && let Value::String(text) = &at.value
            {
                place(&At { value: text.clone(), span: at.span.clone() }, workspace, out);
            }
        }
    };
    typed(&spec.fields, &schema.tool, out);
    for (name, list) in &schema.lists {
        for entry in spec.lists.get(name).into_iter().flatten() {
            typed(&entry.fields, &list.fields, out);
        }
    }
}

fn place(at: &At<String>, workspace: &Workspace, out: &mut Problems) {
    match workspace.places.get(&at.value) {
        Some(Place::Namespace(_)) => {}
        Some(Place::Item(item)) => {
            let message = format!(
                "place `{}` is the item {item}, and work is created in a group or project",
                at.value
            );
            out.push(at.span.error(message).hint("name a place that is a group or project"));
        }
        None => {
            let names: Vec<&str> = workspace.places.keys().map(String::as_str).collect();
            let problem = at.span.error(format!("the workspace has no place `{}`", at.value));
            let problem = problem.label(format!("{} has: {}", workspace.file, names.join(", ")));
            let near = nearest(&at.value, names);
            out.push(offer_quoted(problem, near, || {
                format!("add it to [places] of {}", workspace.file)
            }));
        }
    }
}

/// Advises against a weight above the scale; GitLab takes any.
fn weight(at: &At<u64>, schema: &Schema, out: &mut Problems) {
    if schema.weights.last().is_some_and(|most| at.value > *most) {
        let scale: Vec<String> = schema.weights.iter().map(u64::to_string).collect();
        let problem = at.span.error(format!("weight {} is above the blueprint's scale", at.value));
        let hint = format!("split it into pieces of {}", scale.join(", "));
        out.push(waivable(problem, WEIGHT_LARGE, &hint));
    }
}

fn group(spec: &Spec, label: &At<String>, owners: Option<&Owners>, out: &mut Problems) {
    let Some(owners) = owners else { return };
    if let Some(group) = owners.groups.get(&label.value) {
        if !spec.waive.contains_key(PERSON_UNKNOWN) {
            group.strangers.iter().for_each(|person| out.push(stranger(&person.name, owners)));
        }
        return;
    }
    if spec.waive.contains_key(GROUP_UNKNOWN) {
        return;
    }
    let files = owners.files.join(" or ");
    let problem = label.span.error(format!("group `{}` is not in {files}", label.value)).warning();
    let near = nearest(&label.value, owners.groups.keys().map(String::as_str));
    out.push(offer_quoted(problem, near, || {
        format!("add it to {files}, or waive it under [waive]: {GROUP_UNKNOWN} = \"reason\"")
    }));
}

/// Says that somebody cannot be mentioned; each person once, where they are named first.
fn stranger(name: &At<String>, owners: &Owners) -> Problem {
    let line = format!("\"{}\" = \"@user-name\"", name.value);
    let (lack, hint) = match &owners.people {
        Some(file) => (format!("has no handle in {file}"), format!("write {line} into {file}")),
        None => (
            "has no handle, for there is no people file".to_owned(),
            format!("name a file with {line} in [owners]: people = \"people.toml\""),
        ),
    };
    let message = format!("`{}` {lack}, so nobody is shown or mentioned there", name.value);
    waivable(name.span.error(message), PERSON_UNKNOWN, &hint)
}
