//! The description that a new item is created with.

use std::collections::BTreeSet;

use crate::marker::{self, Base, BaseText, Marker};
use crate::text::NOT_YET;
use crate::tree::{DesiredNode, WorkItemId};

use super::compare::Around;
use super::resolve::resolve;

/// The text a new item gets, with its marker.
#[must_use]
pub fn first_description(
    node: &DesiredNode,
    parent: Option<&WorkItemId>,
    around: &Around<'_>,
) -> String {
    let body = resolve(&node.body, |_| NOT_YET.to_owned(), around.item, around.closing);
    let base = Base {
        title: Some(node.title.clone()),
        body: Some(BaseText::Text(body.clone())),
        labels: managed_labels(node),
        parent: parent.map(WorkItemId::number),
        confidential: node.confidential,
        weight: node.weight,
        milestone: node.milestone.clone(),
        assignees: node.assignees.clone().filter(|list| !list.is_empty()),
        start: node.start,
        due: node.due,
        links: Vec::new(),
    };
    let record = around.record.clone().unwrap_or_default();
    let marker =
        Marker { workspace: around.workspace.to_owned(), key: node.key.clone(), base, record };
    marker::write(&body, &marker)
}

/// The labels a base keeps: enforced and shared, sorted.
fn managed_labels(node: &DesiredNode) -> Vec<String> {
    let labels: BTreeSet<&String> =
        node.labels.enforced.iter().chain(&node.labels.shared).collect();
    labels.into_iter().cloned().collect()
}
