//! Takes into a tool file what people changed in GitLab: texts in, texts out.
//!
//! Nothing here knows a blueprint. Which key may hold a field is guessed: the engine gives every
//! entry its envelope, and a tool file rendered with signs for its words shows where those go. A
//! guess is tried before it counts: with it in the file, the plan against the same GitLab must be
//! the one before without that drift and without anything new but words. What no guess settles
//! stays in GitLab, with the reason.

pub mod edit;
mod keys;
mod passages;
mod probe;
mod scalars;
mod trial;

use std::collections::BTreeMap;

use crate::plan::{Action, Change, FieldChange, Subject, ToolPlan, Value};
use crate::tree::Reference;

use edit::{Edit, Path};
use keys::{EntryAt, Home, homes};
use probe::Probe;
use trial::{Drift, Trial};

pub use trial::Ground;

/// What is taken of what people changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// What only they changed.
    Drift,
    /// That, and of what both sides changed GitLab's side.
    Conflicts,
}

/// What came of pulling one tool file.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    /// The text of the file from now on.
    pub text: String,
    /// The keys that changed, in the order in which they were found.
    pub taken: Vec<Taken>,
    /// What stays in GitLab alone.
    pub stays: Vec<Stay>,
    /// Items, rows and threads that an apply would write now and would not have before.
    pub follow: Vec<String>,
}

/// One key that took GitLab's side.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Which key.
    pub path: Path,
    /// Which item it is from.
    pub item: String,
    /// Which field; `closed` for an item that was closed.
    pub field: String,
}

/// One field that no key can hold as people have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    /// The node's key.
    pub key: String,
    /// What people call the item.
    pub title: String,
    /// Where it is.
    pub reference: Option<Reference>,
    /// Which field, with GitLab's side before the files'.
    pub field: FieldChange,
    /// Whether both sides changed it.
    pub conflict: bool,
    /// Why, without a full stop.
    pub why: String,
}

/// Pulls what people changed into the text of a tool file.
///
/// # Errors
/// What is wrong with the text, so that nothing can be planned.
pub fn pull(ground: &Ground<'_>, file: &str, text: &str, take: Take) -> Result<Pull, String> {
    let first = Trial::of(ground, file, text.to_owned())?;
    let homes = homes(ground, &first.spec);
    let before = first.plan.clone();
    let mut run = Run { ground, file, homes, trial: first, probe: None, taken: Vec::new() };
    let mut stays = Vec::new();
    let open = loop {
        while let Some((drift, conflict)) = run.next(take, &stays) {
            if let Err(why) = run.settle(&drift) {
                stays.push((drift, conflict, why));
            }
        }
        let before = run.taken.len();
        let open = run.close();
        // What is said of a closed entry changes other texts, and the drift in them.
        if run.taken.len() == before {
            break open;
        }
    };
    let Run { trial, taken, .. } = run;
    let named = |(drift, conflict, why)| stay(&trial.plan, drift, conflict, why);
    let mut all: Vec<Stay> = stays.into_iter().filter_map(named).collect();
    all.extend(open);
    if take == Take::Drift {
        all.extend(conflicts(&trial.plan));
    }
    let follow = follow(&before, &trial.plan);
    Ok(Pull { text: trial.text, taken, stays: all, follow })
}

struct Run<'a> {
    ground: &'a Ground<'a>,
    file: &'a str,
    homes: BTreeMap<String, Home>,
    /// The file as it is by now.
    trial: Trial,
    /// Where its words go; unknown after an edit.
    probe: Option<Probe>,
    taken: Vec<Taken>,
}

impl Run<'_> {
    /// The next drift that nobody looked at yet.
    fn next(&self, take: Take, stays: &[(Drift, bool, String)]) -> Option<(Drift, bool)> {
        let new = |drift: &Drift| stays.iter().all(|(other, ..)| other != drift);
        for change in &self.trial.plan.changes {
            let kept = change.kept.iter().map(|field| (field, false));
            let conflicts = change.conflicts.iter().map(|field| (field, true));
            let conflicts = conflicts.filter(|_| take == Take::Conflicts);
            let mut drifts = kept.chain(conflicts).map(|(f, c)| (Drift::of(change, f), c));
            if let Some(found) = drifts.find(|(drift, _)| new(drift)) {
                return Some(found);
            }
        }
        None
    }

    /// Settles a drift by the first guess that holds.
    fn settle(&mut self, drift: &Drift) -> Result<(), String> {
        let mut refused = None;
        for edits in self.guesses(drift) {
            match self.tried(&edits, &[drift]) {
                Ok(trial) => {
                    self.accept(trial, &edits, drift);
                    return Ok(());
                }
                Err(why) => {
                    let key = edits.first().map_or("", |edit| edit.path.name());
                    refused.get_or_insert(format!("`{key}` cannot say so: {why}"));
                }
            }
        }
        Err(refused.unwrap_or_else(|| unmapped(drift).to_owned()))
    }

    fn guesses(&mut self, drift: &Drift) -> Vec<Vec<Edit>> {
        let home = self.homes.get(&drift.key);
        let spec = &self.trial.spec;
        match (drift.subject, drift.name.as_str()) {
            (Subject::Node(_), "links" | "parent") => Vec::new(),
            (Subject::Node(_), "labels") => alone(scalars::labels(self.ground, spec, home, drift)),
            (Subject::Node(_), "title") => alone(self.title(drift)),
            (Subject::Node(_), "body") => alone(passages::guesses(self.probe(), drift)),
            (Subject::Node(_), "start" | "due") => {
                let one = scalars::guesses(self.ground, spec, home, drift);
                let mut all = alone(one.clone());
                // Each day may only be right with the other.
                if let (Some(edit), Some(other)) = (one.first(), self.other_day(drift)) {
                    all.push(vec![edit.clone(), other]);
                }
                all
            }
            (Subject::Node(_) | Subject::TableRow, _) => {
                alone(scalars::guesses(self.ground, spec, home, drift))
            }
            (Subject::Label | Subject::Comment, _) => Vec::new(),
        }
    }

    /// The edit of the last day, of whoever moved the first one, or the other way round.
    fn other_day(&self, drift: &Drift) -> Option<Edit> {
        let name = if drift.name == "start" { "due" } else { "start" };
        let changes = &self.trial.plan.changes;
        let change = changes.iter().find(|c| c.key == drift.key && c.subject == drift.subject)?;
        let field = change.kept.iter().chain(&change.conflicts).find(|f| f.name == name)?;
        let home = self.homes.get(&drift.key);
        let other = Drift::of(change, field);
        scalars::guesses(self.ground, &self.trial.spec, home, &other).into_iter().next()
    }

    /// The name of what a node is, read out of its title.
    fn title(&mut self, drift: &Drift) -> Vec<Edit> {
        let Value::Text(title) = &drift.gitlab else { return Vec::new() };
        let Some(home) = self.homes.get(&drift.key).map(Home::path) else { return Vec::new() };
        let probe = self.probe();
        let own = probe.leaves.iter().enumerate().filter(|(_, leaf)| {
            leaf.path.0.len() == home.0.len() + 1 && leaf.path.0.starts_with(&home.0)
        });
        let read = own.filter_map(|(n, leaf)| {
            let frame = probe.title(&drift.key, n)?;
            let name =
                title.strip_prefix(frame.before.as_str())?.strip_suffix(frame.after.as_str())?;
            (!name.trim().is_empty()).then(|| probe::say(&leaf.path, name.trim()))
        });
        read.collect()
    }

    fn probe(&mut self) -> &Probe {
        let Self { ground, file, trial, .. } = self;
        self.probe.get_or_insert_with(|| Probe::of(ground, file, trial))
    }

    fn tried(&self, edits: &[Edit], drifts: &[&Drift]) -> Result<Trial, String> {
        let text = edit::apply(&self.trial.text, edits)
            .ok_or("the file is laid out in a way that would not stay as it is")?;
        if text == self.trial.text {
            return Err("it says so already".to_owned());
        }
        let trial = Trial::of(self.ground, self.file, text)?;
        trial.settles(&self.trial, drifts)?;
        Ok(trial)
    }

    fn accept(&mut self, trial: Trial, edits: &[Edit], drift: &Drift) {
        let change = trial.plan.changes.iter().find(|change| change.key == drift.key);
        let item = change.and_then(|change| change.reference.as_ref()).map(Reference::to_string);
        self.note(edits, &item.unwrap_or_default(), &drift.name);
        self.trial = trial;
        self.probe = None;
    }

    fn note(&mut self, edits: &[Edit], item: &str, field: &str) {
        for edit in edits {
            let (item, field) = (item.to_owned(), field.to_owned());
            self.taken.push(Taken { path: edit.path.clone(), item, field });
        }
    }

    /// Entries whose item is closed are done, where the blueprint has a word for that; answers
    /// those of which the file cannot say so.
    fn close(&mut self) -> Vec<Stay> {
        let mut stays = Vec::new();
        for (key, at) in closed(self.ground, &self.homes) {
            for (name, field) in at.declared(self.ground).into_iter().flatten() {
                let Some(done) = &field.done else { continue };
                let entry = at.find(&self.trial.spec);
                let said = entry.and_then(|entry| entry.fields.get(name)).map(|at| &at.value);
                let same = self.trial.plan.changes.iter().find(|change| change.key == key);
                let Some(change) = same.filter(|_| said != Some(done)) else { continue };
                let item = change.reference.as_ref().map(Reference::to_string).unwrap_or_default();
                let edits = [Edit { path: at.path().key(name), value: Some(done.clone()) }];
                match self.tried(&edits, &[]) {
                    Ok(trial) => {
                        self.note(&edits, &item, "closed");
                        self.trial = trial;
                        self.probe = None;
                    }
                    Err(why) => stays.push(Stay {
                        key: key.clone(),
                        title: change.title.clone(),
                        reference: change.reference.clone(),
                        field: FieldChange::new("closed", true, Value::None),
                        conflict: false,
                        why: format!("`{name}` cannot say so: {why}"),
                    }),
                }
            }
        }
        stays
    }
}

/// The entries whose items are closed.
fn closed(ground: &Ground<'_>, homes: &BTreeMap<String, Home>) -> Vec<(String, EntryAt)> {
    let items = ground.observed.items.iter().filter(|(_, item)| !item.open);
    let entries = items.filter_map(|(key, _)| match homes.get(key.as_str()) {
        Some(Home::Entry(at)) => Some((key.to_string(), at.clone())),
        Some(Home::Tool) | None => None,
    });
    entries.collect()
}

fn alone(edits: Vec<Edit>) -> Vec<Vec<Edit>> {
    edits.into_iter().map(|edit| vec![edit]).collect()
}

/// Why there is not even a guess.
fn unmapped(drift: &Drift) -> &'static str {
    match drift.name.as_str() {
        "parent" => "where an item hangs is the blueprint's to say",
        "links" => "no key takes a link away",
        "body" => "no key of the file holds these words alone",
        "title" => "the blueprint makes the title of other words",
        _ => "no key of the file gives it",
    }
}

/// What is left of a drift once the rest is settled.
fn stay(plan: &ToolPlan, drift: Drift, conflict: bool, why: String) -> Option<Stay> {
    let of = |change: &&Change| change.key == drift.key && change.subject == drift.subject;
    let change = plan.changes.iter().find(of)?;
    let all = if conflict { &change.conflicts } else { &change.kept };
    let left = all.iter().any(|field| Drift::of(change, field) == drift);
    left.then(|| named(change, &drift, conflict, why))
}

fn conflicts(plan: &ToolPlan) -> impl Iterator<Item = Stay> + '_ {
    plan.changes.iter().flat_map(|change| {
        let why = || "both sides changed it".to_owned();
        change.conflicts.iter().map(move |f| named(change, &Drift::of(change, f), true, why()))
    })
}

fn named(change: &Change, drift: &Drift, conflict: bool, why: String) -> Stay {
    Stay {
        key: drift.key.clone(),
        title: change.title.clone(),
        reference: change.reference.clone(),
        field: FieldChange {
            name: drift.name.clone(),
            before: drift.gitlab.clone(),
            after: drift.files.clone(),
        },
        conflict,
        why,
    }
}

/// Titles of what an apply would write now and would not have before.
fn follow(before: &ToolPlan, after: &ToolPlan) -> Vec<String> {
    let writes = |change: &Change| match change.action {
        Action::Update | Action::Comment => !change.fields.is_empty(),
        Action::Create
        | Action::Adopt
        | Action::Close
        | Action::Record
        | Action::Wait
        | Action::None => false,
    };
    let known = |change: &Change| {
        let same = |other: &&Change| other.key == change.key && other.subject == change.subject;
        before.changes.iter().find(same).is_some_and(|other| other.fields == change.fields)
    };
    let new = after.changes.iter().filter(|change| writes(change) && !known(change));
    new.map(|change| change.title.clone()).collect()
}
