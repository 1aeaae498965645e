//! A text before and after, line by line, the changed words marked.

use similar::{ChangeTag, DiffTag, TextDiff};
use unicode_width::UnicodeWidthStr;

use super::clean::{clean, fit};
use super::words::{ADDED, BOLD, DIM, NOTE, REMOVED, styled};

/// Lines of context around a change.
const CONTEXT: usize = 1;

/// Renders the difference of two texts, each line indented and, with a width,
/// cut to so many columns around what changed.
#[must_use]
pub fn render(before: &str, after: &str, indent: &str, width: Option<usize>) -> String {
    let (before, after) = (clean(before), clean(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent.len() + 2).max(20));
    let mut out = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.iter().find(|op| op.tag() != DiffTag::Equal);
        let first = first.map_or(0, |op| op.old_range().start);
        out.push_str(&format!("{indent}{}\n", styled(NOTE, &heading_above(&before, first))));
        for op in &group {
            for change in diff.iter_inline_changes(op) {
                let (mark, style) = match change.tag() {
                    ChangeTag::Equal => (' ', DIM),
                    ChangeTag::Delete => ('-', REMOVED),
                    ChangeTag::Insert => ('+', ADDED),
                };
                let text = emphasized(&window(change.values(), room), style);
                let mark = styled(style, &mark.to_string());
                let row = if text.is_empty() { mark } else { format!("{mark} {text}") };
                out.push_str(&format!("{indent}{row}\n"));
            }
        }
    }
    out
}

/// The part of a line that fits, from a little before the first changed word on.
fn window(parts: &[(bool, &str)], room: usize) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> =
        parts.iter().map(|(mark, text)| (*mark, text.trim_end_matches('\n').to_owned())).collect();
    let width = |parts: &[(bool, String)]| -> usize { parts.iter().map(|(_, t)| t.width()).sum() };
    if width(&parts) <= room {
        return parts;
    }
    let lead = parts.iter().position(|(mark, _)| *mark).unwrap_or(0);
    let changed = parts.get(lead).map_or(0, |(_, text)| text.width());
    if width(&parts[..lead]) + changed > room {
        let before: String = parts.drain(..lead).map(|(_, text)| text).collect();
        let shown = before.chars().rev().take(room / 4).collect::<Vec<char>>();
        parts.insert(0, (false, format!("…{}", shown.into_iter().rev().collect::<String>())));
    }
    let mut left = room;
    parts.retain_mut(|(_, text)| {
        *text = if left == 0 { String::new() } else { fit(text, left) };
        left = left.saturating_sub(text.width());
        !text.is_empty()
    });
    parts
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
    fn a_long_line_is_cut_around_what_changed() {
        let before = format!("{} old words", "much of the same ".repeat(8));
        let after = before.replace("old", "new");
        let cut = anstream::adapter::strip_str(&render(&before, &after, "", Some(40))).to_string();
        let lines: Vec<&str> = cut.lines().skip(1).collect();
        assert_eq!(lines, ["- …he same  old words", "+ …he same  new words"], "{cut}");
        let whole = anstream::adapter::strip_str(&render(&before, &after, "", None)).to_string();
        assert!(whole.contains(&format!("- {before}\n+ {after}\n")), "{whole}");
    }
}
