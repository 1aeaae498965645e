//! Parents and children: who may stand under whom, how deep, in which order. Must not know of
//! GraphQL.

use super::inputs::{Hierarchy, Reorder, Side};
use super::places::Config;
use super::references::{self, read_gid};
use super::rules::{Draft, Refusal, kind_name, wrong_class};
use super::store::{Id, Item, Kind, World};

const EPIC_LEVELS: usize = 7;
const CHILDREN_MAX: usize = 5000;

const NO_MATCH: &str =
    "No matching work item found. Make sure that you are adding a valid work item ID.";
/// GitLab's answer to a parent or link that is set already.
pub(super) const ALREADY: &str = "Work item(s) already assigned";

/// Lists the types that can stand under the type.
pub(super) fn child_kinds(config: &Config, parent: Kind) -> Vec<Kind> {
    match parent {
        Kind::Epic if config.seed.edition.subepics => vec![Kind::Epic, Kind::Issue],
        Kind::Epic => vec![Kind::Issue],
        Kind::Issue | Kind::Incident => vec![Kind::Task],
        Kind::Task => Vec::new(),
    }
}

/// Lists the ancestors of an item, nearest first.
pub(super) fn ancestors(world: &World, id: Id) -> Vec<Id> {
    let mut above = Vec::new();
    let mut next = world.items.get(id).and_then(|item| item.parent);
    while let Some(id) = next {
        if above.contains(&id) {
            break;
        }
        above.push(id);
        next = world.items.get(id).and_then(|item| item.parent);
    }
    above
}

/// Lists all that hangs below an item, whatever the licence lets one see.
pub(super) fn below<'a>(world: &'a World, item: &'a Item) -> Vec<&'a Item> {
    let (mut all, mut next): (Vec<&Item>, Vec<&Item>) = (Vec::new(), vec![item]);
    while let Some(above) = next.pop() {
        let children = above.children.iter().filter_map(|id| world.items.get(*id));
        next.extend(children.clone());
        all.extend(children);
    }
    all
}

/// Lists the children that the licence lets one see, in order.
pub(super) fn children<'a>(
    world: &'a World,
    config: &'a Config,
    item: &'a Item,
) -> impl Iterator<Item = Id> + 'a {
    let subepics = config.seed.edition.subepics;
    item.children.iter().copied().filter(move |child| {
        world
            .items
            .get(*child)
            .is_some_and(|child| subepics || child.kind != Kind::Epic || item.kind != Kind::Epic)
    })
}

/// Finds the parent that a new or changed item shall have.
pub(super) fn candidate(draft: &Draft<'_>, text: &str) -> Result<Id, Refusal> {
    let id = read_gid(&["WorkItem"], text).ok_or_else(|| wrong_class(text, "WorkItem"))?;
    if draft.may_write(id) { Ok(id) } else { Err(Refusal::invalid(NO_MATCH)) }
}

/// Puts an item on top of a parent's children.
pub(super) fn attach(draft: &mut Draft<'_>, child: Id, parent: Id) -> Result<(), Refusal> {
    if draft.item(child)?.parent == Some(parent) {
        return Err(Refusal::invalid(ALREADY));
    }
    if let Err(reason) = may_attach(draft, child, parent)? {
        let reference = references::short(draft.item(child)?);
        let text = format!("{reference} cannot be added: {reason}");
        return Err(Refusal::invalid(text));
    }
    forget_parent(draft, child)?;
    draft.item_mut(child)?.parent = Some(parent);
    draft.item_mut(parent)?.children.insert(0, child);
    let (above, below) =
        (references::full(&draft.world, parent), references::full(&draft.world, child));
    let names = (
        kind_name(draft.item(parent)?.kind).to_lowercase(),
        kind_name(draft.item(child)?.kind).to_lowercase(),
    );
    draft.system_note(child, format!("added {above} as parent {}", names.0))?;
    draft.system_note(parent, format!("added {below} as child {}", names.1))
}

/// Takes an item away from its parent; nothing happens if it has none.
pub(super) fn detach(draft: &mut Draft<'_>, child: Id) -> Result<(), Refusal> {
    let Some(parent) = draft.item(child)?.parent else {
        return Ok(());
    };
    forget_parent(draft, child)?;
    let (above, below) =
        (references::full(&draft.world, parent), references::full(&draft.world, child));
    draft.system_note(child, format!("removed parent {above}"))?;
    draft.system_note(parent, format!("removed child {below}"))
}

fn forget_parent(draft: &mut Draft<'_>, child: Id) -> Result<(), Refusal> {
    if let Some(parent) = draft.item_mut(child)?.parent.take() {
        draft.item_mut(parent)?.children.retain(|id| *id != child);
    }
    Ok(())
}

/// Checks a pair; the inner error is the reason against it.
fn may_attach(draft: &Draft<'_>, child: Id, parent: Id) -> Result<Result<(), String>, Refusal> {
    let (world, below, above) = (&draft.world, draft.item(child)?, draft.item(parent)?);
    let name = kind_name(below.kind).to_lowercase();
    let refused = if child == parent {
        "is not allowed to point to itself".to_owned()
    } else if !child_kinds(draft.config, above.kind).contains(&below.kind) {
        "it's not allowed to add this type of parent item".to_owned()
    } else if ancestors(world, parent).contains(&child) {
        "it's already present in this item's hierarchy".to_owned()
    } else if above.kind == below.kind
        && ancestors(world, parent).len() + 1 + height(world, child) > EPIC_LEVELS
    {
        "reached maximum depth".to_owned()
    } else if above.children.len() >= CHILDREN_MAX {
        "parent already has maximum number of children.".to_owned()
    } else if above.confidential && !below.confidential {
        format!(
            "cannot assign a non-confidential {name} to a confidential parent. \
             Make the {name} confidential and try again."
        )
    } else if below.links.iter().any(|link| link.to == parent) {
        "cannot assign a linked work item as a parent".to_owned()
    } else {
        return Ok(Ok(()));
    };
    Ok(Err(refused))
}

/// Counts the levels of epics from an epic down, itself included.
fn height(world: &World, id: Id) -> usize {
    let mut level = vec![id];
    let mut levels = 0;
    while !level.is_empty() && levels <= EPIC_LEVELS {
        levels += 1;
        level = level
            .iter()
            .filter_map(|id| world.items.get(*id))
            .flat_map(|item| item.children.iter().copied())
            .filter(|id| world.items.get(*id).is_some_and(|item| item.kind == Kind::Epic))
            .collect();
    }
    levels
}

/// Checks that no public item stands under a confidential one.
pub(super) fn check_confidentiality(draft: &Draft<'_>, id: Id) -> Result<(), Refusal> {
    let item = draft.item(id)?;
    let public = |id: &Id| draft.world.items.get(*id).is_some_and(|item| !item.confidential);
    if item.confidential && item.children.iter().any(public) {
        let text = "A confidential work item cannot have a parent that already has \
                    non-confidential children.";
        return Err(Refusal::invalid(text));
    }
    let parent = item.parent.and_then(|parent| draft.world.items.get(parent));
    if !item.confidential && parent.is_some_and(|parent| parent.confidential) {
        let text = "A non-confidential work item cannot have a confidential parent.";
        return Err(Refusal::invalid(text));
    }
    Ok(())
}

/// Carries out the hierarchy widget of an update.
pub(super) fn change(draft: &mut Draft<'_>, id: Id, input: &Hierarchy) -> Result<(), Refusal> {
    match &input.parent_id {
        Some(Some(parent)) => {
            let parent = candidate(draft, parent)?;
            attach(draft, id, parent)?;
        }
        Some(None) => detach(draft, id)?,
        None => {}
    }
    for child in input.children_ids.iter().flatten() {
        let child = candidate(draft, child)?;
        attach(draft, child, id)?;
    }
    match (&input.adjacent_work_item_id, input.relative_position) {
        (Some(adjacent), Some(side)) => {
            let adjacent = draft.readable(adjacent)?;
            place_next_to(draft, id, adjacent, side)
        }
        (None, None) => Ok(()),
        _ => Err(half_a_position()),
    }
}

fn half_a_position() -> Refusal {
    Refusal::Top("Both adjacentWorkItemId and relativePosition are required.".to_owned())
}

/// Moves a child under a parent, next to a sibling, or both. Returns child, sibling and parent.
pub(super) fn reorder(
    draft: &mut Draft<'_>,
    input: &Reorder,
) -> Result<(Id, Option<Id>, Option<Id>), Refusal> {
    let id = draft.writable(&input.id)?;
    if let Some(parent) = &input.parent_id {
        let parent = candidate(draft, parent)?;
        if draft.item(id)?.parent != Some(parent) {
            attach(draft, id, parent)?;
        }
    }
    let adjacent = match (&input.adjacent_work_item_id, input.relative_position) {
        (Some(adjacent), Some(side)) => {
            let adjacent = draft.readable(adjacent)?;
            place_next_to(draft, id, adjacent, side)?;
            Some(adjacent)
        }
        (None, None) => None,
        _ => return Err(half_a_position()),
    };
    Ok((id, adjacent, draft.item(id)?.parent))
}

fn place_next_to(draft: &mut Draft<'_>, id: Id, next_to: Id, side: Side) -> Result<(), Refusal> {
    let parent = draft.item(id)?.parent;
    let sibling = draft.item(next_to)?.parent;
    let Some(parent) = parent.filter(|parent| sibling == Some(*parent) && id != next_to) else {
        return Err(Refusal::invalid("The adjacent work item must have the same parent."));
    };
    let children = &mut draft.item_mut(parent)?.children;
    children.retain(|child| *child != id);
    let at = children.iter().position(|child| *child == next_to);
    let at = at.map_or(0, |at| match side {
        Side::Before => at,
        Side::After => at + 1,
    });
    children.insert(at, id);
    Ok(())
}
