//! Closes items that the files no longer want, deepest first, with a word why.

use crate::gitlab::{GitlabError, Update, WriteError};
use crate::key::NodeKey;
use crate::plan::Action;
use crate::tree::{Item, WorkItemId};

use super::report::Outcome;
use super::state::State;
use super::update::moved;

pub(super) async fn close(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        for change in plan.changes.iter().filter(|change| change.action == Action::Close) {
            if state.stopped() {
                return;
            }
            let Some(key) = NodeKey::parse(&change.key) else { continue };
            let item = state.with(tool, |scene| scene.observed.items.get(&key).cloned());
            let Some(item) = item else { continue };
            match still_bare(state, &item).await {
                Ok(None) => {}
                Ok(Some(outcome)) => {
                    state.finish(tool, change, Some(&item), outcome);
                    continue;
                }
                Err(error) => {
                    state.fail(tool, change, &WriteError::Refused(error));
                    continue;
                }
            }
            if let Err(error) = explain(state, &item.id, &plan.desired.file).await {
                state.fail(tool, change, &error);
                continue;
            }
            let mut update = Update::of(item.id.clone());
            update.close = true;
            match state.writer.update(&update).await {
                Ok(now) => state.finish(tool, change, Some(&now), Outcome::Closed),
                Err(error) => state.fail(tool, change, &error),
            }
        }
    }
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
    let file: String = file.chars().filter(|c| !c.is_control() && *c != '`').collect();
    let why = format!(
        "`{file}` no longer asks for this, so epictree closes it. Reopen it if the work goes on."
    );
    let said = state.reader.comments(id).await.map_err(WriteError::Refused)?;
    if said.iter().any(|comment| comment.body == why) {
        return Ok(());
    }
    state.writer.comment(id, &why, None).await.map(|_| ())
}
