//! A status as Markdown, to paste into an issue or a comment.
//!
//! As with plans, every text from GitLab or a file stands in code, and in no table, whose bars would
//! end the code: what is pasted mentions nobody, links nothing, and runs no quick action.

use crate::status::{Measure, Next, Status, Sum, ToolStatus};

use super::super::markdown::code;
use super::words::{all, days, figures, lacking, nothing, waiting, word_counts};

/// Renders a status.
#[must_use]
pub fn render(status: &Status) -> String {
    let (today, target) = (status.today, code(&status.target));
    let mut out = format!("### epictree status on {today}: {}\n\nOf {target}.\n\n", all(status));
    if status.tools.len() > 1 {
        status.measures.iter().for_each(|measure| out.push_str(&sum(measure)));
        out.push('\n');
    }
    for sum in status.measures.iter().filter(|sum| sum.lacks()) {
        out.push_str(&format!("**To mind:** {}\n\n", code(&lacking(sum))));
    }
    let tools: Vec<String> = status.tools.iter().map(tool).collect();
    out + &tools.join("\n")
}

fn tool(tool: &ToolStatus) -> String {
    let Some(item) = &tool.item else {
        return format!("#### {}\n\n{}\n", code(&tool.name), nothing(tool));
    };
    let reference = code(&item.reference.to_string());
    let mut out = format!("#### {} {reference}\n\n", code(&tool.name));
    if tool.measures.is_empty() {
        out.push_str(&format!("{}\n", nothing(tool)));
    }
    for measure in &tool.measures {
        out.push_str(&sum(&measure.sum));
        out.push_str(&coming(measure));
    }
    out
}

/// The figures of a measure.
fn sum(sum: &Sum) -> String {
    let mut out = format!("- {}: {}\n", code(&sum.title), figures(sum).join(" "));
    if let Some(by) = &sum.by {
        out.push_str(&format!("  - {}: {}\n", code(&by.field), code(&word_counts(by))));
    }
    out
}

/// What comes next, and by when.
fn coming(measure: &Measure) -> String {
    let mut out = String::new();
    if let Some(due) = &measure.due {
        out.push_str(&format!("  - due {}, {}\n", due.day, days(due.days)));
    }
    for next in &measure.next {
        let Next { link, .. } = next;
        let (title, place) = (code(&link.title), code(&link.reference.to_string()));
        let about = waiting(next).map(|text| format!(", {text}")).unwrap_or_default();
        out.push_str(&format!("  - next: {title} {place}{about}\n"));
    }
    if measure.next_more > 0 {
        out.push_str(&format!("  - and {} more\n", measure.next_more));
    }
    out
}
