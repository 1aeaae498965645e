//! The colleague: edits made by hand while nobody looks. Must not know of GraphQL; it goes the
//! same way as the mutations, with the same rules.

use super::inputs::{
    Assignees, Dates, Description, Hierarchy, MilestoneChoice, NewLabel, StateEvent, Update,
    Weight, Widgets,
};
use super::references::{self, gid};
use super::rules::{self, Draft, Refusal, item_gid};
use super::store::{Id, Item, Kind, Link, PlaceKind, World};
use super::{hierarchy, labels, links, notes, places, sow, update};

const USERNAME_MAX: usize = 255;

/// One thing that somebody does to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Changes the title.
    Title(String),
    /// Replaces the description.
    Description(String),
    /// Adds a label by title; one that the item cannot find yet is made in its namespace.
    Label(String),
    /// Removes a label by title.
    Unlabel(String),
    /// Puts it under another parent, or takes it away from its own.
    Parent(Option<String>),
    /// Closes it.
    Close,
    /// Reopens it.
    Reopen,
    /// Sets or clears its weight.
    Weight(Option<i64>),
    /// Makes it confidential or public.
    Confidential(bool),
    /// Sets or clears its milestone by title.
    Milestone(Option<String>),
    /// Replaces its assignees by username.
    Assignees(Vec<String>),
    /// Sets or clears its start date.
    Start(Option<String>),
    /// Sets or clears its due date.
    Due(Option<String>),
    /// Closes it and goes on with a copy in another namespace; an issue in a group is promoted.
    Move {
        /// Full path of that namespace.
        to_namespace: String,
    },
    /// Comments on it.
    Comment(String),
}

/// Makes edits on a draft: what one update can carry goes in one, as from one form.
pub(super) fn apply(draft: &mut Draft<'_>, id: Id, edits: &[Edit]) -> Result<(), Refusal> {
    let mut change = Update { id: item_gid(id), ..Update::default() };
    let mut widgets = Widgets::default();
    let mut named = false;
    for edit in edits {
        match edit {
            Edit::Move { to_namespace } => move_to(draft, id, to_namespace)?,
            Edit::Comment(body) => drop(notes::comment(draft, id, body, None, false)?),
            _ => {
                fill(draft, id, edit, &mut change, &mut widgets)?;
                named = true;
            }
        }
    }
    if named {
        update::update(draft, &change, &widgets)?;
    }
    Ok(())
}

/// Puts an edit into the input of an update.
fn fill(
    draft: &mut Draft<'_>,
    id: Id,
    edit: &Edit,
    change: &mut Update,
    widgets: &mut Widgets,
) -> Result<(), Refusal> {
    match edit {
        Edit::Title(title) => change.title = Some(title.clone()),
        Edit::Description(text) => {
            let description = Some(text.clone());
            widgets.description_widget = Some(Description { description });
        }
        Edit::Label(title) => {
            let label = add_label(draft, id, title)?;
            let labels = change.labels_widget.get_or_insert_default();
            labels.add_label_ids.get_or_insert_default().push(label);
        }
        Edit::Unlabel(title) => {
            let label = remove_label(draft, id, title)?;
            let labels = change.labels_widget.get_or_insert_default();
            labels.remove_label_ids.get_or_insert_default().push(label);
        }
        Edit::Parent(parent) => change.hierarchy_widget = Some(new_parent(draft, parent)?),
        Edit::Close => change.state_event = Some(StateEvent::Close),
        Edit::Reopen => change.state_event = Some(StateEvent::Reopen),
        Edit::Weight(weight) => {
            let weight = Some(*weight);
            widgets.weight_widget = Some(Weight { weight });
        }
        Edit::Confidential(confidential) => change.confidential = Some(*confidential),
        Edit::Milestone(title) => {
            widgets.milestone_widget = Some(milestone(draft, id, title.as_deref())?);
        }
        Edit::Assignees(usernames) => widgets.assignees_widget = Some(users(draft, usernames)?),
        Edit::Start(date) => dates(widgets).start_date = Some(date.clone()),
        Edit::Due(date) => dates(widgets).due_date = Some(date.clone()),
        Edit::Move { .. } | Edit::Comment(_) => {}
    }
    Ok(())
}

fn dates(widgets: &mut Widgets) -> &mut Dates {
    widgets.start_and_due_date_widget.get_or_insert_default()
}

/// Finds a person, or takes a new one in.
pub(super) fn known_or_new(world: &mut World, username: &str) -> Result<Id, Refusal> {
    if let Some(id) = world.user_named(username) {
        return Ok(id);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let whole = (2..=USERNAME_MAX).contains(&username.len()) && username.chars().all(fits);
    if !whole || username.starts_with(['-', '.']) || username.ends_with(['-', '.', '_']) {
        let text = format!(
            "Username \"{username}\" is invalid: 2 to {USERNAME_MAX} letters, digits, `_`, `-`, `.`"
        );
        return Err(Refusal::invalid(text));
    }
    Ok(sow::user(world, username, false))
}

fn unknown<T>(what: &str, name: &str) -> Result<T, Refusal> {
    Err(Refusal::invalid(format!("there is no {what} {name}")))
}

fn label_gid(draft: &Draft<'_>, id: Id) -> String {
    let place = draft.world.labels.get(id).map(|label| label.place);
    let place = place.and_then(|place| draft.world.places.get(place));
    match place.map(|place| place.kind) {
        Some(PlaceKind::Project) => gid("ProjectLabel", id),
        Some(PlaceKind::Group) | None => gid("GroupLabel", id),
    }
}

fn add_label(draft: &mut Draft<'_>, id: Id, title: &str) -> Result<String, Refusal> {
    let place = draft.item(id)?.place;
    let known = labels::named(&draft.world, place, &[title.to_owned()]);
    let label = match known.first() {
        Some(label) => *label,
        None => labels::create(draft, &new_label(&draft.world, place, title))?,
    };
    Ok(label_gid(draft, label))
}

/// A label of the item's own group or project.
fn new_label(world: &World, place: Id, title: &str) -> NewLabel {
    let row = world.places.get(place);
    let path = |kind| row.filter(|row| row.kind == kind).map(|row| row.path.clone());
    NewLabel {
        title: title.to_owned(),
        color: None,
        description: None,
        group_path: path(PlaceKind::Group),
        project_path: path(PlaceKind::Project),
    }
}

fn remove_label(draft: &Draft<'_>, id: Id, title: &str) -> Result<String, Refusal> {
    let titled = |label: &&Id| {
        let row = draft.world.labels.get(**label);
        row.is_some_and(|row| row.title == title)
    };
    let Some(label) = draft.item(id)?.labels.iter().find(titled) else {
        return unknown("label", title);
    };
    Ok(label_gid(draft, *label))
}

fn new_parent(draft: &Draft<'_>, parent: &Option<String>) -> Result<Hierarchy, Refusal> {
    let parent = match parent {
        None => None,
        Some(reference) => match references::find(&draft.world, reference, "") {
            Some(id) => Some(item_gid(id)),
            None => return unknown("item", reference),
        },
    };
    Ok(Hierarchy { parent_id: Some(parent), ..Hierarchy::default() })
}

fn milestone(draft: &Draft<'_>, id: Id, title: Option<&str>) -> Result<MilestoneChoice, Refusal> {
    let homes = places::with_ancestors(&draft.world, draft.item(id)?.place);
    let milestone_id = match title {
        None => None,
        Some(title) => {
            let mut rows = draft.world.milestones.iter();
            let row = rows.find(|(_, row)| row.title == title && homes.contains(&row.place));
            match row {
                Some((id, _)) => Some(gid("Milestone", id)),
                None => return unknown("milestone", title),
            }
        }
    };
    Ok(MilestoneChoice { milestone_id: Some(milestone_id) })
}

fn users(draft: &Draft<'_>, usernames: &[String]) -> Result<Assignees, Refusal> {
    let mut assignee_ids = Vec::new();
    for name in usernames {
        match draft.world.user_named(name) {
            Some(id) => assignee_ids.push(gid("User", id)),
            None => return unknown("user", name),
        }
    }
    Ok(Assignees { assignee_ids })
}

/// Closes the item and goes on with a copy elsewhere, which takes over parent and children.
fn move_to(draft: &mut Draft<'_>, id: Id, path: &str) -> Result<(), Refusal> {
    let Some(place) = draft.world.place_at(path) else {
        return unknown("namespace", path);
    };
    let old = draft.item(id)?.clone();
    let home = draft.world.places.get(place).map(|place| place.kind);
    let fits = match home {
        Some(PlaceKind::Group) => matches!(old.kind, Kind::Epic | Kind::Issue),
        Some(PlaceKind::Project) => old.kind != Kind::Epic,
        None => false,
    };
    let kind = if home == Some(PlaceKind::Group) { Kind::Epic } else { old.kind };
    if !fits {
        let text = format!("{} cannot be moved to {path}", rules::kind_name(old.kind));
        return Err(Refusal::invalid(text));
    }
    let copy = copy_of(draft, &Item { kind, ..old.clone() }, place)?;
    adopt_family(draft, id, &old, copy)?;
    copy_links(draft, &old, copy)?;
    draft.set_closed(id, true)?;
    let (from, to) = (references::full(&draft.world, id), references::full(&draft.world, copy));
    let word = if kind == old.kind { "moved" } else { "promoted" };
    draft.system_note(id, format!("{word} to {to}"))?;
    draft.system_note(copy, format!("{word} from {from}"))?;
    let now = draft.world.clock;
    let item = draft.item_mut(id)?;
    item.moved_to = Some(copy);
    item.updated_at = now;
    Ok(())
}

fn copy_of(draft: &mut Draft<'_>, old: &Item, place: Id) -> Result<Id, Refusal> {
    let row = draft.world.places.get_mut(place);
    let row = row.ok_or_else(Refusal::unavailable)?;
    row.last_iid += 1;
    let iid = row.last_iid;
    let homes = places::with_ancestors(&draft.world, place);
    let mut labels = old.labels.clone();
    labels.retain(|label| {
        let row = draft.world.labels.get(*label);
        row.is_some_and(|row| homes.contains(&row.place))
    });
    let copy = Item {
        iid,
        place,
        labels,
        parent: None,
        children: Vec::new(),
        links: Vec::new(),
        notes: Vec::new(),
        edits: Vec::new(),
        lock_version: 0,
        closed_at: None,
        moved_to: None,
        milestone: None,
        created_at: draft.world.clock,
        updated_at: draft.world.clock,
        ..old.clone()
    };
    let id = draft.world.items.next_id(rules::FIRST_ITEM);
    draft.world.items.put(id, copy);
    Ok(id)
}

fn adopt_family(draft: &mut Draft<'_>, id: Id, old: &Item, copy: Id) -> Result<(), Refusal> {
    if let Some(parent) = old.parent {
        hierarchy::detach(draft, id)?;
        hierarchy::attach(draft, copy, parent)?;
    }
    for child in old.children.iter().rev() {
        hierarchy::detach(draft, *child)?;
        hierarchy::attach(draft, *child, copy)?;
    }
    Ok(())
}

/// Links the copy as the moved item is linked; the moved item keeps its own links, which GitLab
/// cleans up later (`WorkItems::DataSync::Widgets::LinkedItems`).
fn copy_links(draft: &mut Draft<'_>, old: &Item, copy: Id) -> Result<(), Refusal> {
    for link in &old.links {
        let id = links::next_link(draft);
        draft.item_mut(copy)?.links.push(Link { id, ..link.clone() });
        let back = Link { id, to: copy, kind: link.kind.reversed(), at: link.at };
        draft.item_mut(link.to)?.links.push(back);
    }
    Ok(())
}
