//! The form in which two Markdown texts are compared.
//!
//! GitLab and its editors rewrite what they save: line ends, trailing blanks,
//! list bullets, table padding, blank lines, and a click on a box. None of that
//! is an edit. Lines keep their own bytes beside the canonical ones, so that a
//! text can be changed without touching what did not change.

use std::borrow::Cow;

/// One line of a text, or one run of blank lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bytes as they stand, without the last line end.
    pub raw: &'a str,
    /// The form to compare by.
    pub canonical: Cow<'a, str>,
    /// Whether its task box is ticked; `None` without a box.
    pub ticked: Option<bool>,
}

/// The canonical form of each line; leading and trailing blank lines are left out.
#[must_use]
pub fn canonical(text: &str) -> Vec<String> {
    lines(text).into_iter().map(|line| line.canonical.into_owned()).collect()
}

/// Splits a text into lines with their canonical forms.
#[must_use]
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut out: Vec<Line<'_>> = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let (mut start, mut blanks_from) = (0, None);
    for raw in text.split('\n') {
        let end = start + raw.len();
        if raw.trim().is_empty() {
            blanks_from.get_or_insert(start);
        } else {
            if let Some(from) = blanks_from.take().filter(|_| !out.is_empty()) {
                let blank = &text[from..start - 1];
                out.push(Line { raw: blank, canonical: Cow::Borrowed(""), ticked: None });
            }
            out.push(line(raw, &mut fence));
        }
        start = end + 1;
    }
    out
}

/// Puts lines together again.
pub fn join<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// Rewrites the box of a line; a line without a box stays as it is.
#[must_use]
pub fn with_box(raw: &str, ticked: bool) -> String {
    // The blanks behind a line, of whatever kind, are none of it.
    match box_at(raw.trim_end()) {
        Some(at) if is_ticked(&raw[at..]) != ticked => {
            format!("{}{}{}", &raw[..at + 1], if ticked { 'x' } else { ' ' }, &raw[at + 2..])
        }
        _ => raw.to_owned(),
    }
}

fn line<'a>(raw: &'a str, fence: &mut Option<(char, usize)>) -> Line<'a> {
    let text = raw.trim_end();
    if in_fence(text, fence) {
        return Line { raw, canonical: Cow::Borrowed(text), ticked: None };
    }
    let at = box_at(text);
    let ticked = at.map(|at| is_ticked(&text[at..]));
    let mut canonical = Cow::Borrowed(text);
    if let Some(at) = at.filter(|at| !text[at + 1..].starts_with(' ')) {
        canonical.to_mut().replace_range(at + 1..at + 2, " ");
    }
    let indent = canonical.len() - canonical.trim_start().len();
    if canonical[indent..].starts_with(['*', '+']) && canonical[indent + 1..].starts_with(' ') {
        canonical.to_mut().replace_range(indent..=indent, "-");
    }
    if canonical[indent..].starts_with('|') {
        let row = row(&canonical[indent..]);
        canonical.to_mut().replace_range(indent.., &row);
    }
    Line { raw, canonical, ticked }
}

/// A table row without padding: `| a | b |`; delimiter cells as `---`, `:--`, `--:`, `:-:`.
fn row(text: &str) -> String {
    let cells = split_cells(text).into_iter().map(|cell| delimiter(cell).unwrap_or(cell));
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn delimiter(cell: &str) -> Option<&'static str> {
    let dashes = cell.trim_start_matches(':').trim_end_matches(':');
    if dashes.is_empty() || !dashes.bytes().all(|b| b == b'-') {
        return None;
    }
    Some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (false, false) => "---",
        (true, false) => ":--",
        (false, true) => "--:",
        (true, true) => ":-:",
    })
}

/// Splits a table row into trimmed cells; an escaped pipe belongs to its cell.
#[must_use]
pub fn split_cells(row: &str) -> Vec<&str> {
    let row = row.trim();
    let inner = row.strip_prefix('|').unwrap_or(row);
    let (mut cells, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in inner.char_indices() {
        if c == '|' && !escaped {
            cells.push(inner[start..at].trim());
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    if !inner[start..].trim().is_empty() {
        cells.push(inner[start..].trim());
    }
    cells
}

/// Byte offset of the `[` of a task item's box, `- [ ]` or `1. [x]`, or of one that is the
/// first cell of a table row, `| [ ] | …`.
///
/// A newer GitLab makes boxes of such cells (gitlab-org/gitlab!219037); in an older one they read
/// as they are written.
fn box_at(raw: &str) -> Option<usize> {
    let rest = raw.trim_start_matches([' ', '\t', '>']);
    if let Some(row) = rest.strip_prefix('|') {
        let cell = row.split('|').next()?.trim();
        let is_box = matches!(cell, "[ ]" | "[x]" | "[X]");
        return is_box.then(|| raw.len() - row.trim_start().len());
    }
    let after_bullet = match rest.strip_prefix(['-', '*', '+']) {
        Some(after) => after,
        None => rest
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .strip_prefix(['.', ')'])
            .filter(|_| rest.starts_with(|c: char| c.is_ascii_digit()))?,
    };
    let body = after_bullet.trim_start();
    let bytes = body.as_bytes();
    let is_box = after_bullet.len() > body.len()
        && bytes.len() >= 3
        && bytes[0] == b'['
        && matches!(bytes[1], b' ' | b'x' | b'X')
        && bytes[2] == b']'
        && (bytes.len() == 3 || bytes[3].is_ascii_whitespace());
    is_box.then(|| raw.len() - body.len())
}

fn is_ticked(from_box: &str) -> bool {
    matches!(from_box.as_bytes().get(1), Some(b'x' | b'X'))
}

/// Follows code fences from line to line; tells whether a line belongs to a fenced block.
pub fn in_fence(text: &str, fence: &mut Option<(char, usize)>) -> bool {
    let body = text.trim_start();
    let mark = body.chars().next().unwrap_or(' ');
    let run = body.chars().take_while(|c| *c == mark).count();
    let marks = text.len() - body.len() < 4 && matches!(mark, '`' | '~') && run >= 3;
    match *fence {
        None if marks && !(mark == '`' && body[run..].contains('`')) => {
            *fence = Some((mark, run));
            true
        }
        None => false,
        Some((open, length)) => {
            if marks && mark == open && run >= length && body[run..].trim().is_empty() {
                *fence = None;
            }
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gitlab_rewrites_is_not_a_difference() {
        let same = [
            ("a\r\nb  \n", "a\nb"),
            ("a\n\n\n\nb", "a\n\nb"),
            ("\n\na\n\n", "a"),
            ("* one\n+ two", "- one\n- two"),
            ("- [x] done\n  1. [X] too", "- [ ] done\n  1. [ ] too"),
            ("|a|  b |\n|:-|---:|", "| a | b |\n|:---|-:|"),
            ("| a \\| b |", "|a \\| b|"),
            ("| [x] | a |", "|[ ]| a |"),
        ];
        for (one, other) in same {
            assert_eq!(canonical(one), canonical(other), "{one:?}");
        }
        let different = [
            ("a", "b"),
            ("a\n\nb", "a\nb"),
            ("- [y] a", "- [ ] a"),
            ("```\n* one\n```", "```\n- one\n```"),
            ("*one*", "-one*"),
            ("[x] a", "[ ] a"),
            ("| a | [x] |", "| a | [ ] |"),
            ("| [x] b | a |", "| [ ] b | a |"),
        ];
        for (one, other) in different {
            assert_ne!(canonical(one), canonical(other), "{one:?}");
        }
    }

    #[test]
    fn lines_keep_their_own_bytes() {
        for text in ["a\n\n\nb", "a\nb", "x\n \n\ny\r\nz"] {
            let all = lines(text);
            assert_eq!(join(all.iter().map(|line| line.raw)), text);
        }
    }

    #[test]
    fn a_box_is_rewritten_in_place() {
        assert_eq!(with_box("  * [ ] ä", true), "  * [x] ä");
        assert_eq!(with_box("- [X] a", true), "- [X] a");
        assert_eq!(with_box("1) [x] a", false), "1) [ ] a");
        assert_eq!(with_box("|  [ ] | [x] |", true), "|  [x] | [x] |");
        assert_eq!(with_box("no box [ ]", true), "no box [ ]");
        assert_eq!(with_box("- [x]\u{b}\u{a0}", false), "- [ ]\u{b}\u{a0}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_the_form_is_its_own(text in "([-*+|>\\[\\]x`~\\\\ \ta-cä\r\n]|- \\[ \\] |```){0,60}") {
            let once = canonical(&text);
            proptest::prop_assert_eq!(canonical(&once.join("\n")), once);
        }
    }
}
