//! Checks of the whole tree: every parent comes first, nobody waits for themselves, titles tell siblings apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Scene;
use super::desired::node_error;
use super::expand::Outline;
use crate::key::NodeKey;
use crate::problem::{Problems, nearest};
use crate::source::offer_quoted;
use crate::tree::{DesiredNode, Parent};

/// Checks that each parent stands before its children; `nodes` in the blueprint's order.
pub(super) fn parents(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    nodes: &[DesiredNode],
    out: &mut Problems,
) {
    let mut seen: BTreeSet<&NodeKey> = BTreeSet::new();
    for node in nodes {
        if let Parent::Node(key) = &node.parent
            && !seen.contains(key)
            && let Some(origin) = outline.nodes.iter().find(|n| n.key == node.key)
            && nodes.iter().any(|other| other.key == *key)
        {
            let span = origin.rule.parent.as_ref().map_or(&origin.rule.span, |code| &code.span);
            let message = format!(
                "node {} of {} stands before its parent {}",
                node.key.local(),
                scene.spec.file,
                key.local()
            );
            out.push(span.error(message).hint("move the parent's [[node]] up"));
        }
        seen.insert(&node.key);
    }
}

/// Checks dependencies for cycles and old keys for two owners.
pub(super) fn nodes(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    nodes: &[DesiredNode],
    out: &mut Problems,
) {
    let mut left: BTreeMap<&NodeKey, &DesiredNode> = nodes.iter().map(|n| (&n.key, n)).collect();
    loop {
        let free: Vec<&NodeKey> = left
            .iter()
            .filter(|(_, n)| n.depends_on.iter().all(|key| !left.contains_key(key)))
            .map(|(key, _)| *key)
            .collect();
        if free.is_empty() {
            break;
        }
        for key in free {
            left.remove(key);
        }
    }
    if let Some(names) = walk(&left)
        && !among_entries(outline, &names)
        && let Some(origin) = outline.nodes.iter().find(|n| n.key == *names[0])
    {
        let names: Vec<&str> = names.iter().map(|key| key.local()).collect();
        let message = format!("nodes wait for each other: {}", names.join(" → "));
        out.push(node_error(scene, origin, message).hint("take one of these out of `depends-on`"));
    }
    families(scene, outline, nodes, out);
    named(scene, outline, out);
    let mut old: BTreeMap<&NodeKey, &NodeKey> = BTreeMap::new();
    for node in nodes {
        for was in &node.was {
            if let Some(other) = old.insert(was, &node.key)
                && let Some(origin) = outline.nodes.iter().find(|n| n.key == node.key)
            {
                let message = format!("`{was}` is the old key of {} too", other.local());
                out.push(
                    node_error(scene, origin, message).hint("take the old id out of one `was`"),
                );
            }
        }
    }
}

/// Checks that no node waits for its own parent or child: GitLab does not link those.
fn families(scene: &Scene<'_>, outline: &Outline<'_>, nodes: &[DesiredNode], out: &mut Problems) {
    let under = |node: &DesiredNode, other: &DesiredNode| match &node.parent {
        Parent::None => false,
        Parent::Node(key) => *key == other.key,
        Parent::Item(reference) => other.item.as_ref() == Some(reference),
    };
    for node in nodes.iter().filter(|node| node.item.is_none()) {
        let others = nodes.iter().filter(|other| node.depends_on.contains(&other.key));
        for other in others.filter(|other| under(node, other) || under(other, node)) {
            let Some(origin) = outline.nodes.iter().find(|n| n.key == node.key) else { continue };
            let relation = if under(node, other) { "parent" } else { "child" };
            let message = format!(
                "it waits for {}, its own {relation}, and GitLab cannot link the two",
                other.key.local()
            );
            out.push(node_error(scene, origin, message).hint("take it out of `depends-on`"));
        }
    }
}

/// Checks that [items] names nodes that the tool has, and entries where they stand.
fn named(scene: &Scene<'_>, outline: &Outline<'_>, out: &mut Problems) {
    for (local, item) in &scene.spec.items {
        let node = outline.nodes.iter().find(|node| node.key.local() == local);
        let taken = node.and_then(|node| node.entry?.item.as_ref());
        if node.is_none() {
            let near = nearest(local, outline.nodes.iter().map(|node| node.key.local()));
            let problem = item.span.error(format!("the tool has no node `{local}`"));
            out.push(offer_quoted(problem, near, || "name the key of one".to_owned()));
        } else if let Some(taken) = taken {
            let message = format!("`{local}` is an entry, which says `item = \"{}\"`", taken.value);
            out.push(item.span.error(message).hint("keep one of the two"));
        }
    }
}

/// Whether all nodes are entries of one list, whose own check has named the cycle.
fn among_entries(outline: &Outline<'_>, keys: &[&NodeKey]) -> bool {
    let rule = |key: &&NodeKey| {
        let node = outline.nodes.iter().find(|n| n.key == **key)?;
        node.entry.filter(|entry| !entry.depends_on.is_empty()).map(|_| &node.rule.key)
    };
    let first = keys.first().and_then(rule);
    first.is_some() && keys.iter().all(|key| rule(key) == first)
}

fn walk<'a>(left: &BTreeMap<&'a NodeKey, &'a DesiredNode>) -> Option<Vec<&'a NodeKey>> {
    let mut path: Vec<&NodeKey> = vec![left.keys().next()?];
    loop {
        let node = left.get(*path.last()?)?;
        let next = node.depends_on.iter().find(|key| left.contains_key(key))?;
        if let Some(at) = path.iter().position(|key| *key == next) {
            let mut cycle = path.split_off(at);
            cycle.push(next);
            return Some(cycle);
        }
        path.push(next);
    }
}
