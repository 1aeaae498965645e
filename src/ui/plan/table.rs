//! Many tools at a glance: a line a tool with what would be done, and the names of those with nothing.

use unicode_width::UnicodeWidthStr;

use crate::plan::{Plan, Summary, ToolPlan};

use super::super::clean::{clean_line, fit};
use super::super::words::{BOLD, DIM, REMOVED, hanging, styled};
use super::notices::Shared;
use super::{Look, is_quiet};

/// Columns between two counts.
const GAP: usize = 2;
/// The least that is left of a tool's id.
const LEAST: usize = 12;

/// A column: its head, and what it counts.
type Column = (&'static str, fn(&Summary) -> usize);

const COLUMNS: [Column; 10] = [
    ("create", |sum| sum.create),
    ("update", |sum| sum.update),
    ("adopt", |sum| sum.adopt),
    ("close", |sum| sum.close),
    ("post", |sum| sum.comment),
    ("record", |sum| sum.record),
    ("unchanged", |sum| sum.unchanged),
    ("drift", |sum| sum.drift),
    ("conflict", |sum| sum.conflict),
    ("orphan", |sum| sum.orphan),
];

/// Renders a line for each tool of several, unless there is nothing to say of any.
pub(super) fn table(plan: &Plan, shared: &Shared<'_>, look: Look) -> String {
    let silent = |tool: &&ToolPlan| {
        is_quiet(tool, shared, look) && !tool.blocked() && tool.left_out == Summary::default()
    };
    let (quiet, told): (Vec<&ToolPlan>, Vec<&ToolPlan>) = plan.tools.iter().partition(silent);
    if plan.tools.len() < 2 || told.is_empty() {
        return String::new();
    }
    let all = plan.summary();
    let columns: Vec<Column> = COLUMNS.into_iter().filter(|(_, count)| count(&all) > 0).collect();
    let counts: usize = columns.iter().map(|(head, _)| GAP + head.width()).sum();
    let longest = told.iter().map(|tool| tool.desired.tool.width()).max().unwrap_or_default();
    let room = look.width.saturating_sub(counts).max(LEAST);
    let width = longest.max("tool".width()).min(room);
    let heads: String = columns.iter().map(|(head, _)| format!("{:GAP$}{head}", "")).collect();
    let mut out = format!("{}\n", styled(BOLD, &format!("{:width$}{heads}", "tool")));
    for tool in told {
        let id = fit(&clean_line(&tool.desired.tool), width);
        let counts = match tool.failure() {
            Some(_) => format!("{:GAP$}{}", "", styled(REMOVED, "failed")),
            None => counts_of(tool, &columns),
        };
        out.push_str(format!("{id:width$}{counts}").trim_end());
        out.push('\n');
    }
    if !quiet.is_empty() {
        let ids: Vec<String> = quiet.iter().map(|tool| clean_line(&tool.desired.tool)).collect();
        out.push_str(&hanging(DIM, "as the files want:", &ids.join(", "), look.width));
    }
    out.push('\n');
    out
}

fn counts_of(tool: &ToolPlan, columns: &[Column]) -> String {
    let sum = tool.summary();
    let cell = |(head, count): &Column| {
        let shown = match count(&sum) {
            0 => "-".to_owned(),
            count => count.to_string(),
        };
        format!("{:GAP$}{shown:>width$}", "", width = head.width())
    };
    let counts: String = columns.iter().map(cell).collect();
    let held = if tool.blocked() { styled(REMOVED, "  error") } else { String::new() };
    format!("{counts}{held}")
}
