//! One entry of a list: the envelope that epictree knows, and the blueprint's fields.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::owners::handle;
use super::schema::{Fields as Declared, ListSchema, Schema};
use super::values;
use crate::key::is_id;
use crate::problem::{Problem, Problems};
use crate::source::{At, Fields, Span, Table, Value, check_id};
use crate::tree::Reference;

/// An entry of a list, or an issue below one.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its identity within the list.
    pub id: At<String>,
    /// What people call it (of an issue: its title); absent for work that exists.
    pub name: Option<At<String>>,
    /// A few words of Markdown.
    pub summary: Option<At<String>>,
    /// Work that exists and stands for this entry.
    pub item: Option<At<Reference>>,
    /// Where to create it instead.
    pub place: Option<At<String>>,
    /// Labels of the groups that may own it.
    pub groups: Vec<At<String>>,
    /// Labels of its own.
    pub labels: Vec<At<String>>,
    /// A weight of the blueprint's scale.
    pub weight: Option<At<u64>>,
    /// A priority of the blueprint's scale.
    pub priority: Option<At<u64>>,
    /// A milestone's title.
    pub milestone: Option<At<String>>,
    /// Users, as `@name`.
    pub assignees: Option<Vec<At<String>>>,
    /// First day.
    pub start: Option<At<Date>>,
    /// Last day.
    pub due: Option<At<Date>>,
    /// Ids of entries of the same list that must be done before.
    pub depends_on: Vec<At<String>>,
    /// Whether only members may read it.
    pub confidential: Option<bool>,
    /// Ids it had before.
    pub was: Vec<At<String>>,
    /// The blueprint's fields.
    pub fields: BTreeMap<String, At<Value>>,
    /// Issues below it.
    pub issues: Vec<Self>,
    /// Where its header stands.
    pub span: Span,
}

impl Entry {
    /// Reads an entry of a list with its issues.
    pub(super) fn parse(
        name: &str,
        list: &ListSchema,
        table: &Table,
        schema: &Schema,
        out: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::of(table, format!("[[{name}]]"));
        let issues = fields.tables("issue", out);
        let mut entry = envelope(&mut fields, "name", &list.fields, schema, out);
        fields.finish(out);
        let issues = issues.into_iter().filter_map(|table| {
            let mut fields = Fields::of(table, format!("[[{name}.issue]]"));
            let issue = envelope(&mut fields, "title", &list.issue_fields, schema, out);
            fields.finish(out);
            issue
        });
        let issues = issues.collect();
        if let Some(entry) = &mut entry {
            entry.issues = issues;
        }
        entry
    }
}

fn envelope(
    fields: &mut Fields<'_>,
    title: &str,
    declared: &Declared,
    schema: &Schema,
    out: &mut Problems,
) -> Option<Entry> {
    let id = fields.id("id", "add `id = \"…\"`; it is the entry's identity and never changes", out);
    let item = fields.string("item", out).and_then(|at| reference(at, out));
    let has_item = fields.table().entries.contains_key("item");
    let name = if has_item {
        fields.string(title, out)
    } else {
        fields.required(title, &format!("add `{title} = \"…\"`"), out)
    };
    let entry = Entry {
        name,
        summary: fields.text("summary", out),
        item,
        place: fields.string("place", out),
        groups: fields.string_or_list("group", out),
        labels: fields.strings("labels", out).unwrap_or_default(),
        weight: fields.count("weight", out).and_then(|at| weight(at, schema, out)),
        priority: fields.count("priority", out).and_then(|at| priority(at, schema, out)),
        milestone: fields.string("milestone", out),
        assignees: handles("assignees", fields, out),
        start: fields.date("start", out),
        due: fields.date("due", out),
        depends_on: fields.strings("depends-on", out).unwrap_or_default(),
        confidential: fields.bool("confidential", out),
        was: ids("was", fields, out),
        fields: values::fields(declared, fields, out),
        issues: Vec::new(),
        span: fields.table().span.clone(),
        id: id?,
    };
    if let (Some(start), Some(due)) = (&entry.start, &entry.due)
        && start.value > due.value
    {
        let message = format!("`due` {} is before `start` {}", due.value, start.value);
        out.push(due.span.error(message).hint("swap or move one of the days"));
    }
    Some(entry)
}

/// Reads a list of ids.
pub(super) fn ids(key: &str, fields: &mut Fields<'_>, out: &mut Problems) -> Vec<At<String>> {
    let all = fields.string_or_list(key, out);
    all.into_iter().filter_map(|at| check_id(key, at, out)).collect()
}

fn handles(key: &str, fields: &mut Fields<'_>, out: &mut Problems) -> Option<Vec<At<String>>> {
    let all = fields.strings(key, out)?;
    Some(all.into_iter().filter_map(|at| handle(key, at, out)).collect())
}

/// Reads a full reference.
pub(super) fn reference(at: At<String>, out: &mut Problems) -> Option<At<Reference>> {
    let Some(value) = Reference::parse(&at.value) else {
        let message = format!("`{}` is not a full reference", at.value);
        out.push(
            at.span
                .error(message)
                .hint("write `group/project#34` for an issue, `group&12` for an epic"),
        );
        return None;
    };
    Some(At { value, span: at.span })
}

fn weight(at: At<u64>, schema: &Schema, out: &mut Problems) -> Option<At<u64>> {
    // Above the scale is advised against, with the other lints.
    let above = schema.weights.last().is_none_or(|most| at.value > *most);
    if above || schema.weights.contains(&at.value) {
        return Some(at);
    }
    out.push(off_scale("weight", &at, schema.weights.iter()));
    None
}

fn priority(at: At<u64>, schema: &Schema, out: &mut Problems) -> Option<At<u64>> {
    if schema.priorities.contains_key(&at.value) {
        return Some(at);
    }
    out.push(off_scale("priority", &at, schema.priorities.keys()));
    None
}

fn off_scale<'a>(key: &str, at: &At<u64>, scale: impl Iterator<Item = &'a u64>) -> Problem {
    let words: Vec<_> = scale.map(u64::to_string).collect();
    let problem = at.span.error(format!("{key} {} is not on the blueprint's scale", at.value));
    match words.is_empty() {
        true => problem.hint("the blueprint has no such scale; take the key out"),
        false => problem.hint(format!("one of: {}", words.join(", "))),
    }
}

/// Reports ids that stand twice among siblings; `entries` in file order.
pub(super) fn duplicates<'a>(
    what: &str,
    text: &str,
    entries: impl Iterator<Item = &'a At<String>>,
    out: &mut Problems,
) {
    let mut first: BTreeMap<&str, &Span> = BTreeMap::new();
    for id in entries {
        match first.get(id.value.as_str()) {
            Some(span) => {
                let message = format!("duplicate id `{}` in {what}", id.value);
                let label = format!("first used at line {}", line_of(text, span.range.start));
                out.push(id.span.error(message).label(label).hint("give it an id of its own"));
            }
            None => {
                first.insert(&id.value, &id.span);
            }
        }
    }
    debug_assert!(first.keys().all(|id| is_id(id)));
}

/// The line of a byte, counted from one.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}
