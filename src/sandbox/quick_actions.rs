//! Finds GitLab's quick actions in a text and cuts them out. Must not know of items: what an
//! action does to one is for the caller.

use super::text::{self, Region};

const COMMANDS: &[&str] = &[
    "add_child",
    "add_contacts",
    "add_email",
    "approve",
    "assign",
    "assign_reviewer",
    "award",
    "blocked_by",
    "blocks",
    "board_move",
    "cc",
    "child_epic",
    "clear_health_status",
    "clear_parent",
    "clear_weight",
    "clone",
    "close",
    "confidential",
    "convert_to_ticket",
    "copy_metadata",
    "create_merge_request",
    "done",
    "draft",
    "due",
    "duplicate",
    "epic",
    "estimate",
    "estimate_time",
    "health_status",
    "iteration",
    "label",
    "labels",
    "link",
    "lock",
    "merge",
    "milestone",
    "move",
    "page",
    "parent",
    "parent_epic",
    "promote",
    "promote_to",
    "promote_to_epic",
    "promote_to_incident",
    "publish",
    "react",
    "ready",
    "reassign",
    "rebase",
    "relabel",
    "relate",
    "remove_child",
    "remove_child_epic",
    "remove_contacts",
    "remove_due_date",
    "remove_email",
    "remove_epic",
    "remove_estimate",
    "remove_iteration",
    "remove_milestone",
    "remove_parent",
    "remove_parent_epic",
    "remove_time_spent",
    "remove_time_estimate",
    "remove_zoom",
    "reopen",
    "request_review",
    "set_parent",
    "severity",
    "shrug",
    "spend",
    "spend_time",
    "spent",
    "status",
    "submit_review",
    "subscribe",
    "tableflip",
    "tag",
    "target_branch",
    "timeline",
    "title",
    "todo",
    "type",
    "unapprove",
    "unassign",
    "unlabel",
    "unlink",
    "unlock",
    "unsubscribe",
    "wip",
    "zoom",
    "weight",
];

/// A text without its quick actions, and the lines that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extracted {
    pub(super) text: String,
    pub(super) commands: Vec<String>,
}

/// What the commands ask for, of the few that the sandbox carries out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effects {
    /// `Some(true)` closes, `Some(false)` reopens.
    pub(super) close: Option<bool>,
    pub(super) title: Option<String>,
    pub(super) confidential: bool,
    pub(super) add_labels: Vec<String>,
    pub(super) remove_labels: Vec<String>,
}

/// Cuts the quick actions out of a text.
pub(super) fn extract(text: &str) -> Extracted {
    let mut kept = Vec::new();
    let mut commands = Vec::new();
    for (region, line) in text::lines(text) {
        match command(region, line) {
            None => kept.push(line.to_owned()),
            Some((name, rest)) => {
                commands.push(line.trim_end().to_owned());
                if let Some(face) = face(name) {
                    kept.push(format!("{rest} {face}").trim_start().to_owned());
                }
            }
        }
    }
    let text =
        if commands.is_empty() { text.to_owned() } else { kept.join("\n").trim_end().to_owned() };
    Extracted { text, commands }
}

fn command(region: Region, line: &str) -> Option<(&str, &str)> {
    if region != Region::Plain {
        return None;
    }
    let body = line.strip_prefix('/')?.trim_end();
    let (name, rest) = body.split_once(' ').unwrap_or((body, ""));
    let known = COMMANDS.iter().any(|known| known.eq_ignore_ascii_case(name));
    known.then_some((name, rest.trim()))
}

fn face(name: &str) -> Option<&'static str> {
    if name.eq_ignore_ascii_case("shrug") {
        Some(r"¯\＿(ツ)＿/¯")
    } else if name.eq_ignore_ascii_case("tableflip") {
        Some("(╯°□°)╯︵ ┻━┻")
    } else {
        None
    }
}

/// Reads what the commands ask for.
pub(super) fn effects(commands: &[String]) -> Effects {
    let mut effects = Effects::default();
    for line in commands {
        let Some((name, rest)) = command(Region::Plain, line) else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "close" => effects.close = Some(true),
            "reopen" => effects.close = Some(false),
            "title" if !rest.is_empty() => effects.title = Some(rest.to_owned()),
            "confidential" => effects.confidential = true,
            "label" | "labels" => effects.add_labels.extend(label_names(rest)),
            "unlabel" => effects.remove_labels.extend(label_names(rest)),
            _ => {}
        }
    }
    effects
}

/// Splits `~one ~"two words" three`.
fn label_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let bare = rest.strip_prefix('~').unwrap_or(rest);
        let (name, after) = match bare.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => bare.split_once(' ').unwrap_or((bare, "")),
        };
        names.push(name.trim_end_matches(',').to_owned());
        rest = after.trim_start();
    }
    names
}
