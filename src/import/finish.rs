//! Fills in what an entry itself says, and decides by what each item is known: title or reference.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::compare::{Wanted, wanted};
use super::draft::{At, Draft, Keys};
use super::items::Items;
use super::place::Placed;
use super::workshop::{Form, Rendered, Workshop};
use super::write::clean;
use crate::identity::in_places;
use crate::render::KEPT;
use crate::spec::example;
use crate::spec::schema::{Fields, Schema};
use crate::tree::{DesiredNode, Item, LinkKind, Parent, WorkItemId};

/// What a label begins with that names a group.
const GROUP: &str = "group::";
/// The longest sentence that is taken over from a description.
const LONGEST: usize = 200;

/// Keys of an entry that a rule may give its node too.
const GIVEN: [&str; 5] = ["weight", "milestone", "assignees", "start", "due"];

/// Fills in what only the entries can say, so that nobody searches for it.
pub(super) fn begin(shop: &Workshop<'_>, items: &Items<'_>, placed: &mut Placed<'_>) {
    if let Some(rendered) = shop.render(&placed.draft, Form::Bare) {
        let said = entries(&shop.ask.blueprint.schema, &rendered, items, placed);
        for (at, said) in said {
            placed.draft.make(&at).keys.extend(said.keys);
        }
    }
    waits(shop, items, placed);
}

/// Fills in what is left to say.
pub(super) fn finish(shop: &Workshop<'_>, items: &Items<'_>, placed: &mut Placed<'_>) {
    summary(items, placed);
    for at in placed.draft.places() {
        placed.draft.make(&at).keys.retain(|key, _| !GIVEN.contains(&key.as_str()));
    }
    if let Some(rendered) = shop.render(&placed.draft, Form::Bare) {
        let said = entries(&shop.ask.blueprint.schema, &rendered, items, placed);
        for (at, Said { mut keys, labels }) in said {
            if !labels.is_empty() {
                let labels = labels.into_iter().map(Value::String).collect();
                keys.insert("labels".into(), Value::Array(labels));
            }
            placed.draft.make(&at).keys.extend(keys);
        }
        of_tool(&rendered, items, placed);
        hidden(placed);
    }
    required(&shop.ask.blueprint.schema, placed);
    if let Some(rendered) = shop.render(&placed.draft, Form::Bare) {
        let places = shop.ask.workspace.places.values().filter_map(|place| match place {
            crate::spec::Place::Namespace(path) => Some(path.clone()),
            crate::spec::Place::Item(_) => None,
        });
        known_by(&rendered, items, &places.collect(), placed);
    }
}

/// Takes out what was to guard descriptions: the file wants just those that are there.
pub(super) fn is_whole(placed: &mut Placed<'_>) {
    placed.draft.tool.remove("rewrite");
    placed.tool_doubts.clear();
    for at in placed.draft.places() {
        placed.draft.make(&at).doubt = None;
    }
}

/// The first sentence of the first description, where nothing better is known.
fn summary(items: &Items<'_>, placed: &mut Placed<'_>) {
    placed.draft.tool.insert("rewrite".into(), Value::Boolean(false));
    let known = placed.draft.tool.get("summary").and_then(Value::as_str);
    if known.is_some_and(|known| known != "…") {
        return;
    }
    let name = placed.draft.tool["name"].as_str().unwrap_or_default().to_owned();
    let text = crate::marker::read(&items.top().description).text;
    let plain = |line: &&str| line.starts_with(char::is_alphabetic) && !line.starts_with(KEPT);
    let sentence = text.lines().map(str::trim).find(plain).map(|line| {
        let end = line.find(". ").map_or(line.len(), |at| at + 1);
        clean(&line[..end])
    });
    let sentence = sentence.filter(|text| text.chars().count() <= LONGEST);
    let (text, doubt) = match sentence {
        Some(text) => (text, "? how its description begins".to_owned()),
        None => (format!("What {name} does, in one sentence."), "? say it".to_owned()),
    };
    placed.draft.tool.insert("summary".into(), Value::String(text));
    placed.tool_doubts.insert("summary".into(), doubt);
}

/// What an entry says of its own item.
struct Said {
    keys: Keys,
    /// Labels that nothing else gives, of an item that is ours: what only people gave is theirs.
    labels: Vec<String>,
}

/// What each entry says that has an item.
fn entries(
    schema: &Schema,
    rendered: &Rendered,
    items: &Items<'_>,
    placed: &Placed<'_>,
) -> Vec<(At, Said)> {
    let nodes: BTreeMap<&str, &DesiredNode> =
        rendered.tree.nodes.iter().map(|node| (node.key.local(), node)).collect();
    let one = |(at, key): (&At, &String)| {
        let (node, item) = (nodes.get(key.as_str())?, placed.nodes.get(key)?);
        let base = items.get(&item.id)?.ours.as_ref().map(|(_, base)| base);
        let mut said = of_entry(schema, node, &wanted(item, base));
        said.labels.retain(|_| base.is_some());
        Some((at.clone(), said))
    };
    placed.keys.iter().filter_map(one).collect()
}

fn of_entry(schema: &Schema, node: &DesiredNode, wanted: &Wanted) -> Said {
    let mut keys = Keys::new();
    let mut set = |key: &str, value: Value| {
        keys.insert(key.to_owned(), value);
    };
    let above = |weight: &u64| schema.weights.last().is_none_or(|most| weight > most);
    let fits = |weight: &u64| above(weight) || schema.weights.contains(weight);
    if let Some(weight) = wanted.weight.filter(|w| node.weight != Some(*w) && fits(w)) {
        set("weight", Value::Integer(i64::try_from(weight).unwrap_or(i64::MAX)));
    }
    let milestone = wanted.milestone.as_ref().filter(|title| clean(title) == **title);
    if let Some(title) = milestone.filter(|title| node.milestone.as_ref() != Some(title)) {
        set("milestone", Value::String(title.clone()));
    }
    if wanted.assignees.is_some() && wanted.assignees != node.assignees {
        let names = wanted.assignees.iter().flatten();
        let names = names.map(|name| Value::String(format!("@{name}")));
        set("assignees", Value::Array(names.collect()));
    }
    for (key, day, has) in [("start", wanted.start, node.start), ("due", wanted.due, node.due)] {
        let day = day.filter(|day| has != Some(*day)).and_then(|day| day.to_string().parse().ok());
        day.into_iter().for_each(|day| set(key, Value::Datetime(day)));
    }
    if wanted.confidential && node.confidential != Some(true) {
        set("confidential", Value::Boolean(true));
    }
    let given: BTreeSet<&String> = node.labels.enforced.iter().chain(&node.labels.shared).collect();
    let plain = |title: &&String| clean(title) == **title && !given.contains(title);
    let mut rest: Vec<&String> = wanted.labels.iter().filter(plain).collect();
    let priority = schema.priorities.iter().find(|(_, label)| rest.contains(label));
    if let Some((priority, label)) = priority {
        set("priority", Value::Integer(i64::try_from(*priority).unwrap_or(i64::MAX)));
        rest.retain(|title| *title != label);
    }
    let groups: Vec<&String> = rest.iter().filter(|t| t.starts_with(GROUP)).copied().collect();
    if let [group] = groups.as_slice() {
        set("group", Value::String((*group).clone()));
        rest.retain(|title| title != group);
    }
    Said { keys, labels: rest.into_iter().cloned().collect() }
}

/// What the tool says of its first item.
fn of_tool(rendered: &Rendered, items: &Items<'_>, placed: &mut Placed<'_>) {
    let Some(first) = rendered.tree.nodes.first() else { return };
    let base = items.all[0].ours.as_ref().map(|(_, base)| base);
    let wanted = wanted(items.top(), base);
    if wanted.confidential {
        placed.draft.tool.insert("confidential".into(), Value::Boolean(true));
    }
    let given: BTreeSet<&String> =
        first.labels.enforced.iter().chain(&first.labels.shared).collect();
    let rest: Vec<Value> = (wanted.labels.iter().filter(|title| !given.contains(title)))
        .cloned()
        .map(Value::String)
        .collect();
    if base.is_some() && !rest.is_empty() {
        placed.draft.tool.insert("labels".into(), Value::Array(rest));
    }
}

/// Takes out what an entry says of confidentiality where all above it says so already.
fn hidden(placed: &mut Placed<'_>) {
    let all = placed.draft.tool.contains_key("confidential");
    for at in placed.draft.places() {
        let entry = At::entry(&at.list, &at.id);
        let above = at.issue.is_some()
            && placed.draft.get(&entry).is_some_and(|e| e.keys.contains_key("confidential"));
        if all || above {
            placed.draft.make(&at).keys.remove("confidential");
        }
    }
}

/// Links between entries of one list become `depends-on`.
fn waits(shop: &Workshop<'_>, items: &Items<'_>, placed: &mut Placed<'_>) {
    let Some(rendered) = shop.render(&placed.draft, Form::Bare) else { return };
    let nodes: BTreeMap<&str, &DesiredNode> =
        rendered.tree.nodes.iter().map(|node| (node.key.local(), node)).collect();
    let by_key: BTreeMap<&String, &At> = placed.keys.iter().map(|(at, key)| (key, at)).collect();
    let by_id: BTreeMap<&WorkItemId, &String> =
        placed.nodes.iter().map(|(key, item)| (&item.id, key)).collect();
    let mut found: Vec<(At, At)> = Vec::new();
    for (at, key) in &placed.keys {
        let Some(seen) = placed.nodes.get(key).and_then(|item| items.get(&item.id)) else {
            continue;
        };
        let base = seen.ours.as_ref().map(|(_, base)| base);
        let theirs = || {
            let blocks = seen.item.links.iter().filter(|link| link.kind == LinkKind::BlockedBy);
            blocks
                .filter_map(|link| by_id.get(link.to.as_ref()?).map(|key| (*key).clone()))
                .collect()
        };
        let links: BTreeSet<String> = wanted(seen.item, base).links.unwrap_or_else(theirs);
        let node = nodes.get(key.as_str());
        let given = |link: &String| {
            node.is_some_and(|node| node.depends_on.iter().any(|key| key.local() == link))
        };
        for link in links.iter().filter(|link| !given(link)) {
            let Some(to) = by_key.get(link) else { continue };
            let siblings = to.list == at.list
                && to.issue.is_some() == at.issue.is_some()
                && (at.issue.is_none() || to.id == at.id);
            if siblings {
                found.push((at.clone(), (*to).clone()));
            }
        }
    }
    let mut made: BTreeSet<(At, At)> = BTreeSet::new();
    for (from, to) in found {
        // Links may go in a circle, entries may not.
        if from != to && !reaches(&made, &to, &from) {
            let id = to.issue.clone().unwrap_or_else(|| to.id.clone());
            let keys = &mut placed.draft.make(&from).keys;
            let ids = keys.entry("depends-on".into()).or_insert_with(|| Value::Array(Vec::new()));
            ids.as_array_mut().into_iter().for_each(|ids| ids.push(Value::String(id.clone())));
            made.insert((from, to));
        }
    }
}

fn reaches(made: &BTreeSet<(At, At)>, from: &At, to: &At) -> bool {
    let mut next = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            next.extend(made.iter().filter(|(f, _)| f == at).map(|(_, t)| t));
        }
    }
    false
}

/// Gives fields that must be there a value that is surely not meant.
fn required(schema: &Schema, placed: &mut Placed<'_>) {
    let missing = |keys: &Keys, fields: &Fields| -> Vec<(String, Value)> {
        let none = fields.iter().filter(|(name, f)| f.required && !keys.contains_key(*name));
        let value = |text: String| {
            let table: toml::Table = format!("v = {text}").parse().ok()?;
            table.get("v").cloned()
        };
        none.filter_map(|(name, f)| Some((name.clone(), value(example(&f.ty))?))).collect()
    };
    let tool = missing(&placed.draft.tool, &schema.tool);
    let unknown = tool.iter().map(|(name, _)| (name.clone(), "? not known".to_owned()));
    placed.tool_doubts.extend(unknown);
    placed.draft.tool.extend(tool);
    for (name, fields) in &schema.tables {
        let keys = placed.draft.tables.entry(name.clone()).or_default();
        let more = missing(keys, fields);
        keys.extend(more);
    }
    for at in placed.draft.places() {
        let Some(list) = schema.lists.get(&at.list) else { continue };
        let fields = if at.issue.is_some() { &list.issue_fields } else { &list.fields };
        let entry = placed.draft.make(&at);
        let more = missing(&entry.keys, fields);
        if !more.is_empty() {
            let names: Vec<&str> = more.iter().map(|(name, _)| name.as_str()).collect();
            entry.doubt = Some(format!("`{}` is not known", names.join("`, `")));
        }
        entry.keys.extend(more);
    }
}

/// An item with the wanted title in the wanted place is found by that; any other is named.
fn known_by(
    rendered: &Rendered,
    items: &Items<'_>,
    places: &BTreeSet<String>,
    placed: &mut Placed<'_>,
) {
    let nodes: BTreeMap<&str, &DesiredNode> =
        rendered.tree.nodes.iter().map(|node| (node.key.local(), node)).collect();
    let own: BTreeMap<String, At> =
        placed.keys.iter().map(|(at, key)| (key.clone(), at.clone())).collect();
    let mut titles: BTreeMap<(Option<&WorkItemId>, &str), usize> = BTreeMap::new();
    for seen in &items.all {
        *titles.entry((seen.item.parent.as_ref(), &seen.item.title)).or_default() += 1;
    }
    let mut gone = Vec::new();
    let mut named: Vec<(String, &Item, String)> = Vec::new();
    for (key, item) in &placed.nodes {
        if items.get(&item.id).is_some_and(|seen| seen.ours.is_some()) {
            continue;
        }
        let Some(node) = nodes.get(key.as_str()) else {
            gone.push(key.clone());
            continue;
        };
        let under = match &node.parent {
            Parent::None => false,
            Parent::Item(reference) => items.above == Some(reference),
            Parent::Node(parent) => {
                let parent = placed.nodes.get(parent.local()).map(|parent| &parent.id);
                parent.is_some() && item.parent.as_ref() == parent
            }
        };
        let only = titles.get(&(item.parent.as_ref(), item.title.as_str())) == Some(&1);
        let why = match node.title == item.title {
            // What an epictree made has a marker: all else was named, or came later.
            _ if items.tool.is_some() => String::new(),
            _ if !item.open => "closed".to_owned(),
            false => format!("\"{}\"", clean(&item.title)),
            true if !under => match items.parent(item) {
                Some(parent) => format!("hangs under {}", parent.item.reference),
                None => "hangs elsewhere".to_owned(),
            },
            true if !only => "one of several with this title".to_owned(),
            true if !in_places(places, item) => {
                format!("{} is no place of the workspace", item.reference.namespace)
            }
            true => continue,
        };
        named.push((key.clone(), item, why));
    }
    for (key, item, why) in named {
        placed.why.insert(key.clone(), why);
        match own.get(&key) {
            Some(at) => by_reference(&mut placed.draft, at, item),
            None => {
                placed.draft.items.insert(key, item.reference.clone());
            }
        }
    }
    for key in gone {
        placed.nodes.remove(&key);
        if let Some(at) = own.get(&key) {
            placed.keys.remove(at);
        }
    }
}

/// Work that exists keeps all that people gave it.
fn by_reference(draft: &mut Draft, at: &At, item: &Item) {
    let keys = &mut draft.make(at).keys;
    keys.insert("item".into(), Value::String(item.reference.to_string()));
    for key in ["milestone", "assignees", "start", "due", "labels", "confidential"] {
        keys.remove(key);
    }
}
