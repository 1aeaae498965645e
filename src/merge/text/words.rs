//! One line: how alike two are, and three of them merged by words.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::canonical::split_cells;
use crate::text::NOT_YET;

/// From which likeness on two lines are one line in other words.
pub(super) const ALIKE: f32 = 0.5;

/// The words of a line, sorted; references and addresses are one word each.
pub(super) fn bag(line: &str) -> Vec<&str> {
    let mut words: Vec<&str> =
        tokens(line).into_iter().filter(|token| token.contains(char::is_alphanumeric)).collect();
    words.sort_unstable();
    words
}

/// How much of two bags of words is common, from 0 to 1.
fn likeness(one: &[&str], other: &[&str]) -> f32 {
    let (mut a, mut b, mut common) = (0, 0, 0_u16);
    while let (Some(x), Some(y)) = (one.get(a), other.get(b)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                (a, b) = (a + 1, b + 1);
                common = common.saturating_add(1);
            }
        }
    }
    let all = u16::try_from(one.len() + other.len()).unwrap_or(u16::MAX);
    if all == 0 { 0.0 } else { 2.0 * f32::from(common) / f32::from(all) }
}

/// Tells whether one of two lines is the other with words before or behind it.
fn extends(one: &str, other: &str) -> bool {
    let bare = |line: &str| line.trim_start_matches(['-', '#', '|', ' ']).to_owned();
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let (short, long) = (bare(short), bare(long));
    let parted = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let behind = long.strip_prefix(&short).is_some_and(|rest| parted(rest.chars().next()));
    let before = long.strip_suffix(&short).is_some_and(|rest| parted(rest.chars().next_back()));
    short.contains(char::is_alphanumeric) && (behind || before)
}

/// How alike two lines are, from 0 to 1, with their bags of words.
pub(super) fn alike((one, bag): (&str, &[&str]), (other, others): (&str, &[&str])) -> f32 {
    let likeness = likeness(bag, others);
    let kin = likeness < ALIKE && (extends(one, other) || fills(one, other));
    if kin { ALIKE } else { likeness }
}

/// Tells whether a line is one with open references, now filled.
fn fills(open: &str, filled: &str) -> bool {
    let Some((before, after)) = open.split_once(NOT_YET) else { return false };
    let Some(rest) = filled.strip_prefix(before) else { return false };
    let parts = after.split(NOT_YET).filter(|part| !part.is_empty());
    let mut rest = rest;
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// Merges a line by its words, a row of a table cell by cell; `None` if both
/// sides changed the same words or put different ones at the same spot.
pub(super) fn merge(base: &str, gitlab: &str, spec: &str) -> Option<String> {
    if let Some(row) = merge_row(base, gitlab, spec) {
        return row;
    }
    merge_words(base, gitlab, spec)
}

/// The merge of three rows with as many cells each; `None` if they are none.
fn merge_row(base: &str, gitlab: &str, spec: &str) -> Option<Option<String>> {
    let rows = [base, gitlab, spec];
    if !rows.iter().all(|row| row.starts_with('|')) {
        return None;
    }
    let [base, gitlab, spec] = rows.map(split_cells);
    if base.len() != gitlab.len() || base.len() != spec.len() {
        return None;
    }
    let cells: Option<Vec<String>> =
        (0..base.len()).map(|n| merge_words(base[n], gitlab[n], spec[n])).collect();
    Some(cells.map(|cells| format!("| {} |", cells.join(" | "))))
}

fn merge_words(base: &str, gitlab: &str, spec: &str) -> Option<String> {
    if gitlab == base || gitlab == spec {
        return Some(spec.to_owned());
    }
    if spec == base {
        return Some(gitlab.to_owned());
    }
    let (base, gitlab, spec) = (tokens(base), tokens(gitlab), tokens(spec));
    let mut edits: Vec<Edit<'_>> = edits(&base, &gitlab);
    edits.extend(self::edits(&base, &spec));
    edits.sort_by_key(|edit| (edit.from.start, edit.from.end));
    edits.dedup();
    drop_repeated(&mut edits);
    if edits.windows(2).any(|pair| clash(&pair[0].from, &pair[1].from)) {
        return None;
    }
    let (mut out, mut at) = (String::new(), 0);
    for edit in edits {
        out.extend(base[at..edit.from.start].iter().copied());
        out.extend(edit.to.iter().copied());
        at = edit.from.end;
    }
    out.extend(base[at..].iter().copied());
    Some(out)
}

/// Words of the base that give way to others.
#[derive(PartialEq)]
struct Edit<'a> {
    from: Range<usize>,
    to: Vec<&'a str>,
}

/// Takes out words that one side put beside words which the other side changed and put there too.
fn drop_repeated(edits: &mut Vec<Edit<'_>>) {
    let is_repeated = |n: usize, edits: &[Edit<'_>]| {
        let edit = &edits[n];
        let before = n.checked_sub(1).map(|n| &edits[n]);
        edit.from.is_empty()
            && (before.is_some_and(|b| b.from.end == edit.from.start && b.to.ends_with(&edit.to))
                || edits.get(n + 1).is_some_and(|next| {
                    next.from.start == edit.from.end && next.to.starts_with(&edit.to)
                }))
    };
    let mut n = 0;
    while n < edits.len() {
        if is_repeated(n, edits) {
            edits.remove(n);
        } else {
            n += 1;
        }
    }
}

/// Tells whether two edits, the first not behind the second, are about the same words or put
/// words at the same spot.
fn clash(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.end > other.start || one == other
}

fn edits<'a>(base: &[&str], side: &[&'a str]) -> Vec<Edit<'a>> {
    let ops = capture_diff_slices(Algorithm::Myers, base, side);
    let changed = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| Edit { from: op.old_range(), to: side[op.new_range()].to_vec() }).collect()
}

/// Cuts a line into words, runs of blanks, and single marks.
fn tokens(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() {
            word(rest)
        } else if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        out.push(token);
        rest = behind;
    }
    out
}

/// The length of the word at the start: letters and digits, and marks of
/// references and addresses between them.
fn word(text: &str) -> usize {
    let mut end = 0;
    let mut marks = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            end = at + c.len_utf8();
            marks = false;
        } else if !marks && "/&#-_.:@~%".contains(c) || marks && c == '/' {
            marks = true;
        } else {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_addresses_are_single_words() {
        let cases: [(&str, &[&str]); 5] = [
            ("a b.", &["a", " ", "b", "."]),
            ("see g/e&12+, now", &["see", " ", "g/e&12", "+", ",", " ", "now"]),
            ("[x](https://a.b/c-d)", &["[", "x", "]", "(", "https://a.b/c-d", ")"]),
            ("well-known: yes", &["well-known", ":", " ", "yes"]),
            ("`@em`", &["`", "@", "em", "`"]),
        ];
        for (line, expected) in cases {
            assert_eq!(tokens(line), expected, "{line}");
        }
    }

    #[test]
    fn lines_are_alike_by_their_words() {
        let alike = |a, b| alike((a, &bag(a)), (b, &bag(b))) >= ALIKE;
        assert!(alike("- [ ] move all users", "- [ ] move all the users"));
        assert!(!alike("- [ ] g/e&12+", "- [ ] g/e&13+"));
        assert!(!alike("---", "---"));
        assert!(!alike("Alpha.", "Beta."));
        assert!(alike("## Steps", "## Steps, as Ann sees them after a week"));
        assert!(!alike("- a", "- about"));
    }

    #[test]
    fn an_open_reference_is_known_again_when_it_is_filled() {
        assert!(fills("- [ ] (not created yet)", "- [ ] g/e&12+"));
        assert!(fills("| (not created yet) | x |", "| g/e&12+ | x |"));
        assert!(!fills("- [ ] (not created yet) now", "- [ ] g/e&12+"));
        assert!(!fills("- [ ] g/e&12+", "- [ ] g/e&12+"));
    }

    #[test]
    fn a_line_merges_by_words_and_a_row_by_cells() {
        let cases = [
            (
                "the quick brown fox",
                "the slow brown fox",
                "the quick red fox",
                Some("the slow red fox"),
            ),
            ("the quick fox", "the slow fox", "the fast fox", None),
            ("asks packages", "asks packages now", "asks users", Some("asks users now")),
            ("the fox.", "the fox!", "the dog.", Some("the dog!")),
            ("by Ann", "by Ann (and me)", "by Bob (and me)", Some("by Bob (and me)")),
            ("by Ann", "not by Ann", "not with Ann", Some("not with Ann")),
            ("the fox", "the fox runs", "the fox sleeps", None),
            ("the fox", "the fox runs", "a fox", Some("a fox runs")),
            ("a b", "a x", "a x", Some("a x")),
            ("| a | b |", "| a2 | b |", "| a | b2 |", Some("| a2 | b2 |")),
            ("| a | |", "| a | people |", "| files | |", Some("| files | people |")),
            ("| a | b |", "| x | b |", "| y | b |", None),
        ];
        for (base, gitlab, spec, expected) in cases {
            assert_eq!(
                merge(base, gitlab, spec).as_deref(),
                expected,
                "{base:?} {gitlab:?} {spec:?}"
            );
            assert_eq!(
                merge(base, spec, gitlab).as_deref(),
                expected,
                "{base:?} {spec:?} {gitlab:?}"
            );
        }
    }
}
