//! Closes items that are fulfilled: a word why, then what is left to write and the end in one mutation.

use std::collections::BTreeSet;

use crate::gitlab::{Comment, Update, WriteError};
use crate::key::NodeKey;
use crate::marker::note::{self, Told};
use crate::plan::fulfilled::{self, Fulfilled};
use crate::plan::{Action, Cause, Change, ToolPlan};
use crate::tree::{Item, Thread, WorkItemId};

use super::report::Outcome;
use super::state::State;
use super::target::{Target, decide, moved, reread};
use super::update;

pub(super) async fn close(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        let mut left = targets(state, tool, plan);
        // What is below or ticked is closed before what waits for it.
        while !left.is_empty() {
            let before = left.len();
            let mut waiting = Vec::new();
            for target in left {
                if state.stopped() {
                    return;
                }
                match one(state, &target).await {
                    Ok(Some(outcome)) => {
                        state.finish(tool, target.change, Some(&target.known), outcome);
                    }
                    Ok(None) => waiting.push(target),
                    Err(error) => state.fail(tool, target.change, &error),
                }
            }
            if waiting.len() == before {
                for Target { change, known, .. } in &waiting {
                    state.finish(tool, change, Some(known), Outcome::Moved);
                }
                break;
            }
            left = waiting;
        }
    }
}

fn targets<'a>(state: &State<'a>, tool: usize, plan: &'a ToolPlan) -> Vec<Target<'a>> {
    let closes =
        |change: &&Change| change.action == Action::Close && change.cause == Cause::Fulfilled;
    let target = |change: &'a Change| {
        let node = plan.desired.node(&NodeKey::parse(&change.key)?)?;
        let known = state.with(tool, |scene| scene.item(&node.key).cloned())?;
        Some(Target { tool, node, change, known })
    };
    plan.changes.iter().filter(closes).filter_map(target).collect()
}

/// Closes one item; `None` if it is not, or not yet, fulfilled.
async fn one(state: &State<'_>, target: &Target<'_>) -> Result<Option<Outcome>, WriteError> {
    let Target { tool, node, known, .. } = target;
    let (item, why) = match still(state, target).await? {
        Still::Closed => return Ok(Some(Outcome::Done)),
        Still::Moved => return Ok(Some(Outcome::Moved)),
        Still::Open => return Ok(None),
        Still::Fulfilled(item, why) => (item, why),
    };
    let Some(key) = fulfilled::comment_key(&node.key) else { return Ok(Some(Outcome::Moved)) };
    let discussion = explain(state, &item, &key, why).await?;
    let update = update::mutation(state, &item, decide(state, target, &item).update);
    let now = match state.writer.update(&Update { close: true, ..update }).await {
        Ok(now) => now,
        Err(error) if error.is_uncertain() => {
            let now = reread(state, &item, error.clone()).await?;
            if now.open {
                return Err(error);
            }
            now
        }
        Err(error) => return Err(error),
    };
    update::check_labels(state, target, &now);
    // Only now: what is recorded and open was reopened by people.
    state.keep_thread(*tool, key, Thread { discussion, told: Told::default() });
    state.keep(*tool, &node.key, Item { links: known.links.clone(), ..now });
    Ok(Some(Outcome::Closed))
}

/// What an item is when it is looked at again.
enum Still {
    Closed,
    Moved,
    Open,
    Fulfilled(Box<Item>, Fulfilled),
}

/// Reads an item, what hangs below it and what its text ticks again.
async fn still(state: &State<'_>, target: &Target<'_>) -> Result<Still, WriteError> {
    let Target { tool, node, known, .. } = target;
    let ticked: Vec<(&NodeKey, WorkItemId)> = state.with(*tool, |scene| {
        let items = node.body.ticks().filter_map(|key| Some((key, scene.item(key)?.id.clone())));
        items.collect()
    });
    let mut ids: Vec<WorkItemId> = ticked.iter().map(|(_, id)| id.clone()).collect();
    ids.push(known.id.clone());
    let mut fresh = state.reader.items(&ids).await.map_err(WriteError::Refused)?;
    let Some(item) = fresh.remove(&known.id) else { return Ok(Still::Moved) };
    if !item.open {
        return Ok(Still::Closed);
    }
    let below = state.reader.children(std::slice::from_ref(&item.id)).await;
    let busy = below.map_err(WriteError::Refused)?.into_values().flatten().any(|item| item.open);
    let closed = |id: &WorkItemId| fresh.get(id).is_some_and(|item| !item.open);
    let done: BTreeSet<&NodeKey> =
        ticked.iter().filter(|(_, id)| closed(id)).map(|(key, _)| *key).collect();
    let why =
        state.with(*tool, |scene| fulfilled::of(scene, node, &item, |key| done.contains(key)));
    match why {
        Some(_) if moved(known, &item) => Ok(Still::Moved),
        Some(why) if !busy => Ok(Still::Fulfilled(Box::new(item), why)),
        Some(_) | None => Ok(Still::Open),
    }
}

/// Says why an item is closed, unless an apply that was cut off has said it already; answers the thread.
async fn explain(
    state: &State<'_>,
    item: &Item,
    key: &NodeKey,
    why: Fulfilled,
) -> Result<String, WriteError> {
    let ground = state.job().ground;
    let ours = |said: &&Comment| said.author == ground.caller || said.author == item.author;
    let says = |said: &&Comment| {
        note::read(&said.body)
            .is_some_and(|note| note.workspace == ground.workspace && note.key == *key)
    };
    let said = state.reader.comments(&item.id).await.map_err(WriteError::Refused)?;
    if let Some(said) = said.iter().filter(ours).find(says) {
        return Ok(said.discussion.clone());
    }
    let body = why.body(&ground.workspace, key.clone());
    let posted = state.writer.comment(&item.id, &body, None).await?;
    Ok(posted.discussion.unwrap_or_default())
}
