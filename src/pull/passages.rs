//! Which keys might hold a passage of a description that people changed.
//!
//! A key's words are found in the files' side of the text; what stands in their place in GitLab's
//! side, between lines that are alike, is what the key would have to say.

use std::collections::BTreeSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::edit::Edit;
use super::keys::{Holds, Leaf};
use super::probe::{Frame, Probe, bare, say};
use super::trial::Drift;
use crate::canonical::lines;
use crate::plan;
use crate::source::Value;

/// Edits that may settle a part of the drift of a description.
pub(super) fn guesses(probe: &Probe, drift: &Drift) -> Vec<Edit> {
    let (plan::Value::Text(gitlab), plan::Value::Text(files)) = (&drift.gitlab, &drift.files)
    else {
        return Vec::new();
    };
    let sides = Sides::new(files, gitlab);
    let mut edits = Vec::new();
    for (n, leaf) in probe.leaves.iter().enumerate().filter(|(_, leaf)| !leaf.is_name) {
        let frame = |item| probe.body(&drift.key, n, item);
        match &leaf.holds {
            Holds::Text(text) | Holds::Line(text) => {
                edits.extend(frame(0).and_then(|frame| sides.text(leaf, &frame, text.trim())));
            }
            Holds::Lines(all) => {
                let frames: Option<Vec<Frame>> = (0..all.len()).map(frame).collect();
                edits.extend(frames.and_then(|frames| sides.list(leaf, &frames, all)));
            }
            Holds::Word(word, words) => edits.extend(sides.words(leaf, word, words)),
        }
    }
    edits
}

/// One line that says something.
struct Line {
    raw: String,
    canonical: String,
    /// Whether a blank line stands above.
    apart: bool,
}

impl Line {
    fn is_heading(&self) -> bool {
        let level = self.canonical.bytes().take_while(|b| *b == b'#').count();
        (1..=6).contains(&level) && self.canonical[level..].starts_with(' ')
    }
}

fn page(text: &str) -> Vec<Line> {
    let mut all = Vec::new();
    let mut apart = false;
    for line in lines(text) {
        if line.canonical.is_empty() {
            apart = true;
            continue;
        }
        let (raw, canonical) = (line.raw.trim_end().to_owned(), line.canonical.into_owned());
        all.push(Line { raw, canonical, apart: std::mem::take(&mut apart) });
    }
    all
}

/// The lines of both sides, and which are alike.
struct Sides {
    files: Vec<Line>,
    gitlab: Vec<Line>,
    /// For each line of the files' side the one of GitLab's that it is.
    same: Vec<Option<usize>>,
}

impl Sides {
    fn new(files: &str, gitlab: &str) -> Self {
        let (files, gitlab) = (page(files), page(gitlab));
        let words = |page: &[Line]| page.iter().map(|l| l.canonical.clone()).collect::<Vec<_>>();
        let ops = capture_diff_slices(Algorithm::Myers, &words(&files), &words(&gitlab));
        let mut same = vec![None; files.len()];
        for op in ops {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                for n in 0..len {
                    same[old_index + n] = Some(new_index + n);
                }
            }
        }
        Self { files, gitlab, same }
    }

    /// What a key with a text would have to say.
    fn text(&self, leaf: &Leaf, frame: &Frame, text: &str) -> Option<Edit> {
        let Block { lines, above, before, after } = Block::of(frame, text)?;
        let old = self.find(&lines, above.as_deref())?;
        let whole = before.is_empty() && after.is_empty();
        let new =
            self.across(&old, (whole && self.opens(old.start), whole && self.closes(old.end)))?;
        if new.is_empty() {
            return Some(Edit { path: leaf.path.clone(), value: None });
        }
        if !whole && new.len() != old.len() {
            return None;
        }
        let now = &self.gitlab[new.clone()];
        if now.iter().map(|l| &l.canonical).eq(self.files[old].iter().map(|l| &l.canonical)) {
            return None;
        }
        let mut said = String::new();
        for (n, line) in now.iter().enumerate() {
            if n > 0 {
                said.push_str(if line.apart { "\n\n" } else { "\n" });
            }
            let line = if n == 0 { stripped(line, &before, "")? } else { line.raw.clone() };
            said.push_str(&line);
        }
        let said = said.strip_suffix(after.as_str())?;
        Some(say(&leaf.path, said))
    }

    /// What a key with a list would have to say, if each of its lines is a line of the text.
    fn list(&self, leaf: &Leaf, frames: &[Frame], items: &[String]) -> Option<Edit> {
        let blocks: Option<Vec<Block>> =
            frames.iter().zip(items).map(|(frame, item)| Block::of(frame, item)).collect();
        let blocks = blocks?;
        let first = blocks.first()?;
        let alike = |block: &Block| {
            (&block.before, &block.after, block.lines.len()) == (&first.before, &first.after, 1)
        };
        if !blocks.iter().all(alike) {
            return None;
        }
        let lines: Vec<String> = blocks.iter().flat_map(|block| block.lines.clone()).collect();
        let old = self.find(&lines, first.above.as_deref())?;
        let new = self.across(&old, (true, true))?;
        let said = self.gitlab[new].iter().map(|line| stripped(line, &first.before, &first.after));
        let said = said.collect::<Option<Vec<String>>>()?;
        if said == items || said.iter().any(|line| line.trim().is_empty()) {
            return None;
        }
        let list = || Value::Array(said.iter().map(|s| bare(Value::String(s.clone()))).collect());
        Some(Edit { path: leaf.path.clone(), value: (!said.is_empty()).then(list) })
    }

    /// The words of a choice that stand in GitLab's lines where the files have another one.
    fn words(&self, leaf: &Leaf, word: &str, words: &[String]) -> Vec<Edit> {
        let same: BTreeSet<usize> = self.same.iter().flatten().copied().collect();
        let old = self.files.iter().zip(&self.same).filter(|(_, same)| same.is_none());
        let new = self.gitlab.iter().enumerate().filter(|(at, _)| !same.contains(at));
        let new: Vec<&Line> = new.map(|(_, line)| line).collect();
        if !old.map(|(line, _)| line).any(|line| line.canonical.contains(word)) {
            return Vec::new();
        }
        let there = |other: &&String| {
            *other != word && new.iter().any(|line| line.canonical.contains(other.as_str()))
        };
        words.iter().filter(there).map(|other| say(&leaf.path, other)).collect()
    }

    /// Where lines stand in the files' side; of several places the one below the line `above`.
    fn find(&self, lines: &[String], above: Option<&str>) -> Option<Range<usize>> {
        let starts = 0..(self.files.len() + 1).checked_sub(lines.len())?;
        let here = |at: &usize| {
            self.files[*at..].iter().map(|l| &l.canonical).zip(lines).all(|(a, b)| a == b)
        };
        let below =
            |at: &usize| at.checked_sub(1).map(|at| self.files[at].canonical.as_str()) == above;
        let all: Vec<usize> = starts.filter(here).collect();
        let at = match all.as_slice() {
            [one] => *one,
            _ => {
                let mut below = all.into_iter().filter(below);
                below.next().filter(|_| below.next().is_none())?
            }
        };
        Some(at..at + lines.len())
    }

    /// What stands in GitLab's side in place of lines: what is between the lines around them that
    /// are alike. What people put before or behind them belongs to them where it is `open`.
    fn across(&self, old: &Range<usize>, open: (bool, bool)) -> Option<Range<usize>> {
        let first = self.same[old.clone()].first().copied().flatten();
        let last = self.same[old.clone()].last().copied().flatten();
        let above = match old.start {
            0 => Some(0),
            at => self.same[at - 1].map(|at| at + 1),
        };
        let below = match self.same.get(old.end) {
            None => Some(self.gitlab.len()),
            Some(same) => *same,
        };
        let start = if open.0 { above.or(first) } else { first.or(above) };
        let end =
            if open.1 { below.or(last.map(|at| at + 1)) } else { last.map(|at| at + 1).or(below) };
        match (start, end) {
            (Some(start), Some(end)) => (start <= end).then_some(start..end),
            _ => self.cut(old),
        }
    }

    /// Nothing, where people took lines away together with some around them and put none there.
    fn cut(&self, old: &Range<usize>) -> Option<Range<usize>> {
        let above = self.same[..old.end].iter().rposition(Option::is_some);
        let below = self.same[old.start..].iter().position(Option::is_some);
        let is_in = |at: usize| old.contains(&at);
        if above.is_some_and(is_in) || below.is_some_and(|at| is_in(old.start + at)) {
            return None;
        }
        let from = above.and_then(|at| self.same[at]).map_or(0, |at| at + 1);
        let to = below.and_then(|at| self.same[old.start + at]).unwrap_or(self.gitlab.len());
        (from == to).then_some(from..to)
    }

    /// Tells whether what people put before a line belongs to it: it is the first of its section.
    fn opens(&self, at: usize) -> bool {
        at == 0 || self.files[at - 1].is_heading()
    }

    /// Tells whether what people put behind belongs to what is above: a section ends there. The
    /// last line of all is epictree's own.
    fn closes(&self, at: usize) -> bool {
        at + 1 >= self.files.len() || self.files[at].is_heading()
    }
}

/// A raw line without what the template puts around a key's words.
fn stripped(line: &Line, before: &str, after: &str) -> Option<String> {
    let within = |text: &str| Some(text.strip_prefix(before)?.strip_suffix(after)?.to_owned());
    within(&line.raw).or_else(|| within(&line.canonical))
}

/// The lines that a key's words make.
struct Block {
    /// In canonical form.
    lines: Vec<String>,
    /// The line above.
    above: Option<String>,
    /// What the template puts before them on their first line.
    before: String,
    /// What it puts behind them on their last.
    after: String,
}

impl Block {
    fn of(frame: &Frame, words: &str) -> Option<Self> {
        let (above, before) = frame.before.rsplit_once('\n').unwrap_or(("", &frame.before));
        let after = frame.after.split('\n').next().unwrap_or_default();
        let lines: Vec<String> =
            page(&format!("{before}{words}{after}")).into_iter().map(|l| l.canonical).collect();
        let above = page(above).pop().map(|line| line.canonical);
        (!lines.is_empty()).then(|| Self {
            lines,
            above,
            before: before.to_owned(),
            after: after.trim_end().to_owned(),
        })
    }
}
