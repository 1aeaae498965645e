//! Writes table rows: all rows of one item in one write, after a re-read.

use std::collections::BTreeMap;

use crate::gitlab::Update;
use crate::plan::rows::decide_row;
use crate::plan::scene::For;
use crate::plan::{Action, Change, Subject};
use crate::tree::{DesiredRow, Item, Reference, WorkItemId};

use super::report::Outcome;
use super::state::State;

/// A row to write: the tool's place in the plan, the row, its change.
type Wanted<'a> = (usize, &'a DesiredRow, &'a Change);

pub(super) async fn write(state: &State<'_>) {
    for (reference, rows) in wanted(state) {
        if state.stopped() {
            return;
        }
        write_rows(state, &reference, &rows).await;
    }
}

fn wanted<'a>(state: &State<'a>) -> BTreeMap<Reference, Vec<Wanted<'a>>> {
    let mut wanted: BTreeMap<Reference, Vec<Wanted<'a>>> = BTreeMap::new();
    for (tool, plan) in state.tools() {
        let changes = plan.changes.iter().filter(|c| c.subject == Subject::TableRow);
        for change in changes.filter(|c| matches!(c.action, Action::Create | Action::Update)) {
            if let Some(row) =
                plan.desired.rows.iter().find(|row| row.item.to_string() == change.key)
            {
                wanted.entry(row.item.clone()).or_default().push((tool, row, change));
            }
        }
    }
    wanted
}

/// Writes the rows of one item. After a lost answer the item is read again, and
/// only what still differs is sent.
async fn write_rows(state: &State<'_>, reference: &Reference, rows: &[Wanted<'_>]) {
    for last in [false, true] {
        let fresh = match read(state, reference, rows).await {
            Ok(fresh) => fresh,
            Err(failed) => {
                rows.iter().for_each(|(tool, _, change)| {
                    state.finish(*tool, change, None, failed.clone());
                });
                return;
            }
        };
        let (text, outcomes) = decide_rows(state, &fresh, rows);
        let result = match text {
            None => Ok(fresh),
            Some(text) => {
                let mut update = Update::of(fresh.id.clone());
                update.description = Some(text);
                state.writer.update(&update).await
            }
        };
        match result {
            Err(error) if error.is_uncertain() && !last => {}
            Err(error) => {
                rows.iter().for_each(|(tool, _, change)| state.fail(*tool, change, &error));
                return;
            }
            Ok(item) => {
                state.keep_existing(reference, &item);
                for ((tool, _, change), outcome) in rows.iter().zip(outcomes) {
                    state.finish(*tool, change, Some(&item), outcome);
                }
                return;
            }
        }
    }
}

/// Reads an item again, by its id: it may have moved from where the files name it.
async fn read(
    state: &State<'_>,
    reference: &Reference,
    rows: &[Wanted<'_>],
) -> Result<Item, Outcome> {
    let known = |tool| {
        state.with(tool, |scene| scene.observed.existing.get(reference).map(|item| item.id.clone()))
    };
    let ids: Vec<WorkItemId> = rows.iter().filter_map(|(tool, ..)| known(*tool)).take(1).collect();
    match state.reader.items(&ids).await {
        Ok(found) => found.into_values().next().ok_or_else(|| {
            let gone = format!("{reference} cannot be read any more");
            Outcome::Failed(gone, "ask for access to it".into())
        }),
        Err(error) => Err(Outcome::Failed(error.to_string(), error.hint())),
    }
}

/// The description with every row that is to be written, if any is, and what becomes of each.
fn decide_rows(
    state: &State<'_>,
    fresh: &Item,
    rows: &[Wanted<'_>],
) -> (Option<String>, Vec<Outcome>) {
    let mut text = fresh.description.clone();
    let mut outcomes = Vec::new();
    for (tool, row, change) in rows {
        // Without its item a row would point nowhere; the next run adds it.
        if state.with(*tool, |scene| scene.item(&row.node).is_none()) {
            outcomes.push(Outcome::Skipped("its item could not be created".into()));
            continue;
        }
        outcomes.push(
            match state.with(*tool, |scene| decide_row(scene, row, &text, For::Writing)) {
                Ok(decision) => match decision.text {
                    Some(new) => {
                        text = new;
                        let new_row = change.action == Action::Create;
                        if new_row { Outcome::Created } else { Outcome::Updated }
                    }
                    None => Outcome::Done,
                },
                Err(error) => {
                    let hint = "put the heading and the columns back, then run again".to_owned();
                    Outcome::Failed(error.to_string(), hint)
                }
            },
        );
    }
    ((text != fresh.description).then_some(text), outcomes)
}
