//! Closes items that the files no longer want, with a word why, and second ones; what is below first.

use crate::gitlab::{GitlabError, Update, WriteError};
use crate::key::NodeKey;
use crate::marker;
use crate::plan::{Action, Cause, Change};
use crate::tree::{Item, WorkItemId};
use crate::unseen::is_unseen;

use super::report::Outcome;
use super::state::State;
use super::target::moved;

pub(super) async fn close(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        let closes =
            |change: &&Change| change.action == Action::Close && change.cause != Cause::Fulfilled;
        for change in plan.changes.iter().filter(closes) {
            if state.stopped() {
                return;
            }
            let Some((key, item)) = item_of(state, tool, change) else { continue };
            let second = (change.cause == Cause::Duplicate).then_some(&key);
            match one(state, &plan.desired.file, second, &item).await {
                Ok(outcome) => state.finish(tool, change, Some(&item), outcome),
                Err(error) => state.fail(tool, change, &error),
            }
        }
    }
}

fn item_of(state: &State<'_>, tool: usize, change: &Change) -> Option<(NodeKey, Item)> {
    let key = NodeKey::parse(&change.key)?;
    let item = state.with(tool, |scene| {
        if change.cause != Cause::Duplicate {
            return scene.observed.items.get(&key).cloned();
        }
        let mut twins = scene.observed.twins.iter();
        let twin = twins.find(|twin| Some(&twin.item.reference) == change.reference.as_ref());
        twin.map(|twin| twin.item.clone())
    })?;
    Some((key, item))
}

/// Closes one item; `second` is the key of one that nobody touched.
async fn one(
    state: &State<'_>,
    file: &str,
    second: Option<&NodeKey>,
    item: &Item,
) -> Result<Outcome, WriteError> {
    if let Some(outcome) = still_bare(state, item).await.map_err(WriteError::Refused)? {
        return Ok(outcome);
    }
    let update = match second {
        None => {
            explain(state, &item.id, file).await?;
            Update { close: true, ..Update::of(item.id.clone()) }
        }
        Some(key) => {
            let said = state.reader.comments(&item.id).await.map_err(WriteError::Refused)?;
            if !said.is_empty() {
                return Ok(Outcome::Moved);
            }
            as_twin(state, key, item)
        }
    };
    state.writer.update(&update).await.map(|_| Outcome::Closed)
}

/// Closes a second item, and marks it as one.
pub(super) fn as_twin(state: &State<'_>, key: &NodeKey, item: &Item) -> Update {
    let text = marker::read(&item.description).text;
    let mark = marker::write_duplicate(&text, &state.job().ground.workspace, key);
    Update { description: Some(mark), close: true, ..Update::of(item.id.clone()) }
}

/// Reads an item and what hangs below it again; answers why it is not to be closed.
async fn still_bare(state: &State<'_>, item: &Item) -> Result<Option<Outcome>, GitlabError> {
    let Some(now) = state.reader.items(std::slice::from_ref(&item.id)).await?.remove(&item.id)
    else {
        return Ok(Some(Outcome::Moved));
    };
    if !now.open {
        return Ok(Some(Outcome::Done));
    }
    let below = state.reader.children(std::slice::from_ref(&item.id)).await?;
    let busy = below.into_values().flatten().any(|child| child.open);
    Ok((busy || moved(item, &now)).then_some(Outcome::Moved))
}

/// Says why an item is closed, unless an apply that was cut off has said it already.
async fn explain(state: &State<'_>, id: &WorkItemId, file: &str) -> Result<(), WriteError> {
    let file: String = file.chars().filter(|c| !is_unseen(*c) && *c != '`').collect();
    let why = format!(
        "`{file}` no longer asks for this, so epictree closes it. Reopen it if the work goes on."
    );
    let said = state.reader.comments(id).await.map_err(WriteError::Refused)?;
    if said.iter().any(|comment| comment.body == why) {
        return Ok(());
    }
    state.writer.comment(id, &why, None).await.map(|_| ())
}
