//! Rows in tables of items that people own.

use std::collections::BTreeMap;

use crate::marker::Record;
use crate::merge::OnConflict;
use crate::merge::scalar::{Verdict, decide};
use crate::merge::table::{Table, TableError, as_cell, locate};
use crate::text::Text;
use crate::tree::{DesiredRow, Item};

use super::change::{Action, Cause, Change, FieldChange, Notice, Subject, ToolPlan, Value};
use super::resolve::resolve;
use super::scene::{For, Scene};

/// What is decided for one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowDecision {
    /// Whether the row is new.
    pub added: bool,
    /// Columns that are written.
    pub fields: Vec<FieldChange>,
    /// Columns that people changed and keep.
    pub kept: Vec<FieldChange>,
    /// Columns that both sides changed.
    pub conflicts: Vec<FieldChange>,
    /// The base of the cells afterwards; `None` while the row does not exist.
    pub base: Option<BTreeMap<String, String>>,
    /// The description with the row written.
    pub text: Option<String>,
    /// The row as it would be added.
    pub paste: String,
}

/// Decides a row against a description.
///
/// # Errors
/// The heading, the table or a column is missing, or two rows are this tool's.
pub fn decide_row(
    scene: &Scene<'_>,
    row: &DesiredRow,
    text: &str,
    purpose: For,
) -> Result<RowDecision, TableError> {
    let columns: Vec<&str> = row.cells.iter().map(|(column, _)| column.as_str()).collect();
    let table = locate(text, &row.heading, &columns)?;
    let cells: Vec<(String, String)> = row
        .cells
        .iter()
        .map(|(column, cell)| (column.clone(), filled(scene, cell, text, purpose)))
        .collect();
    let base = scene.observed.record.rows.get(&row.item.to_string());
    let on_conflict = scene.options.on_conflict;
    let mut decision = RowDecision { paste: table.render(&cells), ..RowDecision::default() };
    match table.find(text, &row.heading, &needles(scene, row))? {
        None => absent(&table, text, cells, base, &mut decision),
        Some(at) => present(row, (&table, at), text, (&cells, base, on_conflict), &mut decision),
    }
    Ok(decision)
}

fn needles(scene: &Scene<'_>, row: &DesiredRow) -> Vec<String> {
    let item = scene.item(&row.node);
    let reference = item.map(|item| item.reference.to_string());
    let url = item.map(|item| item.url.clone());
    reference.into_iter().chain(url).chain(row.link.clone()).collect()
}

/// A cell's text as a cell can hold it, in a description as it is.
fn filled(scene: &Scene<'_>, cell: &Text, text: &str, purpose: For) -> String {
    let text = resolve(
        cell,
        |key| scene.open(purpose, key),
        |key| scene.named(key, text),
        |key| scene.closing.contains(key),
    );
    as_cell(&text)
}

fn absent(
    table: &Table,
    text: &str,
    cells: Vec<(String, String)>,
    base: Option<&BTreeMap<String, String>>,
    decision: &mut RowDecision,
) {
    if base.is_some() {
        // People removed it, and it stays removed.
        decision.base = base.cloned();
        decision.kept.push(FieldChange::new("row", Value::None, table.render(&cells)));
        return;
    }
    decision.added = true;
    decision.text = Some(table.with_row(text, &cells));
    decision.fields = cells
        .into_iter()
        .map(|(column, value)| FieldChange::new(&column, Value::None, value))
        .collect();
}

/// The cells a row should hold, those it held, and how what both sides changed is settled.
type Wanted<'a> = (&'a [(String, String)], Option<&'a BTreeMap<String, String>>, OnConflict);

fn present(
    row: &DesiredRow,
    (table, at): (&Table, usize),
    text: &str,
    (cells, base, on_conflict): Wanted<'_>,
    decision: &mut RowDecision,
) {
    let mut settled = BTreeMap::new();
    let mut written = Vec::new();
    for (column, value) in cells {
        let gitlab = Some(table.cell(text, at, column)).filter(|cell| !cell.is_empty());
        let old = base.and_then(|cells| cells.get(column)).map(String::as_str);
        let once = row.write_once.contains(column);
        let verdict = match decide(old, gitlab, Some(value.as_str()).filter(|v| !v.is_empty())) {
            _ if once => Verdict::Theirs,
            verdict => verdict.settled(on_conflict),
        };
        let field = FieldChange::new(column, gitlab.map(str::to_owned), value.clone());
        match verdict {
            Verdict::Write | Verdict::Clear => {
                written.push((column.clone(), value.clone()));
                decision.fields.push(field);
            }
            Verdict::Drift | Verdict::Keep => decision.kept.push(field),
            Verdict::Conflict => decision.conflicts.push(field),
            Verdict::Same | Verdict::Record | Verdict::Theirs => {}
        }
        let keep = if verdict.settles() { Some(value.clone()) } else { old.map(str::to_owned) };
        settled.extend(keep.filter(|_| !once).map(|value| (column.clone(), value)));
    }
    decision.base = Some(settled);
    decision.text = (!written.is_empty()).then(|| table.with_cells(text, at, &written));
}

/// Adds the changes of all rows of a tool to its plan.
pub(super) fn plan(scene: &Scene<'_>, plan: &mut ToolPlan) {
    for row in &scene.desired.rows {
        let item = scene.observed.existing.get(&row.item);
        match item.map(|item| (item, decide_row(scene, row, &item.description, For::Plan))) {
            None => plan.changes.push(offline(scene, row)),
            Some((_, Err(error))) => plan.notices.push(Notice {
                blocks: true,
                message: format!("the row in {} cannot be placed: {error}", row.item),
                hint:
                    "put the heading and the columns back, or change the blueprint's [[table-row]]"
                        .into(),
            }),
            Some((item, Ok(decision))) if !item.can_update && decision.text.is_some() => {
                plan.notices.push(Notice {
                    blocks: false,
                    message: format!("you may not edit {}", row.item),
                    hint: format!("ask somebody who may to paste this row: {}", decision.paste),
                });
            }
            Some((item, Ok(decision))) => plan.changes.push(change(row, item, decision)),
        }
    }
}

fn blank(row: &DesiredRow, action: Action) -> Change {
    Change {
        key: row.item.to_string(),
        subject: Subject::TableRow,
        action,
        cause: Cause::None,
        title: format!("under \"{}\"", row.heading),
        reference: Some(row.item.clone()),
        url: None,
        parent: None,
        namespace: row.item.namespace.clone(),
        depth: 0,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn change(row: &DesiredRow, item: &Item, decision: RowDecision) -> Change {
    let RowDecision { added, fields, kept, conflicts, base: _, text, paste: _ } = decision;
    let (action, cause) = match (text.is_some(), added) {
        (true, true) => (Action::Create, Cause::New),
        (true, false) => (Action::Update, Cause::SpecChanged),
        (false, _) => (Action::None, Cause::None),
    };
    Change { cause, url: Some(item.url.clone()), fields, kept, conflicts, ..blank(row, action) }
}

/// Without GitLab: the row as it would be added.
fn offline(scene: &Scene<'_>, row: &DesiredRow) -> Change {
    let fields = row.cells.iter().map(|(column, text)| {
        let value = filled(scene, text, "", For::Plan);
        FieldChange::new(column, Value::None, value)
    });
    Change { cause: Cause::New, fields: fields.collect(), ..blank(row, Action::Create) }
}

/// Takes the cells that are settled into the record.
pub(super) fn settle(scene: &Scene<'_>, record: &mut Record) {
    for row in &scene.desired.rows {
        let Some(item) = scene.observed.existing.get(&row.item) else {
            continue;
        };
        if let Ok(RowDecision { base: Some(base), text: None, .. }) =
            decide_row(scene, row, &item.description, For::Writing)
        {
            record.rows.insert(row.item.to_string(), base);
        }
    }
}
