//! Random texts as a base, what people made of it, and what the files made of it.
//!
//! Both sides edit a model of lines with identities, so that the merge of edits
//! that do not touch each other is known without merging any text.

use std::collections::BTreeSet;

/// Three texts, and what their merge must be where that is beyond doubt.
#[derive(Debug, Clone)]
pub(crate) struct Triple {
    pub(crate) base: String,
    pub(crate) gitlab: String,
    pub(crate) spec: String,
    /// Both sides' edits done to the model; `None` where they touch.
    pub(crate) expected: Option<String>,
    /// Words that only people wrote.
    pub(crate) people: BTreeSet<String>,
    /// Words that only the files wrote.
    pub(crate) files: BTreeSet<String>,
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    /// Many words: lines seldom repeat.
    Rich,
    /// A handful of lines that repeat again and again.
    Poor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Heading,
    Text,
    Item,
    Box,
    Row,
    Fence,
}

#[derive(Debug, Clone)]
struct Line {
    id: usize,
    shape: Shape,
    words: Vec<String>,
    apart: bool,
    ticked: bool,
}

#[derive(Debug, Clone)]
enum Edit {
    Move { ids: Vec<usize>, below: usize },
    Insert { below: Option<usize>, lines: Vec<Line> },
    Reword { id: usize, word: usize, new: String },
    Append { id: usize, new: String },
    Tick { id: usize },
    Delete { id: usize },
}

/// A small generator of numbers: the same seed, the same numbers, everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

const WORDS: [&str; 24] = [
    "tool",
    "finds",
    "malicious",
    "packages",
    "while",
    "they",
    "install",
    "owner",
    "group",
    "asks",
    "team",
    "about",
    "rules",
    "analyzer",
    "report",
    "pipeline",
    "schedule",
    "token",
    "epic",
    "users",
    "moved",
    "before",
    "release",
    "feature",
];

impl Triple {
    /// The triple of a number.
    pub(crate) fn new(seed: u64, vocabulary: Vocabulary) -> Self {
        let mut dice = Dice::new(seed);
        let mut ids = 0;
        let base = text(&mut dice, &mut ids, vocabulary);
        let people = edits(&mut dice, &base, &mut ids, "p");
        let files = edits(&mut dice, &base, &mut ids, "f");
        let together: Vec<Edit> = files.iter().chain(&people).cloned().collect();
        let expected = independent(&people, &files).then(|| render(&edited(&base, &together)));
        let (gitlab, spec) = (edited(&base, &people), edited(&base, &files));
        Self {
            base: render(&base),
            people: own_words(&gitlab, 'p'),
            files: own_words(&spec, 'f'),
            gitlab: render(&gitlab),
            spec: render(&spec),
            expected,
        }
    }
}

fn own_words(lines: &[Line], side: char) -> BTreeSet<String> {
    let own = |word: &&String| {
        word.strip_prefix(side)
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    lines.iter().flat_map(|line| &line.words).filter(own).cloned().collect()
}

fn text(dice: &mut Dice, ids: &mut usize, vocabulary: Vocabulary) -> Vec<Line> {
    let mut lines = Vec::new();
    for _ in 0..1 + dice.roll(6) {
        let shape = *dice.pick(&[
            Shape::Heading,
            Shape::Text,
            Shape::Text,
            Shape::Item,
            Shape::Box,
            Shape::Row,
            Shape::Fence,
        ]);
        let count = match shape {
            Shape::Heading => 1,
            Shape::Text => 1 + dice.roll(3),
            Shape::Item | Shape::Box | Shape::Row | Shape::Fence => 2 + dice.roll(3),
        };
        for n in 0..count {
            let mut words = sentence(dice, vocabulary);
            if shape == Shape::Row && n == 1 {
                words.iter_mut().for_each(|word| *word = "---".into());
            }
            if shape == Shape::Fence && (n == 0 || n + 1 == count) {
                words = vec!["```".into()];
            }
            lines.push(Line { id: next(ids), shape, words, apart: n == 0, ticked: false });
        }
    }
    lines
}

fn next(ids: &mut usize) -> usize {
    *ids += 1;
    *ids
}

fn sentence(dice: &mut Dice, vocabulary: Vocabulary) -> Vec<String> {
    match vocabulary {
        Vocabulary::Rich => {
            let count = 2 + dice.roll(7);
            (0..count).map(|_| (*dice.pick(&WORDS)).to_owned()).collect()
        }
        Vocabulary::Poor => vec![WORDS[dice.roll(3)].to_owned(); 1 + dice.roll(2)],
    }
}

/// A few edits of one side; its own words begin with a letter of its own.
fn edits(dice: &mut Dice, base: &[Line], ids: &mut usize, side: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut word = 0;
    let mut own = || {
        word += 1;
        format!("{side}{word}")
    };
    for _ in 0..dice.roll(5) {
        let at = dice.roll(base.len());
        let line = &base[at];
        let fixed = line.words.iter().all(|word| word == "```" || word == "---");
        edits.push(match dice.roll(12) {
            0..3 if !fixed => {
                Edit::Reword { id: line.id, word: dice.roll(line.words.len()), new: own() }
            }
            3 if !fixed => Edit::Append { id: line.id, new: own() },
            4 | 5 if !fixed => Edit::Delete { id: line.id },
            6 => Edit::Tick { id: line.id },
            7 => {
                let below = base[dice.roll(base.len())].id;
                let mut range = at..base.len().min(at + 1 + dice.roll(4));
                if base[range.clone()].iter().any(|line| line.shape == Shape::Fence) {
                    // Half a fence would make code of what follows.
                    range = block(base, at);
                }
                Edit::Move { ids: base[range].iter().map(|line| line.id).collect(), below }
            }
            8 => {
                // A whole paragraph goes.
                let gone = block(base, at);
                edits.extend(base[gone].iter().map(|line| Edit::Delete { id: line.id }));
                continue;
            }
            _ => {
                let new = vec![own(), (*dice.pick(&WORDS)).to_owned()];
                let shape = if line.shape == Shape::Fence { Shape::Text } else { line.shape };
                let apart = shape == Shape::Heading || dice.roll(3) == 0;
                let new = Line { id: next(ids), shape, words: new, apart, ticked: false };
                let below = Some(line.id).filter(|_| dice.roll(12) > 0);
                Edit::Insert { below, lines: vec![new] }
            }
        });
    }
    edits
}

/// The lines that stand together with one.
fn block(base: &[Line], at: usize) -> std::ops::Range<usize> {
    let start = (0..=at).rev().find(|n| base[*n].apart).unwrap_or(0);
    let end = (at + 1..base.len()).find(|n| base[*n].apart).unwrap_or(base.len());
    start..end
}

/// Edits done to the model, in an order that makes those of two sides commute.
fn edited(base: &[Line], edits: &[Edit]) -> Vec<Line> {
    let mut lines = base.to_vec();
    for edit in edits {
        if let Edit::Move { ids, below } = edit {
            shift(&mut lines, ids, *below);
        }
    }
    for edit in edits {
        if let Edit::Insert { below, lines: new } = edit {
            let at = below
                .map_or(0, |id| lines.iter().position(|line| line.id == id).map_or(0, |at| at + 1));
            lines.splice(at..at, new.iter().cloned());
        }
    }
    for edit in edits {
        let id = match edit {
            Edit::Reword { id, .. } | Edit::Append { id, .. } | Edit::Tick { id } => *id,
            Edit::Move { .. } | Edit::Insert { .. } | Edit::Delete { .. } => continue,
        };
        let Some(line) = lines.iter_mut().find(|line| line.id == id) else { continue };
        match edit {
            Edit::Reword { word, new, .. } => line.words[*word].clone_from(new),
            Edit::Append { new, .. } => line.words.push(new.clone()),
            _ => line.ticked = line.shape == Shape::Box,
        }
    }
    for edit in edits {
        let Edit::Delete { id } = edit else { continue };
        if let Some(at) = lines.iter().position(|line| line.id == *id) {
            let gone = lines.remove(at);
            if let Some(line) = lines.get_mut(at) {
                line.apart |= gone.apart;
            }
        }
    }
    lines
}

fn shift(lines: &mut Vec<Line>, ids: &[usize], below: usize) {
    if ids.contains(&below) {
        return;
    }
    let (moved, rest): (Vec<Line>, Vec<Line>) =
        lines.drain(..).partition(|line| ids.contains(&line.id));
    *lines = rest;
    let at = lines.iter().position(|line| line.id == below).map_or(0, |at| at + 1);
    lines.splice(at..at, moved);
}

/// Whether no edit of one side touches one of the other.
fn independent(people: &[Edit], files: &[Edit]) -> bool {
    let moves = |edits: &[Edit]| edits.iter().any(|edit| matches!(edit, Edit::Move { .. }));
    if moves(people) && moves(files) {
        return false;
    }
    people.iter().all(|one| files.iter().all(|other| apart(one, other) && apart(other, one)))
}

fn apart(one: &Edit, other: &Edit) -> bool {
    match (one, other) {
        (Edit::Reword { id, word, .. }, Edit::Reword { id: other, word: its, .. }) => {
            id != other || word != its
        }
        (Edit::Append { id, .. }, Edit::Append { id: other, .. }) => id != other,
        (Edit::Insert { below, .. }, Edit::Insert { below: other, .. }) => below != other,
        (Edit::Delete { id }, Edit::Reword { id: other, .. } | Edit::Append { id: other, .. }) => {
            id != other
        }
        (Edit::Delete { id }, Edit::Insert { below, .. }) => Some(*id) != *below,
        (Edit::Move { ids, below }, Edit::Delete { id }) => !ids.contains(id) && below != id,
        (Edit::Move { below, .. }, Edit::Insert { below: other, .. }) => Some(*below) != *other,
        _ => true,
    }
}

fn render(lines: &[Line]) -> String {
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        if n > 0 {
            out.push_str(if line.apart { "\n\n" } else { "\n" });
        }
        let words = line.words.join(" ");
        let cells = line.words.join(" | ");
        out.push_str(&match line.shape {
            Shape::Heading => format!("# {words}"),
            Shape::Text | Shape::Fence => words,
            Shape::Item => format!("- {words}"),
            Shape::Box => format!("- [{}] {words}", if line.ticked { 'x' } else { ' ' }),
            Shape::Row => format!("| {cells} |"),
        });
    }
    out
}
