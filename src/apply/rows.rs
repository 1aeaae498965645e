//! Writes table rows: all rows of one item in one write, after a re-read.

use std::collections::BTreeMap;

use crate::gitlab::Update;
use crate::plan::build::For;
use crate::plan::rows::decide_row;
use crate::plan::{Action, Change, Subject};
use crate::tree::{DesiredRow, Reference};

use super::report::Outcome;
use super::state::State;

/// A row to write: the tool's place in the plan, the row, its change.
type Wanted<'a> = (usize, &'a DesiredRow, &'a Change);

pub(super) async fn write(state: &State<'_>) {
    for (reference, rows) in wanted(state) {
        if state.stopped() {
            return;
        }
        let uncertain = write_rows(state, &reference, &rows, true).await;
        if !uncertain.is_empty() {
            write_rows(state, &reference, &uncertain, false).await;
        }
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

/// Writes the rows of one item. Answers those whose write had no answer, if they
/// may be tried again: what it did shows when the item is read again.
async fn write_rows<'a>(
    state: &State<'_>,
    reference: &Reference,
    rows: &[Wanted<'a>],
    again: bool,
) -> Vec<Wanted<'a>> {
    let fresh = match state.reader.by_reference(std::slice::from_ref(reference)).await {
        Ok(mut found) => found.remove(reference),
        Err(error) => {
            let failed = Outcome::Failed(error.to_string(), error.hint());
            rows.iter()
                .for_each(|(tool, _, change)| state.finish(*tool, change, None, failed.clone()));
            return Vec::new();
        }
    };
    let Some(fresh) = fresh else {
        let gone = Outcome::Failed(
            format!("{reference} cannot be read any more"),
            "ask for access to it".into(),
        );
        rows.iter().for_each(|(tool, _, change)| state.finish(*tool, change, None, gone.clone()));
        return Vec::new();
    };
    let mut text = fresh.description.clone();
    let mut written = Vec::new();
    for (tool, row, change) in rows {
        // Without its item a row would point nowhere; the next run adds it.
        if state.with(*tool, |scene| scene.item(&row.node).is_none()) {
            state.finish(
                *tool,
                change,
                None,
                Outcome::Skipped("its item could not be created".into()),
            );
            continue;
        }
        match state.with(*tool, |scene| decide_row(scene, row, &text, For::Writing)) {
            Ok(decision) => match decision.text {
                Some(new) => {
                    text = new;
                    written.push((*tool, *row, *change));
                }
                None => state.finish(*tool, change, None, Outcome::Done),
            },
            Err(error) => {
                let hint = "put the heading and the columns back, then run again".to_owned();
                state.finish(*tool, change, None, Outcome::Failed(error.to_string(), hint));
            }
        }
    }
    if written.is_empty() {
        state.keep_existing(reference, &fresh);
        return Vec::new();
    }
    let mut update = Update::of(fresh.id.clone());
    update.description = Some(text);
    match state.writer.update(&update).await {
        Ok(item) => {
            state.keep_existing(reference, &item);
            for (tool, _, change) in written {
                let outcome = if change.action == Action::Create {
                    Outcome::Created
                } else {
                    Outcome::Updated
                };
                state.finish(tool, change, Some(&item), outcome);
            }
        }
        Err(error) if again && error.is_uncertain() => return written,
        Err(error) => {
            written.into_iter().for_each(|(tool, _, change)| state.fail(tool, change, &error));
        }
    }
    Vec::new()
}
