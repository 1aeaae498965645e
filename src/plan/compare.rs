//! One node against its item: the three-way table applied to every field.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::key::NodeKey;
use crate::marker::{self, Base, BaseText, Marker, Reading, Record};
use crate::merge::OnConflict;
use crate::merge::labels::{Wanted, decide_labels};
use crate::merge::scalar::{Verdict, decide};
use crate::merge::text::{Merged, Sides, decide_text};
use crate::tree::{Capabilities, DesiredNode, Item, Kind, LinkKind, Parent, WorkItemId, usernames};

use super::change::{Cause, FieldChange, Value};
use super::resolve::{AFTER_APPLY, resolve, was_open};

/// What the comparison may know of the rest of the tree.
pub struct Around<'a> {
    /// The workspace's id.
    pub workspace: &'a str,
    /// How what both sides changed is settled.
    pub on_conflict: OnConflict,
    /// The item of a node, if it exists.
    pub item: &'a dyn Fn(&NodeKey) -> Option<&'a Item>,
    /// The item that a reference in an existing text names.
    pub named: &'a dyn Fn(&NodeKey, &str) -> Option<&'a Item>,
    /// The item that a node hangs under, if it exists.
    pub parent: &'a dyn Fn(&Parent) -> Option<&'a Item>,
    /// The record that the tool's first node is to hold; `None` for other nodes.
    pub record: Option<Record>,
    /// Any item that was read, by its id.
    pub by_id: &'a dyn Fn(&WorkItemId) -> Option<&'a Item>,
    /// An item to link the node to, beside those it depends on.
    pub related: Option<&'a Item>,
    /// What a name in a base's links is called now, and its item.
    pub target: &'a dyn Fn(&str) -> (String, Option<WorkItemId>),
    /// What the licence allows.
    pub capabilities: Capabilities,
    /// What an open reference to a node reads.
    pub open: &'a dyn Fn(&NodeKey) -> String,
    /// Whether a node that does not exist is not created in this run either.
    pub waits: &'a dyn Fn(&NodeKey) -> bool,
    /// Whether the item of a node will be closed in this run.
    pub closing: &'a dyn Fn(&NodeKey) -> bool,
}

/// The writable half of a decision; `None` leaves a field alone, an inner `None` empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// The new title.
    pub title: Option<String>,
    /// The whole new description, marker included.
    pub description: Option<String>,
    /// Titles of labels to add.
    pub add_labels: Vec<String>,
    /// Titles of labels to remove.
    pub remove_labels: Vec<String>,
    /// The new parent.
    pub parent: Option<Option<WorkItemId>>,
    /// Whether only members may read it.
    pub confidential: Option<bool>,
    /// The new weight.
    pub weight: Option<Option<u64>>,
    /// The new milestone's title.
    pub milestone: Option<Option<String>>,
    /// The new user names.
    pub assignees: Option<Vec<String>>,
    /// The new first day.
    pub start: Option<Option<Date>>,
    /// The new last day.
    pub due: Option<Option<Date>>,
    /// Items to link to.
    pub links: Vec<(LinkKind, WorkItemId)>,
    /// Items to take the link to away from.
    pub unlinks: Vec<WorkItemId>,
}

impl Update {
    /// Tells whether the mutation would change nothing; links go their own way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let (links, unlinks) = (self.links.clone(), self.unlinks.clone());
        *self == Self { links, unlinks, ..Self::default() }
    }

    /// Tells whether no link is made or taken away.
    #[must_use]
    pub fn leaves_links(&self) -> bool {
        self.links.is_empty() && self.unlinks.is_empty()
    }
}

/// What is decided for one item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Fields that are written.
    pub fields: Vec<FieldChange>,
    /// Fields that people changed and keep.
    pub kept: Vec<FieldChange>,
    /// Fields that both sides changed.
    pub conflicts: Vec<FieldChange>,
    /// What to send.
    pub update: Update,
    /// Which side moved.
    pub cause: Option<Cause>,
}

/// Decides every field of an item that is ours or becomes ours.
#[must_use]
pub fn compare(node: &DesiredNode, item: &Item, around: &Around<'_>) -> Decision {
    let described = marker::read(&item.description);
    let (stored, old) = match &described.marker {
        // A marker that people copied from another item says nothing of this one.
        Reading::One(marker) if marker.key == node.key || node.was.contains(&marker.key) => {
            (Some(marker.as_ref()), marker.base.clone())
        }
        Reading::One(_) => (None, Base::default()),
        Reading::None | Reading::Damaged { .. } | Reading::Newer(_) | Reading::Duplicate => {
            (None, Base::default())
        }
    };
    let on_conflict = around.on_conflict;
    let mut work = Work { decision: Decision::default(), old, new: Base::default(), on_conflict };
    work.old.assignees = work.old.assignees.as_ref().map(usernames);
    let text = match node.creates {
        true => work.every_field(node, item, &described.text, around),
        false => work.labels_alone(node, item),
    };
    let wanted = Marker {
        workspace: around.workspace.to_owned(),
        key: node.key.clone(),
        base: std::mem::take(&mut work.new),
        record: around.record.clone().unwrap_or_default(),
    };
    let is_stored = || stored == Some(&wanted) || stored == Some(&marker::as_stored(&wanted));
    if text.is_some() || !is_stored() {
        let text = text.unwrap_or(described.text);
        work.decision.update.description = Some(marker::write(&text, &wanted));
    }
    if work.decision.cause == Some(Cause::Filled) && work.decision.fields.len() > 1 {
        work.decision.cause = Some(Cause::SpecChanged);
    }
    work.decision
}

/// Decides an item that people made and the files refer to: a parent if it has
/// none, missing enforced labels, nothing else.
#[must_use]
pub fn compare_existing(node: &DesiredNode, item: &Item, around: &Around<'_>) -> Decision {
    let mut decision = Decision::default();
    if !node.creates {
        return decision;
    }
    let has: Vec<String> = item.labels.iter().map(|label| label.title.clone()).collect();
    let wanted = Wanted { enforced: &node.labels.enforced, shared: &[] };
    let labels = decide_labels(&has, &has, wanted, around.on_conflict);
    if !labels.add.is_empty() {
        decision.fields.push(FieldChange::new("labels", Value::None, labels.add.clone()));
        decision.update.add_labels = labels.add;
    }
    let parent = (around.parent)(&node.parent);
    let free = parent.is_none_or(|parent| linked(item, &parent.id).is_none());
    if item.parent.is_none() && node.parent != Parent::None && may_hang(node, item) && free {
        let shown = parent.map_or_else(|| AFTER_APPLY.to_owned(), |p| p.reference.to_string());
        decision.fields.push(FieldChange::new("parent", Value::None, shown));
        decision.update.parent = parent.map(|p| Some(p.id.clone()));
    }
    if !decision.fields.is_empty() {
        decision.cause = Some(Cause::SpecChanged);
    }
    decision
}

/// Tells whether an item that exists can hang where the files want it: tasks go under issues,
/// all else under epics. Where epics are not nested, an issue would have to be a task.
#[must_use]
pub fn may_hang(node: &DesiredNode, item: &Item) -> bool {
    item.kind.is_none_or(|kind| (kind == Kind::Task) == (node.kind == Kind::Task))
}

struct Work {
    decision: Decision,
    old: Base,
    new: Base,
    on_conflict: OnConflict,
}

impl Work {
    /// Decides every field; answers the text to write, if GitLab's is not to stay.
    fn every_field(
        &mut self,
        node: &DesiredNode,
        item: &Item,
        gitlab: &str,
        around: &Around<'_>,
    ) -> Option<String> {
        self.title(node, item);
        let text = self.body(node, gitlab, around);
        self.labels(node, item);
        self.parent(node, item, around);
        self.confidential(node, item);
        self.plain(
            "weight",
            |b| &mut b.weight,
            item.weight,
            node.weight,
            |u, v| u.weight = Some(v),
        );
        let milestone = node.milestone.clone();
        self.plain(
            "milestone",
            |b| &mut b.milestone,
            item.milestone.clone(),
            milestone,
            |u, v| u.milestone = Some(v),
        );
        let assigned = Some(item.assignees.clone()).filter(|list| !list.is_empty());
        self.plain(
            "assignees",
            |b| &mut b.assignees,
            assigned,
            node.assignees.clone().filter(|list| !list.is_empty()),
            |u, v| {
                u.assignees = Some(v.unwrap_or_default());
            },
        );
        self.plain("start", |b| &mut b.start, item.start, node.start, |u, v| u.start = Some(v));
        self.plain("due", |b| &mut b.due, item.due, node.due, |u, v| u.due = Some(v));
        self.links(node, item, around);
        self.linked_parent(item);
        text
    }

    /// Decides the labels, and leaves all else with what is known of it as it is.
    fn labels_alone(&mut self, node: &DesiredNode, item: &Item) -> Option<String> {
        self.labels(node, item);
        let labels = std::mem::take(&mut self.new.labels);
        self.new = Base { labels, ..std::mem::take(&mut self.old) };
        None
    }

    /// Notes a verdict where people can see it.
    fn note(&mut self, name: &str, verdict: Verdict, before: Value, after: Value) {
        let field = FieldChange { name: name.to_owned(), before, after };
        match verdict {
            Verdict::Write | Verdict::Clear => {
                self.decision.fields.push(field);
                self.decision.cause.get_or_insert(Cause::SpecChanged);
            }
            Verdict::Drift | Verdict::Keep => self.decision.kept.push(field),
            Verdict::Conflict => self.decision.conflicts.push(field),
            Verdict::Same | Verdict::Record | Verdict::Theirs => {}
        }
    }

    /// A value that is either there or not.
    fn plain<T: PartialEq + Clone + Into<Value>>(
        &mut self,
        name: &str,
        base: impl Fn(&mut Base) -> &mut Option<T>,
        gitlab: Option<T>,
        spec: Option<T>,
        write: impl Fn(&mut Update, Option<T>),
    ) {
        let old = base(&mut self.old).clone();
        let verdict = decide(old.as_ref(), gitlab.as_ref(), spec.as_ref());
        let verdict = verdict.settled(self.on_conflict);
        self.note(name, verdict, gitlab.into(), spec.clone().into());
        if verdict.writes() {
            write(&mut self.decision.update, spec.clone());
        }
        *base(&mut self.new) = if verdict.settles() { spec } else { old };
    }

    fn title(&mut self, node: &DesiredNode, item: &Item) {
        let (title, wanted) = (item.title.clone(), node.title.clone());
        self.plain("title", |b| &mut b.title, Some(title), Some(wanted), |u, v| u.title = v);
    }

    /// Answers the text to write, if GitLab's is not to stay.
    fn body(&mut self, node: &DesiredNode, gitlab: &str, around: &Around<'_>) -> Option<String> {
        let old = self.old.body.take();
        let said = match &old {
            Some(BaseText::Text(base)) => format!("{base}\n{gitlab}"),
            Some(BaseText::Hash(_)) | None => gitlab.to_owned(),
        };
        let item = |key: &NodeKey| (around.named)(key, &said);
        // What was left open at creation is filled nevertheless.
        let open = matches!(&old, Some(BaseText::Text(base)) if was_open(&node.body, base, item));
        let none_yet = old.is_none() && gitlab.trim().is_empty();
        if !node.rewrite && !open && !none_yet {
            self.new.body = old;
            return None;
        }
        let spec = resolve(&node.body, around.open, item, around.closing);
        let Merged { text, base, drift, conflict } =
            decide_text(old.as_ref(), gitlab, &spec, self.on_conflict);
        if let Some(text) = &text {
            self.decision.cause = open.then_some(Cause::Filled).or(self.decision.cause);
            self.note("body", Verdict::Write, gitlab.into(), text.as_str().into());
        }
        for (sides, verdict) in [(drift, Verdict::Drift), (conflict, Verdict::Conflict)] {
            if let Some(Sides { gitlab, files }) = sides {
                self.note("body", verdict, gitlab.into(), files.into());
            }
        }
        self.new.body = base;
        text
    }

    fn labels(&mut self, node: &DesiredNode, item: &Item) {
        let has: Vec<String> = item.labels.iter().map(|label| label.title.clone()).collect();
        let wanted = Wanted { enforced: &node.labels.enforced, shared: &node.labels.shared };
        let out = decide_labels(&self.old.labels, &has, wanted, self.on_conflict);
        if !out.add.is_empty() || !out.remove.is_empty() {
            self.note("labels", Verdict::Write, out.remove.clone().into(), out.add.clone().into());
            if out.add.iter().all(|title| self.old.labels.contains(title)) && out.remove.is_empty()
            {
                self.decision.cause = Some(Cause::Drifted);
            }
        }
        for (ours, theirs) in out.drift {
            self.note("labels", Verdict::Drift, theirs.into(), vec![ours].into());
        }
        for (ours, theirs) in out.conflicts {
            self.note("labels", Verdict::Conflict, theirs.into(), vec![ours].into());
        }
        self.decision.update.add_labels = out.add;
        self.decision.update.remove_labels = out.remove;
        self.new.labels = out.base;
    }

    fn parent(&mut self, node: &DesiredNode, item: &Item, around: &Around<'_>) {
        let wanted = (around.parent)(&node.parent);
        if wanted.is_none() && node.parent != Parent::None {
            self.new.parent = self.old.parent;
            let waits = matches!(&node.parent, Parent::Node(key) if (around.waits)(key));
            if !waits {
                self.note("parent", Verdict::Write, parent_of(item, around), AFTER_APPLY.into());
            }
            return;
        }
        let number = |id: &WorkItemId| id.number();
        let (gitlab, spec) = (item.parent.as_ref().map(number), wanted.map(|p| p.id.number()));
        let mut verdict = decide(self.old.parent.as_ref(), gitlab.as_ref(), spec.as_ref());
        if node.enforce_parent && matches!(verdict, Verdict::Drift | Verdict::Conflict) {
            verdict = Verdict::Write;
        }
        let verdict = verdict.settled(self.on_conflict);
        let shown = wanted.map(|p| p.reference.to_string());
        self.note("parent", verdict, parent_of(item, around), shown.into());
        if verdict.writes() {
            self.decision.update.parent = Some(wanted.map(|p| p.id.clone()));
        }
        self.new.parent = if verdict.settles() { spec } else { self.old.parent };
    }

    /// GitLab takes no linked item for a parent: people decide which of the two it is to be.
    fn linked_parent(&mut self, item: &Item) {
        let Update { parent, unlinks, .. } = &self.decision.update;
        let Some(Some(wanted)) = parent else { return };
        if linked(item, wanted).is_none() || unlinks.contains(wanted) {
            return;
        }
        let keep = self.on_conflict == OnConflict::Keep;
        self.new.parent = if keep { Some(wanted.number()) } else { self.old.parent };
        self.decision.update.parent = None;
        let Decision { fields, kept, conflicts, .. } = &mut self.decision;
        let left = if keep { kept } else { conflicts };
        left.extend(fields.extract_if(.., |field| field.name == "parent"));
        if fields.is_empty() {
            self.decision.cause = None;
        }
    }

    /// Raised when the files say so, never lowered by drift correction.
    fn confidential(&mut self, node: &DesiredNode, item: &Item) {
        let (old, wanted) = (self.old.confidential, node.confidential);
        let gitlab = Some(item.confidential);
        let verdict = match decide(old.as_ref(), gitlab.as_ref(), wanted.as_ref()) {
            Verdict::Drift | Verdict::Conflict if wanted == Some(true) => Verdict::Write,
            Verdict::Conflict => Verdict::Drift,
            Verdict::Clear => Verdict::Record,
            other => other,
        };
        self.note("confidential", verdict, gitlab.into(), wanted.into());
        if verdict == Verdict::Write {
            self.decision.update.confidential = wanted;
        }
        let raised_by_people = verdict == Verdict::Drift && old.is_none();
        self.new.confidential = if verdict.settles() || raised_by_people { wanted } else { old };
    }

    /// Each link alone: made once; one that people took away stays away; one that
    /// the files no longer want goes again.
    fn links(&mut self, node: &DesiredNode, item: &Item, around: &Around<'_>) {
        let licensed = around.capabilities.blocked_items;
        let kind = if licensed { LinkKind::BlockedBy } else { LinkKind::Related };
        // What is not made in this run is linked in a later one.
        let known = |key: &NodeKey| {
            self.old.links.iter().any(|name| (around.target)(name).0 == key.local())
        };
        let depends = node.depends_on.iter().filter(|key| !(around.waits)(key) || known(key));
        let depends = depends.map(|key| (kind, key.local().to_owned(), (around.item)(key)));
        let related =
            around.related.map(|item| (LinkKind::Related, item.reference.to_string(), Some(item)));
        let wanted: Vec<_> = depends.chain(related).collect();
        let mut old: BTreeMap<String, Option<WorkItemId>> =
            self.old.links.iter().map(|name| (around.target)(name)).collect();
        let (mut base, mut added, mut removed) = (BTreeSet::new(), Vec::new(), Vec::new());
        for (kind, name, target) in &wanted {
            let known = old.remove(name).is_some();
            let linked = target.is_some_and(|target| linked(item, &target.id).is_some());
            let shown = target.map_or_else(|| AFTER_APPLY.to_owned(), |t| t.reference.to_string());
            if linked || known {
                base.insert(name.clone());
            }
            if linked {
                continue;
            }
            if known || target.is_some_and(|target| self.stays_family(item, target)) {
                self.note("links", Verdict::Drift, Value::None, vec![shown].into());
                continue;
            }
            added.push(shown);
            let links = &mut self.decision.update.links;
            let free = target.filter(|target| {
                item.parent.as_ref() != Some(&target.id)
                    && links.iter().all(|(_, id)| *id != target.id)
            });
            links.extend(free.map(|target| (*kind, target.id.clone())));
        }
        let is_wanted = |id: &WorkItemId| {
            wanted.iter().any(|(.., target)| target.is_some_and(|target| target.id == *id))
        };
        for (name, id) in old {
            let made = if name.contains(['&', '#']) { LinkKind::Related } else { kind };
            let ours = |id: &WorkItemId| linked(item, id) == Some(made) && !is_wanted(id);
            let Some(id) = id.filter(ours) else { continue };
            removed.push(
                (around.by_id)(&id)
                    .map_or_else(|| name.clone(), |target| target.reference.to_string()),
            );
            self.decision.update.unlinks.push(id);
            // Until it is gone.
            base.insert(name);
        }
        if !added.is_empty() || !removed.is_empty() {
            self.note("links", Verdict::Write, removed.into(), added.into());
        }
        self.new.links = base.into_iter().collect();
    }

    /// Tells whether an item will be parent or child of another, which GitLab then does not link.
    fn stays_family(&self, item: &Item, other: &Item) -> bool {
        let parent = self.decision.update.parent.as_ref().unwrap_or(&item.parent);
        parent.as_ref() == Some(&other.id) || other.parent.as_ref() == Some(&item.id)
    }
}

/// How an item is linked to another, if it is.
pub(super) fn linked(item: &Item, to: &WorkItemId) -> Option<LinkKind> {
    item.links.iter().find(|link| link.to.as_ref() == Some(to)).map(|link| link.kind)
}

/// The reference of an item's present parent, or its id where it was not read.
fn parent_of(item: &Item, around: &Around<'_>) -> Value {
    let shown = |id: &WorkItemId| {
        (around.by_id)(id)
            .map_or_else(|| id.as_str().to_owned(), |parent| parent.reference.to_string())
    };
    item.parent.as_ref().map(shown).into()
}
