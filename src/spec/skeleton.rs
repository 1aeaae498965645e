//! A tool file to start from: every key a blueprint knows, commented out, with its type.

use std::collections::BTreeMap;

use super::envelope::{ENTRY, TOOL, help};
use super::schema::{Field, Fields, GROUPS, ListSchema, Schema, Type};

/// Column at which comments begin, where the key leaves room.
const COMMENT: usize = 44;

/// What is known of a tool when its file is written.
#[derive(Debug, Clone, Copy)]
pub struct Start<'s> {
    /// Its identity.
    pub id: &'s str,
    /// Its name.
    pub name: &'s str,
    /// What it does, in one sentence.
    pub summary: &'s str,
    /// TOML values of fields that the blueprint gives a tool.
    pub fields: &'s BTreeMap<String, String>,
}

/// Writes a tool file that says what is known.
#[must_use]
pub fn skeleton(start: &Start<'_>, schema: &Schema) -> String {
    let nothing = BTreeMap::new();
    let mut out = String::from(
        "#:schema ./tool.schema.json\n# What is absent here is people's: epictree never touches it.\nschema = 1\n\n[tool]\n",
    );
    out.push_str(&format!("id = {}\n", quoted(start.id)));
    out.push_str(&format!("name = {}\n", quoted(start.name)));
    out.push_str(&format!("summary = {}\n", quoted(start.summary)));
    for (key, example) in [("confidential", "false"), ("milestone", "\"18.7\"")] {
        out.push_str(&commented(key, example, help(&TOOL, key)));
    }
    fields(&mut out, &schema.tool, Some(start.fields));
    for (name, table) in &schema.tables {
        out.push_str(&format!("\n[{name}]\n"));
        fields(&mut out, table, Some(&nothing));
    }
    let mut lists: Vec<(&String, &ListSchema)> = schema.lists.iter().collect();
    lists.sort_by_key(|(_, list)| list.fields.values().map(|f| f.span.range.start).min());
    for (name, list) in lists {
        list_of(&mut out, name, list, schema);
    }
    out
}

fn list_of(out: &mut String, name: &str, list: &ListSchema, schema: &Schema) {
    out.push('\n');
    if let Some(summary) = &list.summary {
        out.push_str(&format!("# {summary}.\n"));
    }
    out.push_str(&format!("# [[{name}]]\n"));
    out.push_str(&commented("id", "\"short-id\"", help(&ENTRY, "id")));
    out.push_str(&commented("name", "\"…\"", help(&ENTRY, "name")));
    out.push_str(&commented("summary", "\"…\"", ""));
    fields(out, &list.fields, None);
    out.push_str(&commented("group", "\"group::name\"", help(&ENTRY, "group")));
    out.push_str(&commented("depends-on", "[]", help(&ENTRY, "depends-on")));
    if !schema.priorities.is_empty() {
        let known: Vec<String> = schema.priorities.keys().map(u64::to_string).collect();
        let first = known.first().cloned().unwrap_or_default();
        out.push_str(&commented("priority", &first, &known.join(" | ")));
    }
    out.push_str(&format!("#   [[{name}.issue]]\n"));
    for (key, example, about) in [
        ("id", "\"short-id\"", ""),
        ("title", "\"…\"", "or item = \"group/project#1\", work that exists"),
    ] {
        out.push_str(&commented(key, example, about).replacen("# ", "#   ", 1));
    }
    let weights: Vec<String> = schema.weights.iter().map(u64::to_string).collect();
    let weight = schema.weights.first().map_or_else(|| "1".to_owned(), u64::to_string);
    out.push_str(&commented("weight", &weight, &weights.join(" | ")).replacen("# ", "#   ", 1));
}

/// Writes fields commented out; in a table that is `live`, those that are known or required stand as they are.
fn fields(out: &mut String, fields: &Fields, live: Option<&BTreeMap<String, String>>) {
    let mut in_order: Vec<_> = fields.iter().collect();
    in_order.sort_by_key(|(_, field)| field.span.range.start);
    for (name, field) in in_order {
        let known = live.and_then(|known| known.get(name));
        let example = example(&field.ty);
        out.push_str(&match known {
            Some(value) => format!("{name} = {value}\n"),
            None if live.is_some() && field.required => {
                let words = match remark(field) {
                    words if words.is_empty() => "required".to_owned(),
                    words => format!("required: {words}"),
                };
                beside(&format!("{name} = {example}"), &words)
            }
            None => commented(name, &example, &remark(field)),
        });
    }
}

fn commented(key: &str, example: &str, about: &str) -> String {
    beside(&format!("# {key} = {example}"), about)
}

/// A line with a comment at the column where comments begin.
pub(crate) fn beside(line: &str, about: &str) -> String {
    if about.is_empty() { format!("{line}\n") } else { format!("{line:<COMMENT$} # {about}\n") }
}

/// A value that a type takes, as files write it.
pub(crate) fn example(ty: &Type) -> String {
    match ty {
        Type::String | Type::Text => "\"…\"".into(),
        Type::Bool => "true".into(),
        Type::Integer => "1".into(),
        Type::Date => "2027-06-30".into(),
        Type::Url => "\"https://…\"".into(),
        Type::Handle => "\"@name\"".into(),
        Type::Place => "\"issues\"".into(),
        Type::OneOf(words) => quoted(words.first().map_or("", String::as_str)),
        Type::List(inner) => format!("[{}]", example(inner)),
        Type::Ref(lists) if is_groups(lists) => "\"group::name\"".into(),
        Type::Ref(_) => "\"id\"".into(),
        Type::Map(inner, _) => format!("{{ key = {} }}", example(inner)),
        Type::Table(fields) => {
            let inner =
                fields.iter().map(|(name, field)| format!("{name} = {}", example(&field.ty)));
            format!("{{ {} }}", inner.collect::<Vec<_>>().join(", "))
        }
        Type::AnyOf(types) => types.first().map_or_else(String::new, example),
    }
}

/// What stands beside a field: what it takes, and what it is for.
fn remark(field: &Field) -> String {
    let words = about(&field.ty);
    match &field.help {
        None => words,
        Some(help) if words.is_empty() || field.ty == Type::Text => help.clone(),
        Some(help) => format!("{words}: {help}"),
    }
}

/// What a type takes, in a few words.
pub(super) fn about(ty: &Type) -> String {
    match ty {
        Type::OneOf(words) => words.join(" | "),
        Type::List(inner) => about(inner),
        Type::Ref(lists) if is_groups(lists) => "label of a group named here".into(),
        Type::Ref(lists) => format!("id of a {}", lists.join(" or ")),
        Type::Map(_, Some(list)) => format!("by id of a {list}"),
        Type::Text => "Markdown, may be many lines".into(),
        Type::AnyOf(types) => types
            .iter()
            .skip(1)
            .map(|ty| format!("or {}", example(ty)))
            .collect::<Vec<_>>()
            .join(" "),
        Type::String
        | Type::Bool
        | Type::Integer
        | Type::Date
        | Type::Url
        | Type::Handle
        | Type::Place
        | Type::Map(_, None)
        | Type::Table(_) => String::new(),
    }
}

fn is_groups(lists: &[String]) -> bool {
    lists.iter().all(|list| list == GROUPS)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
