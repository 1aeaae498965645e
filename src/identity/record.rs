//! What the tool's first node knows of the whole tool, under present keys and ids.

use std::collections::BTreeMap;

use crate::key::NodeKey;
use crate::marker::Record;
use crate::tree::{DesiredTree, Item, Trouble, WorkItemId};

use super::{Claim, Pool};

/// The recorded id of each key, after moves.
pub(super) type Recorded = BTreeMap<NodeKey, WorkItemId>;

impl Pool<'_> {
    /// The recorded id of each key, after moves.
    pub(super) fn recorded(&self) -> Recorded {
        let record = self.record().into_iter();
        let keys = record.flat_map(|record| &record.items).filter_map(|(local, number)| {
            let key = NodeKey::of(&self.desired.tool, local)?;
            Some((self.desired.renamed(key), self.arrived(&WorkItemId::from_number(*number))))
        });
        keys.collect()
    }

    /// Where an item is now, following moves.
    pub(super) fn arrived(&self, id: &WorkItemId) -> WorkItemId {
        let mut here = id;
        for _ in 0..8 {
            match self.moved.get(here) {
                Some(next) => here = next,
                None => break,
            }
        }
        here.clone()
    }

    /// The record of the first node. A clone's record names the original, not itself; an item whose
    /// creation was not seen, and that another took the place of, has one that names nothing.
    fn record(&self) -> Option<&Record> {
        let first = self.desired.nodes.first()?;
        let records = self.read.values().filter_map(|(item, claim)| match claim {
            Claim::Ours(key, record) if *key == first.key && !self.moved.contains_key(&item.id) => {
                Some((item, record.as_ref()))
            }
            _ => None,
        });
        let own = |item: &Item, record: &Record| {
            let recorded = first_recorded(self.desired, record);
            recorded.is_none_or(|n| self.arrived(&WorkItemId::from_number(n)) == item.id)
        };
        let own: Vec<&Record> =
            records.filter(|(item, record)| own(item, record)).map(|(_, record)| record).collect();
        let named = own.iter().find(|record| !record.items.is_empty());
        named.or(own.first()).copied()
    }

    /// Tells whether the record can be read.
    #[must_use]
    pub fn has_record(&self) -> bool {
        self.record().is_some()
    }

    /// The record under present keys and ids.
    pub(super) fn current_record(&self) -> Record {
        let mut record = self.record().cloned().unwrap_or_default();
        let recorded = self.recorded();
        record.items =
            recorded.iter().map(|(key, id)| (key.local().to_owned(), id.number())).collect();
        record
    }
}

impl Pool<'_> {
    /// Nodes without an item of which nothing says whether they were made before: a record that
    /// cannot be read, or that the closed first node could not keep, knows less than was made.
    pub(super) fn unknown(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
        adoptable: &BTreeMap<NodeKey, &Item>,
    ) -> Vec<Trouble> {
        let Some(first) = self.desired.nodes.first().filter(|first| first.item.is_none()) else {
            return Vec::new();
        };
        let found = |key: &NodeKey| chosen.contains_key(key) || adoptable.contains_key(key);
        let mut trouble: Vec<Trouble> = Vec::new();
        if !found(&first.key) {
            trouble.extend(self.rows.iter().map(|(reference, readable)| match readable {
                true => Trouble::Named(first.key.clone(), reference.clone()),
                false => Trouble::Unreadable(first.key.clone(), reference.to_string()),
            }));
        }
        let made = self.desired.nodes.iter().filter(|n| n.item.is_none() && n.creates);
        let missing = made.filter(|n| !found(&n.key));
        let missing: Vec<NodeKey> = missing.map(|node| node.key.clone()).collect();
        let top = chosen.get(&first.key);
        let other = chosen.values().next();
        let known = top.or(other.map(|other| adoptable.get(&first.key).unwrap_or(other)));
        let known = known.map(|item| item.reference.clone());
        if let Some(at) = known.filter(|_| !missing.is_empty()) {
            if top.is_some_and(|top| !top.open) {
                trouble.push(Trouble::Unkept(missing, at));
            } else if !self.has_record() {
                trouble.push(Trouble::Unrecorded(missing, at));
            }
        }
        trouble
    }
}

/// The node that an item is recorded for.
pub(super) fn known_as<'r>(recorded: &'r Recorded, id: &WorkItemId) -> Option<&'r NodeKey> {
    recorded.iter().find(|(_, known)| *known == id).map(|(key, _)| key)
}

fn first_recorded(desired: &DesiredTree, record: &Record) -> Option<u64> {
    let first = desired.nodes.first()?;
    let names = std::iter::once(&first.key).chain(&first.was);
    names.filter_map(|key| record.items.get(key.local()).copied()).next()
}
