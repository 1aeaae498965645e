//! How far the tree that a draft would want is from the one that is there.

use std::collections::{BTreeMap, BTreeSet};

use super::items::Items;
use super::place::Placed;
use super::workshop::Rendered;
use crate::marker::Base;
use crate::text::Text;
use crate::tree::{DesiredNode, Item, usernames};

/// Points for a node too many or too few.
pub(super) const NODE: u32 = 100;
/// Points for another title.
const TITLE: u32 = 10;
/// Points for an item that the files would give up.
const GIVEN_UP: u32 = 5;

/// Points by node, and those of the table rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Distance {
    pub(super) nodes: BTreeMap<String, u32>,
    pub(super) rows: u32,
}

impl Distance {
    /// All points.
    pub(super) fn sum(&self) -> u32 {
        self.nodes.values().sum::<u32>() + self.rows
    }
}

/// What the files are to want of a node.
pub(super) struct Wanted {
    pub(super) title: String,
    pub(super) weight: Option<u64>,
    pub(super) milestone: Option<String>,
    pub(super) assignees: Option<Vec<String>>,
    pub(super) start: Option<jiff::civil::Date>,
    pub(super) due: Option<jiff::civil::Date>,
    pub(super) confidential: bool,
    pub(super) labels: BTreeSet<String>,
    /// Local keys, of an item that is ours.
    pub(super) links: Option<BTreeSet<String>>,
}

/// What an item says: what the files wanted last, else what GitLab has.
pub(super) fn wanted(item: &Item, base: Option<&Base>) -> Wanted {
    match base {
        Some(base) => Wanted {
            title: base.title.clone().unwrap_or_else(|| item.title.clone()),
            weight: base.weight,
            milestone: base.milestone.clone(),
            assignees: base.assignees.as_ref().map(usernames),
            start: base.start,
            due: base.due,
            confidential: base.confidential == Some(true),
            labels: base.labels.iter().cloned().collect(),
            links: Some(
                base.links.iter().filter(|name| !name.contains(['&', '#'])).cloned().collect(),
            ),
        },
        None => Wanted {
            title: item.title.clone(),
            weight: item.weight,
            milestone: item.milestone.clone(),
            assignees: Some(item.assignees.clone()).filter(|all| !all.is_empty()),
            start: item.start,
            due: item.due,
            confidential: item.confidential,
            labels: item.labels.iter().map(|label| label.title.clone()).collect(),
            links: None,
        },
    }
}

/// Measures a draft's tree.
pub(super) fn distance(
    rendered: &Rendered,
    items: &Items<'_>,
    placed: &Placed<'_>,
    known: &BTreeSet<String>,
) -> Distance {
    let mut distance = Distance::default();
    let ours = items.tool.is_some();
    for node in &rendered.tree.nodes {
        let key = node.key.local();
        let points = match placed.nodes.get(key) {
            Some(item) => {
                let base = items.get(&item.id).and_then(|seen| seen.ours.as_ref());
                of_node(node, item, base.map(|(_, base)| base), known)
            }
            // People make some of a tree; an epictree made all that was wanted.
            None if ours && node.creates && node.item.is_none() => NODE,
            None => 0,
        };
        distance.nodes.insert(key.to_owned(), points);
    }
    for key in placed.nodes.keys() {
        distance.nodes.entry(key.clone()).or_insert(NODE);
    }
    distance.rows = rows(rendered, items);
    distance
}

fn of_node(node: &DesiredNode, item: &Item, base: Option<&Base>, known: &BTreeSet<String>) -> u32 {
    let Wanted { title, weight, milestone, assignees, start, due, confidential: _, labels, links } =
        wanted(item, base);
    let unless = |same: bool, points: u32| if same { 0 } else { points };
    let shared = node.labels.shared.iter().filter(|_| node.item.is_none());
    let given: BTreeSet<String> = node.labels.enforced.iter().chain(shared).cloned().collect();
    // Work that exists keeps all that people gave it.
    let says = node.item.is_none();
    let apart = match base {
        Some(_) => given.symmetric_difference(&labels).count(),
        None => {
            let once: BTreeSet<String> = node.labels.once.iter().cloned().collect();
            let missing = given.difference(&labels).count();
            let unsaid =
                labels.difference(&given).filter(|l| known.contains(*l) && !once.contains(*l));
            missing + unsaid.count()
        }
    };
    let waits: BTreeSet<String> =
        node.depends_on.iter().map(|key| key.local().to_owned()).collect();
    let unlinked = links.map_or(0, |links| links.symmetric_difference(&waits).count());
    unless(!says || node.title == title, TITLE)
        + unless(node.creates, GIVEN_UP)
        + unless(!says || node.weight == weight, 1)
        + unless(!says || node.milestone == milestone, 1)
        + unless(!says || node.assignees == assignees, 1)
        + unless(!says || node.start == start, 1)
        + unless(!says || node.due == due, 1)
        + u32::try_from(apart + unlinked).unwrap_or(NODE)
}

/// Cells of the tool's rows that differ from what the files gave them last.
fn rows(rendered: &Rendered, items: &Items<'_>) -> u32 {
    let mut points = 0;
    for row in &rendered.tree.rows {
        let Some(base) = items.record.rows.get(&row.item.to_string()) else { continue };
        for (column, text) in &row.cells {
            let plain = |text: &Text| text.slots().next().is_none();
            let kept = row.write_once.contains(column);
            if !kept && plain(text) && base.get(column) != Some(&text.fill(|_| String::new())) {
                points += 1;
            }
        }
    }
    points
}
