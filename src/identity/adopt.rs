//! Items that people made and that look like ours.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::NodeKey;
use crate::tree::{Item, Parent, Trouble, WorkItemId};

use super::{Claim, Pool};

impl Pool<'_> {
    /// Unmarked items that have a missing node's title under its parent, or that the tool's table
    /// row names as its first item, and items of others that stand there.
    pub(super) fn adoptable(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
    ) -> (BTreeMap<NodeKey, &Item>, Vec<Trouble>) {
        let taken: BTreeSet<&WorkItemId> = chosen.values().map(|item| &item.id).collect();
        let mut adoptable: BTreeMap<NodeKey, &Item> = BTreeMap::new();
        let mut trouble = Vec::new();
        for (n, node) in self.desired.nodes.iter().enumerate() {
            if node.item.is_some() || !node.creates || chosen.contains_key(&node.key) {
                continue;
            }
            let parent = match &node.parent {
                Parent::None => None,
                Parent::Item(reference) => self.existing.get(reference),
                Parent::Node(key) => chosen
                    .get(key)
                    .or_else(|| adoptable.get(key))
                    .copied()
                    .or_else(|| self.named(key)),
            };
            let named = |item: &Item| n == 0 && self.rows.contains_key(&item.reference);
            let stands = |item: &Item| {
                item.title == node.title
                    && parent.is_some_and(|parent| item.parent.as_ref() == Some(&parent.id))
            };
            let mut fit = Vec::new();
            for (item, claim) in self.read.values().filter(|(item, _)| item.open) {
                match claim {
                    Claim::Unmarked if item.kind == Some(node.kind) && self.in_a_place(item) => {
                        let free = (named(item) || stands(item)) && !taken.contains(&item.id);
                        fit.extend(free.then_some(item));
                    }
                    Claim::Foreign if stands(item) => {
                        trouble.push(Trouble::Foreign(node.key.clone(), item.reference.clone()));
                    }
                    Claim::Unmarked
                    | Claim::Ours(..)
                    | Claim::Damaged(_)
                    | Claim::Foreign
                    | Claim::Newer(_) => {}
                }
            }
            if let Some(item) = fit.into_iter().min_by_key(|item| (!named(item), &item.id)) {
                adoptable.insert(node.key.clone(), item);
            }
        }
        (adoptable, trouble)
    }
}
