use similar::{ChangeTag, TextDiff};
use toml::Table;

use super::*;
use crate::source::{At, Span};

const FILE: &str = r#"schema = 1   # of the format
[tool]
id = "t"
name    =   'Tool' # old
tags = ["a", "b"]
wide = [
    # first
    "a",  # of a
    "b",
]
note = """
One.
"""
# of the last one
last = 1

[[part]]
id = "x"
  [[part.issue]]
  id = "i"
  # of weight
  weight = 3   # days
  # of due
  due = 2027-01-01

[[part]]
id = "y"
# The end.
"#;

fn tool(key: &str) -> Path {
    Path::table("tool").key(key)
}

fn issue(key: &str) -> Path {
    Path::table("part").at(0).key("issue").at(0).key(key)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(words: &str) -> Value {
    let one = |word: &str| At { value: text(word), span: Span::default() };
    Value::Array(words.split_whitespace().map(one).collect())
}

/// What an edit makes of the file, in lines that go and come.
fn changed(file: &str, path: Path, value: Option<Value>) -> String {
    let after = apply(file, &[Edit { path, value }]).unwrap();
    assert!(after.parse::<Table>().is_ok(), "{after}");
    let diff = TextDiff::from_lines(file, &after);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes.map(|change| format!("{}{}", change.tag(), change.value())).collect()
}

#[test]
fn only_the_line_of_a_key_changes_and_it_keeps_its_layout() {
    let cases = [
        (tool("name"), text("New"), "-name    =   'Tool' # old\n+name    =   \"New\" # old\n"),
        (tool("note"), text("One.\nTwo."), "+Two.\n"),
        (issue("weight"), Value::Integer(5), "-  weight = 3   # days\n+  weight = 5   # days\n"),
        (issue("milestone"), text("m"), "+  milestone = \"m\"\n"),
        (Path::table("part").at(1).key("draft"), Value::Bool(true), "+draft = true\n"),
        (tool("tags"), list("a c"), "-tags = [\"a\", \"b\"]\n+tags = [\"a\", \"c\"]\n"),
        (tool("tags"), list("b"), "-tags = [\"a\", \"b\"]\n+tags = [\"b\"]\n"),
        (tool("tags"), list("z a b"), "-tags = [\"a\", \"b\"]\n+tags = [\"z\", \"a\", \"b\"]\n"),
        (tool("wide"), list("a b c"), "+    \"c\",\n"),
        (tool("wide"), list("a"), "-    \"b\",\n"),
        (tool("wide"), list("a x b"), "+    \"x\",\n"),
    ];
    for (path, value, wanted) in cases {
        assert_eq!(changed(FILE, path.clone(), Some(value)), wanted, "{path:?}");
    }
}

#[test]
fn a_key_goes_and_the_comment_above_it_stays() {
    let cases = [
        (tool("name"), "-name    =   'Tool' # old\n"),
        (tool("last"), "-last = 1\n"),
        (issue("weight"), "-  weight = 3   # days\n"),
        (issue("due"), "-  due = 2027-01-01\n"),
    ];
    for (path, wanted) in cases {
        assert_eq!(changed(FILE, path.clone(), None), wanted, "{path:?}");
    }
}

#[test]
fn whatever_people_wrote_becomes_a_value_and_nothing_else() {
    for said in ["\"", "\\", "'''\n\"\"\"", "a\n[tool]\nid = \"b\"", "\u{7f}\t", "x\n", "# no"] {
        let edits = [Edit { path: tool("note"), value: Some(text(said)) }];
        let after: Table = apply(FILE, &edits).unwrap().parse().unwrap();
        let note = after["tool"]["note"].as_str().unwrap();
        assert_eq!(note.trim_end(), said.trim_end(), "{said:?}");
        let mut before: Table = FILE.parse().unwrap();
        before["tool"]["note"] = note.into();
        assert_eq!(after, before, "{said:?}");
    }
}

#[test]
fn marks_line_ends_and_an_open_end_stay_as_they_are() {
    let (path, value) = (tool("last"), Some(Value::Integer(2)));
    for file in [
        format!("\u{feff}{FILE}"),
        FILE.replace('\n', "\r\n"),
        FILE.trim_end().to_owned(),
        "tool = { last = 1 }".to_owned(),
        "tool.last = 1 # x\r\n".to_owned(),
        "[tool]\nlast = 1".to_owned(),
    ] {
        let after = apply(&file, &[Edit { path: path.clone(), value: value.clone() }]).unwrap();
        assert_eq!(after, file.replacen("last = 1", "last = 2", 1));
    }
}

#[test]
fn what_could_not_be_kept_or_is_not_there_is_refused() {
    let edit = |path: Path| [Edit { path, value: Some(text("x")) }];
    let mixed = FILE.replacen('\n', "\r\n", 1);
    assert_eq!(apply(&mixed, &edit(tool("name"))), None);
    for path in [
        Path::table("none").key("x"),
        Path::table("part").key("x"),
        Path::table("part").at(7).key("x"),
        Path::table("tool").at(0).key("x"),
        tool("name").key("x"),
        Path(Vec::new()),
        Path::table("part").at(0),
    ] {
        assert_eq!(apply(FILE, &edit(path.clone())), None, "{path:?}");
    }
    let gone = [Edit { path: tool("none"), value: None }];
    assert_eq!(apply(FILE, &gone), None);
}
