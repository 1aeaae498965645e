//! Builds the plan of one tool: every node, row and orphan.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::NodeKey;
use crate::marker::Record;
use crate::tree::{
    DesiredNode, DesiredTree, Item, Kind, ObservedTree, Parent, Reference, Trouble, WorkItemId,
};

use super::change::{Action, Cause, Change, FieldChange, Notice, Subject, ToolPlan, Value};
use super::compare::{Around, Decision, compare, compare_existing, may_hang};
use super::needs;
use super::resolve::{AFTER_APPLY, NOT_YET, resolve};
use super::rows;

/// Choices that belong to a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The workspace's id.
    pub workspace: String,
    /// Whether items that people made and that look like ours become ours.
    pub adopt: bool,
    /// Whether items that the files no longer want are closed.
    pub prune: bool,
    /// Keys whose recorded items cannot be read and are to be made anew.
    pub recreate: BTreeSet<NodeKey>,
}

/// Everything a comparison may look at.
pub struct Scene<'a> {
    /// What the files want.
    pub desired: &'a DesiredTree,
    /// What GitLab holds.
    pub observed: &'a ObservedTree,
    /// The plan's choices.
    pub options: &'a Options,
    /// Nodes that are not created in this run, because somebody has to decide first.
    pub waiting: BTreeSet<NodeKey>,
}

/// Whether a text is for a plan or for GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// For people to read before an apply.
    Plan,
    /// To be written.
    Writing,
}

impl<'a> Scene<'a> {
    /// Sets the scene.
    #[must_use]
    pub fn new(desired: &'a DesiredTree, observed: &'a ObservedTree, options: &'a Options) -> Self {
        let mut scene = Self { desired, observed, options, waiting: BTreeSet::new() };
        let unreadable = unreadable(&scene);
        for node in &desired.nodes {
            let proposed = observed.adoptable.contains_key(&node.key) && !options.adopt;
            let below =
                matches!(&node.parent, Parent::Node(parent) if scene.waiting.contains(parent));
            if scene.item(&node.key).is_none()
                && (proposed || below || unreadable.contains(&node.key))
            {
                scene.waiting.insert(node.key.clone());
            }
        }
        scene
    }

    /// What an open reference to a node reads.
    #[must_use]
    pub fn open(&self, purpose: For, key: &NodeKey) -> &'static str {
        match purpose {
            For::Plan if !self.waiting.contains(key) => AFTER_APPLY,
            For::Plan | For::Writing => NOT_YET,
        }
    }

    /// The item of a node: ours, to be adopted, or one the files name.
    #[must_use]
    pub fn item(&self, key: &NodeKey) -> Option<&'a Item> {
        let ours = self.observed.items.get(key);
        let adopted = || self.observed.adoptable.get(key).filter(|_| self.options.adopt);
        let named = || {
            let node = self.desired.node(key)?;
            self.observed.existing.get(node.item.as_ref()?)
        };
        ours.or_else(adopted).or_else(named)
    }

    /// The item a node hangs under.
    #[must_use]
    pub fn parent(&self, parent: &Parent) -> Option<&'a Item> {
        match parent {
            Parent::None => None,
            Parent::Node(key) => self.item(key),
            Parent::Item(reference) => self.observed.existing.get(reference),
        }
    }

    /// Decides one node against an item.
    #[must_use]
    pub fn decide(&self, node: &DesiredNode, item: &Item, purpose: For) -> Decision {
        self.around(node, purpose, |around| match node.item {
            Some(_) => compare_existing(node, item, around),
            None => compare(node, item, around),
        })
    }

    /// Hands what surrounds a node to a comparison.
    pub fn around<T>(
        &self,
        node: &DesiredNode,
        purpose: For,
        f: impl FnOnce(&Around<'_>) -> T,
    ) -> T {
        let first = self.is_first(node);
        f(&Around {
            workspace: &self.options.workspace,
            item: &|key| self.item(key),
            parent: &|parent| self.parent(parent),
            by_id: &|id| self.observed.by_id(id),
            record: first.then(|| self.record()),
            related: self
                .desired
                .related
                .as_ref()
                .filter(|_| first)
                .and_then(|r| self.observed.existing.get(r)),
            capabilities: self.observed.capabilities,
            open: &|key| self.open(purpose, key),
        })
    }

    /// Tells whether a node is the tool's first one, which holds the record.
    #[must_use]
    pub fn is_first(&self, node: &DesiredNode) -> bool {
        self.desired.nodes.first().is_some_and(|first| first.key == node.key)
    }

    /// The record as it should be: every item that is ours, under its present key.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = self.observed.record.clone();
        for key in self.desired.nodes.iter().flat_map(|node| &node.was) {
            record.items.remove(key.local());
        }
        let adopted = self.observed.adoptable.iter().filter(|_| self.options.adopt);
        for (key, item) in self.observed.items.iter().chain(adopted) {
            record.items.insert(key.local().to_owned(), item.id.number());
        }
        rows::settle(self, &mut record);
        record
    }
}

/// Builds the plan of one tool.
#[must_use]
pub fn build(desired: &DesiredTree, observed: &ObservedTree, options: &Options) -> ToolPlan {
    let scene = Scene::new(desired, observed, options);
    let depths = depths(desired);
    let mut changes: Vec<Change> =
        desired.nodes.iter().map(|node| change_of(&scene, node)).collect();
    for (change, node) in changes.iter_mut().zip(&desired.nodes) {
        change.depth = depths[&node.key];
    }
    let (closed, orphans) = orphans(&scene);
    let mut plan = ToolPlan {
        desired: desired.clone(),
        open_items: observed.items.values().filter(|item| item.open).count(),
        touched: touched(&changes, &closed),
        changes,
        orphans,
        notices: notices(&scene),
        needs: super::change::Needs::default(),
    };
    plan.changes.extend(closed);
    rows::plan(&scene, &mut plan);
    plan.needs = needs::of(&scene, &plan);
    plan
}

fn depths(desired: &DesiredTree) -> BTreeMap<NodeKey, usize> {
    let mut depths: BTreeMap<NodeKey, usize> = BTreeMap::new();
    for node in &desired.nodes {
        let depth = match &node.parent {
            Parent::Node(parent) => depths.get(parent).map_or(0, |depth| depth + 1),
            Parent::None | Parent::Item(_) => 0,
        };
        depths.insert(node.key.clone(), depth);
    }
    depths
}

fn unreadable(scene: &Scene<'_>) -> BTreeSet<NodeKey> {
    let keys = scene.observed.trouble.iter().filter_map(|trouble| match trouble {
        Trouble::Unreadable(key, _) | Trouble::Lost(key, _) => Some(key.clone()),
        _ => None,
    });
    keys.filter(|key| !scene.options.recreate.contains(key)).collect()
}

fn change_of(scene: &Scene<'_>, node: &DesiredNode) -> Change {
    let waits = scene.waiting.contains(&node.key);
    let item = scene.item(&node.key);
    let proposed = scene.observed.adoptable.get(&node.key).filter(|_| waits);
    let mut change = blank(node, item.or(proposed));
    match item {
        None if waits => change.action = Action::Wait,
        None => new_item(scene, node, &mut change),
        Some(item) if item.open => {
            fill(scene, node, item, &mut change);
            let ours = scene.observed.items.contains_key(&node.key) || node.item.is_some();
            if !ours {
                change.action = Action::Adopt;
            }
        }
        Some(_) => {}
    }
    change
}

fn blank(node: &DesiredNode, item: Option<&Item>) -> Change {
    Change {
        key: node.key.to_string(),
        subject: Subject::Node(node.kind),
        action: Action::None,
        cause: Cause::None,
        title: item
            .filter(|_| node.item.is_some())
            .map_or_else(|| node.title.clone(), |i| i.title.clone()),
        reference: item.map(|item| item.reference.clone()),
        url: item.map(|item| item.url.clone()),
        parent: match &node.parent {
            Parent::None => None,
            Parent::Node(key) => Some(key.to_string()),
            Parent::Item(reference) => Some(reference.to_string()),
        },
        namespace: item
            .map_or_else(|| node.namespace.clone(), |item| item.reference.namespace.clone()),
        depth: 0,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn new_item(scene: &Scene<'_>, node: &DesiredNode, change: &mut Change) {
    if let Some(reference) = &node.item {
        // Nothing was read: an offline plan shows what it would look at.
        change.reference = Some(reference.clone());
        change.fields.push(FieldChange::new("parent", Value::None, change.parent.clone()));
        change.fields.push(FieldChange::new("labels", Value::None, node.labels.enforced.clone()));
        change.fields.retain(|field| field.after != Value::None);
        change.action = if change.fields.is_empty() { Action::None } else { Action::Update };
        change.cause = Cause::SpecChanged;
        return;
    }
    change.action = Action::Create;
    change.cause = Cause::New;
    let body = resolve(&node.body, |key| scene.open(For::Plan, key), |key| scene.item(key));
    let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    let labels: BTreeSet<String> = labels.into_iter().flatten().cloned().collect();
    let links: Vec<String> = node.depends_on.iter().map(|key| shown(scene, key)).collect();
    let related =
        scene.desired.related.iter().filter(|_| scene.is_first(node)).map(Reference::to_string);
    let fields = [
        ("labels", labels.into_iter().collect::<Vec<_>>().into()),
        ("confidential", node.confidential.filter(|flag| *flag).into()),
        ("weight", node.weight.into()),
        ("milestone", node.milestone.clone().into()),
        ("assignees", node.assignees.clone().unwrap_or_default().into()),
        ("start", node.start.into()),
        ("due", node.due.into()),
        ("links", links.into_iter().chain(related).collect::<Vec<_>>().into()),
        ("body", Value::Text(body)),
    ];
    for (name, after) in fields {
        if after != Value::None {
            change.fields.push(FieldChange::new(name, Value::None, after));
        }
    }
}

fn shown(scene: &Scene<'_>, key: &NodeKey) -> String {
    scene.item(key).map_or_else(|| key.local().to_owned(), |item| item.reference.to_string())
}

fn fill(scene: &Scene<'_>, node: &DesiredNode, item: &Item, change: &mut Change) {
    let Decision { fields, kept, conflicts, update, cause } = scene.decide(node, item, For::Plan);
    change.action = match (fields.is_empty(), update.is_empty()) {
        (false, _) => Action::Update,
        (true, false) => Action::Record,
        (true, true) => Action::None,
    };
    change.cause = cause.unwrap_or(Cause::None);
    (change.fields, change.kept, change.conflicts) = (fields, kept, conflicts);
}

fn touched(changes: &[Change], closed: &[Change]) -> BTreeSet<NodeKey> {
    let writes = |change: &&Change| !matches!(change.action, Action::None | Action::Wait);
    let keys = changes.iter().chain(closed).filter(writes);
    keys.filter_map(|change| NodeKey::parse(&change.key)).collect()
}

/// Open items of ours that the files no longer want: those to close, deepest
/// first, and those left alone.
fn orphans(scene: &Scene<'_>) -> (Vec<Change>, Vec<Change>) {
    let wanted: BTreeSet<&NodeKey> = scene.desired.nodes.iter().map(|node| &node.key).collect();
    let open: Vec<(&NodeKey, &Item)> = scene
        .observed
        .items
        .iter()
        .filter(|(key, item)| item.open && !wanted.contains(key))
        .collect();
    let mut closing: BTreeSet<&WorkItemId> = BTreeSet::new();
    let mut closed: Vec<Change> = Vec::new();
    if scene.options.prune {
        while let Some((key, item)) = open
            .iter()
            .find(|(_, item)| !closing.contains(&item.id) && is_bare(scene, item, &closing))
        {
            closing.insert(&item.id);
            closed.push(orphan(key, item, Action::Close));
        }
    }
    let left = open.iter().filter(|(_, item)| !closing.contains(&item.id));
    (closed, left.map(|(key, item)| orphan(key, item, Action::None)).collect())
}

/// Tells whether everything open below an item is closed in the same run.
fn is_bare(scene: &Scene<'_>, item: &Item, closing: &BTreeSet<&WorkItemId>) -> bool {
    let foreign = scene.observed.open_below.get(&item.id).is_some_and(|below| !below.is_empty());
    let mut ours =
        scene.observed.items.values().filter(|other| other.parent.as_ref() == Some(&item.id));
    !foreign && ours.all(|other| !other.open || closing.contains(&other.id))
}

fn orphan(key: &NodeKey, item: &Item, action: Action) -> Change {
    Change {
        key: key.to_string(),
        subject: Subject::Node(item.kind.unwrap_or(Kind::Issue)),
        action,
        cause: Cause::Removed,
        title: item.title.clone(),
        reference: Some(item.reference.clone()),
        url: Some(item.url.clone()),
        parent: None,
        namespace: item.reference.namespace.clone(),
        depth: 0,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}

fn notices(scene: &Scene<'_>) -> Vec<Notice> {
    let mut notices: Vec<Notice> =
        scene.observed.trouble.iter().filter_map(|t| notice(scene, t)).collect();
    for change in scene.desired.nodes.iter().filter(|node| node.item.is_none()) {
        if let Some(item) =
            scene.observed.adoptable.get(&change.key).filter(|_| !scene.options.adopt)
        {
            notices.push(Notice {
                blocks: false,
                message: format!("{} has the title of {} and no marker", item.reference, change.key),
                hint: "if it is the same work, run again with --adopt; otherwise rename one of the two".into(),
            });
        }
    }
    for (node, item) in scene.desired.nodes.iter().filter_map(|node| {
        let item = scene.observed.existing.get(node.item.as_ref()?)?;
        Some((node, item))
    }) {
        if item.open
            && item.parent.is_none()
            && node.parent != Parent::None
            && !may_hang(node, item)
        {
            notices.push(Notice {
                blocks: false,
                message: format!(
                    "{} cannot go under the {} that {} goes under, so it gets no parent",
                    item.reference,
                    if node.kind == Kind::Task { "issue" } else { "epic" },
                    node.key
                ),
                hint: "put it where it belongs by hand".into(),
            });
        }
    }
    notices.sort();
    notices
}

fn notice(scene: &Scene<'_>, trouble: &Trouble) -> Option<Notice> {
    let (blocks, message, hint) = match trouble {
        Trouble::Damaged(key, at) => (
            false,
            format!("the marker of {at} ({key}) is damaged, so its base is unknown"),
            "what GitLab and the files agree on is recorded anew; settle the rest by hand"
                .to_owned(),
        ),
        Trouble::Newer(at, version) => (
            true,
            format!("{at} was written by a newer epictree (marker version {version})"),
            "update epictree".to_owned(),
        ),
        Trouble::Stray(key, at) => (
            false,
            format!("{at} carries the marker of {key} and is not that item"),
            "it is left alone; delete the last line of its description if it is a clone".to_owned(),
        ),
        Trouble::Duplicate(key, at) => (
            false,
            format!("{at} is a second item for {key}"),
            "it is left alone; close it if nobody works there".to_owned(),
        ),
        Trouble::Foreign(key, at) => (
            true,
            format!("{at} stands where {key} would go and belongs to another workspace or tool"),
            "give one of the two another title or parent".to_owned(),
        ),
        Trouble::Lost(key, at) if !scene.options.recreate.contains(key) => (
            true,
            format!("{at} is recorded as {key}, lost its marker and lies elsewhere"),
            format!("move it back, or run with --recreate {key} to make a new one"),
        ),
        Trouble::Unreadable(key, what) if !scene.options.recreate.contains(key) => (
            true,
            format!("{key} is known as {what}, which cannot be read"),
            format!("ask for access, or run with --recreate {key} if it is gone for good"),
        ),
        Trouble::Lost(..) | Trouble::Unreadable(..) => return None,
    };
    Some(Notice { blocks, message, hint })
}
