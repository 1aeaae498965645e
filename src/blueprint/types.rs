//! Reads the types of fields: `"string"`, `{ one-of = […] }`, `{ list = … }` and the rest.

use std::collections::BTreeMap;

use crate::problem::{Problems, nearest};
use crate::source::{At, Entry, Fields, Table, Value, offer_quoted, wrong};
use crate::spec::schema::{self, Field, Type};

const WORDS: [(&str, Type); 8] = [
    ("string", Type::String),
    ("text", Type::Text),
    ("bool", Type::Bool),
    ("integer", Type::Integer),
    ("date", Type::Date),
    ("url", Type::Url),
    ("handle", Type::Handle),
    ("place", Type::Place),
];

/// Reads the fields of a table, none of which may have a name of the envelope.
pub(super) fn fields(table: &Table, envelope: &[&str], out: &mut Problems) -> schema::Fields {
    let mut fields = BTreeMap::new();
    for (name, entry) in table.in_order() {
        if !crate::key::is_id(name) {
            let message = format!("`{name}` is not a name for a field");
            out.push(entry.key.error(message).hint("use lower-case words joined by `-`"));
        } else if envelope.contains(&name) {
            let message = format!("field `{name}` is one that every entry has already");
            out.push(entry.key.error(message).hint("take it out, or choose another name"));
        } else if let Some(field) = field(name, entry, out) {
            fields.insert(name.to_owned(), field);
        }
    }
    fields
}

fn field(name: &str, entry: &Entry, out: &mut Problems) -> Option<Field> {
    let (ty, required, default, help) = match &entry.value.value {
        Value::Table(table) => {
            let mut reader = Fields::of(table, format!("the type of `{name}`"));
            let required = reader.bool("required", out).unwrap_or(false);
            let default = reader.take("default").map(|e| &e.value);
            let help = reader.string("help", out).map(|at| at.value);
            let ty = match reader.take("type") {
                Some(inner) => of(name, &inner.value, out),
                None => compound(name, &mut reader, out),
            };
            reader.finish(out);
            (ty?, required, default, help)
        }
        _ => (of(name, &entry.value, out)?, false, None, None),
    };
    let default = match default {
        Some(at) => Some(check_default(name, at, &ty, out)?),
        None => None,
    };
    Some(Field { ty, required, default, help, span: entry.key.clone() })
}

fn check_default(name: &str, at: &At<Value>, ty: &Type, out: &mut Problems) -> Option<Value> {
    let fits = match (ty, &at.value) {
        (Type::OneOf(words), Value::String(word)) => words.contains(word),
        (Type::Bool, Value::Bool(_))
        | (Type::Integer, Value::Integer(_))
        | (Type::Date, Value::Date(_)) => true,
        (Type::List(_), Value::Array(items)) => {
            items.iter().all(|item| matches!(item.value, Value::String(_)))
        }
        (
            Type::String | Type::Text | Type::Url | Type::Handle | Type::AnyOf(_),
            Value::String(_),
        ) => true,
        _ => false,
    };
    if fits {
        return Some(at.value.clone());
    }
    out.push(
        at.span
            .error(format!("the default of `{name}` is not of its type"))
            .hint("give a value that a file could give"),
    );
    None
}

fn of(name: &str, at: &At<Value>, out: &mut Problems) -> Option<Type> {
    match &at.value {
        Value::String(word) => {
            if let Some((_, ty)) = WORDS.iter().find(|(known, _)| known == word) {
                return Some(ty.clone());
            }
            let near = nearest(word, WORDS.iter().map(|(known, _)| *known));
            let problem = at.span.error(format!("`{word}` is not a type of a field"));
            out.push(offer_quoted(problem, near, || {
                WORDS.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ")
            }));
            None
        }
        Value::Table(table) => {
            let mut reader = Fields::of(table, format!("the type of `{name}`"));
            reader.take("default");
            reader.take("required");
            reader.take("help");
            let ty = match reader.take("type") {
                Some(inner) => of(name, &inner.value, out),
                None => compound(name, &mut reader, out),
            };
            reader.finish(out);
            ty
        }
        other => wrong(name, at, other, "a type such as \"string\" or { list = \"string\" }", out),
    }
}

fn compound(name: &str, reader: &mut Fields<'_>, out: &mut Problems) -> Option<Type> {
    let one_of = reader.strings("one-of", out);
    let list = reader.take("list");
    let reference = reader.string_or_list("ref", out);
    let map = reader.take("map");
    let keys = reader.string("keys", out);
    let table = reader.table_at("table", out);
    let any_of = reader.take("any-of");
    if let Some(words) = one_of {
        return Some(Type::OneOf(words.into_iter().map(|at| at.value).collect()));
    }
    if let Some(inner) = list {
        return Some(Type::List(Box::new(of(name, &inner.value, out)?)));
    }
    if !reference.is_empty() {
        return Some(Type::Ref(reference.into_iter().map(|at| at.value).collect()));
    }
    if let Some(inner) = map {
        return Some(Type::Map(Box::new(of(name, &inner.value, out)?), keys.map(|at| at.value)));
    }
    if let Some(table) = table {
        return Some(Type::Table(fields(table, &[], out)));
    }
    if let Some(entry) = any_of {
        let Value::Array(types) = &entry.value.value else {
            return wrong("any-of", &entry.value, &entry.value.value, "a list of types", out);
        };
        return Some(Type::AnyOf(types.iter().filter_map(|ty| of(name, ty, out)).collect()));
    }
    let message = format!("`{name}` has no type");
    out.push(
        reader
            .table()
            .span
            .error(message)
            .hint("give one of: type, one-of, list, ref, map, table, any-of"),
    );
    None
}

/// The lists that a type refers to.
pub(super) fn refs(ty: &Type) -> Vec<&str> {
    match ty {
        Type::Ref(lists) => lists.iter().map(String::as_str).collect(),
        Type::List(inner) => refs(inner),
        Type::Map(inner, keys) => keys.iter().map(String::as_str).chain(refs(inner)).collect(),
        Type::Table(fields) => fields.values().flat_map(|f| refs(&f.ty)).collect(),
        Type::AnyOf(types) => types.iter().flat_map(refs).collect(),
        Type::String
        | Type::Text
        | Type::Bool
        | Type::Integer
        | Type::Date
        | Type::Url
        | Type::Handle
        | Type::Place
        | Type::OneOf(_) => Vec::new(),
    }
}
