//! Whole trees at once: what hangs below the tools' first items, and whose children that are.
//!
//! A list of descendants covers one group. Items that lie elsewhere, or that the caller may not
//! read, are not in it, so a list of children counts only if it is whole by GitLab's own count;
//! all others are read one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::try_join_all;

use crate::gitlab::{GitlabError, Reader};
use crate::identity::Met;
use crate::tree::{DesiredTree, Item, WorkItemId};

/// Lists of children that are whole, by their parent.
pub(super) type Listed = BTreeMap<WorkItemId, Vec<Arc<Met>>>;

/// Lists the children of all items in some trees, each of which was found by its first item.
pub(super) async fn children(
    reader: &Reader,
    trees: &[&DesiredTree],
    firsts: &[Item],
) -> Result<Listed, GitlabError> {
    let of: Vec<WorkItemId> =
        firsts.iter().filter(|item| item.below != Some(0)).map(|item| item.id.clone()).collect();
    let mut found: BTreeMap<WorkItemId, Arc<Met>> =
        firsts.iter().map(|item| (item.id.clone(), item.clone().into())).collect();
    if !of.is_empty() {
        let areas = areas(trees);
        let lists = areas.iter().map(|area| reader.descendants(area, &of));
        let lists = try_join_all(lists).await?;
        let items = lists.into_iter().flatten().flatten();
        found.extend(items.map(|item| (item.id.clone(), item.into())));
    }
    Ok(whole(found))
}

/// For each top-level group the narrowest group that holds all places of the trees in it.
fn areas(trees: &[&DesiredTree]) -> BTreeSet<String> {
    let mut areas: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        let mut parts = node.namespace.split('/');
        let top = parts.next().unwrap_or_default();
        match areas.get_mut(top) {
            None => {
                areas.insert(top, parts.collect());
            }
            Some(area) => {
                let same = area.iter().zip(parts).take_while(|(one, other)| **one == *other);
                let same = same.count();
                area.truncate(same);
            }
        }
    }
    let path = |(top, rest): (&str, Vec<&str>)| {
        std::iter::once(top).chain(rest).collect::<Vec<_>>().join("/")
    };
    areas.into_iter().map(path).collect()
}

/// The lists that hold as many items, with all below them, as GitLab counts below the parent.
fn whole(found: BTreeMap<WorkItemId, Arc<Met>>) -> Listed {
    let mut listed: Listed = found.keys().map(|id| (id.clone(), Vec::new())).collect();
    for item in found.values() {
        if let Some(children) = item.parent.as_ref().and_then(|parent| listed.get_mut(parent)) {
            children.push(Arc::clone(item));
        }
    }
    let counted = |children: &[Arc<Met>]| -> Option<u64> {
        children.iter().map(|child| child.below.map(|below| below + 1)).sum()
    };
    let is_whole = |id: &WorkItemId, children: &[Arc<Met>]| {
        let below = found.get(id).and_then(|item| item.below);
        below.is_some() && below == counted(children)
    };
    listed.retain(|id, children| is_whole(id, children));
    listed
}
