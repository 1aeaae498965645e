//! Pictures of items for tests and for people. Must not know of GraphQL.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::items::state;
use super::references::{self, time};
use super::rules::{item_gid, kind_name};
use super::store::{Id, Item, Notification, World};

/// All about one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// Full reference.
    pub reference: String,
    /// Global id.
    pub id: String,
    /// `Epic`, `Issue`, `Incident` or `Task`.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Stored description.
    pub description: String,
    /// `OPEN` or `CLOSED`.
    pub state: String,
    /// Whether it is confidential.
    pub confidential: bool,
    /// Titles of its labels, sorted.
    pub labels: Vec<String>,
    /// Full reference of its parent.
    pub parent: Option<String>,
    /// Full references of its children, from the top.
    pub children: Vec<String>,
    /// Weight.
    pub weight: Option<i64>,
    /// Health status.
    pub health_status: Option<String>,
    /// Title of its milestone.
    pub milestone: Option<String>,
    /// Start date.
    pub start_date: Option<String>,
    /// Due date.
    pub due_date: Option<String>,
    /// Whether its dates are its own.
    pub fixed_dates: bool,
    /// Usernames.
    pub assignees: Vec<String>,
    /// Linked items.
    pub links: Vec<LinkView>,
    /// Comments and system notes, oldest first.
    pub notes: Vec<NoteView>,
    /// Who was told about it, oldest first.
    pub notified: Vec<Notification>,
    /// How often its description was saved after its creation.
    pub edits: usize,
    /// Rises when title or description change.
    pub lock_version: u64,
    /// Username of its author.
    pub author: String,
    /// Full reference of the item that it was moved to.
    pub moved_to: Option<String>,
    /// When it was created.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

/// A link, seen from an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkView {
    /// `relates_to`, `blocks` or `is_blocked_by`.
    pub kind: String,
    /// Full reference of the other item.
    pub item: String,
}

/// A comment or system note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteView {
    /// Username.
    pub author: String,
    /// Text.
    pub body: String,
    /// Whether GitLab wrote it.
    pub system: bool,
    /// Whether only members see it.
    pub internal: bool,
}

/// Returns the view of an item.
pub(super) fn view(world: &World, id: Id) -> Option<ItemView> {
    let item = world.items.get(id)?;
    let reference = references::full(world, id);
    let notified = world.notifications.iter().map(|(_, row)| row);
    let notified = notified.filter(|row| row.item == reference).cloned();
    Some(ItemView {
        id: item_gid(id),
        kind: kind_name(item.kind).to_owned(),
        title: item.title.clone(),
        description: item.description.clone(),
        state: state(item).to_owned(),
        confidential: item.confidential,
        labels: labels(world, item),
        parent: item.parent.map(|parent| references::full(world, parent)),
        children: item.children.iter().map(|child| references::full(world, *child)).collect(),
        weight: item.weight,
        health_status: item.health.clone(),
        milestone: item
            .milestone
            .and_then(|id| world.milestones.get(id))
            .map(|row| row.title.clone()),
        start_date: item.start.clone(),
        due_date: item.due.clone(),
        fixed_dates: item.fixed_dates,
        assignees: item.assignees.iter().map(|id| username(world, *id)).collect(),
        links: links(world, item),
        notes: notes(world, item),
        notified: notified.collect(),
        edits: item.edits.len(),
        lock_version: item.lock_version,
        author: username(world, item.author),
        moved_to: item.moved_to.map(|to| references::full(world, to)),
        created_at: time(item.created_at),
        updated_at: time(item.updated_at),
        reference,
    })
}

fn username(world: &World, id: Id) -> String {
    world.users.get(id).map_or_else(String::new, |user| user.username.clone())
}

fn labels(world: &World, item: &Item) -> Vec<String> {
    let rows = item.labels.iter().filter_map(|id| world.labels.get(*id));
    let mut titles: Vec<String> = rows.map(|label| label.title.clone()).collect();
    titles.sort();
    titles
}

fn links(world: &World, item: &Item) -> Vec<LinkView> {
    let mut links: Vec<LinkView> = item
        .links
        .iter()
        .map(|link| LinkView {
            kind: link.kind.word().to_owned(),
            item: references::full(world, link.to),
        })
        .collect();
    links.sort();
    links
}

fn notes(world: &World, item: &Item) -> Vec<NoteView> {
    item.notes
        .iter()
        .map(|note| NoteView {
            author: username(world, note.author),
            body: note.body.clone(),
            system: note.system,
            internal: note.internal,
        })
        .collect()
}

/// Returns a picture of all items that is equal for equal worlds, however they came about: no
/// ids, no times, no versions, and only the notes that people wrote.
pub(super) fn dump(world: &World) -> Value {
    let mut rows: Vec<ItemView> =
        world.items.iter().filter_map(|(id, _)| view(world, id)).collect();
    rows.sort_by_cached_key(|row| sort_key(&row.reference));
    rows.iter().map(picture).collect()
}

fn sort_key(reference: &str) -> (String, u64) {
    match references::split(reference) {
        Some((path, sign, iid)) => (format!("{path}{sign}"), iid),
        None => (reference.to_owned(), 0),
    }
}

fn picture(row: &ItemView) -> Value {
    let comments: Vec<_> = row.notes.iter().filter(|note| !note.system).collect();
    json!({
        "reference": row.reference,
        "type": row.kind,
        "title": row.title,
        "description": row.description,
        "state": row.state,
        "confidential": row.confidential,
        "labels": row.labels,
        "parent": row.parent,
        "children": row.children,
        "weight": row.weight,
        "health_status": row.health_status,
        "milestone": row.milestone,
        "start_date": row.start_date,
        "due_date": row.due_date,
        "assignees": row.assignees,
        "links": row.links,
        "notes": comments,
        "moved_to": row.moved_to,
    })
}
