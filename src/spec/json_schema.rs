//! The JSON Schema of a tool file, for editors: what `tool` and `entry` read, as far as a schema can say it.
//!
//! Draft 7, which the editors' TOML extensions know best. They hand dates over
//! as strings, so a day in quotes passes here and not in `check`.

use serde_json::{Map, Value as Json, json};

use super::envelope::{self, Key, TITLE, Takes};
use super::schema::{Field, Fields, ListSchema, Schema, Type};
use super::skeleton::about;
use crate::key::MAX_ID;
use crate::source::Value;

const LINE: &str = r"^[^\r\n]*\S[^\r\n]*$";
const ID: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
const HANDLE: &str = "^@[A-Za-z0-9_][A-Za-z0-9_.-]*$";
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const REFERENCE: &str =
    "^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*[&#]0*[1-9][0-9]*$";
const URL: &str =
    r#"^https?://[^/\s\x00-\x1f\x7f-\x9f()<>"`\\|][^\s\x00-\x1f\x7f-\x9f()<>"`\\|]*$"#;

/// What a schema says beyond the blueprint's types.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The blueprint's name.
    pub blueprint: &'a str,
    /// The places of the workspace where work can be created; any if empty.
    pub places: &'a [&'a str],
    /// The lints that may be waived, each with what it says.
    pub lints: &'a [(&'a str, String)],
}

/// Describes the tool files of a blueprint as JSON Schema.
#[must_use]
pub fn json_schema(schema: &Schema, around: &Around<'_>) -> Json {
    let writer = Writer { schema, around };
    let mut root = Object::default();
    root.require("schema", json!({ "const": 1, "description": "Version of this format." }));
    let mut tool = writer.envelope(&envelope::TOOL);
    tool.required.extend(["id", "name", "summary"].map(String::from));
    writer.fields(&mut tool, &schema.tool);
    root.require("tool", tool.finish("The tool."));
    for (name, declared) in &schema.tables {
        let mut table = Object::default();
        writer.fields(&mut table, declared);
        let needed = !table.required.is_empty();
        root.add(name, table.finish(""), needed);
    }
    for (name, list) in &schema.lists {
        root.add(name, writer.list(list), false);
    }
    root.add("items", writer.items(), false);
    root.add("waive", writer.waive(), false);
    let mut all = root.finish("What is absent here is people's: epictree never touches it.");
    all["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    all["title"] = json!(format!("Tool file of the blueprint {}", around.blueprint));
    all
}

/// A table under construction.
#[derive(Default)]
struct Object {
    properties: Map<String, Json>,
    required: Vec<String>,
}

impl Object {
    fn add(&mut self, name: &str, value: Json, required: bool) {
        self.properties.insert(name.to_owned(), value);
        self.required.extend(required.then(|| name.to_owned()));
    }

    fn require(&mut self, name: &str, value: Json) {
        self.add(name, value, true);
    }

    fn finish(self, description: &str) -> Json {
        let mut all = json!({
            "type": "object", "additionalProperties": false, "properties": self.properties
        });
        if !self.required.is_empty() {
            all["required"] = json!(self.required);
        }
        described(all, description)
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    around: &'a Around<'a>,
}

impl Writer<'_> {
    fn list(&self, list: &ListSchema) -> Json {
        let mut issue = self.envelope(&envelope::ENTRY);
        issue.properties.remove("name");
        issue.add(TITLE.name, self.key(&TITLE), false);
        self.fields(&mut issue, &list.issue_fields);
        let issues = array(entry(issue, TITLE.name), "Issues below it.");
        let mut one = self.envelope(&envelope::ENTRY);
        self.fields(&mut one, &list.fields);
        one.add("issue", issues, false);
        array(entry(one, "name"), &sentence(list.summary.as_deref().unwrap_or_default()))
    }

    fn envelope(&self, keys: &[Key]) -> Object {
        let mut all = Object::default();
        for key in keys {
            // Without a scale no priority is right.
            if key.takes != Takes::Priority || !self.schema.priorities.is_empty() {
                all.add(key.name, self.key(key), false);
            }
        }
        all
    }

    fn key(&self, key: &Key) -> Json {
        let value = match key.takes {
            Takes::Id => id(),
            Takes::Ids => json!({ "anyOf": [id(), array(id(), "")] }),
            Takes::Line => pattern(LINE),
            Takes::Text => json!({ "type": "string" }),
            Takes::Lines => array(pattern(LINE), ""),
            Takes::LineOrLines => json!({ "anyOf": [pattern(LINE), array(pattern(LINE), "")] }),
            Takes::Truth => json!({ "type": "boolean" }),
            Takes::Day => day(),
            Takes::Handles => array(pattern(HANDLE), ""),
            Takes::Place => self.place(),
            Takes::Reference => pattern(REFERENCE),
            Takes::Weight => self.weight(),
            Takes::Priority => {
                let scale: Vec<&u64> = self.schema.priorities.keys().collect();
                json!({ "type": "integer", "enum": scale })
            }
        };
        described(value, &sentence(key.help))
    }

    /// A weight above the scale is a warning only.
    fn weight(&self) -> Json {
        match self.schema.weights.last() {
            None => json!({ "type": "integer", "minimum": 0 }),
            Some(most) => json!({
                "type": "integer",
                "anyOf": [{ "enum": self.schema.weights }, { "minimum": most.saturating_add(1) }]
            }),
        }
    }

    fn place(&self) -> Json {
        match self.around.places {
            [] => pattern(LINE),
            places => json!({ "type": "string", "enum": places }),
        }
    }

    fn fields(&self, object: &mut Object, fields: &Fields) {
        for (name, field) in fields {
            object.add(name, self.field(field), field.required);
        }
    }

    fn field(&self, field: &Field) -> Json {
        let words = about(&field.ty);
        let help = field.help.as_deref().map_or_else(|| sentence(&words), sentence);
        let mut value = described(self.value(&field.ty), &help);
        if let Some(default) = &field.default {
            value["default"] = plain(default);
        }
        value
    }

    fn value(&self, ty: &Type) -> Json {
        match ty {
            Type::String => pattern(LINE),
            Type::Text => json!({ "type": "string" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Integer => json!({ "type": "integer" }),
            Type::Date => day(),
            Type::Url => pattern(URL),
            Type::Handle => pattern(HANDLE),
            Type::Place => self.place(),
            Type::OneOf(words) => json!({ "type": "string", "enum": words }),
            Type::List(inner) => array(self.value(inner), ""),
            Type::Ref(lists) => match self.fixed_ids(lists) {
                Some(ids) => json!({ "type": "string", "enum": ids }),
                None => pattern(LINE),
            },
            Type::Map(inner, keys) => self.map(inner, keys.as_deref()),
            Type::Table(fields) => {
                let mut table = Object::default();
                self.fields(&mut table, fields);
                table.finish("")
            }
            Type::AnyOf(types) => {
                let all: Vec<Json> = types.iter().map(|ty| self.value(ty)).collect();
                json!({ "anyOf": all })
            }
        }
    }

    fn map(&self, inner: &Type, keys: Option<&str>) -> Json {
        let value = self.value(inner);
        let Some(entries) = keys.and_then(|list| self.schema.data.get(list)) else {
            return json!({ "type": "object", "additionalProperties": value });
        };
        let mut table = Object::default();
        for entry in entries {
            let name = entry.values.get("name").and_then(Value::as_str).unwrap_or(&entry.id);
            table.add(&entry.id, described(value.clone(), &sentence(name)), false);
        }
        table.finish("")
    }

    /// The ids of lists that the blueprint alone holds; those of the tool file are still to come.
    fn fixed_ids(&self, lists: &[String]) -> Option<Vec<&str>> {
        let ids = lists.iter().map(|list| {
            let entries = self.schema.data.get(list)?;
            Some(entries.iter().map(|entry| entry.id.as_str()))
        });
        Some(ids.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn items(&self) -> Json {
        let all = json!({ "type": "object", "additionalProperties": pattern(REFERENCE) });
        described(all, "Work that exists and stands for a node, by the node's key.")
    }

    fn waive(&self) -> Json {
        let mut table = Object::default();
        for (lint, warning) in self.around.lints {
            table.add(lint, described(pattern(LINE), &sentence(warning)), false);
        }
        table.finish("Lints that this file does without, each with the reason.")
    }
}

/// An entry of a list: it has an id, and a name unless it is work that exists.
fn entry(object: Object, name: &str) -> Json {
    let mut all = object;
    all.required.push("id".to_owned());
    let mut value = all.finish("");
    value["anyOf"] = json!([{ "required": [name] }, { "required": ["item"] }]);
    value
}

fn pattern(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": pattern })
}

fn id() -> Json {
    json!({ "type": "string", "pattern": ID, "maxLength": MAX_ID })
}

fn day() -> Json {
    json!({ "type": "string", "format": "date", "pattern": DAY })
}

fn array(items: Json, description: &str) -> Json {
    described(json!({ "type": "array", "items": items }), description)
}

fn described(mut value: Json, description: &str) -> Json {
    if !description.is_empty() {
        value["description"] = json!(description);
    }
    value
}

/// Makes a sentence of the words that a comment would have.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if words.ends_with(['.', '…', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

fn plain(value: &Value) -> Json {
    match value {
        Value::String(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Bool(truth) => json!(truth),
        Value::Date(date) => json!(date.to_string()),
        Value::Array(items) => items.iter().map(|item| plain(&item.value)).collect(),
        Value::Table(table) => table
            .entries
            .iter()
            .map(|(key, entry)| (key.clone(), plain(&entry.value.value)))
            .collect(),
        Value::Other(_) => Json::Null,
    }
}
