//! Reads a whole tree from one item down, whoever made it.

use std::collections::{BTreeMap, BTreeSet};

use crate::gitlab::Reader;
use crate::marker;
use crate::tree::{Foreign, Item, Kind, Reference, WorkItemId};

use super::ObserveError;

/// The most items of a tree: as many as one tool file may have entries.
const MOST_ITEMS: usize = 5_000;
/// The deepest level below the first item: six more epics, an issue, a task.
const DEEPEST: usize = 8;

/// Reads an item with all below it, and what the record in it names elsewhere.
///
/// # Errors
/// A request failed, the item cannot be read, or there is too much below it.
pub async fn foreign(reader: &Reader, reference: &Reference) -> Result<Foreign, ObserveError> {
    let mut found = reader.by_reference(std::slice::from_ref(reference)).await?;
    let top =
        found.remove(reference).ok_or_else(|| ObserveError::Missing(vec![reference.clone()]))?;
    let above: Vec<WorkItemId> = top.parent.iter().cloned().collect();
    let above = reader.items(&above).await?.into_values().next().map(|item| item.reference);
    let mut below: BTreeMap<WorkItemId, Vec<Item>> = BTreeMap::new();
    let mut seen = BTreeSet::from([top.id.clone()]);
    let mut level = vec![top.id.clone()];
    for _ in 0..DEEPEST {
        if level.is_empty() {
            break;
        }
        let mut listed = reader.children(&level).await?;
        let mut next = Vec::new();
        for parent in level {
            let unlisted = || ObserveError::Unlisted(parent.as_str().to_owned());
            let mut children = listed.remove(&parent).ok_or_else(unlisted)?;
            // What moves while it is read may be met twice.
            children.retain(|child| seen.insert(child.id.clone()));
            let parents = children.iter().filter(|child| child.kind != Some(Kind::Task));
            next.extend(parents.map(|child| child.id.clone()));
            below.insert(parent, children);
        }
        if seen.len() > MOST_ITEMS {
            return Err(ObserveError::TooMany(reference.clone(), MOST_ITEMS));
        }
        level = next;
    }
    let recorded = marker::record(&top.description).map(|record| record.items).unwrap_or_default();
    let ids = recorded.into_values().map(WorkItemId::from_number);
    let elsewhere: Vec<WorkItemId> = ids.filter(|id| !seen.contains(id)).take(MOST_ITEMS).collect();
    let elsewhere = reader.items(&elsewhere).await?.into_values().collect();
    Ok(Foreign { top, above, below, elsewhere })
}
