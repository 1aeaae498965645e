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
    /// Of a node among these it is not settled yet below which of two items its children belong.
    unsettled: BTreeSet<NodeId<'a>>,
    /// Items that are to be looked at for that.
    made: Vec<Made<'g, 'a>>,
}

/// Siblings that wait for their turns.
struct Line<'g, 'a> {
    group: &'g Group<'a>,
    /// For each node that is left, the next one at the end, how many creates must follow each
    /// other from it on.
    ways: Vec<usize>,
    under_way: bool,
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
            lines.insert(at, Line { group, ways, under_way: false });
        }
        let unsettled = groups.iter().flat_map(Group::ids).collect();
        Self { lines, below, unsettled, made: Vec::new() }
    }

    /// What to do beside what is under way: `turns`, and one look if any.
    pub(super) fn next(
        &mut self,
        turns: usize,
        looks: usize,
        is_ready: impl Fn(&Group<'a>) -> bool,
    ) -> Option<Next<'g, 'a>> {
        let is_open = |(_, line): &(&usize, &Line<'g, 'a>)| {
            line.group.above().is_none_or(|id| !self.unsettled.contains(&id))
        };
        let open = self.lines.iter().filter(is_open);
        let longest = open.clone().filter_map(|(_, line)| line.way()).max();
        let ready = open
            .filter(|(_, line)| !line.under_way && (line.has_begun() || is_ready(line.group)))
            .max_by_key(|(_, line)| line.way());
        let ready = ready.map(|(at, _)| *at);
        if looks == 0 && self.is_time_to_look(ready, longest) {
            return Some(Next::Look(self.take_made()));
        }
        if let Some(line) = ready.and_then(|at| self.lines.get_mut(&at)) {
            line.under_way = true;
            return Some(Next::Turn(ready?, line.ways.len().checked_sub(1)?));
        }
        // What has nothing below it held nothing up.
        let is_end = turns + looks == 0 && !self.made.is_empty();
        is_end.then(|| Next::Look(std::mem::take(&mut self.made)))
    }

    /// Tells whether a look now is better than one for more items later.
    fn is_time_to_look(&self, ready: Option<usize>, longest: Option<usize>) -> bool {
        let ways = self.made.iter().filter_map(|made| self.below.get(&made.id()));
        let Some(way) = ways.max() else { return false };
        let is_last = |made: &Made<'_, '_>| {
            let mut lines = self.lines.values();
            lines.all(|line| !std::ptr::eq(line.group, made.group))
        };
        ready.is_none() || longest <= Some(way + 1) || self.made.iter().any(is_last)
    }

    /// The items with something below them, and the siblings that the same lists show.
    fn take_made(&mut self) -> Vec<Made<'g, 'a>> {
        let is_above = |made: &&Made<'g, 'a>| self.below.contains_key(&made.id());
        let groups: Vec<&Group<'_>> =
            self.made.iter().filter(is_above).map(|made| made.group).collect();
        let is_listed =
            |made: &mut Made<'g, 'a>| groups.iter().any(|group| std::ptr::eq(*group, made.group));
        self.made.extract_if(.., is_listed).collect()
    }

    /// Takes in what came of a turn.
    pub(super) fn hear(&mut self, at: usize, news: News<'g, 'a>) {
        if let Some(line) = self.lines.get_mut(&at) {
            line.under_way = false;
            line.ways.pop();
            if line.ways.is_empty() || matches!(news, News::Ended) {
                self.lines.remove(&at);
            }
        }
        match news {
            News::Made(made) => self.made.push(made),
            News::Met(id) => self.settle(&[id]),
            News::Failed | News::Ended => {}
        }
    }

    /// Takes in that of some nodes it is settled which item is the one.
    pub(super) fn settle(&mut self, ids: &[NodeId<'a>]) {
        self.unsettled.retain(|id| !ids.contains(id));
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
