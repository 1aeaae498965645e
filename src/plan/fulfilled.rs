//! Items in which all that they ask for is done: they may be closed, where the blueprint says so.
//!
//! Fulfilled is an open item of ours with at least one box, in which every box is ticked, whether
//! by people or by this plan, and around which everything is closed: items below it, items it is
//! blocked by or related to, and nodes that its text ticks. A conflict in it is for people first.
//! One that epictree closed before and people reopened stays open: the record knows.

use std::collections::BTreeSet;

use crate::canonical;
use crate::key::NodeKey;
use crate::marker::Record;
use crate::marker::note::{self, Note, Told};
use crate::tree::{DesiredNode, Item, LinkKind, WorkItemId};

use super::change::{Action, Cause, Change, FieldChange, Notice, Value};
use super::decide::decide;
use super::scene::{For, Scene};

/// Why an item is fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fulfilled {
    /// How many boxes it has, all ticked.
    pub boxes: usize,
    /// How many items it waited for, all closed.
    pub items: usize,
}

impl Fulfilled {
    /// What is done, as a clause.
    #[must_use]
    pub fn reason(self) -> String {
        let boxes = match self.boxes {
            1 => "its box is ticked".to_owned(),
            n => format!("all {n} boxes are ticked"),
        };
        match self.items {
            0 => boxes,
            1 => format!("{boxes} and the item it waited for is closed"),
            n => format!("{boxes} and the {n} items it waited for are closed"),
        }
    }

    /// The comment that goes with closing an item, without its hidden line.
    #[must_use]
    pub fn comment(self) -> String {
        format!(
            "Everything that this asks for is done: {}. So epictree closes it. Reopen it if \
             something is left; then it stays open.",
            self.reason()
        )
    }

    /// The comment with its hidden line.
    #[must_use]
    pub fn body(self, workspace: &str, key: NodeKey) -> String {
        let note = Note { workspace: workspace.to_owned(), key, told: Told::default() };
        note::write(&self.comment(), &note)
    }
}

/// The key of the comment that closes a node's item.
#[must_use]
pub fn comment_key(key: &NodeKey) -> Option<NodeKey> {
    NodeKey::of(key.tool(), &format!("fulfilled/{}", key.local()))
}

/// Tells why a node's item is fulfilled; `is_done` says so of the nodes that its text ticks.
#[must_use]
pub fn of(
    scene: &Scene<'_>,
    node: &DesiredNode,
    item: &Item,
    is_done: impl Fn(&NodeKey) -> bool,
) -> Option<Fulfilled> {
    let may = node.close_when_fulfilled && node.item.is_none() && item.open;
    if !may || was_closed(scene, node) || has_open_below(scene, item) {
        return None;
    }
    let waits_for = item.links.iter().filter(|link| link.kind != LinkKind::Blocks);
    let is_closed = |id: &WorkItemId| scene.closing.iter().any(|key| is_item(scene, key, id));
    if waits_for.clone().any(|link| link.open && !link.to.as_ref().is_some_and(is_closed)) {
        return None;
    }
    let ticked: BTreeSet<&NodeKey> = node.body.ticks().collect();
    if !ticked.iter().all(|key| is_done(key)) {
        return None;
    }
    let decision = decide(scene, node, item, For::Writing);
    let text = decision.update.description.as_deref().unwrap_or(&item.description);
    let boxes: Vec<bool> =
        canonical::lines(text).into_iter().filter_map(|line| line.ticked).collect();
    let whole = decision.conflicts.is_empty() && decision.update.leaves_links();
    if !whole || boxes.is_empty() || boxes.contains(&false) {
        return None;
    }
    let ids = ticked.iter().filter_map(|key| scene.item(key)).map(|item| &item.id);
    let linked = waits_for.clone().filter_map(|link| link.to.as_ref());
    let known: BTreeSet<&WorkItemId> = ids.chain(linked).collect();
    let unseen = waits_for.filter(|link| link.to.is_none()).count();
    Some(Fulfilled { boxes: boxes.len(), items: known.len() + unseen })
}

fn is_item(scene: &Scene<'_>, key: &NodeKey, id: &WorkItemId) -> bool {
    scene.item(key).is_some_and(|item| item.id == *id)
}

/// Tells whether epictree closed a node's item before: that it is open is people's decision.
fn was_closed(scene: &Scene<'_>, node: &DesiredNode) -> bool {
    let keys = std::iter::once(&node.key).chain(&node.was);
    let mut comments = keys.filter_map(comment_key);
    comments.any(|key| scene.observed.record.comments.contains_key(key.local()))
}

fn has_open_below(scene: &Scene<'_>, item: &Item) -> bool {
    let foreign = scene.observed.open_below.get(&item.id).is_some_and(|open| !open.is_empty());
    let below = |(key, other): (&NodeKey, &Item)| {
        other.open && other.parent.as_ref() == Some(&item.id) && !scene.closing.contains(key)
    };
    foreign || scene.observed.items.iter().any(below)
}

/// Every fulfilled item with its node; where the plan closes them, also those that are fulfilled by that.
pub(super) fn find(scene: &mut Scene<'_>) -> Vec<(NodeKey, Fulfilled)> {
    let desired = scene.desired;
    let mut left: Vec<&DesiredNode> =
        desired.nodes.iter().rev().filter(|node| node.close_when_fulfilled).collect();
    let mut found = Vec::new();
    loop {
        let before = found.len();
        left.retain(|node| {
            let item = scene.observed.items.get(&node.key);
            let done = |key: &NodeKey| scene.is_done(key);
            let Some(why) = item.and_then(|item| of(scene, node, item, done)) else { return true };
            found.push((node.key.clone(), why));
            if scene.options.close_fulfilled {
                scene.closing.insert(node.key.clone());
            }
            false
        });
        if found.len() == before || !scene.options.close_fulfilled {
            return found;
        }
    }
}

/// Makes a change one that closes its item.
pub(super) fn close(change: &mut Change, why: Fulfilled) {
    change.action = Action::Close;
    change.cause = Cause::Fulfilled;
    change.fields.push(FieldChange::new("comment", Value::None, why.comment()));
}

/// Says which items could be closed.
pub(super) fn proposal(keys: &[NodeKey]) -> Option<Notice> {
    let names: Vec<&str> = keys.iter().map(NodeKey::as_str).collect();
    let what = match names.as_slice() {
        [] => return None,
        [one] => format!("{one} is fulfilled: its"),
        many => format!("{} are fulfilled: their", many.join(", ")),
    };
    Some(Notice {
        blocks: false,
        message: format!("{what} boxes are ticked, and all that is waited for is closed"),
        hint: "close it by hand, or run with --close-fulfilled".into(),
    })
}

/// Keeps in the record which items were closed, under present names.
pub(super) fn settle(scene: &Scene<'_>, record: &mut Record) {
    for node in scene.desired.nodes.iter().filter(|node| node.close_when_fulfilled) {
        let Some(key) = comment_key(&node.key) else { continue };
        let old: Vec<NodeKey> = node.was.iter().filter_map(comment_key).collect();
        let closed = was_closed(scene, node) || scene.observed.threads.contains_key(&key);
        for old in &old {
            record.comments.remove(old.local());
        }
        if closed {
            record.comments.insert(key.local().to_owned(), Told::default());
        }
    }
}
