//! Creates one item, finds one whose creation was not answered, and moves one to its place.

use std::collections::BTreeSet;

use crate::gitlab::{GitlabError, NewItem, Side, WriteError};
use crate::plan::decide::around;
use crate::plan::description::first_description;
use crate::plan::scene::For;
use crate::tree::{DesiredNode, Item};

use super::super::state::State;
use super::twins::NEWEST;
use super::{Group, twins};

/// How often a create is tried whose answer was lost.
const TRIES: usize = 3;

/// Creates one item; a lost answer is looked for before it is tried again.
pub(super) async fn one(
    state: &State<'_>,
    group: &Group<'_>,
    node: &DesiredNode,
) -> Result<Item, WriteError> {
    let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    state.has_labels(&node.namespace, labels.into_iter().flatten())?;
    let new = new_item(state, group.tool, node);
    let mut tries = 1;
    loop {
        let error = match state.writer.create(&new).await {
            Ok(created) => {
                for warning in created.warnings {
                    state.warn(format!("{}: {warning}", node.key));
                }
                return Ok(created.item);
            }
            Err(error) if !error.is_uncertain() => return Err(error),
            Err(error) => error,
        };
        // What cannot be looked for is not sent again: it may be there.
        match find_lost(state, group, node).await {
            Ok(Some(item)) => return Ok(item),
            Ok(None) if tries < TRIES && !state.stopped() => {}
            Ok(None) | Err(_) => return Err(error),
        }
        tries += 1;
    }
}

/// Looks twice for an item whose creation was not answered.
async fn find_lost(
    state: &State<'_>,
    group: &Group<'_>,
    node: &DesiredNode,
) -> Result<Option<Item>, GitlabError> {
    let pace = *state.reader.client().pace();
    for look in 0..2 {
        if look > 0 {
            pace.sleep(pace.lost_answer).await;
        }
        let below = twins::listed(state, group).await?.remove(&node.key);
        let newest =
            state.reader.newest(&node.namespace, &state.job().ground.caller, NEWEST).await?;
        let newest = newest
            .into_iter()
            .filter(|item| twins::key_of(state, item).as_ref() == Some(&node.key));
        let found = below.into_iter().flatten().chain(newest);
        if let Some(eldest) = found.min_by(|a, b| a.id.cmp(&b.id)) {
            return Ok(Some(eldest));
        }
    }
    Ok(None)
}

/// The creation's input. Ids are looked up after the scene is left: both take the lock.
fn new_item(state: &State<'_>, tool: usize, node: &DesiredNode) -> NewItem {
    let namespace = node.namespace.clone();
    let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    let new = state.with(tool, |scene| {
        let parent = scene.parent(&node.parent);
        let description = around(scene, node, For::Writing, |around| {
            first_description(node, parent.map(|item| &item.id), around)
        });
        NewItem {
            type_id: state
                .job()
                .types
                .get(&(namespace.clone(), node.kind))
                .cloned()
                .unwrap_or_default(),
            title: node.title.clone(),
            description,
            parent: parent.map(|item| item.id.clone()),
            // GitLab refuses a public child under a confidential parent.
            confidential: node.confidential == Some(true)
                || parent.is_some_and(|item| item.confidential),
            weight: node.weight.filter(|_| scene.observed.capabilities.weights),
            start: node.start,
            due: node.due,
            ..NewItem::default()
        }
    });
    NewItem {
        label_ids: state
            .label_ids(&namespace, labels.into_iter().flatten().collect::<BTreeSet<_>>()),
        milestone_id: node
            .milestone
            .as_ref()
            .and_then(|title| state.milestone_id(&namespace, title)),
        assignee_ids: state.user_ids(node.assignees.as_deref().unwrap_or_default()),
        namespace,
        ..new
    }
}

/// GitLab drops labels that it cannot use without a word; that is an error here.
pub(super) fn check_labels(state: &State<'_>, node: &DesiredNode, item: &Item) {
    let wanted = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    let has: BTreeSet<&String> = item.labels.iter().map(|label| &label.title).collect();
    let dropped: Vec<&str> = wanted
        .into_iter()
        .flatten()
        .filter(|title| !has.contains(title))
        .map(String::as_str)
        .collect();
    if !dropped.is_empty() {
        state.warn(format!(
            "{}: GitLab dropped the label {}; ask for the right to set labels in {}",
            item.reference,
            dropped.join(", "),
            node.namespace
        ));
    }
}

/// Moves a child that was added later next to its elder neighbour; a new tree
/// needs none of this, because the last sibling is created first.
pub(super) async fn place(state: &State<'_>, group: &Group<'_>, node: &DesiredNode, item: &Item) {
    let created = state.created();
    let neighbour = state.with(group.tool, |scene| {
        let siblings = scene.desired.nodes.iter().filter(|other| other.parent == node.parent);
        let above: Vec<_> = siblings.take_while(|other| other.key != node.key).collect();
        let mut existing = above.iter().rev().filter(|other| !created.contains(&other.key));
        existing.find_map(|other| {
            let neighbour = scene.item(&other.key)?;
            (neighbour.parent == item.parent).then(|| neighbour.id.clone())
        })
    });
    let Some(neighbour) = neighbour else { return };
    let mut tries = 1;
    let mut result = state.writer.reorder(&item.id, &neighbour, Side::After).await;
    // Moved twice, it stands where it stood.
    while tries < TRIES && result.as_ref().is_err_and(WriteError::is_uncertain) {
        tries += 1;
        result = state.writer.reorder(&item.id, &neighbour, Side::After).await;
    }
    if let Err(error) = result {
        state.warn(format!(
            "{}: not moved next to its neighbour: {}",
            item.reference,
            error.error()
        ));
    }
}
