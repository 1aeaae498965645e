//! Writes hunks of the files into another text: GitLab's, or the base.
//!
//! That text is the list that everything starts from, so no line that is only in
//! it can be lost: lines go only by a hunk that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::canonical::{lines, with_box};

use super::align::Alignment;
use super::hunk::Placing;
use super::page::Page;
use super::words;

/// What is written.
#[derive(Debug, Default)]
pub(super) struct Patch<'a> {
    /// Lines of the base that take the files' words, merged with those of the text.
    pub(super) reword: BTreeSet<usize>,
    /// Lines of the base that take the files' words, whatever the text says.
    pub(super) force: BTreeSet<usize>,
    /// Lines of the base that go, lines of the files that come, and where.
    pub(super) replace: Vec<(&'a [usize], Range<usize>, Placing)>,
    /// Lines of the text that go because the files' side of a conflict is wanted.
    pub(super) drop: BTreeSet<usize>,
}

/// The three texts that a patch is written from, and how they hang together.
pub(super) struct Sheets<'a> {
    pub(super) base: &'a Page<'a>,
    pub(super) text: &'a Page<'a>,
    pub(super) spec: &'a Page<'a>,
    pub(super) to_text: &'a Alignment,
    pub(super) to_spec: &'a Alignment,
    /// Whether boxes are as the files say, and not as the text has them.
    pub(super) files_boxes: bool,
}

/// A line of the result: where it comes from.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    base: Option<usize>,
    text: Option<usize>,
    spec: Option<usize>,
    /// Whether it stands apart because a line above it, which did, is gone.
    parted: bool,
}

impl Piece {
    /// Whether neither the base nor the files know the line.
    fn is_only_in_text(&self) -> bool {
        self.base.is_none() && self.spec.is_none()
    }
}

impl Sheets<'_> {
    /// The text with a patch.
    pub(super) fn patched(&self, patch: &Patch<'_>) -> String {
        self.write(&self.order(patch), patch)
    }

    /// The files' text in the bytes of a text that says what the base says.
    pub(super) fn retold(&self, patch: &Patch<'_>) -> String {
        let pieces: Vec<Piece> = (0..self.spec.len())
            .map(|new| {
                let base = self.to_spec.from[new];
                let text = base.and_then(|old| self.to_text.at[old]);
                Piece { base, text, spec: Some(new), parted: false }
            })
            .collect();
        self.write(&pieces, patch)
    }

    /// The lines of the result in order.
    fn order(&self, patch: &Patch<'_>) -> Vec<Piece> {
        let mut weaver = Weaver::new(self, patch);
        (0..self.spec.len()).for_each(|new| weaver.take(new));
        weaver.end()
    }

    fn write(&self, pieces: &[Piece], patch: &Patch<'_>) -> String {
        let text = self.join(pieces, patch, true);
        // In a new fence the same bytes may say something else than before: the files' stay then.
        let meant: Vec<String> = pieces.iter().map(|piece| self.words(piece, patch)).collect();
        let said = lines(&text).into_iter().map(|line| line.canonical);
        let same = said.filter(|line| !line.is_empty()).eq(meant);
        if same { text } else { self.join(pieces, patch, false) }
    }

    fn join(&self, pieces: &[Piece], patch: &Patch<'_>, their_bytes: bool) -> String {
        let mut out = String::new();
        for (n, piece) in pieces.iter().enumerate() {
            if n > 0 {
                out.push('\n');
                if let Some(blank) = self.blank(piece) {
                    out.push_str(blank);
                    out.push('\n');
                }
            }
            out.push_str(&self.line(piece, patch, their_bytes));
        }
        out
    }

    /// The canonical words of a line.
    fn words(&self, piece: &Piece, patch: &Patch<'_>) -> String {
        let of = |page: &Page<'_>, at: Option<usize>| at.map(|at| page.lines[at].canonical.clone());
        let (text, spec) = (of(self.text, piece.text), of(self.spec, piece.spec));
        match (of(self.base, piece.base), text, spec) {
            (Some(base), Some(text), Some(spec)) => {
                let is_in =
                    |set: &BTreeSet<usize>| piece.base.is_some_and(|old| set.contains(&old));
                if is_in(&patch.force) {
                    return spec;
                }
                let merged = is_in(&patch.reword).then(|| words::merge(&base, &text, &spec));
                merged.flatten().unwrap_or(text)
            }
            (_, Some(text), _) => text,
            (_, None, spec) => spec.unwrap_or_default(),
        }
    }

    /// The bytes of a line: those of the text where it says the words already.
    fn line(&self, piece: &Piece, patch: &Patch<'_>, their_bytes: bool) -> String {
        let words = self.words(piece, patch);
        let text = piece.text.map(|at| &self.text.lines[at]);
        let spec = piece.spec.map(|at| &self.spec.lines[at]);
        let wanted = spec.and_then(|line| line.ticked);
        let now = text.and_then(|line| line.ticked);
        let (raw, has_box) = match (text, spec) {
            (Some(text), None) => (text.raw.to_owned(), now.is_some()),
            (Some(text), Some(_)) if their_bytes && text.canonical == words => {
                (text.raw.to_owned(), now.is_some())
            }
            (_, Some(spec)) if spec.canonical == words => (spec.raw.to_owned(), wanted.is_some()),
            (Some(text), _) => (with_bullet(&words, text.raw), now.or(wanted).is_some()),
            (None, _) => (words, wanted.is_some()),
        };
        if !has_box {
            return raw;
        }
        let now = now.filter(|_| !self.files_boxes || wanted.is_none());
        let old = piece.base.and_then(|at| self.base.lines[at].ticked);
        with_box(&raw, state(old, now, wanted.unwrap_or(false)))
    }

    /// The bytes of the blank lines above a line.
    fn blank(&self, piece: &Piece) -> Option<&str> {
        let of = |page: &Page<'_>, at: Option<usize>| at.and_then(|at| page.apart(at));
        let (base, text, spec) =
            (of(self.base, piece.base), of(self.text, piece.text), of(self.spec, piece.spec));
        let moved =
            piece.base.is_some_and(|old| self.to_spec.moved[old] && !self.to_text.moved[old]);
        let apart = match (base, text, spec) {
            _ if piece.parted => true,
            (_, Some(_), Some(spec)) if moved => spec,
            (Some(base), Some(text), Some(spec)) if spec == base => text,
            (Some(_), Some(_), Some(spec)) => spec,
            (None, Some(text), _) | (_, Some(text), None) => text,
            (_, None, Some(spec)) => spec,
            (Some(base), None, None) => base,
            (None, None, None) => true,
        };
        let bytes = piece.text.and_then(|at| self.text.above[at]);
        apart.then(|| bytes.unwrap_or_default())
    }
}

/// The state of one box: ticked stays ticked, and a tick that people took back stays back.
/// An unknown base leaves GitLab's side.
pub(super) fn state(base: Option<bool>, gitlab: Option<bool>, spec: bool) -> bool {
    match gitlab {
        None => spec,
        Some(now) => now || (spec && base == Some(false)),
    }
}

/// New words behind the bullet that a line had.
fn with_bullet(words: &str, raw: &str) -> String {
    let bullet = raw.trim_start().chars().next().filter(|c| matches!(c, '*' | '+'));
    let indent = words.len() - words.trim_start().len();
    match bullet.filter(|_| words[indent..].starts_with("- ")) {
        Some(bullet) => format!("{}{bullet}{}", &words[..indent], &words[indent + 1..]),
        None => words.to_owned(),
    }
}

/// Puts the lines of the files' text, one after another, among those of the text.
struct Weaver<'a, 'p> {
    sheets: &'a Sheets<'p>,
    /// For each line of the files' text the replacement that brings it.
    brings: BTreeMap<usize, &'a (&'a [usize], Range<usize>, Placing)>,
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
    fn new(sheets: &'a Sheets<'p>, patch: &'a Patch<'a>) -> Self {
        let mut brings = BTreeMap::new();
        let mut twins = BTreeMap::new();
        let mut gone = patch.drop.clone();
        for replacement in &patch.replace {
            let (old, new, placing) = replacement;
            gone.extend(old.iter().filter_map(|n| sheets.to_text.at[*n]));
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
    fn start(&mut self, old: &[usize], placing: &Placing) {
        let first = old.iter().find_map(|n| self.sheets.to_text.at[*n]);
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
