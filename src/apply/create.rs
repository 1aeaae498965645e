//! Creates new items: parents before children, siblings last first.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use crate::gitlab::{GitlabError, NewItem, Side, WriteError};
use crate::identity::in_places;
use crate::key::NodeKey;
use crate::marker::{self, Reading};
use crate::plan::decide::around;
use crate::plan::description::first_description;
use crate::plan::scene::For;
use crate::plan::{Action, Change};
use crate::tree::{DesiredNode, Item, Kind, Parent};

use super::close::as_twin;
use super::report::Outcome;
use super::state::{State, nodes_of};

/// How often a create is tried whose answer was lost.
const TRIES: usize = 3;
/// How many of the caller's newest items are looked at for a lost one.
const NEWEST: usize = 20;

/// New nodes of one tool under one parent, in the blueprint's order.
struct Group<'a> {
    tool: usize,
    parent: &'a Parent,
    nodes: Vec<(&'a DesiredNode, &'a Change)>,
}

impl<'a> Group<'a> {
    fn keys(&self) -> impl Iterator<Item = NodeId<'a>> {
        self.nodes.iter().map(|(node, _)| (self.tool, &node.key))
    }

    /// The node that it hangs under.
    fn id(&self) -> Option<NodeId<'a>> {
        match self.parent {
            Parent::Node(key) => Some((self.tool, key)),
            Parent::None | Parent::Item(_) => None,
        }
    }
}

pub(super) async fn create(state: &State<'_>) {
    let mut waiting = groups(state);
    let heights = heights(&waiting);
    // Those with the longest way below them go first, and begin last in this list.
    waiting.sort_by_key(|group| heights.get(&group.id()).copied().unwrap_or_default());
    let most = state.reader.client().parallelism();
    let (settle, mut settled) = mpsc::unbounded_channel();
    let mut running = FuturesUnordered::new();
    // Of a node among these it is not settled yet below which of two items its children belong.
    let mut unsettled: BTreeSet<(usize, &NodeKey)> = waiting.iter().flat_map(Group::keys).collect();
    loop {
        while running.len() < most {
            let is_next = |group: &Group<'_>| {
                let waits = |key| unsettled.contains(&(group.tool, key));
                !matches!(group.parent, Parent::Node(key) if waits(key)) && is_ready(state, group)
            };
            let Some(at) = waiting.iter().rposition(is_next) else { break };
            let group = waiting.remove(at);
            let nodes: BTreeSet<_> = group.keys().collect();
            let above = nodes.into_iter().filter(|id| heights.contains_key(&Some(*id))).collect();
            running.push(siblings(state, group, above, &settle));
        }
        tokio::select! {
            biased;
            Some(id) = settled.recv() => {
                unsettled.remove(&id);
            }
            done = running.next() => {
                let Some(keys) = done else { break };
                unsettled.retain(|key| !keys.contains(key));
            }
        }
    }
    for group in waiting.iter().filter(|_| !state.stopped()) {
        for (node, change) in &group.nodes {
            state.note_failed(&node.key);
            let reason = "what it belongs under could not be created".to_owned();
            state.finish(group.tool, change, None, Outcome::Skipped(reason));
        }
    }
}

/// A tool and one of its nodes.
type NodeId<'a> = (usize, &'a NodeKey);

/// How many creates must follow each other from the first one of a group to the end, by the node
/// that the group hangs under.
fn heights<'a>(groups: &[Group<'a>]) -> BTreeMap<Option<NodeId<'a>>, usize> {
    let mut heights: BTreeMap<Option<NodeId<'a>>, usize> = BTreeMap::new();
    // Parents stand before children.
    for group in groups.iter().rev() {
        let ends = group.nodes.iter().rev().enumerate().map(|(n, (node, _))| {
            n + 1 + heights.get(&Some((group.tool, &node.key))).copied().unwrap_or_default()
        });
        let height = ends.max().unwrap_or_default();
        let known = heights.entry(group.id()).or_default();
        *known = height.max(*known);
    }
    heights
}

fn groups<'a>(state: &State<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (tool, plan) in state.tools() {
        let changes = nodes_of(plan);
        for node in &plan.desired.nodes {
            let change = changes.get(node.key.as_str()).filter(|c| c.action == Action::Create);
            let Some(change) = change.copied() else { continue };
            match groups.iter_mut().find(|g| g.tool == tool && *g.parent == node.parent) {
                Some(group) => group.nodes.push((node, change)),
                None => {
                    groups.push(Group { tool, parent: &node.parent, nodes: vec![(node, change)] });
                }
            }
        }
    }
    groups
}

fn is_ready(state: &State<'_>, group: &Group<'_>) -> bool {
    *group.parent == Parent::None
        || state.with(group.tool, |scene| scene.parent(group.parent).is_some())
}

/// Creates the new nodes under one parent, one after another, and answers which they were.
///
/// A node with something below it is told of as soon as it is settled that its item is the one.
async fn siblings<'a>(
    state: &State<'a>,
    group: Group<'a>,
    above: BTreeSet<NodeId<'a>>,
    settle: &mpsc::UnboundedSender<NodeId<'a>>,
) -> Vec<NodeId<'a>> {
    let keys: Vec<_> = group.keys().collect();
    if state.stopped() {
        return keys;
    }
    // Another run, or one that was cut off, may have been here since the plan.
    if let Err(error) = take_in(state, &group).await {
        for (node, change) in &group.nodes {
            state.note_failed(&node.key);
            state.fail(group.tool, change, &WriteError::Refused(error.clone()));
        }
        return keys;
    }
    let (mut made, mut checks) = (Vec::new(), FuturesUnordered::new());
    for (node, change) in group.nodes.iter().rev() {
        if state.stopped() {
            break;
        }
        if state.with(group.tool, |scene| scene.item(&node.key).is_some()) {
            state.finish(group.tool, change, None, Outcome::Done);
            continue;
        }
        match beside(&mut checks, one(state, &group, node)).await {
            Ok(item) => {
                check_labels(state, node, &item);
                state.note_created(&node.key);
                state.keep(group.tool, &node.key, item.clone());
                beside(&mut checks, place(state, &group, node, &item)).await;
                state.finish(group.tool, change, Some(&item), Outcome::Created);
                let id = (group.tool, &node.key);
                if above.contains(&id) {
                    let group = &group;
                    checks.push(async move {
                        settle_twins(state, group, &[(node, item)]).await;
                        // Nobody listens only if the apply has ended.
                        let _ = settle.send(id);
                    });
                } else {
                    made.push((*node, item));
                }
            }
            Err(error) => {
                state.note_failed(&node.key);
                state.fail(group.tool, change, &error);
            }
        }
    }
    while checks.next().await.is_some() {}
    if !made.is_empty() && !state.stopped() {
        settle_twins(state, &group, &made).await;
    }
    drop(checks);
    keys
}

/// Waits for something while other things go on.
async fn beside<T>(
    others: &mut FuturesUnordered<impl Future<Output = ()>>,
    wanted: impl Future<Output = T>,
) -> T {
    let mut wanted = std::pin::pin!(wanted);
    loop {
        tokio::select! {
            biased;
            done = &mut wanted => return done,
            Some(()) = others.next() => {}
        }
    }
}

/// Reads the parent's children and keeps those that carry a key of the group.
async fn take_in(state: &State<'_>, group: &Group<'_>) -> Result<(), GitlabError> {
    // Nobody has had the time to put anything under what this run made just now; if somebody did,
    // that is settled afterwards.
    if group.id().is_some_and(|(_, key)| state.created().contains(key)) {
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
async fn listed(
    state: &State<'_>,
    group: &Group<'_>,
) -> Result<BTreeMap<NodeKey, Vec<Item>>, GitlabError> {
    let parent =
        state.with(group.tool, |scene| scene.parent(group.parent).map(|item| item.id.clone()));
    let children = match parent {
        Some(parent) => {
            let mut listed = state.reader.children(std::slice::from_ref(&parent)).await?;
            let what = format!("the list of what hangs under {}", parent.as_str());
            listed.remove(&parent).ok_or(GitlabError::NotFound { what })?
        }
        None => tops(state, group).await?,
    };
    let keys: BTreeSet<&NodeKey> = group.nodes.iter().map(|(node, _)| &node.key).collect();
    let mut found: BTreeMap<NodeKey, Vec<Item>> = BTreeMap::new();
    for item in children {
        if let Some(key) = key_of(state, &item).filter(|key| keys.contains(key)) {
            let same = found.entry(key).or_default();
            if same.iter().all(|other: &Item| other.id != item.id) {
                same.push(item);
            }
        }
    }
    Ok(found)
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
fn key_of(state: &State<'_>, item: &Item) -> Option<NodeKey> {
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

/// Creates one item; a lost answer is looked for before it is tried again.
async fn one(state: &State<'_>, group: &Group<'_>, node: &DesiredNode) -> Result<Item, WriteError> {
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
        let below = listed(state, group).await?.remove(&node.key);
        let newest =
            state.reader.newest(&node.namespace, &state.job().ground.caller, NEWEST).await?;
        let newest =
            newest.into_iter().filter(|item| key_of(state, item).as_ref() == Some(&node.key));
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
fn check_labels(state: &State<'_>, node: &DesiredNode, item: &Item) {
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
async fn place(state: &State<'_>, group: &Group<'_>, node: &DesiredNode, item: &Item) {
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

/// Two runs at once may both have created a sibling: the elder wins, and the run
/// that made the other closes it, marks it, and goes on below the winner.
async fn settle_twins(state: &State<'_>, group: &Group<'_>, made: &[(&DesiredNode, Item)]) {
    let Ok(mut found) = listed(state, group).await else { return };
    for (node, item) in made {
        let twins = found.remove(&node.key).unwrap_or_default();
        let Some(elder) =
            twins.into_iter().filter(|twin| twin.id < item.id).min_by(|a, b| a.id.cmp(&b.id))
        else {
            continue;
        };
        match state.writer.update(&as_twin(state, &node.key, item)).await {
            Ok(_) => state.warn(format!(
                "{} was created twice; {} is closed",
                elder.reference, item.reference
            )),
            Err(error) => state.warn(format!(
                "{} is a duplicate of {}: {}",
                item.reference,
                elder.reference,
                error.error()
            )),
        }
        state.note_theirs(&node.key);
        state.keep(group.tool, &node.key, elder);
    }
}
