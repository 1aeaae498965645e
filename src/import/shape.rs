//! What the blueprint's nodes look like: keys and titles with holes where a tool file would speak.
//!
//! The blueprint is rendered with stand-ins for the tool's name and for one entry
//! of each list, once as it is and once with each value that a field might have.
//! So whatever a template does, a condition or a filter, is read off what it makes.

use std::collections::BTreeSet;

use super::candidates::{Found, Setting, settings, words};
use super::draft::{At, Draft};
use super::workshop::{Form, Rendered, Workshop};
use crate::key::is_id;
use crate::render::pattern::Pattern;
use crate::tree::{Kind, Parent, Reference};

/// What stands in for the tool's name.
pub(super) const TOOL: &str = "zqxtz";

/// What a node hangs under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Above {
    Nothing,
    Item(Reference),
    /// A key with holes.
    Node(String),
}

/// A node of the blueprint.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The key with stand-ins, without the tool's id.
    pub(super) key: String,
    key_pattern: Pattern,
    /// The title with holes.
    pub(super) title: Pattern,
    /// How many letters of the title are the blueprint's.
    pub(super) letters: usize,
    pub(super) kind: Kind,
    pub(super) above: Above,
    /// Labels that are put back, those with holes left out.
    pub(super) labels: Vec<String>,
    /// The list whose entry it is.
    pub(super) entry: Option<String>,
    /// Whether it is the tool's first node.
    pub(super) first: bool,
    /// The lists whose entries it is made for.
    lists: Vec<String>,
}

/// A name in a title, and the list it is a name in.
pub(super) enum Named {
    Tool(String),
    Entry(String, String),
    Issue(String),
}

/// All shapes, and what they depend on.
pub(super) struct Shapes {
    /// Those that the blueprint makes by itself first.
    pub(super) all: Vec<Shape>,
    /// Settings that were tried, and whether they made a difference.
    tried: Vec<(Setting, bool)>,
}

impl Shapes {
    /// Tells whether a setting may make a difference by itself.
    pub(super) fn depend_on(&self, setting: &Setting) -> bool {
        let like =
            |value| self.tried.iter().filter(move |(tried, _)| tried.is_like(setting, value));
        match like(true).next() {
            Some((_, differs)) => *differs,
            None => like(false).next().is_none() || like(false).any(|(_, differs)| *differs),
        }
    }
}

/// Renders all shapes.
pub(super) fn shapes(shop: &Workshop<'_>, tool: Option<&str>) -> Shapes {
    let blueprint = shop.ask.blueprint;
    let schema = &blueprint.schema;
    let lists: Vec<String> = schema.lists.keys().cloned().collect();
    let mut draft = Draft::default();
    let text = |text: &str| toml::Value::String(text.to_owned());
    draft.tool.insert("id".into(), text(tool.unwrap_or("tool")));
    draft.tool.insert("name".into(), text(TOOL));
    draft.tool.insert("summary".into(), text("…"));
    for (n, list) in lists.iter().enumerate() {
        let at = At::entry(list, &entry(n));
        draft.make(&at).keys.insert("name".into(), text(&entry(n)));
        draft.make(&at.issue(&issue(n))).keys.insert("title".into(), text(&issue(n)));
    }
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |rendered: &Rendered| {
        for shape in read(rendered, &lists) {
            let mark = (shape.key.clone(), shape.title.clone(), shape.above.clone());
            if seen.insert(format!("{mark:?}")) {
                all.push(shape);
            }
        }
    };
    let by_itself = shop.render(&draft, Form::Bare);
    by_itself.iter().for_each(&mut add);
    let by_itself = by_itself.map(|rendered| rendered.tree);
    let mut with_all = draft.clone();
    let mut tried = Vec::new();
    for setting in settings(blueprint, &draft, &Found::anything(), &words(blueprint)) {
        let mut with = draft.clone();
        for place in setting.places(&draft) {
            setting.apply(&mut with, place.as_ref());
            if setting.adds() {
                setting.apply(&mut with_all, place.as_ref());
            }
        }
        let rendered = shop.render(&with, Form::Bare);
        rendered.iter().for_each(&mut add);
        tried.push((setting, rendered.map(|rendered| rendered.tree) != by_itself));
    }
    // Some nodes want two values at once.
    shop.render(&with_all, Form::Bare).iter().for_each(&mut add);
    Shapes { all, tried }
}

fn entry(list: usize) -> String {
    format!("zqxe{list}z")
}

fn issue(list: usize) -> String {
    format!("zqxi{list}z")
}

fn read(rendered: &Rendered, lists: &[String]) -> Vec<Shape> {
    let tokens: Vec<String> = std::iter::once(TOOL.to_owned())
        .chain((0..lists.len()).flat_map(|n| [entry(n), issue(n)]))
        .collect();
    let pattern = |text: &str| {
        if text.contains(['{', '}']) {
            return None;
        }
        let mut template = text.to_owned();
        for token in &tokens {
            template = template.replace(token.as_str(), &format!("{{{{ {token} }}}}"));
        }
        Pattern::of(&template)
    };
    let bare = |text: &str| {
        let mut text = text.to_owned();
        tokens.iter().for_each(|token| text = text.replace(token.as_str(), ""));
        text.chars().filter(|c| c.is_alphabetic()).count()
    };
    let shape = |(n, node): (usize, &crate::tree::DesiredNode)| {
        let key = node.key.local().to_owned();
        Some(Shape {
            key_pattern: pattern(&key)?,
            title: pattern(&node.title)?,
            letters: bare(&node.title),
            kind: node.kind,
            above: match &node.parent {
                Parent::None => Above::Nothing,
                Parent::Item(reference) => Above::Item(reference.clone()),
                Parent::Node(key) => Above::Node(key.local().to_owned()),
            },
            labels: (node.labels.enforced.iter())
                .filter(|title| tokens.iter().all(|token| !title.contains(token.as_str())))
                .cloned()
                .collect(),
            entry: rendered.entries.get(&key).cloned(),
            first: n == 0,
            lists: lists.to_vec(),
            key,
        })
    };
    rendered.tree.nodes.iter().enumerate().filter_map(shape).collect()
}

impl Shape {
    /// The entries that a key without the tool's id names, if it is this shape's.
    pub(super) fn entries_of(&self, local: &str) -> Option<Vec<At>> {
        let values = self.key_pattern.invert(local)?;
        let value = |token: &str| {
            let found = values.iter().find(|(path, _)| path == token);
            found.map(|(_, value)| value.as_str())
        };
        if !values.iter().all(|(_, value)| is_id(value)) {
            return None;
        }
        let mut all = Vec::new();
        for (n, list) in self.lists.iter().enumerate() {
            let Some(id) = value(&entry(n)) else { continue };
            let at = At::entry(list, id);
            all.extend(value(&issue(n)).map(|issue| at.issue(issue)));
            all.push(at);
        }
        Some(all)
    }

    /// How many entries its key has holes for.
    pub(super) fn holes(&self) -> usize {
        self.key_pattern.paths().count()
    }

    /// What a title names, if it is this shape's.
    pub(super) fn names_in(&self, title: &str) -> Option<Vec<Named>> {
        let values = self.title.invert(title)?;
        Some(values.into_iter().filter_map(|(path, value)| self.named(&path, value)).collect())
    }

    fn named(&self, path: &str, value: String) -> Option<Named> {
        if path == TOOL {
            return Some(Named::Tool(value));
        }
        let lists = || self.lists.iter().enumerate();
        if lists().any(|(n, _)| issue(n) == path) {
            return Some(Named::Issue(value));
        }
        lists().find(|(n, _)| entry(*n) == path).map(|(_, list)| Named::Entry(list.clone(), value))
    }

    /// A text with stand-ins for ids of entries, with those of these entries.
    pub(super) fn fill(&self, text: &str, entries: &[At]) -> String {
        let mut text = text.to_owned();
        for at in entries {
            let Some(n) = self.lists.iter().position(|list| *list == at.list) else { continue };
            text = text.replace(&entry(n), &at.id);
            if let Some(id) = &at.issue {
                text = text.replace(&issue(n), id);
            }
        }
        text
    }

    /// The lists that its key has holes for, without their issues.
    pub(super) fn lists(&self) -> Vec<&String> {
        let lists = self.lists.iter().enumerate();
        lists.filter(|(n, _)| self.key.contains(&entry(*n))).map(|(_, list)| list).collect()
    }

    /// The shape with what is known in its title.
    pub(super) fn knowing(&self, tool: &str) -> Self {
        let known = std::collections::BTreeMap::from([(TOOL.to_owned(), tool.to_owned())]);
        Self { title: self.title.knowing(&known), ..self.clone() }
    }

    /// Its title with an entry's name.
    pub(super) fn titled(&self, list: &str, name: &str) -> Option<String> {
        let n = self.lists.iter().position(|known| known == list)?;
        let known = std::collections::BTreeMap::from([(entry(n), name.to_owned())]);
        self.title.knowing(&known).fixed().map(str::to_owned)
    }
}
