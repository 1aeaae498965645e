//! The typed getters: each registers the key it asks for, [`Fields::finish`] reports the rest.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{At, Entry, Table, Value};
use crate::key::is_id;
use crate::problem::{Problem, Problems, nearest};

/// Hands out the keys of one table by type.
#[derive(Debug)]
pub struct Fields<'t> {
    table: &'t Table,
    what: String,
    known: BTreeSet<String>,
}

impl<'t> Fields<'t> {
    /// Starts reading a table that messages call `what`, such as `[tool]`.
    pub fn of(table: &'t Table, what: impl Into<String>) -> Self {
        Self { table, what: what.into(), known: BTreeSet::new() }
    }

    /// The name that messages use.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The table that is read.
    #[must_use]
    pub fn table(&self) -> &'t Table {
        self.table
    }

    /// The entry of a key, whatever its type.
    pub fn take(&mut self, key: &str) -> Option<&'t Entry> {
        self.known.insert(key.to_owned());
        self.table.entries.get(key)
    }

    /// Reports a key that must be there.
    pub fn missing(&self, key: &str, hint: &str, out: &mut Problems) {
        let message = format!("{} has no `{key}`", self.what);
        out.push(self.table.span.error(message).hint(hint));
    }

    /// A string of any number of lines.
    pub fn text(&mut self, key: &str, out: &mut Problems) -> Option<At<String>> {
        let entry = self.take(key)?;
        match &entry.value.value {
            Value::String(text) => Some(At { value: text.clone(), span: entry.value.span.clone() }),
            other => wrong(key, &entry.value, other, "a string", out),
        }
    }

    /// A string of one line that is not empty.
    pub fn string(&mut self, key: &str, out: &mut Problems) -> Option<At<String>> {
        let found = self.text(key, out)?;
        one_line(key, found, out)
    }

    /// A string of one line that must be there.
    pub fn required(&mut self, key: &str, hint: &str, out: &mut Problems) -> Option<At<String>> {
        if !self.table.entries.contains_key(key) {
            self.known.insert(key.to_owned());
            self.missing(key, hint, out);
            return None;
        }
        self.string(key, out)
    }

    /// An id that must be there.
    pub fn id(&mut self, key: &str, hint: &str, out: &mut Problems) -> Option<At<String>> {
        let found = self.required(key, hint, out)?;
        check_id(key, found, out)
    }

    /// True or false.
    pub fn bool(&mut self, key: &str, out: &mut Problems) -> Option<bool> {
        let entry = self.take(key)?;
        match &entry.value.value {
            Value::Bool(truth) => Some(*truth),
            other => wrong(key, &entry.value, other, "true or false", out),
        }
    }

    /// A whole number of zero or more.
    pub fn count(&mut self, key: &str, out: &mut Problems) -> Option<At<u64>> {
        let entry = self.take(key)?;
        let number = match &entry.value.value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        match number {
            Some(value) => Some(At { value, span: entry.value.span.clone() }),
            None => {
                wrong(key, &entry.value, &entry.value.value, "a whole number of zero or more", out)
            }
        }
    }

    /// A day.
    pub fn date(&mut self, key: &str, out: &mut Problems) -> Option<At<Date>> {
        let entry = self.take(key)?;
        match &entry.value.value {
            Value::Date(date) => Some(At { value: *date, span: entry.value.span.clone() }),
            other => {
                wrong(key, &entry.value, other, "a date such as 2027-06-30, without quotes", out)
            }
        }
    }

    /// A list of one-line strings; empty when absent.
    pub fn strings(&mut self, key: &str, out: &mut Problems) -> Option<Vec<At<String>>> {
        let entry = self.take(key)?;
        let Value::Array(items) = &entry.value.value else {
            return wrong(key, &entry.value, &entry.value.value, "a list of strings", out);
        };
        Some(items.iter().filter_map(|item| string_of(key, item, out)).collect())
    }

    /// A string or a list of them.
    pub fn string_or_list(&mut self, key: &str, out: &mut Problems) -> Vec<At<String>> {
        match self.take(key).map(|entry| &entry.value) {
            None => Vec::new(),
            Some(at) if matches!(at.value, Value::String(_)) => {
                string_of(key, at, out).into_iter().collect()
            }
            Some(_) => self.strings(key, out).unwrap_or_default(),
        }
    }

    /// A table below this one.
    pub fn table_at(&mut self, key: &str, out: &mut Problems) -> Option<&'t Table> {
        let entry = self.take(key)?;
        match &entry.value.value {
            Value::Table(table) => Some(table),
            other => wrong(key, &entry.value, other, "a table", out),
        }
    }

    /// The tables of a list such as `[[node]]`; empty when absent.
    pub fn tables(&mut self, key: &str, out: &mut Problems) -> Vec<&'t Table> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        let Value::Array(items) = &entry.value.value else {
            let _: Option<()> = wrong(
                key,
                &entry.value,
                &entry.value.value,
                &format!("a list of tables, [[{key}]]"),
                out,
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match &item.value {
                Value::Table(table) => tables.push(table),
                other => {
                    let _: Option<()> = wrong(key, item, other, "a table", out);
                }
            }
        }
        tables
    }

    /// Reads `schema = 1`.
    pub fn schema(&mut self, out: &mut Problems) {
        match self.take("schema").map(|entry| &entry.value) {
            None => self.missing("schema", "begin the file with `schema = 1`", out),
            Some(at) => match &at.value {
                Value::Integer(1) => {}
                Value::Integer(n) if *n > 1 => {
                    let message = format!("`schema = {n}` is newer than this epictree knows");
                    out.push(at.span.error(message).hint("update epictree"));
                }
                _ => out.push(at.span.error("`schema` must be 1").patch("1")),
            },
        }
    }

    /// Reports every key that nobody asked for, with the nearest one that is known.
    pub fn finish(self, out: &mut Problems) {
        for (key, entry) in self.table.in_order() {
            if !self.known.contains(key) {
                let near = nearest(key, self.known.iter().map(String::as_str));
                let message = format!("unknown key `{key}` in {}", self.what);
                out.push(offer(
                    entry.key.error(message).label("not a key epictree knows"),
                    near,
                    || {
                        let known: Vec<_> = self.known.iter().map(String::as_str).collect();
                        format!("known here: {}", known.join(", "))
                    },
                ));
            }
        }
    }
}

/// Adds the nearest known word to a problem, else the hint.
pub(crate) fn offer(
    problem: Problem,
    near: Option<&str>,
    otherwise: impl FnOnce() -> String,
) -> Problem {
    match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")).patch(near),
        None => problem.hint(otherwise()),
    }
}

/// Adds the nearest known word as a quoted TOML string.
pub(crate) fn offer_quoted(
    problem: Problem,
    near: Option<&str>,
    otherwise: impl FnOnce() -> String,
) -> Problem {
    match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")).patch(format!("\"{near}\"")),
        None => problem.hint(otherwise()),
    }
}

/// Reports a value of the wrong type.
pub(crate) fn wrong<T>(
    key: &str,
    at: &At<Value>,
    found: &Value,
    wanted: &str,
    out: &mut Problems,
) -> Option<T> {
    let message = format!("`{key}` must be {wanted}, not {}", found.kind());
    out.push(at.span.error(message).hint(format!("give {wanted}")));
    None
}

/// Takes a value as a one-line string.
pub(crate) fn string_of(key: &str, at: &At<Value>, out: &mut Problems) -> Option<At<String>> {
    match &at.value {
        Value::String(text) => {
            one_line(key, At { value: text.clone(), span: at.span.clone() }, out)
        }
        other => wrong(key, at, other, "a string", out),
    }
}

/// Takes a string as an id.
pub(crate) fn check_id(key: &str, found: At<String>, out: &mut Problems) -> Option<At<String>> {
    if is_id(&found) {
        return Some(found);
    }
    let message = format!("`{}` is not an id", found.value);
    let problem =
        found.span.error(message).label(format!("`{key}` must be lower-case words joined by `-`"));
    let slug = crate::key::slug(&found);
    out.push(offer_quoted(problem, Some(slug.as_str()).filter(|s| is_id(s)), || {
        "use a to z, 0 to 9 and single dashes, at most 100".to_owned()
    }));
    None
}

fn one_line(key: &str, found: At<String>, out: &mut Problems) -> Option<At<String>> {
    if found.trim().is_empty() {
        out.push(
            found.span.error(format!("`{key}` is empty")).hint("fill it in, or take the key out"),
        );
        return None;
    }
    if found.contains(['\n', '\r']) {
        out.push(found.span.error(format!("`{key}` must be one line")).hint("put it on one line"));
        return None;
    }
    Some(found)
}
