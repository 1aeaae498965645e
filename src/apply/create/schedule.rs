//! Which item is created next. Must not know of GitLab.
//!
//! Siblings are created one after another, those with the longest way to the last item below them
//! first. Below an item nothing is created before it was looked whether another run made the same
//! one: one look is for all that were made until then, so it waits as long as there is something
//! else to do that is not held up by it.

use std::collections::{BTreeMap, BTreeSet};

use super::twins::Made;
use super::{Group, NodeId, Wanted};

/// What to do next, and what is known for it.
pub(super) struct Schedule<'g, 'a> {
    /// Groups that have nodes left, by their place.
    lines: BTreeMap<usize, Line<'g, 'a>>,
    /// How many creates must follow each other below a node.
    below: BTreeMap<NodeId<'a>, usize>,
    /// The places of groups below nodes of which it is not settled yet which of two items they are.
    held: BTreeMap<NodeId<'a>, usize>,
    /// The places of groups whose next node may be created, those with the longest ways last.
    waiting: BTreeSet<(usize, usize)>,
    /// The places of groups of which a node is being created.
    under_way: BTreeSet<usize>,
    /// Items that are to be looked at for that, because something belongs below them.
    above: Vec<Made<'g, 'a>>,
    /// Items with nothing below them, which are looked at too.
    leaves: Vec<Made<'g, 'a>>,
}

/// Siblings that wait for their turns.
struct Line<'g, 'a> {
    group: &'g Group<'a>,
    /// For each node that is left, the next one at the end, how many creates must follow each
    /// other from it on.
    ways: Vec<usize>,
}

/// What is done beside other things.
pub(super) enum Next<'g, 'a> {
    /// It is the turn of a node of a group, by their places.
    Turn(usize, usize),
    /// It is to be settled of some items whether they are the ones.
    Look(Vec<Made<'g, 'a>>),
}

/// What came of a turn.
pub(super) enum News<'g, 'a> {
    /// This run made the node's item.
    Made(Made<'g, 'a>),
    /// The node's item was there.
    Met(NodeId<'a>),
    /// There is none.
    Failed,
    /// The siblings cannot be created.
    Ended,
}

impl<'g, 'a> Schedule<'g, 'a> {
    /// A schedule of groups, parents before children.
    pub(super) fn of(groups: &'g [Group<'a>]) -> Self {
        let (mut lines, mut below) = (BTreeMap::new(), BTreeMap::new());
        for (at, group) in groups.iter().enumerate().rev() {
            let mut ways: Vec<usize> = Vec::new();
            for id in group.ids() {
                let down = below.get(&id).copied().unwrap_or_default();
                let on = ways.last().copied().unwrap_or_default();
                ways.push(1 + on.max(down));
            }
            below.extend(group.above().zip(ways.last().copied()));
            lines.insert(at, Line { group, ways });
        }
        let new: BTreeSet<NodeId<'_>> = groups.iter().flat_map(Group::ids).collect();
        let (mut held, mut waiting) = (BTreeMap::new(), BTreeSet::new());
        for (at, line) in &lines {
            match line.group.above().filter(|id| new.contains(id)) {
                Some(id) => drop(held.insert(id, *at)),
                None => waiting.extend(line.way().map(|way| (way, *at))),
            }
        }
        let (above, leaves, under_way) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { lines, below, held, waiting, under_way, above, leaves }
    }

    /// What to do beside what is under way, such as `looks` of the kind that this answers.
    pub(super) fn next(
        &mut self,
        looks: usize,
        is_ready: impl Fn(&Group<'a>) -> bool,
    ) -> Option<Next<'g, 'a>> {
        let is_ready = |(_, at): &&(usize, usize)| {
            self.lines.get(at).is_some_and(|line| line.has_begun() || is_ready(line.group))
        };
        let ready = self.waiting.iter().rev().find(is_ready).copied();
        if looks == 0 && self.is_time_to_look(ready.is_some()) {
            return Some(Next::Look(self.take_made()));
        }
        if let Some((way, at)) = ready {
            self.waiting.remove(&(way, at));
            self.under_way.insert(at);
            return Some(Next::Turn(at, self.lines.get(&at)?.ways.len().checked_sub(1)?));
        }
        // What has nothing below it held nothing up.
        let is_end = looks == 0 && self.under_way.is_empty() && !self.leaves.is_empty();
        is_end.then(|| Next::Look(std::mem::take(&mut self.leaves)))
    }

    /// Tells whether a look now is better than one for more items later.
    fn is_time_to_look(&self, can_go_on: bool) -> bool {
        let ways = self.above.iter().filter_map(|made| self.below.get(&made.id()));
        let Some(way) = ways.max() else { return false };
        let under_way = self.under_way.iter().filter_map(|at| self.lines.get(at)?.way());
        let longest = under_way.chain(self.waiting.last().map(|(way, _)| *way)).max();
        let is_last = |made: &Made<'_, '_>| {
            let mut lines = self.lines.values();
            lines.all(|line| !std::ptr::eq(line.group, made.group))
        };
        !can_go_on || longest <= Some(way + 1) || self.above.iter().any(is_last)
    }

    /// The items with something below them, and the siblings that the same lists show.
    fn take_made(&mut self) -> Vec<Made<'g, 'a>> {
        let mut made = std::mem::take(&mut self.above);
        let groups: Vec<&Group<'_>> = made.iter().map(|made| made.group).collect();
        let is_listed =
            |leaf: &mut Made<'g, 'a>| groups.iter().any(|group| std::ptr::eq(*group, leaf.group));
        made.extend(self.leaves.extract_if(.., is_listed));
        made
    }

    /// Takes in what came of a turn.
    pub(super) fn hear(&mut self, at: usize, news: News<'g, 'a>) {
        self.under_way.remove(&at);
        if let Some(line) = self.lines.get_mut(&at) {
            line.ways.pop();
            match line.way().filter(|_| !matches!(news, News::Ended)) {
                Some(way) => drop(self.waiting.insert((way, at))),
                None => drop(self.lines.remove(&at)),
            }
        }
        match news {
            News::Made(made) if self.below.contains_key(&made.id()) => self.above.push(made),
            News::Made(made) => self.leaves.push(made),
            News::Met(id) => self.settle(&[id]),
            News::Failed | News::Ended => {}
        }
    }

    /// Takes in that of some nodes it is settled which item is the one.
    pub(super) fn settle(&mut self, ids: &[NodeId<'a>]) {
        for at in ids.iter().filter_map(|id| self.held.remove(id)) {
            let way = self.lines.get(&at).and_then(Line::way);
            self.waiting.extend(way.map(|way| (way, at)));
        }
    }

    /// The nodes whose turn did not come, with their tools.
    pub(super) fn left(&self) -> impl Iterator<Item = (usize, Wanted<'a>)> {
        let nodes = |line: &Line<'g, 'a>| {
            let left = line.group.nodes.iter().take(line.ways.len()).copied();
            let tool = line.group.tool;
            left.map(move |wanted| (tool, wanted)).collect::<Vec<_>>()
        };
        self.lines.values().flat_map(nodes)
    }
}

impl Line<'_, '_> {
    fn way(&self) -> Option<usize> {
        self.ways.last().copied()
    }

    fn has_begun(&self) -> bool {
        self.ways.len() < self.group.nodes.len()
    }
}
