//! A plan for machines. The format is versioned: a reader ignores what it does
//! not know of the same major version and refuses another one.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::plan::{Action, Change, Plan, ToolPlan};
use crate::unseen::is_unseen;

/// The JSON Schema of a plan.
pub const SCHEMA: &str = include_str!("plan.schema.json");

/// Renders a plan as one JSON document.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let document = json!({
        "format_version": "1.0",
        "target": plan.target,
        "caller": plan.caller,
        "tools": plan.tools.iter().map(tool).collect::<Vec<_>>(),
    });
    let mut text = visible(&serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}

/// JSON with what nobody sees written as escapes: it may be read on a terminal.
pub(super) fn visible(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // A line end is part of the layout; within strings it is an escape already.
        if c == '\n' || !is_unseen(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// Renders the sums of a plan as GitLab's merge request widget takes them.
#[must_use]
pub fn gitlab_report(plan: &Plan) -> String {
    let changes = || plan.tools.iter().flat_map(|tool| &tool.changes);
    let count = |actions: &[Action]| changes().filter(|c| actions.contains(&c.action)).count();
    let create = count(&[Action::Create, Action::Comment]);
    let update = count(&[Action::Update, Action::Adopt]);
    let delete = count(&[Action::Close]);
    format!("{{\"create\":{create},\"update\":{update},\"delete\":{delete}}}\n")
}

fn tool(tool: &ToolPlan) -> Json {
    json!({
        "id": tool.desired.tool,
        "name": tool.desired.name,
        "file": tool.desired.file,
        "summary": tool.summary(),
        "left_out": tool.left_out,
        "notifies": tool.notifies(),
        "changes": tool.changes.iter().map(change).collect::<Vec<_>>(),
        "orphans": tool.orphans.iter().map(change).collect::<Vec<_>>(),
        "notices": tool.notices.iter().map(|n| json!({
            "blocks": n.blocks, "message": n.message, "hint": n.hint,
        })).collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Json {
    let Change {
        key,
        subject,
        action,
        cause,
        title,
        reference,
        url,
        parent,
        namespace,
        depth: _,
        fields,
        kept,
        conflicts,
    } = change;
    json!({
        "key": key,
        "type": subject.as_str(),
        "action": action.as_str(),
        "cause": cause.as_str(),
        "title": title,
        "ref": reference.as_ref().map(ToString::to_string),
        "url": url,
        "parent": parent,
        "namespace": namespace,
        "fields": list(fields),
        "kept": list(kept),
        "conflicts": list(conflicts),
    })
}

fn list(fields: &[impl Serialize]) -> Json {
    serde_json::to_value(fields).unwrap_or_default()
}
