//! The order of lines when hunks of the files are written into another text.
//!
//! That text is the list that everything starts from, so no line that is only in
//! it can be lost: lines go only by a hunk that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::hunk::Placing;
use super::patch::{Patch, Piece, Sheets};

/// The text with a patch.
pub(super) fn patched(sheets: &Sheets<'_>, patch: &Patch) -> String {
    let mut weaver = Weaver::new(sheets, patch);
    (0..sheets.spec.len()).for_each(|new| weaver.take(new));
    sheets.write(&weaver.end(), patch)
}

/// Puts the lines of the files' text, one after another, among those of the text.
struct Weaver<'a, 'p> {
    sheets: &'a Sheets<'p>,
    /// For each line of the files' text the replacement that brings it.
    brings: BTreeMap<usize, &'a (Range<usize>, Range<usize>, Placing)>,
    twins: BTreeMap<usize, usize>,
    force: &'a BTreeSet<usize>,
    /// Lines of the text that go.
    gone: BTreeSet<usize>,
    list: List,
    /// For each line of the base the nearest one above it that the text still has.
    above: Vec<Option<usize>>,
    /// Below which node the next line belongs.
    cursor: usize,
}

impl<'a, 'p> Weaver<'a, 'p> {
    fn new(sheets: &'a Sheets<'p>, patch: &'a Patch) -> Self {
        let mut brings = BTreeMap::new();
        let mut twins = BTreeMap::new();
        let mut gone = patch.drop.clone();
        for replacement in &patch.replace {
            let (old, new, placing) = replacement;
            gone.extend(old.clone().filter_map(|n| sheets.to_text.at[n]));
            brings.extend(new.clone().map(|n| (n, replacement)));
            twins.extend(placing.twins.iter().copied());
        }
        let piece = |at: usize| {
            let base = sheets.to_text.from[at];
            let spec = base.and_then(|old| sheets.to_spec.at[old]);
            Piece { base, text: Some(at), spec, parted: false }
        };
        let list = List::new((0..sheets.text.len()).map(piece));
        let above = sheets.to_text.kept_above();
        Self { sheets, brings, twins, force: &patch.force, gone, list, above, cursor: List::TOP }
    }

    /// Takes the next line of the files' text.
    fn take(&mut self, new: usize) {
        match self.sheets.to_spec.from[new] {
            Some(old) => self.known(old, new),
            None => self.unknown(new),
        }
    }

    fn known(&mut self, old: usize, new: usize) {
        let to_text = self.sheets.to_text;
        match to_text.at[old] {
            Some(at) => {
                let node = List::node(at);
                if self.sheets.to_spec.moved[old] && !to_text.moved[old] {
                    let below = self.end_of(self.cursor);
                    self.list.shift(node, self.end_of(node), below);
                }
                self.cursor = node;
            }
            None if self.force.contains(&old) => {
                self.add(Piece { base: Some(old), spec: Some(new), ..Piece::default() });
            }
            None => self.cursor = self.end_of(self.left_of(old)),
        }
    }

    /// Where the text goes on when a line of the base is gone from it: the line above may be one
    /// that the files gave up and that is still there.
    fn left_of(&self, old: usize) -> usize {
        let Sheets { to_text, to_spec, .. } = self.sheets;
        let given_up = self.above[old].filter(|n| !to_spec.moved[old] && to_spec.at[*n].is_none());
        given_up.and_then(|n| to_text.at[n]).map_or(self.cursor, List::node)
    }

    fn unknown(&mut self, new: usize) {
        if let Some(at) = self.twins.get(&new) {
            let node = List::node(*at);
            self.list.pieces[node].spec = Some(new);
            self.cursor = node;
            return;
        }
        let Some((old, range, placing)) = self.brings.get(&new).copied() else { return };
        if range.start == new {
            self.start(old, placing);
        }
        self.add(Piece { spec: Some(new), ..Piece::default() });
    }

    /// Goes to where the first line of a hunk belongs: in place of what it replaces.
    fn start(&mut self, old: &Range<usize>, placing: &Placing) {
        let first = old.clone().find_map(|n| self.sheets.to_text.at[n]);
        if let Some(first) = first {
            self.cursor = self.list.before[List::node(first)];
        } else if placing.below {
            self.cursor = self.end_of(self.cursor);
        }
    }

    fn add(&mut self, piece: Piece) {
        self.cursor = self.list.add(piece, self.cursor);
    }

    /// The last of people's lines that belong to a node: those below it, unless
    /// they stand with the line that follows.
    fn end_of(&self, node: usize) -> usize {
        let is_people = |node: usize| self.list.pieces[node].is_only_in_text();
        let mut last = node;
        while let Some(next) = self.list.next(last).filter(|next| is_people(*next)) {
            last = next;
        }
        let starts = |node: usize| {
            self.list.pieces[node].text.is_some_and(|at| self.sheets.text.starts_block(at))
        };
        let first = self.list.next(node).filter(|_| last != node);
        let leads =
            first.is_some_and(starts) && self.list.next(last).is_some_and(|behind| !starts(behind));
        if leads { node } else { last }
    }

    fn end(self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut parted = false;
        for mut piece in self.list.in_order() {
            let gone = piece.text.filter(|at| self.gone.contains(at));
            if let Some(at) = gone {
                parted |= self.sheets.text.starts_block(at);
                continue;
            }
            piece.parted = parted && piece.is_only_in_text();
            parted = false;
            pieces.push(piece);
        }
        pieces
    }
}

/// A linked list of lines; the first node is none of them.
struct List {
    pieces: Vec<Piece>,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl List {
    const TOP: usize = 0;
    const END: usize = usize::MAX;

    fn new(lines: impl Iterator<Item = Piece>) -> Self {
        let pieces: Vec<Piece> = std::iter::once(Piece::default()).chain(lines).collect();
        let last = pieces.len() - 1;
        Self {
            before: std::iter::once(Self::END).chain(0..last).collect(),
            after: (1..=last).chain([Self::END]).collect(),
            pieces,
        }
    }

    /// The node of a line of the text.
    fn node(at: usize) -> usize {
        at + 1
    }

    fn next(&self, node: usize) -> Option<usize> {
        Some(self.after[node]).filter(|next| *next != Self::END)
    }

    fn add(&mut self, piece: Piece, below: usize) -> usize {
        let node = self.pieces.len();
        self.pieces.push(piece);
        self.before.push(below);
        self.after.push(self.after[below]);
        self.link(below, node);
        if let Some(next) = self.next(node) {
            self.before[next] = node;
        }
        node
    }

    fn link(&mut self, above: usize, below: usize) {
        self.after[above] = below;
        if below != Self::END {
            self.before[below] = above;
        }
    }

    /// Moves the nodes from `first` to `last` below another, unless that is one of them.
    fn shift(&mut self, first: usize, last: usize, below: usize) {
        let behind = self.after[last];
        let mut moving = std::iter::successors(Some(first), |node| self.next(*node));
        let within = moving.by_ref().take_while(|node| *node != behind).any(|node| node == below);
        if within || self.after[below] == first {
            return;
        }
        let (above, behind) = (self.before[first], self.after[last]);
        self.link(above, behind);
        let next = self.after[below];
        self.link(below, first);
        self.link(last, next);
    }

    fn in_order(&self) -> impl Iterator<Item = Piece> {
        let mut here = Self::TOP;
        std::iter::from_fn(move || {
            here = self.next(here)?;
            Some(self.pieces[here])
        })
    }
}
