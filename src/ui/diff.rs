//! A text before and after, line by line, the changed words marked.

use similar::{ChangeTag, TextDiff};

use super::clean::{clean, fit};
use super::words::{ADDED, BOLD, DIM, NOTE, REMOVED, styled};

/// Lines of context around a change.
const CONTEXT: usize = 1;

/// Renders the difference of two texts, each line indented and cut to `width` columns.
#[must_use]
pub fn render(before: &str, after: &str, indent: &str, width: usize) -> String {
    let (before, after) = (clean(before), clean(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let room = width.saturating_sub(indent.len() + 2).max(20);
    let mut out = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        out.push_str(&format!("{indent}{}\n", styled(NOTE, &heading_above(&before, first))));
        for op in &group {
            for change in diff.iter_inline_changes(op) {
                let (mark, style) = match change.tag() {
                    ChangeTag::Equal => (' ', DIM),
                    ChangeTag::Delete => ('-', REMOVED),
                    ChangeTag::Insert => ('+', ADDED),
                };
                let plain: String = change.values().iter().map(|(_, text)| *text).collect();
                let line = plain.trim_end_matches('\n');
                let shown = fit(line, room);
                let text = if shown == line {
                    emphasized(change.values(), style)
                } else {
                    styled(style, &shown)
                };
                let mark = styled(style, &mark.to_string());
                let row = if shown.is_empty() { mark } else { format!("{mark} {text}") };
                out.push_str(&format!("{indent}{row}\n"));
            }
        }
    }
    out
}

fn emphasized(parts: &[(bool, &str)], style: anstyle::Style) -> String {
    let one = |(emphasis, text): &(bool, &str)| {
        let text = text.trim_end_matches('\n');
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
        let shown = anstream::adapter::strip_str(&render(before, &after, "  ", 80)).to_string();
        assert_eq!(
            shown,
            "  @@ Owner\n   \n  - The group is unknown.\n  + The group is asked.\n   \n"
        );
    }
}
