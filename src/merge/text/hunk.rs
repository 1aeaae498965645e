//! What the files changed since the base, as hunks, and which of them clash with
//! what people changed.

use std::collections::BTreeSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::align::Alignment;
use super::page::Page;
use super::words;

/// One change of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hunk {
    /// A line of the base takes other words: its place there and in the files' text.
    Reword(usize, usize),
    /// Lines of the base give way to lines of the files; one of the two may be none.
    Replace(Range<usize>, Range<usize>),
}

/// What becomes of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is written.
    Clean(Placing),
    /// People made the same change.
    Agreed,
    /// People changed the same: GitLab's side stays. Holds people's own lines that
    /// stand where the files' would, if there are any.
    Conflict(Range<usize>),
}

/// Where the lines of a hunk go, if people put lines of their own at the spot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Placing {
    /// Whether they go below people's.
    pub(super) below: bool,
    /// Lines of the files' text that people wrote too, and their places in GitLab's.
    pub(super) twins: Vec<(usize, usize)>,
}

/// The hunks that lead from the base to the files' text, in the order of that text.
pub(super) fn hunks(base: &Page<'_>, spec: &Page<'_>, to_spec: &Alignment) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    for (old, new) in to_spec.gaps() {
        let gone = runs(old, |n| to_spec.at[n].is_none());
        let come = runs(new, |n| to_spec.from[n].is_none());
        match (&gone[..], &come[..]) {
            ([gone], [come]) => replace(base, spec, gone.clone(), come.clone(), &mut hunks),
            _ => {
                hunks.extend(gone.into_iter().map(|gone| Hunk::Replace(gone, 0..0)));
                hunks.extend(come.into_iter().map(|come| Hunk::Replace(0..0, come)));
            }
        }
    }
    for (old, new) in to_spec.at.iter().enumerate() {
        if let Some(new) = new.filter(|new| base.ids[old] != spec.ids[*new]) {
            hunks.push(Hunk::Reword(old, new));
        }
    }
    hunks
}

/// The runs of neighbours within a range that a rule holds for.
fn runs(range: Range<usize>, holds: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for n in range.filter(|n| holds(*n)) {
        match runs.last_mut() {
            Some(run) if run.end == n => run.end = n + 1,
            _ => runs.push(n..n + 1),
        }
    }
    runs
}

/// One hunk a paragraph; what one side has more of goes or comes on its own.
fn replace(
    base: &Page<'_>,
    spec: &Page<'_>,
    gone: Range<usize>,
    come: Range<usize>,
    hunks: &mut Vec<Hunk>,
) {
    let goes_on = |page: &Page<'_>, at: usize| !page.starts_block(at);
    let (mut old, mut new) = (paragraphs(base, gone.clone()), paragraphs(spec, come.clone()));
    // What goes on from the line above has no counterpart in a paragraph of its own.
    if goes_on(base, gone.start) && !goes_on(spec, come.start) {
        hunks.push(Hunk::Replace(old.remove(0), 0..0));
    } else if goes_on(spec, come.start) && !goes_on(base, gone.start) {
        hunks.push(Hunk::Replace(0..0, new.remove(0)));
    }
    let pairs = old.len().min(new.len());
    if let Some(last) = pairs.checked_sub(1) {
        new[last].end = come.end;
    }
    let both = old.iter().zip(&new);
    hunks.extend(both.map(|(gone, come)| Hunk::Replace(gone.clone(), come.clone())));
    if let Some(rest) = old.get(pairs) {
        hunks.push(Hunk::Replace(rest.start..gone.end, 0..0));
    }
    if let Some(rest) = new.first().filter(|_| pairs == 0) {
        hunks.push(Hunk::Replace(0..0, rest.start..come.end));
    }
}

fn paragraphs(page: &Page<'_>, range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for n in range {
        match parts.last_mut() {
            Some(part) if !page.starts_block(n) => part.end = n + 1,
            _ => parts.push(n..n + 1),
        }
    }
    parts
}

/// Everything that is looked at to judge a hunk.
pub(super) struct Court<'a> {
    base: &'a Page<'a>,
    gitlab: &'a Page<'a>,
    spec: &'a Page<'a>,
    to_gitlab: &'a Alignment,
    to_spec: &'a Alignment,
    /// For each line of the base the nearest one above it that GitLab still has.
    above: Vec<Option<usize>>,
    /// What people's own lines say.
    people: BTreeSet<u32>,
}

impl<'a> Court<'a> {
    pub(super) fn new(
        [base, gitlab, spec]: [&'a Page<'a>; 3],
        to_gitlab: &'a Alignment,
        to_spec: &'a Alignment,
    ) -> Self {
        let above = to_gitlab.kept_above();
        let own = gitlab.ids.iter().zip(&to_gitlab.from).filter(|(_, old)| old.is_none());
        let people = own.map(|(id, _)| *id).collect();
        Self { base, gitlab, spec, to_gitlab, to_spec, above, people }
    }

    pub(super) fn judge(&self, hunk: &Hunk) -> Verdict {
        match hunk {
            Hunk::Reword(old, new) => self.reword(*old, *new),
            Hunk::Replace(gone, come) if gone.is_empty() => self.insertion(come.clone()),
            Hunk::Replace(gone, come) => self.replacement(gone.clone(), come.clone()),
        }
    }

    fn reword(&self, old: usize, new: usize) -> Verdict {
        let Some(at) = self.to_gitlab.at[old] else {
            let wanted = self.spec.ids[new];
            let instead = self.instead_of(old);
            let same =
                self.people.contains(&wanted) && self.gitlab.ids[instead.clone()].contains(&wanted);
            return if same { Verdict::Agreed } else { Verdict::Conflict(instead) };
        };
        if self.gitlab.ids[at] == self.spec.ids[new] {
            return Verdict::Agreed;
        }
        let merged = words::merge(
            &self.base.lines[old].canonical,
            &self.gitlab.lines[at].canonical,
            &self.spec.lines[new].canonical,
        );
        if merged.is_some() { clean() } else { Verdict::Conflict(0..0) }
    }

    fn replacement(&self, gone: Range<usize>, come: Range<usize>) -> Verdict {
        let here = gone.clone().filter(|n| self.to_gitlab.at[*n].is_some()).count();
        if here == 0 {
            let instead = self.instead_of(gone.start);
            let below = come.start.checked_sub(1).and_then(|above| self.to_spec.from[above]);
            let elsewhere = below.map_or(0..0, |below| self.people_after(below));
            let ours = &self.spec.ids[come.clone()];
            let same = |theirs: &Range<usize>| self.gitlab.ids[theirs.clone()] == *ours;
            let agreed = come.is_empty() || same(&instead) || same(&elsewhere);
            return if agreed { Verdict::Agreed } else { Verdict::Conflict(instead) };
        }
        let changed = gone.clone().any(|n| self.is_reworded(n));
        let partly_gone = here < gone.len() && !come.is_empty();
        let within = (gone.start..gone.end - 1).any(|n| !self.people_after(n).is_empty());
        let strands = come.is_empty() && self.strands_people(&gone);
        if changed || partly_gone || within || strands {
            return Verdict::Conflict(0..0);
        }
        Verdict::Clean(Placing { below: false, twins: self.repeated(&gone, &come) })
    }

    /// Lines that the files put in the place of others, and that people put right above or below.
    fn repeated(&self, gone: &Range<usize>, come: &Range<usize>) -> Vec<(usize, usize)> {
        let ours = &self.spec.ids[come.clone()];
        let (above, below) = (self.instead_of(gone.start), self.people_after(gone.end - 1));
        let theirs = |lines: &Range<usize>| &self.gitlab.ids[lines.clone()];
        let most = |run: &Range<usize>| (0..=run.len().min(come.len())).rev();
        let tail = most(&below).find(|n| ours.ends_with(&theirs(&below)[..*n])).unwrap_or(0);
        let head = most(&above).find(|n| theirs(&above).ends_with(&ours[..*n])).unwrap_or(0);
        let tail = (0..tail).map(|n| (come.end - tail + n, below.start + n));
        let head = (0..head).map(|n| (come.start + n, above.end - head + n));
        tail.chain(head).collect()
    }

    /// Whether people wrote something below the last of these lines that would
    /// lose what it belongs to.
    fn strands_people(&self, gone: &Range<usize>) -> bool {
        let last = gone.end - 1;
        // What stands in place of the next line belongs there.
        let instead = self.to_gitlab.at.get(last + 1).is_some_and(Option::is_none);
        let people = self.people_after(last);
        let is_gone = |n: usize| gone.contains(&n);
        !instead && !people.is_empty() && self.strands(self.gitlab, &people, last, is_gone)
    }

    /// Whether lines that were put below a line of the base lose their block or
    /// their section when lines of the base go.
    fn strands(
        &self,
        page: &Page<'_>,
        lines: &Range<usize>,
        below: usize,
        is_gone: impl Fn(usize) -> bool,
    ) -> bool {
        if page.heading(lines.start) == Some(lines.start) {
            return false;
        }
        let follows = !page.starts_block(lines.start);
        let leads = lines.end < page.len() && !page.starts_block(lines.end);
        let block_gone = || self.base.block(below).all(&is_gone);
        let section_gone =
            || self.base.heading(below).is_some_and(|heading| (heading..=below).all(&is_gone));
        !leads && follows && block_gone() || section_gone()
    }

    fn insertion(&self, come: Range<usize>) -> Verdict {
        let anchor = come.start.checked_sub(1).and_then(|above| self.to_spec.from[above]);
        let Some(below) = anchor else {
            let starts_with_it = come.start == 0;
            return if starts_with_it { self.beside(come, self.people_from(0)) } else { clean() };
        };
        if self.to_gitlab.at[below].is_some() {
            return self.beside(come, self.people_after(below));
        }
        let instead = self.instead_of(below);
        if self.gitlab.ids[instead.clone()] == self.spec.ids[come.clone()] {
            return Verdict::Agreed;
        }
        let is_gone = |n: usize| self.to_gitlab.at[n].is_none();
        let stranded = instead.is_empty() && self.strands(self.spec, &come, below, is_gone);
        if stranded { Verdict::Conflict(0..0) } else { clean() }
    }

    /// Lines of the files beside lines of people at one spot.
    fn beside(&self, come: Range<usize>, people: Range<usize>) -> Verdict {
        if people.is_empty() {
            return clean();
        }
        let (ours, theirs) = (&self.spec.ids[come.clone()], &self.gitlab.ids[people.clone()]);
        let mut twins = Vec::new();
        let mut contested = false;
        for op in capture_diff_slices(Algorithm::Myers, ours, theirs) {
            match op {
                DiffOp::Equal { old_index, new_index, len } => twins.extend(
                    (0..len).map(|n| (come.start + old_index + n, people.start + new_index + n)),
                ),
                DiffOp::Replace { .. } => contested = true,
                DiffOp::Delete { .. } | DiffOp::Insert { .. } => {}
            }
        }
        if twins.len() == come.len() {
            return Verdict::Agreed;
        }
        if !contested {
            return Verdict::Clean(Placing { below: false, twins });
        }
        let (ours, theirs) = (place(self.spec, &come), place(self.gitlab, &people));
        if twins.is_empty() && ours != theirs {
            return Verdict::Clean(Placing { below: ours > theirs, twins });
        }
        if twins.is_empty() && is_unordered(self.spec, &come) && is_unordered(self.gitlab, &people)
        {
            return clean();
        }
        Verdict::Conflict(people)
    }

    fn is_reworded(&self, old: usize) -> bool {
        self.to_gitlab.at[old].is_some_and(|at| self.gitlab.ids[at] != self.base.ids[old])
    }

    /// People's lines directly below a line of the base.
    fn people_after(&self, old: usize) -> Range<usize> {
        self.to_gitlab.at[old].map_or(0..0, |at| self.people_from(at + 1))
    }

    fn people_from(&self, start: usize) -> Range<usize> {
        let end = (start..self.gitlab.len()).find(|at| self.to_gitlab.from[*at].is_some());
        start..end.unwrap_or(self.gitlab.len())
    }

    /// People's lines in place of lines of the base that they removed.
    fn instead_of(&self, gone: usize) -> Range<usize> {
        self.above[gone].map_or_else(|| self.people_from(0), |above| self.people_after(above))
    }
}

fn clean() -> Verdict {
    Verdict::Clean(Placing::default())
}

/// Where lines stand between two that stayed: with the one above (0), apart from
/// both (1), or with the one below (2).
fn place(page: &Page<'_>, lines: &Range<usize>) -> u8 {
    let above = page.starts_block(lines.start);
    let below = lines.end >= page.len() || page.starts_block(lines.end);
    match (above, below) {
        (false, true) => 0,
        (true, false) => 2,
        (true, true) | (false, false) => 1,
    }
}

/// Whether lines are items of a bulleted list or rows of a table: their order says nothing.
fn is_unordered(page: &Page<'_>, lines: &Range<usize>) -> bool {
    let texts = page.lines[lines.clone()].iter().map(|line| line.canonical.as_ref());
    let mut kinds = texts.map(|line| {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let kind = if body.starts_with("- ") {
            Some('-')
        } else if body.starts_with('|') {
            Some('|')
        } else {
            None
        };
        (kind, indent)
    });
    let Some((Some(kind), indent)) = kinds.next() else { return false };
    kinds.all(|(other, deeper)| {
        other == Some(kind) && deeper == indent || kind == '-' && deeper > indent
    })
}
