//! The tool file: `[tool]`, the blueprint's tables and lists, and what is waived.

use std::collections::BTreeMap;

use super::entry::{Entry, duplicates, ids, reference};
use super::schema::{Schema, snake};
use super::{references, values};
use crate::problem::Problems;
use crate::source::{self, At, Fields, Table, Value};
use crate::tree::Reference;

/// Reads tool files.
#[derive(Debug)]
pub struct ToolFile;

/// What a tool file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The file, as the user would name it.
    pub file: String,
    /// The tool's id.
    pub id: At<String>,
    /// Its name.
    pub name: At<String>,
    /// What it does.
    pub summary: At<String>,
    /// Whether descriptions of items that exist are kept as the files have them.
    pub rewrite: bool,
    /// Whether only members may read any of it.
    pub confidential: Option<bool>,
    /// A milestone's title.
    pub milestone: Option<At<String>>,
    /// Labels of the first node.
    pub labels: Vec<At<String>>,
    /// Ids the tool had before.
    pub was: Vec<At<String>>,
    /// The blueprint's fields of `[tool]`.
    pub fields: BTreeMap<String, At<Value>>,
    /// The blueprint's extra tables.
    pub tables: BTreeMap<String, BTreeMap<String, At<Value>>>,
    /// The blueprint's lists, each in file order.
    pub lists: BTreeMap<String, Vec<Entry>>,
    /// Work that exists and stands for a node, by the node's key without the tool's id.
    pub items: BTreeMap<String, At<Reference>>,
    /// Reasons by waived lint.
    pub waive: BTreeMap<String, At<String>>,
    /// The file as it was read, to find where a text came from.
    pub raw: Table,
}

impl ToolFile {
    /// Reads a tool file; `None` if it has no usable `[tool]`.
    pub fn parse(file: &str, text: &str, schema: &Schema, out: &mut Problems) -> Option<Spec> {
        let raw = source::parse(file, text, out)?;
        let mut fields = Fields::of(&raw, "the tool file");
        fields.schema(out);
        let tables = tables(schema, &mut fields, out);
        let lists = lists(schema, &mut fields, text, out);
        let waive = waived(fields.table_at("waive", out), out);
        let items = items(fields.table_at("items", out), out);
        let tool = fields.table_at("tool", out);
        if !raw.entries.contains_key("tool") {
            fields.missing("[tool]", "add a [tool] table with `id`, `name` and `summary`", out);
        }
        fields.finish(out);
        let mut tool = Fields::of(tool?, "[tool]");
        let id =
            tool.id("id", "add `id = \"…\"`; it is the tool's identity and never changes", out);
        let name = tool.required("name", "add `name = \"…\"`", out);
        let has_summary = tool.table().entries.contains_key("summary");
        let summary = tool.text("summary", out);
        if !has_summary {
            tool.missing("summary", "say in a sentence what the tool does", out);
        }
        let rewrite = tool.bool("rewrite", out).unwrap_or(true);
        let confidential = tool.bool("confidential", out);
        let milestone = tool.string("milestone", out);
        let labels = tool.strings("labels", out).unwrap_or_default();
        let was = ids("was", &mut tool, out);
        let own = values::fields(&schema.tool, &mut tool, out);
        tool.finish(out);
        let spec = Spec {
            file: file.to_owned(),
            id: id?,
            name: name?,
            summary: summary?,
            rewrite,
            confidential,
            milestone,
            labels,
            was,
            fields: own,
            tables,
            lists,
            items,
            waive,
            raw,
        };
        references::within(&spec, schema, out);
        Some(spec)
    }
}

fn tables(
    schema: &Schema,
    fields: &mut Fields<'_>,
    out: &mut Problems,
) -> BTreeMap<String, BTreeMap<String, At<Value>>> {
    let mut tables = BTreeMap::new();
    for (name, declared) in &schema.tables {
        let empty = Table { span: fields.table().span.clone(), entries: BTreeMap::new() };
        let table = fields.table_at(name, out).unwrap_or(&empty);
        let mut reader = Fields::of(table, format!("[{name}]"));
        let values = values::fields(declared, &mut reader, out);
        reader.finish(out);
        tables.insert(name.clone(), values);
    }
    tables
}

fn lists(
    schema: &Schema,
    fields: &mut Fields<'_>,
    text: &str,
    out: &mut Problems,
) -> BTreeMap<String, Vec<Entry>> {
    let mut lists = BTreeMap::new();
    for (name, list) in &schema.lists {
        let tables = fields.tables(name, out);
        let parse = |table| Entry::parse(name, list, table, schema, out);
        let entries: Vec<Entry> = tables.into_iter().filter_map(parse).collect();
        duplicates(&format!("[[{name}]]"), text, entries.iter().map(|e| &e.id), out);
        for entry in &entries {
            let what = format!("the issues of `{}`", entry.id.value);
            duplicates(&what, text, entry.issues.iter().map(|e| &e.id), out);
        }
        lists.insert(name.clone(), entries);
    }
    lists
}

fn items(table: Option<&Table>, out: &mut Problems) -> BTreeMap<String, At<Reference>> {
    let Some(table) = table else {
        return BTreeMap::new();
    };
    let mut fields = Fields::of(table, "[items]");
    let mut items = BTreeMap::new();
    for node in table.entries.keys() {
        let item = fields.string(node, out).and_then(|at| reference(at, out));
        items.extend(item.map(|item| (node.clone(), item)));
    }
    items
}

fn waived(table: Option<&Table>, out: &mut Problems) -> BTreeMap<String, At<String>> {
    let Some(table) = table else {
        return BTreeMap::new();
    };
    let mut fields = Fields::of(table, "[waive]");
    let mut waived = BTreeMap::new();
    for lint in table.entries.keys() {
        if let Some(reason) = fields.string(lint, out) {
            waived.insert(lint.clone(), reason);
        }
    }
    waived
}

impl Spec {
    /// Every entry with the name of its list and, of an issue, the entry above it.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Option<&Entry>, &Entry)> {
        let mut all = Vec::new();
        for (list, entries) in &self.lists {
            for entry in entries {
                all.push((list.clone(), None, entry));
                let issues = entry.issues.iter();
                all.extend(issues.map(|issue| (format!("{list}.issue"), Some(entry), issue)));
            }
        }
        all
    }

    /// The name of a list in templates.
    #[must_use]
    pub fn list_name(list: &str) -> String {
        snake(list)
    }
}
