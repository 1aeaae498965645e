//! What came of an apply, for people.

use crate::apply::{Outcome, Report};
use crate::plan::Subject;
use crate::plan::change::Summary;

use super::clean::clean_line;
use super::words::{BOLD, CHANGED, DIM, NOTE, REMOVED, count, styled};

/// Renders a report: sums, what went wrong, and where to look; with `links` as
/// addresses, which the sandbox of a single command no longer answers.
#[must_use]
pub fn render(report: &Report, links: bool) -> String {
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
    for line in tops(report, links) {
        out.push_str(&format!("  {}\n", styled(DIM, &line)));
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

/// Where to look: the first item of each tool.
fn tops(report: &Report, links: bool) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::new();
    for line in &report.lines {
        let is_item = matches!(line.subject, Subject::Node(_));
        let at = if links { &line.url } else { &line.reference };
        if let Some(at) = at.as_ref().filter(|_| is_item && line.outcome.wrote()) {
            let depth = line.key.matches('/').count();
            let best = seen.entry(line.tool.clone()).or_insert((usize::MAX, String::new(), 0));
            best.2 += 1;
            if depth < best.0 || (depth == best.0 && line.key.ends_with("/integration")) {
                (best.0, best.1) = (depth, at.clone());
            }
        }
    }
    seen.into_iter()
        .map(|(tool, (_, url, n))| {
            format!("{tool}: {} written, {}", count(n, "item"), clean_line(&url))
        })
        .collect()
}
