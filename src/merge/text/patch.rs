//! Writes hunks of the files into another text: GitLab's, or the base. `weave`
//! says which lines the result has; here each gets its bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::canonical::{lines, with_box};

use super::align::Alignment;
use super::hunk::Placing;
use super::page::Page;
use super::words;

/// What is written.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// Lines of the base that take the files' words, merged with those of the text.
    pub(super) reword: BTreeSet<usize>,
    /// Lines of the base that take the files' words, whatever the text says.
    pub(super) force: BTreeSet<usize>,
    /// Lines of the base that go, lines of the files that come, and where.
    pub(super) replace: Vec<(Range<usize>, Range<usize>, Placing)>,
    /// Lines of the text that go because the files' side of a conflict is wanted.
    pub(super) drop: BTreeSet<usize>,
}

impl Patch {
    /// Takes people's lines in that go for the files' side of a conflict.
    pub(super) fn give_up(&mut self, people: &Range<usize>) {
        // Runs of people's lines are the same or apart.
        if !self.drop.contains(&people.start) {
            self.drop.extend(people.clone());
        }
    }
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
pub(super) struct Piece {
    pub(super) base: Option<usize>,
    pub(super) text: Option<usize>,
    pub(super) spec: Option<usize>,
    /// Whether it stands apart because a line above it, which did, is gone.
    pub(super) parted: bool,
}

impl Piece {
    /// Whether neither the base nor the files know the line.
    pub(super) fn is_only_in_text(self) -> bool {
        self.base.is_none() && self.spec.is_none()
    }
}

impl Sheets<'_> {
    /// The files' text in the bytes of a text that says what the base says.
    pub(super) fn retold(&self, patch: &Patch) -> String {
        let pieces: Vec<Piece> = (0..self.spec.len())
            .map(|new| {
                let base = self.to_spec.from[new];
                let text = base.and_then(|old| self.to_text.at[old]);
                Piece { base, text, spec: Some(new), parted: false }
            })
            .collect();
        self.write(&pieces, patch)
    }

    /// The text of lines in their order.
    pub(super) fn write(&self, pieces: &[Piece], patch: &Patch) -> String {
        let text = self.join(pieces, patch, true);
        // In a new fence the same bytes may say something else than before: the files' stay then.
        let said = lines(&text).into_iter().map(|line| line.canonical);
        let meant = pieces.iter().map(|piece| self.words(piece, patch));
        let same = said.filter(|line| !line.is_empty()).eq(meant);
        if same { text } else { self.join(pieces, patch, false) }
    }

    fn join(&self, pieces: &[Piece], patch: &Patch, their_bytes: bool) -> String {
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
    fn words(&self, piece: &Piece, patch: &Patch) -> Cow<'_, str> {
        fn of<'p>(page: &'p Page<'_>, at: Option<usize>) -> Option<&'p str> {
            at.map(|at| page.lines[at].canonical.as_ref())
        }
        let (text, spec) = (of(self.text, piece.text), of(self.spec, piece.spec));
        match (of(self.base, piece.base), text, spec) {
            (Some(base), Some(text), Some(spec)) => {
                let is_in =
                    |set: &BTreeSet<usize>| piece.base.is_some_and(|old| set.contains(&old));
                if is_in(&patch.force) {
                    return spec.into();
                }
                let merged = is_in(&patch.reword).then(|| words::merge(base, text, spec));
                merged.flatten().map_or(text.into(), Cow::Owned)
            }
            (_, Some(text), _) => text.into(),
            (_, None, spec) => spec.unwrap_or_default().into(),
        }
    }

    /// The bytes of a line: those of the text where it says the words already.
    fn line(&self, piece: &Piece, patch: &Patch, their_bytes: bool) -> Cow<'_, str> {
        let words = self.words(piece, patch);
        let text = piece.text.map(|at| &self.text.lines[at]);
        let spec = piece.spec.map(|at| &self.spec.lines[at]);
        let wanted = spec.and_then(|line| line.ticked);
        let now = text.and_then(|line| line.ticked);
        let (raw, has_box) = match (text, spec) {
            (Some(text), None) => (text.raw.into(), now.is_some()),
            (Some(text), Some(_)) if their_bytes && text.canonical == words => {
                (text.raw.into(), now.is_some())
            }
            (_, Some(spec)) if spec.canonical == words => (spec.raw.into(), wanted.is_some()),
            (Some(text), _) => (with_bullet(&words, text.raw).into(), now.or(wanted).is_some()),
            (None, _) => (words, wanted.is_some()),
        };
        if !has_box {
            return raw;
        }
        let now = now.filter(|_| !self.files_boxes || wanted.is_none());
        let old = piece.base.and_then(|at| self.base.lines[at].ticked);
        let ticked = state(old, now, wanted.unwrap_or(false));
        if now == Some(ticked) && raw == text.map_or("", |line| line.raw) {
            return raw;
        }
        with_box(&raw, ticked).into()
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
