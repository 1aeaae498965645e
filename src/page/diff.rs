//! A text before and after, line by line, the changed words marked; long runs of
//! lines that stay are folded away.

use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

use super::escape;

/// Lines that stay beside a change.
const CONTEXT: usize = 2;

/// Renders the difference of two texts.
#[must_use]
pub fn diff(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let ops = diff.ops();
    let mut out = String::from("<div class=\"diff\">\n");
    for (at, op) in ops.iter().enumerate() {
        if op.tag() == DiffTag::Equal {
            same(&mut out, &diff, op, at > 0, at + 1 < ops.len());
            continue;
        }
        for change in diff.iter_inline_changes(op) {
            let tag = change.tag();
            line(&mut out, tag, change.values());
        }
    }
    out.push_str("</div>");
    out
}

/// Lines that stay: those beside a change are shown, the others can be.
fn same<'a>(
    out: &mut String,
    diff: &TextDiff<'a, 'a, str>,
    op: &DiffOp,
    behind: bool,
    ahead: bool,
) {
    let lines: Vec<&str> = op.old_range().filter_map(|at| diff.old_slice(at)).collect();
    let first = if behind { CONTEXT } else { 0 };
    let last = if ahead { CONTEXT } else { 0 };
    if lines.len() <= first + last + 1 {
        lines.iter().for_each(|text| line(out, ChangeTag::Equal, &[(false, *text)]));
        return;
    }
    let (above, rest) = lines.split_at(first);
    let (folded, below) = rest.split_at(rest.len() - last);
    above.iter().for_each(|text| line(out, ChangeTag::Equal, &[(false, *text)]));
    out.push_str(&format!("<details><summary>{} unchanged lines</summary>\n", folded.len()));
    folded.iter().for_each(|text| line(out, ChangeTag::Equal, &[(false, *text)]));
    out.push_str("</details>\n");
    below.iter().for_each(|text| line(out, ChangeTag::Equal, &[(false, *text)]));
}

fn line(out: &mut String, tag: ChangeTag, parts: &[(bool, &str)]) {
    let (element, mark) = match tag {
        ChangeTag::Equal => ("div", " "),
        ChangeTag::Delete => ("del", "-"),
        ChangeTag::Insert => ("ins", "+"),
    };
    out.push_str(&format!("<{element}><span>{mark} </span>"));
    for (marked, text) in parts {
        let text = escape(text.trim_end_matches(['\n', '\r']));
        match marked {
            true if !text.is_empty() => out.push_str(&format!("<mark>{text}</mark>")),
            _ => out.push_str(&text),
        }
    }
    out.push_str(&format!("</{element}>\n"));
}
