//! Reading TOML so that every mistake is found at once, each at its place.
//!
//! A file becomes a [`Table`] whose keys and values know where they stand;
//! [`Fields`] hands them out by type and reports what is left over. Nothing
//! here knows which keys exist.

mod depth;
mod fields;
pub mod yaml;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, Problems};
use crate::text::{SLOT_CLOSE, SLOT_OPEN};
use crate::unseen::{is_forbidden, name_of};

pub use fields::Fields;
pub(crate) use fields::{check_id, offer, offer_quoted, string_of, wrong};

/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

/// The deepest nesting of tables and arrays that is read.
const MAX_DEPTH: usize = 24;

/// The mark that some editors put before a text; no part of it.
const MARK: char = '\u{feff}';

/// What to do about a character that nobody sees.
const UNSEEN_HINT: &str = "take it out: it moves a cursor, turns text around or hides a difference";

/// A place in a file: its name and a byte range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The file as the user would name it.
    pub file: Arc<str>,
    /// The bytes.
    pub range: Range<usize>,
}

impl Span {
    /// Starts an error at this place.
    pub fn error(&self, message: impl Into<String>) -> Problem {
        Problem::error(&self.file, Some(self.range.clone()), message)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text of one or more lines.
    String(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Bool(bool),
    /// A day.
    Date(Date),
    /// Many values.
    Array(Vec<At<Self>>),
    /// Values by key.
    Table(Table),
    /// A kind of value that no field takes, by the word TOML has for it.
    Other(&'static str),
}

impl Value {
    /// The word for the kind of value, with its article.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Bool(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: At<Value>,
}

/// The keys and values of one table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Where its header or its braces stand.
    pub span: Span,
    /// Its keys.
    pub entries: BTreeMap<String, Entry>,
}

impl Table {
    /// The keys in the order they stand in the file.
    #[must_use]
    pub fn in_order(&self) -> Vec<(&str, &Entry)> {
        let mut all: Vec<_> = self.entries.iter().map(|(k, e)| (k.as_str(), e)).collect();
        all.sort_by_key(|(_, e)| e.key.range.start);
        all
    }

    /// Every text in the table and below, with its place.
    #[must_use]
    pub fn texts(&self) -> Vec<(&str, &Span)> {
        let mut found = Vec::new();
        let mut left: Vec<&At<Value>> = self.entries.values().map(|e| &e.value).collect();
        while let Some(at) = left.pop() {
            match &at.value {
                Value::String(text) => found.push((text.as_str(), &at.span)),
                Value::Array(items) => left.extend(items),
                Value::Table(table) => left.extend(table.entries.values().map(|e| &e.value)),
                Value::Integer(_) | Value::Bool(_) | Value::Date(_) | Value::Other(_) => {}
            }
        }
        found.sort_by_key(|(_, span)| span.range.start);
        found
    }
}

/// Takes the bytes of a file as text, or says why they are none.
pub fn text(file: &str, bytes: &[u8], out: &mut Problems) -> Option<String> {
    if bytes.len() > MAX_FILE {
        let message = format!("the file is larger than {} MiB", MAX_FILE >> 20);
        out.push(
            Problem::error(file, None, message)
                .hint("split it, or check that it is the right file"),
        );
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => {
            let message = "the file holds a NUL byte, so it is not a text file";
            out.push(Problem::error(file, None, message).hint("save it as UTF-8 text"));
            None
        }
        Ok(text) => {
            let start = if text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
            if let Some((at, c)) = text[start..].char_indices().find(|(_, c)| is_forbidden(*c)) {
                let at = start + at;
                let message = format!("the file holds the unseen character {}", name_of(c));
                let problem = Problem::error(file, Some(at..at + c.len_utf8()), message);
                out.push(problem.hint(UNSEEN_HINT));
            }
            Some(text.to_owned())
        }
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            let message = format!("the file is not UTF-8 text (line {line})");
            out.push(Problem::error(file, None, message).hint("save it as UTF-8"));
            None
        }
    }
}

/// Reads a TOML file; `None` if its syntax is broken, after all errors are reported.
pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<Table> {
    self::text(file, text.as_bytes(), out)?;
    let shifted = text.strip_prefix(MARK).unwrap_or(text);
    let shift = text.len() - shifted.len();
    if let Some(at) = depth::too_deep(text, MAX_DEPTH) {
        let message = format!("tables and arrays are nested more than {MAX_DEPTH} deep");
        let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
        out.push(Problem::error(file, Some(at..end), message).hint("flatten it"));
        return None;
    }
    let (root, errors) = DeTable::parse_recoverable(shifted);
    let reader = Reader { file: file.into(), shift };
    for error in &errors {
        out.push(reader.syntax(error));
    }
    if !errors.is_empty() {
        return None;
    }
    let span = reader.span(root.span());
    let table = reader.table(root.get_ref(), span, 0, out)?;
    reserved(&table, text, out);
    Some(table)
}

/// Reports texts that hold what only epictree may write, or what nobody can see.
fn reserved(table: &Table, file: &str, out: &mut Problems) {
    for (text, span) in table.texts() {
        // What stands in the file as it is was reported with its own place.
        if let Some(c) = text.chars().find(|c| is_forbidden(*c) && !file.contains(*c)) {
            let message = format!("this text holds the unseen character {}", name_of(c));
            out.push(span.error(message).hint(UNSEEN_HINT));
        }
        if text.contains([SLOT_OPEN, SLOT_CLOSE]) {
            let message = "this text holds a private-use character that epictree keeps for itself";
            out.push(span.error(message).hint("take out U+F0000 and U+F0001"));
        }
        if text.contains("<!--epictree") {
            let message = "this text holds the opening of an epictree marker";
            out.push(
                span.error(message)
                    .hint("take out the HTML comment that begins with `<!--epictree`"),
            );
        }
    }
}

struct Reader {
    file: Arc<str>,
    shift: usize,
}

impl Reader {
    fn span(&self, range: Range<usize>) -> Span {
        Span {
            file: Arc::clone(&self.file),
            range: range.start + self.shift..range.end + self.shift,
        }
    }

    fn syntax(&self, error: &toml::de::Error) -> Problem {
        let range = error.span().map(|range| self.span(range).range);
        let message = format!("not valid TOML: {}", error.message().replace('\n', ", "));
        let problem = Problem::error(&self.file, range, message);
        if error.message().contains("duplicate key") {
            return problem.label("given twice").hint("keep one of them");
        }
        problem.hint("mend the syntax; all other checks wait for it")
    }

    fn table(
        &self,
        table: &DeTable<'_>,
        span: Span,
        depth: usize,
        out: &mut Problems,
    ) -> Option<Table> {
        if depth > MAX_DEPTH {
            let message = format!("tables and arrays are nested more than {MAX_DEPTH} deep");
            out.push(span.error(message).hint("flatten it"));
            return None;
        }
        let mut entries = BTreeMap::new();
        for (key, value) in table.iter() {
            let span = self.span(value.span());
            let entry = Entry {
                key: self.span(key.span()),
                value: At { value: self.value(value.get_ref(), &span, depth + 1, out)?, span },
            };
            entries.insert(key.get_ref().to_string(), entry);
        }
        Some(Table { span, entries })
    }

    fn value(
        &self,
        value: &DeValue<'_>,
        span: &Span,
        depth: usize,
        out: &mut Problems,
    ) -> Option<Value> {
        Some(match value {
            DeValue::String(text) => Value::String(text.replace("\r\n", "\n")),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::Integer(number),
                    Err(_) => Value::Other("an integer out of range"),
                }
            }
            DeValue::Float(_) => Value::Other("a float"),
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Datetime(moment) => {
                day(moment).map_or(Value::Other("a date with a time"), Value::Date)
            }
            DeValue::Array(items) => Value::Array(self.array(items, span, depth, out)?),
            DeValue::Table(table) => Value::Table(self.table(table, span.clone(), depth, out)?),
        })
    }

    fn array(
        &self,
        items: &toml::de::DeArray<'_>,
        span: &Span,
        depth: usize,
        out: &mut Problems,
    ) -> Option<Vec<At<Value>>> {
        if depth > MAX_DEPTH {
            let message = format!("tables and arrays are nested more than {MAX_DEPTH} deep");
            out.push(span.error(message).hint("flatten it"));
            return None;
        }
        let mut all = Vec::new();
        for item in items.iter() {
            let span = self.span(item.span());
            all.push(At { value: self.value(item.get_ref(), &span, depth + 1, out)?, span });
        }
        Some(all)
    }
}

fn day(moment: &toml::value::Datetime) -> Option<Date> {
    let date = moment.date.filter(|_| moment.time.is_none())?;
    Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests;
