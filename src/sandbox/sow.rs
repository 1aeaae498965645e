//! Turns a seed into rows. Adds what is missing and changes nothing that exists.

use super::error::SandboxError;
use super::references;
use super::seed::{Seed, SeedItem};
use super::store::{Id, Item, Kind, Label, Milestone, Place, PlaceKind, User, World};
use super::{places, rules};

/// Adds the parts of the seed that the world lacks.
pub(super) fn sow(world: &mut World, seed: &Seed) -> Result<(), SandboxError> {
    for path in &seed.groups {
        group(world, path)?;
    }
    for path in &seed.projects {
        project(world, path)?;
    }
    user(world, &seed.bot, true);
    for name in &seed.users {
        user(world, name, false);
    }
    for label in &seed.labels {
        let place = seeded_place(world, &label.namespace)?;
        own_label(world, place, &label.title, &label.color);
    }
    for milestone in &seed.milestones {
        let place = seeded_place(world, &milestone.namespace)?;
        own_milestone(world, place, &milestone.title);
    }
    for wanted in &seed.items {
        item(world, wanted, &seed.bot)?;
    }
    Ok(())
}

fn refuse<T>(reason: String) -> Result<T, SandboxError> {
    Err(SandboxError::Seed(reason))
}

fn group(world: &mut World, path: &str) -> Result<Id, SandboxError> {
    if path.is_empty() || path.split('/').any(str::is_empty) {
        return refuse(format!("\"{path}\" is not a path"));
    }
    if let Some((above, _)) = path.rsplit_once('/') {
        group(world, above)?;
    }
    place(world, path, PlaceKind::Group)
}

fn project(world: &mut World, path: &str) -> Result<Id, SandboxError> {
    let Some((above, _)) = path.rsplit_once('/') else {
        return refuse(format!("the project \"{path}\" is in no group"));
    };
    group(world, above)?;
    place(world, path, PlaceKind::Project)
}

fn place(world: &mut World, path: &str, kind: PlaceKind) -> Result<Id, SandboxError> {
    if let Some(id) = world.place_at(path) {
        return match world.places.get(id) {
            Some(place) if place.kind == kind => Ok(id),
            _ => refuse(format!("\"{path}\" is both a group and a project")),
        };
    }
    let id = world.places.next_id(11);
    let row = Place { kind, path: path.to_owned(), last_iid: 0 };
    world.places.put(id, row);
    Ok(id)
}

fn seeded_place(world: &mut World, path: &str) -> Result<Id, SandboxError> {
    match world.place_at(path) {
        Some(id) => Ok(id),
        None => group(world, path),
    }
}

/// Finds a person, or puts one in.
pub(super) fn user(world: &mut World, username: &str, bot: bool) -> Id {
    world.user_named(username).unwrap_or_else(|| {
        let id = world.users.next_id(101);
        let username = username.to_owned();
        world.users.put(id, User { username, bot });
        id
    })
}

fn own_label(world: &mut World, place: Id, title: &str, color: &str) -> Id {
    let found = world
        .labels
        .iter()
        .find(|(_, label)| label.place == place && label.title == title)
        .map(|(id, _)| id);
    found.unwrap_or_else(|| {
        let id = world.labels.next_id(501);
        let row = Label {
            place,
            title: title.to_owned(),
            color: color.to_owned(),
            description: None,
            at: world.clock,
        };
        world.labels.put(id, row);
        id
    })
}

fn own_milestone(world: &mut World, place: Id, title: &str) {
    let known = world
        .milestones
        .iter()
        .any(|(_, milestone)| milestone.place == place && milestone.title == title);
    if !known {
        let id = world.milestones.next_id(301);
        let row = Milestone { place, title: title.to_owned(), at: world.clock };
        world.milestones.put(id, row);
    }
}

fn item(world: &mut World, wanted: &SeedItem, bot: &str) -> Result<(), SandboxError> {
    if references::find(world, &wanted.reference, "").is_some() {
        return Ok(());
    }
    let Some((path, sign, iid)) = references::split(&wanted.reference) else {
        return refuse(format!("\"{}\" is not a reference", wanted.reference));
    };
    let (place, kind) = match sign {
        '&' => (group(world, path)?, Kind::Epic),
        _ => (project(world, path)?, Kind::Issue),
    };
    let parent = match &wanted.parent {
        Some(parent) => match references::find(world, parent, "") {
            Some(id) => Some(id),
            None => return refuse(format!("there is no parent {parent}")),
        },
        None => None,
    };
    let labels = wanted.labels.iter().map(|title| usable_label(world, place, title)).collect();
    let author = user(world, bot, true);
    let row = Item {
        parent,
        labels,
        description: wanted.description.clone(),
        ..rules::new_item(kind, place, iid, &wanted.title, author, world.clock)
    };
    let id = world.items.next_id(rules::FIRST_ITEM);
    world.items.put(id, row);
    if let Some(place) = world.places.get_mut(place) {
        place.last_iid = place.last_iid.max(iid);
    }
    if let Some(parent) = parent.and_then(|parent| world.items.get_mut(parent)) {
        parent.children.push(id);
    }
    Ok(())
}

fn usable_label(world: &mut World, place: Id, title: &str) -> Id {
    let homes = places::with_ancestors(world, place);
    let found = world
        .labels
        .iter()
        .find(|(_, label)| label.title == title && homes.contains(&label.place))
        .map(|(id, _)| id);
    found.unwrap_or_else(|| own_label(world, place, title, "#6699cc"))
}
