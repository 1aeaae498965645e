//! The fields of a change in a plan, and the two sides of what people changed.

use unicode_width::UnicodeWidthStr;

use crate::plan::{Change, FieldChange, Subject, Value};

use super::super::clean::{clean_line, fit};
use super::super::diff;
use super::super::words::{ADDED, BOLD, CHANGED, DIM, REMOVED, hanging, rows, styled};
use super::{Look, MARGIN};

pub(super) fn field(
    out: &mut String,
    change: &Change,
    field: &FieldChange,
    column: usize,
    look: Look,
) {
    let name = format!("{:<column$}", clean_line(&field.name));
    if field.name == "body" {
        out.push_str(&format!("{MARGIN}{}\n", styled(BOLD, name.trim_end())));
        out.push_str(&body(field, look));
        return;
    }
    let room = match look.cut {
        true => look.width.saturating_sub(MARGIN.len() + column + 2),
        false => usize::MAX,
    };
    if field.name == "comment" && look.cut {
        let text = clean_line(&plain(&field.after));
        let rows =
            hanging(BOLD, &format!("{name} "), &text, look.width.saturating_sub(MARGIN.len()));
        rows.lines().for_each(|row| out.push_str(&format!("{MARGIN}{row}\n")));
        return;
    }
    let plain = |value: &Value| if field.name == "title" { quoted(value) } else { plain(value) };
    let shown = match (field.name.as_str(), change.subject) {
        ("labels" | "links", Subject::Node(_)) => signed(field),
        _ if field.before == Value::None => plain(&field.after),
        _ if field.after == Value::None => format!("{} -> (empty)", plain(&field.before)),
        _ => format!("{} -> {}", plain(&field.before), plain(&field.after)),
    };
    let both = field.before != Value::None && field.after != Value::None;
    if both && shown.width() > room {
        let mut head = styled(BOLD, &name);
        for row in below_each_other(&plain(&field.before), &plain(&field.after), room) {
            out.push_str(&format!("{MARGIN}{head}  {row}\n"));
            head = " ".repeat(column);
        }
        return;
    }
    out.push_str(&format!("{MARGIN}{}  {}\n", styled(BOLD, &name), fit(&clean_line(&shown), room)));
}

/// The two texts of a description.
fn body(field: &FieldChange, look: Look) -> String {
    let (before, after) = (text(&field.before), text(&field.after));
    diff::render(&before, &after, &format!("{MARGIN}  "), look.cut.then_some(look.width))
}

/// Both values whole: cut, a long change could hide what changes.
fn below_each_other(before: &str, after: &str, room: usize) -> Vec<String> {
    let side = |sign: char, style, text: &str| {
        let rows = rows(clean_line(text).split(' '), room.saturating_sub(2));
        let marked = rows.into_iter().enumerate();
        let marked =
            marked.map(move |(n, row)| format!("{} {row}", if n == 0 { sign } else { ' ' }));
        marked.map(|row| styled(style, &row)).collect::<Vec<String>>()
    };
    [side('-', REMOVED, before), side('+', ADDED, after)].concat()
}

fn quoted(value: &Value) -> String {
    format!("\"{}\"", plain(value))
}

/// A set as what goes and what comes.
pub(in crate::ui) fn signed(field: &FieldChange) -> String {
    let list = |value: &Value| match value {
        Value::List(titles) => titles.clone(),
        Value::None => Vec::new(),
        other => vec![plain(other)],
    };
    let one = |title: String| if field.name == "labels" { tilde(&title) } else { title };
    let added = list(&field.after).into_iter().map(|title| format!("+ {}", one(title)));
    let removed = list(&field.before).into_iter().map(|title| format!("- {}", one(title)));
    added.chain(removed).collect::<Vec<_>>().join("  ")
}

/// A label as people write it: `~"team::x"`.
pub(super) fn tilde(title: &str) -> String {
    if title.contains([' ', ':']) { format!("~\"{title}\"") } else { format!("~{title}") }
}

/// Both sides of a field that people changed.
pub(super) fn sides(out: &mut String, word: &str, field: &FieldChange, look: Look) {
    let style = if word == "conflict" { REMOVED } else { CHANGED };
    let head = format!("{word} {}", field.name);
    if field.name == "body" {
        let legend = "GitLab's side -, the files' side +";
        out.push_str(&format!("{MARGIN}{}  {}\n", styled(style, &head), styled(DIM, legend)));
        out.push_str(&body(field, look));
        return;
    }
    let side = |value: &Value| match plain(value) {
        text if text.is_empty() => "nothing".to_owned(),
        text => clean_line(&text),
    };
    let (gitlab, files) = (side(&field.before), side(&field.after));
    let shown = format!("GitLab has {gitlab}, the files want {files}");
    let room = look.width.saturating_sub(MARGIN.len());
    if !look.cut || head.width() + 2 + shown.width() <= room {
        out.push_str(&format!("{MARGIN}{}  {shown}\n", styled(style, &head)));
        return;
    }
    out.push_str(&format!("{MARGIN}{}\n", styled(style, &head)));
    for (who, text) in [("GitLab has", gitlab), ("the files want", files)] {
        let text = hanging(DIM, &format!("{who:<14}"), &text, room - 2);
        text.lines().for_each(|row| out.push_str(&format!("{MARGIN}  {row}\n")));
    }
}

pub(in crate::ui) fn plain(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Flag(true) => "yes".into(),
        Value::Flag(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => list.join(", "),
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}
