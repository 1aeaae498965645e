//! The keys of a tool file: which entry is which node, and which keys hold words.

use std::collections::BTreeMap;

use super::edit::Path;
use super::trial::Ground;
use crate::blueprint::ForEach;
use crate::problem::Problems;
use crate::render::expand;
use crate::source::{Table, Value};
use crate::spec::schema::{Fields, Type};
use crate::spec::{Entry, Spec, envelope};

/// Whose keys a node takes its own fields from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// The tool's.
    Tool,
    /// Those of the entry that it is.
    Entry(EntryAt),
}

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryAt {
    pub(super) list: String,
    place: usize,
    issue: Option<usize>,
}

impl EntryAt {
    pub(super) fn path(&self) -> Path {
        let entry = Path::table(&self.list).at(self.place);
        self.issue.map_or(entry.clone(), |issue| entry.key("issue").at(issue))
    }

    pub(super) fn find<'s>(&self, spec: &'s Spec) -> Option<&'s Entry> {
        let entry = spec.lists.get(&self.list)?.get(self.place)?;
        self.issue.map_or(Some(entry), |issue| entry.issues.get(issue))
    }

    /// The fields that the blueprint gives its kind.
    pub(super) fn declared<'g>(&self, ground: &Ground<'g>) -> Option<&'g Fields> {
        let list = ground.blueprint.schema.lists.get(&self.list)?;
        Some(if self.issue.is_some() { &list.issue_fields } else { &list.fields })
    }
}

impl Home {
    pub(super) fn path(&self) -> Path {
        match self {
            Self::Tool => Path::table("tool"),
            Self::Entry(at) => at.path(),
        }
    }
}

/// The homes of the nodes that the blueprint makes of the tool itself, or of an entry.
pub(super) fn homes(ground: &Ground<'_>, spec: &Spec) -> BTreeMap<String, Home> {
    let scene = ground.scene(spec);
    let outline = expand(&scene, ground.engine, &mut Problems::default());
    let home = |node: &crate::render::OutlineNode<'_>| match (node.entry, &node.rule.for_each) {
        (Some(entry), _) if node.creates => place_of(spec, entry).map(Home::Entry),
        (None, ForEach::Once) => Some(Home::Tool),
        _ => None,
    };
    outline.nodes.iter().filter_map(|node| Some((node.key.to_string(), home(node)?))).collect()
}

fn place_of(spec: &Spec, wanted: &Entry) -> Option<EntryAt> {
    let at = |list: &str, place, issue| EntryAt { list: list.to_owned(), place, issue };
    for (list, entries) in &spec.lists {
        for (place, entry) in entries.iter().enumerate() {
            if std::ptr::eq(entry, wanted) {
                return Some(at(list, place, None));
            }
            let issue = entry.issues.iter().position(|issue| std::ptr::eq(issue, wanted));
            if issue.is_some() {
                return Some(at(list, place, issue));
            }
        }
    }
    None
}

/// A key that holds words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) path: Path,
    pub(super) holds: Holds,
    /// What other texts call something by.
    pub(super) is_name: bool,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Holds {
    /// One text of Markdown.
    Text(String),
    /// One line, which may be more than words: a condition may ask for it.
    Line(String),
    /// Many lines.
    Lines(Vec<String>),
    /// One of these words.
    Word(String, Vec<String>),
}

/// All keys of a file that hold words.
pub(super) fn leaves(ground: &Ground<'_>, spec: &Spec) -> Vec<Leaf> {
    let schema = &ground.blueprint.schema;
    let mut found = Vec::new();
    let table = |name: &str| match spec.raw.entries.get(name).map(|entry| &entry.value.value) {
        Some(Value::Table(table)) => Some(table),
        _ => None,
    };
    if let Some(tool) = table("tool") {
        own(tool, &Path::table("tool"), &schema.tool, &mut found);
    }
    for (name, declared) in &schema.tables {
        if let Some(table) = table(name) {
            fields(table, &Path::table(name), declared, &mut found);
        }
    }
    for (name, list) in &schema.lists {
        for (entry, path) in tables(&spec.raw, name, &Path(Vec::new())) {
            own(entry, &path, &list.fields, &mut found);
            for (issue, path) in tables(entry, "issue", &path) {
                own(issue, &path, &list.issue_fields, &mut found);
            }
        }
    }
    found
}

fn tables<'t>(table: &'t Table, name: &str, above: &Path) -> Vec<(&'t Table, Path)> {
    let Some(Value::Array(all)) = table.entries.get(name).map(|entry| &entry.value.value) else {
        return Vec::new();
    };
    let all = all.iter().enumerate().filter_map(|(at, item)| match &item.value {
        Value::Table(table) => Some((table, above.key(name).at(at))),
        _ => None,
    });
    all.collect()
}

/// The keys of the tool or of an entry: those of the envelope, then the blueprint's.
fn own(table: &Table, path: &Path, declared: &Fields, found: &mut Vec<Leaf>) {
    for name in ["name", envelope::TITLE.name, "summary"] {
        if declared.contains_key(name) {
            continue;
        }
        if let Some(text) = table.entries.get(name).and_then(|entry| entry.value.value.as_str()) {
            let holds = Holds::Text(text.to_owned());
            found.push(Leaf { path: path.key(name), holds, is_name: name != "summary" });
        }
    }
    fields(table, path, declared, found);
}

fn fields(table: &Table, path: &Path, declared: &Fields, found: &mut Vec<Leaf>) {
    for (name, field) in declared {
        if let Some(entry) = table.entries.get(name) {
            leaf(&entry.value.value, &path.key(name), &field.ty, found);
        } else if let (Type::OneOf(words), Some(Value::String(word))) = (&field.ty, &field.default)
        {
            let holds = Holds::Word(word.clone(), words.clone());
            found.push(Leaf { path: path.key(name), holds, is_name: false });
        }
    }
}

fn leaf(value: &Value, path: &Path, ty: &Type, found: &mut Vec<Leaf>) {
    let holds = match (ty, value) {
        (Type::Text, Value::String(text)) => Holds::Text(text.clone()),
        (Type::String, Value::String(text)) => Holds::Line(text.clone()),
        (Type::OneOf(words), Value::String(word)) => Holds::Word(word.clone(), words.clone()),
        (Type::List(inner), Value::Array(items))
            if matches!(**inner, Type::String | Type::Text) =>
        {
            let texts = items.iter().filter_map(|item| item.value.as_str());
            Holds::Lines(texts.map(str::to_owned).collect())
        }
        (Type::Map(inner, _), Value::Table(table)) => {
            for (name, entry) in &table.entries {
                leaf(&entry.value.value, &path.key(name), inner, found);
            }
            return;
        }
        (Type::Table(declared), Value::Table(table)) => {
            return fields(table, path, declared, found);
        }
        (Type::AnyOf(types), Value::Table(_)) => {
            let table = types.iter().find(|ty| matches!(ty, Type::Table(_) | Type::Map(..)));
            return table.into_iter().for_each(|ty| leaf(value, path, ty, found));
        }
        _ => return,
    };
    found.push(Leaf { path: path.clone(), holds, is_name: false });
}
