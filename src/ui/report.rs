//! What came of an apply, for people.

use std::collections::BTreeMap;

use crate::apply::{Line, Outcome, Report};
use crate::plan::change::Summary;
use crate::plan::{Plan, Subject, ToolPlan};

use super::clean::clean_line;
use super::words::{BOLD, CHANGED, DIM, NOTE, REMOVED, count, styled};

/// Renders a report: sums, what went wrong, and where to look; with `links` as
/// addresses, which the sandbox of a single command no longer answers.
#[must_use]
pub fn render(report: &Report, plan: &Plan, links: bool) -> String {
    let mut out = String::new();
    for line in &report.lines {
        let (why, hint) = match &line.outcome {
            Outcome::Failed(error, hint) => (error.clone(), Some(hint)),
            Outcome::Skipped(reason) => (reason.clone(), None),
            Outcome::Moved => ("somebody changed it since the plan; plan again".to_owned(), None),
            _ => continue,
        };
        let style = if matches!(line.outcome, Outcome::Failed(..)) { REMOVED } else { CHANGED };
        let what = format!(
            "{}: {} {}",
            line.outcome.as_str(),
            line.subject.as_str(),
            clean_line(&line.title)
        );
        out.push_str(&format!("{} ({})\n", styled(style, &what), clean_line(&line.key)));
        out.push_str(&format!("  {}\n", clean_line(&why)));
        if let Some(hint) = hint {
            out.push_str(&format!("  {} {}\n", styled(NOTE, "hint:"), clean_line(hint)));
        }
    }
    for warning in &report.warnings {
        out.push_str(&format!("{} {}\n", styled(CHANGED, "warning:"), clean_line(warning)));
    }
    out.push_str(&styled(BOLD, &sums(report)));
    out.push('\n');
    for line in tops(report, plan, links) {
        out.push_str(&format!("  {}\n", styled(DIM, &line)));
    }
    for tool in plan.tools.iter().filter(|tool| tool.blocked()) {
        let line = format!("{}: not applied, for the errors above", tool.desired.tool);
        out.push_str(&format!("  {}\n", styled(CHANGED, &clean_line(&line))));
    }
    if let Some(left) = left_to_people(plan) {
        out.push_str(&format!("{}\n", styled(BOLD, &left)));
    }
    out
}

fn sums(report: &Report) -> String {
    let word = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let is = |outcome: Outcome| report.count(|o| *o == outcome);
    let parts: Vec<String> = [
        word(is(Outcome::Created), "created"),
        word(is(Outcome::Updated), "updated"),
        word(is(Outcome::Adopted), "adopted"),
        word(is(Outcome::Recorded), "recorded"),
        word(is(Outcome::Closed), "closed"),
        word(is(Outcome::Posted), "posted"),
        word(is(Outcome::Done), "already there"),
        word(is(Outcome::Moved), "moved since the plan"),
        word(report.count(|o| matches!(o, Outcome::Skipped(_))), "skipped"),
        word(report.count(|o| matches!(o, Outcome::Failed(..))), "failed"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let what = if parts.is_empty() { "nothing was written".to_owned() } else { parts.join(", ") };
    // A saved plan does not follow what moved.
    let next = if report.moved() {
        "Plan again to finish"
    } else {
        "Run the same command again to finish"
    };
    match (report.interrupted, report.incomplete() || report.moved()) {
        (true, _) => format!("Interrupted: {what}.{} {next}.", left(report)),
        (false, true) => format!("Applied in part: {what}. {next}."),
        (false, false) => format!("Applied: {what}."),
    }
}

/// What an interrupted apply did not come to.
fn left(report: &Report) -> String {
    let Summary { create, update, adopt, close, comment, record, .. } = report.left;
    let parts: Vec<String> = [
        (create, "to create"),
        (update, "to update"),
        (adopt, "to adopt"),
        (close, "to close"),
        (comment, "to post"),
        (record, "to record"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    if parts.is_empty() { String::new() } else { format!(" Left: {}.", parts.join(", ")) }
}

/// What an apply does not do by itself.
fn left_to_people(plan: &Plan) -> Option<String> {
    let conflicts = plan.summary().conflict;
    let proposals: usize = plan.tools.iter().map(|tool| tool.proposals().count()).sum();
    let conflicts = (conflicts > 0).then(|| {
        format!("{}, settled by --on-conflict keep or spec", count(conflicts, "conflict"))
    });
    let proposals =
        (proposals > 0).then(|| format!("{}, taken over by --adopt", count(proposals, "item")));
    let parts: Vec<String> = conflicts.into_iter().chain(proposals).collect();
    (!parts.is_empty()).then(|| format!("Left to you: {}.", parts.join("; ")))
}

/// Where to look: the first item of each tool.
fn tops(report: &Report, plan: &Plan, links: bool) -> Vec<String> {
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &report.lines {
        if matches!(line.subject, Subject::Node(_)) && line.outcome.wrote() {
            *written.entry(&line.tool).or_default() += 1;
        }
    }
    let lines = plan.tools.iter().filter_map(|tool| {
        let id = tool.desired.tool.as_str();
        let items = count(*written.get(id)?, "item");
        let at = first(report, tool, links).map(|at| format!(", {}", clean_line(&at)));
        Some(format!("{id}: {items} written{}", at.unwrap_or_default()))
    });
    lines.collect()
}

/// Where a tool's first item is. What was done last knows best: one that was made may have been
/// closed, as another run made one too.
fn first(report: &Report, tool: &ToolPlan, links: bool) -> Option<String> {
    let key = &tool.desired.nodes.first()?.key;
    let is_first = |line: &&Line| line.tool == tool.desired.tool && line.key == key.as_str();
    let place = |line: &Line| if links { line.url.clone() } else { line.reference.clone() };
    let said = report.lines.iter().rev().filter(is_first).find_map(place);
    said.or_else(|| {
        let change = tool.change(key)?;
        let reference = || change.reference.as_ref().map(ToString::to_string);
        if links { change.url.clone() } else { reference() }
    })
}
