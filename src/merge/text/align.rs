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
fn same_lines(old: &[u32], new: &[u32], algorithm: Algorithm, mut pair: impl FnMut(usize, usize)) {
    let known = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<u32>>();
    let (in_old, in_new) = (known(old), known(new));
    let common = |ids: &[u32], other: &BTreeSet<u32>| -> (Vec<usize>, Vec<u32>) {
        ids.iter().copied().enumerate().filter(|(_, id)| other.contains(id)).unzip()
    };
    let (old_at, old) = common(old, &in_new);
    let (new_at, new) = common(new, &in_old);
    for op in capture_diff_slices(algorithm, &old, &new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            (0..len).for_each(|n| pair(old_at[old_index + n], new_at[new_index + n]));
        }
    }
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
