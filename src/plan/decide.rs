//! Decides one node against its item, in the scene it stands in.

use crate::key::NodeKey;
use crate::marker::Record;
use crate::tree::{DesiredNode, Item, Reference, WorkItemId};

use super::compare::{Around, Decision, compare, compare_existing};
use super::scene::{For, Scene};
use super::{comments, fulfilled, rows};

/// Decides one node against an item.
#[must_use]
pub fn decide(scene: &Scene<'_>, node: &DesiredNode, item: &Item, purpose: For) -> Decision {
    around(scene, node, purpose, |around| match node.item {
        Some(_) => compare_existing(node, item, around),
        None => compare(node, item, around),
    })
}

/// Hands what surrounds a node to a comparison.
pub fn around<T>(
    scene: &Scene<'_>,
    node: &DesiredNode,
    purpose: For,
    f: impl FnOnce(&Around<'_>) -> T,
) -> T {
    let first = scene.is_first(node);
    f(&Around {
        workspace: &scene.options.workspace,
        on_conflict: scene.options.on_conflict,
        item: &|key| scene.item(key),
        named: &|key, text| scene.named(key, text),
        parent: &|parent| scene.parent(parent),
        by_id: &|id| scene.observed.by_id(id),
        record: first.then(|| record(scene)),
        related: scene
            .desired
            .related
            .as_ref()
            .filter(|_| first)
            .and_then(|r| scene.observed.existing.get(r)),
        target: &|name| target(scene, name),
        capabilities: scene.observed.capabilities,
        open: &|key| scene.open(purpose, key),
        waits: &|key| scene.waiting.contains(key),
        closing: &|key| scene.closing.contains(key),
    })
}

/// What a name in a base's links is called now, and its item; of a node that the
/// files no longer want, and of one that was not met, what the record knows.
fn target(scene: &Scene<'_>, name: &str) -> (String, Option<WorkItemId>) {
    if let Some(reference) = Reference::parse(name) {
        let item = scene.observed.existing.get(&reference);
        return (name.to_owned(), item.map(|item| item.id.clone()));
    }
    let Some(key) = NodeKey::of(&scene.desired.tool, name) else {
        return (name.to_owned(), None);
    };
    let key = scene.desired.renamed(key);
    let recorded = || scene.observed.record.items.get(key.local());
    let id = match scene.item(&key) {
        Some(item) => Some(item.id.clone()),
        None => recorded().map(|number| WorkItemId::from_number(*number)),
    };
    (key.local().to_owned(), id)
}

/// The record as it should be: every item that is ours, under its present key.
fn record(scene: &Scene<'_>) -> Record {
    let mut record = scene.observed.record.clone();
    for key in scene.desired.nodes.iter().flat_map(|node| &node.was) {
        record.items.remove(key.local());
    }
    let adopted = scene.observed.adoptable.keys();
    let adopted = adopted.filter_map(|key| Some((key, scene.item(key)?)));
    for (key, item) in scene.observed.items.iter().chain(adopted) {
        record.items.insert(key.local().to_owned(), item.id.number());
    }
    comments::settle(scene, &mut record);
    fulfilled::settle(scene, &mut record);
    rows::settle(scene, &mut record);
    record
}
