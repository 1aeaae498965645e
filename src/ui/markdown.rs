//! A plan as Markdown, to paste into a merge request or a comment.
//!
//! Every text that came from GitLab or a file stands in code, and no line of it begins a line: so
//! what is pasted mentions nobody, links nothing, and runs no quick action. GitLab takes
//! everything from three backticks to the next three for code when it looks for those, whatever
//! the fence; texts are shown as differences, each line with its sign.

use crate::page::escape;
use crate::plan::change::Notice;
use crate::plan::{Action, Cause, Change, FieldChange, Plan, Subject, Summary, ToolPlan};

use super::clean::clean_line;
use super::plan::{left_out, plain, signed};
use super::{count, diff};

/// GitLab takes 1,000,000 characters in a comment, and is slow to show as many.
const MOST: usize = 500_000;

/// Renders a plan; with `show_drift` also what people changed and keep.
#[must_use]
pub fn render(plan: &Plan, show_drift: bool) -> String {
    let speaks = |tool: &&ToolPlan| speaks(tool, show_drift);
    let mut blocks = vec![head(plan), table(plan, show_drift)];
    for tool in plan.tools.iter().filter(speaks) {
        if plan.tools.len() > 1 {
            blocks.push(format!("\n#### {}\n\n", code(&tool.desired.name)));
        }
        blocks.extend(notices(tool));
        blocks.extend(changes(tool, show_drift));
        blocks.push("\n".into());
    }
    let shown = plan.tools.iter().filter(speaks).flat_map(|tool| &tool.changes);
    blocks.extend(shown.flat_map(|change| texts(change, show_drift)));
    bounded(&blocks)
}

fn speaks(tool: &ToolPlan, show_drift: bool) -> bool {
    let drifts = show_drift && tool.summary().drift > 0;
    let silent = tool.notices.is_empty() && tool.orphans.is_empty();
    tool.writes() || tool.undecided() || !silent || drifts
}

/// As many blocks as fit.
fn bounded(blocks: &[String]) -> String {
    let mut out = String::new();
    for (n, block) in blocks.iter().enumerate() {
        if out.len() + block.len() > MOST {
            let rest = count(blocks.len() - n, "part");
            out.push_str(&format!("\n**Cut here: {rest} of this plan did not fit.**\n"));
            break;
        }
        out.push_str(block);
    }
    out
}

fn head(plan: &Plan) -> String {
    let Summary { create, update, adopt, close, comment, record, conflict, .. } = plan.summary();
    let parts = [
        (create, "to create"),
        (update, "to update"),
        (adopt, "to adopt"),
        (close, "to close"),
        (comment, "to post"),
        (record, "to record"),
    ];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, what)| format!("{n} {what}")).collect();
    let what = if parts.is_empty() { "no changes".to_owned() } else { parts.join(", ") };
    let conflicts = match conflict {
        0 => String::new(),
        n => format!("; {}", count(n, "conflict")),
    };
    let caller = plan.caller.as_ref().map(|who| format!(", as {}", code(&format!("@{who}"))));
    let told = plan.notifies();
    let told = match told.is_empty() {
        true => "Nobody would be notified.".to_owned(),
        false => format!("Would notify {}.", handles(told)),
    };
    let (target, caller) = (code(&plan.target), caller.unwrap_or_default());
    let left = left_out(plan).map(|left| format!(" {left}")).unwrap_or_default();
    format!("### epictree plan: {what}{conflicts}\n\nFor {target}{caller}. {told}{left}\n\n")
}

/// The sums of each tool that has something to say. Ids need no code: they are words.
fn table(plan: &Plan, show_drift: bool) -> String {
    let speaking: Vec<&ToolPlan> =
        plan.tools.iter().filter(|tool| speaks(tool, show_drift)).collect();
    let quiet = plan.tools.len() - speaking.len();
    let mut out = String::new();
    if !speaking.is_empty() {
        out.push_str("| tool | create | update | adopt | close | post | unchanged | drift kept | conflicts | orphans |\n|---|---|---|---|---|---|---|---|---|---|\n");
    }
    for tool in speaking {
        let Summary {
            create,
            update,
            adopt,
            close,
            comment,
            record: _,
            unchanged,
            drift,
            conflict,
            orphan,
        } = tool.summary();
        let id = &tool.desired.tool;
        out.push_str(&format!("| {id} | {create} | {update} | {adopt} | {close} | {comment} | {unchanged} | {drift} | {conflict} | {orphan} |\n"));
    }
    if quiet > 0 {
        out.push_str(&format!("\n{} without changes.\n", count(quiet, "tool")));
    }
    out + "\n"
}

fn notices(tool: &ToolPlan) -> Vec<String> {
    let line = |notice: &Notice| {
        let word = if notice.blocks { "error" } else { "note" };
        format!("- **{word}:** {}; {}\n", code(&notice.message), code(&notice.hint))
    };
    tool.notices.iter().map(line).collect()
}

/// The changes as a nested list: below a shown item stands what hangs under it.
fn changes(tool: &ToolPlan, show_drift: bool) -> Vec<String> {
    let quiet = |change: &Change| {
        let drifts = show_drift && !change.kept.is_empty();
        let writes = !matches!(change.action, Action::None | Action::Record);
        !writes && change.conflicts.is_empty() && !drifts
    };
    let mut above: Vec<usize> = Vec::new();
    let mut blocks = Vec::new();
    for change in tool.changes.iter().filter(|change| !quiet(change)) {
        while above.last().is_some_and(|depth| *depth >= change.depth) {
            above.pop();
        }
        let indent = "  ".repeat(above.len());
        above.push(change.depth);
        let mut block = format!("{indent}- {}\n", line(change));
        let is_new = match change.action {
            Action::Create => change.subject != Subject::TableRow,
            Action::Comment => true,
            _ => false,
        };
        let kept = change.kept.iter().filter(|_| show_drift);
        let fields = change.fields.iter().filter(|_| !is_new).map(|f| field(change, f));
        let conflicts = change.conflicts.iter().map(|f| sides("conflict", f));
        for text in fields.chain(conflicts).chain(kept.map(|f| sides("kept", f))) {
            block.push_str(&format!("{indent}  - {text}\n"));
        }
        blocks.push(block);
    }
    let orphan = |orphan: &Change| format!("- orphan: {}\n", line(orphan));
    blocks.extend(tool.orphans.iter().map(orphan));
    blocks
}

/// One change, without its fields.
fn line(change: &Change) -> String {
    let word = match (change.action, change.cause) {
        (Action::Comment, Cause::New) => "post",
        (Action::Comment, _) => "reply",
        (Action::None | Action::Record, _) => "leave",
        (action, _) => action.as_str(),
    };
    let reference = change.reference.as_ref().map(|at| format!(" {}", code(&at.to_string())));
    let told = change.notifies();
    let told = match told.is_empty() {
        true => String::new(),
        false => format!(", notifies {}", handles(told)),
    };
    let (subject, title) = (change.subject.as_str(), code(&change.title));
    format!("**{word}** {subject} {title}{}{told}", reference.unwrap_or_default())
}

fn handles<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| code(&format!("@{name}"))).collect::<Vec<_>>().join(" ")
}

fn field(change: &Change, field: &FieldChange) -> String {
    let name = code(&field.name);
    let is_set = matches!(field.name.as_str(), "labels" | "links");
    match (field.name.as_str(), change.subject) {
        ("body", _) => format!("{name} below"),
        (_, Subject::Node(_)) if is_set => format!("{name} {}", code(&signed(field))),
        _ => format!("{name} {} → {}", code(&plain(&field.before)), code(&plain(&field.after))),
    }
}

/// Both sides of a field that people changed.
fn sides(word: &str, field: &FieldChange) -> String {
    let name = code(&field.name);
    if field.name == "body" {
        return format!("**{word}** {name} below");
    }
    let (gitlab, files) = (code(&plain(&field.before)), code(&plain(&field.after)));
    format!("**{word}** {name}: GitLab has {gitlab}, the files want {files}")
}

/// The texts of a change, folded away.
fn texts(change: &Change, show_drift: bool) -> Vec<String> {
    let of = |fields: &[FieldChange], what: &str| -> Vec<String> {
        let bodies = fields.iter().filter(|field| field.name == "body");
        bodies.map(|body| folded(change, what, body)).collect()
    };
    let mut texts = of(&change.fields, "");
    texts.extend(of(&change.conflicts, " (conflict: - GitLab, + the files)"));
    if show_drift {
        texts.extend(of(&change.kept, " (kept: - GitLab, + the files)"));
    }
    texts
}

fn folded(change: &Change, what: &str, body: &FieldChange) -> String {
    let difference = diff::render(&plain(&body.before), &plain(&body.after), "", None);
    let difference = anstream::adapter::strip_str(&difference).to_string();
    let fence = "`".repeat(longest(&difference, '`').max(2) + 1);
    let (subject, title) = (change.subject.as_str(), escape(&clean_line(&change.title)));
    format!(
        "<details><summary>{subject} <code>{title}</code>{what}</summary>\n\n\
         {fence}diff\n{difference}{fence}\n\n</details>\n\n"
    )
}

/// A text as it stands, on one line.
pub(super) fn code(text: &str) -> String {
    let text = clean_line(text);
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest(&text, '`') + 1);
    // One space at each end is not shown.
    let edge = |c: char| c == '`' || c == ' ';
    let pad = if text.starts_with(edge) || text.ends_with(edge) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The longest run of a character.
fn longest(text: &str, wanted: char) -> usize {
    let runs = text.split(|c| c != wanted).map(str::len);
    runs.max().unwrap_or(0) / wanted.len_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_whatever_it_is_given() {
        for (text, expected) in [
            ("plain", "`plain`"),
            ("a `b` c", "``a `b` c``"),
            ("`", "`` ` ``"),
            ("two\nlines", "`two lines`"),
            (" x ", "`  x  `"),
            ("", "(empty)"),
        ] {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let block = "x".repeat(MOST / 2);
        let out = bounded(&[block.clone(), block.clone(), block]);
        assert!(out.ends_with("x\n**Cut here: 1 part of this plan did not fit.**\n"), "{out:.20}");
        assert!(out.len() < MOST + 100);
    }
}
