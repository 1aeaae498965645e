//! What people should know that is not a change: below its tool, or once for all tools it is said of.

use std::collections::BTreeMap;

use crate::plan::change::Notice;
use crate::plan::{Plan, ToolPlan};

use super::super::clean::clean_line;
use super::super::words::{CHANGED, NOTE, REMOVED, hanging};
use super::Look;

/// Notices that several tools share, with the ids of those tools.
pub(super) struct Shared<'p>(BTreeMap<&'p Notice, Vec<&'p str>>);

impl<'p> Shared<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut all: BTreeMap<&Notice, Vec<&str>> = BTreeMap::new();
        for tool in &plan.tools {
            for notice in &tool.notices {
                all.entry(notice).or_default().push(&tool.desired.tool);
            }
        }
        all.retain(|_, tools| tools.len() > 1);
        Self(all)
    }

    /// The notices of a tool that no other tool has.
    pub(super) fn own<'t>(&self, tool: &'t ToolPlan) -> impl Iterator<Item = &'t Notice> {
        tool.notices.iter().filter(|notice| !self.0.contains_key(notice))
    }

    /// Renders those that several tools share.
    pub(super) fn render(&self, look: Look) -> String {
        let mut out = String::new();
        for (notice, tools) in &self.0 {
            render(&mut out, notice, &format!(" (of {})", tools.join(", ")), look);
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }
}

/// Renders a notice, with more at the end of its message.
pub(super) fn render(out: &mut String, notice: &Notice, more: &str, look: Look) {
    let (word, style) = if notice.blocks { ("error:", REMOVED) } else { ("note:", CHANGED) };
    let width = if look.cut { look.width } else { usize::MAX };
    let message = format!("{}{more}", notice.message);
    out.push_str(&hanging(style, word, &clean_line(&message), width));
    out.push_str(&hanging(NOTE, "  hint:", &clean_line(&notice.hint), width));
}
