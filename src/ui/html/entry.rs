//! One change on the page: its line, and below it what it says.

use std::collections::BTreeSet;

use crate::key::NodeKey;
use crate::page::{escape, label};
use crate::plan::{Action, Change, Subject, ToolPlan, Value};
use crate::tree::DesiredNode;

use super::fields::{self, text};
use super::links::Entry;
use super::{Shown, about};

/// What an orphan says.
const LEFT_ALONE: &str =
    "<p>The files no longer have it. It is left alone; <code>--prune</code> closes it.</p>";

/// Renders a change; `open` unfolds what is new.
pub(super) fn entry(shown: &Shown<'_>, entry: &Entry<'_>, open: bool) -> String {
    let change = entry.change;
    let states = states(entry);
    let first = mark(entry);
    let labels = labels(shown.tool, change);
    let inside = if entry.orphan { LEFT_ALONE.to_owned() } else { inside(shown, change) };
    let head = head(shown, change, first);
    let joined = labels.iter().copied().collect::<Vec<_>>().join("\n");
    let start = format!(
        "<article class=\"entry {first}\" id=\"{}\" data-states=\"{}\" data-labels=\"{}\">",
        escape(&entry.anchor),
        states.iter().copied().collect::<Vec<_>>().join(" "),
        escape(&joined)
    );
    if inside.is_empty() {
        return format!("{start}<div class=\"head\">{head}</div></article>\n");
    }
    let folded = change.action == Action::Create && !open;
    let open = if folded { "" } else { " open" };
    format!(
        "{start}<details{open}><summary class=\"head\">{head}</summary>\n<div class=\"inside\">{inside}</div></details></article>\n"
    )
}

/// What a change is called in filters: what is done, and what people should look at.
pub(super) fn states(entry: &Entry<'_>) -> BTreeSet<&'static str> {
    let change = entry.change;
    if entry.orphan {
        return BTreeSet::from([mark(entry)]);
    }
    let action = if change.action == Action::Record { Action::None } else { change.action };
    let mut states = BTreeSet::from([action.as_str()]);
    if !change.conflicts.is_empty() {
        states.insert("conflict");
    }
    if !change.kept.is_empty() {
        states.insert("drift");
    }
    states
}

/// The one state that a line shows.
pub(super) fn mark(entry: &Entry<'_>) -> &'static str {
    let change = entry.change;
    match change.action {
        _ if entry.orphan => "orphan",
        _ if !change.conflicts.is_empty() => "conflict",
        Action::None | Action::Record if !change.kept.is_empty() => "drift",
        action => action.as_str(),
    }
}

/// A state in people's words.
pub(super) fn word(state: &str) -> &str {
    match state {
        "create" => "new",
        "update" => "changed",
        "adopt" => "taken over",
        "close" => "closed",
        "wait" => "waits",
        "drift" => "kept as people have it",
        "orphan" => "no longer wanted",
        "record" | "none" => "unchanged",
        other => other,
    }
}

/// Titles of the labels that an item has or gets.
pub(super) fn labels<'a>(tool: &'a ToolPlan, change: &'a Change) -> BTreeSet<&'a str> {
    let node = NodeKey::parse(&change.key).and_then(|key| tool.desired.node(&key));
    let node = node.filter(|_| matches!(change.subject, Subject::Node(_)));
    let wanted = node.into_iter().flat_map(wanted);
    let set = change.fields.iter().filter(|field| field.name == "labels");
    let set = set.filter_map(|field| match &field.after {
        Value::List(titles) => Some(titles),
        _ => None,
    });
    match change.action {
        _ if change.subject == Subject::Comment => about::groups_named(change),
        Action::Create => set.flatten().map(String::as_str).collect(),
        _ => wanted.chain(set.flatten().map(String::as_str)).collect(),
    }
}

/// Titles of the labels that the files want on an item.
pub(super) fn wanted(node: &DesiredNode) -> impl Iterator<Item = &str> {
    let labels = &node.labels;
    labels.enforced.iter().chain(&labels.shared).chain(&labels.once).map(String::as_str)
}

fn head(shown: &Shown<'_>, change: &Change, mark: &str) -> String {
    let kind = if change.subject == Subject::TableRow { "row" } else { change.subject.as_str() };
    let title = match change.subject {
        Subject::Comment => match &change.parent {
            Some(on) => format!("Comment on {}", shown.links.link(on)),
            None => "Comment".to_owned(),
        },
        _ if change.title.trim().is_empty() => escape(&change.key),
        _ => escape(&change.title),
    };
    let at = match (&change.reference, &change.url) {
        (Some(reference), Some(url)) if url.starts_with("http") => format!(
            "<a class=\"at\" href=\"{}\">{}</a>",
            escape(url),
            escape(&reference.to_string())
        ),
        (Some(reference), _) => {
            format!("<span class=\"at\">{}</span>", escape(&reference.to_string()))
        }
        (None, _) => String::new(),
    };
    let state = word(mark);
    format!(
        "<span class=\"state\">{state}</span> <span class=\"kind\">{kind}</span> <h3>{title}</h3> {at}"
    )
}

/// What stands below the line of a change; empty if there is nothing to say.
fn inside(shown: &Shown<'_>, change: &Change) -> String {
    let Shown { tool, links } = shown;
    let mut out = String::new();
    if change.action == Action::Wait {
        let why = match change.reference {
            Some(_) => {
                "It looks the same as what the files want and is not ours yet; <code>--adopt</code> takes it over."
            }
            None => "It waits for what it hangs under or refers to.",
        };
        out.push_str(&format!("<p>{why}</p>"));
    }
    out.push_str(&fields::conflicts(&change.conflicts, links));
    match (change.action, change.subject) {
        (Action::Create, Subject::TableRow) => out.push_str(&fields::cells(&change.fields, links)),
        (_, Subject::Label) => out.push_str(&fields::facts(&change.fields, links)),
        (Action::Create | Action::Comment, _) | (Action::Wait, Subject::Comment) => {
            out.push_str(&whole(tool, change, shown));
        }
        _ => out.push_str(&fields::changes(&change.fields, links)),
    }
    out.push_str(&fields::kept(&change.kept, links));
    out
}

/// A new item or comment: where it goes, what it has, what it says.
fn whole(tool: &ToolPlan, change: &Change, shown: &Shown<'_>) -> String {
    let mut out = String::new();
    if change.subject != Subject::Comment {
        let under = match &change.parent {
            Some(parent) => format!(" under {}", shown.links.link(parent)),
            None => String::new(),
        };
        let group = format!("<span class=\"path\">{}</span>", escape(&change.namespace));
        out.push_str(&format!("<p class=\"place\">in {group}{under}</p>\n"));
    }
    let chips: Vec<String> = labels(tool, change).into_iter().map(label).collect();
    if !chips.is_empty() && change.subject != Subject::Comment {
        out.push_str(&format!("<p class=\"chips\">{}</p>\n", chips.join(" ")));
    }
    out.push_str(&fields::facts(&change.fields, shown.links));
    let body = change.fields.iter().find(|field| field.name == "body");
    out.push_str(&body.map(|field| shown.links.markdown(text(&field.after))).unwrap_or_default());
    out
}
