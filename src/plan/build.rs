//! Builds the plan of one tool: every node, row and orphan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::key::NodeKey;
use crate::tree::{DesiredNode, DesiredTree, Item, ObservedTree, Parent, Reference};

use super::change::{Action, Cause, Change, FieldChange, Needs, Subject, Summary, ToolPlan, Value};
use super::compare::Decision;
use super::decide::{decide, decide_all};
use super::notices::notices;
use super::orphans::{orphans, twins};
use super::scene::{For, Options, Scene};
use super::{comments, fulfilled, needs, rows};

/// Builds the plan of one tool.
#[must_use]
pub fn build(desired: &Arc<DesiredTree>, observed: &ObservedTree, options: &Options) -> ToolPlan {
    let present = desired.present(observed);
    let desired = &*present;
    let mut scene = Scene::new(desired, observed, options);
    let fulfilled = fulfilled::find(&mut scene);
    let scene = scene;
    let depths = depths(desired);
    let mut changes: Vec<Change> =
        desired.nodes.iter().map(|node| change_of(&scene, node)).collect();
    for (change, node) in changes.iter_mut().zip(&desired.nodes) {
        change.depth = depths[&node.key];
    }
    let mut notices = notices(&scene, &changes);
    if options.close_fulfilled {
        for (key, why) in fulfilled {
            let change = changes.iter_mut().find(|change| change.key == key.as_str());
            change.into_iter().for_each(|change| fulfilled::close(change, why));
        }
    } else {
        let keys: Vec<NodeKey> = fulfilled.into_iter().rev().map(|(key, _)| key).collect();
        notices.extend(fulfilled::proposal(&keys));
    }
    let (changes, left_out) = selected(&scene, changes);
    let (closed, orphans) = orphans(&scene, &changes);
    let mut plan = ToolPlan {
        desired: Arc::clone(&present),
        open_items: observed.items.values().filter(|item| item.open).count(),
        touched: touched(&changes, &closed),
        notices,
        changes,
        orphans,
        needs: Needs::default(),
        selection: scene.selection().cloned(),
        left_out,
    };
    plan.changes.extend(twins(&scene));
    plan.changes.extend(closed);
    comments::plan(&scene, &mut plan);
    rows::plan(&scene, &mut plan);
    plan.needs = needs::of(&scene, &plan);
    plan
}

/// The changes of the nodes that the plan is about, and the sums of the others. The first node
/// stays, as it keeps the record of all.
fn selected(scene: &Scene<'_>, changes: Vec<Change>) -> (Vec<Change>, Summary) {
    let mut left_out = Summary::default();
    let mut kept = Vec::new();
    for (mut change, node) in changes.into_iter().zip(&scene.desired.nodes) {
        if scene.selects(&node.key) {
            kept.push(change);
            continue;
        }
        match (change.action, &change.reference) {
            (Action::Wait, None) => left_out.note(Action::Create),
            (Action::None | Action::Record, _) => {}
            (action, _) => left_out.note(action),
        }
        if let Some(item) = scene.item(&node.key).filter(|_| scene.is_first(node)) {
            let writes = item.open && !decide(scene, node, item, For::Plan).update.is_empty();
            change.action = if writes { Action::Record } else { Action::None };
            change.cause = Cause::None;
            change.fields.clear();
            change.kept.clear();
            change.conflicts.clear();
            kept.push(change);
        }
    }
    (kept, left_out)
}

fn depths(desired: &DesiredTree) -> BTreeMap<NodeKey, usize> {
    let mut depths: BTreeMap<NodeKey, usize> = BTreeMap::new();
    for node in &desired.nodes {
        let depth = match &node.parent {
            Parent::Node(parent) => depths.get(parent).map_or(0, |depth| depth + 1),
            Parent::None | Parent::Item(_) => 0,
        };
        depths.insert(node.key.clone(), depth);
    }
    depths
}

fn change_of(scene: &Scene<'_>, node: &DesiredNode) -> Change {
    let waits = scene.waiting.contains(&node.key);
    let item = scene.item(&node.key);
    let proposed = scene.proposal(&node.key).filter(|_| waits);
    let mut change = blank(node, item.or(proposed));
    match item {
        None if waits => change.action = Action::Wait,
        None => new_item(scene, node, &mut change),
        Some(item) if item.open => {
            fill(scene, node, item, &mut change);
            let ours = scene.observed.items.contains_key(&node.key) || node.item.is_some();
            if !ours {
                change.action = Action::Adopt;
            }
        }
        Some(_) => {}
    }
    change
}

fn blank(node: &DesiredNode, item: Option<&Item>) -> Change {
    Change {
        key: node.key.to_string(),
        subject: Subject::Node(node.kind),
        action: Action::None,
        cause: Cause::None,
        title: item
            .filter(|_| node.item.is_some())
            .map_or_else(|| node.title.clone(), |i| i.title.clone()),
        reference: item.map(|item| item.reference.clone()),
        url: item.map(|item| item.url.clone()),
        parent: match &node.parent {
            Parent::None => None,
            Parent::Node(key) => Some(key.to_string()),
            Parent::Item(reference) => Some(reference.to_string()),
        },
        namespace: item
            .map_or_else(|| node.namespace.clone(), |item| item.reference.namespace.clone()),
        depth: 0,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn new_item(scene: &Scene<'_>, node: &DesiredNode, change: &mut Change) {
    if let Some(reference) = &node.item {
        // Nothing was read: an offline plan shows what it would look at.
        change.reference = Some(reference.clone());
        change.fields.push(FieldChange::new("parent", Value::None, change.parent.clone()));
        change.fields.push(FieldChange::new("labels", Value::None, node.labels.enforced.clone()));
        change.fields.retain(|field| field.after != Value::None);
        change.action = if change.fields.is_empty() { Action::None } else { Action::Update };
        change.cause = Cause::SpecChanged;
        return;
    }
    change.action = Action::Create;
    change.cause = Cause::New;
    let body = scene.fill(&node.body, For::Plan);
    let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    let labels: BTreeSet<String> = labels.into_iter().flatten().cloned().collect();
    let links: Vec<String> = node.depends_on.iter().map(|key| shown(scene, key)).collect();
    let related =
        scene.desired.related.iter().filter(|_| scene.is_first(node)).map(Reference::to_string);
    let fields = [
        ("labels", labels.into_iter().collect::<Vec<_>>().into()),
        ("confidential", node.confidential.filter(|flag| *flag).into()),
        ("weight", node.weight.into()),
        ("milestone", node.milestone.clone().into()),
        ("assignees", node.assignees.clone().unwrap_or_default().into()),
        ("start", node.start.into()),
        ("due", node.due.into()),
        ("links", links.into_iter().chain(related).collect::<Vec<_>>().into()),
        ("body", Value::Text(body)),
    ];
    for (name, after) in fields {
        if after != Value::None {
            change.fields.push(FieldChange::new(name, Value::None, after));
        }
    }
}

fn shown(scene: &Scene<'_>, key: &NodeKey) -> String {
    scene.item(key).map_or_else(|| key.local().to_owned(), |item| item.reference.to_string())
}

fn fill(scene: &Scene<'_>, node: &DesiredNode, item: &Item, change: &mut Change) {
    let Decision { fields, kept, conflicts, update, cause } =
        decide_all(scene, node, item, For::Plan);
    change.action = match (fields.is_empty(), update.is_empty()) {
        (false, _) => Action::Update,
        (true, false) => Action::Record,
        (true, true) => Action::None,
    };
    change.cause = cause.unwrap_or(Cause::None);
    (change.fields, change.kept, change.conflicts) = (fields, kept, conflicts);
}

fn touched(changes: &[Change], closed: &[Change]) -> BTreeSet<NodeKey> {
    let writes = |change: &&Change| !matches!(change.action, Action::None | Action::Wait);
    let keys = changes.iter().chain(closed).filter(writes);
    keys.filter_map(|change| NodeKey::parse(&change.key)).collect()
}
