//! Links items: those of many items in one request, and each item's own after a failure.

use std::collections::BTreeMap;

use crate::gitlab::{NewLinks, WriteError};
use crate::plan::compare::{self, Decision};
use crate::tree::{Item, Link, LinkKind, WorkItemId};

use super::state::State;
use super::target::{Target, decide, moved, reread};

/// The links that are to be made of items that may be written.
///
/// What also loses links has its own turn, because those go first.
pub(super) fn due(
    state: &State<'_>,
    targets: &[Target<'_>],
    fresh: &BTreeMap<WorkItemId, Item>,
) -> Vec<NewLinks> {
    let mut due = Vec::new();
    for target in targets {
        let item = fresh.get(&target.known.id).filter(|item| !moved(&target.known, item));
        let decision = item.map(|item| decide(state, target, item));
        let Some(decision) = decision.filter(|it| it.update.unlinks.is_empty()) else { continue };
        let links = |kind| {
            let to = links_of(&decision, Some(kind));
            NewLinks { id: target.known.id.clone(), kind, to }
        };
        let links = [LinkKind::BlockedBy, LinkKind::Related].map(links);
        due.extend(links.into_iter().filter(|links| !links.to.is_empty()));
    }
    due
}

/// Makes links, and answers those that certainly stand; what is left is made in its item's own
/// turn, which finds out why.
pub(super) async fn make(state: &State<'_>, due: &[NewLinks]) -> Vec<NewLinks> {
    if state.stopped() { Vec::new() } else { state.writer.link_all(due).await }
}

/// Notes links with the item that has them.
pub(super) fn put_into(item: &mut Item, made: &[NewLinks]) {
    let made: Vec<Link> = made
        .iter()
        .filter(|made| made.id == item.id)
        .flat_map(|made| links(made.kind, &made.to))
        .collect();
    item.links.extend(made);
}

fn links(kind: LinkKind, to: &[WorkItemId]) -> impl Iterator<Item = Link> {
    to.iter().map(move |id| Link { kind, to: Some(id.clone()), open: true })
}

/// Takes links away and makes those that are missing, and decides anew; after a lost
/// answer, or when another run was faster, only what still differs is sent again.
pub(super) async fn settle(
    state: &State<'_>,
    target: &Target<'_>,
    item: &Item,
    decision: Decision,
) -> Result<(Item, Decision), WriteError> {
    let (mut item, mut decision) = (item.clone(), decision);
    // GitLab takes links away of whatever kind.
    for kind in [None, Some(LinkKind::BlockedBy), Some(LinkKind::Related)] {
        let mut to = links_of(&decision, kind);
        if to.is_empty() {
            continue;
        }
        if let Err(error) = send_links(state, &item, kind, &to).await {
            item = reread(state, &item, error.clone()).await?;
            let left = links_of(&decide(state, target, &item), kind);
            if left == to && !error.is_uncertain() {
                return Err(error);
            }
            to = left;
            if !to.is_empty() {
                send_links(state, &item, kind, &to).await?;
            }
        }
        item.links.retain(|link| link.to.as_ref().is_none_or(|id| !to.contains(id)));
        item.links.extend(kind.into_iter().flat_map(|kind| links(kind, &to)));
        decision = decide(state, target, &item);
    }
    Ok((item, decision))
}

/// Items to link in a way, or to take the link away from.
fn links_of(decision: &Decision, kind: Option<LinkKind>) -> Vec<WorkItemId> {
    let compare::Update { links, unlinks, .. } = &decision.update;
    match kind {
        None => unlinks.clone(),
        Some(kind) => links.iter().filter(|(k, _)| *k == kind).map(|(_, id)| id.clone()).collect(),
    }
}

async fn send_links(
    state: &State<'_>,
    item: &Item,
    kind: Option<LinkKind>,
    to: &[WorkItemId],
) -> Result<(), WriteError> {
    match kind {
        None => state.writer.unlink(&item.id, to).await,
        Some(kind) => state.writer.link(&item.id, kind, to).await,
    }
}
