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

/// The keys that say a type; a field has one of them.
const KINDS: [&str; 7] = ["type", "one-of", "list", "ref", "map", "table", "any-of"];

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
    let (ty, required, [default, done], help) = match &entry.value.value {
        Value::Table(table) => {
            let mut reader = Fields::of(table, format!("the type of `{name}`"));
            let required = reader.bool("required", out).unwrap_or(false);
            let standing = ["default", "done"].map(|key| reader.take(key).map(|e| (key, &e.value)));
            let help = reader.string("help", out).map(|at| at.value);
            let ty = compound(name, &mut reader, out);
            reader.finish(out);
            (ty?, required, standing, help)
        }
        _ => (of(name, &entry.value, out)?, false, [None, None], None),
    };
    let mut checked = |value: Option<(&str, &At<Value>)>| match value {
        Some((key, at)) => check_value(name, key, at, &ty, out).map(Some),
        None => Some(None),
    };
    let (default, done) = (checked(default)?, checked(done)?);
    Some(Field { ty, required, default, done, help, span: entry.key.clone() })
}

/// Checks what the blueprint says that a field holds.
fn check_value(
    name: &str,
    key: &str,
    at: &At<Value>,
    ty: &Type,
    out: &mut Problems,
) -> Option<Value> {
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
            .error(format!("the {key} of `{name}` is not of its type"))
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
            reader.take("done");
            reader.take("required");
            reader.take("help");
            let ty = compound(name, &mut reader, out);
            reader.finish(out);
            ty
        }
        other => wrong(name, at, other, "a type such as \"string\" or { list = \"string\" }", out),
    }
}

/// Reads the one key that says the type.
fn compound(name: &str, reader: &mut Fields<'_>, out: &mut Problems) -> Option<Type> {
    let table = reader.table();
    let keys = reader.string("keys", out);
    let given: Vec<(&str, &At<Value>)> =
        KINDS.into_iter().filter_map(|kind| Some((kind, &reader.take(kind)?.value))).collect();
    match given.as_slice() {
        [] => {
            let problem = table.span.error(format!("`{name}` has no type"));
            out.push(problem.hint(format!("give one of: {}", KINDS.join(", "))));
            None
        }
        [(kind, at)] => one(name, kind, at, keys, reader, out),
        [(first, _), (second, at), ..] => {
            let message = format!("`{name}` has two types, `{first}` and `{second}`");
            out.push(at.span.error(message).hint("leave one of them"));
            None
        }
    }
}

fn one(
    name: &str,
    kind: &str,
    at: &At<Value>,
    keys: Option<At<String>>,
    reader: &mut Fields<'_>,
    out: &mut Problems,
) -> Option<Type> {
    let words = |all: Vec<At<String>>| all.into_iter().map(|at| at.value).collect::<Vec<_>>();
    Some(match (kind, &at.value) {
        ("one-of", _) => Type::OneOf(words(reader.strings(kind, out)?)),
        ("list", _) => Type::List(Box::new(of(name, at, out)?)),
        ("ref", Value::Array(lists)) if lists.is_empty() => {
            out.push(at.span.error(format!("`{name}` refers to no list")).hint("name one"));
            return None;
        }
        ("ref", _) => Type::Ref(words(reader.string_or_list(kind, out))),
        ("map", _) => Type::Map(Box::new(of(name, at, out)?), keys.map(|at| at.value)),
        ("table", _) => Type::Table(fields(reader.table_at(kind, out)?, &[], out)),
        ("any-of", Value::Array(types)) => {
            Type::AnyOf(types.iter().filter_map(|ty| of(name, ty, out)).collect())
        }
        ("any-of", other) => return wrong(kind, at, other, "a list of types", out),
        _ => return of(name, at, out),
    })
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
