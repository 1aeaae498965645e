//! Key by key, parser and schema take the same kinds of values, and know the same keys.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use toml::{Table, Value};

use super::judge::{Judge, Kind, printed};

/// A step down into a file: a key, or the last of many.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Last,
}

/// A file with every table in it, so that each key can be tried where it belongs.
const TOOL: &str = "
schema = 1
waive = {}
[tool]
id = 't'
name = 'T'
summary = 's'
design-doc = { size = 'M' }
[handover]
[sunset]
[[functionality]]
id = 'f'
name = 'F'
[[functionality.issue]]
id = 'i'
title = 'I'
[[component]]
id = 'c'
name = 'C'
[[component.issue]]
id = 'i'
title = 'I'
[[consumer]]
id = 'c'
name = 'C'
[[consumer.issue]]
id = 'i'
title = 'I'
";

const WORKSPACE: &str = "
schema = 1
id = 'w'
blueprint = 'b'
[gitlab]
[places]
[owners]
file = 'o.toml'
";

const OWNERS: &str = "
schema = 1
[groups.g]
";

const BLUEPRINT: &str = "
schema = 1
name = 'b'
[scale]
[tool.fields.a]
type = 'string'
[tool.fields.b]
one-of = ['x']
[tool.fields.c]
list = 'string'
[tool.fields.d]
ref = 'l'
[tool.fields.e]
map = 'string'
[tool.fields.f]
table = {}
[tool.fields.g]
any-of = ['string']
[table.t]
[table.t.fields]
[list.l]
[list.l.fields]
[list.l.issue]
[[data.d]]
id = 'd'
[[label]]
title = 'l'
[[node]]
key = 'a'
type = 'epic'
title = 't'
place = 'p'
[[node]]
key = 'b/{{ each.id }}'
for-each = 'l'
type = 'epic'
title = 't'
place = 'p'
labels = [{ label = 'x' }]
depends-on = [{ for-each = 'l', key = 'k' }]
[[table-row]]
item = '@p'
node = 'a'
heading = 'h'
[[comment]]
on = 'a'
key = 'c'
template = 'x.md'
[[lint]]
id = 'x'
when = 'true'
message = 'm'
hint = 'h'
[[measure]]
id = 'm'
title = 'M'
node = 'a'
in-flight = ['l']
";

#[test]
fn tool_files_are_read_as_their_schema_says() {
    let home = tempfile::tempdir().unwrap();
    compare(Kind::Tool, &printed(home.path(), &["tool", "--blueprint", "prodseceng"]), TOOL);
}

#[test]
fn workspace_files_are_read_as_their_schema_says() {
    compare(Kind::Workspace, Kind::Workspace.schema(), WORKSPACE);
}

#[test]
fn owners_files_are_read_as_their_schema_says() {
    compare(Kind::Owners, Kind::Owners.schema(), OWNERS);
}

#[test]
fn blueprints_are_read_as_their_schema_says() {
    compare(Kind::Blueprint, Kind::Blueprint.schema(), BLUEPRINT);
}

fn compare(kind: Kind, schema: &str, text: &str) {
    let judge = Judge::printed(schema);
    let root: Json = serde_json::from_str(schema).unwrap();
    let file: Table = text.parse().unwrap();
    let mut test = Comparison { kind, judge, root: &root, file: &file, wrong: Vec::new() };
    assert_eq!(test.verdicts(&file), (true, true), "the file to start from");
    test.table(&root, &Value::Table(file.clone()), &[]);
    assert_eq!(test.wrong, Vec::<String>::new());
}

struct Comparison<'a> {
    kind: Kind,
    judge: Judge,
    root: &'a Json,
    file: &'a Table,
    wrong: Vec<String>,
}

impl Comparison<'_> {
    /// Whether the parser takes a file, and whether the schema does.
    fn verdicts(&self, file: &Table) -> (bool, bool) {
        let text = toml::to_string(file).unwrap();
        (self.kind.problems(&text).is_empty(), self.judge.fault(file).is_empty())
    }

    /// Tries every key that the schema has for a table, then those of the tables below.
    fn table(&mut self, schema: &Json, value: &Value, path: &[Step]) {
        let schema = self.resolved(schema, value);
        match value {
            Value::Table(table) => {
                let none = serde_json::Map::new();
                let known = schema["properties"].as_object().unwrap_or(&none);
                for key in known.keys() {
                    self.key(&below(path, key));
                }
                if schema["additionalProperties"] == Json::Bool(false) {
                    self.keys(known.keys(), path);
                }
                for (key, value) in table {
                    let next = known.get(key).unwrap_or(&schema["additionalProperties"]);
                    self.table(next, value, &below(path, key));
                }
            }
            Value::Array(items) => {
                if let Some(last) = items.last() {
                    self.table(&schema["items"], last, &[path, &[Step::Last]].concat());
                }
            }
            _ => {}
        }
    }

    /// The schema behind references and choices that is for a kind of value.
    fn resolved<'s>(&'s self, schema: &'s Json, value: &Value) -> Json {
        let mut schema = schema;
        loop {
            let name = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
            if let Some(name) = name {
                schema = self.root.pointer(name.trim_start_matches('#')).unwrap();
                continue;
            }
            let wanted = if value.is_table() { "object" } else { "array" };
            let fits = |choice: &&Json| choice["type"] == wanted;
            match schema["anyOf"].as_array().into_iter().flatten().find(fits) {
                Some(choice) if schema["type"].is_null() => schema = choice,
                _ => return schema.clone(),
            }
        }
    }

    /// Tries values of every kind.
    fn key(&mut self, path: &[Step]) {
        let samples = "a = [1, true, [], {}, [1], 1.5, 'x', '', ['x'], 2027-06-30]";
        let samples: Table = samples.parse().unwrap();
        for sample in samples["a"].as_array().unwrap() {
            let mut file = self.file.clone();
            set(&mut file, path, sample.clone());
            let (parsed, valid) = self.verdicts(&file);
            // Of a word only the parser can know whether there is such a thing; a date looks like one.
            let is_word = matches!(sample, Value::String(text) if !text.is_empty())
                || matches!(sample, Value::Array(items) if items.first().is_some_and(Value::is_str))
                || sample.is_datetime();
            if parsed != valid && (parsed || !(is_word || is_beyond(path))) {
                self.wrong.push(format!("{path:?} = {sample}: parser {parsed}, schema {valid}"));
            }
        }
    }

    /// Compares the keys of a table with those that the parser names when it meets a strange one.
    fn keys<'k>(&mut self, known: impl Iterator<Item = &'k String>, path: &[Step]) {
        const STRANGE: &str = "qqqqqqqqqqqqqqqq";
        let mut file = self.file.clone();
        set(&mut file, &below(path, STRANGE), Value::Boolean(true));
        assert!(!self.judge.fault(&file).is_empty(), "{path:?} takes any key");
        let problems = self.kind.problems(&toml::to_string(&file).unwrap());
        let hints = problems
            .iter()
            .filter(|p| p.message.contains(STRANGE))
            .filter_map(|p| p.hint.as_deref());
        let list = hints.filter_map(|hint| hint.split_once(": ")).map(|(_, list)| list).next();
        let parser: BTreeSet<&str> = list.unwrap_or_default().split(", ").collect();
        let known: BTreeSet<&str> = known.map(String::as_str).collect();
        if parser != known {
            self.wrong.push(format!("{path:?}: the parser knows {parser:?}, the schema {known:?}"));
        }
    }
}

/// Whether only the parser can know: if a default or `done` fits the type beside it, if rules name lists that are gone.
fn is_beyond(path: &[Step]) -> bool {
    match path {
        [Step::Key(only)] => only == "list",
        [.., Step::Key(last)] => matches!(last.as_str(), "default" | "done"),
        _ => false,
    }
}

fn below(path: &[Step], key: &str) -> Vec<Step> {
    [path, &[Step::Key(key.to_owned())]].concat()
}

/// Puts a value into a file, whatever stood there.
fn set(file: &mut Table, path: &[Step], value: Value) {
    let [Step::Key(first), rest @ ..] = path else { panic!("{path:?} begins with no key") };
    if rest.is_empty() {
        file.insert(first.clone(), value);
        return;
    }
    let (mut at, mut rest) = (file.get_mut(first).unwrap(), rest);
    while let [step, more @ ..] = rest {
        match step {
            Step::Last => at = at.as_array_mut().unwrap().last_mut().unwrap(),
            Step::Key(key) if more.is_empty() => {
                at.as_table_mut().unwrap().insert(key.clone(), value);
                return;
            }
            Step::Key(key) => at = at.get_mut(key).unwrap(),
        }
        rest = more;
    }
}
