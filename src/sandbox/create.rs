//! Creating a work item. Must not know of GraphQL.

use super::inputs::{Create, Widgets};
use super::places::Config;
use super::quick_actions;
use super::references::read_gid;
use super::rules::{self, Draft, Refusal, wrong_class};
use super::store::{Id, Item, Kind, PlaceKind};
use super::{hierarchy, labels, links, update};

/// GitLab's answer where a group takes no items of that type.
const PROJECTS_ONLY: &str =
    "create_group_level_work_items feature flag is disabled. Only project paths allowed.";

/// Creates an item. A refusal leaves nothing, but for links: those fail after the item exists.
pub(super) fn create(
    draft: &mut Draft<'_>,
    input: &Create,
    widgets: &Widgets,
) -> Result<Id, (Refusal, Option<Id>)> {
    let id = without_links(draft, input, widgets).map_err(|refusal| (refusal, None))?;
    let Some(links) = &input.linked_items_widget else {
        return Ok(id);
    };
    let saved = draft.world.clone();
    match links::add(draft, id, links.link_type, &links.work_items_ids) {
        Ok(()) => Ok(id),
        Err(refusal) => {
            draft.world = saved;
            Err((Refusal::DoneAnyway(refusal.texts()), Some(id)))
        }
    }
}

fn without_links(draft: &mut Draft<'_>, input: &Create, widgets: &Widgets) -> Result<Id, Refusal> {
    let (place, kind) = destination(draft, input)?;
    update::supported(draft.config, kind, widgets)?;
    let title = rules::checked_title(&input.title)?;
    let written = widgets.description_widget.as_ref();
    let written = written.and_then(|widget| widget.description.as_deref());
    let extracted = quick_actions::extract(&rules::checked_description(written.unwrap_or(""))?);
    let effects = quick_actions::effects(&extracted.commands);

    let iid = next_iid(draft, place)?;
    let id = draft.world.items.next_id(rules::FIRST_ITEM);
    let item = Item {
        description: extracted.text.clone(),
        confidential: input.confidential.unwrap_or(false) || effects.confidential,
        ..rules::new_item(kind, place, iid, &title, draft.actor, draft.world.clock)
    };
    draft.world.items.put(id, item);

    let wanted = match &input.labels_widget {
        Some(widget) => labels::read_ids(&widget.label_ids)?,
        None => Vec::new(),
    };
    let by_command = labels::named(&draft.world, place, &effects.add_labels);
    let wanted = if by_command.is_empty() { wanted } else { by_command };
    labels::change(draft, id, &wanted, &[])?;
    update::plain_widgets(draft, id, widgets)?;
    let parent = input.hierarchy_widget.as_ref().and_then(|widget| widget.parent_id.clone());
    if let Some(parent) = parent.flatten() {
        let parent = hierarchy::candidate(draft, &parent)?;
        hierarchy::attach(draft, id, parent)?;
    }
    draft.notify(id, "mentioned in description", "", &extracted.text);
    draft.record_commands(id, &extracted.commands);
    Ok(id)
}

/// Finds the place and the type, and checks that they go together.
fn destination(draft: &Draft<'_>, input: &Create) -> Result<(Id, Kind), Refusal> {
    let world = &draft.world;
    let path = input.namespace_path.as_deref().unwrap_or_default();
    let place = world
        .place_at(path)
        .filter(|id| draft.config.writable(world, *id, Some(draft.actor)))
        .ok_or_else(Refusal::unavailable)?;
    let home = world.places.get(place).map(|place| place.kind);
    let edition = &draft.config.seed.edition;
    if home == Some(PlaceKind::Group) && !edition.enterprise {
        return Err(Refusal::Top(PROJECTS_ONLY.to_owned()));
    }
    let kind = kind_of(draft.config, &input.work_item_type_id)?;
    let refusal = match (home, kind) {
        (Some(PlaceKind::Group), Kind::Epic) if edition.epics => return Ok((place, kind)),
        (_, Kind::Epic) => "Epic type is not available for the given group",
        (Some(PlaceKind::Project), _) => return Ok((place, kind)),
        (_, Kind::Issue | Kind::Incident | Kind::Task) => PROJECTS_ONLY,
    };
    Err(Refusal::Top(refusal.to_owned()))
}

fn kind_of(config: &Config, text: &str) -> Result<Kind, Refusal> {
    let number =
        read_gid(&["WorkItems::Type"], text).ok_or_else(|| wrong_class(text, "WorkItems::Type"))?;
    config
        .kinds()
        .into_iter()
        .find(|kind| config.type_id(*kind) == number)
        .ok_or_else(Refusal::unavailable)
}

fn next_iid(draft: &mut Draft<'_>, place: Id) -> Result<u64, Refusal> {
    let place = draft.world.places.get_mut(place).ok_or_else(Refusal::unavailable)?;
    place.last_iid += 1;
    Ok(place.last_iid)
}
