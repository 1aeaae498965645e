//! Linked items. Must not know of GraphQL.

use super::hierarchy::ALREADY;
use super::inputs::LinkType;
use super::references;
use super::rules::{Draft, Refusal};
use super::store::{Id, Link, LinkKind};

const PER_CALL: usize = 10;
const PER_ITEM: usize = 100;

fn kind_of(link_type: Option<LinkType>) -> LinkKind {
    match link_type {
        None | Some(LinkType::Related) => LinkKind::Related,
        Some(LinkType::Blocks) => LinkKind::Blocks,
        Some(LinkType::BlockedBy) => LinkKind::BlockedBy,
    }
}

fn few_enough(ids: &[String]) -> Result<(), Refusal> {
    if ids.len() <= PER_CALL {
        return Ok(());
    }
    let text = format!("No more than {PER_CALL} work items can be linked at the same time.");
    Err(Refusal::Top(text))
}

/// Links an item to others; all or none.
pub(super) fn add(
    draft: &mut Draft<'_>,
    id: Id,
    link_type: Option<LinkType>,
    others: &[String],
) -> Result<(), Refusal> {
    few_enough(others)?;
    let kind = kind_of(link_type);
    if kind != LinkKind::Related && !draft.config.seed.edition.blocked {
        let text = "Blocked work items are not available for the current subscription tier";
        return Err(Refusal::invalid(text));
    }
    for other in others {
        let other = draft.readable(other).map_err(|_| {
            Refusal::invalid(
                "No matching work item found. Make sure that you are adding a valid work item ID.",
            )
        })?;
        link(draft, id, other, kind)?;
    }
    Ok(())
}

fn link(draft: &mut Draft<'_>, id: Id, other: Id, kind: LinkKind) -> Result<(), Refusal> {
    let (item, target) = (draft.item(id)?, draft.item(other)?);
    let reason = if id == other {
        Some("is not allowed to point to itself")
    } else if item.links.iter().any(|link| link.to == other) {
        return Err(Refusal::invalid(ALREADY));
    } else if item.parent == Some(other) || target.parent == Some(id) {
        Some("is a parent or child of this item")
    } else if item.links.len() >= PER_ITEM || target.links.len() >= PER_ITEM {
        Some("exceed the maximum number of linked issues")
    } else {
        None
    };
    if let Some(reason) = reason {
        let text = format!("{} cannot be added: {reason}", references::short(target));
        return Err(Refusal::invalid(text));
    }
    let number = next_link(draft);
    let at = draft.world.clock;
    let end = |to, kind| Link { id: number, to, kind, at };
    draft.item_mut(id)?.links.push(end(other, kind));
    draft.item_mut(other)?.links.push(end(id, kind.reversed()));
    let (from, to) = (references::full(&draft.world, id), references::full(&draft.world, other));
    draft.system_note(id, format!("marked this as {} {to}", kind.word()))?;
    draft.system_note(other, format!("marked this as {} {from}", kind.reversed().word()))
}

/// Returns the number that the next link gets.
pub(super) fn next_link(draft: &Draft<'_>) -> Id {
    draft
        .world
        .items
        .iter()
        .flat_map(|(_, item)| item.links.iter().map(|link| link.id + 1))
        .max()
        .unwrap_or(701)
}

/// Takes links away; all or none.
pub(super) fn remove(draft: &mut Draft<'_>, id: Id, others: &[String]) -> Result<(), Refusal> {
    few_enough(others)?;
    for other in others {
        let other = draft.readable(other)?;
        if !draft.item(id)?.links.iter().any(|link| link.to == other) {
            return Err(Refusal::invalid("No matching work item link found."));
        }
        draft.item_mut(id)?.links.retain(|link| link.to != other);
        draft.item_mut(other)?.links.retain(|link| link.to != id);
    }
    Ok(())
}
