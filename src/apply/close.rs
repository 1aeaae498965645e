//! Closes items that the files no longer want, deepest first, with a word why.

use crate::gitlab::Update;
use crate::key::NodeKey;
use crate::plan::Action;

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
            let why = format!(
                "`{}` no longer asks for this, so epictree closes it. Reopen it if the work goes on.",
                plan.desired.file
            );
            if let Err(error) = state.writer.comment(&item.id, &why, None).await {
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
