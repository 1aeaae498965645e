//! Where the words of a tool file go: it is rendered once more with a sign in place of each of
//! them, and where a sign comes out, there its key's words stand.
//!
//! What is learnt is a guess: a template may do anything with a word. Whoever uses it tries it.

use std::collections::BTreeMap;

use super::edit::{self, Edit, Path};
use super::keys::{Holds, Leaf, leaves};
use super::trial::{Ground, Trial};
use crate::check;
use crate::plan::scene::{For, Scene};
use crate::problem::Problems;
use crate::render::{expand, render};
use crate::source::{At, Span, Value};

/// What the tool file's words look like in titles and descriptions.
pub(super) struct Probe {
    pub(super) leaves: Vec<Leaf>,
    /// Title and description of each node with signs in them.
    nodes: BTreeMap<String, (String, String)>,
    signs: Signs,
}

/// A text around the words of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) before: String,
    pub(super) after: String,
}

impl Probe {
    pub(super) fn of(ground: &Ground<'_>, file: &str, trial: &Trial) -> Self {
        let leaves = leaves(ground, &trial.spec);
        let signs = Signs::new(&trial.text);
        let mut nodes = BTreeMap::new();
        // A line may be asked for by a condition or name a node; then the sign spoils its node.
        for lines in [false, true] {
            let edits = signs.edits(&leaves, lines);
            let text = edit::apply(&trial.text, &edits);
            nodes.extend(text.map(|text| texts(ground, file, &text)).unwrap_or_default());
        }
        Self { leaves, nodes, signs }
    }

    /// The title of a node around the words of a key.
    pub(super) fn title(&self, node: &str, leaf: usize) -> Option<Frame> {
        self.frame(&self.nodes.get(node)?.0, leaf, 0)
    }

    /// The description of a node around the words of a key, or around one line of its list.
    pub(super) fn body(&self, node: &str, leaf: usize, item: usize) -> Option<Frame> {
        self.frame(&self.nodes.get(node)?.1, leaf, item)
    }

    /// None if the words do not stand there, or more than once.
    fn frame(&self, text: &str, leaf: usize, item: usize) -> Option<Frame> {
        let sign = self.signs.of(leaf, item);
        let (before, after) = text.split_once(&sign)?;
        if after.contains(&sign) {
            return None;
        }
        let said = |part: &str| self.signs.replaced(part, &self.leaves);
        Some(Frame { before: said(before), after: said(after) })
    }
}

/// Titles and descriptions of all nodes that a text gives.
fn texts(ground: &Ground<'_>, file: &str, text: &str) -> BTreeMap<String, (String, String)> {
    let out = &mut Problems::default();
    let tree = check::spec(file, text, ground.blueprint, out).and_then(|spec| {
        let scene = ground.scene(&spec);
        let outline = expand(&scene, ground.engine, out);
        render(&scene, &outline, ground.engine, out)
    });
    let Some(tree) = tree else { return BTreeMap::new() };
    let scene = Scene::new(&tree, ground.observed, ground.options);
    let filled = tree.nodes.iter().map(|node| {
        let body = scene.fill(&node.body, For::Plan);
        (node.key.to_string(), (node.title.clone(), body))
    });
    filled.collect()
}

/// Signs: words that stand nowhere in the file, and that no filter changes.
struct Signs(String);

impl Signs {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut stem = "qz".to_owned();
        while text.contains(&stem) {
            stem.push_str("qz");
        }
        Self(stem)
    }

    fn of(&self, leaf: usize, item: usize) -> String {
        format!("{}{leaf}x{item}y", self.0)
    }

    fn edits(&self, leaves: &[Leaf], lines: bool) -> Vec<Edit> {
        let edit = |(n, leaf): (usize, &Leaf)| {
            let sign = |item| Value::String(self.of(n, item));
            let value = match &leaf.holds {
                Holds::Line(_) if !lines => return None,
                Holds::Word(..) => return None,
                Holds::Text(_) | Holds::Line(_) => sign(0),
                Holds::Lines(all) => {
                    Value::Array((0..all.len()).map(|at| bare(sign(at))).collect())
                }
            };
            Some(Edit { path: leaf.path.clone(), value: Some(value) })
        };
        leaves.iter().enumerate().filter_map(edit).collect()
    }

    /// A text with the words again in place of their signs.
    fn replaced(&self, text: &str, leaves: &[Leaf]) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(&self.0) {
            out.push_str(before);
            let word = after.split_once('y').and_then(|(numbers, after)| {
                let (leaf, item) = numbers.split_once('x')?;
                Some((words(leaves.get(leaf.parse::<usize>().ok()?)?, item.parse().ok()?)?, after))
            });
            let (word, after) = word.unwrap_or((&self.0, after));
            out.push_str(word);
            rest = after;
        }
        out + rest
    }
}

/// The words that a leaf holds, as templates see them.
fn words(leaf: &Leaf, item: usize) -> Option<&str> {
    match &leaf.holds {
        Holds::Text(text) => Some(text.trim()),
        Holds::Line(text) | Holds::Word(text, _) => Some(text),
        Holds::Lines(all) => all.get(item).map(String::as_str),
    }
}

/// A value without a place.
pub(super) fn bare(value: Value) -> At<Value> {
    At { value, span: Span::default() }
}

/// An edit that sets a text.
pub(super) fn say(path: &Path, text: &str) -> Edit {
    Edit { path: path.clone(), value: Some(Value::String(text.to_owned())) }
}
