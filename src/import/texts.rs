//! The descriptions that the files wanted last, and how far those of a draft are from them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::compare::Distance;
use super::items::Items;
use super::place::Placed;
use super::workshop::Rendered;
use crate::canonical;
use crate::marker::BaseText;
use crate::plan::resolve::resolve;
use crate::render::KEPT;
use crate::text::NOT_YET;
use crate::tree::DesiredNode;

/// How much more all else counts than a word of a description.
const ELSE: u32 = 16;
/// The most words in one place that are compared one by one.
const MOST_WORDS: usize = 2_000;
/// Points for each thing that is wrong with a draft.
const WRONG: u32 = 1_000;
/// No longer text is read: anybody may write into a marker.
const LONGEST: usize = 64 * 1024;
/// No text of more lines is read.
const MOST_LINES: usize = 1_500;

/// The descriptions, by key without the tool's id.
pub(super) struct Texts {
    /// Line by line.
    pub(super) wanted: BTreeMap<String, Vec<String>>,
    /// Nodes of which nobody knows what was wanted.
    unknown: BTreeSet<String>,
    /// What each text was found to be away.
    known: RefCell<BTreeMap<String, (Vec<String>, u32)>>,
}

impl Texts {
    /// Those of a tree that an epictree made.
    pub(super) fn of(items: &Items<'_>, placed: &Placed<'_>) -> Self {
        let mut texts =
            Self { wanted: BTreeMap::new(), unknown: BTreeSet::new(), known: RefCell::default() };
        for (key, item) in &placed.nodes {
            let Some((_, base)) = items.get(&item.id).and_then(|seen| seen.ours.as_ref()) else {
                continue;
            };
            match &base.body {
                Some(BaseText::Text(text))
                    if text.len() <= LONGEST && text.lines().count() <= MOST_LINES =>
                {
                    texts.wanted.insert(key.clone(), lines(text));
                }
                Some(BaseText::Text(_) | BaseText::Hash(_)) | None => {
                    texts.unknown.insert(key.clone());
                }
            }
        }
        texts
    }

    /// The descriptions of a draft, of the nodes that have one to be like.
    pub(super) fn of_draft(
        &self,
        rendered: &Rendered,
        placed: &Placed<'_>,
    ) -> BTreeMap<String, Vec<String>> {
        let nodes = rendered.tree.nodes.iter();
        let nodes = nodes.filter(|node| self.wanted.contains_key(node.key.local()));
        nodes.map(|node| (node.key.local().to_owned(), filled(node, placed))).collect()
    }

    /// Adds what the descriptions are away, so that all else still counts more.
    pub(super) fn add(
        &self,
        rendered: &Rendered,
        placed: &Placed<'_>,
        without: usize,
        distance: &mut Distance,
    ) {
        distance.nodes.values_mut().for_each(|points| *points = points.saturating_mul(ELSE));
        let wrong = u32::try_from(rendered.errors.saturating_sub(without)).unwrap_or(u32::MAX);
        distance.rows =
            distance.rows.saturating_mul(ELSE).saturating_add(wrong.saturating_mul(WRONG));
        for node in rendered.tree.nodes.iter().filter(|node| node.creates && node.item.is_none()) {
            let key = node.key.local();
            let Some(wanted) = self.wanted.get(key) else { continue };
            let lines = filled(node, placed);
            let mut known = self.known.borrow_mut();
            let points = match known.get(key) {
                Some((same, points)) if *same == lines => *points,
                _ => apart(wanted, &lines),
            };
            known.insert(key.to_owned(), (lines, points));
            *distance.nodes.entry(key.to_owned()).or_default() += points;
        }
    }

    /// Tells whether a draft wants just these descriptions.
    pub(super) fn are_those_of(&self, rendered: &Rendered, placed: &Placed<'_>) -> bool {
        let made = self.of_draft(rendered, placed);
        let gives = |node: &&DesiredNode| node.creates && node.item.is_none();
        let mut keys = rendered.tree.nodes.iter().filter(gives).map(|node| node.key.local());
        keys.all(|key| !self.unknown.contains(key) && made.get(key) == self.wanted.get(key))
    }
}

/// A description's lines as they are compared: boxes open, without the one that names the file.
fn lines(text: &str) -> Vec<String> {
    let all = canonical::lines(text).into_iter();
    let mut all: Vec<String> = all
        .map(|line| match line.canonical.is_empty() {
            true => String::new(),
            false => canonical::with_box(line.raw.trim_end(), false),
        })
        .collect();
    if all.last().is_some_and(|line| line.starts_with(KEPT)) {
        all.pop();
    }
    while all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    all
}

fn filled(node: &DesiredNode, placed: &Placed<'_>) -> Vec<String> {
    let item = |key: &crate::key::NodeKey| placed.nodes.get(key.local()).copied();
    lines(&resolve(&node.body, |_| NOT_YET.to_owned(), item, |_| false))
}

/// The lines of a text that another has too, in order.
pub(super) fn shared(text: &[String], other: &[String]) -> Vec<bool> {
    let mut same = vec![false; text.len()];
    for op in capture_diff_slices(Algorithm::Myers, text, other) {
        if let DiffOp::Equal { old_index, len, .. } = op {
            same[old_index..old_index + len].fill(true);
        }
    }
    same
}

/// The words in which two texts differ, each change counted once more.
fn apart(one: &[String], other: &[String]) -> u32 {
    let words = |lines: &[String]| -> Vec<String> {
        lines.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect()
    };
    let mut points = 0;
    for op in capture_diff_slices(Algorithm::Myers, one, other) {
        let (old, new) = (words(&one[op.old_range()]), words(&other[op.new_range()]));
        points += match op {
            DiffOp::Equal { .. } => 0,
            DiffOp::Replace { .. } if old.len().max(new.len()) <= MOST_WORDS => {
                let changes = capture_diff_slices(Algorithm::Myers, &old, &new).into_iter();
                let changes = changes.filter(|op| !matches!(op, DiffOp::Equal { .. }));
                1 + changes.map(|op| op.old_range().len() + op.new_range().len()).sum::<usize>()
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                1 + old.len() + new.len()
            }
        };
    }
    u32::try_from(points).unwrap_or(u32::MAX)
}
