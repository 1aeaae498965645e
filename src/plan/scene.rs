//! What a comparison may look at: both trees, and the choices of the plan.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::merge::OnConflict;
use crate::text::{NOT_YET, Text};
use crate::tree::{DesiredNode, DesiredTree, Item, ObservedTree, Parent, Reference, Trouble};

use super::change::ToolPlan;
use super::resolve::{AFTER_APPLY, resolve};
use super::select::Only;

/// Choices that belong to a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The workspace's id.
    pub workspace: String,
    /// Whether items that people made and that look like ours become ours.
    pub adopt: bool,
    /// Whether items that the files no longer want are closed.
    pub prune: bool,
    /// Keys whose recorded items cannot be read and are to be made anew.
    pub recreate: BTreeSet<NodeKey>,
    /// How what both sides changed is settled.
    pub on_conflict: OnConflict,
    /// Whether items are closed that are fulfilled, where the blueprint says so.
    pub close_fulfilled: bool,
    /// What the plan is about.
    #[serde(default)]
    pub only: Only,
}

/// Everything a comparison may look at.
pub struct Scene<'a> {
    /// What the files want.
    pub desired: &'a DesiredTree,
    /// What GitLab holds.
    pub observed: &'a ObservedTree,
    /// The plan's choices.
    pub options: &'a Options,
    /// Nodes that are not created in this run, because somebody has to decide first or because it
    /// is not about them.
    pub waiting: BTreeSet<NodeKey>,
    /// Nodes whose open items the plan closes because they are fulfilled: for other texts, they are done.
    pub closing: BTreeSet<NodeKey>,
    /// Nodes that the run may write; `None` is all.
    selection: Option<Cow<'a, BTreeSet<NodeKey>>>,
}

/// Whether a text is for a plan or for GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// For people to read before an apply.
    Plan,
    /// To be written.
    Writing,
}

impl<'a> Scene<'a> {
    /// Sets the scene.
    #[must_use]
    pub fn new(desired: &'a DesiredTree, observed: &'a ObservedTree, options: &'a Options) -> Self {
        let selection = options.only.selection(desired, observed).map(Cow::Owned);
        Self::set(desired, observed, options, selection)
    }

    /// Sets the scene in which a plan is carried out: what it is about was settled with it, though
    /// more exists by now.
    #[must_use]
    pub fn of_plan(plan: &'a ToolPlan, observed: &'a ObservedTree, options: &'a Options) -> Self {
        let selection = plan.selection.as_ref().map(Cow::Borrowed);
        Self::set(&plan.desired, observed, options, selection)
    }

    fn set(
        desired: &'a DesiredTree,
        observed: &'a ObservedTree,
        options: &'a Options,
        selection: Option<Cow<'a, BTreeSet<NodeKey>>>,
    ) -> Self {
        let (waiting, closing) = (BTreeSet::new(), BTreeSet::new());
        let mut scene = Self { desired, observed, options, waiting, closing, selection };
        let unknown = unknown(&scene);
        for node in &desired.nodes {
            let proposed = scene.proposal(&node.key).is_some() && !options.adopt;
            let below =
                matches!(&node.parent, Parent::Node(parent) if scene.waiting.contains(parent));
            let left_out = !scene.selects(&node.key);
            let waits = proposed || below || left_out || unknown.contains(&node.key);
            if waits && scene.item(&node.key).is_none() {
                scene.waiting.insert(node.key.clone());
            }
        }
        scene
    }

    /// Tells whether a node may be written.
    #[must_use]
    pub fn selects(&self, key: &NodeKey) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.contains(key))
    }

    /// Tells whether what is wrong with a node stands in the way: everything hangs on the first.
    pub(super) fn concerns(&self, key: &NodeKey) -> bool {
        let first = self.desired.nodes.first().is_some_and(|first| first.key == *key);
        first || self.selects(key) || self.options.only.takes(key)
    }

    /// The nodes that the run may write; `None` is all.
    pub(super) fn selection(&self) -> Option<&BTreeSet<NodeKey>> {
        self.selection.as_deref()
    }

    /// What an open reference to a node reads; in a plan also which node it is.
    #[must_use]
    pub fn open(&self, purpose: For, key: &NodeKey) -> String {
        match (purpose, self.desired.node(key)) {
            (For::Plan, Some(node)) if !self.waiting.contains(key) => {
                format!("{} {AFTER_APPLY}", node.title)
            }
            (For::Plan | For::Writing, _) => NOT_YET.to_owned(),
        }
    }

    /// Fills the slots of a text.
    #[must_use]
    pub fn fill(&self, text: &Text, purpose: For) -> String {
        let open = |key: &NodeKey| self.open(purpose, key);
        resolve(text, open, |key| self.item(key), |key| self.closing.contains(key))
    }

    /// The item of a node: ours, to be adopted, or one the files name.
    #[must_use]
    pub fn item(&self, key: &NodeKey) -> Option<&'a Item> {
        let ours = self.observed.items.get(key);
        let adopted = || self.proposal(key).filter(|_| self.options.adopt && self.selects(key));
        let named = || {
            let node = self.desired.node(key)?;
            self.observed.existing.get(node.item.as_ref()?)
        };
        ours.or_else(adopted).or_else(named)
    }

    /// Tells whether what a node asks for is done: its item is closed, or will be.
    #[must_use]
    pub fn is_done(&self, key: &NodeKey) -> bool {
        self.closing.contains(key) || self.item(key).is_some_and(|item| !item.open)
    }

    /// The item that a node could adopt.
    #[must_use]
    pub fn proposal(&self, key: &NodeKey) -> Option<&'a Item> {
        self.observed.adoptable.get(key).filter(|_| !self.options.recreate.contains(key))
    }

    /// The item that a reference in an existing text names: one that waits for its adoption only
    /// if the text names it already.
    #[must_use]
    pub fn named(&self, key: &NodeKey, text: &str) -> Option<&'a Item> {
        let known = || self.proposal(key).filter(|item| names(text, &item.reference));
        self.item(key).or_else(known)
    }

    /// The item a node hangs under.
    #[must_use]
    pub fn parent(&self, parent: &Parent) -> Option<&'a Item> {
        match parent {
            Parent::None => None,
            Parent::Node(key) => self.item(key),
            Parent::Item(reference) => self.observed.existing.get(reference),
        }
    }

    /// Tells whether a node is the tool's first one, which holds the record.
    #[must_use]
    pub fn is_first(&self, node: &DesiredNode) -> bool {
        self.desired.nodes.first().is_some_and(|first| first.key == node.key)
    }
}

/// Tells whether a reference stands in a text.
pub(super) fn names(text: &str, reference: &Reference) -> bool {
    let reference = reference.to_string();
    let ends = |at: usize| !text[at + reference.len()..].starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(&reference).any(|(at, _)| ends(at))
}

/// Nodes of which nobody knows whether or where they exist.
fn unknown(scene: &Scene<'_>) -> BTreeSet<NodeKey> {
    let keys = scene.observed.trouble.iter().flat_map(|trouble| match trouble {
        Trouble::Damaged(..) | Trouble::Stray(..) | Trouble::Duplicate(..) => &[],
        Trouble::Unreadable(..)
        | Trouble::Lost(..)
        | Trouble::Named(..)
        | Trouble::Newer(..)
        | Trouble::Foreign(..)
        | Trouble::Unrecorded(..)
        | Trouble::Unkept(..) => trouble.keys(),
    });
    keys.filter(|key| !scene.options.recreate.contains(*key)).cloned().collect()
}
