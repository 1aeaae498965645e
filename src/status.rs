//! How far tools are: what the process counts, held against what GitLab has.
//!
//! Pure: the day it is comes from outside. An item is done when it is closed, and that is all this
//! module knows of any process; what is counted, and by what, is data of the blueprint.

mod burndown;
mod count;
mod next;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::key::NodeKey;
use crate::tree::{
    self, DesiredNode, DesiredTree, Item, LinkKind, ObservedTree, Parent, Reference, WorkItemId,
};

pub use burndown::Point;

/// How far some tools are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The instance's root, or the sandbox's folder.
    pub target: String,
    /// The day that it is taken for.
    pub today: Date,
    /// Each measure over all tools that have it.
    pub measures: Vec<Sum>,
    /// The tools, in the order of the files.
    pub tools: Vec<ToolStatus>,
}

/// How far one tool is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its first item; nothing while its tree is not in GitLab.
    pub item: Option<Link>,
    /// What the blueprint counts; nothing while the tree is not in GitLab.
    pub measures: Vec<Measure>,
    /// Its items over time, one point a day on which their number changed.
    pub burndown: Vec<Point>,
}

/// An item that people can look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its title in GitLab.
    pub title: String,
    /// Full reference.
    #[serde(rename = "ref", serialize_with = "written")]
    pub reference: Reference,
    /// Where people look at it.
    pub url: String,
}

fn written<S: serde::Serializer>(reference: &Reference, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(reference)
}

impl From<&Item> for Link {
    fn from(item: &Item) -> Self {
        Self { title: item.title.clone(), reference: item.reference.clone(), url: item.url.clone() }
    }
}

/// What a measure comes to for one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Its sums.
    #[serde(flatten)]
    pub sum: Sum,
    /// The day by which it shall be complete.
    pub due: Option<Due>,
    /// What comes next: open, waiting for nothing, those first for which others wait.
    pub next: Vec<Next>,
    /// How many more could come next.
    pub next_more: usize,
    /// What it counts, one by one.
    pub parts: Vec<PartStatus>,
}

/// The sums of a measure, for one tool or for many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The measure's id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Parts by how far they are.
    pub counts: Counts,
    /// Weights of the parts and of all below them; nothing if none has a weight.
    pub weight: Option<Share>,
    /// Boxes in the parts' texts; nothing if they do not count.
    pub boxes: Option<Share>,
    /// Parts by the words of a field, those given up left out.
    pub by: Option<Words>,
    /// Parts that are worked on, if that is what counts.
    pub in_flight: Option<usize>,
    /// How many shall be in flight, over all tools.
    pub at_least: Option<u64>,
}

impl Sum {
    /// Tells whether less is worked on than shall be.
    #[must_use]
    pub fn lacks(&self) -> bool {
        let wanted = self.at_least.unwrap_or(0);
        self.in_flight.is_some_and(|n| u64::try_from(n).is_ok_and(|n| n < wanted))
    }
}

/// Numbers of parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub total: usize,
    /// Closed.
    pub done: usize,
    /// Given up on purpose.
    pub dropped: usize,
    /// Open, and waiting for something that is not done.
    pub blocked: usize,
    /// Open, and waiting for nothing.
    pub open: usize,
    /// Not in GitLab yet.
    pub missing: usize,
}

/// Some of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// What is done.
    pub done: u64,
    /// All there is.
    pub total: u64,
}

/// How many parts have which word of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The field's name.
    pub field: String,
    /// All its words, in the blueprint's order.
    pub counts: Vec<WordCount>,
}

/// A word of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordCount {
    /// The word.
    pub word: String,
    /// How many parts have it.
    pub parts: usize,
}

/// A day, and how far away it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The day.
    pub day: Date,
    /// Days until then; below zero once it is over.
    pub days: i64,
}

/// A part that could be done now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// Its key.
    pub key: NodeKey,
    /// Its item.
    #[serde(flatten)]
    pub link: Link,
    /// How many open items wait for it.
    pub waiting: usize,
    /// Whether it waits itself, for something that is none of this tool's.
    pub blocked: bool,
}

/// How far a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its item is closed.
    Done,
    /// It was decided to do without it.
    Dropped,
    /// Its item is open and waits for something that is not done.
    Blocked,
    /// Its item is open.
    Open,
    /// It has no item yet.
    Missing,
}

/// One part of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartStatus {
    /// Its key.
    pub key: NodeKey,
    /// How far it is.
    pub state: State,
    /// Its title: GitLab's, else that of the files.
    pub title: String,
    /// Its item, if there is one.
    pub item: Option<Link>,
    /// Its word of the field by which parts are told apart.
    pub word: Option<String>,
    /// Whether it is worked on; false where that does not count.
    pub in_flight: bool,
}

/// Takes the status of tools, each as the files want it and as `target` has it.
#[must_use]
pub fn status<'t>(
    target: &str,
    tools: impl IntoIterator<Item = (&'t DesiredTree, &'t ObservedTree)>,
    today: Date,
) -> Status {
    let tools: Vec<ToolStatus> =
        tools.into_iter().map(|(desired, observed)| tool(desired, observed, today)).collect();
    let mut measures: Vec<Sum> = Vec::new();
    for sum in tools.iter().flat_map(|tool| &tool.measures).map(|measure| &measure.sum) {
        match measures.iter_mut().find(|known| known.id == sum.id) {
            Some(known) => count::add(known, sum),
            None => measures.push(sum.clone()),
        }
    }
    Status { target: target.to_owned(), today, measures, tools }
}

fn tool(desired: &DesiredTree, observed: &ObservedTree, today: Date) -> ToolStatus {
    let scene = Scene::new(desired, observed);
    let first = desired.nodes.first().and_then(|node| scene.item(&node.key));
    let measures = desired.measures.iter().filter(|_| first.is_some());
    ToolStatus {
        id: desired.tool.clone(),
        name: desired.name.clone(),
        file: desired.file.clone(),
        item: first.map(Link::from),
        measures: measures.map(|measure| count::measure(&scene, measure, today)).collect(),
        burndown: burndown::burndown(&scene, today),
    }
}

/// Tells whether an item has one of some labels.
fn has(item: &Item, titles: &[String]) -> bool {
    item.labels.iter().any(|label| titles.contains(&label.title))
}

/// A tool as the files want it and as GitLab has it, by key.
struct Scene<'t> {
    desired: &'t DesiredTree,
    nodes: BTreeMap<&'t NodeKey, &'t DesiredNode>,
    items: BTreeMap<&'t NodeKey, &'t Item>,
    by_id: BTreeMap<&'t WorkItemId, &'t NodeKey>,
}

impl<'t> Scene<'t> {
    fn new(desired: &'t DesiredTree, observed: &'t ObservedTree) -> Self {
        let nodes = desired.nodes.iter().map(|node| (&node.key, node)).collect();
        let item = |node: &'t DesiredNode| {
            let named = node.item.as_ref().and_then(|at| observed.existing.get(at));
            Some((&node.key, named.or_else(|| observed.items.get(&node.key))?))
        };
        let items: BTreeMap<_, &Item> = desired.nodes.iter().filter_map(item).collect();
        let by_id = items.iter().map(|(key, item)| (&item.id, *key)).collect();
        Self { desired, nodes, items, by_id }
    }

    fn item(&self, key: &NodeKey) -> Option<&'t Item> {
        self.items.get(key).copied()
    }

    /// Tells whether nothing needs to wait for a node: its item is closed, or it is given up.
    fn is_settled(&self, key: &NodeKey) -> bool {
        let kept = self.nodes.get(key).is_some_and(|node| node.creates);
        !kept || self.item(key).is_some_and(|item| !item.open)
    }

    /// What the files want a node to wait for: what it depends on, and what ends before its text can
    /// be ticked, but for its own children.
    fn waits_for(&self, key: &NodeKey) -> impl Iterator<Item = &'t NodeKey> {
        let own = Parent::Node(key.clone());
        let is_child =
            move |other: &NodeKey| self.nodes.get(other).is_some_and(|node| node.parent == own);
        let ticks = self.nodes.get(key).into_iter().flat_map(|node| node.body.ticks());
        let depends = self.nodes.get(key).into_iter().flat_map(|node| &node.depends_on);
        depends.chain(ticks.filter(move |other| !is_child(other)))
    }

    /// Tells whether an open item waits for something: by a link, as the files want it, or by a label.
    fn is_blocked(&self, key: &NodeKey, item: &Item, labels: &[String]) -> bool {
        let mut waits = self.waits_for(key);
        let mut links = item.links.iter().filter(|link| link.kind == LinkKind::BlockedBy);
        let holds = |link: &tree::Link| {
            link.open && !self.linked(link).is_some_and(|other| self.is_settled(other))
        };
        links.any(holds) || waits.any(|other| !self.is_settled(other)) || has(item, labels)
    }

    /// The node of this tool that a link leads to.
    fn linked(&self, link: &tree::Link) -> Option<&'t NodeKey> {
        self.by_id.get(link.to.as_ref()?).copied()
    }
}

#[cfg(test)]
mod tests;
