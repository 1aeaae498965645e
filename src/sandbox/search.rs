//! `workItems`: filters, search and order. Must not know how answers are written.

use apollo_compiler::resolvers::FieldError;
use apollo_compiler::response::JsonMap;

use super::hierarchy;
use super::node::Scene;
use super::places;
use super::queries::{flag, text, texts};
use super::references::gid;
use super::store::{Id, Item, Kind, PlaceKind};
use super::text::strip_between;

/// Shorter words do not match as parts of a text.
const SHORTEST_WORD: usize = 3;

/// What a search looks for, and where.
struct Search {
    phrases: Vec<String>,
    titles: bool,
    descriptions: bool,
    /// A project's search sees neither comments nor tags.
    rendered: bool,
}

/// Lists the items of a place that the arguments select, in the wanted order.
pub(super) fn work_items(
    scene: &Scene,
    place: Id,
    arguments: &JsonMap,
) -> Result<Vec<Id>, FieldError> {
    let homes = homes(scene, place, arguments);
    let search = search(scene, place, arguments)?;
    let mut found: Vec<(Id, &Item)> = scene
        .world
        .items
        .iter()
        .filter(|(_, item)| homes.contains(&item.place))
        .filter(|(id, item)| selected(scene, *id, item, arguments))
        .filter(|(_, item)| search.as_ref().is_none_or(|search| search.hits(item)))
        .collect();
    sort(&mut found, text(arguments, "sort").unwrap_or("CREATED_DESC"));
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

fn homes(scene: &Scene, place: Id, arguments: &JsonMap) -> Vec<Id> {
    let mut homes = vec![place];
    if flag(arguments, "includeDescendants") {
        homes.extend(places::with_descendants(&scene.world, place));
    }
    if flag(arguments, "includeAncestors") {
        homes.extend(places::with_ancestors(&scene.world, place));
    }
    homes
}

fn sort(found: &mut [(Id, &Item)], order: &str) {
    match order {
        "TITLE_ASC" | "TITLE_DESC" => found.sort_by_key(|(id, item)| (&item.title, *id)),
        "UPDATED_ASC" | "UPDATED_DESC" => found.sort_by_key(|(id, item)| (item.updated_at, *id)),
        _ => found.sort_by_key(|(id, item)| (item.created_at, *id)),
    }
    if order.ends_with("_DESC") {
        found.reverse();
    }
}

/// Tells whether an item passes all filters but the search.
fn selected(scene: &Scene, id: Id, item: &Item, arguments: &JsonMap) -> bool {
    let among = |name: &str, value: &str| {
        texts(arguments, name).is_none_or(|wanted| wanted.contains(&value))
    };
    let iid = item.iid.to_string();
    let parent = item.parent.map(|parent| gid("WorkItem", parent));
    let author = scene.world.users.get(item.author);
    among("ids", &gid("WorkItem", id))
        && among("iids", &iid)
        && among("types", type_word(item.kind))
        && text(arguments, "iid").is_none_or(|wanted| wanted == iid)
        && among("parentIds", parent.as_deref().unwrap_or_default())
        && hangs(scene, item, arguments)
        && text(arguments, "authorUsername")
            .is_none_or(|name| author.is_some_and(|author| author.username == name))
        && arguments
            .get("confidential")
            .and_then(|value| value.as_bool())
            .is_none_or(|wanted| wanted == item.confidential)
        && in_state(item, text(arguments, "state"))
        && has_labels(scene, item, arguments)
}

/// Tells whether an item hangs under one of the wanted ones, at any depth if that is asked.
fn hangs(scene: &Scene, item: &Item, arguments: &JsonMap) -> bool {
    let Some(filters) = arguments.get("hierarchyFilters").and_then(|value| value.as_object())
    else {
        return true;
    };
    let Some(wanted) = texts(filters, "parentIds") else { return true };
    let is_wanted = |id: &Id| wanted.contains(&gid("WorkItem", *id).as_str());
    let Some(parent) = item.parent else { return false };
    is_wanted(&parent)
        || (flag(filters, "includeDescendantWorkItems")
            && hierarchy::ancestors(&scene.world, parent).iter().any(is_wanted))
}

fn type_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Issue => "ISSUE",
        Kind::Incident => "INCIDENT",
        Kind::Task => "TASK",
        Kind::Epic => "EPIC",
    }
}

fn in_state(item: &Item, wanted: Option<&str>) -> bool {
    match wanted {
        Some("opened") => item.closed_at.is_none(),
        Some("closed") => item.closed_at.is_some(),
        Some("locked") => false,
        _ => true,
    }
}

fn has_labels(scene: &Scene, item: &Item, arguments: &JsonMap) -> bool {
    let carries = |title: &str| {
        item.labels
            .iter()
            .filter_map(|id| scene.world.labels.get(*id))
            .any(|label| label.title == title)
    };
    texts(arguments, "labelName").is_none_or(|titles| titles.into_iter().all(carries))
}

fn search(scene: &Scene, place: Id, arguments: &JsonMap) -> Result<Option<Search>, FieldError> {
    let fields = texts(arguments, "in");
    let Some(term) = text(arguments, "search") else {
        return match fields {
            Some(_) => Err(FieldError {
                message: "`search` should be present when including the `in` argument".to_owned(),
            }),
            None => Ok(None),
        };
    };
    let covers = |field: &str| fields.as_ref().is_none_or(|fields| fields.contains(&field));
    let kind = scene.world.places.get(place).map(|place| place.kind);
    Ok(Some(Search {
        phrases: phrases(term),
        titles: covers("TITLE"),
        descriptions: covers("DESCRIPTION"),
        rendered: kind == Some(PlaceKind::Project),
    }))
}

/// Takes a quoted term as one phrase, any other as words.
fn phrases(term: &str) -> Vec<String> {
    let term = term.trim().to_lowercase();
    let quoted = term.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(phrase) => vec![phrase.to_owned()],
        None => term
            .split_whitespace()
            .filter(|word| word.chars().count() >= SHORTEST_WORD)
            .map(str::to_owned)
            .collect(),
    }
}

impl Search {
    fn hits(&self, item: &Item) -> bool {
        (self.titles && self.matches(&item.title))
            || (self.descriptions && self.matches(&item.description))
    }

    fn matches(&self, text: &str) -> bool {
        let text = if self.rendered {
            strip_between(&strip_between(text, "<!--", "-->"), "<", ">")
        } else {
            text.to_owned()
        };
        let text = text.to_lowercase();
        !self.phrases.is_empty() && self.phrases.iter().all(|phrase| text.contains(phrase))
    }
}
