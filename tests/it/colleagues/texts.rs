//! What people do to a text in an editor, and what is left of what they wrote.

use std::collections::BTreeMap;

use epictree::canonical::{canonical, lines};

use super::people::NAMES;
use crate::dice::Dice;

/// Something that a person does to a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Says something in a paragraph of its own.
    Paragraph,
    /// Says something below everything, the marker included.
    Below,
    /// Adds an item to a list.
    Bullet,
    /// Adds a row to a table.
    Row,
    /// Goes on at the end of a line.
    LineEnd,
    /// Puts something between two words.
    Inside,
    /// Replaces a word.
    Word,
    /// Deletes a line.
    DropLine,
    /// Deletes a paragraph, list or table.
    DropParagraph,
    /// Deletes a heading with what is under it.
    DropSection,
    /// Puts a heading with what is under it elsewhere.
    MoveSection,
    /// Ticks a box.
    Tick,
    /// Takes a tick back.
    Untick,
    /// Lets an editor save the text in its own way.
    Save,
}

/// What a person's deeds leave of what the files can expect of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    /// Nobody changed a word.
    Nobody,
    /// People said something more.
    Added,
    /// Anything may have happened.
    Changed,
}

impl Deed {
    /// What it means for the text.
    pub(super) fn touch(self) -> Touch {
        match self {
            Self::Tick | Self::Untick | Self::Save => Touch::Nobody,
            Self::Paragraph
            | Self::Below
            | Self::Bullet
            | Self::Row
            | Self::LineEnd
            | Self::Inside => Touch::Added,
            Self::Word
            | Self::DropLine
            | Self::DropParagraph
            | Self::DropSection
            | Self::MoveSection => Touch::Changed,
        }
    }
}

/// Does it; `None` where there is nothing to do it to. `token` is unique.
pub(super) fn edit(description: &str, deed: Deed, token: &str, dice: &mut Dice) -> Option<String> {
    let mut text: Vec<String> = description.lines().map(str::to_owned).collect();
    match deed {
        Deed::Paragraph => {
            let at = dice.below(text.len() + 1);
            let at = at.min(text.iter().position(|line| is_marker(line)).unwrap_or(at));
            let said = [String::new(), format!("Mind {token} here."), String::new()];
            text.splice(at..at, said);
        }
        Deed::Below => text.extend([String::new(), format!("Mind {token} below.")]),
        Deed::Bullet => {
            let at = some_line(&text, dice, is_bullet)?;
            let boxed = dice.one_in(3) && text[at].contains("[ ]");
            let mark = if boxed { "- [ ]" } else { "-" };
            text.insert(at + dice.below(2), format!("{mark} Mind {token} too"));
        }
        Deed::Row => {
            let at = some_line(&text, dice, |line| line.starts_with("| ---"))?;
            let rows = text[at..].iter().take_while(|line| line.starts_with('|')).count();
            text.insert(at + 1 + dice.below(rows), format!("| Mind {token} | {} |", dice.word()));
        }
        Deed::LineEnd => {
            let at = some_line(&text, dice, |line| is_prose(line) && !line.starts_with('|'))?;
            text[at] = format!("{} (Ask {token}.)", text[at].trim_end());
        }
        Deed::Inside => {
            let at = some_line(&text, dice, |line| !gaps(line).is_empty())?;
            let gap = dice.pick(&gaps(&text[at]))?;
            text[at].insert_str(gap, &format!(" (with {token})"));
        }
        Deed::Word => {
            let at = some_line(&text, dice, |line| !gaps(line).is_empty())?;
            let gap = dice.pick(&gaps(&text[at]))?;
            let start = text[at][..gap].rfind(' ').map_or(0, |space| space + 1);
            text[at].replace_range(start..gap, token);
        }
        Deed::DropLine => {
            let at = some_line(&text, dice, is_prose)?;
            text.remove(at);
        }
        Deed::DropParagraph => {
            let at = some_line(&text, dice, is_prose)?;
            let here = |line: &&String| !line.trim().is_empty() && !is_marker(line);
            let end = at + text[at..].iter().take_while(here).count();
            let start = at - text[..at].iter().rev().take_while(here).count();
            text.drain(start..end);
        }
        Deed::DropSection => {
            let (start, end) = section(&text, dice)?;
            text.drain(start..end);
        }
        Deed::MoveSection => {
            let (start, end) = section(&text, dice)?;
            let mut moved: Vec<String> = text.drain(start..end).collect();
            let headings: Vec<usize> =
                (0..text.len()).filter(|at| text[*at].starts_with('#')).collect();
            let to = dice.pick(&headings).unwrap_or(0);
            moved.push(String::new());
            text.splice(to..to, moved);
        }
        Deed::Tick => {
            let at = some_line(&text, dice, |line| line.contains("[ ] "))?;
            text[at] = text[at].replacen("[ ]", "[x]", 1);
        }
        Deed::Untick => {
            let at = some_line(&text, dice, |line| line.contains("[x] "))?;
            text[at] = text[at].replacen("[x]", "[ ]", 1);
        }
        Deed::Save => text = saved(&text, dice),
    }
    let text = text.join("\n");
    (text != description).then_some(text)
}

/// As another editor would have written it.
fn saved(text: &[String], dice: &mut Dice) -> Vec<String> {
    let (stars, blanks, ends, tables) =
        (dice.one_in(2), dice.one_in(2), dice.one_in(2), dice.one_in(2));
    let mut out = Vec::new();
    for line in text {
        let mut line = line.clone();
        if stars && line.starts_with("- ") {
            line.replace_range(..1, "*");
        }
        if tables && line.starts_with('|') {
            line = line.replace(" | ", "   |  ");
        }
        if ends && !is_marker(&line) {
            line.push_str("  \r");
        }
        let blank = line.trim().is_empty();
        out.push(line);
        if blank && blanks {
            out.push(String::new());
        }
    }
    out
}

/// Tells whether a line is a marker.
pub(super) fn is_marker(line: &str) -> bool {
    line.contains("<!--epictree:")
}

fn is_prose(line: &str) -> bool {
    !line.trim().is_empty() && !is_marker(line) && !line.starts_with("| ---")
}

fn is_bullet(line: &str) -> bool {
    line.starts_with("- ") || line.starts_with("* ")
}

fn some_line(text: &[String], dice: &mut Dice, fits: impl Fn(&str) -> bool) -> Option<usize> {
    let lines: Vec<usize> = (0..text.len()).filter(|at| fits(&text[*at])).collect();
    dice.pick(&lines)
}

/// Where a word ends and a blank follows.
fn gaps(line: &str) -> Vec<usize> {
    if !is_prose(line) {
        return Vec::new();
    }
    let after_word = |at: &usize| line[..*at].ends_with(|c: char| c.is_ascii_lowercase());
    line.match_indices(' ').map(|(at, _)| at).filter(after_word).collect()
}

/// A heading and what is under it, without the marker.
fn section(text: &[String], dice: &mut Dice) -> Option<(usize, usize)> {
    let start = some_line(text, dice, |line| line.starts_with('#'))?;
    let ends = |line: &&String| !line.starts_with('#') && !is_marker(line);
    Some((start, start + 1 + text[start + 1..].iter().take_while(ends).count()))
}

// -- what is left ------------------------------------------------------------------------

/// A line without bullet and box.
pub(super) fn bare(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
    line.strip_prefix("[ ] ").or_else(|| line.strip_prefix("[x] ")).unwrap_or(line).trim()
}

/// The tokens of a text, each as often as it stands there.
pub(super) fn tokens(text: &str) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    for word in words.filter(|word| is_token(word)) {
        *found.entry(word).or_default() += 1;
    }
    found
}

/// Tells whether a person wrote in a text.
pub(super) fn has_token(text: &str) -> bool {
    !tokens(text).is_empty()
}

fn is_token(word: &str) -> bool {
    NAMES.iter().any(|name| word.strip_prefix(name).is_some_and(|rest| rest.starts_with("-r")))
}

/// A text in canonical form without what people added, line by line, blank lines left out.
pub(super) fn without_people(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let mut line = line.to_owned();
        while let Some((start, end)) = aside(&line) {
            line.replace_range(start..end, "");
        }
        (!has_token(&line)).then_some(line)
    });
    let lines: Vec<String> = lines.collect();
    words_of(&lines.join("\n"))
}

/// What a person put into a line, ` (…)`; of one within another, the inner one.
fn aside(line: &str) -> Option<(usize, usize)> {
    line.match_indices(')').find_map(|(at, _)| {
        let start = line[..at].rfind(" (")?;
        has_token(&line[start..at]).then_some((start, at + 1))
    })
}

/// A text in canonical form, line by line, blank lines left out.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let lines = canonical(text).into_iter().filter(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// For each box line in canonical form, how often it stands there, and how often ticked.
pub(super) fn boxes(text: &str) -> BTreeMap<String, (usize, usize)> {
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in lines(text) {
        if let Some(ticked) = line.ticked {
            let entry = found.entry(line.canonical.into_owned()).or_default();
            entry.0 += 1;
            entry.1 += usize::from(ticked);
        }
    }
    found
}
