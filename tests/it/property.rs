//! Random trees and random edits, without a wire: a plan that is carried out leaves nothing to
//! write, and nothing that a person wrote is lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use epictree::key::NodeKey;
use epictree::marker::{self, Reading};
use epictree::plan::build;
use epictree::plan::compare::Update;
use epictree::plan::decide::{around, decide};
use epictree::plan::description::first_description;
use epictree::plan::scene::{For, Options, Scene};
use epictree::plan::{Action, FieldChange, Glob, Only, ToolPlan};
use epictree::text::{SLOT_CLOSE, SLOT_OPEN, Text};
use epictree::tree::{
    Capabilities, DesiredLabels, DesiredNode, DesiredTree, Item, Kind, Label, Link, LinkKind,
    ObservedTree, Parent, Reference, WorkItemId,
};
use proptest::prelude::*;

/// Local keys, each after its parent's; the parent's place in the list.
const KEYS: [(&str, Option<usize>); 5] =
    [("top", None), ("a", Some(0)), ("b", Some(0)), ("a/x", Some(1)), ("b/y", Some(2))];

/// Who may wait for whom.
const WAITS: [(usize, usize); 3] = [(2, 1), (4, 1), (4, 3)];

/// The lines that texts are made of.
const LINES: [&str; 12] = [
    "Alpha.",
    "Beta.",
    "Gamma, *with* marks.",
    "- [ ] Box one",
    "- [ ] Box two",
    "",
    "| a | b |",
    "- REF+",
    "- [TICK] REF+",
    "- item",
    "```",
    "# Heading",
];

const LABELS: [&str; 5] = ["one", "two", "p::1", "p::2", "q::r::1"];

// -- what the files want -----------------------------------------------------------------

#[derive(Debug, Clone)]
struct Wanted {
    present: bool,
    title: usize,
    lines: Vec<usize>,
    labels: (Option<usize>, Option<usize>),
    weight: Option<u64>,
    target: usize,
    waits: bool,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let label = || proptest::option::of(0..LABELS.len());
    let lines = proptest::collection::vec(0..LINES.len(), 0..7);
    (
        prop::bool::weighted(0.85),
        0..2_usize,
        lines,
        (label(), label()),
        proptest::option::of(1..4_u64),
        0..KEYS.len(),
        any::<bool>(),
    )
        .prop_map(|(present, title, lines, labels, weight, target, waits)| Wanted {
            present,
            title,
            lines,
            labels,
            weight,
            target,
            waits,
        })
}

fn files() -> impl Strategy<Value = Vec<Wanted>> {
    proptest::collection::vec(wanted(), KEYS.len())
}

/// Whether a node and everything above it is wanted.
fn present(files: &[Wanted], at: usize) -> bool {
    match KEYS[at].1 {
        None => true,
        Some(above) => files[at].present && present(files, above),
    }
}

fn key(at: usize) -> NodeKey {
    NodeKey::of("t", KEYS[at].0).unwrap()
}

fn tree(files: &[Wanted]) -> Arc<DesiredTree> {
    let nodes = (0..KEYS.len()).filter(|at| present(files, *at)).map(|at| node(files, at));
    Arc::new(DesiredTree {
        comments: Vec::new(),
        tool: "t".into(),
        name: "T".into(),
        summary: String::new(),
        file: "t.toml".into(),
        nodes: nodes.collect(),
        rows: Vec::new(),
        labels: Vec::new(),
        related: None,
        measures: Vec::new(),
    })
}

fn node(files: &[Wanted], at: usize) -> DesiredNode {
    let Wanted { present: _, title, lines, labels, weight, target, waits } = &files[at];
    let depends = WAITS.iter().filter(|(from, to)| *waits && *from == at && present(files, *to));
    let target = KEYS[if present(files, *target) { *target } else { 0 }].0;
    let lines: Vec<&str> = lines.iter().map(|line| LINES[*line]).collect();
    let text = lines.join("\n").trim_matches('\n').to_owned();
    let text = text
        .replace("REF", &format!("{SLOT_OPEN}ref:{target}{SLOT_CLOSE}"))
        .replace("TICK", &format!("{SLOT_OPEN}tick:{target}{SLOT_CLOSE}"));
    let enforced: Vec<String> = labels.0.iter().map(|l| LABELS[*l].to_owned()).collect();
    let scope = |title: &str| title.rsplit_once("::").map(|(scope, _)| scope.to_owned());
    let shared = labels.1.iter().map(|l| LABELS[*l].to_owned()).filter(|title| {
        // Two labels of one scope on a node are an error of the files.
        enforced.iter().all(|e| e != title && (scope(e).is_none() || scope(e) != scope(title)))
    });
    DesiredNode {
        key: key(at),
        kind: Kind::Epic,
        parent: KEYS[at].1.map_or(Parent::None, |above| Parent::Node(key(above))),
        namespace: "g/e".into(),
        item: None,
        title: format!("Title {title} of {}", KEYS[at].0),
        body: Text::parse("t", &format!("{text}\n\nKept by epictree from `t.toml`.")).unwrap(),
        labels: DesiredLabels { shared: shared.collect(), enforced, once: Vec::new() },
        weight: *weight,
        milestone: None,
        assignees: None,
        start: None,
        due: None,
        confidential: None,
        rewrite: true,
        depends_on: depends.map(|(_, to)| key(*to)).collect(),
        was: Vec::new(),
        enforce_parent: false,
        close_when_fulfilled: false,
        creates: true,
    }
}

// -- what people do ------------------------------------------------------------------------

#[derive(Debug, Clone, Copy)]
struct Deed {
    node: usize,
    what: usize,
    line: usize,
    value: usize,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..KEYS.len(), 0..13_usize, 0..10_usize, 0..LABELS.len());
    let deed = deed.prop_map(|(node, what, line, value)| Deed { node, what, line, value });
    proptest::collection::vec(deed, 0..8)
}

/// What people wrote: words that must not vanish, by item.
type Words = BTreeMap<WorkItemId, BTreeSet<String>>;

fn do_it(observed: &mut ObservedTree, deed: Deed, words: &mut Words, nth: usize) {
    if deed.what == 12 {
        let (from, to) = WAITS[deed.value % WAITS.len()];
        toggle_link(observed, from, to);
        return;
    }
    let parent = observed.items.get(&key(0)).map(|item| item.id.clone());
    let Some(item) = observed.items.get_mut(&key(deed.node)) else { return };
    let word = format!("people{nth}");
    let mine = words.entry(item.id.clone()).or_default();
    let (text, marker) = apart(&item.description);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = deed.line.min(lines.len().saturating_sub(1));
    let is_mine = |line: &String| mine.iter().any(|word| line.contains(word.as_str()));
    match deed.what {
        0 | 1 => {
            lines.insert(at, format!("A line of {word}."));
            mine.insert(word);
        }
        2 if !lines.is_empty() && !lines[at].trim().is_empty() && !lines[at].starts_with("```") => {
            lines[at].push_str(&format!(" {word}"));
            mine.insert(word);
        }
        3 if !lines.is_empty() && !is_mine(&lines[at]) => {
            lines.remove(at);
        }
        4 => lines.iter_mut().for_each(|line| *line = line.replacen("[ ]", "[x]", 1)),
        5 if !lines.is_empty() => lines[at] = lines[at].replacen("[x]", "[ ]", 1),
        6 => lines.iter_mut().for_each(|line| {
            *line =
                line.strip_prefix("- ").map_or_else(|| line.clone(), |rest| format!("* {rest}  "));
        }),
        7 => {
            item.title = format!("Title by {word}");
            mine.retain(|word| item.description.contains(word.as_str()));
            mine.insert(word);
        }
        8 => {
            let title = LABELS[deed.value];
            label(item, title);
        }
        9 => item.labels.retain(|label| label.title != LABELS[deed.value]),
        10 => item.weight = Some(deed.value as u64).filter(|weight| *weight > 0),
        11 if deed.value == 0 && deed.node > 0 => item.parent = parent,
        11 if deed.value == 1 => item.open = !item.open,
        11 if deed.value == 2 && deed.node > 0 => {
            // The marker goes; the record still knows the item.
            item.description = lines.join("\n");
            return;
        }
        _ => {}
    }
    item.description = match marker {
        Some(marker) => format!("{}\n\n{marker}", lines.join("\n")),
        None => lines.join("\n"),
    };
}

/// Links two items, or takes the link between them away.
fn toggle_link(observed: &mut ObservedTree, from: usize, to: usize) {
    let Some(to) = observed.items.get(&key(to)).map(|item| item.id.clone()) else { return };
    let Some(item) = observed.items.get_mut(&key(from)) else { return };
    let before = item.links.len();
    item.links.retain(|link| link.to.as_ref() != Some(&to));
    if item.links.len() == before {
        item.links.push(Link { kind: LinkKind::BlockedBy, to: Some(to), open: true });
    }
}

/// What people see, and the line of the marker.
fn apart(description: &str) -> (String, Option<String>) {
    match description.rsplit_once("<!--epictree:") {
        Some((text, rest)) => (text.trim_end().to_owned(), Some(format!("<!--epictree:{rest}"))),
        None => (description.to_owned(), None),
    }
}

/// Sets a label as GitLab does: one of a scope.
fn label(item: &mut Item, title: &str) {
    if let Some((scope, _)) = title.rsplit_once("::") {
        item.labels.retain(|l| l.title.rsplit_once("::").is_none_or(|(other, _)| other != scope));
    }
    if item.labels.iter().all(|l| l.title != title) {
        item.labels.push(Label { id: title.to_owned(), title: title.to_owned() });
    }
}

// -- carrying a plan out in memory -----------------------------------------------------------

fn options() -> Options {
    Options { workspace: "w".into(), ..Options::default() }
}

/// The choice of some nodes.
fn only(chosen: &BTreeSet<NodeKey>) -> Options {
    let globs = chosen.iter().map(|key| Glob::parse(key.as_str()).unwrap());
    Options { only: Only::new(globs.collect()), ..options() }
}

fn blank(number: u64) -> Item {
    let reference = Reference { namespace: "g/e".into(), sigil: '&', iid: number };
    Item {
        id: WorkItemId::from_number(number),
        url: format!("https://x.example/groups/g/e/-/epics/{number}"),
        reference,
        kind: Some(Kind::Epic),
        title: String::new(),
        description: String::new(),
        open: true,
        created: None,
        closed: None,
        confidential: false,
        labels: Vec::new(),
        parent: None,
        weight: None,
        milestone: None,
        assignees: Vec::new(),
        start: None,
        due: None,
        below: None,
        lock_version: 0,
        moved_to: None,
        links: Vec::<Link>::new(),
        author: "bot".into(),
        can_update: true,
    }
}

/// Carries a plan out as `apply` does: creates, then writes what was touched, what is new, and
/// the first node, which holds the record.
fn carry_out(plan: &ToolPlan, observed: &mut ObservedTree) {
    let options = options();
    let mut created = BTreeSet::new();
    for node in &plan.desired.nodes {
        if plan.change(&node.key).is_none_or(|change| change.action != Action::Create) {
            continue;
        }
        let mut item =
            blank(100 + KEYS.iter().position(|k| k.0 == node.key.local()).unwrap() as u64);
        let scene = Scene::of_plan(plan, observed, &options);
        let parent = scene.parent(&node.parent).map(|parent| parent.id.clone());
        item.description = around(&scene, node, For::Writing, |around| {
            first_description(node, parent.as_ref(), around)
        });
        item.title.clone_from(&node.title);
        item.weight = node.weight;
        item.parent = parent;
        for title in node.labels.enforced.iter().chain(&node.labels.shared) {
            label(&mut item, title);
        }
        observed.items.insert(node.key.clone(), item);
        created.insert(node.key.clone());
    }
    for (at, node) in plan.desired.nodes.iter().enumerate() {
        if at > 0 && !plan.touched.contains(&node.key) && !created.contains(&node.key) {
            continue;
        }
        let scene = Scene::of_plan(plan, observed, &options);
        let Some(mut item) = scene.item(&node.key).cloned() else { continue };
        if item.open {
            let update = decide(&scene, node, &item, For::Writing).update;
            link(&mut item, update);
            let update = decide(&scene, node, &item, For::Writing).update;
            assert!(update.leaves_links(), "{update:?}");
            write(&mut item, update);
            observed.items.insert(node.key.clone(), item);
        }
    }
    observe(observed);
}

/// Makes and takes away links, as `apply` does before anything else.
fn link(item: &mut Item, update: Update) {
    item.links.retain(|link| link.to.as_ref().is_none_or(|id| !update.unlinks.contains(id)));
    let made = update.links.into_iter().map(|(kind, id)| Link { kind, to: Some(id), open: true });
    item.links.extend(made);
}

fn write(item: &mut Item, update: Update) {
    let Update { title, description, add_labels, remove_labels, parent, weight, .. } = update;
    item.title = title.unwrap_or_else(|| item.title.clone());
    item.description = description.unwrap_or_else(|| item.description.clone());
    item.labels.retain(|label| !remove_labels.contains(&label.title));
    add_labels.iter().for_each(|title| label(item, title));
    item.parent = parent.unwrap_or_else(|| item.parent.clone());
    item.weight = weight.unwrap_or(item.weight);
}

/// Reads the record again, as the next run will.
fn observe(observed: &mut ObservedTree) {
    if let Some(first) = observed.items.get(&key(0))
        && let Reading::One(marker) = marker::read(&first.description).marker
    {
        observed.record = marker.record;
    }
}

// -- what must hold ---------------------------------------------------------------------------

fn names(fields: &[FieldChange]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_that_is_carried_out_leaves_nothing_to_write_and_loses_no_word(
        rounds in proptest::collection::vec((files(), deeds()), 1..4)
    ) {
        let options = options();
        let capabilities = Capabilities { blocked_items: true, weights: true };
        let mut observed = ObservedTree { capabilities, ..ObservedTree::default() };
        let mut words = Words::new();
        let mut nth = 0;
        for (files, deeds) in &rounds {
            let tree = tree(files);
            let plan = build(&tree, &observed, &options);
            carry_out(&plan, &mut observed);
            let again = build(&tree, &observed, &options);
            for (before, after) in plan.changes.iter().zip(&again.changes) {
                prop_assert_eq!(after.action, Action::None, "{}: {:#?}", after.key, after);
                prop_assert_eq!(names(&after.kept), names(&before.kept), "{}: drift", after.key);
                prop_assert_eq!(names(&after.conflicts), names(&before.conflicts), "{}: conflicts", after.key);
            }
            for item in observed.items.values() {
                for word in words.get(&item.id).into_iter().flatten() {
                    let here = item.title.contains(word) || item.description.contains(word);
                    prop_assert!(here, "{word} is lost from {item:#?}");
                }
            }
            for deed in deeds {
                nth += 1;
                do_it(&mut observed, *deed, &mut words, nth);
            }
            observe(&mut observed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_part_and_then_the_rest_come_to_the_same_as_all_at_once(
        before in files(), deeds in deeds(), after in files(),
        chosen in proptest::collection::btree_set(0..KEYS.len(), 1..3)
    ) {
        let capabilities = Capabilities { blocked_items: true, weights: true };
        let mut start = ObservedTree { capabilities, ..ObservedTree::default() };
        carry_out(&build(&tree(&before), &start, &options()), &mut start);
        for (nth, deed) in deeds.iter().enumerate() {
            do_it(&mut start, *deed, &mut Words::new(), nth);
        }
        observe(&mut start);
        let tree = tree(&after);
        let (mut whole, mut parts) = (start.clone(), start.clone());
        carry_out(&build(&tree, &whole, &options()), &mut whole);
        let choice = only(&chosen.into_iter().map(key).collect());
        let plan = build(&tree, &parts, &choice);
        carry_out(&plan, &mut parts);
        let selection = plan.selection.clone().unwrap();
        for (at, item) in start.items.iter().filter(|(at, _)| !selection.contains(at)) {
            let (text, now) = (apart(&item.description).0, &parts.items[at]);
            prop_assert_eq!(text, apart(&now.description).0, "{}", at);
            prop_assert_eq!(Item { description: String::new(), ..item.clone() },
                Item { description: String::new(), ..now.clone() });
        }
        let again = build(&tree, &parts, &choice);
        prop_assert!(!again.writes(), "{:#?}", again.changes);
        carry_out(&build(&tree, &parts, &options()), &mut parts);
        prop_assert_eq!(&whole.items, &parts.items);
        prop_assert_eq!(&whole.record, &parts.record);
    }
}
