//! Places that cannot be found: nothing is made there, and what was made there is followed.
//!
//! GitLab's GraphQL knows a group or project by its present path only. After a rename or a transfer
//! the workspace names a path that nothing lies at, while the items keep their ids.

use std::collections::BTreeSet;

use crate::tree::{DesiredTree, Item, ObservedTree};

use super::change::{Action, Notice, Subject, ToolPlan};

/// Says which places of a tool cannot be found. One in which something would be made fails it.
pub(super) fn missing(
    mut plan: ToolPlan,
    observed: &ObservedTree,
    missing: &BTreeSet<String>,
) -> ToolPlan {
    for path in missing {
        let mut nodes = plan.desired.nodes.iter();
        if !nodes.any(|node| node.item.is_none() && node.namespace == *path) {
            continue;
        }
        let notice = notice(path, &homes(&plan.desired, observed, path));
        let new = |change: &super::Change| {
            let is_node = matches!(change.subject, Subject::Node(_));
            is_node && change.action == Action::Create && change.namespace == *path
        };
        if plan.changes.iter().any(new) {
            return ToolPlan::failed(&plan.desired, notice);
        }
        plan.notices.push(Notice { blocks: false, ..notice });
    }
    plan
}

/// Says of a tool that could not be looked at which of its places cannot be found.
#[must_use]
pub fn lost(tree: &DesiredTree, missing: &BTreeSet<String>) -> Option<Notice> {
    let mut nodes = tree.nodes.iter().filter(|node| node.item.is_none());
    let node = nodes.find(|node| missing.contains(&node.namespace))?;
    Some(notice(&node.namespace, &BTreeSet::new()))
}

/// Where the items lie whose nodes belong into a place.
fn homes<'o>(desired: &DesiredTree, observed: &'o ObservedTree, path: &str) -> BTreeSet<&'o str> {
    let nodes = desired.nodes.iter().filter(|node| node.namespace == path);
    let items = nodes.filter_map(|node| observed.items.get(&node.key));
    items.map(|item: &Item| item.reference.namespace.as_str()).collect()
}

fn notice(path: &str, homes: &BTreeSet<&str>) -> Notice {
    let message = format!("{path} does not exist, or this token may not see it");
    let homes: Vec<&str> = homes.iter().copied().collect();
    let (message, hint) = match homes.as_slice() {
        [] => (
            message,
            "correct [places] in epictree.toml, or make the token's user a member there".to_owned(),
        ),
        [home] => (
            format!("{message}; what was made there lies in {home}"),
            format!("if it is called {home} now, name that in [places] in epictree.toml"),
        ),
        several => (
            format!("{message}; what was made there lies in {}", several.join(", ")),
            "name the place that new items go to in [places] in epictree.toml".to_owned(),
        ),
    };
    Notice { blocks: true, message, hint }
}
