//! From an outline to the wanted tree: each node's texts, labels, parent and place.

use std::collections::BTreeMap;

use super::about::About;
use super::bounded::MAX_TEXTS;
use super::entry_fields::{Made, labels, values};
use super::expand::{Outline, OutlineNode};
use super::{Engine, Scene, comments, kinds, lint, measures, no_place, rows, verify};
use crate::key::NodeKey;
use crate::problem::{Problem, Problems, nearest};
use crate::source::{At, offer_quoted};
use crate::spec::Place;
use crate::text::Text;
use crate::tree::{DesiredNode, DesiredTree, Kind, Parent};

/// How the last line of every description begins that people see; the file's name comes next.
pub const KEPT: &str = "Kept by epictree from ";

/// Renders a tool's outline; `None` if the tree has no first node.
pub fn render(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Option<DesiredTree> {
    let mut nodes = Vec::new();
    let mut bytes = 0;
    for node in &outline.nodes {
        let Some(made) = one(scene, outline, node, engine, out) else { continue };
        bytes += made.body.size();
        if bytes > MAX_TEXTS {
            let message =
                format!("the descriptions of all items are larger than {} MiB", MAX_TEXTS >> 20);
            out.push(
                scene.spec.id.span.error(message).hint("shorten its texts, or split the tool"),
            );
            return None;
        }
        nodes.push(made);
    }
    confidential(scene, outline, &mut nodes);
    verify::parents(scene, outline, &nodes, out);
    let mut nodes = in_tree_order(nodes);
    let related = kinds::flatten(scene, outline, &mut nodes, out);
    kinds::check(scene, outline, &nodes, out);
    verify::nodes(scene, outline, &nodes, out);
    nodes.first()?;
    let used: Vec<&String> = nodes
        .iter()
        .flat_map(|n| n.labels.enforced.iter().chain(&n.labels.shared).chain(&n.labels.once))
        .collect();
    let rules = scene.blueprint.labels.iter().filter(|rule| used.contains(&&rule.title));
    Some(DesiredTree {
        tool: scene.spec.id.value.clone(),
        name: scene.spec.name.value.clone(),
        summary: scene.spec.summary.value.clone(),
        file: scene.spec.file.clone(),
        rows: rows::rows(scene, outline, engine, out),
        comments: comments::comments(scene, outline, engine, out),
        labels: rules.cloned().collect(),
        related,
        measures: measures::measures(scene, outline, engine, &nodes, out),
        nodes,
    })
}

/// What messages call a node.
pub(super) fn about<'a>(scene: &'a Scene<'_>, node: &'a OutlineNode<'_>) -> About<'a> {
    About { what: "node", name: node.key.local(), file: &scene.spec.file }
}

/// Starts an error about a node, at its entry if it is one, else at the tool's id.
pub(super) fn node_error(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    message: impl Into<String>,
) -> Problem {
    let span = node.entry.map_or(&scene.spec.id.span, |entry| &entry.id.span);
    span.error(format!("node {}: {}", node.key.local(), message.into()))
}

fn one(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Option<DesiredNode> {
    let rule = node.rule;
    let about = about(scene, node);
    let item = node.entry.and_then(|e| e.item.as_ref());
    let item = item.or_else(|| scene.spec.items.get(node.key.local())).map(|at| at.value.clone());
    let mut keep =
        |result: Result<String, Box<Problem>>| result.map_err(|problem| out.push(*problem)).ok();
    let title = keep(engine.text(&rule.title, &node.context, about));
    let parent = rule.parent.as_ref().map(|code| keep(engine.text(code, &node.context, about)));
    let title = title?.trim().to_owned();
    let title = match &item {
        Some(item) if title.is_empty() => item.to_string(),
        _ => title,
    };
    if item.is_none() {
        lint::title(scene, node, &title, out);
    }
    let parent = match parent {
        None => Parent::None,
        Some(text) => self::parent(scene, outline, node, text?.trim(), out)?,
    };
    let namespace = namespace(scene, node, out);
    let body = match item.is_none() && node.creates {
        true => body(scene, node, engine, &title, out),
        false => Some(Text::default()),
    };
    let made = match node.creates {
        true => values(scene, outline, node, engine, out),
        false => Made::default(),
    };
    let Made { weight, milestone, assignees, start, due, depends_on } = made;
    let labels = labels(scene, outline, node, engine, out);
    Some(DesiredNode {
        key: node.key.clone(),
        kind: rule.kind,
        parent,
        namespace: namespace?,
        item,
        title,
        body: body?,
        labels,
        weight,
        milestone,
        assignees,
        start,
        due,
        confidential: None,
        rewrite: scene.spec.rewrite,
        depends_on,
        was: node.was.clone(),
        enforce_parent: rule.enforce_parent,
        close_when_fulfilled: rule.close_when_fulfilled,
        creates: node.creates,
    })
}

fn parent(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    node: &OutlineNode<'_>,
    text: &str,
    out: &mut Problems,
) -> Option<Parent> {
    let span = node.rule.parent.as_ref().map(|code| &code.span)?;
    let about = about(scene, node);
    if let Some(name) = text.strip_prefix('@') {
        return match scene.workspace.places.get(name) {
            Some(Place::Item(reference)) => Some(Parent::Item(reference.clone())),
            Some(Place::Namespace(path)) => {
                let message = format!(
                    "place `{name}` is {path}, and nothing can hang under a group or project ({about})"
                );
                out.push(
                    scene
                        .workspace
                        .problem(&format!("places.{name}"), message)
                        .hint("give a reference such as `group&12`"),
                );
                None
            }
            None => {
                out.push(no_place(scene, span, name, "group&12", about, |near| format!("@{near}")));
                None
            }
        };
    }
    if text.is_empty() {
        return Some(Parent::None);
    }
    let hangs = |key: &NodeKey| match node.creates {
        true => outline.has(key),
        false => outline.nodes.iter().any(|other| other.key == *key),
    };
    let known = NodeKey::of(&scene.spec.id, text).filter(hangs);
    if let Some(key) = known {
        return Some(Parent::Node(key));
    }
    let near = nearest(text, outline.nodes.iter().map(|n| n.key.local()));
    let problem =
        span.error(format!("{about} hangs under `{text}`, which this tool does not have"));
    out.push(offer_quoted(problem, near, || {
        "give it a `when` that is false whenever its parent's is".to_owned()
    }));
    None
}

fn namespace(scene: &Scene<'_>, node: &OutlineNode<'_>, out: &mut Problems) -> Option<String> {
    let own = node.entry.and_then(|entry| entry.place.as_ref());
    let at = own.or(node.rule.place.as_ref())?;
    place(scene, node, at, own.is_some(), out)
}

/// The path of a place that must be a group or project.
pub(super) fn place(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    at: &At<String>,
    own: bool,
    out: &mut Problems,
) -> Option<String> {
    let about = about(scene, node);
    match scene.workspace.places.get(&at.value) {
        Some(Place::Namespace(path)) if node.rule.kind != Kind::Epic && !path.contains('/') => {
            let message =
                format!("place `{}` is `{path}`, which no project can be called", at.value);
            let problem = scene.workspace.problem(&format!("places.{}", at.value), message);
            out.push(problem.hint("give the full path of the project: group/project"));
            None
        }
        Some(Place::Namespace(path)) => Some(path.clone()),
        _ if own => None,
        Some(Place::Item(item)) => {
            let message = format!(
                "place `{}` is the item {item}, but {about} is created in a group or project",
                at.value
            );
            let problem = scene.workspace.problem(&format!("places.{}", at.value), message);
            out.push(
                problem.hint("give the full path of a group (epics) or project (issues, tasks)"),
            );
            None
        }
        None => {
            let home =
                if node.rule.kind == Kind::Epic { "group/subgroup" } else { "group/project" };
            out.push(no_place(scene, &at.span, &at.value, home, about, str::to_owned));
            None
        }
    }
}

fn body(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    title: &str,
    out: &mut Problems,
) -> Option<Text> {
    let mut rendered = String::new();
    if let Some(template) = &node.rule.template {
        let names = scene.blueprint.template_names(template);
        let name = names.iter().find(|name| engine.templates.contains_key(*name))?;
        let mut context = node.context.clone();
        let mut map =
            context.get("node").and_then(tera::Value::as_map).cloned().unwrap_or_default();
        map.insert("title".into(), title.into());
        context.insert_value("node", map.into());
        match engine.template(name, &context, about(scene, node)) {
            Ok(text) => rendered = text,
            Err(problem) => {
                out.push(*problem);
                return None;
            }
        }
        rendered = lint::tidy(&rendered);
        lint::body(scene, node, engine, name, &rendered, out);
    }
    let text =
        format!("{rendered}{}{}", if rendered.is_empty() { "" } else { "\n\n" }, last_line(scene));
    lint::size(scene, node, &text, out);
    Text::parse(&scene.spec.id, &text)
        .map_err(|bad| {
            out.push(
                node_error(scene, node, format!("a slot is broken: {}", bad.0))
                    .hint("use `ref` and `tick` as they are"),
            );
        })
        .ok()
}

/// The visible last line: what keeps the text, without any path of this machine.
fn last_line(scene: &Scene<'_>) -> String {
    let file = scene.spec.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = super::filters::code(file);
    let shown = match &scene.workspace.source {
        Some(source) => format!("[{shown}]({source}/{})", encoded(file)),
        None => shown,
    };
    format!("{KEPT}{shown}; edit freely, your words stay.")
}

fn encoded(file: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(b).to_string()
        }
        _ => format!("%{b:02X}"),
    };
    file.bytes().map(byte).collect()
}

/// Marks what the tool or an entry says is confidential, with all below an entry.
fn confidential(scene: &Scene<'_>, outline: &Outline<'_>, nodes: &mut [DesiredNode]) {
    let own: BTreeMap<&NodeKey, Option<bool>> =
        outline.nodes.iter().map(|n| (&n.key, n.entry.and_then(|e| e.confidential))).collect();
    let mut below: BTreeMap<NodeKey, bool> = BTreeMap::new();
    for node in nodes {
        let above = match &node.parent {
            Parent::Node(key) => below.get(key).copied().unwrap_or(false),
            Parent::None | Parent::Item(_) => false,
        };
        let said = own.get(&node.key).copied().flatten();
        let marked = above || said == Some(true) || scene.spec.confidential == Some(true);
        node.confidential = if marked { Some(true) } else { said.or(scene.spec.confidential) };
        below.insert(node.key.clone(), marked);
    }
}

/// Puts each node before its children, siblings as the blueprint has them.
fn in_tree_order(nodes: Vec<DesiredNode>) -> Vec<DesiredNode> {
    let known: BTreeMap<NodeKey, usize> =
        nodes.iter().enumerate().map(|(at, n)| (n.key.clone(), at)).collect();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut tops = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        match &node.parent {
            Parent::Node(key) if known.get(key).is_some_and(|p| *p < at) => {
                children.entry(known[key]).or_default().push(at);
            }
            Parent::Node(_) | Parent::None | Parent::Item(_) => tops.push(at),
        }
    }
    let mut slots: Vec<Option<DesiredNode>> = nodes.into_iter().map(Some).collect();
    let mut stack: Vec<usize> = tops.into_iter().rev().collect();
    let mut ordered = Vec::with_capacity(slots.len());
    while let Some(at) = stack.pop() {
        ordered.extend(slots.get_mut(at).and_then(Option::take));
        stack.extend(children.get(&at).into_iter().flatten().rev());
    }
    ordered
}

/// Whether a kind hangs under another.
pub(super) fn may_hang(parent: Kind, child: Kind) -> bool {
    matches!((parent, child), (Kind::Epic, Kind::Epic | Kind::Issue) | (Kind::Issue, Kind::Task))
}
