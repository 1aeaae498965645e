//! Creates new items: parents before children, siblings last first.

mod item;
mod schedule;
mod twins;

use futures_util::StreamExt;
use futures_util::future::Shared;
use futures_util::stream::FuturesUnordered;

use crate::gitlab::WriteError;
use crate::key::NodeKey;
use crate::plan::{Action, Change};
use crate::tree::{DesiredNode, Parent};

use super::report::Outcome;
use super::state::{State, nodes_of};
use schedule::{News, Next, Schedule};
use twins::Made;

/// A tool and one of its nodes.
type NodeId<'a> = (usize, &'a NodeKey);
/// A new node and its change.
type Wanted<'a> = (&'a DesiredNode, &'a Change);

/// New nodes of one tool under one parent, in the blueprint's order.
struct Group<'a> {
    tool: usize,
    parent: &'a Parent,
    nodes: Vec<Wanted<'a>>,
}

impl<'a> Group<'a> {
    fn ids(&self) -> impl Iterator<Item = NodeId<'a>> {
        self.nodes.iter().map(|(node, _)| (self.tool, &node.key))
    }

    /// The node that it hangs under.
    fn above(&self) -> Option<NodeId<'a>> {
        match self.parent {
            Parent::Node(key) => Some((self.tool, key)),
            Parent::None | Parent::Item(_) => None,
        }
    }
}

/// Creates all new items; the first ones once the labels are there.
pub(super) async fn create(state: &State<'_>, labels: &Shared<impl Future<Output = ()>>) {
    let groups = groups(state);
    let mut schedule = Schedule::of(&groups);
    let most = state.reader.client().parallelism();
    let (mut turns, mut looks) = (FuturesUnordered::new(), FuturesUnordered::new());
    loop {
        while turns.len() + looks.len() < most && !state.stopped() {
            match schedule.next(looks.len(), |group| is_ready(state, group)) {
                Some(Next::Turn(at, nth)) => {
                    let turn = turn(state, &groups[at], nth, labels);
                    turns.push(async move { (at, turn.await) });
                }
                Some(Next::Look(made)) => looks.push(twins::settle(state, made)),
                None => break,
            }
        }
        tokio::select! {
            biased;
            Some(settled) = looks.next() => schedule.settle(&settled),
            Some((at, news)) = turns.next() => schedule.hear(at, news),
            else => break,
        }
    }
    if state.stopped() {
        return;
    }
    for (tool, (node, change)) in schedule.left() {
        state.note_failed(&node.key);
        let reason = "what it belongs under could not be created".to_owned();
        state.finish(tool, change, None, Outcome::Skipped(reason));
    }
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

/// Creates a node of a group, the last one first; before that it looks what is there.
async fn turn<'g, 'a>(
    state: &State<'a>,
    group: &'g Group<'a>,
    nth: usize,
    labels: &Shared<impl Future<Output = ()>>,
) -> News<'g, 'a> {
    if nth + 1 == group.nodes.len() {
        // Another run, or one that was cut off, may have been here since the plan.
        let looked = twins::take_in(state, group).await;
        labels.clone().await;
        if let Err(error) = looked {
            for (node, change) in &group.nodes {
                state.note_failed(&node.key);
                state.fail(group.tool, change, &WriteError::Refused(error.clone()));
            }
            return News::Ended;
        }
    }
    let (node, change) = group.nodes[nth];
    if state.stopped() {
        return News::Failed;
    }
    if state.with(group.tool, |scene| scene.item(&node.key).is_some()) {
        state.finish(group.tool, change, None, Outcome::Done);
        return News::Met((group.tool, &node.key));
    }
    match item::one(state, group, node).await {
        Ok(item) => {
            item::check_labels(state, node, &item);
            state.note_created(&node.key);
            state.keep(group.tool, &node.key, item.clone());
            item::place(state, group, node, &item).await;
            state.finish(group.tool, change, Some(&item), Outcome::Created);
            News::Made(Made { group, node, item: item.into() })
        }
        Err(error) => {
            state.note_failed(&node.key);
            state.fail(group.tool, change, &error);
            News::Failed
        }
    }
}
