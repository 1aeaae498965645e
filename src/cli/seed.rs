//! What a workspace's sandbox starts with: its places, its labels, its people.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::sandbox::{Edition, Seed, SeedItem, SeedLabel, SeedMilestone};
use crate::tree::{DesiredComment, DesiredNode, DesiredTree, Kind, Parent, Reference};

/// Who the sandbox acts as.
const BOT: &str = "epictree-sandbox";

/// Builds the seed of a workspace; `places` are items that it names.
pub(super) fn of(
    nested_epics: bool,
    places: impl Iterator<Item = Reference>,
    trees: &[Arc<DesiredTree>],
) -> Seed {
    let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
    let groups: BTreeSet<String> =
        nodes().filter(|node| node.kind == Kind::Epic).map(|node| node.namespace.clone()).collect();
    let projects: BTreeSet<String> = nodes()
        .filter(|node| node.kind != Kind::Epic && node.item.is_none())
        .map(|node| node.namespace.clone())
        .collect();
    let edition = if nested_epics { Edition::ultimate() } else { Edition::premium() };
    let assigned = nodes().flat_map(|node| node.assignees.iter().flatten().cloned());
    let comments = trees.iter().flat_map(|tree| &tree.comments);
    let mentioned = comments.flat_map(DesiredComment::people).map(str::to_owned);
    let users = assigned.chain(mentioned);
    Seed {
        edition,
        groups: groups.into_iter().collect(),
        projects: projects.into_iter().collect(),
        labels: labels(trees),
        users: users.collect::<BTreeSet<_>>().into_iter().collect(),
        milestones: milestones(trees),
        items: items(places, trees),
        bot: BOT.to_owned(),
        ..Seed::default()
    }
}

fn top(namespace: &str) -> String {
    namespace.split('/').next().unwrap_or_default().to_owned()
}

/// Labels that the blueprint does not create exist in the top-level group, as on a real instance.
fn labels(trees: &[Arc<DesiredTree>]) -> Vec<SeedLabel> {
    let mut wanted = BTreeSet::new();
    for tree in trees {
        let created: BTreeSet<&str> =
            tree.labels.iter().filter(|rule| rule.create).map(|rule| rule.title.as_str()).collect();
        for node in &tree.nodes {
            let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
            for title in
                labels.into_iter().flatten().filter(|title| !created.contains(title.as_str()))
            {
                wanted.insert((top(&node.namespace), title.clone()));
            }
        }
    }
    let seed = |(namespace, title)| SeedLabel { namespace, title, color: "#6699cc".into() };
    wanted.into_iter().map(seed).collect()
}

fn milestones(trees: &[Arc<DesiredTree>]) -> Vec<SeedMilestone> {
    let of = |node: &DesiredNode| node.milestone.clone().map(|title| (top(&node.namespace), title));
    let wanted: BTreeSet<_> =
        trees.iter().flat_map(|tree| tree.nodes.iter().filter_map(of)).collect();
    wanted.into_iter().map(|(namespace, title)| SeedMilestone { namespace, title }).collect()
}

/// Items that the files refer to; those with a table get one with rows people wrote.
fn items(places: impl Iterator<Item = Reference>, trees: &[Arc<DesiredTree>]) -> Vec<SeedItem> {
    let mut wanted: BTreeSet<Reference> = places.collect();
    for node in trees.iter().flat_map(|tree| &tree.nodes) {
        wanted.extend(node.item.clone());
        if let Parent::Item(reference) = &node.parent {
            wanted.insert(reference.clone());
        }
    }
    wanted.into_iter().map(|reference| item(&reference, trees)).collect()
}

fn item(reference: &Reference, trees: &[Arc<DesiredTree>]) -> SeedItem {
    let rows: Vec<_> =
        trees.iter().flat_map(|tree| &tree.rows).filter(|row| row.item == *reference).collect();
    let known = trees
        .iter()
        .flat_map(|tree| &tree.nodes)
        .find(|node| node.item.as_ref() == Some(reference));
    let mut headings: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        if !headings.iter().any(|(heading, _)| *heading == row.heading) {
            headings.push((
                &row.heading,
                row.cells.iter().map(|(column, _)| column.as_str()).collect(),
            ));
        }
    }
    let title = match (known, headings.is_empty()) {
        (Some(node), _) if node.title != reference.to_string() => node.title.clone(),
        (Some(_), _) => "Work that existed before".to_owned(),
        (None, false) => "Product Security Tooling Integration".to_owned(),
        (None, true) => "An item of this workspace".to_owned(),
    };
    SeedItem {
        reference: reference.to_string(),
        title,
        description: if headings.is_empty() {
            "Written by people.\n".into()
        } else {
            tables(&headings)
        },
        parent: None,
        labels: Vec::new(),
    }
}

fn tables(headings: &[(&str, Vec<&str>)]) -> String {
    let mut text = String::from(
        "# Context\n\nTools that are to become part of the product.\n\n# List of Tools\n",
    );
    for (heading, columns) in headings {
        let filled = columns
            .iter()
            .enumerate()
            .map(|(n, _)| ["[Older Tool](https://example.com/older)", "Kept by people"][n.min(1)]);
        text.push_str(&format!(
            "\n## {heading}\n\n| {} |\n|{}\n| {} |\n",
            columns.join(" | "),
            "---|".repeat(columns.len()),
            filled.collect::<Vec<_>>().join(" | ")
        ));
    }
    text
}
