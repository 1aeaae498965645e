//! What templates see: the tool file's values under the names templates use.

use std::collections::BTreeMap;

use tera::{Context, Map, Value as Tera};

use super::Scene;
use crate::key::slug;
use crate::source::{At, Value};
use crate::spec::schema::{Fields as Declared, Type, snake};
use crate::spec::{Entry, Spec};

/// Identifies an entry: list, entry above it, its id.
pub(super) type EntryId = (String, String, String);

/// The identity of an entry.
pub(super) fn entry_id(list: &str, outer: Option<&Entry>, entry: &Entry) -> EntryId {
    (list.to_owned(), outer.map_or(String::new(), |o| o.id.value.clone()), entry.id.value.clone())
}

/// Makes the context that all nodes of a tool share, without the blueprint's own entries and as if
/// no entry had a node.
pub(super) fn shared(scene: &Scene<'_>) -> Context {
    let Scene { workspace, blueprint, spec, .. } = *scene;
    let schema = &blueprint.schema;
    let mut context = Context::new();
    context.insert_value("tool", tool(spec, &schema.tool));
    for (name, declared) in &schema.tables {
        let mut map = Map::new();
        let empty = BTreeMap::new();
        declared_fields(&mut map, declared, spec.tables.get(name).unwrap_or(&empty));
        context.insert_value(snake(name), map.into());
    }
    for (name, list) in &schema.lists {
        let entries = spec.lists.get(name).map(Vec::as_slice).unwrap_or_default();
        let entries: Vec<Tera> = entries
            .iter()
            .map(|entry| {
                let issues: Vec<Tera> = entry
                    .issues
                    .iter()
                    .map(|issue| of_entry(issue, &list.issue_fields, None))
                    .collect();
                of_entry(entry, &list.fields, Some(issues))
            })
            .collect();
        context.insert_value(snake(name), entries.into());
    }
    for name in schema.data.keys() {
        context.insert_value(snake(name), Vec::<Tera>::new().into());
    }
    context.insert_value("groups", groups(scene, &BTreeMap::new()).into());
    let mut place = Map::new();
    place.insert("id".into(), workspace.id.as_str().into());
    place.insert("source".into(), option(workspace.source.as_deref()));
    place.insert("url".into(), option(workspace.url.as_deref()));
    context.insert_value("workspace", place.into());
    context
}

/// Adds those of the blueprint's own entries that a tool has.
pub(super) fn add_data(
    context: &mut Context,
    scene: &Scene<'_>,
    present: &BTreeMap<String, Vec<bool>>,
) {
    for (name, entries) in &scene.blueprint.schema.data {
        let present = present.get(name).into_iter().flatten();
        let kept = entries.iter().zip(present).filter(|(_, here)| **here);
        let all_keys: std::collections::BTreeSet<&String> =
            entries.iter().flat_map(|e| e.values.keys()).collect();
        let values: Vec<Tera> = kept
            .map(|(entry, _)| {
                let mut map = Map::new();
                for key in &all_keys {
                    map.insert(
                        snake(key).into(),
                        entry.values.get(*key).map_or_else(Tera::none, plain),
                    );
                }
                map.insert("key".into(), Tera::from(""));
                map.into()
            })
            .collect();
        context.insert_value(snake(name), values.into());
    }
}

/// Tells the entries their nodes' keys.
pub(super) fn set_keys(context: &mut Context, scene: &Scene<'_>, keys: &BTreeMap<EntryId, String>) {
    for name in scene.blueprint.schema.lists.keys() {
        let own = snake(name);
        let values = context.get(&own).and_then(Tera::as_array).unwrap_or_default();
        let entries = scene.spec.lists.get(name).into_iter().flatten();
        let below = format!("{name}.issue");
        let keyed = values.iter().zip(entries).map(|(value, entry)| {
            let issues = value.get_from_path("issue").and_then(Tera::as_array).unwrap_or_default();
            let issues = issues.iter().zip(&entry.issues).map(|(value, issue)| {
                with_key(value, keys.get(&entry_id(&below, Some(entry), issue)), Vec::new())
            });
            with_key(value, keys.get(&entry_id(name, None, entry)), issues.collect())
        });
        let keyed: Vec<Tera> = keyed.collect();
        context.insert_value(own, keyed.into());
    }
    context.insert_value("groups", groups(scene, keys).into());
}

/// An entry with the key of its node and those of the issues in it.
fn with_key(entry: &Tera, key: Option<&String>, issues: Vec<Tera>) -> Tera {
    let mut map = entry.as_map().cloned().unwrap_or_default();
    if let Some(key) = key {
        map.insert("key".into(), key.as_str().into());
    }
    if !issues.is_empty() {
        map.insert("issue".into(), issues.into());
    }
    map.into()
}

fn tool(spec: &Spec, declared: &Declared) -> Tera {
    let mut map = Map::new();
    declared_fields(&mut map, declared, &spec.fields);
    map.insert("id".into(), spec.id.as_str().into());
    map.insert("name".into(), spec.name.as_str().into());
    map.insert("summary".into(), spec.summary.trim().into());
    map.insert("confidential".into(), spec.confidential.map_or_else(Tera::none, Tera::from));
    map.insert("milestone".into(), option(spec.milestone.as_ref().map(|at| at.as_str())));
    map.insert("labels".into(), strings(&spec.labels));
    map.insert("was".into(), strings(&spec.was));
    map.into()
}

fn of_entry(entry: &Entry, declared: &Declared, issues: Option<Vec<Tera>>) -> Tera {
    let mut map = Map::new();
    declared_fields(&mut map, declared, &entry.fields);
    let text = |at: &Option<At<String>>| option(at.as_ref().map(|at| at.as_str()));
    let single = if entry.groups.len() == 1 { entry.groups.first() } else { None };
    let number = |at: &Option<At<u64>>| at.as_ref().map_or_else(Tera::none, |at| at.value.into());
    map.insert("id".into(), entry.id.as_str().into());
    map.insert("name".into(), text(&entry.name));
    map.insert("title".into(), text(&entry.name));
    map.insert("summary".into(), option(entry.summary.as_ref().map(|at| at.trim())));
    map.insert(
        "item".into(),
        entry.item.as_ref().map_or_else(Tera::none, |at| at.value.to_string().into()),
    );
    map.insert("place".into(), text(&entry.place));
    map.insert("groups".into(), strings(&entry.groups));
    map.insert("group".into(), option(single.map(|at| at.as_str())));
    map.insert("labels".into(), strings(&entry.labels));
    map.insert("weight".into(), number(&entry.weight));
    map.insert("priority".into(), number(&entry.priority));
    map.insert("milestone".into(), text(&entry.milestone));
    map.insert("assignees".into(), strings(entry.assignees.as_deref().unwrap_or_default()));
    map.insert(
        "start".into(),
        entry.start.as_ref().map_or_else(Tera::none, |at| at.value.to_string().into()),
    );
    map.insert(
        "due".into(),
        entry.due.as_ref().map_or_else(Tera::none, |at| at.value.to_string().into()),
    );
    map.insert("depends_on".into(), strings(&entry.depends_on));
    map.insert("confidential".into(), entry.confidential.map_or_else(Tera::none, Tera::from));
    map.insert("was".into(), strings(&entry.was));
    map.insert("key".into(), "".into());
    if let Some(issues) = issues {
        map.insert("issue".into(), issues.into());
    }
    map.into()
}

fn declared_fields(map: &mut Map, declared: &Declared, values: &BTreeMap<String, At<Value>>) {
    for (name, field) in declared {
        let value =
            values.get(name).map_or_else(|| absent(&field.ty), |at| typed(&at.value, &field.ty));
        map.insert(snake(name).into(), value);
    }
}

fn absent(ty: &Type) -> Tera {
    match ty {
        Type::List(_) => Vec::<Tera>::new().into(),
        Type::Map(..) => Map::new().into(),
        _ => Tera::none(),
    }
}

fn typed(value: &Value, ty: &Type) -> Tera {
    match (ty, value) {
        (Type::Table(declared), Value::Table(table)) => {
            let values = table.entries.iter().map(|(k, e)| (k.clone(), e.value.clone())).collect();
            let mut map = Map::new();
            declared_fields(&mut map, declared, &values);
            map.into()
        }
        (Type::List(inner), Value::Array(items)) => {
            items.iter().map(|item| typed(&item.value, inner)).collect::<Vec<_>>().into()
        }
        (Type::AnyOf(types), Value::Table(_)) => {
            let table = types.iter().find(|ty| matches!(ty, Type::Table(_) | Type::Map(..)));
            table.map_or_else(|| plain(value), |ty| typed(value, ty))
        }
        (Type::Text, Value::String(text)) => text.trim().into(),
        _ => plain(value),
    }
}

fn plain(value: &Value) -> Tera {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Date(date) => date.to_string().into(),
        Value::Array(items) => {
            items.iter().map(|item| plain(&item.value)).collect::<Vec<_>>().into()
        }
        Value::Table(table) => {
            let mut map = Map::new();
            for (key, entry) in &table.entries {
                map.insert(key.clone().into(), plain(&entry.value.value));
            }
            map.into()
        }
        Value::Other(_) => Tera::none(),
    }
}

fn option(text: Option<&str>) -> Tera {
    text.map_or_else(Tera::none, Tera::from)
}

fn strings(all: &[At<String>]) -> Tera {
    all.iter().map(|at| Tera::from(at.as_str())).collect::<Vec<_>>().into()
}

/// One group per distinct group label, in order of first use in the file.
fn groups(scene: &Scene<'_>, keys: &BTreeMap<EntryId, String>) -> Vec<Tera> {
    let mut uses = Vec::new();
    for (list, outer, entry) in scene.spec.entries() {
        for label in &entry.groups {
            uses.push((label.span.range.start, label.as_str(), list.clone(), outer, entry));
        }
    }
    uses.sort_by_key(|(at, ..)| *at);
    let mut order: Vec<&str> = Vec::new();
    for (_, label, ..) in &uses {
        if !order.contains(label) {
            order.push(label);
        }
    }
    let group = |label: &&str| {
        let own = uses.iter().filter(|(_, l, ..)| l == label);
        let entries = own.map(|(_, _, list, outer, entry)| {
            let key = keys.get(&entry_id(list, *outer, entry));
            let mut map = Map::new();
            map.insert("list".into(), snake(list).into());
            map.insert("id".into(), entry.id.as_str().into());
            map.insert("name".into(), option(entry.name.as_ref().map(|at| at.as_str())));
            map.insert("key".into(), key.map_or("", String::as_str).into());
            Tera::from(map)
        });
        let known = scene.owners.and_then(|owners| owners.groups.get(*label));
        let people = |pick: fn(&crate::spec::Group) -> &Vec<String>| {
            known.map(pick).cloned().unwrap_or_default()
        };
        let mut map = Map::new();
        map.insert("entries".into(), entries.collect::<Vec<_>>().into());
        map.insert("id".into(), slug(label).into());
        map.insert("label".into(), (*label).into());
        map.insert("name".into(), label.rsplit("::").next().unwrap_or(label).into());
        map.insert("known".into(), known.is_some().into());
        map.insert("pm".into(), people(|g| &g.pm).into());
        map.insert("em".into(), people(|g| &g.em).into());
        map.insert("slack".into(), option(known.and_then(|g| g.slack.as_deref())));
        map.insert("key".into(), "".into());
        Tera::from(map)
    };
    order.iter().map(group).collect()
}
