//! Which nodes a tool has: conditions, keys and contexts, in tree order.

use std::collections::{BTreeMap, BTreeSet};

use tera::{Context, Map, Value as Tera};

use super::about::About;
use super::context::{EntryId, add_data, entry_id, set_keys, shared};
use super::engine::Engine;
use super::filters::KEYS;
use super::{Scene, entry_fields};
use crate::blueprint::{Code, ForEach, NodeRule};
use crate::key::NodeKey;
use crate::problem::{Problem, Problems};
use crate::spec::Entry;
use crate::spec::schema::snake;

/// The most nodes one tool may have.
const MAX_NODES: usize = 5000;
/// The most entries one tool file may have, those within others counted too.
const MAX_ENTRIES: usize = 5000;
/// The most pairs of entries that a rule may be for.
const MAX_PAIRS: usize = 100_000;

/// One wanted node before its texts are made.
#[derive(Debug, Clone)]
pub struct OutlineNode<'a> {
    /// The rule it comes from.
    pub rule: &'a NodeRule,
    /// Its key.
    pub key: NodeKey,
    /// The entry that it is, if the rule says so.
    pub entry: Option<&'a Entry>,
    /// Keys it had before.
    pub was: Vec<NodeKey>,
    /// Whether it is made where there is none.
    pub creates: bool,
    /// What its texts see.
    pub(super) context: Context,
}

/// All wanted nodes of a tool, a parent's rule before its children's.
#[derive(Debug, Clone)]
pub struct Outline<'a> {
    /// The nodes in the blueprint's order.
    pub nodes: Vec<OutlineNode<'a>>,
    /// What rows see.
    pub(super) context: Context,
}

impl Outline<'_> {
    /// Tells whether the tool has a node, or will have it: texts may refer to it.
    pub(super) fn has(&self, key: &NodeKey) -> bool {
        self.nodes.iter().any(|node| node.creates && node.key == *key)
    }
}

/// Tells whether a tool file is of a size that can be expanded; reports it if not.
pub fn fits(scene: &Scene<'_>, out: &mut Problems) -> bool {
    let entries = scene.spec.entries().len();
    let count = |list: &str| match list.split_once('.') {
        None => scene.spec.lists.get(list).map_or(0, Vec::len),
        Some((list, _)) => {
            scene.spec.lists.get(list).into_iter().flatten().map(|entry| entry.issues.len()).sum()
        }
    };
    let blueprint = scene.blueprint;
    let rules = blueprint.nodes.iter().map(|rule| &rule.for_each);
    let lints = blueprint.lints.iter().map(|rule| &rule.for_each);
    let comments = blueprint.comments.iter().map(|rule| &rule.for_each);
    let measures = blueprint.measures.iter().map(|rule| &rule.for_each);
    let pairs = rules.chain(lints).chain(comments).chain(measures).map(|for_each| match for_each {
        ForEach::Pair(a, b) => count(a) * count(b),
        ForEach::Once | ForEach::List(_) => 0,
    });
    let message = match (entries, pairs.max().unwrap_or(0)) {
        (n, _) if n > MAX_ENTRIES => format!("{n} entries, more than {MAX_ENTRIES}"),
        (_, n) if n > MAX_PAIRS => format!("{n} pairs of entries, more than {MAX_PAIRS}"),
        _ => return true,
    };
    let problem = scene.spec.id.span.error(format!("the tool has {message}"));
    out.push(problem.hint("split the tool"));
    false
}

/// Makes the nodes of a tool.
pub fn expand<'a>(scene: &Scene<'a>, engine: &Engine, out: &mut Problems) -> Outline<'a> {
    let mut context = shared(scene);
    let data = data(scene, engine, &context, out);
    add_data(&mut context, scene, &data);
    let mut keys: BTreeMap<EntryId, String> = BTreeMap::new();
    for rule in scene.blueprint.nodes.iter().filter(|rule| rule.entry) {
        for (picked, context) in picks(scene, &rule.for_each, &context) {
            let made = engine.holds(rule.creates.as_ref(), &context, about(scene, rule));
            if let (Some(id), Ok(true), Ok(Some(key))) =
                (&picked.id, made, key_of(scene, engine, rule, &context))
            {
                keys.insert(id.clone(), key);
            }
        }
    }
    set_keys(&mut context, scene, &keys);
    let mut nodes: Vec<OutlineNode<'a>> = Vec::new();
    let mut seen: BTreeSet<NodeKey> = BTreeSet::new();
    'rules: for rule in &scene.blueprint.nodes {
        for (picked, context) in picks(scene, &rule.for_each, &context) {
            match made(scene, engine, rule, &picked, context) {
                Ok(Some(node)) if seen.contains(&node.key) => {
                    let message = format!(
                        "two nodes of {} have the key `{}`",
                        scene.spec.file,
                        node.key.local()
                    );
                    out.push(
                        rule.key
                            .span
                            .error(message)
                            .hint("make the key of this node different for each entry"),
                    );
                }
                Ok(Some(node)) => {
                    seen.insert(node.key.clone());
                    nodes.push(node);
                }
                Ok(None) => {}
                Err(problem) => out.push(*problem),
            }
            if nodes.len() >= MAX_NODES {
                let message = format!("{} has more than {MAX_NODES} nodes", scene.spec.file);
                out.push(rule.span.error(message).hint("split the tool"));
                break 'rules;
            }
        }
    }
    let made = nodes.iter().filter(|node| node.creates).map(|node| node.key.local().to_owned());
    let all: Map = made.map(|key| (key.into(), Tera::from(true))).collect();
    let all = Tera::from(all);
    context.insert_value(KEYS, all.clone());
    for node in &mut nodes {
        node.context.insert_value(KEYS, all.clone());
        let renamed: Vec<NodeKey> =
            node.was.iter().filter(|key| seen.contains(key)).cloned().collect();
        for old in renamed {
            let message =
                format!("`was` of {} names `{old}`, which is a node of its own", node.key);
            let span = node.entry.map_or(&scene.spec.id.span, |entry| &entry.id.span);
            out.push(
                span.error(message).hint("take the old id out of `was`, or rename the other entry"),
            );
        }
    }
    Outline { nodes, context }
}

/// Which of the blueprint's own entries a tool has.
fn data(
    scene: &Scene<'_>,
    engine: &Engine,
    context: &Context,
    out: &mut Problems,
) -> BTreeMap<String, Vec<bool>> {
    let schema = &scene.blueprint.schema;
    let mut all = BTreeMap::new();
    for (list, entries) in &schema.data {
        let here = entries.iter().map(|entry| {
            let about = About { what: list, name: &entry.id, file: &scene.spec.file };
            engine.holds(entry.when.as_ref(), context, about).unwrap_or_else(|problem| {
                out.push(*problem);
                false
            })
        });
        all.insert(list.clone(), here.collect());
    }
    all
}

/// What a rule is applied to: entries for `each` and `outer`.
#[derive(Clone)]
pub(super) struct Picked<'a> {
    each: Option<&'a Entry>,
    outer: Option<&'a Entry>,
    id: Option<EntryId>,
}

impl<'a> Picked<'a> {
    /// The entry of the tool file, if it is one.
    pub(super) fn entry(&self) -> Option<&'a Entry> {
        self.each
    }
}

/// Everything that a rule is applied to, with what its texts see.
pub(super) fn picks<'a, 'b>(
    scene: &Scene<'a>,
    for_each: &ForEach,
    base: &'b Context,
) -> Box<dyn Iterator<Item = (Picked<'a>, Context)> + 'b>
where
    'a: 'b,
{
    let bound = move |each: Option<&Tera>, outer: Option<&Tera>| {
        let mut context = base.clone();
        if let Some(each) = each {
            context.insert_value("each", each.clone());
        }
        if let Some(outer) = outer {
            context.insert_value("outer", outer.clone());
        }
        context
    };
    match for_each {
        ForEach::Once => {
            let once = Picked { each: None, outer: None, id: None };
            Box::new(std::iter::once((once, bound(None, None))))
        }
        ForEach::List(list) => {
            let all = of_list(scene, list, base).into_iter();
            Box::new(
                all.map(move |(outer, each, picked)| (picked, bound(Some(&each), outer.as_ref()))),
            )
        }
        ForEach::Pair(a, b) => {
            let inner = of_list(scene, b, base);
            let outer = of_list(scene, a, base);
            Box::new(outer.into_iter().flat_map(move |(_, above, left)| {
                inner.clone().into_iter().map(move |(_, each, right)| {
                    let picked = Picked { each: right.each, outer: left.each, id: None };
                    (picked, bound(Some(&each), Some(&above)))
                })
            }))
        }
    }
}

/// The entries of a list as templates see them, with the entry above each.
fn of_list<'a>(
    scene: &Scene<'a>,
    list: &str,
    base: &Context,
) -> Vec<(Option<Tera>, Tera, Picked<'a>)> {
    let (name, nested) = list.split_once('.').map_or((list, false), |(name, _)| (name, true));
    let values = base.get(&snake(name)).and_then(Tera::as_array).unwrap_or_default();
    let entries = scene.spec.lists.get(name).map(Vec::as_slice).unwrap_or_default();
    let mut all = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let entry = entries.get(at);
        if !nested {
            let id = entry.map(|entry| entry_id(list, None, entry));
            all.push((None, value.clone(), Picked { each: entry, outer: None, id }));
            continue;
        }
        let issues = value.get_from_path("issue").and_then(Tera::as_array).unwrap_or_default();
        for (issue, inner) in entry.into_iter().flat_map(|e| &e.issues).zip(issues) {
            let id = Some(entry_id(list, entry, issue));
            all.push((
                Some(value.clone()),
                inner.clone(),
                Picked { each: Some(issue), outer: entry, id },
            ));
        }
    }
    all
}

fn about<'a>(scene: &Scene<'a>, rule: &'a NodeRule) -> About<'a> {
    About { what: "node", name: &rule.key.value, file: &scene.spec.file }
}

/// The local key of a node, or nothing if its condition does not hold.
fn key_of(
    scene: &Scene<'_>,
    engine: &Engine,
    rule: &NodeRule,
    context: &Context,
) -> Result<Option<String>, Box<Problem>> {
    let about = about(scene, rule);
    if !engine.holds(rule.when.as_ref(), context, about)? {
        return Ok(None);
    }
    Ok(Some(engine.text(&rule.key, context, about)?.trim().to_owned()))
}

fn made<'a>(
    scene: &Scene<'a>,
    engine: &Engine,
    rule: &'a NodeRule,
    picked: &Picked<'a>,
    mut context: Context,
) -> Result<Option<OutlineNode<'a>>, Box<Problem>> {
    let Some(local) = key_of(scene, engine, rule, &context)? else {
        return Ok(None);
    };
    let Some(key) = NodeKey::of(&scene.spec.id, &local) else {
        let message =
            format!("`{local}` is not a key (node {} of {})", rule.key.value, scene.spec.file);
        return Err(Box::new(rule.key.span.error(message).hint("a key is ids joined by `/`")));
    };
    let creates = engine.holds(rule.creates.as_ref(), &context, about(scene, rule))?;
    let codes: Vec<&Code> = std::iter::once(&rule.key).chain(&rule.was).collect();
    let was = old_keys(scene, engine, (&codes, about(scene, rule)), picked, &context)?;
    let was = was.into_iter().filter(|old| *old != key).collect();
    let mut node = Map::new();
    node.insert("key".into(), local.into());
    node.insert("type".into(), rule.kind.as_str().into());
    node.insert("title".into(), Tera::none());
    context.insert_value("node", node.into());
    let entry = if rule.entry { picked.each } else { None };
    Ok(Some(OutlineNode { rule, key, entry, was, creates, context }))
}

/// The keys a node or comment had while its tool, its entry or the entry above had other ids.
pub(super) fn old_keys(
    scene: &Scene<'_>,
    engine: &Engine,
    (codes, about): (&[&Code], About<'_>),
    picked: &Picked<'_>,
    context: &Context,
) -> Result<Vec<NodeKey>, Box<Problem>> {
    let renamed = |name: &str, entry: Option<&Entry>| -> Vec<Option<Tera>> {
        let mut all = vec![None];
        let value = context.get(name).and_then(Tera::as_map);
        for id in entry.iter().flat_map(|entry| &entry.was) {
            let mut map = value.cloned().unwrap_or_default();
            map.insert("id".into(), id.as_str().into());
            all.push(Some(map.into()));
        }
        all
    };
    let tools = std::iter::once(&scene.spec.id).chain(&scene.spec.was);
    let tools: Vec<&str> = tools.map(|at| at.as_str()).collect();
    let (outers, eaches) = (renamed("outer", picked.outer), renamed("each", picked.each));
    if tools.len() + codes.len() + outers.len() + eaches.len() == 4 {
        return Ok(Vec::new());
    }
    let mut old = Vec::new();
    for outer in &outers {
        for each in &eaches {
            let mut context = context.clone();
            for (name, value) in [("outer", outer), ("each", each)] {
                if let Some(value) = value {
                    context.insert_value(name, value.clone());
                }
            }
            for code in codes {
                let local = engine.text(code, &context, about)?;
                let keys = tools.iter().filter_map(|tool| NodeKey::of(tool, local.trim()));
                keys.for_each(|key| {
                    if !old.contains(&key) {
                        old.push(key);
                    }
                });
            }
        }
        if old.len() > entry_fields::MAX_OLD_KEYS {
            break;
        }
    }
    old.truncate(entry_fields::MAX_OLD_KEYS);
    Ok(old)
}
