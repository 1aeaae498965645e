//! Carries a plan out: the only part that writes to GitLab.
//!
//! Labels first, beside a look at what is there; then new items, parents before
//! children, siblings one after another, last first, because GitLab puts new ones on
//! top; then comments; then items that are fulfilled are closed, so that what refers
//! to them can be ticked; then table rows beside links, those of all items at once,
//! and updates, in which the references that were open are filled and, after the rows,
//! the record is kept; what the files no longer want is closed last. Every step can be
//! cut off: what is done is found again by its marker.

mod close;
mod comments;
mod create;
mod fulfilled;
mod labels;
mod links;
mod report;
mod rows;
mod state;
mod target;
mod update;

use std::collections::BTreeMap;

use futures_util::FutureExt;

use crate::gitlab::Writer;
use crate::plan::Options;
use crate::plan::needs::Found;
use crate::plan::{Change, Plan, ToolPlan};
use crate::tree::{Ground, Kind, ObservedTree};

pub use report::{Event, Line, Outcome, Report};
use state::State;
pub use state::Stop;

/// Everything an apply needs beside the plan.
pub struct Job<'a> {
    /// The plan to carry out.
    pub plan: &'a Plan,
    /// What GitLab held when it was made, tool by tool.
    pub observed: Vec<ObservedTree>,
    /// The choices it was made with.
    pub options: &'a Options,
    /// What holds for all tools.
    pub ground: &'a Ground,
    /// Ids of the titles it needs.
    pub found: Found,
    /// Ids of the types, by namespace and kind.
    pub types: BTreeMap<(String, Kind), String>,
}

/// Carries a plan out and says what came of each change.
///
/// Nothing is thrown away on an error: a node that fails skips what is below
/// it, the rest goes on, and the same command finishes the work.
pub async fn apply(
    job: Job<'_>,
    writer: &Writer,
    on_event: &(dyn Fn(&Event<'_>) + Sync),
    stop: &Stop,
) -> Report {
    let state = State::new(job, writer, on_event, stop);
    {
        let labels = labels::create(&state).boxed().shared();
        futures_util::join!(labels.clone(), create::create(&state, &labels));
    }
    comments::post(&state).await;
    fulfilled::close(&state).await;
    {
        let rows = rows::write(&state).boxed().shared();
        futures_util::join!(rows.clone(), update::update(&state, &rows));
    }
    close::close(&state).await;
    state.into_report()
}

/// Counts the steps of a plan, for a progress bar.
#[must_use]
pub fn steps(plan: &Plan) -> usize {
    plan.tools.iter().map(|tool| steps_of(tool).count()).sum()
}

/// The changes of a tool that an apply finishes one by one.
fn steps_of(tool: &ToolPlan) -> impl Iterator<Item = &Change> {
    use crate::plan::Action::{Adopt, Close, Comment, Create, None, Record, Update, Wait};
    tool.changes.iter().filter(|change| match change.action {
        Create | Update | Adopt | Close | Comment | Record => true,
        Wait | None => false,
    })
}
