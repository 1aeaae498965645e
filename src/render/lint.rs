//! What GitLab would refuse, run or notify: checked in every rendered text.

use super::about::About;
use super::bounded::MAX_BODY;
use super::desired::{about, node_error};
use super::expand::OutlineNode;
use super::markdown::{Line, prose};
use super::{Engine, Scene};
use crate::blueprint::RowRule;
use crate::problem::{Problem, Problems};
use crate::source::Span;
use crate::spec::Entry;
use crate::text::SLOT_OPEN;

/// The longest title GitLab takes, in characters.
const MAX_TITLE: usize = 255;
/// Room for the marker that is added to every description.
const MARKER_ROOM: usize = 64 * 1024;

/// The quick actions GitLab knows on epics, issues and tasks.
const ACTIONS: [&str; 84] = [
    "add_child",
    "add_contacts",
    "add_email",
    "add_parent",
    "approve",
    "assign",
    "assign_reviewer",
    "award",
    "react",
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
    "invite_email",
    "iteration",
    "label",
    "labels",
    "link",
    "linked_items",
    "lock",
    "merge",
    "milestone",
    "move",
    "page",
    "parent_epic",
    "promote",
    "promote_to",
    "promote_to_incident",
    "publish",
    "ready",
    "reassign",
    "reassign_reviewer",
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
    "remove_time_estimate",
    "remove_time_spent",
    "remove_zoom",
    "reopen",
    "request_review",
    "set_parent",
    "severity",
    "ship",
    "shrug",
    "spend",
    "spend_time",
    "spent",
    "start_date",
    "submit_review",
    "subscribe",
    "tableflip",
    "tag",
    "target_branch",
    "timeline",
    "title",
];
const MORE_ACTIONS: [&str; 20] = [
    "todo",
    "type",
    "unapprove",
    "unassign",
    "unassign_reviewer",
    "unlabel",
    "remove_label",
    "unlink",
    "unlock",
    "unrelate",
    "unsubscribe",
    "weight",
    "wip",
    "zoom",
    "confidential_issue",
    "escalate",
    "set_due",
    "q",
    "duo",
    "checkin_reminder",
];

/// Trims a text and takes runs of blank lines as one.
pub(super) fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "");
    let mut out = String::with_capacity(text.len());
    let mut ends = 0;
    for c in text.trim().chars() {
        ends = if c == '\n' { ends + 1 } else { 0 };
        if ends <= 2 {
            out.push(c);
        }
    }
    out
}

/// Checks a title.
pub(super) fn title(scene: &Scene<'_>, node: &OutlineNode<'_>, title: &str, out: &mut Problems) {
    let length = title.chars().count();
    if title.is_empty() {
        out.push(node_error(scene, node, "its title is empty").hint("give it a name"));
    }
    if title.contains(['\n', '\r']) {
        out.push(
            node_error(scene, node, "its title has more than one line").hint("put it on one line"),
        );
    }
    if length > MAX_TITLE {
        let message = format!("its title has {length} characters, and GitLab takes {MAX_TITLE}");
        out.push(node_error(scene, node, message).hint("shorten the name"));
    }
    if title.contains(SLOT_OPEN) {
        let message = format!(
            "the title of {} holds a reference, and titles have no slots",
            about(scene, node)
        );
        out.push(node.rule.title.span.error(message).hint("take `ref` and `tick` out of `title`"));
    }
}

/// Checks the size of a whole description.
pub(super) fn size(scene: &Scene<'_>, node: &OutlineNode<'_>, text: &str, out: &mut Problems) {
    if text.len() > MAX_BODY - MARKER_ROOM {
        let message = format!(
            "its description has {} bytes, and GitLab takes {MAX_BODY}, of which epictree needs {MARKER_ROOM}",
            text.len()
        );
        out.push(node_error(scene, node, message).hint("shorten its texts"));
    }
}

/// A description or comment that is checked: what messages call it, and where it comes from.
pub(super) struct Checked<'a> {
    /// `the description of node part/one of tools/hunter.toml`.
    pub(super) about: String,
    /// The name of its template.
    pub(super) template: &'a str,
    /// The entry it is made for, whose own texts are looked at first.
    pub(super) entry: Option<&'a Entry>,
    /// Where to point if a line is found nowhere.
    pub(super) span: &'a Span,
    /// How not to mention people in it.
    pub(super) instead: &'static str,
}

/// Checks a description.
pub(super) fn body(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    template: &str,
    text: &str,
    out: &mut Problems,
) {
    let checked = Checked {
        about: format!("the description of {}", about(scene, node)),
        template,
        entry: node.entry,
        span: node.entry.map_or(&scene.spec.id.span, |entry| &entry.id.span),
        instead: "descriptions never mention",
    };
    words(scene, &checked, engine, text, out);
}

/// Checks a text for what GitLab would run or notify.
pub(super) fn words(
    scene: &Scene<'_>,
    checked: &Checked<'_>,
    engine: &Engine,
    text: &str,
    out: &mut Problems,
) {
    let Checked { about, instead, .. } = checked;
    if text.contains("<!--epictree") {
        let message = format!("{about} holds the opening of a marker");
        out.push(checked.span.error(message).hint("take it out"));
    }
    for line in prose(text) {
        if let Some(action) = action(&line) {
            let message =
                format!("GitLab would run `/{action}` in line {} of {about}", line.number);
            let problem = origin(scene, checked, engine, line.text, message);
            out.push(
                problem
                    .label(format!("quick action /{action}"))
                    .hint("put it in a code span, or other words before it"),
            );
        }
        if let Some(handle) = mention(&line.prose) {
            let message =
                format!("`@{handle}` in line {} of {about} would notify people", line.number);
            let problem = origin(scene, checked, engine, line.text, message);
            let hint =
                format!("{instead}: write `@{handle}` in a code span, or use the filter `code`");
            out.push(problem.label("a mention").hint(hint));
        }
    }
}

/// Checks a table cell.
pub(super) fn cell(rule: &RowRule, column: &str, text: &str, about: About<'_>, out: &mut Problems) {
    let span =
        rule.cells.iter().find(|(c, _)| c == column).map_or(&rule.span, |(_, code)| &code.span);
    for line in prose(text) {
        if let Some(handle) = mention(&line.prose) {
            let message =
                format!("`@{handle}` in column `{column}` of {about} would notify people");
            out.push(span.error(message).hint("use the filter `cell` or `code`"));
        }
    }
}

fn action(line: &Line<'_>) -> Option<String> {
    if line.html {
        return None;
    }
    let rest = line.prose.trim_start().strip_prefix('/')?;
    let word: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let after = rest[word.len()..].chars().next();
    let word = word.to_ascii_lowercase();
    let known = ACTIONS.contains(&word.as_str()) || MORE_ACTIONS.contains(&word.as_str());
    (known && after.is_none_or(char::is_whitespace)).then_some(word)
}

/// The first user or group that a line mentions.
pub(super) fn mention(line: &str) -> Option<String> {
    let mut before: Option<char> = None;
    for (at, c) in line.char_indices() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if c == '@' && !before.is_some_and(|b| word(b) || b == '\\') {
            let name: String = line[at + 1..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "_-./".contains(*c))
                .collect();
            let name = name.trim_end_matches(['.', '/', '-']);
            if name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && !in_address(&line[..at])
            {
                return Some(name.to_owned());
            }
        }
        before = Some(c);
    }
    None
}

/// Whether a text ends within an address.
fn in_address(before: &str) -> bool {
    before
        .rsplit(|c: char| c.is_whitespace() || "()<>\"".contains(c))
        .next()
        .is_some_and(|word| word.contains("://"))
}

/// Starts an error where a line of a text came from: the tool file, else the template.
fn origin(
    scene: &Scene<'_>,
    checked: &Checked<'_>,
    engine: &Engine,
    line: &str,
    message: String,
) -> Problem {
    let line = line.trim();
    let near =
        |span: &Span| checked.entry.map_or(0, |e| span.range.start.abs_diff(e.span.range.start));
    let texts = scene.spec.raw.texts();
    let own = texts.iter().filter(|(text, _)| text.lines().any(|l| l.trim() == line));
    let part = texts.iter().filter(|(text, _)| {
        text.len() > 3 && text.lines().all(|l| line.contains(l.trim())) && text.contains(['@', '/'])
    });
    if let Some((_, span)) =
        own.min_by_key(|(_, span)| near(span)).or_else(|| part.min_by_key(|(_, span)| near(span)))
    {
        return span.error(message);
    }
    let found = std::iter::once(checked.template)
        .chain(engine.templates.keys().map(String::as_str))
        .find_map(|name| {
            let at = engine.templates.get(name)?.find(line)?;
            Some((name, at..at + line.len()))
        });
    match found {
        Some((name, range)) => engine.problem(name, Some(range), message),
        None => checked.span.error(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_found_where_gitlab_finds_them() {
        let cases = [
            ("ask @me-x.", Some("me-x")),
            ("(@a/b)", Some("a/b")),
            ("me@example.com", None),
            ("\\@me", None),
            ("https://x/@me", None),
            ("@ home", None),
            ("@_x", Some("_x")),
        ];
        for (text, wanted) in cases {
            assert_eq!(mention(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn only_known_actions_at_the_start_of_prose_count() {
        let first = |text: &str| prose(text).iter().find_map(action);
        assert_eq!(first("a\n/close").as_deref(), Some("close"));
        assert_eq!(first("/LABEL ~x").as_deref(), Some("label"));
        for text in [
            "/etc/passwd",
            "/usr",
            "see /close",
            "`/close`",
            "```\n/close\n```",
            "> /close",
            "\\/close",
            "/closed",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn blank_lines_are_taken_as_one() {
        assert_eq!(tidy("\n a\r\n\n\n\n\nb\n"), "a\n\nb");
    }
}
