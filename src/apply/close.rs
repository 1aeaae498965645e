//! Closes items that the files no longer want, deepest first, with a word why.

use crate::gitlab::{Update, WriteError};
use crate::key::NodeKey;
use crate::plan::Action;
use crate::tree::WorkItemId;

use super::report::Outcome;
use super::state::State;

pub(super) async fn close(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        for change in plan.changes.iter().filter(|change| change.action == Action::Close) {
            if state.stopped() {
                return;
            }
            let Some(key) = NodeKey::parse(&change.key) else { continue };
            let item = state.with(tool, |scene| scene.observed.items.get(&key).cloned());
            let Some(item) = item else { continue };
            match state.reader.items(std::slice::from_ref(&item.id)).await {
                Ok(fresh) if fresh.get(&item.id).is_some_and(|now| !now.open) => {
                    state.finish(tool, change, Some(&item), Outcome::Done);
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    state.finish(
                        tool,
                        change,
                        None,
                        Outcome::Failed(error.to_string(), error.hint()),
                    );
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
