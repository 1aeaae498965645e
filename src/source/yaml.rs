//! Reads YAML into the same values as TOML, with their places. YAML is hostile input: depth,
//! size and what aliases expand to are bounded.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::AliasLimits;
use serde_saphyr::{Budget, Location, Spanned};

use super::{At, Entry, MAX_DEPTH, Span, Table, Value, reserved};
use crate::problem::{Problem, Problems, boundary};

/// The most nodes of a file; a list of every employee of a large company has less.
const MAX_NODES: usize = 500_000;
/// The most events that aliases may add.
const MAX_REPLAYED: usize = 100_000;

/// Reads a YAML file of one document; `None` after its first error is reported.
pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<At<Value>> {
    super::text(file, text.as_bytes(), out)?;
    let mut alias_limits = AliasLimits::default();
    alias_limits.max_total_replayed_events = MAX_REPLAYED;
    let mut budget = Budget::default();
    budget.max_depth = MAX_DEPTH;
    budget.flow_nesting_limit = MAX_DEPTH;
    budget.max_nodes = MAX_NODES;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        alias_limits: alias_limits,
        with_snippet: false,
    };
    let root: Spanned<Node> = match serde_saphyr::from_str_with_options(text, options) {
        Ok(root) => root,
        Err(error) => {
            out.push(syntax(file, text, &error));
            return None;
        }
    };
    let reader = Reader { file: file.into(), text };
    let value = reader.value(root);
    let entry = Entry { key: value.span.clone(), value: value.clone() };
    let whole =
        Table { span: value.span.clone(), entries: BTreeMap::from([(String::new(), entry)]) };
    let before = out.count(crate::problem::Severity::Error);
    reserved(&whole, text, out);
    (out.count(crate::problem::Severity::Error) == before).then_some(value)
}

fn syntax(file: &str, text: &str, error: &serde_saphyr::Error) -> Problem {
    let location = error.location();
    let range = location.and_then(|location| range(text, location));
    let whole = error.to_string();
    let message = whole.lines().next().unwrap_or_default();
    let message = message.split(" at line ").next().unwrap_or_default();
    let message = format!("not valid YAML: {}", message.trim_end_matches('.'));
    Problem::error(file, range, message).hint("mend the syntax; who owns what waits for it")
}

/// The bytes of a place, widened to whole characters; some errors count in characters only.
fn range(text: &str, at: Location) -> Option<Range<usize>> {
    let span = at.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => {
            let start = usize::try_from(start).ok()?;
            let length = usize::try_from(length).ok()?;
            Some(boundary(text, start)..boundary(text, start.saturating_add(length)))
        }
        _ => {
            let skip = usize::try_from(span.offset()).ok()?;
            let start = text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at);
            let length = text[start..].chars().next().map_or(0, char::len_utf8);
            Some(start..start + length)
        }
    }
}

/// A YAML node as it is read.
enum Node {
    Nothing,
    Bool(bool),
    Integer(i64),
    Float,
    Text(String),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<Self>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(i64::try_from(number).map_or(Node::Float, Node::Integer))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Float)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Float)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Float)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Float)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Node::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(key) = entries.next_key()? {
            all.push((key, entries.next_value()?));
        }
        Ok(Node::Map(all))
    }
}

struct Reader<'t> {
    file: Arc<str>,
    text: &'t str,
}

impl Reader<'_> {
    fn span(&self, at: Location) -> Span {
        Span { file: Arc::clone(&self.file), range: range(self.text, at).unwrap_or_default() }
    }

    fn value(&self, node: Spanned<Node>) -> At<Value> {
        let span = self.span(node.referenced);
        let value = match node.value {
            Node::Nothing => Value::Other("nothing"),
            Node::Bool(truth) => Value::Bool(truth),
            Node::Integer(number) => Value::Integer(number),
            Node::Float => Value::Other("a number with a fraction, or a large one"),
            Node::Text(text) => Value::String(text),
            Node::List(items) => Value::Array(items.into_iter().map(|i| self.value(i)).collect()),
            Node::Map(entries) => Value::Table(self.table(entries, span.clone())),
        };
        At { value, span }
    }

    fn table(&self, all: Vec<(Spanned<Node>, Spanned<Node>)>, span: Span) -> Table {
        let mut entries = BTreeMap::new();
        for (key, value) in all {
            let place = self.span(key.referenced);
            let name = match key.value {
                Node::Text(name) => name,
                Node::Integer(number) => number.to_string(),
                Node::Bool(truth) => truth.to_string(),
                Node::Nothing | Node::Float | Node::List(_) | Node::Map(_) => continue,
            };
            entries.insert(name, Entry { key: place, value: self.value(value) });
        }
        Table { span, entries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Said = (String, Option<Range<usize>>);

    fn read(text: &str) -> (Option<At<Value>>, Vec<Said>) {
        let mut out = Problems::default();
        let value = parse("a.yml", text, &mut out);
        let all = out.sorted().iter().map(|p| (p.message.clone(), p.span.clone())).collect();
        (value, all)
    }

    #[test]
    fn values_know_their_places() {
        let text = "# é\na:\n  b: [x, \"y z\"]\n  c:\n  d: 1\n";
        let (value, problems) = read(text);
        assert_eq!(problems, []);
        let Value::Table(root) = value.unwrap().value else { panic!("no table") };
        let Value::Table(a) = &root.entries["a"].value.value else { panic!("no table") };
        let Value::Array(b) = &a.entries["b"].value.value else { panic!("no list") };
        assert_eq!(b[1].value, Value::String("y z".into()));
        assert_eq!(&text[b[1].span.range.clone()], "\"y z\"");
        assert_eq!(&text[a.entries["d"].key.range.clone()], "d");
        assert_eq!(a.entries["c"].value.value, Value::Other("nothing"));
        assert_eq!(a.entries["d"].value.value, Value::Integer(1));
    }

    #[test]
    fn hostile_files_end_in_one_problem_with_a_place() {
        let laughs = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
            let last = format!("*a{}", n - 1);
            text + &format!("a{n}: &a{n} [{}]\n", vec![last; 9].join(", "))
        });
        let cases = [
            laughs,
            format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000)),
            "- ".repeat(20_000),
            (0..1000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
            "a: 1\na: 2\n".into(),
            "a: &a\n  b: *a\n".into(),
            "a: [1\nb: é\n".into(),
            "a:\n\t- b".into(),
            "a: \"\\q\"".into(),
            "a: \"\u{f0000}\"".into(),
            "a: b\n---\nc: d\n".into(),
        ];
        for text in cases {
            let (value, problems) = read(&text);
            assert!(value.is_none(), "{text:.60}");
            assert_eq!(problems.len(), 1, "{text:.60}");
            assert!(problems[0].1.is_some(), "{text:.60} {problems:?}");
            assert!(problems[0].0.len() < 200, "{problems:?}");
        }
    }

    #[test]
    fn an_empty_file_holds_nothing() {
        for text in ["", "# only a comment\n", "---\n", "~"] {
            let (value, problems) = read(text);
            assert_eq!(problems, [], "{text:?}");
            assert_eq!(value.unwrap().value, Value::Other("nothing"), "{text:?}");
        }
    }
}
