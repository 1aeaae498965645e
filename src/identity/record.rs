//! What the tool's first node knows of the whole tool, under present keys and ids.

use std::collections::BTreeMap;

use crate::key::NodeKey;
use crate::marker::Record;
use crate::tree::{DesiredTree, Item, WorkItemId};

use super::{Claim, Pool};

/// The recorded id of each key, after moves.
pub(super) type Recorded = BTreeMap<NodeKey, WorkItemId>;

impl Pool<'_> {
    /// The recorded id of each key, after moves.
    pub(super) fn recorded(&self) -> Recorded {
        let record = self.record();
        let keys = record.items.iter().filter_map(|(local, number)| {
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

    /// The record of the first node. A clone's record names the original, not itself.
    pub(super) fn record(&self) -> Record {
        let Some(first) = self.desired.nodes.first() else { return Record::default() };
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
        let mut own = records.filter(|(item, record)| own(item, record));
        own.next().map(|(_, record)| record.clone()).unwrap_or_default()
    }

    /// The record under present keys and ids.
    pub(super) fn current_record(&self) -> Record {
        let mut record = self.record();
        let recorded = self.recorded();
        record.items =
            recorded.iter().map(|(key, id)| (key.local().to_owned(), id.number())).collect();
        record
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
