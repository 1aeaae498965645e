//! The two trees that a plan compares: what the files want, what GitLab holds.
//!
//! Plain data, no rules: how the one is made is `render`'s business, how the
//! other is read is `gitlab`'s, and who wins is `merge`'s.

mod comment;
mod foreign;
mod ground;
mod ids;
mod measure;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::marker::Record;
use crate::text::Text;

pub use comment::{DesiredComment, Thread, is_old, knows};
pub use foreign::Foreign;
pub use ground::{Capabilities, Ground};
pub use ids::{Kind, Reference, WorkItemId, is_path, usernames};
pub use measure::{By, DesiredMeasure, InFlight, Part};

// -- desired ------------------------------------------------------------------

/// Under what a node hangs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parent {
    /// Nothing: the node is the top of its tree.
    None,
    /// Another node of the same tree.
    Node(NodeKey),
    /// An item that exists, such as the root epic.
    Item(Reference),
}

/// The labels a node wants, by who owns them afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredLabels {
    /// Put back whenever they are missing.
    pub enforced: Vec<String>,
    /// Three-way: priority, `group::`, and the labels of the entry.
    pub shared: Vec<String>,
    /// Set at creation, then people's.
    pub once: Vec<String>,
}

/// One wanted item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredNode {
    /// Its identity.
    pub key: NodeKey,
    /// What to create.
    pub kind: Kind,
    /// Under what.
    pub parent: Parent,
    /// Full path of the group (epics) or project to create it in.
    pub namespace: String,
    /// Work that exists and only gets a parent and labels (`item = "…"`).
    pub item: Option<Reference>,
    /// One line, at most 255 characters.
    pub title: String,
    /// The description, without the marker.
    pub body: Text,
    /// Its labels.
    pub labels: DesiredLabels,
    /// `None` where the files do not say, as in all fields below: then it is people's.
    pub weight: Option<u64>,
    /// A milestone's title.
    pub milestone: Option<String>,
    /// User names without `@`, in small letters, sorted.
    pub assignees: Option<Vec<String>>,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub due: Option<Date>,
    /// Whether only members may read it.
    pub confidential: Option<bool>,
    /// Whether the description of an item that exists is kept as the files have it.
    pub rewrite: bool,
    /// Nodes that must be done before this one; they become links.
    pub depends_on: Vec<NodeKey>,
    /// Keys under which this node was known before.
    pub was: Vec<NodeKey>,
    /// Whether a changed parent is put back.
    pub enforce_parent: bool,
    /// Whether it may be closed once all that it asks for is done.
    pub close_when_fulfilled: bool,
    /// Whether it is made where there is none; if not, only the labels of one that exists are kept.
    pub creates: bool,
}

/// One wanted row in a table of an item that people own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredRow {
    /// The item whose description holds the table.
    pub item: Reference,
    /// Text of the heading above the table.
    pub heading: String,
    /// The node whose reference identifies the row.
    pub node: NodeKey,
    /// A link that identifies the row when the reference does not.
    pub link: Option<String>,
    /// Column and text, in the blueprint's order.
    pub cells: Vec<(String, Text)>,
    /// Columns that are people's once the row exists.
    pub write_once: Vec<String>,
}

/// What the blueprint says about a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// Exact title.
    pub title: String,
    /// Whether it may be created where it is missing.
    pub create: bool,
    /// `#rrggbb`; GitLab's default when absent.
    pub color: Option<String>,
    /// Shown by GitLab beside the label.
    pub description: Option<String>,
}

/// The wanted tree of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredTree {
    /// The tool's id.
    pub tool: String,
    /// The tool's name, for people.
    pub name: String,
    /// What the tool does, for people.
    pub summary: String,
    /// The file it comes from, as shown to people.
    pub file: String,
    /// Parents before children, siblings in the blueprint's order; the first holds the record.
    pub nodes: Vec<DesiredNode>,
    /// Rows in tables of other items.
    pub rows: Vec<DesiredRow>,
    /// Comments on nodes, in the blueprint's order.
    pub comments: Vec<DesiredComment>,
    /// Rules for labels that the tree uses.
    pub labels: Vec<LabelRule>,
    /// An item to link the first node to, where the licence allows no parent.
    pub related: Option<Reference>,
    /// What the process counts, in the blueprint's order.
    pub measures: Vec<DesiredMeasure>,
}

impl DesiredTree {
    /// The node with a key.
    #[must_use]
    pub fn node(&self, key: &NodeKey) -> Option<&DesiredNode> {
        self.nodes.iter().find(|node| &node.key == key)
    }

    /// The items that it refers to: parents, work that exists, tables, a related one.
    #[must_use]
    pub fn refers_to(&self) -> BTreeSet<Reference> {
        let parents = self.nodes.iter().filter_map(|node| match &node.parent {
            Parent::Item(reference) => Some(reference.clone()),
            Parent::None | Parent::Node(_) => None,
        });
        let items = self.nodes.iter().filter_map(|node| node.item.clone());
        let rows = self.rows.iter().map(|row| row.item.clone());
        parents.chain(items).chain(rows).chain(self.related.clone()).collect()
    }

    /// The tree without what is not there and will not be made.
    #[must_use]
    pub fn present(self: &Arc<Self>, observed: &ObservedTree) -> Arc<Self> {
        let is_present = |node: &DesiredNode| node.creates || observed.holds(node);
        if self.nodes.iter().all(is_present) {
            return Arc::clone(self);
        }
        let mut tree = Self::clone(self);
        tree.nodes.retain(is_present);
        let gone = |key: &NodeKey| self.node(key).is_some() && tree.node(key).is_none();
        let comments = self.comments.iter().filter(|comment| !gone(&comment.on));
        tree.comments = comments.cloned().collect();
        Arc::new(tree)
    }

    /// The key a node has now, if the files say that it was called otherwise.
    #[must_use]
    pub fn renamed(&self, key: NodeKey) -> NodeKey {
        if self.node(&key).is_some() {
            return key;
        }
        let now = self.nodes.iter().find(|node| node.was.contains(&key));
        now.map_or(key, |node| node.key.clone())
    }
}

// -- observed -----------------------------------------------------------------

/// A label on an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Global id.
    pub id: String,
    /// Exact title.
    pub title: String,
}

/// How one item is linked to another, seen from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// `relates_to`.
    Related,
    /// `blocks`.
    Blocks,
    /// `is_blocked_by`.
    BlockedBy,
}

/// One link of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// How.
    pub kind: LinkKind,
    /// To which item; `None` when the caller may not read it.
    pub to: Option<WorkItemId>,
    /// Whether that item is open.
    pub open: bool,
}

/// A work item as GitLab holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Global id.
    pub id: WorkItemId,
    /// Full reference.
    pub reference: Reference,
    /// Where people look at it.
    pub url: String,
    /// Its type; `None` for types epictree does not create.
    pub kind: Option<Kind>,
    /// Its title.
    pub title: String,
    /// Its description with the marker, byte for byte.
    pub description: String,
    /// Whether it is open.
    pub open: bool,
    /// The day it was made, in UTC.
    pub created: Option<Date>,
    /// The day it was closed, in UTC; nothing while it is open.
    pub closed: Option<Date>,
    /// Whether only members may read it.
    pub confidential: bool,
    /// Its labels, by title.
    pub labels: Vec<Label>,
    /// Its parent's id.
    pub parent: Option<WorkItemId>,
    /// Its weight.
    pub weight: Option<u64>,
    /// Its milestone's title.
    pub milestone: Option<String>,
    /// User names of those assigned, in small letters, sorted.
    pub assignees: Vec<String>,
    /// First day, if fixed by hand.
    pub start: Option<Date>,
    /// Last day, if fixed by hand.
    pub due: Option<Date>,
    /// How many items hang below it on all levels, also such as the caller may not read.
    pub below: Option<u64>,
    /// Rises with each change of title or description.
    pub lock_version: u64,
    /// Where it went, if it was moved to another project or promoted to an epic.
    pub moved_to: Option<String>,
    /// Its links.
    pub links: Vec<Link>,
    /// User name of who created it.
    pub author: String,
    /// Whether the caller may change it.
    pub can_update: bool,
}

/// Something found while looking for a tool's items that people should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// A marker whose payload is damaged or contradicted: its base is unknown.
    Damaged(NodeKey, Reference),
    /// A marker that only a newer epictree can read.
    Newer(NodeKey, Reference, u32),
    /// An item that carries a marker of ours and is not ours: a clone or a forgery.
    Stray(NodeKey, Reference),
    /// A second item with one key under one parent; the recorded one wins, else the elder.
    Duplicate(NodeKey, Reference),
    /// A recorded item that lost its marker and lies elsewhere: left alone.
    Lost(NodeKey, Reference),
    /// The item that a table row names as the first node, and that is nobody's to take.
    Named(NodeKey, Reference),
    /// A recorded item that cannot be read, and what is known of it.
    Unreadable(NodeKey, String),
    /// Nodes without an item while the record cannot be read; the item shows that the tool is not new.
    Unrecorded(Vec<NodeKey>, Reference),
    /// Nodes without an item while the first node is closed, so that the record cannot be kept.
    Unkept(Vec<NodeKey>, Reference),
    /// A marker of another workspace or tool on an item where ours would go.
    Foreign(NodeKey, Reference),
}

impl Trouble {
    /// The nodes that it is about.
    #[must_use]
    pub fn keys(&self) -> &[NodeKey] {
        match self {
            Self::Damaged(key, _)
            | Self::Newer(key, ..)
            | Self::Stray(key, _)
            | Self::Duplicate(key, _)
            | Self::Lost(key, _)
            | Self::Named(key, _)
            | Self::Unreadable(key, _)
            | Self::Foreign(key, _) => std::slice::from_ref(key),
            Self::Unrecorded(keys, _) | Self::Unkept(keys, _) => keys,
        }
    }
}

/// A second item for a node that nobody touched: it may be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twin {
    /// The node's key.
    pub key: NodeKey,
    /// The second item.
    pub item: Item,
    /// The first one, which stays.
    pub elder: Reference,
}

/// A namespace's full path and a title, as labels and milestones are looked up.
pub type TitleIn = (String, String);

/// What GitLab holds of one tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedTree {
    /// Items that are ours, by key; also those the files no longer want.
    pub items: BTreeMap<NodeKey, Item>,
    /// Items that the files refer to: parents, tables, `item = "…"`.
    pub existing: BTreeMap<Reference, Item>,
    /// Items without a marker that have a missing node's title under its parent.
    pub adoptable: BTreeMap<NodeKey, Item>,
    /// Open items below ours that are not ours, by the item they hang under.
    pub open_below: BTreeMap<WorkItemId, Vec<Reference>>,
    /// Second items that nobody touched, what is below before what is above.
    pub twins: Vec<Twin>,
    /// What the tool's first node knows.
    pub record: Record,
    /// Threads that were looked for, by the comment's key.
    pub threads: BTreeMap<NodeKey, Thread>,
    /// What people should know.
    pub trouble: Vec<Trouble>,
    /// What the instance and the licence allow.
    pub capabilities: Capabilities,
}

impl ObservedTree {
    /// Tells whether a node's item was found, ours or one that the files name.
    #[must_use]
    pub fn holds(&self, node: &DesiredNode) -> bool {
        let named = node.item.as_ref().is_some_and(|at| self.existing.contains_key(at));
        named || self.items.contains_key(&node.key)
    }

    /// The item with an id, among all that were read.
    #[must_use]
    pub fn by_id(&self, id: &WorkItemId) -> Option<&Item> {
        let all = self.items.values().chain(self.existing.values()).chain(self.adoptable.values());
        all.into_iter().find(|item| item.id == *id)
    }
}
