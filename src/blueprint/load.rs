//! Loads a blueprint with all it extends and reads the merged tables.

use std::collections::BTreeMap;

use super::{Blueprint, comments, lints, measures, merge, overlay, relabel, rules, types};
use crate::assets::Assets;
use crate::problem::{Problem, Problems, Sources, nearest};
use crate::source::{self, At, Fields, Span, Table, Value, offer_quoted};
use crate::spec::envelope;
use crate::spec::schema::{DataEntry, ListSchema, Schema};
use crate::tree::LabelRule;

/// The most blueprints that may extend each other.
const MAX_CHAIN: usize = 8;

impl Blueprint {
    /// Loads a blueprint by name or path; `at` is the setting that names it.
    pub fn load(
        name: &str,
        at: Option<&Span>,
        assets: &Assets,
        out: &mut Problems,
        sources: &mut Sources,
    ) -> Option<Self> {
        let mut layers: Vec<(String, Table)> = Vec::new();
        let mut chain: Vec<String> = Vec::new();
        let mut next = Some((name.to_owned(), at.cloned()));
        while let Some((name, span)) = next.take() {
            let (file, text) = find(&name, span.as_ref(), assets, out)?;
            if layers.iter().any(|(known, _)| *known == file) || layers.len() == MAX_CHAIN {
                let at = span.unwrap_or_default();
                out.push(at.error(format!("the chain of `extends` comes back to `{name}` or is longer than {MAX_CHAIN}")).hint("take out an `extends`"));
                return None;
            }
            sources.insert(&file, text);
            let root = source::parse(&file, text, out)?;
            let mut head = Fields::of(&root, "the blueprint");
            head.schema(out);
            chain.push(head.id("name", "add `name = \"…\"`", out)?.value);
            next = head.string("extends", out).map(|at| (at.value, Some(at.span)));
            layers.push((file, root));
        }
        let file = layers.first()?.0.clone();
        overlay::entries(&layers, out);
        overlay::templates(&layers, &chain, assets, out);
        let mut layers = layers.into_iter().rev().map(|(_, root)| root);
        let mut merged = layers.next()?;
        if let Some(entry) = merged.entries.get("relabel") {
            let message = "`relabel` changes labels of a blueprint that is extended, and this one extends none";
            out.push(entry.key.error(message).hint("change the labels themselves"));
        }
        for layer in layers {
            relabel::apply(&mut merged, &layer, out);
            merged = merge::overlay(merged, layer);
        }
        read(&merged, file, chain, out)
    }
}

fn find<'a>(
    name: &str,
    at: Option<&Span>,
    assets: &'a Assets,
    out: &mut Problems,
) -> Option<(String, &'a str)> {
    let path = name.trim_start_matches("./");
    let known: Vec<&str> = assets.under("blueprints/").map(|(path, _)| path).collect();
    for path in [path.to_owned(), format!("blueprints/{path}.toml"), format!("blueprints/{path}")] {
        if path.ends_with(".toml")
            && let Some(text) = assets.get(&path)
        {
            return Some((path, text));
        }
    }
    let names: Vec<&str> =
        known.iter().filter_map(|p| p.strip_prefix("blueprints/")?.strip_suffix(".toml")).collect();
    let message = format!("there is no blueprint `{name}`");
    let problem = at.map_or_else(
        || Problem::error("epictree.toml", None, message.clone()),
        |span| span.error(message.clone()),
    );
    out.push(offer_quoted(problem, nearest(name, names.iter().copied()), || {
        format!("known: {}", names.join(", "))
    }));
    None
}

fn read(root: &Table, file: String, chain: Vec<String>, out: &mut Problems) -> Option<Blueprint> {
    let mut fields = Fields::of(root, "the blueprint");
    for key in ["schema", "name", "extends", "relabel"] {
        fields.take(key);
    }
    let summary = fields.string("summary", out).map(|at| at.value);
    let mut schema = Schema::default();
    scale(fields.table_at("scale", out), &mut schema, out);
    if let Some(tool) = fields.table_at("tool", out) {
        let mut tool = Fields::of(tool, "[tool]");
        schema.tool = tool
            .table_at("fields", out)
            .map(|t| types::fields(t, &taken(&envelope::TOOL, &[]), out))
            .unwrap_or_default();
        tool.finish(out);
    }
    for (name, table) in named(&mut fields, "table", out) {
        let mut reader = Fields::of(table, format!("[table.{name}]"));
        let own = reader.table_at("fields", out).map(|t| types::fields(t, &[], out));
        reader.finish(out);
        schema.tables.insert(name.to_owned(), own.unwrap_or_default());
    }
    for (name, table) in named(&mut fields, "list", out) {
        schema.lists.insert(name.to_owned(), list(name, table, out));
    }
    schema.data = data(fields.table_at("data", out), out);
    let labels = fields.tables("label", out).into_iter().filter_map(|t| label(t, out)).collect();
    let nodes: Vec<_> =
        fields.tables("node", out).into_iter().filter_map(|t| rules::node(t, out)).collect();
    let rows =
        fields.tables("table-row", out).into_iter().filter_map(|t| rules::row(t, out)).collect();
    let comments = fields.tables("comment", out);
    let comments = comments.into_iter().filter_map(|t| comments::comment(t, out)).collect();
    let lints = fields.tables("lint", out);
    let lints = lints.into_iter().filter_map(|t| lints::lint(t, out)).collect();
    let measures = fields.tables("measure", out);
    let measures = measures.into_iter().filter_map(|t| measures::measure(t, out)).collect();
    fields.finish(out);
    let blueprint = Blueprint {
        name: chain.first()?.clone(),
        summary,
        file,
        chain,
        schema,
        labels,
        nodes,
        rows,
        comments,
        lints,
        measures,
    };
    rules::check(&blueprint, root, out);
    Some(blueprint)
}

fn named<'t>(fields: &mut Fields<'t>, key: &str, out: &mut Problems) -> Vec<(&'t str, &'t Table)> {
    let mut all = Vec::new();
    for (name, entry) in fields.table_at(key, out).map(Table::in_order).unwrap_or_default() {
        match &entry.value.value {
            Value::Table(table) if crate::key::is_id(name) => all.push((name, table)),
            _ => out.push(
                entry
                    .key
                    .error(format!(
                        "`{key}.{name}` must be a table with a name of lower-case words"
                    ))
                    .hint(format!("write [{key}.{name}.fields]")),
            ),
        }
    }
    all
}

fn scale(table: Option<&Table>, schema: &mut Schema, out: &mut Problems) {
    let Some(table) = table else { return };
    let mut fields = Fields::of(table, "[scale]");
    if let Some(entry) = fields.take("weight") {
        match &entry.value.value {
            Value::Array(items) => {
                for item in items {
                    match item.value {
                        Value::Integer(n) if n >= 0 => schema.weights.push(n.unsigned_abs()),
                        _ => out.push(
                            item.span
                                .error("a weight must be a whole number of zero or more")
                                .hint("write 1, 2, 3"),
                        ),
                    }
                }
            }
            _ => out.push(
                entry
                    .value
                    .span
                    .error("`weight` must be a list of numbers")
                    .hint("write [1, 2, 3]"),
            ),
        }
    }
    for (key, entry) in fields.table_at("priority", out).map(Table::in_order).unwrap_or_default() {
        match (key.parse(), &entry.value.value) {
            (Ok(number), Value::String(label)) => {
                schema.priorities.insert(number, label.clone());
            }
            _ => out.push(
                entry
                    .key
                    .error("a priority is a number with a label")
                    .hint("write 1 = \"priority::1\""),
            ),
        }
    }
    schema.weights.sort_unstable();
    fields.finish(out);
}

fn list(name: &str, table: &Table, out: &mut Problems) -> ListSchema {
    let mut reader = Fields::of(table, format!("[list.{name}]"));
    let summary = reader.string("summary", out).map(|at| at.value);
    let unique = reader.bool("unique", out).unwrap_or(false);
    let entry = taken(&envelope::ENTRY, &["issue"]);
    let fields = reader.table_at("fields", out).map(|t| types::fields(t, &entry, out));
    let mut issue_fields = None;
    if let Some(issue) = reader.table_at("issue", out) {
        let mut reader = Fields::of(issue, format!("[list.{name}.issue]"));
        let issue = taken(&envelope::ENTRY, &[envelope::TITLE.name]);
        issue_fields = reader.table_at("fields", out).map(|t| types::fields(t, &issue, out));
        reader.finish(out);
    }
    reader.finish(out);
    ListSchema {
        summary,
        fields: fields.unwrap_or_default(),
        issue_fields: issue_fields.unwrap_or_default(),
        unique,
        span: table.span.clone(),
    }
}

/// The names that a blueprint may not give to fields.
fn taken(keys: &[envelope::Key], more: &[&'static str]) -> Vec<&'static str> {
    envelope::names(keys).chain(more.iter().copied()).collect()
}

fn data(table: Option<&Table>, out: &mut Problems) -> BTreeMap<String, Vec<DataEntry>> {
    let mut data = BTreeMap::new();
    let Some(table) = table else { return data };
    let mut fields = Fields::of(table, "[data]");
    for name in table.entries.keys() {
        let entries = fields.tables(name, out);
        let entries: Vec<DataEntry> =
            entries.into_iter().filter_map(|t| data_entry(name, t, out)).collect();
        for (at, entry) in entries.iter().enumerate() {
            if entries[..at].iter().any(|e| e.id == entry.id) {
                out.push(
                    table
                        .span
                        .error(format!("duplicate id `{}` in [[data.{name}]]", entry.id))
                        .hint("give it an id of its own"),
                );
            }
        }
        data.insert(name.clone(), entries);
    }
    data
}

fn data_entry(list: &str, table: &Table, out: &mut Problems) -> Option<DataEntry> {
    let mut fields = Fields::of(table, format!("[[data.{list}]]"));
    let id = fields.id("id", "add `id = \"…\"`", out);
    let when = fields.string("when", out);
    let mut values = BTreeMap::new();
    for (key, entry) in &table.entries {
        let good = match &entry.value.value {
            Value::String(_) | Value::Bool(_) | Value::Integer(_) => true,
            Value::Array(items) => items.iter().all(|item| matches!(item.value, Value::String(_))),
            Value::Date(_) | Value::Table(_) | Value::Other(_) => false,
        };
        if !good {
            let message =
                format!("`{key}` must be a string, a boolean, an integer or a list of strings");
            out.push(entry.value.span.error(message).hint("blueprint lists hold plain values"));
        } else if key != "when" {
            values.insert(key.clone(), entry.value.value.clone());
        }
    }
    Some(DataEntry { id: id?.value, values, when })
}

fn label(table: &Table, out: &mut Problems) -> Option<LabelRule> {
    let mut fields = Fields::of(table, "[[label]]");
    let title = fields.required("title", "add `title = \"…\"`", out);
    let create = fields.bool("create", out).unwrap_or(false);
    let color = fields.string("color", out).and_then(|at| color(at, out));
    let description = fields.string("description", out).map(|at| at.value);
    fields.finish(out);
    Some(LabelRule { title: title?.value, create, color, description })
}

fn color(at: At<String>, out: &mut Problems) -> Option<String> {
    let hex = at
        .value
        .strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if hex {
        return Some(at.value);
    }
    out.push(
        at.span.error(format!("`{}` is not a colour", at.value)).hint("write it as \"#8fbc8f\""),
    );
    None
}
