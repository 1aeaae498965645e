//! Whose item is it: markers, the record, parents and titles weighed against each other.
//!
//! Pure. `gitlab::observe` reads items and hands them in; the pool says what to
//! read next and, at the end, which item is which node. A marker alone is never
//! believed: clones and forgeries carry one too.

mod adopt;
mod choose;
mod met;
mod record;
mod twins;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::key::NodeKey;
use crate::marker::{Reading, Record};
use crate::tree::{
    Capabilities, DesiredTree, Item, Kind, ObservedTree, Parent, Reference, Trouble, WorkItemId,
};

pub use met::Met;
use record::known_as;

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
    read: BTreeMap<WorkItemId, (Arc<Met>, Claim)>,
    /// Whose children were listed.
    listed: BTreeSet<WorkItemId>,
    /// Where an item went that was moved or promoted.
    moved: BTreeMap<WorkItemId, WorkItemId>,
    /// Links to follow that were already asked for.
    followed: BTreeSet<String>,
    /// Recorded ids that were asked for.
    asked: BTreeSet<WorkItemId>,
    /// What the tool's table rows name as its first item, and whether that can be read.
    rows: BTreeMap<Reference, bool>,
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
            rows: BTreeMap::new(),
            looks: BTreeMap::new(),
        }
    }

    /// Takes items in, wherever they were found.
    pub fn add(&mut self, items: impl IntoIterator<Item = impl Into<Arc<Met>>>) {
        for item in items {
            let item: Arc<Met> = item.into();
            let claim = self.claim(item.says());
            self.read.insert(item.id.clone(), (item, claim));
        }
    }

    /// Takes in the children of an item.
    pub fn add_children(
        &mut self,
        parent: &WorkItemId,
        children: impl IntoIterator<Item = impl Into<Arc<Met>>>,
    ) {
        self.listed.insert(parent.clone());
        self.add(children);
    }

    /// Takes in what the tool's table rows name as its first item, and what of that can be read.
    pub fn add_named(&mut self, named: Vec<Reference>, found: BTreeMap<Reference, Item>) {
        self.rows = named.into_iter().map(|r| (r.clone(), found.contains_key(&r))).collect();
        self.add(found.into_values());
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
            matches!(claim, Claim::Ours(..) | Claim::Damaged(_))
                || known_as(&recorded, &item.id).is_some()
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
        self.desired.nodes.is_empty() || self.first().is_some()
    }

    /// The item of the tool's first node, if it was found.
    #[must_use]
    pub fn first(&self) -> Option<Item> {
        self.choose().0.get(&self.desired.nodes.first()?.key).copied().cloned()
    }

    fn claim(&self, says: &Reading) -> Claim {
        let (workspace, key, record) = match says {
            Reading::None | Reading::Duplicate => return Claim::Unmarked,
            Reading::Newer(version) => return Claim::Newer(*version),
            Reading::One(marker) => (&marker.workspace, &marker.key, Some(&marker.record)),
            Reading::Damaged { workspace, key } => (workspace, key, None),
        };
        if workspace != self.workspace {
            return Claim::Foreign;
        }
        let key = self.desired.renamed(key.clone());
        if key.tool() != self.desired.tool {
            return Claim::Foreign;
        }
        match record {
            Some(record) => Claim::Ours(key, Box::new(record.clone())),
            None => Claim::Damaged(key),
        }
    }

    fn in_a_place(&self, item: &Item) -> bool {
        in_places(self.places, item)
    }

    /// The item that the files name for a node, `item = "…"`.
    fn named(&self, key: &NodeKey) -> Option<&Item> {
        self.existing.get(self.desired.node(key)?.item.as_ref()?)
    }

    /// Ends the search: which item is which node.
    #[must_use]
    pub fn finish(self, capabilities: Capabilities) -> ObservedTree {
        let (chosen, mut trouble) = self.choose();
        let twins = self.twins(&chosen, &trouble);
        let closed = |at: &Reference| twins.iter().any(|twin| twin.item.reference == *at);
        trouble.retain(|t| !matches!(t, Trouble::Duplicate(_, at) if closed(at)));
        let (adoptable, foreign) = self.adoptable(&chosen);
        trouble.extend(foreign);
        trouble.extend(self.unknown(&chosen, &adoptable));
        let owned = |items: BTreeMap<NodeKey, &Item>| -> BTreeMap<NodeKey, Item> {
            items.into_iter().map(|(key, item)| (key, item.clone())).collect()
        };
        let (items, adoptable) = (owned(chosen), owned(adoptable));
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
