//! Weight, dates, people, labels and dependencies of a node: the entry's own value wins over the rule's.

use jiff::civil::Date;

use super::desired::{about, node_error};
use super::expand::{Outline, OutlineNode};
use super::{Engine, Scene};
use crate::blueprint::{Code, LabelUse};
use crate::key::NodeKey;
use crate::problem::{Problems, nearest};
use crate::source::offer;
use crate::spec::schema::snake;
use crate::tree::{DesiredLabels, usernames};

/// The most old keys that are kept of one node.
pub(super) const MAX_OLD_KEYS: usize = 64;

/// The values of a node that an entry may give.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) weight: Option<u64>,
    pub(super) milestone: Option<String>,
    pub(super) assignees: Option<Vec<String>>,
    pub(super) start: Option<Date>,
    pub(super) due: Option<Date>,
    pub(super) depends_on: Vec<NodeKey>,
}

/// Makes them.
pub(super) fn values(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Made {
    let rule = node.rule;
    let entry = node.entry;
    let mut text = |code: Option<&Code>| rendered(scene, node, engine, code, out);
    let weight = text(rule.weight.as_ref());
    let milestone = text(rule.milestone.as_ref());
    let start = text(rule.start.as_ref());
    let due = text(rule.due.as_ref());
    let people: Vec<String> = rule.assignees.iter().filter_map(|code| text(Some(code))).collect();
    let schema = &scene.blueprint.schema;
    let weight = weight.and_then(|word| match word.parse::<u64>() {
        Ok(number) if schema.weights.is_empty() || schema.weights.contains(&number) => Some(number),
        _ => {
            out.push(
                node_error(scene, node, format!("weight `{word}` is not on the blueprint's scale"))
                    .hint("mend `weight` of the node"),
            );
            None
        }
    });
    let mut made = Made {
        weight: entry.and_then(|e| e.weight.as_ref()).map(|at| at.value).or(weight),
        milestone: entry
            .and_then(|e| e.milestone.as_ref())
            .map(|at| at.value.clone())
            .or(milestone),
        assignees: assignees(node, people),
        start: entry
            .and_then(|e| e.start.as_ref())
            .map(|at| at.value)
            .or_else(|| day(scene, node, start, out)),
        due: entry
            .and_then(|e| e.due.as_ref())
            .map(|at| at.value)
            .or_else(|| day(scene, node, due, out)),
        depends_on: Vec::new(),
    };
    if let (Some(start), Some(due)) = (made.start, made.due)
        && start > due
        && !entry.is_some_and(|e| e.start.is_some() && e.due.is_some())
    {
        out.push(
            node_error(scene, node, format!("it is due on {due}, before it starts on {start}"))
                .hint("move one of the days"),
        );
    }
    made.depends_on = depends_on(scene, outline, node, engine, out);
    made
}

fn assignees(node: &OutlineNode<'_>, people: Vec<String>) -> Option<Vec<String>> {
    let own = node.entry.and_then(|entry| entry.assignees.as_ref());
    match own {
        Some(own) => Some(usernames(own.iter().map(|at| &at.value))),
        None if people.is_empty() => None,
        None => Some(usernames(&people)),
    }
}

fn rendered(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    code: Option<&Code>,
    out: &mut Problems,
) -> Option<String> {
    match engine.text(code?, &node.context, about(scene, node)) {
        Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Err(problem) => {
            out.push(*problem);
            None
        }
    }
}

fn day(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    text: Option<String>,
    out: &mut Problems,
) -> Option<Date> {
    let text = text?;
    match text.parse() {
        Ok(day) => Some(day),
        Err(_) => {
            out.push(
                node_error(scene, node, format!("`{text}` is not a day"))
                    .hint("mend `start` or `due` of the node"),
            );
            None
        }
    }
}

fn depends_on(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Vec<NodeKey> {
    let mut wanted: Vec<(String, &crate::source::Span)> = Vec::new();
    for id in node.entry.iter().flat_map(|entry| &entry.depends_on) {
        if let Some(key) = sibling(outline, node, id) {
            wanted.push((key, &id.span));
        }
    }
    for rule in &node.rule.depends_on {
        let items = rule.for_each.as_ref().map(|list| items(node, list));
        let items = items.map_or_else(|| vec![None], |items| items.into_iter().map(Some).collect());
        for item in items {
            let mut context = node.context.clone();
            if let Some(item) = item {
                context.insert_value("item", item);
            }
            let about = about(scene, node);
            match engine.holds(rule.when.as_ref(), &context, about).and_then(|holds| {
                if holds { engine.text(&rule.key, &context, about).map(Some) } else { Ok(None) }
            }) {
                Ok(Some(key)) if !key.trim().is_empty() => {
                    wanted.push((key.trim().to_owned(), &rule.key.span));
                }
                Ok(_) => {}
                Err(problem) => out.push(*problem),
            }
        }
    }
    let mut keys = Vec::new();
    for (local, span) in wanted {
        let key = NodeKey::of(&scene.spec.id, &local).filter(|key| outline.has(key));
        match key {
            Some(key) if keys.contains(&key) => {}
            Some(key) => keys.push(key),
            None => {
                let near = nearest(&local, outline.nodes.iter().map(|n| n.key.local()));
                let problem = span.error(format!(
                    "{} waits for `{local}`, which this tool does not have",
                    about(scene, node)
                ));
                out.push(offer(problem, near, || {
                    "take it out, or guard it with `when`".to_owned()
                }));
            }
        }
    }
    keys
}

fn items(node: &OutlineNode<'_>, list: &str) -> Vec<tera::Value> {
    let (name, nested) = list.split_once('.').map_or((list, false), |(name, _)| (name, true));
    let all = node.context.get(&snake(name)).and_then(tera::Value::as_array).unwrap_or_default();
    match nested {
        true => all
            .iter()
            .flat_map(|v| {
                v.get_from_path("issue")
                    .and_then(tera::Value::as_array)
                    .unwrap_or_default()
                    .to_vec()
            })
            .collect(),
        false => all.to_vec(),
    }
}

/// The key of the entry with an id beside this one; none if that entry has no node now.
fn sibling(outline: &Outline<'_>, node: &OutlineNode<'_>, id: &str) -> Option<String> {
    let outer = |node: &OutlineNode<'_>| {
        node.context.get("outer").and_then(|o| o.get_from_path("id")).cloned()
    };
    let twin = |other: &&OutlineNode<'_>| {
        other.creates
            && other.rule.key == node.rule.key
            && other.entry.is_some_and(|e| e.id.value == id)
            && outer(other) == outer(node)
    };
    outline.nodes.iter().find(twin).map(|other| other.key.local().to_owned())
}

/// Makes the labels of a node and reports two of one scope.
pub(super) fn labels(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> DesiredLabels {
    let mut labels = DesiredLabels {
        enforced: given(scene, node, engine, &node.rule.labels, out),
        shared: Vec::new(),
        once: given(scene, node, engine, &node.rule.labels_once, out),
    };
    if let Some(entry) = node.entry {
        let priority =
            entry.priority.as_ref().and_then(|at| scene.blueprint.schema.priorities.get(&at.value));
        labels.shared.extend(priority.cloned());
        if let [single] = entry.groups.as_slice() {
            labels.shared.push(single.value.clone());
        }
        labels.shared.extend(entry.labels.iter().map(|at| at.value.clone()));
    }
    if outline.nodes.first().is_some_and(|first| first.key == node.key) {
        labels.shared.extend(scene.spec.labels.iter().map(|at| at.value.clone()));
    }
    // What the file says takes the place of what would be set at creation.
    let scope = |title: &str| title.rsplit_once("::").map(|(scope, _)| scope.to_owned());
    let said: Vec<String> = labels.shared.iter().filter_map(|title| scope(title)).collect();
    labels.once.retain(|title| scope(title).is_none_or(|scope| !said.contains(&scope)));
    let mut seen: Vec<String> = Vec::new();
    for list in [&mut labels.enforced, &mut labels.shared, &mut labels.once] {
        list.retain(|title| !seen.contains(title) && (seen.push(title.clone()), true).1);
    }
    check_titles(scene, node, &seen, out);
    labels
}

fn given(
    scene: &Scene<'_>,
    node: &OutlineNode<'_>,
    engine: &Engine,
    uses: &[LabelUse],
    out: &mut Problems,
) -> Vec<String> {
    let mut titles = Vec::new();
    for LabelUse { title, when } in uses {
        let about = about(scene, node);
        match engine.holds(when.as_ref(), &node.context, about) {
            Ok(true) => titles.extend(rendered(scene, node, engine, Some(title), out)),
            Ok(false) => {}
            Err(problem) => out.push(*problem),
        }
    }
    titles
}

fn check_titles(scene: &Scene<'_>, node: &OutlineNode<'_>, titles: &[String], out: &mut Problems) {
    for (at, title) in titles.iter().enumerate() {
        if title.contains([',', '\n']) || title.chars().count() > 255 {
            out.push(
                node_error(scene, node, format!("`{title}` is not a label"))
                    .hint("a label is one line without commas, at most 255 characters"),
            );
        }
        let Some((scope, _)) = title.rsplit_once("::") else {
            continue;
        };
        let twin = titles[..at]
            .iter()
            .find(|other| other.rsplit_once("::").is_some_and(|(s, _)| s == scope));
        if let Some(twin) = twin {
            let label = node.entry.and_then(|e| e.labels.iter().find(|at| at.value == *title));
            let message = format!(
                "labels `{twin}` and `{title}` are of one scope, and an item can have one of them"
            );
            let problem = match label {
                Some(at) => at.span.error(format!("node {}: {message}", node.key.local())),
                None => node_error(scene, node, message),
            };
            out.push(problem.hint("take one of them out"));
        }
    }
}
