//! Items that people made and that look like ours.

use std::collections::BTreeMap;

use crate::key::NodeKey;
use crate::tree::{Item, Parent, Trouble};

use super::{Claim, Pool};

impl Pool<'_> {
    /// Unmarked items that have a missing node's title under its parent, and
    /// items of others that stand there.
    pub(super) fn adoptable(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
    ) -> (BTreeMap<NodeKey, &Item>, Vec<Trouble>) {
        let mut adoptable: BTreeMap<NodeKey, &Item> = BTreeMap::new();
        let mut trouble = Vec::new();
        for node in
            self.desired.nodes.iter().filter(|n| n.item.is_none() && !chosen.contains_key(&n.key))
        {
            let parent = match &node.parent {
                Parent::None => None,
                Parent::Item(reference) => self.existing.get(reference),
                Parent::Node(key) => chosen
                    .get(key)
                    .or_else(|| adoptable.get(key))
                    .copied()
                    .or_else(|| self.named(key)),
            };
            let Some(parent) = parent else { continue };
            let twins = self.read.values().filter(|(item, _)| {
                item.parent.as_ref() == Some(&parent.id) && item.title == node.title && item.open
            });
            for (item, claim) in twins {
                match claim {
                    Claim::Unmarked if item.kind == Some(node.kind) && self.in_a_place(item) => {
                        adoptable.entry(node.key.clone()).or_insert(item);
                    }
                    Claim::Foreign => {
                        trouble.push(Trouble::Foreign(node.key.clone(), item.reference.clone()));
                    }
                    Claim::Unmarked | Claim::Ours(..) | Claim::Damaged(_) | Claim::Newer(_) => {}
                }
            }
        }
        (adoptable, trouble)
    }
}
