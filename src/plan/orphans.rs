//! Items that are closed or left alone: those the files no longer want, and second ones.

use std::collections::BTreeSet;

use crate::key::NodeKey;
use crate::tree::{Item, Kind, Reference, Twin, WorkItemId};

use super::change::{Action, Cause, Change, FieldChange, Subject, Value};
use super::scene::Scene;

/// Open items of ours that the files no longer want: those to close, deepest
/// first, and those left alone. What the changes put under another parent is
/// gone from its old one before anything is closed.
pub(super) fn orphans(scene: &Scene<'_>, changes: &[Change]) -> (Vec<Change>, Vec<Change>) {
    let wanted: BTreeSet<&NodeKey> = scene.desired.nodes.iter().map(|node| &node.key).collect();
    let open: Vec<(&NodeKey, &Item)> = scene
        .observed
        .items
        .iter()
        .filter(|(key, item)| item.open && !wanted.contains(key))
        .filter(|(key, _)| scene.options.only.takes(key))
        .collect();
    let mut gone = leaving(scene, changes);
    let mut closed: Vec<Change> = Vec::new();
    if scene.options.prune {
        while let Some((key, item)) =
            open.iter().find(|(_, item)| !gone.contains(&item.id) && is_bare(scene, item, &gone))
        {
            gone.insert(&item.id);
            closed.push(orphan(key, item, Action::Close));
        }
    }
    let left = open.iter().filter(|(_, item)| !gone.contains(&item.id));
    (closed, left.map(|(key, item)| orphan(key, item, Action::None)).collect())
}

/// Second items that nobody touched, what is below before what is above.
pub(super) fn twins(scene: &Scene<'_>) -> Vec<Change> {
    let close = |Twin { key, item, elder }: &Twin| Change {
        cause: Cause::Duplicate,
        fields: vec![FieldChange::new("duplicate of", Value::None, elder.to_string())],
        ..orphan(key, item, Action::Close)
    };
    let twins = scene.observed.twins.iter().filter(|twin| scene.options.only.takes(&twin.key));
    twins.map(close).collect()
}

/// Items that the changes put under another parent.
fn leaving<'a>(scene: &Scene<'a>, changes: &[Change]) -> BTreeSet<&'a WorkItemId> {
    let moves = |change: &&Change| change.fields.iter().any(|field| field.name == "parent");
    let keys = changes.iter().filter(moves).filter_map(|change| NodeKey::parse(&change.key));
    keys.filter_map(|key| scene.item(&key)).map(|item| &item.id).collect()
}

/// Tells whether everything open below an item leaves it or is closed in the same run.
fn is_bare(scene: &Scene<'_>, item: &Item, gone: &BTreeSet<&WorkItemId>) -> bool {
    let is_twin = |at: &Reference| scene.observed.twins.iter().any(|t| t.item.reference == *at);
    let mut below = scene.observed.open_below.get(&item.id).into_iter().flatten();
    let foreign = below.any(|at| !is_twin(at));
    let mut ours =
        scene.observed.items.values().filter(|other| other.parent.as_ref() == Some(&item.id));
    !foreign && ours.all(|other| !other.open || gone.contains(&other.id))
}

fn orphan(key: &NodeKey, item: &Item, action: Action) -> Change {
    Change {
        key: key.to_string(),
        subject: Subject::Node(item.kind.unwrap_or(Kind::Issue)),
        action,
        cause: Cause::Removed,
        title: item.title.clone(),
        reference: Some(item.reference.clone()),
        url: Some(item.url.clone()),
        parent: None,
        namespace: item.reference.namespace.clone(),
        depth: 0,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}
