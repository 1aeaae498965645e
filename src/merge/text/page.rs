//! A text as a sequence of lines that say something.
//!
//! Blank lines are no lines of their own here: whether a line stands apart from
//! the one above it is a property of that line, as its box is. So an alignment
//! is never led astray by blank lines, which are all alike.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::canonical::{self, Line};

/// The lines of a text, each with the blank lines above it.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// The bytes of the blank lines above each line; `None` where it directly follows.
    pub(super) above: Vec<Option<&'a str>>,
    /// A number for each line; canonically equal lines of one [`Numbers`] share it.
    pub(super) ids: Vec<u32>,
    /// The heading that each line stands under, or is.
    headings: Vec<Option<usize>>,
}

/// Numbers for canonical lines, so that comparing two is comparing numbers. They come in the
/// order of the lines: the map is only asked, never walked.
#[derive(Debug, Default)]
pub(super) struct Numbers<'a>(HashMap<Cow<'a, str>, u32>);

impl<'a> Page<'a> {
    pub(super) fn new(text: &'a str, numbers: &mut Numbers<'a>) -> Self {
        let (lines, above, ids) = (Vec::new(), Vec::new(), Vec::new());
        let mut page = Self { lines, above, ids, headings: Vec::new() };
        let (mut above, mut heading) = (None, None);
        for line in canonical::lines(text) {
            if line.canonical.is_empty() {
                above = Some(line.raw);
                continue;
            }
            page.ids.push(numbers.of(line.canonical.clone()));
            page.above.push(above.take());
            if is_heading(&line.canonical) {
                heading = Some(page.lines.len());
            }
            page.headings.push(heading);
            page.lines.push(line);
        }
        page
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether a blank line stands above; `None` for the first line, of which nobody can tell.
    pub(super) fn apart(&self, at: usize) -> Option<bool> {
        (at > 0).then(|| self.above[at].is_some())
    }

    /// Whether a line begins a paragraph, a list or a table.
    pub(super) fn starts_block(&self, at: usize) -> bool {
        self.apart(at).unwrap_or(true)
    }

    /// The lines that stand together with one, without a blank line between them.
    pub(super) fn block(&self, at: usize) -> std::ops::Range<usize> {
        let start = (0..=at).rev().find(|n| self.starts_block(*n)).unwrap_or(0);
        let end = (at + 1..self.len()).find(|n| self.starts_block(*n)).unwrap_or(self.len());
        start..end
    }

    /// The heading that a line stands under, or is.
    pub(super) fn heading(&self, at: usize) -> Option<usize> {
        self.headings[at]
    }

    /// Tells whether two pages say the same, ticks aside.
    pub(super) fn says(&self, other: &Self) -> bool {
        let both = || self.above.iter().zip(&other.above);
        self.ids == other.ids && both().all(|(one, other)| one.is_some() == other.is_some())
    }

    /// The state of each box, in order.
    pub(super) fn boxes(&self) -> Vec<bool> {
        self.lines.iter().filter_map(|line| line.ticked).collect()
    }
}

impl<'a> Numbers<'a> {
    fn of(&mut self, canonical: Cow<'a, str>) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(canonical).or_insert(next)
    }
}

fn is_heading(line: &str) -> bool {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    (1..=6).contains(&level) && line[level..].starts_with(' ')
}
