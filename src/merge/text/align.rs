//! Which line of a text is which line of the base.
//!
//! Equal lines in order first; then lines that left one place and stand word by
//! word in another; then, between two lines that stayed, those that are one line
//! in other words.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::page::Page;
use super::words::{ALIKE, alike, bag};

/// More pairs of lines than this are not weighed against each other.
const MOST_PAIRS: usize = 10_000;

/// Two texts of more lines each are cut into pieces first.
const MOST_LINES: usize = 1_500;

/// How the lines of the base stand in another text.
#[derive(Debug)]
pub(super) struct Alignment {
    /// For each line of the base its place in the text.
    pub(super) at: Vec<Option<usize>>,
    /// For each line of the text its place in the base; `None` for a new line.
    pub(super) from: Vec<Option<usize>>,
    /// Whether a line of the base stands elsewhere among its neighbours.
    pub(super) moved: Vec<bool>,
}

impl Alignment {
    /// A text that is the base.
    pub(super) fn identity(base: &Page<'_>) -> Self {
        let all: Vec<Option<usize>> = (0..base.len()).map(Some).collect();
        Self { at: all.clone(), from: all, moved: vec![false; base.len()] }
    }

    /// Aligns a text with the base.
    pub(super) fn new(base: &Page<'_>, text: &Page<'_>, algorithm: Algorithm) -> Self {
        let mut it = Self {
            at: vec![None; base.len()],
            from: vec![None; text.len()],
            moved: vec![false; base.len()],
        };
        same_lines(&base.ids, &text.ids, algorithm, |old, new| it.pair(old, new));
        let gaps = it.gaps();
        it.find_moves(base, text);
        for (old, new) in gaps {
            it.find_rewordings(base, text, old, new);
        }
        it
    }

    /// Pairs lines of the base that this text has lost with new ones of it, where another text of
    /// the same base says of them word for word the same: both put them in other words, and one of
    /// the two put them elsewhere too.
    pub(super) fn agree(&mut self, text: &Page<'_>, other: &Page<'_>, to_other: &Self) {
        let mut new: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for at in (0..text.len()).filter(|at| self.from[*at].is_none()) {
            new.entry(text.ids[at]).or_default().push(at);
        }
        for old in 0..self.at.len() {
            let Some(there) = to_other.at[old].filter(|_| self.at[old].is_none()) else { continue };
            let says = other.lines[there].canonical.contains(char::is_alphanumeric);
            if let Some([at]) = new.get(&other.ids[there]).map(Vec::as_slice).filter(|_| says)
                && self.from[*at].is_none()
            {
                self.pair_moved(old, *at);
            }
        }
    }

    /// For each line of the base the nearest one above it that the text still has.
    pub(super) fn kept_above(&self) -> Vec<Option<usize>> {
        let mut last = None;
        let above = self.at.iter().enumerate().map(|(old, at)| {
            let above = last;
            last = at.map(|_| old).or(last);
            above
        });
        above.collect()
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.at[old] = Some(new);
        self.from[new] = Some(old);
    }

    /// The lines between each two that stayed.
    pub(super) fn gaps(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut gaps = Vec::new();
        let (mut old_from, mut new_from) = (0, 0);
        let stayed = (0..self.at.len()).filter(|old| !self.moved[*old]);
        let pairs = stayed.filter_map(|old| Some((old, self.at[old]?)));
        for (old, new) in pairs.chain([(self.at.len(), self.from.len())]) {
            if old > old_from || new > new_from {
                gaps.push((old_from..old, new_from..new));
            }
            (old_from, new_from) = (old + 1, new + 1);
        }
        gaps
    }

    /// Pairs what is gone here and new there as often, and what stands around it, to both sides.
    fn find_moves(&mut self, base: &Page<'_>, text: &Page<'_>) {
        let mut seen: BTreeMap<u32, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for old in (0..base.len()).filter(|old| self.at[*old].is_none()) {
            seen.entry(base.ids[old]).or_default().0.push(old);
        }
        for new in (0..text.len()).filter(|new| self.from[*new].is_none()) {
            seen.entry(text.ids[new]).or_default().1.push(new);
        }
        let anchors = seen.into_values().filter(|(old, new)| old.len() == new.len());
        let anchors = anchors.flat_map(|(old, new)| old.into_iter().zip(new));
        let mut anchors: Vec<(usize, usize)> = anchors
            .filter(|(old, _)| base.lines[*old].canonical.contains(char::is_alphanumeric))
            .collect();
        anchors.sort_unstable();
        for (old, new) in anchors {
            if self.at[old].is_some() || self.from[new].is_some() {
                continue;
            }
            self.pair_moved(old, new);
            let ahead = (1..).map(|n| (old.checked_add(n), new.checked_add(n)));
            self.extend(base, text, ahead);
            let back = (1..).map(|n| (old.checked_sub(n), new.checked_sub(n)));
            self.extend(base, text, back);
        }
    }

    fn extend(
        &mut self,
        base: &Page<'_>,
        text: &Page<'_>,
        steps: impl Iterator<Item = (Option<usize>, Option<usize>)>,
    ) {
        for step in steps {
            let (Some(old), Some(new)) = step else { return };
            let free = old < base.len()
                && new < text.len()
                && self.at[old].is_none()
                && self.from[new].is_none();
            if !free || !is_same(base, old, text, new) {
                return;
            }
            self.pair_moved(old, new);
        }
    }

    fn pair_moved(&mut self, old: usize, new: usize) {
        self.pair(old, new);
        self.moved[old] = true;
    }

    /// Pairs lines that are alike, in order, so that the sum of their likeness is greatest.
    fn find_rewordings(
        &mut self,
        base: &Page<'_>,
        text: &Page<'_>,
        old: Range<usize>,
        new: Range<usize>,
    ) {
        let old: Vec<usize> = old.filter(|n| self.at[*n].is_none()).collect();
        let new: Vec<usize> = new.filter(|n| self.from[*n].is_none()).collect();
        if old.is_empty() || new.is_empty() || old.len() * new.len() > MOST_PAIRS {
            return;
        }
        let weights = weights(base, text, &old, &new);
        let width = new.len() + 1;
        let mut best = vec![0.0_f32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                let paired = weights[i * new.len() + j]
                    .map_or(0.0, |weight| weight + best[(i + 1) * width + j + 1]);
                best[i * width + j] =
                    paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < new.len() {
            let here = best[i * width + j];
            if here <= best[(i + 1) * width + j] {
                i += 1;
            } else if here <= best[i * width + j + 1] {
                j += 1;
            } else {
                self.pair(old[i], new[j]);
                (i, j) = (i + 1, j + 1);
            }
        }
    }
}

/// Pairs equal lines in order.
///
/// Lines that only one text has are left out beforehand: they can have no counterpart, and with
/// very many of them between the others the algorithms take time in proportion to its square.
/// For the same reason long texts are first cut where a line stands in both equally often.
fn same_lines(old: &[u32], new: &[u32], algorithm: Algorithm, mut pair: impl FnMut(usize, usize)) {
    let known = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<u32>>();
    let (in_old, in_new) = (known(old), known(new));
    let common = |ids: &[u32], other: &BTreeSet<u32>| -> (Vec<usize>, Vec<u32>) {
        ids.iter().copied().enumerate().filter(|(_, id)| other.contains(id)).unzip()
    };
    let (old_at, old) = common(old, &in_new);
    let (new_at, new) = common(new, &in_old);
    let mut pair = |at: usize, to: usize| pair(old_at[at], new_at[to]);
    for (from_old, from_new) in pieces((0..old.len(), 0..new.len()), &old, &new, &mut pair) {
        for op in capture_diff_slices(algorithm, &old[from_old.clone()], &new[from_new.clone()]) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                let (at, to) = (from_old.start + old_index, from_new.start + new_index);
                (0..len).for_each(|n| pair(at + n, to + n));
            }
        }
    }
}

/// Lines of two texts.
type Piece = (Range<usize>, Range<usize>);

/// Cuts two texts into pieces that are small enough to be aligned, at lines that both have once,
/// then at lines that a piece has as often in both; what is paired by that is told to `pair`.
/// A piece that has no such lines and is large all the same is left out: its lines are different.
fn pieces(
    whole: Piece,
    old: &[u32],
    new: &[u32],
    pair: &mut impl FnMut(usize, usize),
) -> Vec<Piece> {
    let mut left = vec![whole];
    for most in [1, usize::MAX] {
        let is_small = |(a, b): &Piece| a.len().saturating_mul(b.len()) <= MOST_LINES * MOST_LINES;
        left = left
            .into_iter()
            .flat_map(|piece| match is_small(&piece) {
                true => vec![piece],
                false => cut(piece, old, new, most, pair),
            })
            .collect();
        if most == usize::MAX {
            left.retain(is_small);
        }
    }
    left
}

/// Cuts a piece where a line stands in both texts equally often, and at most so often.
fn cut(
    (of_old, of_new): Piece,
    old: &[u32],
    new: &[u32],
    most: usize,
    pair: &mut impl FnMut(usize, usize),
) -> Vec<Piece> {
    let mut seen: BTreeMap<u32, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    of_old.clone().for_each(|at| seen.entry(old[at]).or_default().0.push(at));
    of_new.clone().for_each(|at| seen.entry(new[at]).or_default().1.push(at));
    let even = seen.into_values().filter(|(a, b)| a.len() == b.len() && a.len() <= most);
    let mut anchors: Vec<(usize, usize)> = even.flat_map(|(a, b)| a.into_iter().zip(b)).collect();
    anchors.sort_unstable();
    let (mut pieces, mut from) = (Vec::new(), (of_old.start, of_new.start));
    for (at, to) in rising(&anchors) {
        pair(at, to);
        pieces.push((from.0..at, from.1..to));
        from = (at + 1, to + 1);
    }
    pieces.push((from.0..of_old.end, from.1..of_new.end));
    pieces.retain(|(a, b)| !a.is_empty() && !b.is_empty());
    pieces
}

/// The longest run of pairs, sorted by their first, that rises in both.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best run of each length, and what stands before each pair in its run.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    for (n, (_, to)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *to);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = n,
            None => ends.push(n),
        }
    }
    let mut run: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |n| before[*n]).map(|n| pairs[n]).collect();
    run.reverse();
    run
}

/// Whether a line says the same as another, or nearly.
fn is_same(base: &Page<'_>, old: usize, text: &Page<'_>, new: usize) -> bool {
    let (one, other) = (&base.lines[old].canonical, &text.lines[new].canonical);
    one == other || alike((one, &bag(one)), (other, &bag(other))) >= ALIKE
}

/// How alike each two lines are; `None` below the threshold.
fn weights(base: &Page<'_>, text: &Page<'_>, old: &[usize], new: &[usize]) -> Vec<Option<f32>> {
    let old: Vec<&str> = old.iter().map(|at| base.lines[*at].canonical.as_ref()).collect();
    let new: Vec<&str> = new.iter().map(|at| text.lines[*at].canonical.as_ref()).collect();
    let bags: Vec<_> = old.iter().map(|line| bag(line)).collect();
    let others: Vec<_> = new.iter().map(|line| bag(line)).collect();
    let mut weights = Vec::with_capacity(old.len() * new.len());
    for (i, line) in old.iter().enumerate() {
        for (j, other) in new.iter().enumerate() {
            let alike = alike((line, &bags[i]), (other, &others[j]));
            weights.push((alike >= ALIKE).then_some(alike));
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        same_lines(old, new, Algorithm::Myers, |at, to| pairs.push((at, to)));
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn the_longest_rising_run_is_taken() {
        let run = |to: &[usize]| -> Vec<usize> {
            let pairs: Vec<(usize, usize)> = to.iter().copied().enumerate().collect();
            rising(&pairs).into_iter().map(|(_, to)| to).collect()
        };
        assert_eq!(run(&[]), [0; 0]);
        assert_eq!(run(&[3, 1, 2, 0, 4]), [1, 2, 4]);
        assert_eq!(run(&[2, 1, 0]), [0]);
    }

    #[test]
    fn a_long_text_is_aligned_as_a_short_one_would_be() {
        let lines = u32::try_from(MOST_LINES).unwrap() * 2;
        // Every third line is blank, the rest is said once.
        let old: Vec<u32> = (0..lines).map(|n| if n % 3 == 0 { 0 } else { n }).collect();
        let mut new = old.clone();
        new.insert(100, 7_000_000);
        new.remove(2_000);
        let expected = |at: usize| at + usize::from(at >= 100) - usize::from(at >= 2_000);
        let found = pairs(&old, &new);
        assert_eq!(found.len(), old.len() - 1);
        assert!(found.iter().all(|(at, to)| *to == expected(*at)), "{found:?}");
    }

    #[test]
    fn few_different_lines_are_aligned_where_their_number_is_even() {
        let old: Vec<u32> = (0..9_000).map(|n| n % 9).collect();
        let mut new = old.clone();
        new[50] = 100;
        new[8_900] = 101;
        let same: Vec<(usize, usize)> =
            (0..9_000).filter(|n| ![50, 8_900].contains(n)).map(|n| (n, n)).collect();
        assert_eq!(pairs(&old, &new), same);
    }
}
