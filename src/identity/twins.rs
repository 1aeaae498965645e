//! Second items for one node, as two runs at once leave them: which of them nobody touched.

use std::collections::BTreeMap;

use crate::key::NodeKey;
use crate::marker::{self, Base, BaseText, Reading};
use crate::tree::{Item, Trouble, Twin, WorkItemId};

use super::{Claim, Met, Pool};

/// More levels than GitLab has.
const MAX_DEPTH: usize = 16;

/// What a close look at a second item showed.
pub(super) struct Look {
    /// What hangs below it; `None` if that cannot be listed.
    children: Option<Vec<Met>>,
    /// Whether anybody commented on it.
    commented: bool,
}

impl Pool<'_> {
    /// Second items whose children and comments are to be looked at next: those that
    /// carry nothing but what epictree wrote.
    #[must_use]
    pub fn twins_to_look_at(&self) -> Vec<WorkItemId> {
        let (chosen, trouble) = self.choose();
        let mut wanted = Vec::new();
        let mut next: Vec<(NodeKey, &Item)> = self.second_items(&chosen, &trouble);
        while let Some((key, item)) = next.pop() {
            if !chosen.get(&key).is_some_and(|elder| self.is_untouched(&key, item, elder)) {
                continue;
            }
            match self.looks.get(&item.id) {
                None => wanted.push(item.id.clone()),
                Some(look) => next.extend(self.keyed(look)),
            }
        }
        wanted
    }

    /// Takes in what a close look at a second item showed.
    pub fn add_look(&mut self, twin: &WorkItemId, children: Option<Vec<Item>>, commented: bool) {
        let children = children.map(|children| children.into_iter().map(Met::from).collect());
        self.looks.insert(twin.clone(), Look { children, commented });
    }

    /// Second items that nobody touched, nor anything below them.
    pub(super) fn twins(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
        trouble: &[Trouble],
    ) -> Vec<Twin> {
        let mut twins = Vec::new();
        for (key, item) in self.second_items(chosen, trouble) {
            twins.extend(self.whole(chosen, key, item, MAX_DEPTH).into_iter().flatten());
        }
        twins
    }

    /// Open siblings of the open item that was chosen for their key, in the workspace's places.
    fn second_items(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
        trouble: &[Trouble],
    ) -> Vec<(NodeKey, &Item)> {
        let second = trouble.iter().filter_map(|trouble| match trouble {
            Trouble::Duplicate(key, at) => {
                let (item, _) = self.read.values().find(|(item, _)| item.reference == *at)?;
                let second = chosen.get(key)?.open && self.in_a_place(item);
                second.then(|| (key.clone(), &***item))
            }
            _ => None,
        });
        second.collect()
    }

    /// A second item and all below it, the deepest first; `None` if people touched any of it.
    fn whole(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
        key: NodeKey,
        item: &Item,
        depth: usize,
    ) -> Option<Vec<Twin>> {
        let elder = chosen.get(&key).filter(|_| depth > 0)?;
        let look = self.looks.get(&item.id).filter(|look| !look.commented)?;
        if !self.is_untouched(&key, item, elder) {
            return None;
        }
        let mut twins = Vec::new();
        for child in look.children.as_ref()?.iter().filter(|child| !is_closed_twin(child)) {
            let Claim::Ours(below, _) = self.claim(child.says()) else { return None };
            twins.extend(self.whole(chosen, below, child, depth - 1)?);
        }
        twins.push(Twin { key, item: item.clone(), elder: elder.reference.clone() });
        Some(twins)
    }

    /// The children of a second item that carry a key of ours.
    fn keyed<'l>(&self, look: &'l Look) -> Vec<(NodeKey, &'l Item)> {
        let keyed =
            look.children.iter().flatten().filter_map(|child| match self.claim(child.says()) {
                Claim::Ours(key, _) => Some((key, &**child)),
                Claim::Damaged(_) | Claim::Foreign | Claim::Newer(_) | Claim::Unmarked => None,
            });
        keyed.collect()
    }

    /// Tells whether there is nothing on a second item but what epictree wrote there.
    fn is_untouched(&self, key: &NodeKey, item: &Item, elder: &Item) -> bool {
        let described = marker::read(&item.description);
        let Reading::One(marker) = described.marker else { return false };
        let Base {
            title,
            body,
            labels,
            parent: _,
            confidential,
            weight,
            milestone,
            assignees,
            start,
            due,
            links: _,
        } = &marker.base;
        let once = self.desired.node(key).map(|node| &node.labels.once);
        let known =
            |title: &String| labels.contains(title) || once.is_some_and(|l| l.contains(title));
        // Somebody else's may be a clone made on purpose.
        item.author == self.caller
            && item.id != elder.id
            && item.open
            && item.moved_to.is_none()
            && title.as_ref() == Some(&item.title)
            && matches!(body, Some(BaseText::Text(body)) if same_text(body, &described.text))
            && item.labels.iter().all(|label| known(&label.title))
            && (!item.confidential || elder.confidential || *confidential == Some(true))
            && is_ours(item.weight.as_ref(), weight.as_ref())
            && is_ours(item.milestone.as_ref(), milestone.as_ref())
            && item
                .assignees
                .iter()
                .all(|name| assignees.iter().flatten().any(|n| n.eq_ignore_ascii_case(name)))
            && is_ours(item.start.as_ref(), start.as_ref())
            && is_ours(item.due.as_ref(), due.as_ref())
            && item.links.is_empty()
    }
}

/// Tells whether a value is not one that people gave.
fn is_ours<T: PartialEq>(gitlab: Option<&T>, base: Option<&T>) -> bool {
    gitlab.is_none() || gitlab == base
}

/// Tells whether a text is the base's, boxes included; GitLab takes blanks at the end of a line away.
fn same_text(base: &str, text: &str) -> bool {
    base.trim_end().lines().map(str::trim_end).eq(text.lines().map(str::trim_end))
}

fn is_closed_twin(item: &Met) -> bool {
    !item.open && *item.says() == Reading::Duplicate
}
