//! Labels: which ones an item can carry, how scopes exclude each other, how they are created.
//! Must not know of GraphQL.

use super::inputs::NewLabel;
use super::places::{self, Config};
use super::references::read_gid;
use super::rules::{Draft, Refusal, wrong_class};
use super::store::{Id, Label, PlaceKind, World};

const TITLE_MAX: usize = 255;

/// Reads label ids; an id of another class is an error, an unknown label is not.
pub(super) fn read_ids(texts: &[String]) -> Result<Vec<Id>, Refusal> {
    let classes = ["GroupLabel", "ProjectLabel", "Label"];
    texts
        .iter()
        .map(|text| read_gid(&classes, text).ok_or_else(|| wrong_class(text, "Label")))
        .collect()
}

/// Keeps the labels that items of the place can carry. The others are dropped without a word.
fn usable(world: &World, place: Id, ids: &[Id]) -> Vec<Id> {
    let homes = places::with_ancestors(world, place);
    ids.iter()
        .copied()
        .filter(|id| world.labels.get(*id).is_some_and(|label| homes.contains(&label.place)))
        .collect()
}

/// Finds the labels of these titles that items of the place can carry.
pub(super) fn named(world: &World, place: Id, titles: &[String]) -> Vec<Id> {
    let homes = places::with_ancestors(world, place);
    let find = |title: &String| {
        world
            .labels
            .iter()
            .filter(|(_, label)| label.title == *title && homes.contains(&label.place))
            .max_by_key(|(_, label)| world.places.get(label.place).map(|place| place.path.len()))
            .map(|(id, _)| id)
    };
    titles.iter().filter_map(find).collect()
}

/// Adds and removes labels, keeping scopes exclusive where that is licensed.
pub(super) fn change(
    draft: &mut Draft<'_>,
    id: Id,
    add: &[Id],
    remove: &[Id],
) -> Result<(), Refusal> {
    let item = draft.item(id)?;
    let before = item.labels.clone();
    let add = usable(&draft.world, item.place, add);
    let mut after: Vec<Id> =
        before.iter().copied().filter(|label| !remove.contains(label)).collect();
    for label in add {
        if !after.contains(&label) {
            after.retain(|other| !excluded(&draft.world, draft.config, *other, label));
            after.push(label);
        }
    }
    if after == before {
        return Ok(());
    }
    let note = difference(&draft.world, &before, &after);
    draft.item_mut(id)?.labels = after;
    draft.system_note(id, note)
}

/// Tells whether adding `newer` takes `older` away.
fn excluded(world: &World, config: &Config, older: Id, newer: Id) -> bool {
    let scope = |id| world.labels.get(id).and_then(Label::scope);
    config.seed.edition.scoped_labels && scope(newer).is_some() && scope(older) == scope(newer)
}

fn difference(world: &World, before: &[Id], after: &[Id]) -> String {
    let titles = |from: &[Id], other: &[Id]| {
        from.iter()
            .filter(|id| !other.contains(id))
            .filter_map(|id| world.labels.get(*id))
            .map(|label| format!("~\"{}\"", label.title))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (added, removed) = (titles(after, before), titles(before, after));
    match (added.is_empty(), removed.is_empty()) {
        (false, true) => format!("added {added} label(s)"),
        (true, false) => format!("removed {removed} label(s)"),
        (false, false) => format!("added {added} and removed {removed} label(s)"),
        (true, true) => "changed the labels".to_owned(),
    }
}

/// Creates a label.
pub(super) fn create(draft: &mut Draft<'_>, input: &NewLabel) -> Result<Id, Refusal> {
    let (path, kind) = match (&input.group_path, &input.project_path) {
        (Some(path), None) => (path, PlaceKind::Group),
        (None, Some(path)) => (path, PlaceKind::Project),
        _ => {
            let text = "Exactly one of group_path or project_path arguments is required";
            return Err(Refusal::Top(text.to_owned()));
        }
    };
    let place = writable_place(draft, path, kind)?;
    let title = checked_title(&draft.world, place, &input.title)?;
    let color = input.color.as_deref().unwrap_or("#6699cc");
    if !is_color(color) {
        return Err(Refusal::invalid("Color must be a valid color code"));
    }
    let id = draft.world.labels.next_id(501);
    let label = Label {
        place,
        title,
        color: color.to_owned(),
        description: input.description.clone(),
        at: draft.world.clock,
    };
    draft.world.labels.put(id, label);
    Ok(id)
}

fn writable_place(draft: &Draft<'_>, path: &str, kind: PlaceKind) -> Result<Id, Refusal> {
    let world = &draft.world;
    world
        .place_at(path)
        .filter(|id| world.places.get(*id).is_some_and(|place| place.kind == kind))
        .filter(|id| draft.config.writable(world, *id, Some(draft.actor)))
        .ok_or_else(Refusal::unavailable)
}

fn checked_title(world: &World, place: Id, title: &str) -> Result<String, Refusal> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Refusal::invalid("Title can't be blank"));
    }
    if title.chars().count() > TITLE_MAX {
        let text = format!("Title is too long (maximum is {TITLE_MAX} characters)");
        return Err(Refusal::invalid(text));
    }
    if title.contains(',') {
        return Err(Refusal::invalid("Title is invalid"));
    }
    let taken = world.labels.iter().any(|(_, label)| label.place == place && label.title == title);
    if taken {
        return Err(Refusal::invalid("Title has already been taken"));
    }
    Ok(title.to_owned())
}

fn is_color(text: &str) -> bool {
    match text.strip_prefix('#') {
        Some(digits) => {
            matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit())
        }
        None => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic()),
    }
}
