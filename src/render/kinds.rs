//! Which kinds hang under which, and what becomes of epics where the licence has none under epics.

use std::collections::BTreeMap;

use super::Scene;
use super::desired::{may_hang, node_error, place};
use super::expand::{Outline, OutlineNode};
use crate::key::NodeKey;
use crate::problem::Problems;
use crate::tree::{DesiredNode, Kind, Parent, Reference};

/// The deepest epic that GitLab allows under epics, the top one counted.
const MAX_EPICS: usize = 7;

fn outlined<'o, 'a>(outline: &'o Outline<'a>, key: &NodeKey) -> Option<&'o OutlineNode<'a>> {
    outline.nodes.iter().find(|node| &node.key == key)
}

/// Turns the tree into one without epics under epics, if the workspace says so.
///
/// Gives the item that the first epic would have hung under.
pub(super) fn flatten(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    nodes: &mut [DesiredNode],
    out: &mut Problems,
) -> Option<Reference> {
    if scene.workspace.nested_epics {
        return None;
    }
    let mut related = None;
    let mut kinds: BTreeMap<NodeKey, Kind> = BTreeMap::new();
    for (at, node) in nodes.iter_mut().enumerate() {
        let Some(origin) = outlined(outline, &node.key) else {
            continue;
        };
        let above = match &node.parent {
            Parent::Node(key) => kinds.get(key).copied(),
            Parent::Item(reference) if node.kind == Kind::Epic && reference.sigil == '&' => {
                if at == 0 {
                    related = Some(reference.clone());
                    node.parent = Parent::None;
                    None
                } else {
                    Some(Kind::Epic)
                }
            }
            Parent::None | Parent::Item(_) => None,
        };
        match (node.kind, above) {
            (Kind::Epic, Some(Kind::Epic)) => {
                node.kind = Kind::Issue;
                stand_in(scene, origin, node, out);
            }
            (Kind::Issue, Some(Kind::Issue)) => node.kind = Kind::Task,
            (Kind::Epic, Some(Kind::Issue | Kind::Task))
            | (Kind::Issue | Kind::Task, Some(Kind::Task)) => {
                let message = "it is too deep for `nested-epics = false`: epic, issue and task are all there is";
                out.push(
                    node_error(scene, origin, message)
                        .hint("hang it higher, or set `nested-epics = true`"),
                );
            }
            (Kind::Epic | Kind::Issue | Kind::Task, _) => {}
        }
        kinds.insert(node.key.clone(), node.kind);
    }
    related
}

/// Moves an epic that becomes an issue into the project meant for it.
fn stand_in(
    scene: &Scene<'_>,
    origin: &OutlineNode<'_>,
    node: &mut DesiredNode,
    out: &mut Problems,
) {
    match &origin.rule.issue_place {
        Some(at) => {
            if let Some(path) = place(scene, origin, at, false, out) {
                node.namespace = path;
            }
        }
        None if node.item.is_some() => {}
        None => {
            let message = format!(
                "node {} becomes an issue with `nested-epics = false`, and has no `issue-place`",
                origin.rule.key.value
            );
            out.push(
                origin.rule.span.error(message).hint("name a project of [places] in `issue-place`"),
            );
        }
    }
}

/// Checks what hangs under what, how deep epics go, and that existing items are of the right kind.
pub(super) fn check(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    nodes: &[DesiredNode],
    out: &mut Problems,
) {
    let mut above: BTreeMap<&NodeKey, (Kind, usize)> = BTreeMap::new();
    for node in nodes {
        let Some(origin) = outlined(outline, &node.key) else {
            continue;
        };
        let parent = match &node.parent {
            Parent::None => None,
            Parent::Node(key) => above.get(key).copied(),
            Parent::Item(reference) if reference.sigil == '&' => Some((Kind::Epic, 1)),
            Parent::Item(_) => Some((Kind::Issue, 0)),
        };
        if let Some((kind, _)) = parent
            && !may_hang(kind, node.kind)
        {
            let (word, article) = (node.kind, if kind == Kind::Task { "a" } else { "an" });
            let span = origin.rule.parent.as_ref().map_or(&origin.rule.span, |code| &code.span);
            let message = format!(
                "node {} of {}: GitLab has no {word} under {article} {kind}",
                node.key.local(),
                scene.spec.file
            );
            out.push(span.error(message).hint("epics hold epics and issues, issues hold tasks"));
        }
        let depth = parent.map_or(0, |(_, depth)| depth) + usize::from(node.kind == Kind::Epic);
        if node.kind == Kind::Epic && depth > MAX_EPICS {
            let message = format!("epic {depth} levels deep, and GitLab has {MAX_EPICS} at most");
            out.push(node_error(scene, origin, message).hint("hang it higher"));
        }
        above.insert(&node.key, (node.kind, depth));
        item(scene, origin, node, out);
    }
}

fn item(scene: &Scene<'_>, origin: &OutlineNode<'_>, node: &DesiredNode, out: &mut Problems) {
    let Some(reference) = &node.item else { return };
    let wanted = if node.kind == Kind::Epic { '&' } else { '#' };
    if reference.sigil == wanted {
        return;
    }
    let message = format!(
        "node {}: {reference} is {}, but the node is an {}",
        node.key.local(),
        noun(reference.sigil),
        node.kind
    );
    let at = origin.entry.and_then(|entry| entry.item.as_ref());
    let at = at.or_else(|| scene.spec.items.get(node.key.local()));
    let problem = match at {
        Some(at) => at.span.error(message),
        None => node_error(scene, origin, message),
    };
    out.push(problem.hint(format!("name an item with `{wanted}`")));
}

fn noun(sigil: char) -> &'static str {
    if sigil == '&' { "an epic" } else { "an issue or task" }
}
