//! The last lines of a plan: what would be done, what stands, and what people may do about it.

use crate::plan::{Action, Plan, Summary};

use super::super::clean::clean_line;
use super::super::words::{BOLD, NOTE, count, hanging, rows, styled};
use super::super::{Talk, talks};
use super::Look;

/// What people may do about what is not written.
pub(super) fn hints(plan: &Plan, look: Look) -> String {
    if !talks(Talk::Usual) {
        return String::new();
    }
    let Summary { drift, conflict, .. } = plan.summary();
    let conflicts = "settle conflicts in GitLab or in the files, or run again with --on-conflict keep (GitLab's side stays) or spec (the files' side is written)";
    let drifts =
        "--show-drift lists what people changed and keep; `epictree pull` takes it into the files";
    let hints = [(conflict > 0, conflicts), (drift > 0 && !look.show_drift, drifts)];
    let hints = hints.into_iter().filter(|(holds, _)| *holds);
    hints.map(|(_, text)| hanging(NOTE, "hint:", text, look.width)).collect()
}

/// What `--only` leaves for another run.
pub(in crate::ui) fn left_out(plan: &Plan) -> Option<String> {
    let mut sum = Summary::default();
    plan.tools.iter().for_each(|tool| sum += tool.left_out);
    let Summary { create, update, adopt, comment, .. } = sum;
    let parts =
        [(create, "to create"), (update, "to update"), (adopt, "to adopt"), (comment, "to post")];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, what)| format!("{n} {what}")).collect();
    (!parts.is_empty()).then(|| format!("Left out by --only: {}.", parts.join(", ")))
}

/// The last lines: what would be done, and what stands.
pub(super) fn sums(plan: &Plan, width: usize) -> String {
    let Summary {
        create,
        update,
        adopt,
        close,
        comment,
        record,
        unchanged,
        drift,
        conflict,
        orphan,
    } = plan.summary();
    let mut parts = Vec::new();
    if plan.writes() || adopt > 0 {
        parts.push(format!(
            "Plan: {create} to create, {update} to update, {adopt} to adopt, {close} to close, {unchanged} unchanged."
        ));
    } else if conflict > 0 {
        parts
            .push(format!("Nothing to write before conflicts are settled, {unchanged} unchanged."));
    } else {
        let changes = plan.tools.iter().flat_map(|tool| &tool.changes);
        let theirs = changes.filter(|c| c.action == Action::None && !c.kept.is_empty()).count();
        let wanted = count(unchanged - theirs, "item");
        parts.push(match theirs {
            0 => format!("No changes. {wanted} as the files want."),
            _ => format!("No changes. {wanted} as the files want, {theirs} as people have it."),
        });
    }
    if comment > 0 {
        parts.push(format!("{} to post.", count(comment, "comment")));
    }
    if record > 0 {
        parts.push(format!("{record} to record."));
    }
    parts.push(format!("{drift} drift kept, {}.", count(conflict, "conflict")));
    if orphan > 0 {
        parts.push(format!("{}.", count(orphan, "orphan")));
    }
    parts.extend(left_out(plan));
    let notified = plan.notifies();
    if !notified.is_empty() {
        let who = plan.caller.as_ref().map(|caller| format!(", as @{caller}")).unwrap_or_default();
        let people = if notified.len() == 1 {
            "1 person".into()
        } else {
            format!("{} people", notified.len())
        };
        parts.push(format!("{people} will be notified{who}."));
    }
    let lines = rows(parts.iter().map(String::as_str), width);
    lines.iter().map(|line| format!("{}\n", styled(BOLD, &clean_line(line)))).collect()
}
