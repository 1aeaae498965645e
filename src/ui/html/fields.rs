//! The fields of a change: what is set, what changes, what both sides changed.

use crate::page::{diff, escape, label, person};
use crate::plan::{FieldChange, Value};

use super::links::Links;

/// Everything that a new item or comment gets beside its text and labels.
pub(super) fn facts(fields: &[FieldChange], links: &Links<'_>) -> String {
    let beside = |field: &&FieldChange| {
        !matches!(field.name.as_str(), "body" | "labels" | "parent" | "title")
    };
    let facts: String = fields
        .iter()
        .filter(beside)
        .map(|field| {
            let value = value(&field.name, &field.after, links);
            format!("<div><dt>{}</dt><dd>{value}</dd></div>", escape(name(&field.name)))
        })
        .collect();
    if facts.is_empty() { facts } else { format!("<dl class=\"facts\">{facts}</dl>\n") }
}

/// The cells of a new row, which are Markdown.
pub(super) fn cells(fields: &[FieldChange], links: &Links<'_>) -> String {
    let cell = |field: &FieldChange| {
        let (name, text) = (escape(&field.name), links.markdown(text(&field.after)));
        format!("<div><dt>{name}</dt><dd>{text}</dd></div>")
    };
    format!("<dl class=\"facts\">{}</dl>\n", fields.iter().map(cell).collect::<String>())
}

/// What is written over what.
pub(super) fn changes(fields: &[FieldChange], links: &Links<'_>) -> String {
    fields.iter().map(|field| row("change", name(&field.name), &change(field, links))).collect()
}

/// What both sides changed, each side shown.
pub(super) fn conflicts(fields: &[FieldChange], links: &Links<'_>) -> String {
    let heading = |field: &FieldChange| format!("{}: both sides changed it", name(&field.name));
    fields.iter().map(|field| row("conflict", &heading(field), &sides(field, links))).collect()
}

/// What people changed and keep.
pub(super) fn kept(fields: &[FieldChange], links: &Links<'_>) -> String {
    let heading =
        |field: &FieldChange| format!("{}: people changed it, and it stays", name(&field.name));
    fields.iter().map(|field| row("kept", &heading(field), &sides(field, links))).collect()
}

fn row(class: &str, heading: &str, inside: &str) -> String {
    format!("<div class=\"field {class}\"><h4>{}</h4>{inside}</div>\n", escape(heading))
}

fn name(field: &str) -> &str {
    match field {
        "body" => "description",
        "mentions" => "notifies",
        "links" => "waits for",
        other => other,
    }
}

fn change(field: &FieldChange, links: &Links<'_>) -> String {
    let (before, after) = (&field.before, &field.after);
    if field.name == "body" {
        return body(before, after, links);
    }
    let is_set = matches!(before, Value::List(_)) || matches!(after, Value::List(_));
    let old = match before {
        Value::None => String::new(),
        before => format!("<del>{}</del> ", value(&field.name, before, links)),
    };
    let new = match after {
        Value::None if is_set => String::new(),
        Value::None => "<ins>nothing</ins>".to_owned(),
        after => format!("<ins>{}</ins>", value(&field.name, after, links)),
    };
    let arrow = if old.is_empty() || new.is_empty() || is_set { "" } else { "\u{2192} " };
    format!("<p>{old}{arrow}{new}</p>")
}

fn body(before: &Value, after: &Value, links: &Links<'_>) -> String {
    let (before, after) = (text(before), text(after));
    let whole = links.markdown(after);
    if before.is_empty() {
        return whole;
    }
    format!(
        "{}<details class=\"whole\"><summary>The whole text afterwards</summary>{whole}</details>",
        diff(before, after)
    )
}

fn sides(field: &FieldChange, links: &Links<'_>) -> String {
    if field.name == "body" {
        let (gitlab, files) = (text(&field.before), text(&field.after));
        return format!(
            "<p class=\"legend\">GitLab has the lines with \u{2212}, the files want those with +</p>{}",
            diff(gitlab, files)
        );
    }
    let side = |of: &Value| match of {
        Value::None => "nothing".to_owned(),
        of => value(&field.name, of, links),
    };
    format!(
        "<dl class=\"sides\"><div><dt>GitLab has</dt><dd>{}</dd></div><div><dt>The files want</dt><dd>{}</dd></div></dl>",
        side(&field.before),
        side(&field.after)
    )
}

fn value(name: &str, value: &Value, links: &Links<'_>) -> String {
    let one = |text: &str| match name {
        "labels" => label(text),
        "assignees" | "mentions" => person(text),
        "parent" | "links" => links.link(text),
        _ => escape(text),
    };
    match value {
        Value::None => String::new(),
        Value::Flag(true) => "yes".into(),
        Value::Flag(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => one(text),
        Value::List(list) => {
            let separator = if name == "links" { ", " } else { " " };
            list.iter().map(|text| one(text)).collect::<Vec<_>>().join(separator)
        }
    }
}

/// A text as it stands; nothing for any other value.
pub(super) fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        Value::None | Value::Flag(_) | Value::Number(_) | Value::List(_) => "",
    }
}
