//! Looks for what another run, or one that was cut off, made of the same nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::gitlab::GitlabError;
use crate::identity::in_places;
use crate::key::NodeKey;
use crate::marker::{self, Reading};
use crate::tree::{DesiredNode, Item, Kind, WorkItemId};

use super::super::close::as_twin;
use super::super::state::State;
use super::{Group, NodeId};

/// How many of the caller's newest items are looked at for a lost one.
pub(super) const NEWEST: usize = 20;

/// An item that this run made, and of which it is not settled yet whether it is the one.
pub(super) struct Made<'g, 'a> {
    pub(super) group: &'g Group<'a>,
    pub(super) node: &'a DesiredNode,
    pub(super) item: Box<Item>,
}

impl<'a> Made<'_, 'a> {
    pub(super) fn id(&self) -> NodeId<'a> {
        (self.group.tool, &self.node.key)
    }
}

/// Reads the parent's children and keeps those that carry a key of the group.
pub(super) async fn take_in(state: &State<'_>, group: &Group<'_>) -> Result<(), GitlabError> {
    // Nobody has had the time to put anything under what this run made just now; if somebody did,
    // that is settled afterwards.
    if group.above().is_some_and(|(_, key)| state.created().contains(key)) {
        return Ok(());
    }
    for (key, mut twins) in listed(state, group).await? {
        twins.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(eldest) = twins.into_iter().next() {
            state.note_theirs(&key);
            state.keep(group.tool, &key, eldest);
        }
    }
    Ok(())
}

/// The items under the group's parent that carry a key of the group.
pub(super) async fn listed(
    state: &State<'_>,
    group: &Group<'_>,
) -> Result<BTreeMap<NodeKey, Vec<Item>>, GitlabError> {
    let children = match parent(state, group) {
        Some(parent) => {
            let mut listed = state.reader.children(std::slice::from_ref(&parent)).await?;
            let what = format!("the list of what hangs under {}", parent.as_str());
            listed.remove(&parent).ok_or(GitlabError::NotFound { what })?
        }
        None => tops(state, group).await?,
    };
    Ok(keyed(state, group, children))
}

fn parent(state: &State<'_>, group: &Group<'_>) -> Option<WorkItemId> {
    state.with(group.tool, |scene| scene.parent(group.parent).map(|item| item.id.clone()))
}

/// Those of some items that carry a key of the group.
fn keyed(
    state: &State<'_>,
    group: &Group<'_>,
    items: impl IntoIterator<Item = Item>,
) -> BTreeMap<NodeKey, Vec<Item>> {
    let keys: BTreeSet<&NodeKey> = group.nodes.iter().map(|(node, _)| &node.key).collect();
    let mut found: BTreeMap<NodeKey, Vec<Item>> = BTreeMap::new();
    for item in items {
        if let Some(key) = key_of(state, &item).filter(|key| keys.contains(key)) {
            let same = found.entry(key).or_default();
            if same.iter().all(|other: &Item| other.id != item.id) {
                same.push(item);
            }
        }
    }
    found
}

/// What may be one of a group's nodes that hang under nothing: no list holds them all, so they are
/// looked for as the plan did.
async fn tops(state: &State<'_>, group: &Group<'_>) -> Result<Vec<Item>, GitlabError> {
    let ground = state.job().ground;
    let mut found = Vec::new();
    for (node, _) in &group.nodes {
        found.extend(state.reader.newest(&node.namespace, &ground.caller, NEWEST).await?);
        if node.kind == Kind::Epic {
            let phrase = marker::search_phrase(&ground.workspace, node.key.tool());
            found.extend(state.reader.search(&node.namespace, &phrase).await?);
        }
    }
    Ok(found)
}

/// The key an item carries; a marker outside the workspace's places is a clone's or a forgery's.
pub(super) fn key_of(state: &State<'_>, item: &Item) -> Option<NodeKey> {
    if !in_places(&state.job().ground.places, item) {
        return None;
    }
    match marker::read(&item.description).marker {
        Reading::One(marker) if marker.workspace == state.job().ground.workspace => {
            Some(marker.key)
        }
        _ => None,
    }
}

/// Two runs at once may both have created a sibling: the elder wins, and the run
/// that made the other closes it, marks it, and goes on below the winner.
///
/// Answers the nodes of which it is settled; a list that cannot be read settles no more than
/// one that shows nothing.
pub(super) async fn settle<'a>(state: &State<'_>, made: Vec<Made<'_, 'a>>) -> Vec<NodeId<'a>> {
    let mut groups: Vec<&Group<'_>> = made.iter().map(|made| made.group).collect();
    groups.sort_by_key(|group| std::ptr::from_ref(*group));
    groups.dedup_by(|one, other| std::ptr::eq(*one, *other));
    let parents: Vec<WorkItemId> = groups.iter().filter_map(|group| parent(state, group)).collect();
    let lists = state.reader.children(&parents).await.ok();
    let mut found = BTreeMap::new();
    for group in groups {
        let list = parent(state, group).and_then(|parent| lists.as_ref()?.get(&parent).cloned());
        let mut twins = match list {
            Some(list) => keyed(state, group, list),
            None => listed(state, group).await.unwrap_or_default(),
        };
        found.append(&mut twins);
    }
    for Made { group, node, item } in &made {
        let twins = found.remove(&node.key).unwrap_or_default();
        let elder =
            twins.into_iter().filter(|twin| twin.id < item.id).min_by(|a, b| a.id.cmp(&b.id));
        if let Some(elder) = elder {
            give_way(state, group.tool, node, item, elder).await;
        }
    }
    made.iter().map(Made::id).collect()
}

/// Closes an item in favour of an elder one.
async fn give_way(state: &State<'_>, tool: usize, node: &DesiredNode, item: &Item, elder: Item) {
    match state.writer.update(&as_twin(state, &node.key, item)).await {
        Ok(_) => state
            .warn(format!("{} was created twice; {} is closed", elder.reference, item.reference)),
        Err(error) => state.warn(format!(
            "{} is a duplicate of {}: {}",
            item.reference,
            elder.reference,
            error.error()
        )),
    }
    state.note_theirs(&node.key);
    state.keep(tool, &node.key, elder);
}
