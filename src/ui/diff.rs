//! A text before and after, line by line, the changed words marked.

use similar::{ChangeTag, DiffTag, TextDiff};
use unicode_width::UnicodeWidthChar;

use super::clean::{clean, fit};
use super::words::{ADDED, BOLD, DIM, NOTE, REMOVED, styled};

/// Lines of context around a change.
const CONTEXT: usize = 1;

/// Renders the difference of two texts, each line indented. With a width a
/// changed line goes on below, and one around it is cut.
#[must_use]
pub fn render(before: &str, after: &str, indent: &str, width: Option<usize>) -> String {
    under(heading_above, before, after, indent, width)
}

/// The same of two texts in TOML, whose headings are the tables.
#[must_use]
pub fn toml(before: &str, after: &str, indent: &str, width: Option<usize>) -> String {
    under(table_above, before, after, indent, width)
}

fn under(
    heading: fn(&str, usize) -> String,
    before: &str,
    after: &str,
    indent: &str,
    width: Option<usize>,
) -> String {
    let (before, after) = (clean(before), clean(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent.len() + 2).max(20));
    let mut out = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.iter().find(|op| op.tag() != DiffTag::Equal);
        let first = first.map_or(0, |op| op.old_range().start);
        out.push_str(&format!("{indent}{}\n", styled(NOTE, &heading(&before, first))));
        for op in &group {
            for change in diff.iter_inline_changes(op) {
                let (mark, style) = match change.tag() {
                    ChangeTag::Equal => (' ', DIM),
                    ChangeTag::Delete => ('-', REMOVED),
                    ChangeTag::Insert => ('+', ADDED),
                };
                let rows = match change.tag() {
                    ChangeTag::Equal => vec![cut(change.values(), room)],
                    ChangeTag::Delete | ChangeTag::Insert => wrapped(change.values(), room),
                };
                for (n, row) in rows.iter().enumerate() {
                    let mark = styled(style, &if n == 0 { mark } else { ' ' }.to_string());
                    let text = emphasized(row, style);
                    let row = if text.is_empty() { mark } else { format!("{mark} {text}") };
                    out.push_str(&format!("{indent}{row}\n"));
                }
            }
        }
    }
    out
}

/// Parts of a line, and whether they are marked.
type Row = Vec<(bool, String)>;

/// A line, cut where it does not fit.
fn cut(parts: &[(bool, &str)], room: usize) -> Row {
    let line: String = parts.iter().map(|(_, text)| *text).collect();
    vec![(false, fit(line.trim_end_matches('\n'), room))]
}

/// A line on as many rows as it takes, broken at blanks where there are some.
fn wrapped(parts: &[(bool, &str)], room: usize) -> Vec<Row> {
    let marked = |(mark, text): &(bool, &'_ str)| {
        let mark = *mark;
        text.trim_end_matches('\n').chars().map(move |c| (mark, c)).collect::<Vec<_>>()
    };
    let line: Vec<(bool, char)> = parts.iter().flat_map(marked).collect();
    let mut rows = Vec::new();
    let mut rest = line.as_slice();
    loop {
        let (row, next) = rest.split_at(row_end(rest, room));
        rows.push(joined(row));
        if next.is_empty() {
            return rows;
        }
        rest = next;
    }
}

/// How many characters go on a row: up to the last blank that fits, if it is not far left.
fn row_end(line: &[(bool, char)], room: usize) -> usize {
    let mut used = 0;
    let fits = line.iter().take_while(|(_, c)| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    let most = fits.count().max(1);
    if most >= line.len() {
        return line.len();
    }
    let blank = line[..most].iter().rposition(|(_, c)| *c == ' ').map(|at| at + 1);
    blank.filter(|at| *at > most / 2).unwrap_or(most)
}

fn joined(chars: &[(bool, char)]) -> Row {
    let mut row: Row = Vec::new();
    for (mark, c) in chars {
        match row.last_mut().filter(|(other, _)| other == mark) {
            Some((_, text)) => text.push(*c),
            None => row.push((*mark, c.to_string())),
        }
    }
    row
}

fn emphasized(parts: &[(bool, String)], style: anstyle::Style) -> String {
    let one = |(emphasis, text): &(bool, String)| {
        if *emphasis {
            styled(style | BOLD.get_effects() | anstyle::Effects::UNDERLINE, text)
        } else {
            styled(style, text)
        }
    };
    parts.iter().map(one).collect()
}

/// The heading that a line stands under.
fn heading_above(text: &str, line: usize) -> String {
    let above = text.lines().take(line + 1).filter(|l| l.starts_with('#'));
    format!("@@ {}", above.last().map_or("(top)", |l| l.trim_start_matches('#').trim()))
}

/// The table that a line stands in, and the id in it if it has one.
fn table_above(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_table = |line: &&str| {
        line.starts_with('[') && line.trim_start_matches('[').starts_with(char::is_alphabetic)
    };
    let above = lines.iter().take(line + 1).rposition(&is_table);
    let Some(at) = above else { return "@@ (top)".to_owned() };
    let mut inside = lines[at + 1..].iter().take_while(|line| !is_table(line));
    let id = inside.find_map(|line| line.strip_prefix("id")?.trim_start().strip_prefix('='));
    let id = id.and_then(|id| id.split(['"', '\'']).nth(1)).unwrap_or_default();
    format!("@@ {} {id}", lines[at].trim_end()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_stands_under_its_heading() {
        let before = "# Top\n\none\n\n## Owner\n\nThe group is unknown.\n\n## End\n\nlast\n";
        let after = before.replace("unknown", "asked");
        let shown =
            anstream::adapter::strip_str(&render(before, &after, "  ", Some(80))).to_string();
        assert_eq!(
            shown,
            "  @@ Owner\n   \n  - The group is unknown.\n  + The group is asked.\n   \n"
        );
    }

    #[test]
    fn a_change_in_a_tool_file_stands_under_its_table() {
        let before = "# Top\n[tool]\nid = \"x\"  # \"y\"\na = [\n  [\"b\"],\n]\n  [[part.issue]]\n  weight = 3\n  id = 'n'\n";
        let shown = |after: &str| {
            let shown = toml(before, after, "", None);
            anstream::adapter::strip_str(&shown).to_string().lines().next().map(str::to_owned)
        };
        assert_eq!(shown(&before.replace("# Top", "# top")).unwrap(), "@@ (top)");
        assert_eq!(shown(&before.replace("\"b\"", "\"c\"")).unwrap(), "@@ [tool] x");
        assert_eq!(shown(&before.replace('3', "5")).unwrap(), "@@ [[part.issue]] n");
    }

    #[test]
    fn a_long_line_that_changed_goes_on_below() {
        let before = format!("{}old words", "much of the same ".repeat(3));
        let after = before.replace("old", "new");
        let plain = |width| {
            let shown = render(&before, &after, "  ", width);
            anstream::adapter::strip_str(&shown).to_string()
        };
        assert_eq!(
            plain(Some(44)),
            "  @@ (top)\n  - much of the same much of the same much \n    of the same old words\n  \
             + much of the same much of the same much \n    of the same new words\n"
        );
        assert_eq!(plain(None), format!("  @@ (top)\n  - {before}\n  + {after}\n"));
    }
}
