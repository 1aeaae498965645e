//! Checks one value against its type.

use std::collections::BTreeMap;

use super::owners::handle;
use super::schema::{Fields as Declared, Type};
use crate::problem::{Problems, nearest};
use crate::source::{At, Entry, Fields, Span, Table, Value, offer_quoted, string_of, wrong};

/// Takes all declared fields from a table; defaults stand in for those that are absent.
pub(super) fn fields(
    declared: &Declared,
    fields: &mut Fields<'_>,
    out: &mut Problems,
) -> BTreeMap<String, At<Value>> {
    let mut values = BTreeMap::new();
    for (name, field) in declared {
        let value = match fields.take(name) {
            Some(Entry { value, .. }) => check(name, value, &field.ty, out),
            None if field.required => {
                fields.missing(name, &format!("add `{name} = …`"), out);
                None
            }
            None => None,
        };
        let default = || field.default.clone().map(|value| At { value, span: Span::default() });
        if let Some(value) = value.or_else(default) {
            values.insert(name.clone(), value);
        }
    }
    values
}

/// Checks a value; `None` after its problems are reported.
pub(super) fn check(key: &str, at: &At<Value>, ty: &Type, out: &mut Problems) -> Option<At<Value>> {
    let span = at.span.clone();
    let value = match (ty, &at.value) {
        (Type::String, _) => Value::String(string_of(key, at, out)?.value),
        (Type::Text, Value::String(text)) => Value::String(text.clone()),
        (Type::Bool, Value::Bool(_))
        | (Type::Integer, Value::Integer(_))
        | (Type::Date, Value::Date(_)) => at.value.clone(),
        (Type::Url, _) => Value::String(url(key, string_of(key, at, out)?, out)?),
        (Type::Handle, _) => Value::String(handle(key, string_of(key, at, out)?, out)?.value),
        (Type::Place | Type::Ref(_), _) => Value::String(string_of(key, at, out)?.value),
        (Type::OneOf(words), _) => Value::String(word(key, string_of(key, at, out)?, words, out)?),
        (Type::List(inner), Value::Array(items)) => {
            Value::Array(items.iter().filter_map(|item| check(key, item, inner, out)).collect())
        }
        (Type::Map(inner, _), Value::Table(table)) => Value::Table(map(key, table, inner, out)),
        (Type::Table(declared), Value::Table(table)) => {
            Value::Table(nested(key, table, declared, out))
        }
        (Type::AnyOf(types), _) => match types.iter().find(|ty| takes(ty, &at.value)) {
            Some(ty) => return check(key, at, ty, out),
            None => return wrong(key, at, &at.value, &wanted(ty), out),
        },
        (
            Type::Text
            | Type::Bool
            | Type::Integer
            | Type::Date
            | Type::List(_)
            | Type::Map(..)
            | Type::Table(_),
            _,
        ) => return wrong(key, at, &at.value, &wanted(ty), out),
    };
    Some(At { value, span })
}

fn map(key: &str, table: &Table, inner: &Type, out: &mut Problems) -> Table {
    let mut result = Table { span: table.span.clone(), entries: BTreeMap::new() };
    for (name, entry) in table.in_order() {
        if let Some(value) = check(&format!("{key}.{name}"), &entry.value, inner, out) {
            result.entries.insert(name.to_owned(), Entry { key: entry.key.clone(), value });
        }
    }
    result
}

fn nested(key: &str, table: &Table, declared: &Declared, out: &mut Problems) -> Table {
    let mut reader = Fields::of(table, format!("`{key}`"));
    let values = fields(declared, &mut reader, out);
    reader.finish(out);
    let entry = |(name, value): (String, At<Value>)| {
        let span = table.entries.get(&name).map(|entry| entry.key.clone());
        (name, Entry { key: span.unwrap_or_default(), value })
    };
    Table { span: table.span.clone(), entries: values.into_iter().map(entry).collect() }
}

fn url(key: &str, at: At<String>, out: &mut Problems) -> Option<String> {
    let rest = at.value.strip_prefix("https://").or_else(|| at.value.strip_prefix("http://"));
    let good = |rest: &str| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest
                .contains(|c: char| c.is_whitespace() || c.is_control() || "()<>\"`\\|".contains(c))
    };
    if rest.is_some_and(good) {
        return Some(at.value);
    }
    let message = format!("`{key}` is not an address");
    out.push(at.span.error(message).hint("begin it with https:// and write odd characters as %20"));
    None
}

fn word(key: &str, at: At<String>, words: &[String], out: &mut Problems) -> Option<String> {
    if words.contains(&at.value) {
        return Some(at.value);
    }
    let problem = at.span.error(format!("`{}` is not a value of `{key}`", at.value));
    let near = nearest(&at.value, words.iter().map(String::as_str));
    out.push(offer_quoted(problem, near, || format!("one of: {}", words.join(", "))));
    None
}

fn takes(ty: &Type, value: &Value) -> bool {
    match ty {
        Type::String
        | Type::Text
        | Type::Url
        | Type::Handle
        | Type::Place
        | Type::OneOf(_)
        | Type::Ref(_) => {
            matches!(value, Value::String(_))
        }
        Type::Bool => matches!(value, Value::Bool(_)),
        Type::Integer => matches!(value, Value::Integer(_)),
        Type::Date => matches!(value, Value::Date(_)),
        Type::List(_) => matches!(value, Value::Array(_)),
        Type::Map(..) | Type::Table(_) => matches!(value, Value::Table(_)),
        Type::AnyOf(types) => types.iter().any(|ty| takes(ty, value)),
    }
}

/// What a type wants, for messages.
#[must_use]
pub fn wanted(ty: &Type) -> String {
    match ty {
        Type::String | Type::Text => "a string".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Integer => "an integer".to_owned(),
        Type::Date => "a date such as 2027-06-30, without quotes".to_owned(),
        Type::Url => "an address (a string)".to_owned(),
        Type::Handle => "a handle such as \"@name\"".to_owned(),
        Type::Place => "the name of a place (a string)".to_owned(),
        Type::OneOf(words) => format!("one of {}", words.join(", ")),
        Type::Ref(lists) => format!("the id of an entry of {}", lists.join(" or ")),
        Type::List(_) => "a list".to_owned(),
        Type::Map(..) | Type::Table(_) => "a table".to_owned(),
        Type::AnyOf(types) => types.iter().map(wanted).collect::<Vec<_>>().join(" or "),
    }
}
