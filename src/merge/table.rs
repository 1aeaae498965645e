//! One row in a Markdown table that people own; every other byte stays.
//!
//! The table is found by the heading above it, with the parser GitLab itself
//! renders with, so that fences, quotes and comments cannot be mistaken for it.

use std::ops::Range;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};

use crate::canonical::split_cells;

/// Why a row cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The description has no such heading.
    #[error("there is no heading \"{0}\"")]
    NoHeading(String),
    /// There is no table between the heading and the next one.
    #[error("there is no table under the heading \"{0}\"")]
    NoTable(String),
    /// The table's header does not have all the columns.
    #[error("the table under \"{heading}\" has no column \"{missing}\"")]
    NoColumn {
        /// The heading above the table.
        heading: String,
        /// The first column that is missing.
        missing: String,
    },
    /// More than one row is this one.
    #[error("two rows of the table under \"{0}\" are about this tool")]
    TwoRows(String),
}

/// A table found in a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    /// Byte range of each body row, without the line end.
    rows: Vec<Range<usize>>,
    /// Byte range of the last row, the delimiter row if the body is empty.
    last: Range<usize>,
}

/// Finds the first table under a heading and checks that it has the columns.
///
/// # Errors
/// What is missing.
pub fn locate(text: &str, heading: &str, columns: &[&str]) -> Result<Table, TableError> {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    let root = parse_document(&arena, text, &options);
    let lines = line_ranges(text);
    let node = table_under(root, heading)?;
    let table = read_table(node, text, &lines);
    match columns.iter().find(|c| !table.header.iter().any(|h| h == *c)) {
        Some(missing) => Err(TableError::NoColumn {
            heading: heading.to_owned(),
            missing: (*missing).to_owned(),
        }),
        None => Ok(table),
    }
}

fn table_under<'a>(root: &'a AstNode<'a>, heading: &str) -> Result<&'a AstNode<'a>, TableError> {
    let mut level = None;
    for node in root.children() {
        let data = node.data.borrow();
        match (&data.value, level) {
            (NodeValue::Heading(h), None) if plain(node).trim() == heading.trim() => {
                level = Some(h.level);
            }
            (NodeValue::Heading(h), Some(above)) if h.level <= above => break,
            (NodeValue::Table(_), Some(_)) => return Ok(node),
            _ => {}
        }
    }
    match level {
        None => Err(TableError::NoHeading(heading.to_owned())),
        Some(_) => Err(TableError::NoTable(heading.to_owned())),
    }
}

/// The words of a node without its markup.
fn plain<'a>(node: &'a AstNode<'a>) -> String {
    node.descendants()
        .filter_map(|n| match &n.data.borrow().value {
            NodeValue::Text(text) => Some(text.to_string()),
            NodeValue::Code(code) => Some(code.literal.clone()),
            NodeValue::SoftBreak | NodeValue::LineBreak => Some(" ".to_owned()),
            _ => None,
        })
        .collect()
}

fn read_table<'a>(node: &'a AstNode<'a>, text: &str, lines: &[Range<usize>]) -> Table {
    let line_of = |n: &'a AstNode<'a>| n.data.borrow().sourcepos.start.line.saturating_sub(1);
    let range = |line: usize| lines.get(line).cloned().unwrap_or(text.len()..text.len());
    let mut rows = node.children().map(line_of);
    let head = rows.next().unwrap_or_default();
    let rows: Vec<Range<usize>> = rows.map(range).collect();
    Table {
        header: split_cells(&text[range(head)]).into_iter().map(str::to_owned).collect(),
        last: rows.last().cloned().unwrap_or_else(|| range(head + 1)),
        rows,
    }
}

/// Byte ranges of the lines, without their line ends, as the parser counts them: `\r` ends one too.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let (mut ranges, mut start) = (Vec::new(), 0);
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, '\r' | '\n')) {
        // The second half of `\r\n` ends nothing of its own.
        if c == '\r' || !text[..at].ends_with('\r') {
            ranges.push(start..at);
        }
        start = at + 1;
    }
    ranges.push(start..text.len());
    ranges
}

impl Table {
    /// Finds the row that holds one of the needles, the first needle first.
    ///
    /// # Errors
    /// Two rows hold the same needle.
    pub fn find(
        &self,
        text: &str,
        heading: &str,
        needles: &[String],
    ) -> Result<Option<usize>, TableError> {
        for needle in needles {
            let mut hits =
                (0..self.rows.len()).filter(|row| holds(&text[self.rows[*row].clone()], needle));
            match (hits.next(), hits.next()) {
                (Some(row), None) => return Ok(Some(row)),
                (Some(_), Some(_)) => return Err(TableError::TwoRows(heading.to_owned())),
                (None, _) => {}
            }
        }
        Ok(None)
    }

    /// How many rows the table has below its header.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether the table has no rows below its header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of a cell, trimmed; empty where the row is shorter than the header.
    #[must_use]
    pub fn cell<'t>(&self, text: &'t str, row: usize, column: &str) -> &'t str {
        let Some(at) = self.column(column) else {
            return "";
        };
        split_cells(&text[self.rows[row].clone()]).get(at).copied().unwrap_or_default()
    }

    /// The whole row as it stands.
    #[must_use]
    pub fn row<'t>(&self, text: &'t str, row: usize) -> &'t str {
        &text[self.rows[row].clone()]
    }

    /// Writes cells of a row; every other byte stays.
    #[must_use]
    pub fn with_cells(&self, text: &str, row: usize, cells: &[(String, String)]) -> String {
        let range = &self.rows[row];
        let mut line = text[range.clone()].to_owned();
        let cells = cells.iter().filter_map(|(column, value)| Some((self.column(column)?, value)));
        for (at, value) in cells {
            let indent = line.len() - line.trim_start().len();
            if !line[indent..].starts_with('|') {
                // Other cells may be all that keeps such a row from being a heading, a list or a fence.
                line.insert_str(indent, "| ");
            }
            while cell_ranges(&line).len() <= at {
                let end = line.trim_end();
                line = format!("{end}{}|", if end.ends_with('|') { " " } else { " | " });
            }
            let cell = cell_ranges(&line)[at].clone();
            line = format!("{} {} {}", &line[..cell.start], value.trim(), &line[cell.end..]);
        }
        format!("{}{line}{}", &text[..range.start], &text[range.end..])
    }

    /// Adds a row below the last one.
    #[must_use]
    pub fn with_row(&self, text: &str, cells: &[(String, String)]) -> String {
        let line = &text[self.last.clone()];
        let (indent, last) = line.split_at(line.len() - line.trim_start().len());
        let row = render_row(&self.header, cells);
        // A row without a bar at the very end, such as `2)`, may be a list once a line follows.
        let at_end = !self.rows.is_empty() && self.last.end == text.len();
        let bare = at_end && !last.starts_with('|');
        let bar = if bare { "| " } else { "" };
        let (before, after) = (&text[..self.last.start], &text[self.last.end..]);
        format!("{before}{indent}{bar}{last}\n{indent}{row}{after}")
    }

    /// The row as it would be added, for a person to paste.
    #[must_use]
    pub fn render(&self, cells: &[(String, String)]) -> String {
        render_row(&self.header, cells)
    }

    fn column(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }
}

/// Makes a text one that a cell can hold: on one line, and without a bar that would end it.
#[must_use]
pub fn as_cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut out, mut escaped) = (String::with_capacity(line.len()), false);
    for c in line.chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

fn render_row(header: &[String], cells: &[(String, String)]) -> String {
    let values = header.iter().map(|name| {
        let value = cells.iter().find(|(column, _)| column == name);
        value.map_or("", |(_, value)| value.as_str()).trim()
    });
    format!("| {} |", values.collect::<Vec<_>>().join(" | "))
}

/// Tells whether a row holds a reference or a link as a whole, not as the start of a longer one.
fn holds(row: &str, needle: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '&' | '#');
    !needle.is_empty()
        && row.match_indices(needle).any(|(at, _)| {
            let before = row[..at].chars().next_back();
            let after = row[at + needle.len()..].trim_start_matches('/').chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

/// Byte range of each cell between its pipes.
fn cell_ranges(line: &str) -> Vec<Range<usize>> {
    let open = line.len() - line.trim_start().len();
    let first = open + usize::from(line[open..].starts_with('|'));
    let (mut ranges, mut start, mut escaped) = (Vec::new(), first, false);
    for (at, c) in line.char_indices().skip_while(|(at, _)| *at < first) {
        if c == '|' && !escaped {
            ranges.push(start..at);
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    if !line[start..].trim().is_empty() {
        ranges.push(start..line.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Context\n\n| Tool | Epic |\n|---|---|\n| not this | one |\n\n# List of Tools\n\n\
        ```\n| Tool | Epic |\n|--|--|\n```\n\nIntro.\n\n|  Tool | Epic | Status |\n| --- | :-- | --- |\n\
        | [A](https://x/a) | g&1+ | Stopped \\| for now |\n| [AB](https://x/ab) | g&12+ |\n\nAfter\n";

    fn cells(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_table_under_the_heading_is_found_and_no_other() {
        let table = locate(PAGE, "List of Tools", &["Tool", "Status"]).unwrap();
        assert_eq!(table.len(), 2);
        assert_eq!(table.cell(PAGE, 0, "Status"), "Stopped \\| for now");
        assert_eq!(table.cell(PAGE, 1, "Status"), "");
    }

    #[test]
    fn a_row_is_found_by_its_whole_reference_or_link() {
        let table = locate(PAGE, "List of Tools", &[]).unwrap();
        let find = |needles: &[&str]| {
            let needles: Vec<String> = needles.iter().map(|n| (*n).to_owned()).collect();
            table.find(PAGE, "List of Tools", &needles).unwrap()
        };
        assert_eq!(find(&["g&1"]), Some(0));
        assert_eq!(find(&["g&12"]), Some(1));
        assert_eq!(find(&["g&3", "https://x/ab"]), Some(1));
        assert_eq!(find(&["https://x/a"]), Some(0));
        assert_eq!(find(&["g&2", ""]), None);
    }

    #[test]
    fn every_other_byte_stays() {
        let table = locate(PAGE, "List of Tools", &[]).unwrap();
        let added = table.with_row(PAGE, &cells(&[("Epic", "g&3+"), ("Tool", "[C](https://x/c)")]));
        assert_eq!(added, PAGE.replace("g&12+ |\n", "g&12+ |\n| [C](https://x/c) | g&3+ |  |\n"));
        let changed = table.with_cells(PAGE, 0, &cells(&[("Epic", "g&9+")]));
        assert_eq!(changed, PAGE.replace("| g&1+ |", "| g&9+ |"));
        let filled = table.with_cells(PAGE, 1, &cells(&[("Status", "Going")]));
        assert_eq!(filled, PAGE.replace("| g&12+ |", "| g&12+ | Going |"));
    }

    #[test]
    fn what_is_put_into_a_cell_stays_in_it() {
        let table = locate(PAGE, "List of Tools", &[]).unwrap();
        for (text, cell) in [
            ("`a|b`\nc", "`a\\|b` c"),
            ("a \\| b \\\\| c", "a \\| b \\\\\\| c"),
            ("| --- |", "\\| --- \\|"),
        ] {
            let cells = cells(&[("Tool", "t"), ("Epic", &as_cell(text)), ("Status", "s")]);
            let added = table.with_row(PAGE, &cells);
            let after = locate(&added, "List of Tools", &[]).unwrap();
            assert_eq!(after.cell(&added, 2, "Epic"), cell);
            assert_eq!(after.cell(&added, 2, "Status"), "s");
            assert_eq!(after.with_cells(&added, 2, &cells), added);
        }
    }

    #[test]
    fn every_line_end_that_the_parser_knows_is_one() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("\r\r\n# T\n\n| A |{end}|---|{end}| a |{end}{end}After");
            let table = locate(&text, "T", &[]).unwrap();
            assert_eq!((table.len(), table.row(&text, 0)), (1, "| a |"), "{text:?}");
            let changed = table.with_cells(&text, 0, &cells(&[("A", "b")]));
            assert_eq!(changed, text.replace("| a |", "| b |"));
        }
    }

    #[test]
    fn a_row_that_begins_without_a_bar_keeps_its_indent_and_stays_a_row() {
        let text = "# T\n\n  A | B\n  --|--\n  a | b\n";
        let table = locate(text, "T", &[]).unwrap();
        let changed = table.with_cells(text, 0, &cells(&[("A", "c")]));
        assert_eq!(changed, text.replace("  a |", "  | c |"));
        let heading = table.with_cells(text, 0, &cells(&[("A", "# c")]));
        assert_eq!(locate(&heading, "T", &[]).unwrap().cell(&heading, 0, "A"), "# c");
        let text = "# T\n\nA | B\n--|--\n``` a | `b\n";
        let table = locate(text, "T", &[]).unwrap();
        let fence = table.with_cells(text, 0, &cells(&[("B", "c")]));
        assert_eq!(fence, text.replace("``` a | `b", "| ``` a | c "));
        assert_eq!(locate(&fence, "T", &[]).unwrap().len(), 1);
    }

    #[test]
    fn an_empty_table_and_one_at_the_end_take_a_row() {
        let text = "## T\n\n| A | B |\n|---|---|";
        let table = locate(text, "T", &["A", "B"]).unwrap();
        assert!(table.is_empty());
        assert_eq!(table.with_row(text, &cells(&[("A", "1")])), format!("{text}\n| 1 |  |"));
    }

    #[test]
    fn a_last_row_that_would_be_a_list_stays_a_row() {
        let text = "# T\n\n| A | B |\n|---|---|\n2)";
        let table = locate(text, "T", &[]).unwrap();
        let added = table.with_row(text, &cells(&[("A", "1")]));
        let after = locate(&added, "T", &[]).unwrap();
        assert_eq!((after.len(), after.cell(&added, 0, "A")), (2, "2)"), "{added}");
        let empty = "# T\n-T\n\u{b}-";
        let added = locate(empty, "T", &[]).unwrap().with_row(empty, &[]);
        assert_eq!(locate(&added, "T", &[]).unwrap().len(), 1, "{added:?}");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(matches!(locate(PAGE, "Nope", &[]), Err(TableError::NoHeading(_))));
        assert!(matches!(
            locate("# A\n\n# B\n\n|x|\n|-|\n", "A", &[]),
            Err(TableError::NoTable(_))
        ));
        assert!(matches!(
            locate(PAGE, "List of Tools", &["Owner"]),
            Err(TableError::NoColumn { .. })
        ));
    }

    #[test]
    fn two_rows_about_one_tool_are_an_error() {
        let twice = PAGE.replace("After", "").replace("g&12+", "g&1+");
        let table = locate(&twice, "List of Tools", &[]).unwrap();
        assert!(table.find(&twice, "List of Tools", &["g&1".to_owned()]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(# T\n|\\|| |-|a|ä|\n|\\\\|>|```|:){0,40}") {
            let text = format!("# T\n\n{text}");
            if let Ok(table) = locate(&text, "T", &[]) {
                let row = table.with_row(&text, &[]);
                proptest::prop_assert!(row.len() > text.len());
                for n in 0..table.len() {
                    let _ = table.with_cells(&text, n, &cells(&[("a", "b")]));
                }
            }
        }
    }
}
