//! Which item is which node: what items say of themselves against the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::key::NodeKey;
use crate::marker;
use crate::tree::{DesiredNode, Item, Parent, Trouble, WorkItemId};

use super::record::{Recorded, known_as};
use super::{Claim, Met, Pool};

impl Pool<'_> {
    /// Chooses the item of each key, and says what is wrong with the rest.
    pub(super) fn choose(&self) -> (BTreeMap<NodeKey, &Item>, Vec<Trouble>) {
        let recorded = self.recorded();
        let mut claims: BTreeMap<NodeKey, Vec<&Item>> = BTreeMap::new();
        let mut trouble = Vec::new();
        for (item, claim) in
            self.read.values().filter(|(item, _)| !self.moved.contains_key(&item.id))
        {
            match claim {
                Claim::Ours(claimed, _) => {
                    claims.entry(self.owner(item, claimed, &recorded)).or_default().push(item);
                }
                Claim::Damaged(claimed) => {
                    let key = self.owner(item, claimed, &recorded);
                    trouble.push(Trouble::Damaged(key.clone(), item.reference.clone()));
                    claims.entry(key).or_default().push(item);
                }
                Claim::Newer(version) => {
                    let known = known_as(&recorded, &item.id).cloned();
                    let key = known.or_else(|| self.newer_key(item));
                    let newer = |key| Trouble::Newer(key, item.reference.clone(), *version);
                    trouble.extend(key.map(newer));
                }
                Claim::Foreign | Claim::Unmarked => {}
            }
        }
        let mut chosen: BTreeMap<NodeKey, &Item> = BTreeMap::new();
        // Parents first, so that a child's expected parent is known.
        let order = self.desired.nodes.iter().map(|node| node.key.clone());
        let rest: Vec<NodeKey> = claims.keys().chain(recorded.keys()).cloned().collect();
        for key in order.chain(rest) {
            if chosen.contains_key(&key) {
                continue;
            }
            let of_key = claims.get(&key).map(Vec::as_slice).unwrap_or_default();
            let expected = self.expected_parent(&key, &chosen);
            if let Some(item) =
                self.winner(&key, of_key, &recorded, expected.as_ref(), &mut trouble)
            {
                chosen.insert(key, item);
            }
        }
        trouble.sort();
        trouble.dedup();
        (chosen, trouble)
    }

    /// The node that a newer epictree's item is: its key stands in any marker; else by its title.
    fn newer_key(&self, item: &Item) -> Option<NodeKey> {
        let marked = marker::key_of(&item.description, self.workspace, &self.desired.tool);
        let titled = || {
            let mut nodes = self.desired.nodes.iter().filter(|_| self.in_a_place(item));
            nodes.find(|node| node.title == item.title).map(|node| node.key.clone())
        };
        marked.map(|key| self.desired.renamed(key)).or_else(titled)
    }

    fn expected_parent(
        &self,
        key: &NodeKey,
        chosen: &BTreeMap<NodeKey, &Item>,
    ) -> Option<WorkItemId> {
        match &self.desired.node(key)?.parent {
            Parent::None => None,
            Parent::Item(reference) => self.existing.get(reference).map(|item| item.id.clone()),
            Parent::Node(parent) => chosen
                .get(parent)
                .copied()
                .or_else(|| self.named(parent))
                .map(|item| item.id.clone()),
        }
    }

    /// Weighs the items that claim one key: the recorded one, else the eldest
    /// under the expected parent, else the eldest.
    fn winner<'s>(
        &'s self,
        key: &NodeKey,
        claims: &[&'s Item],
        recorded: &Recorded,
        expected: Option<&WorkItemId>,
        trouble: &mut Vec<Trouble>,
    ) -> Option<&'s Item> {
        let known = self.by_record(key, recorded, expected, claims.is_empty(), trouble);
        let (near, far): (Vec<&Item>, Vec<&Item>) =
            claims.iter().copied().partition(|item| self.in_a_place(item));
        let under = |item: &&Item| expected.is_some() && item.parent.as_ref() == expected;
        let eldest = || near.iter().copied().filter(under).min_by_key(|item| &item.id);
        let winner =
            known.or_else(eldest).or_else(|| near.iter().copied().min_by_key(|item| &item.id));
        for loser in near.iter().chain(&far).filter(|item| winner.is_none_or(|w| w.id != item.id)) {
            let sibling = winner.is_some_and(|w| w.parent == loser.parent);
            let (key, at) = (key.clone(), loser.reference.clone());
            let twin = sibling && loser.open;
            trouble.push(if twin { Trouble::Duplicate(key, at) } else { Trouble::Stray(key, at) });
        }
        winner
    }

    /// The node of an item that carries a marker of ours. People paste a description, marker
    /// and all: where the record gives the item to another node, it knows better, unless nothing
    /// but this item can be what its marker says.
    fn owner(&self, item: &Item, claimed: &NodeKey, recorded: &Recorded) -> NodeKey {
        let claims = |(other, claim): &&(Arc<Met>, Claim)| {
            other.id != item.id
                && matches!(claim, Claim::Ours(key, _) | Claim::Damaged(key) if key == claimed)
        };
        match (recorded.get(claimed), known_as(recorded, &item.id)) {
            (Some(id), _) if *id == item.id => claimed.clone(),
            (Some(_), Some(known)) => known.clone(),
            (None, Some(known))
                if self.desired.node(claimed).is_none()
                    || self.read.values().any(|o| claims(&o)) =>
            {
                known.clone()
            }
            (_, _) => claimed.clone(),
        }
    }

    /// A node that is made where there is none: of another, nothing need be known.
    fn made(&self, key: &NodeKey) -> Option<&DesiredNode> {
        self.desired.node(key).filter(|node| node.creates)
    }

    /// The recorded item, if it is still ours: it carries our marker, or lost it
    /// and stands under its expected parent.
    fn by_record(
        &self,
        key: &NodeKey,
        recorded: &Recorded,
        expected: Option<&WorkItemId>,
        alone: bool,
        trouble: &mut Vec<Trouble>,
    ) -> Option<&Item> {
        let id = recorded.get(key)?;
        let Some((item, claim)) = self.read.get(id) else {
            if alone && self.asked.contains(id) && self.made(key).is_some() {
                trouble
                    .push(Trouble::Unreadable(key.clone(), format!("work item {}", id.number())));
            }
            return None;
        };
        match claim {
            Claim::Ours(claimed, _) | Claim::Damaged(claimed) => {
                (self.owner(item, claimed, recorded) == *key).then_some(item)
            }
            Claim::Unmarked => {
                let node = self.made(key)?;
                let stands = match expected {
                    Some(_) => item.parent.as_ref() == expected,
                    None => node.parent == Parent::None && item.parent.is_none(),
                };
                if stands && known_as(recorded, id) == Some(key) {
                    return Some(item);
                }
                trouble.push(Trouble::Lost(key.clone(), item.reference.clone()));
                None
            }
            Claim::Foreign => {
                let node = self.made(key)?;
                trouble.push(Trouble::Foreign(node.key.clone(), item.reference.clone()));
                None
            }
            Claim::Newer(_) => None,
        }
    }
}
