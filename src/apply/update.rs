//! Writes existing items: links, then all fields of an item in one mutation.
//!
//! Each item is read again just before. One that moved since the plan is left
//! alone; what already equals the wanted value is done.

use std::collections::BTreeSet;

use futures_util::future::Shared;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::gitlab::{GitlabError, Update, WriteError};
use crate::plan::Action;
use crate::plan::compare::{self, Decision};
use crate::tree::{DesiredNode, Item, WorkItemId};

use super::links;
use super::report::Outcome;
use super::state::{State, nodes_of};
use super::target::{Target, decide, moved, reread};

/// Writes what is to be written; the first items, which keep the record, after the rows.
pub(super) async fn update(state: &State<'_>, rows: &Shared<impl Future<Output = ()>>) {
    let targets = targets(state);
    if targets.is_empty() || state.stopped() {
        return;
    }
    let ids: Vec<WorkItemId> = targets.iter().map(|target| target.known.id.clone()).collect();
    let fresh = match state.reader.items(&ids).await {
        Ok(fresh) => fresh,
        Err(error) => {
            let error = WriteError::Refused(error);
            targets.iter().for_each(|target| state.fail(target.tool, target.change, &error));
            return;
        }
    };
    let (delicate, plain): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| confidentiality(state, target).is_some());
    let due = links::due(state, &plain, &fresh);
    let linked = links::make(state, &due).boxed().shared();
    let turn = async |target: &Target<'_>| {
        if is_first(state, target.tool, target.node) {
            rows.clone().await;
        }
        let mut item = fresh.get(&target.known.id).cloned();
        if let Some(item) = item.as_mut().filter(|item| due.iter().any(|due| due.id == item.id)) {
            links::put_into(item, &linked.clone().await);
        }
        one(state, target, item.as_ref()).await;
    };
    let running: FuturesUnordered<_> = plain.iter().map(&turn).collect();
    running.collect::<Vec<()>>().await;
    // Leaves first up, root first down: GitLab refuses a public child under a confidential parent.
    let (raised, lowered): (Vec<_>, Vec<_>) =
        delicate.into_iter().partition(|target| confidentiality(state, target) == Some(true));
    for target in raised.iter().rev().chain(&lowered) {
        turn(target).await;
    }
}

/// Every item the plan writes, and every new one: a reference in it may have
/// become known.
fn targets<'a>(state: &State<'a>) -> Vec<Target<'a>> {
    let (created, failed) = (state.created(), state.failed());
    let mut targets = Vec::new();
    for (tool, plan) in state.tools() {
        let changes = nodes_of(plan);
        for node in &plan.desired.nodes {
            let may = plan.touched.contains(&node.key)
                || created.contains(&node.key)
                || is_first(state, tool, node);
            let Some(change) =
                changes.get(node.key.as_str()).filter(|_| may && !failed.contains(&node.key))
            else {
                continue;
            };
            let item = state.with(tool, |scene| scene.item(&node.key).cloned());
            let Some(known) = item.filter(|item| item.open) else { continue };
            let target = Target { tool, node, change, known };
            // What this run made and has nothing left to write is not read again.
            let made = created.contains(&node.key);
            if !made || has_work(&decide(state, &target, &target.known)) {
                targets.push(target);
            }
        }
    }
    targets
}

/// The first node's record follows whatever the run created.
fn is_first(state: &State<'_>, tool: usize, node: &DesiredNode) -> bool {
    state.with(tool, |scene| scene.is_first(node))
}

/// Tells whether anything is left to write.
fn has_work(decision: &Decision) -> bool {
    !decision.update.is_empty() || !decision.update.leaves_links()
}

fn confidentiality(state: &State<'_>, target: &Target<'_>) -> Option<bool> {
    decide(state, target, &target.known).update.confidential
}

async fn one(state: &State<'_>, target: &Target<'_>, fresh: Option<&Item>) {
    if state.stopped() {
        return;
    }
    let planned = !matches!(target.change.action, Action::None | Action::Wait | Action::Create);
    let Some(item) = fresh else {
        if planned {
            state.finish(target.tool, target.change, None, Outcome::Moved);
        } else if has_work(&decide(state, target, &target.known)) {
            // This run made it, or it is to keep the record, and a replica does not show it yet.
            let what = format!("{}, which has something left to write,", target.known.reference);
            let error = WriteError::Refused(GitlabError::NotFound { what });
            state.fail(target.tool, target.change, &error);
        }
        return;
    };
    let decision = decide(state, target, item);
    if !has_work(&decision) {
        if planned {
            // What people changed meanwhile may leave nothing to write and not be what was wanted.
            let settled = decision.conflicts.is_empty() || !moved(&target.known, item);
            let outcome = if settled { Outcome::Done } else { Outcome::Moved };
            state.finish(target.tool, target.change, Some(item), outcome);
        }
        return;
    }
    if moved(&target.known, item) {
        state.finish(target.tool, target.change, Some(item), Outcome::Moved);
        return;
    }
    match write(state, target, item, decision).await {
        Ok(now) => {
            state.keep(target.tool, &target.node.key, now.clone());
            if planned {
                let outcome = match target.change.action {
                    Action::Adopt => Outcome::Adopted,
                    Action::Record => Outcome::Recorded,
                    Action::Create
                    | Action::Update
                    | Action::Close
                    | Action::Comment
                    | Action::Wait
                    | Action::None => Outcome::Updated,
                };
                state.finish(target.tool, target.change, Some(&now), outcome);
            }
        }
        Err(error) => state.fail(target.tool, target.change, &error),
    }
}

/// Writes an item; a link to the parent it had until then can be made only afterwards.
async fn write(
    state: &State<'_>,
    target: &Target<'_>,
    item: &Item,
    decision: Decision,
) -> Result<Item, WriteError> {
    let now = send(state, target, item, decision).await?;
    let left = decide(state, target, &now);
    if now.parent == item.parent || left.update.leaves_links() {
        return Ok(now);
    }
    send(state, target, &now, left).await
}

/// Links first, so that the base can say that they stand; then the rest in one mutation.
async fn send(
    state: &State<'_>,
    target: &Target<'_>,
    item: &Item,
    decision: Decision,
) -> Result<Item, WriteError> {
    let (item, decision) = links::settle(state, target, item, decision).await?;
    state.has_labels(&item.reference.namespace, &decision.update.add_labels)?;
    let update = mutation(state, &item, decision.update);
    if update.is_empty() {
        return Ok(item);
    }
    let mut now = match state.writer.update(&update).await {
        Err(error) => again(state, target, &item, &update, error).await?,
        Ok(now) => now,
    };
    check_labels(state, target, &now);
    if now.lock_version > item.lock_version + 1 {
        state.warn(format!(
            "{} was edited while it was written; look at its history",
            now.reference
        ));
    }
    if now.links.is_empty() {
        now.links = item.links;
    }
    Ok(now)
}

/// Sends only what still differs after a lost answer, or after a refusal because another run was
/// faster: GitLab refuses a parent that an item has by now, and all else with it.
async fn again(
    state: &State<'_>,
    target: &Target<'_>,
    item: &Item,
    sent: &Update,
    error: WriteError,
) -> Result<Item, WriteError> {
    if !error.is_uncertain() && !matches!(error.error(), GitlabError::Payload { .. }) {
        return Err(error);
    }
    let fresh = reread(state, item, error.clone()).await?;
    let left = mutation(state, &fresh, decide(state, target, &fresh).update);
    if left.is_empty() {
        Ok(fresh)
    } else if left == *sent && !error.is_uncertain() {
        Err(error)
    } else {
        state.writer.update(&left).await
    }
}

/// The mutation of a decision: titles become ids.
pub(super) fn mutation(state: &State<'_>, item: &Item, update: compare::Update) -> Update {
    let namespace = &item.reference.namespace;
    let compare::Update {
        title,
        description,
        add_labels,
        remove_labels,
        parent,
        confidential,
        weight,
        milestone,
        assignees,
        start,
        due,
        links: _,
        unlinks: _,
    } = update;
    let removed = item.labels.iter().filter(|label| remove_labels.contains(&label.title));
    Update {
        id: item.id.clone(),
        title,
        description,
        add_label_ids: state.label_ids(namespace, &add_labels),
        remove_label_ids: removed.map(|label| label.id.clone()).collect(),
        parent,
        confidential,
        weight,
        milestone_id: milestone
            .map(|title| title.and_then(|title| state.milestone_id(namespace, &title))),
        assignee_ids: assignees.map(|names| state.user_ids(&names)),
        start,
        due,
        close: false,
    }
}

/// GitLab drops labels that it cannot use without a word.
pub(super) fn check_labels(state: &State<'_>, target: &Target<'_>, now: &Item) {
    let has: BTreeSet<&String> = now.labels.iter().map(|label| &label.title).collect();
    for title in target.node.labels.enforced.iter().filter(|title| !has.contains(title)) {
        state.warn(format!("{}: GitLab dropped the label {title}", now.reference));
    }
}
