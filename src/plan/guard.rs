//! Whether a plan is safe to carry out: the brake, and what only `--force` may do.

use crate::key::NodeKey;

use super::change::{Action, Cause, Change, Subject, ToolPlan, Value};

/// Below this many items the brake never acts.
const FEW: usize = 10;
/// The share of open items, in percent, above which a plan is refused.
const SHARE: usize = 30;

/// Why a plan is not carried out without `--force`; empty when it is safe.
///
/// Filling a reference that was open does not count: that is this tool finishing its own work, not
/// a surprise. Nor does closing what is fulfilled: people ticked every box of it.
#[must_use]
pub fn objections(plan: &ToolPlan) -> Vec<String> {
    let mut objections = Vec::new();
    let updated = plan
        .changes
        .iter()
        .filter(|c| matches!(c.subject, Subject::Node(_)))
        .filter(|c| !matches!(c.cause, Cause::Filled | Cause::Fulfilled))
        .filter(|c| matches!(c.action, Action::Update | Action::Close) && !is_named(plan, c))
        .count();
    let touched = updated + plan.orphans.len();
    if touched > FEW && touched * 100 > plan.open_items * SHARE {
        objections.push(format!(
            "{touched} of {} open items of {} would be changed, closed or orphaned at once",
            plan.open_items, plan.desired.tool
        ));
    }
    for change in &plan.changes {
        if change.fields.iter().any(|f| f.name == "confidential" && f.after == Value::Flag(false)) {
            objections.push(format!("{} would no longer be confidential", change.key));
        }
    }
    objections
}

/// Work that exists is people's, not one of the tool's items.
fn is_named(plan: &ToolPlan, change: &Change) -> bool {
    let node = NodeKey::parse(&change.key).and_then(|key| plan.desired.node(&key));
    node.is_some_and(|node| node.item.is_some())
}
