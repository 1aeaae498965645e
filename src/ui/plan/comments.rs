//! Comments in a plan: where, and who is told. No name is ever cut off.

use unicode_width::UnicodeWidthStr;

use crate::plan::{Action, Cause, Change};

use super::super::clean::{clean, clean_line};
use super::super::words::{ADDED, CHANGED, DIM, rows, styled};
use super::line::told;
use super::{Look, MARGIN, text};

/// Renders a comment: one line, or the names below it where they do not fit.
pub(super) fn line(out: &mut String, change: &Change, look: Look) {
    let style = if change.action == Action::Comment { ADDED } else { CHANGED };
    let glyph = styled(style, &change.action.glyph().to_string());
    let left = format!("{}comment {}", "  ".repeat(change.depth), clean_line(&change.title));
    let is_reply = change.cause != Cause::New;
    let what = match (change.action, is_reply) {
        (Action::Wait, _) => "waits for what it refers to",
        (_, true) => "posts 1 reply",
        (_, false) => "posts 1 comment",
    };
    let told = told(change);
    let separator = if told.is_empty() { "" } else { ", " };
    let whole = format!("{what}{separator}{told}");
    let room = look.width.saturating_sub(4);
    if left.width() + whole.width() + 2 <= room {
        let gap = " ".repeat(room - left.width() - whole.width());
        out.push_str(&format!("  {glyph} {left}{gap}{}\n", styled(DIM, &whole)));
    } else {
        out.push_str(&format!("  {glyph} {left}  {}\n", styled(DIM, what)));
        for line in rows(told.split_whitespace(), look.width.saturating_sub(MARGIN.len())) {
            out.push_str(&format!("{MARGIN}{}\n", styled(DIM, &line)));
        }
    }
    // The offline plan shows whole comments; what is said later shows nowhere else.
    if is_reply && !look.texts {
        let body = change.fields.iter().find(|field| field.name == "body");
        for line in body.map(|field| text(&field.after)).unwrap_or_default().lines() {
            out.push_str(format!("{MARGIN}  {}", clean(line)).trim_end());
            out.push('\n');
        }
    }
}
