//! Numbers and references as GitLab writes them: global ids, `group&3`, `group/project#12`, URLs.
//! Must not know of rules.

use jiff::Timestamp;

use super::store::{Id, Item, Kind, PlaceKind, Tick, World};

/// 2026-01-05T09:00:00Z, when every sandbox begins.
const EPOCH: i64 = 1_767_603_600;

/// Writes a global id.
pub(super) fn gid(class: &str, id: Id) -> String {
    format!("gid://gitlab/{class}/{id}")
}

/// Reads a global id of one of the classes.
pub(super) fn read_gid(classes: &[&str], text: &str) -> Option<Id> {
    let rest = text.strip_prefix("gid://gitlab/")?;
    let (class, number) = rest.rsplit_once('/')?;
    if classes.contains(&class) { number.parse().ok() } else { None }
}

/// Writes a time.
pub(super) fn time(tick: Tick) -> String {
    let second = EPOCH.saturating_add(i64::try_from(tick).unwrap_or(i64::MAX));
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX).to_string()
}

/// Writes `&3` or `#12`.
pub(super) fn short(item: &Item) -> String {
    match item.kind {
        Kind::Epic => format!("&{}", item.iid),
        Kind::Issue | Kind::Incident | Kind::Task => format!("#{}", item.iid),
    }
}

/// Writes `group&3` or `group/project#12`.
pub(super) fn full(world: &World, id: Id) -> String {
    let Some(item) = world.items.get(id) else {
        return String::new();
    };
    let path = world.places.get(item.place).map_or("", |place| place.path.as_str());
    format!("{path}{}", short(item))
}

/// Writes the path part of an item's page.
pub(super) fn web_path(world: &World, item: &Item) -> String {
    let Some(place) = world.places.get(item.place) else {
        return String::new();
    };
    let page = match item.kind {
        Kind::Epic => "epics",
        Kind::Issue => "issues",
        Kind::Incident | Kind::Task => "work_items",
    };
    let prefix = match place.kind {
        PlaceKind::Group => "/groups/",
        PlaceKind::Project => "/",
    };
    format!("{prefix}{}/-/{page}/{}", place.path, item.iid)
}

/// Splits `path&3`, `path#12`, `&3` or `#12` into path, sign and number.
pub(super) fn split(reference: &str) -> Option<(&str, char, u64)> {
    let at = reference.rfind(['&', '#'])?;
    let (path, rest) = reference.split_at(at);
    let sign = rest.chars().next()?;
    rest[1..].parse().ok().map(|iid| (path, sign, iid))
}

/// Finds the item that a reference or a URL means, read from within `context`.
pub(super) fn find(world: &World, reference: &str, context: &str) -> Option<Id> {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return find_url(world, reference);
    }
    let (path, sign, iid) = split(reference)?;
    let path = if path.is_empty() { context } else { path };
    let id = world.item_at(world.place_at(path)?, iid)?;
    let epic = world.items.get(id)?.kind == Kind::Epic;
    (epic == (sign == '&')).then_some(id)
}

fn find_url(world: &World, url: &str) -> Option<Id> {
    find_page(world, url.splitn(4, '/').nth(3)?)
}

/// Finds the item whose page has this path, which starts without a slash.
pub(super) fn find_page(world: &World, path: &str) -> Option<Id> {
    let (path, after) = path.split_once("/-/")?;
    let (page, rest) = after.split_once('/')?;
    if !["epics", "issues", "work_items"].contains(&page) {
        return None;
    }
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let path = path.strip_prefix("groups/").unwrap_or(path);
    world.item_at(world.place_at(path)?, digits.parse().ok()?)
}
