//! An existing item that may be written: what is known of it, what is to be done to it.

use std::collections::BTreeSet;

use crate::gitlab::WriteError;
use crate::plan::compare::Decision;
use crate::plan::scene::For;
use crate::plan::{self, Change};
use crate::tree::{DesiredNode, Item};

use super::state::State;

/// An item that may be written.
pub(super) struct Target<'a> {
    pub(super) tool: usize,
    pub(super) node: &'a DesiredNode,
    pub(super) change: &'a Change,
    /// What was known of it before it was read again.
    pub(super) known: Item,
}

/// Decides what to write of it, by what is known of it now.
pub(super) fn decide(state: &State<'_>, target: &Target<'_>, item: &Item) -> Decision {
    state.with(target.tool, |scene| plan::decide::decide(scene, target.node, item, For::Writing))
}

/// Tells whether a field that epictree manages is not as it was.
pub(super) fn moved(known: &Item, fresh: &Item) -> bool {
    let managed = |item: &Item| {
        let Item {
            id: _,
            reference: _,
            url: _,
            kind: _,
            title,
            description,
            open,
            created: _,
            closed: _,
            confidential,
            labels,
            parent,
            weight,
            milestone,
            assignees,
            start,
            due,
            below: _,
            lock_version: _,
            moved_to,
            links: _,
            author: _,
            can_update: _,
        } = item.clone();
        let labels: BTreeSet<String> = labels.into_iter().map(|label| label.title).collect();
        (
            title,
            description,
            open,
            confidential,
            labels,
            parent,
            weight,
            milestone,
            assignees,
            start,
            due,
            moved_to,
        )
    };
    managed(known) != managed(fresh)
}

/// Reads an item again; an item that cannot be read leaves the error that led here.
pub(super) async fn reread(
    state: &State<'_>,
    item: &Item,
    error: WriteError,
) -> Result<Item, WriteError> {
    let fresh = state.reader.items(std::slice::from_ref(&item.id)).await;
    fresh.ok().and_then(|mut fresh| fresh.remove(&item.id)).ok_or(error)
}
