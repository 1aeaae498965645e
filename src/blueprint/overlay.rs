//! Reports what a workspace lays over nothing: a node no blueprint has, a template nothing names.

use std::collections::BTreeSet;

use crate::assets::{Assets, FILES};
use crate::problem::{Problem, Problems, nearest};
use crate::source::{At, Table, Value, offer_quoted};

/// Lists whose entries a child may change: their identity, and what an entry of its own must have.
const LISTS: [(&str, &str, &[&str]); 4] = [
    ("node", "key", &["type", "title", "place"]),
    ("comment", "key", &["on", "template"]),
    ("lint", "id", &["when", "message", "hint"]),
    ("measure", "id", &["title"]),
];

/// Reports entries that change or skip what no blueprint further up has; the child comes first.
pub(super) fn entries(layers: &[(String, Table)], out: &mut Problems) {
    for (at, (_, child)) in layers.iter().enumerate() {
        let parents = &layers[at + 1..];
        if parents.is_empty() {
            return;
        }
        for (list, key, whole) in LISTS {
            let known: Vec<&str> = parents
                .iter()
                .flat_map(|(_, parent)| tables(parent, list))
                .filter_map(|table| Some(text(table, key)?.0))
                .collect();
            for table in tables(child, list) {
                let Some((id, entry)) = text(table, key) else { continue };
                let own = whole.iter().all(|key| table.entries.contains_key(*key));
                let skips = table.entries.contains_key("skip");
                if known.contains(&id) || (own && !skips) {
                    continue;
                }
                let what = if skips { "skips" } else { "changes" };
                let message =
                    format!("it {what} the {list} `{id}`, which no blueprint it extends has");
                let problem = entry.span.error(message).warning();
                let near = nearest(id, known.iter().copied());
                out.push(offer_quoted(problem, near, || {
                    format!("take it out, or give it {}", whole.join(", "))
                }));
            }
        }
    }
}

/// Reports templates of the workspace that neither a blueprint in use nor a template names.
pub(super) fn templates(
    layers: &[(String, Table)],
    chain: &[String],
    assets: &Assets,
    out: &mut Problems,
) {
    let rules = layers
        .iter()
        .flat_map(|(_, root)| ["node", "comment"].into_iter().flat_map(|list| tables(root, list)));
    let named: BTreeSet<&str> = rules
        .flat_map(|rule| ["template", "reply"].map(|key| text(rule, key)))
        .filter_map(|found| Some(found?.0))
        .collect();
    let has = |name: &str| assets.get(&format!("templates/{name}")).is_some();
    let used = |name: &str| {
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        let of_chain = match chain.iter().position(|known| known == folder) {
            Some(at) => {
                named.contains(file)
                    || chain[at + 1..].iter().any(|parent| has(&format!("{parent}/{file}")))
            }
            None => assets.get(&format!("blueprints/{folder}.toml")).is_some(),
        };
        of_chain || included(assets, name)
    };
    for (path, _) in assets.under("templates/") {
        let name = path.trim_start_matches("templates/");
        if FILES.iter().any(|(known, _)| *known == path) || used(name) {
            continue;
        }
        let message = "no blueprint in use and no other template names this template";
        let known: Vec<String> = chain
            .iter()
            .flat_map(|folder| named.iter().map(move |file| format!("{folder}/{file}")))
            .collect();
        let hint = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean templates/{near}?"),
            None => "rename it to what it replaces, or take it out".to_owned(),
        };
        out.push(Problem::error(path, None, message).warning().hint(hint));
    }
}

fn included(assets: &Assets, name: &str) -> bool {
    let quoted = [format!("\"{name}\""), format!("'{name}'"), format!("`{name}`")];
    assets.under("templates/").any(|(_, text)| quoted.iter().any(|name| text.contains(name)))
}

fn tables<'t>(root: &'t Table, list: &str) -> Vec<&'t Table> {
    let Some(Value::Array(items)) = root.entries.get(list).map(|entry| &entry.value.value) else {
        return Vec::new();
    };
    let table = |item: &'t At<Value>| match &item.value {
        Value::Table(table) => Some(table),
        _ => None,
    };
    items.iter().filter_map(table).collect()
}

fn text<'t>(table: &'t Table, key: &str) -> Option<(&'t str, &'t At<Value>)> {
    let at = &table.entries.get(key)?.value;
    Some((at.value.as_str()?, at))
}
