//! A plan for people: one line a node in tree order, what changes under it.

mod comments;
mod fields;
mod line;
mod notices;
mod sums;
mod table;

use unicode_width::UnicodeWidthStr;

use crate::plan::{Action, Change, Plan, Subject, ToolPlan};

use super::clean::{clean, clean_line};
use super::words::{BOLD, DIM, styled};
use fields::{field, text};
pub(super) use fields::{plain, sides, signed};
use line::Lines;
use notices::Shared;
pub(super) use sums::left_out;

/// Where the columns of a plan begin.
const MARGIN: &str = "      ";

/// How to show a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns to align in.
    pub width: usize,
    /// Whether values that do not fit are cut; only a terminal needs that.
    pub cut: bool,
    /// Whether references lead to their items; only some terminals know how.
    pub links: bool,
    /// Whether to list what people changed and keep.
    pub show_drift: bool,
    /// Whether to print the whole text of each new item.
    pub texts: bool,
}

impl Look {
    /// Shows the plan as whatever is behind stdout can; `links` is false where the items can
    /// no longer be reached when somebody reads it.
    #[must_use]
    pub fn here(links: bool) -> Self {
        Self {
            width: super::width(),
            cut: super::is_terminal(),
            links: links && super::pager::takes_links(),
            show_drift: false,
            texts: false,
        }
    }
}

/// Renders a plan. Of many tools only those with something to say are shown.
#[must_use]
pub fn render(plan: &Plan, look: Look) -> String {
    let mut out = String::new();
    let several = plan.tools.len() > 1;
    let shared = Shared::of(plan);
    for tool in &plan.tools {
        if several && is_quiet(tool, &shared, look) {
            continue;
        }
        if several {
            out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&tool.desired.name))));
        }
        let before = out.len();
        tool_plan(&mut out, tool, &shared, look);
        if out.len() > before {
            out.push('\n');
        }
    }
    if look.texts {
        texts(&mut out, plan);
    }
    out.push_str(&shared.render(look));
    out.push_str(&table::table(plan, &shared, look));
    out.push_str(&sums::sums(plan, look.width));
    out.push_str(&sums::hints(plan, look));
    out
}

fn is_quiet(tool: &ToolPlan, shared: &Shared<'_>, look: Look) -> bool {
    let drifts = look.show_drift && tool.summary().drift > 0;
    !tool.writes()
        && !tool.undecided()
        && shared.own(tool).next().is_none()
        && tool.orphans.is_empty()
        && !drifts
}

/// Whether a change has a line of its own.
fn is_shown(change: &Change, look: Look) -> bool {
    let quiet = change.action == Action::None || change.action == Action::Record;
    let drifts = look.show_drift && !change.kept.is_empty();
    !quiet || !change.conflicts.is_empty() || drifts
}

fn tool_plan(out: &mut String, tool: &ToolPlan, shared: &Shared<'_>, look: Look) {
    let lines = Lines::of(tool, look);
    for change in &tool.changes {
        if !is_shown(change, look) {
            continue;
        }
        if change.subject == Subject::Comment {
            comments::line(out, change, look);
            continue;
        }
        lines.line(out, change);
        if !(change.action == Action::Create
            && matches!(change.subject, Subject::Node(_) | Subject::Label))
        {
            let column = change.fields.iter().map(|f| f.name.width()).max().unwrap_or(0).max(8);
            change.fields.iter().for_each(|f| field(out, change, f, column, look));
        }
        change.conflicts.iter().for_each(|f| sides(out, "conflict", f, look));
        if look.show_drift {
            change.kept.iter().for_each(|f| sides(out, "kept", f, look));
        }
    }
    for orphan in &tool.orphans {
        let text = format!("no longer in {}: left alone, --prune closes it", tool.desired.file);
        lines.line(out, orphan);
        out.push_str(&format!("{MARGIN}{}\n", styled(DIM, &clean_line(&text))));
    }
    shared.own(tool).for_each(|notice| notices::render(out, notice, "", look));
}

/// The whole text of every new item, in tree order.
fn texts(out: &mut String, plan: &Plan) {
    for change in plan.tools.iter().flat_map(|tool| &tool.changes) {
        let Some(body) = change.fields.iter().find(|f| f.name == "body") else { continue };
        let labels =
            change.fields.iter().find(|f| f.name == "labels").map(signed).unwrap_or_default();
        out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&format!("== {} ==", change.key)))));
        out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&change.title))));
        let place = match (change.subject, &change.parent) {
            (Subject::Comment, Some(node)) => format!("on {node}"),
            _ => format!("in {}", change.namespace),
        };
        let about = format!("{} {place}  {}", change.subject.as_str(), labels.replace("+ ", ""));
        out.push_str(&format!("{}\n", styled(DIM, clean_line(&about).trim_end())));
        for field in change.fields.iter().filter(|f| !matches!(f.name.as_str(), "body" | "labels"))
        {
            let line = format!("{}: {}", field.name, plain(&field.after));
            out.push_str(&format!("{}\n", styled(DIM, &clean_line(&line))));
        }
        out.push_str(&format!("\n{}\n\n", clean(&text(&body.after))));
    }
}
