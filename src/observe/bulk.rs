//! Whole trees at once: what hangs below the tools' first items, and whose children that are.
//!
//! A list of descendants covers one group. Items that lie elsewhere, or that the caller may not
//! read, are not in it, so a list of children counts only if it is whole by GitLab's own count;
//! all others are read one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use crate::gitlab::{GitlabError, Reader};
use crate::identity::Met;
use crate::tree::{DesiredTree, Item, WorkItemId};

/// How many items a page of a list has.
const PAGE: u64 = 100;
/// The fewest pages that are worth a list of their own.
const FEWEST_PAGES: u64 = 3;
/// The most lists of one group that are read at the same time.
const MOST_LISTS: u64 = 4;

/// Lists of children that are whole, by their parent.
pub(super) type Listed = BTreeMap<WorkItemId, Vec<Arc<Met>>>;

/// Lists the children of all items in some trees, each of which was found by its first item.
pub(super) async fn children(
    reader: &Reader,
    trees: &[&DesiredTree],
    firsts: &[Item],
) -> Result<Listed, GitlabError> {
    let mut found: BTreeMap<WorkItemId, Arc<Met>> =
        firsts.iter().map(|item| (item.id.clone(), item.clone().into())).collect();
    let of = firsts.iter().filter(|item| item.below != Some(0));
    let of: Vec<(WorkItemId, u64)> =
        of.map(|item| (item.id.clone(), item.below.unwrap_or(0))).collect();
    let (areas, shares) = (areas(trees), shares(of));
    // Each on its own, as reading an answer takes as long as waiting for it.
    let mut lists = JoinSet::new();
    for (area, of) in areas.iter().flat_map(|area| shares.iter().map(move |of| (area, of))) {
        let (reader, area, of) = (reader.clone(), area.clone(), of.clone());
        lists.spawn(async move {
            let items = reader.descendants(&area, &of).await?.unwrap_or_default();
            Ok(items.into_iter().map(|item| (item.id.clone(), item.into())).collect::<Vec<_>>())
        });
    }
    while let Some(list) = lists.join_next().await {
        let ended = |error: JoinError| GitlabError::Unexpected {
            operation: "Descendants".to_owned(),
            detail: error.to_string(),
        };
        found.extend(list.map_err(ended)??);
    }
    Ok(whole(found))
}

/// Shares out items, each with how many are below it: the pages of a list come one after another,
/// those of several at the same time. Together they have no page more than one list of all.
fn shares(of: Vec<(WorkItemId, u64)>) -> Vec<Vec<WorkItemId>> {
    let pages = |items: u64| items.div_ceil(PAGE);
    let mut left = of.iter().fold(0, |sum: u64, (_, below)| sum.saturating_add(*below));
    let lists = (pages(left) / FEWEST_PAGES).clamp(1, MOST_LISTS);
    let enough = left / lists;
    let (mut shares, mut share, mut here) = (Vec::new(), Vec::new(), 0_u64);
    for (id, below) in of {
        if here >= enough && pages(here) + pages(left) == pages(here.saturating_add(left)) {
            shares.push(std::mem::take(&mut share));
            here = 0;
        }
        share.push(id);
        here = here.saturating_add(below);
        left = left.saturating_sub(below);
    }
    shares.push(share);
    shares.retain(|share| !share.is_empty());
    shares
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of items below, share by share.
    fn shared(below: &[u64]) -> Vec<Vec<u64>> {
        let of = below.iter().zip(0..).map(|(below, n)| (WorkItemId::from_number(n), *below));
        let number = |id: WorkItemId| below[usize::try_from(id.number()).unwrap()];
        let shares = shares(of.collect());
        shares.into_iter().map(|share| share.into_iter().map(number).collect()).collect()
    }

    #[test]
    fn lists_are_read_side_by_side_where_that_takes_no_more_pages() {
        assert_eq!(shared(&[]), [[0; 0]; 0]);
        assert_eq!(shared(&[59]), [[59]]);
        assert_eq!(shared(&[48; 12]), [[48; 6]; 2]);
        assert_eq!(shared(&[110; 5]).len(), 1, "550 items are 6 pages, and no cut keeps that");
        assert_eq!(shared(&[100; 6]), [[100; 3]; 2]);
        assert_eq!(shared(&[48; 100]), [[48; 25]; 4]);
        assert_eq!(shared(&[5000, 1, 300]), [vec![5000], vec![1, 300]]);
        assert_eq!(shared(&[u64::MAX, u64::MAX]).concat().len(), 2);
    }
}
