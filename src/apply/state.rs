//! What an apply knows while it runs: GitLab as far as it was read or written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::gitlab::{GitlabError, Reader, WriteError, Writer};
use crate::key::NodeKey;
use crate::marker;
use crate::plan::change::Summary;
use crate::plan::needs::Found;
use crate::plan::scene::Scene;
use crate::plan::{Action, Change, Plan, Subject, ToolPlan};
use crate::tree::{Item, ObservedTree, Reference, Thread, TitleIn};

use super::report::{Event, Line, Outcome, Report};
use super::{Job, steps_of};

/// Asks a running apply to end after the writes in flight.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn now(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Tells whether it was asked.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What changes while the apply runs.
struct Changing {
    observed: Vec<ObservedTree>,
    found: Found,
    /// Keys whose items this run created.
    created: BTreeSet<NodeKey>,
    /// Keys whose items another run created since the plan.
    theirs: BTreeSet<NodeKey>,
    /// Keys that failed, and those below them.
    failed: BTreeSet<NodeKey>,
    report: Report,
}

/// The whole state of an apply.
pub(super) struct State<'a> {
    job: Job<'a>,
    pub(super) writer: &'a Writer,
    pub(super) reader: Reader,
    on_event: &'a (dyn Fn(&Event<'_>) + Sync),
    stop: &'a Stop,
    changing: Mutex<Changing>,
}

impl<'a> State<'a> {
    pub(super) fn new(
        mut job: Job<'a>,
        writer: &'a Writer,
        on_event: &'a (dyn Fn(&Event<'_>) + Sync),
        stop: &'a Stop,
    ) -> Self {
        let changing = Mutex::new(Changing {
            observed: std::mem::take(&mut job.observed),
            found: std::mem::take(&mut job.found),
            created: BTreeSet::new(),
            theirs: BTreeSet::new(),
            failed: BTreeSet::new(),
            report: Report::default(),
        });
        Self { job, writer, reader: writer.reader(), on_event, stop, changing }
    }

    pub(super) fn job(&self) -> &Job<'a> {
        &self.job
    }

    pub(super) fn tools(&self) -> impl Iterator<Item = (usize, &'a ToolPlan)> + use<'a> {
        self.job.plan.tools.iter().enumerate()
    }

    fn lock(&self) -> MutexGuard<'_, Changing> {
        // A panic while holding it is already the end of the run.
        self.changing.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells whether no further write may begin.
    pub(super) fn stopped(&self) -> bool {
        let asked = self.stop.asked();
        if asked {
            self.lock().report.interrupted = true;
        }
        asked
    }

    /// Looks at a tool as it is now.
    pub(super) fn with<T>(&self, tool: usize, f: impl FnOnce(&Scene<'_>) -> T) -> T {
        let changing = self.lock();
        let plan = &self.job.plan.tools[tool];
        f(&Scene::of_plan(plan, &changing.observed[tool], self.job.options))
    }

    /// Takes in an item that was created, adopted or written.
    pub(super) fn keep(&self, tool: usize, key: &NodeKey, item: Item) {
        let desired = &self.job.plan.tools[tool].desired;
        let mut changing = self.lock();
        let observed = &mut changing.observed[tool];
        observed.adoptable.remove(key);
        let first = desired.nodes.first().is_some_and(|first| first.key == *key);
        if let Some(record) = marker::record(&item.description).filter(|_| first) {
            observed.record = record;
        }
        match desired.node(key).and_then(|node| node.item.clone()) {
            Some(reference) => observed.existing.insert(reference, item),
            None => observed.items.insert(key.clone(), item),
        };
    }

    /// Takes in a new description of an item that several tools look at.
    pub(super) fn keep_existing(&self, reference: &Reference, item: &Item) {
        for observed in &mut self.lock().observed {
            if let Some(known) = observed.existing.get_mut(reference) {
                known.clone_from(item);
            }
        }
    }

    /// Takes in what was said in a comment's thread.
    pub(super) fn keep_thread(&self, tool: usize, key: NodeKey, thread: Thread) {
        let threads = &mut self.lock().observed[tool].threads;
        match threads.get_mut(&key) {
            Some(known) => known.told.add(&thread.told),
            None => {
                threads.insert(key, thread);
            }
        }
    }

    pub(super) fn note_created(&self, key: &NodeKey) {
        self.lock().created.insert(key.clone());
    }

    pub(super) fn created(&self) -> BTreeSet<NodeKey> {
        self.lock().created.clone()
    }

    pub(super) fn note_theirs(&self, key: &NodeKey) {
        self.lock().theirs.insert(key.clone());
    }

    /// Tells whether another run created a node's item since the plan.
    pub(super) fn is_theirs(&self, key: &NodeKey) -> bool {
        self.lock().theirs.contains(key)
    }

    pub(super) fn note_failed(&self, key: &NodeKey) {
        self.lock().failed.insert(key.clone());
    }

    pub(super) fn failed(&self) -> BTreeSet<NodeKey> {
        self.lock().failed.clone()
    }

    pub(super) fn add_label(&self, namespaces: impl IntoIterator<Item = TitleIn>, id: &str) {
        let mut changing = self.lock();
        changing.found.labels.extend(namespaces.into_iter().map(|at| (at, id.to_owned())));
    }

    /// Ids of labels in a namespace; those that do not exist are left out.
    pub(super) fn label_ids<'t>(
        &self,
        namespace: &str,
        titles: impl IntoIterator<Item = &'t String>,
    ) -> Vec<String> {
        let changing = self.lock();
        let ids = titles.into_iter().map(|title| (namespace.to_owned(), title.clone()));
        ids.filter_map(|at| changing.found.labels.get(&at).cloned()).collect()
    }

    /// Fails if one of these labels does not exist: written without it, an item
    /// would look as if people had taken it off.
    pub(super) fn has_labels<'t>(
        &self,
        namespace: &str,
        titles: impl IntoIterator<Item = &'t String>,
    ) -> Result<(), WriteError> {
        let mut titles = titles.into_iter();
        match titles.find(|title| self.label_ids(namespace, [*title]).is_empty()) {
            None => Ok(()),
            Some(title) => {
                let what = format!("the label {title:?} of {namespace}");
                Err(WriteError::Refused(GitlabError::NotFound { what }))
            }
        }
    }

    pub(super) fn milestone_id(&self, namespace: &str, title: &str) -> Option<String> {
        self.lock().found.milestones.get(&(namespace.to_owned(), title.to_owned())).cloned()
    }

    pub(super) fn user_ids(&self, names: &[String]) -> Vec<String> {
        let changing = self.lock();
        names.iter().filter_map(|name| changing.found.users.get(name).cloned()).collect()
    }

    pub(super) fn warn(&self, warning: String) {
        self.lock().report.warnings.push(warning);
    }

    /// Notes what came of a change, and tells whoever listens.
    pub(super) fn finish(
        &self,
        tool: usize,
        change: &Change,
        item: Option<&Item>,
        outcome: Outcome,
    ) {
        let line = Line {
            tool: self.job.plan.tools[tool].desired.tool.clone(),
            key: change.key.clone(),
            subject: change.subject,
            title: change.title.clone(),
            url: item.map(|item| item.url.clone()).or_else(|| change.url.clone()),
            reference: item
                .map(|item| item.reference.to_string())
                .or_else(|| change.reference.as_ref().map(ToString::to_string)),
            outcome,
        };
        self.lock().report.lines.push(line.clone());
        (self.on_event)(&Event::Finished(&line));
    }

    /// Notes a failure; what was stopped before it was sent is left to do, and has not failed.
    pub(super) fn fail(&self, tool: usize, change: &Change, error: &WriteError) {
        if *error.error() == GitlabError::Interrupted {
            self.lock().report.interrupted = true;
            return;
        }
        let failed = Outcome::Failed(error.error().to_string(), error.hint());
        self.finish(tool, change, None, failed);
    }

    pub(super) fn into_report(self) -> Report {
        let mut report =
            self.changing.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).report;
        report.warnings.extend(self.reader.client().take_warnings());
        report.interrupted |= self.stop.asked();
        report.left = left(self.job.plan, &report.lines);
        report
    }
}

/// Counts the steps that have no line.
fn left(plan: &Plan, lines: &[Line]) -> Summary {
    let finished: BTreeSet<(&str, &str, Subject)> =
        lines.iter().map(|line| (line.tool.as_str(), line.key.as_str(), line.subject)).collect();
    let mut left = Summary::default();
    for tool in &plan.tools {
        let id = tool.desired.tool.as_str();
        steps_of(tool)
            .filter(|change| !finished.contains(&(id, change.key.as_str(), change.subject)))
            .for_each(|change| left.note(change.action));
    }
    left
}

/// What the plan says of each wanted node, by key.
pub(super) fn nodes_of(plan: &ToolPlan) -> BTreeMap<&str, &Change> {
    let of_node = |c: &&Change| matches!(c.subject, Subject::Node(_)) && c.action != Action::Close;
    plan.changes.iter().filter(of_node).map(|c| (c.key.as_str(), c)).collect()
}
