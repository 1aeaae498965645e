//! Changing a work item: only what the input names. Must not know of GraphQL.

use super::inputs::{Assignees, Dates, StateEvent, Update, Widgets};
use super::places::{self, Config};
use super::quick_actions::Effects;
use super::references::read_gid;
use super::rules::{Draft, Refusal, kind_name, wrong_class};
use super::store::{Id, Kind};
use super::{hierarchy, labels};

const ASSIGNEES_MAX: usize = 200;

/// Changes an item; all or nothing.
pub(super) fn update(
    draft: &mut Draft<'_>,
    input: &Update,
    widgets: &Widgets,
) -> Result<Id, Refusal> {
    let id = draft.writable(&input.id)?;
    let before = draft.item(id)?.clone();
    supported(draft.config, before.kind, widgets)?;
    texts(draft, id, input, widgets)?;
    if let Some(confidential) = input.confidential {
        draft.set_confidential(id, confidential)?;
    }
    if let Some(event) = input.state_event {
        draft.set_closed(id, event == StateEvent::Close)?;
    }
    if let Some(widget) = &input.labels_widget {
        let add = labels::read_ids(widget.add_label_ids.as_deref().unwrap_or(&[]))?;
        let remove = labels::read_ids(widget.remove_label_ids.as_deref().unwrap_or(&[]))?;
        labels::change(draft, id, &add, &remove)?;
    }
    plain_widgets(draft, id, widgets)?;
    if let Some(widget) = &input.hierarchy_widget {
        hierarchy::change(draft, id, widget)?;
    }
    hierarchy::check_confidentiality(draft, id)?;
    let now = draft.world.clock;
    if *draft.item(id)? != before {
        draft.item_mut(id)?.updated_at = now;
    }
    Ok(id)
}

/// Saves title and description; the lock version rises by one if either changes.
fn texts(draft: &mut Draft<'_>, id: Id, input: &Update, widgets: &Widgets) -> Result<(), Refusal> {
    let mut changed = false;
    if let Some(title) = &input.title {
        changed |= draft.set_title(id, title)?;
    }
    let written = widgets.description_widget.as_ref();
    if let Some(text) = written.and_then(|widget| widget.description.as_deref()) {
        let (new_text, effects) = draft.set_description(id, text)?;
        changed |= new_text;
        changed |= carry_out(draft, id, &effects)?;
    }
    if changed {
        draft.item_mut(id)?.lock_version += 1;
    }
    Ok(())
}

/// Does what quick actions ask for; tells whether the title changed.
pub(super) fn carry_out(draft: &mut Draft<'_>, id: Id, effects: &Effects) -> Result<bool, Refusal> {
    let place = draft.item(id)?.place;
    let add = labels::named(&draft.world, place, &effects.add_labels);
    let remove = labels::named(&draft.world, place, &effects.remove_labels);
    labels::change(draft, id, &add, &remove)?;
    if let Some(closed) = effects.close {
        draft.set_closed(id, closed)?;
    }
    if effects.confidential {
        draft.set_confidential(id, true)?;
    }
    match &effects.title {
        Some(title) => draft.set_title(id, title),
        None => Ok(false),
    }
}

/// Refuses widgets that the type or the licence does not have.
pub(super) fn supported(config: &Config, kind: Kind, widgets: &Widgets) -> Result<(), Refusal> {
    let edition = &config.seed.edition;
    let mut unknown = Vec::new();
    if widgets.weight_widget.is_some() && !edition.weights {
        unknown.push(":weight_widget");
    }
    if widgets.health_status_widget.is_some() && !edition.health() {
        unknown.push(":health_status_widget");
    }
    if widgets.start_and_due_date_widget.is_some() && kind == Kind::Incident {
        unknown.push(":start_and_due_date_widget");
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let text = format!(
        "Following widget keys are not supported by {} type: [{}]",
        kind_name(kind),
        unknown.join(", ")
    );
    Err(Refusal::Top(text))
}

/// Sets the widgets that are the same on create and update: all but text, labels and hierarchy.
pub(super) fn plain_widgets(
    draft: &mut Draft<'_>,
    id: Id,
    widgets: &Widgets,
) -> Result<(), Refusal> {
    if let Some(widget) = &widgets.assignees_widget {
        assign(draft, id, widget)?;
    }
    let milestone = widgets.milestone_widget.as_ref();
    if let Some(milestone) = milestone.and_then(|widget| widget.milestone_id.as_ref()) {
        set_milestone(draft, id, milestone.as_deref())?;
    }
    if let Some(widget) = &widgets.start_and_due_date_widget {
        set_dates(draft, id, widget)?;
    }
    if let Some(weight) = widgets.weight_widget.as_ref().and_then(|widget| widget.weight) {
        if weight.is_some_and(|weight| weight < 0) {
            return Err(Refusal::invalid("Weight must be greater than or equal to 0"));
        }
        set_weight(draft, id, weight)?;
    }
    let health = widgets.health_status_widget.as_ref();
    if let Some(health) = health.and_then(|widget| widget.health_status.clone()) {
        draft.item_mut(id)?.health = health;
    }
    Ok(())
}

fn set_weight(draft: &mut Draft<'_>, id: Id, weight: Option<i64>) -> Result<(), Refusal> {
    let before = std::mem::replace(&mut draft.item_mut(id)?.weight, weight);
    match weight {
        weight if weight == before => Ok(()),
        Some(weight) => draft.system_note(id, format!("set weight to **{weight}**")),
        None => draft.system_note(id, "removed the weight".to_owned()),
    }
}

fn assign(draft: &mut Draft<'_>, id: Id, widget: &Assignees) -> Result<(), Refusal> {
    let mut assignees = Vec::new();
    for text in &widget.assignee_ids {
        let user = read_gid(&["User"], text).ok_or_else(|| wrong_class(text, "User"))?;
        if draft.world.users.get(user).is_none() {
            return Err(Refusal::unavailable());
        }
        if !assignees.contains(&user) {
            assignees.push(user);
        }
    }
    if assignees.len() > ASSIGNEES_MAX {
        let text = format!("Assignees total must be less than or equal to {ASSIGNEES_MAX}");
        return Err(Refusal::invalid(text));
    }
    let before = std::mem::replace(&mut draft.item_mut(id)?.assignees, assignees.clone());
    let names = |of: &[Id], other: &[Id]| {
        let new = of.iter().filter(|user| !other.contains(user));
        let names = new.filter_map(|user| draft.world.users.get(*user));
        names.map(|user| format!("@{}", user.username)).collect::<Vec<_>>().join(" ")
    };
    let (added, removed) = (names(&assignees, &before), names(&before, &assignees));
    let parts = [("assigned to", added), ("unassigned", removed)];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(word, names)| format!("{word} {names}")).collect();
    said(draft, id, &parts)
}

/// Sets or clears the milestone, which must belong to the item's place or a group above it.
fn set_milestone(draft: &mut Draft<'_>, id: Id, text: Option<&str>) -> Result<(), Refusal> {
    let milestone = match text {
        None => None,
        Some(text) => {
            let number =
                read_gid(&["Milestone"], text).ok_or_else(|| wrong_class(text, "Milestone"))?;
            let homes = places::with_ancestors(&draft.world, draft.item(id)?.place);
            let row = draft.world.milestones.get(number);
            if !row.is_some_and(|row| homes.contains(&row.place)) {
                return Err(Refusal::invalid("Milestone is invalid"));
            }
            Some(number)
        }
    };
    let before = std::mem::replace(&mut draft.item_mut(id)?.milestone, milestone);
    let row = milestone.and_then(|milestone| draft.world.milestones.get(milestone));
    match row.map(|row| row.title.clone()) {
        _ if before == milestone => Ok(()),
        Some(title) => draft.system_note(id, format!("changed milestone to %\"{title}\"")),
        None => draft.system_note(id, "removed milestone".to_owned()),
    }
}

/// Fixes the given dates, or forgets them where they are to be rolled up.
fn set_dates(draft: &mut Draft<'_>, id: Id, widget: &Dates) -> Result<(), Refusal> {
    let item = draft.item_mut(id)?;
    let before = (item.start.clone(), item.due.clone());
    if widget.is_fixed == Some(false) {
        item.fixed_dates = false;
        item.start = None;
        item.due = None;
        return note_dates(draft, id, before);
    }
    item.fixed_dates = true;
    for (given, stored) in
        [(&widget.start_date, &mut item.start), (&widget.due_date, &mut item.due)]
    {
        if let Some(date) = given {
            stored.clone_from(&checked_date(date.as_deref())?);
        }
    }
    if item.start.is_some() && item.due.is_some() && item.due < item.start {
        return Err(Refusal::invalid("Due date must be greater than or equal to start date"));
    }
    note_dates(draft, id, before)
}

fn note_dates(
    draft: &mut Draft<'_>,
    id: Id,
    (start, due): (Option<String>, Option<String>),
) -> Result<(), Refusal> {
    let item = draft.item(id)?;
    let dates = [("start date", start, &item.start), ("due date", due, &item.due)];
    let changed = dates.into_iter().filter(|(_, before, after)| before != *after);
    let parts: Vec<String> = changed
        .map(|(name, _, after)| match after {
            Some(date) => format!("changed {name} to {date}"),
            None => format!("removed {name}"),
        })
        .collect();
    said(draft, id, &parts)
}

/// Writes one note of all parts, and none of nothing.
fn said(draft: &mut Draft<'_>, id: Id, parts: &[String]) -> Result<(), Refusal> {
    if parts.is_empty() { Ok(()) } else { draft.system_note(id, parts.join(" and ")) }
}

fn checked_date(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let date: jiff::civil::Date =
        text.parse().map_err(|_| Refusal::Top(format!("\"{text}\" is not a valid date")))?;
    Ok(Some(date.to_string()))
}
