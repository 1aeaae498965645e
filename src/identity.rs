//! Whose item is it: markers, the record, parents and titles weighed against each other.
//!
//! Pure. `gitlab::observe` reads items and hands them in; the pool says what to
//! read next and, at the end, which item is which node. A marker alone is never
//! believed: clones and forgeries carry one too.

mod twins;

use std::collections::{BTreeMap, BTreeSet};

use crate::key::NodeKey;
use crate::marker::{self, Reading, Record};
use crate::tree::{
    Capabilities, DesiredTree, Item, Kind, ObservedTree, Parent, Reference, Trouble, WorkItemId,
};

/// Everything read so far of one tool.
pub struct Pool<'a> {
    desired: &'a DesiredTree,
    workspace: &'a str,
    /// Namespaces of the workspace's places.
    places: &'a BTreeSet<String>,
    /// User name of who the token acts as.
    caller: &'a str,
    existing: BTreeMap<Reference, Item>,
    /// Every item read, by id, with what it says of itself.
    read: BTreeMap<WorkItemId, (Item, Claim)>,
    /// Whose children were listed.
    listed: BTreeSet<WorkItemId>,
    /// Where an item went that was moved or promoted.
    moved: BTreeMap<WorkItemId, WorkItemId>,
    /// Links to follow that were already asked for.
    followed: BTreeSet<String>,
    /// Recorded ids that were asked for.
    asked: BTreeSet<WorkItemId>,
    /// Second items that were looked at closely.
    looks: BTreeMap<WorkItemId, twins::Look>,
}

/// What an item says of itself.
enum Claim {
    Ours(NodeKey, Box<Record>),
    Damaged(NodeKey),
    Foreign,
    Newer(u32),
    Unmarked,
}

impl<'a> Pool<'a> {
    /// Starts with the items that the files refer to.
    #[must_use]
    pub fn new(
        desired: &'a DesiredTree,
        workspace: &'a str,
        places: &'a BTreeSet<String>,
        caller: &'a str,
        existing: BTreeMap<Reference, Item>,
    ) -> Self {
        Self {
            desired,
            workspace,
            places,
            caller,
            existing,
            read: BTreeMap::new(),
            listed: BTreeSet::new(),
            moved: BTreeMap::new(),
            followed: BTreeSet::new(),
            asked: BTreeSet::new(),
            looks: BTreeMap::new(),
        }
    }

    /// Takes items in, wherever they were found.
    pub fn add(&mut self, items: impl IntoIterator<Item = Item>) {
        for item in items {
            let claim = self.claim(&item);
            self.read.insert(item.id.clone(), (item, claim));
        }
    }

    /// Takes in the children of an item.
    pub fn add_children(&mut self, parent: &WorkItemId, children: Vec<Item>) {
        self.listed.insert(parent.clone());
        self.add(children);
    }

    /// Notes where an item went; `None` if that cannot be read.
    pub fn add_moved(&mut self, url: &str, target: Option<Item>) {
        self.followed.insert(url.to_owned());
        let Some(target) = target else { return };
        let from: Vec<WorkItemId> = self
            .read
            .values()
            .filter(|(item, _)| item.moved_to.as_deref() == Some(url))
            .map(|(item, _)| item.id.clone())
            .collect();
        for id in from {
            self.moved.insert(id, target.id.clone());
        }
        self.add([target]);
    }

    /// Notes which recorded ids were asked for, found or not.
    pub fn add_asked(&mut self, ids: &[WorkItemId], found: impl IntoIterator<Item = Item>) {
        self.asked.extend(ids.iter().cloned());
        self.add(found);
    }

    /// Items whose children are to be listed next.
    #[must_use]
    pub fn frontier(&self) -> Vec<WorkItemId> {
        let roots = self.desired.nodes.iter().filter_map(|node| match &node.parent {
            Parent::Item(reference) => self.existing.get(reference).map(|item| item.id.clone()),
            Parent::Node(key) => self.named(key).map(|item| item.id.clone()),
            Parent::None => None,
        });
        let chosen = self.choose().0;
        let adoptable = self.adoptable(&chosen).0;
        let ours = chosen
            .iter()
            .chain(&adoptable)
            .filter(|(key, item)| self.may_have_children(key, item))
            .map(|(_, item)| item.id.clone());
        let all: BTreeSet<WorkItemId> = roots.chain(ours).collect();
        all.into_iter().filter(|id| !self.listed.contains(id)).collect()
    }

    /// An epic always; anything else if the files want something below it, or no longer want it.
    fn may_have_children(&self, key: &NodeKey, item: &Item) -> bool {
        let below = || self.desired.nodes.iter().any(|n| n.parent == Parent::Node(key.clone()));
        item.kind == Some(Kind::Epic) || self.desired.node(key).is_none() || below()
    }

    /// Links of moved and promoted items that are to be followed next.
    #[must_use]
    pub fn to_follow(&self) -> BTreeSet<String> {
        let recorded = self.recorded();
        let ours = self.read.values().filter(|(item, claim)| {
            matches!(claim, Claim::Ours(..) | Claim::Damaged(_)) || is_recorded(&recorded, item)
        });
        let urls = ours.filter_map(|(item, _)| item.moved_to.clone());
        urls.filter(|url| !self.followed.contains(url)).collect()
    }

    /// Recorded items that were not met on the way and are to be read next.
    #[must_use]
    pub fn to_ask(&self) -> Vec<WorkItemId> {
        let recorded = self.recorded().into_values();
        recorded.filter(|id| !self.read.contains_key(id) && !self.asked.contains(id)).collect()
    }

    /// Tells whether the tool's first node was found.
    #[must_use]
    pub fn has_first(&self) -> bool {
        self.desired.nodes.first().is_none_or(|first| self.choose().0.contains_key(&first.key))
    }

    /// The recorded id of each key, after moves.
    fn recorded(&self) -> BTreeMap<NodeKey, WorkItemId> {
        let record = self.record();
        let keys = record.items.iter().filter_map(|(local, number)| {
            let key = NodeKey::of(&self.desired.tool, local)?;
            Some((self.desired.renamed(key), self.arrived(&WorkItemId::from_number(*number))))
        });
        keys.collect()
    }

    /// Where an item is now, following moves.
    fn arrived(&self, id: &WorkItemId) -> WorkItemId {
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
    fn record(&self) -> Record {
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

    fn claim(&self, item: &Item) -> Claim {
        let (workspace, key, record) = match marker::read(&item.description).marker {
            Reading::None | Reading::Duplicate => return Claim::Unmarked,
            Reading::Newer(version) => return Claim::Newer(version),
            Reading::One(marker) => (marker.workspace, marker.key, Some(Box::new(marker.record))),
            Reading::Damaged { workspace, key } => (workspace, key, None),
        };
        let key = self.desired.renamed(key);
        if workspace != self.workspace || key.tool() != self.desired.tool {
            return Claim::Foreign;
        }
        record
            .map_or_else(|| Claim::Damaged(key.clone()), |record| Claim::Ours(key.clone(), record))
    }

    fn in_a_place(&self, item: &Item) -> bool {
        in_places(self.places, item)
    }

    /// Chooses the item of each key, and says what is wrong with the rest.
    fn choose(&self) -> (BTreeMap<NodeKey, &Item>, Vec<Trouble>) {
        let recorded = self.recorded();
        let mut claims: BTreeMap<NodeKey, Vec<&Item>> = BTreeMap::new();
        let mut trouble = Vec::new();
        for (item, claim) in
            self.read.values().filter(|(item, _)| !self.moved.contains_key(&item.id))
        {
            match claim {
                Claim::Ours(key, _) => claims.entry(key.clone()).or_default().push(item),
                Claim::Damaged(key) => {
                    trouble.push(Trouble::Damaged(key.clone(), item.reference.clone()));
                    claims.entry(key.clone()).or_default().push(item);
                }
                Claim::Newer(version)
                    if is_recorded(&recorded, item)
                        || self.stands_in_place(item)
                        || marker::names(&item.description, self.workspace, &self.desired.tool) =>
                {
                    trouble.push(Trouble::Newer(item.reference.clone(), *version));
                }
                Claim::Newer(_) | Claim::Foreign | Claim::Unmarked => {}
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
                self.winner(&key, of_key, recorded.get(&key), expected.as_ref(), &mut trouble)
            {
                chosen.insert(key, item);
            }
        }
        trouble.sort();
        trouble.dedup();
        (chosen, trouble)
    }

    /// Tells whether the files want a node, and one that is not there to be made.
    fn is_made(&self, key: &NodeKey) -> bool {
        self.desired.node(key).is_some_and(|node| node.creates)
    }

    /// Tells whether an item hangs where one of ours would, under a wanted title.
    fn stands_in_place(&self, item: &Item) -> bool {
        self.in_a_place(item) && self.desired.nodes.iter().any(|node| node.title == item.title)
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

    /// The item that the files name for a node, `item = "…"`.
    fn named(&self, key: &NodeKey) -> Option<&Item> {
        self.existing.get(self.desired.node(key)?.item.as_ref()?)
    }

    /// Weighs the items that claim one key: the recorded one, else the eldest
    /// under the expected parent, else the eldest.
    fn winner<'s>(
        &'s self,
        key: &NodeKey,
        claims: &[&'s Item],
        recorded: Option<&WorkItemId>,
        expected: Option<&WorkItemId>,
        trouble: &mut Vec<Trouble>,
    ) -> Option<&'s Item> {
        let known =
            recorded.and_then(|id| self.by_record(key, id, expected, claims.is_empty(), trouble));
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

    /// The recorded item, if it is still ours: it carries our marker, or lost it
    /// and stands under its expected parent.
    fn by_record(
        &self,
        key: &NodeKey,
        id: &WorkItemId,
        expected: Option<&WorkItemId>,
        alone: bool,
        trouble: &mut Vec<Trouble>,
    ) -> Option<&Item> {
        let Some((item, claim)) = self.read.get(id) else {
            if alone && self.asked.contains(id) && self.is_made(key) {
                trouble
                    .push(Trouble::Unreadable(key.clone(), format!("work item {}", id.number())));
            }
            return None;
        };
        match claim {
            Claim::Ours(claimed, _) | Claim::Damaged(claimed) if claimed == key => Some(item),
            // Its description was copied from another item of ours: the record knows better.
            Claim::Ours(..) | Claim::Damaged(_) => {
                (expected.is_some() && item.parent.as_ref() == expected).then_some(item)
            }
            Claim::Unmarked => {
                let node = self.desired.node(key).filter(|node| node.creates)?;
                let stands = match expected {
                    Some(_) => item.parent.as_ref() == expected,
                    None => node.parent == Parent::None && item.parent.is_none(),
                };
                if stands {
                    return Some(item);
                }
                trouble.push(Trouble::Lost(key.clone(), item.reference.clone()));
                None
            }
            Claim::Foreign => {
                trouble.push(Trouble::Foreign(key.clone(), item.reference.clone()));
                None
            }
            Claim::Newer(_) => None,
        }
    }

    /// Unmarked items that have a missing node's title under its parent, and
    /// items of others that stand there.
    fn adoptable(
        &self,
        chosen: &BTreeMap<NodeKey, &Item>,
    ) -> (BTreeMap<NodeKey, &Item>, Vec<Trouble>) {
        let mut adoptable: BTreeMap<NodeKey, &Item> = BTreeMap::new();
        let mut trouble = Vec::new();
        for node in self
            .desired
            .nodes
            .iter()
            .filter(|n| n.item.is_none() && n.creates && !chosen.contains_key(&n.key))
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

    /// Ends the search: which item is which node.
    #[must_use]
    pub fn finish(self, capabilities: Capabilities) -> ObservedTree {
        let (chosen, mut trouble) = self.choose();
        let twins = self.twins(&chosen, &trouble);
        let closed = |at: &Reference| twins.iter().any(|twin| twin.item.reference == *at);
        trouble.retain(|t| !matches!(t, Trouble::Duplicate(_, at) if closed(at)));
        let items: BTreeMap<NodeKey, Item> =
            chosen.into_iter().map(|(key, item)| (key, item.clone())).collect();
        let borrowed = items.iter().map(|(key, item)| (key.clone(), item)).collect();
        let (adoptable, foreign) = self.adoptable(&borrowed);
        let adoptable = adoptable.into_iter().map(|(key, item)| (key, item.clone())).collect();
        trouble.extend(foreign);
        let ids: BTreeSet<&WorkItemId> = items.values().map(|item| &item.id).collect();
        let mut open_below: BTreeMap<WorkItemId, Vec<Reference>> = BTreeMap::new();
        for (item, _) in self.read.values().filter(|(item, _)| item.open && !ids.contains(&item.id))
        {
            if let Some(parent) = item.parent.as_ref().filter(|parent| ids.contains(parent)) {
                open_below.entry(parent.clone()).or_default().push(item.reference.clone());
            }
        }
        let record = self.current_record();
        ObservedTree {
            record,
            items,
            existing: self.existing,
            adoptable,
            open_below,
            twins,
            trouble,
            threads: BTreeMap::new(),
            capabilities,
        }
    }

    /// The record under present keys and ids.
    fn current_record(&self) -> Record {
        let mut record = self.record();
        let recorded = self.recorded();
        record.items =
            recorded.iter().map(|(key, id)| (key.local().to_owned(), id.number())).collect();
        record
    }
}

/// Tells whether an item lies in one of the places or below.
#[must_use]
pub fn in_places(places: &BTreeSet<String>, item: &Item) -> bool {
    let namespace = &item.reference.namespace;
    places.iter().any(|place| {
        namespace == place
            || namespace.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('/'))
    })
}

fn is_recorded(recorded: &BTreeMap<NodeKey, WorkItemId>, item: &Item) -> bool {
    recorded.values().any(|id| *id == item.id)
}

fn first_recorded(desired: &DesiredTree, record: &Record) -> Option<u64> {
    let first = desired.nodes.first()?;
    let names = std::iter::once(&first.key).chain(&first.was);
    names.filter_map(|key| record.items.get(key.local()).copied()).next()
}
