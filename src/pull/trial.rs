//! Trying a text for a tool file: what it wants, what a plan of it would say, and whether that is
//! the plan of another text without some drift, and nothing else.

use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::blueprint::Blueprint;
use crate::canonical::canonical;
use crate::check;
use crate::plan::{Action, Change, FieldChange, Options, Subject, ToolPlan, Value, build};
use crate::problem::{Problems, Severity};
use crate::render::{Engine, Scene};
use crate::spec::{Owners, Spec, Workspace};
use crate::tree::{DesiredTree, ObservedTree};

/// What a tool file is read and planned against.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Who owns what, if the workspace says.
    pub owners: Option<&'a Owners>,
    /// The blueprint.
    pub blueprint: &'a Blueprint,
    /// Its templates.
    pub engine: &'a Engine,
    /// What GitLab holds of the tool.
    pub observed: &'a ObservedTree,
    /// The choices of the plan.
    pub options: &'a Options,
}

impl<'a> Ground<'a> {
    /// What the texts of a tool file are made in.
    pub(super) fn scene<'s>(&'s self, spec: &'s Spec) -> Scene<'s> {
        let Self { workspace, owners, blueprint, .. } = *self;
        Scene { workspace, owners, blueprint, spec }
    }
}

/// A text that a tool file could have, and what comes of it.
pub(super) struct Trial {
    pub(super) text: String,
    pub(super) spec: Spec,
    pub(super) plan: ToolPlan,
}

impl Trial {
    /// Reads a text and plans it.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn of(ground: &Ground<'_>, file: &str, text: String) -> Result<Self, String> {
        let mut out = Problems::default();
        let read = read(ground, file, &text, &mut out).filter(|_| !out.has_errors());
        let Some((spec, tree)) = read else {
            let errors = out.sorted().into_iter();
            let first = errors.into_iter().find(|problem| problem.severity == Severity::Error);
            return Err(first.map_or_else(String::new, |problem| problem.message.clone()));
        };
        let plan = build(&Arc::new(tree), ground.observed, ground.options);
        Ok(Self { text, spec, plan })
    }

    /// Tells whether this is another trial without some drift, and nothing else; what it would
    /// write then is the files' new words.
    ///
    /// # Errors
    /// What else it would be.
    pub(super) fn settles(&self, before: &Self, drifts: &[&Drift]) -> Result<(), String> {
        let (now, then) = (skeleton(&self.plan), skeleton(&before.plan));
        if now != then || blocks(&self.plan) > blocks(&before.plan) {
            return Err("other items would be created, closed or left over".to_owned());
        }
        for (old, new) in items(&before.plan).zip(items(&self.plan)) {
            is_calm(old, new)?;
            for drift in drifts.iter().filter(|drift| drift.is_of(old)) {
                let was = drift.size(old);
                if was > 0 && drift.size(new) >= was {
                    return Err("the blueprint makes more of the key than that".to_owned());
                }
            }
            for field in new.fields.iter().filter(|field| !old.fields.contains(field)) {
                let own = drifts.iter().any(|drift| drift.is_of(new) && drift.name == field.name);
                if own || !is_words(new, &field.name) {
                    return Err(format!("that would write {} of {:?}", field.name, new.title));
                }
            }
        }
        Ok(())
    }
}

fn read(
    ground: &Ground<'_>,
    file: &str,
    text: &str,
    out: &mut Problems,
) -> Option<(Spec, DesiredTree)> {
    let spec = check::spec(file, text, ground.blueprint, out)?;
    let tree = check::tool(&ground.scene(&spec), ground.engine, out)?;
    Some((spec, tree))
}

/// One field that people changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drift {
    pub(super) key: String,
    pub(super) subject: Subject,
    pub(super) name: String,
    pub(super) gitlab: Value,
    pub(super) files: Value,
}

impl Drift {
    pub(super) fn of(change: &Change, field: &FieldChange) -> Self {
        Self {
            key: change.key.clone(),
            subject: change.subject,
            name: field.name.clone(),
            gitlab: field.before.clone(),
            files: field.after.clone(),
        }
    }

    fn is_of(&self, change: &Change) -> bool {
        self.subject == change.subject && self.key == change.key
    }

    /// How much of it a change has.
    fn size(&self, change: &Change) -> usize {
        let all = change.kept.iter().chain(&change.conflicts);
        all.filter(|field| self.is_in(field)).map(size).sum()
    }

    /// Tells whether a field is what drifted; each label is a field of its own.
    fn is_in(&self, field: &FieldChange) -> bool {
        field.name == self.name && (self.name != "labels" || field.after == self.files)
    }
}

/// Drift is not to grow anywhere, nor to become a conflict.
fn is_calm(old: &Change, new: &Change) -> Result<(), String> {
    let of = |fields: &[FieldChange], name: &str| -> usize {
        fields.iter().filter(|field| field.name == name).map(size).sum()
    };
    for name in new.kept.iter().chain(&new.conflicts).map(|field| &field.name) {
        let (was, is) = (of(&old.conflicts, name), of(&new.conflicts, name));
        if is > was {
            return Err(format!("people wrote something else as {name} of {:?}", new.title));
        }
        if is + of(&new.kept, name) > was + of(&old.kept, name) {
            return Err(format!("{name} of {:?} would differ then", new.title));
        }
    }
    Ok(())
}

/// A field counts once, a description also by the lines in which its sides differ.
fn size(field: &FieldChange) -> usize {
    match (&field.before, &field.after) {
        (Value::Text(gitlab), Value::Text(files)) if field.name == "body" => {
            let (gitlab, files) = (canonical(gitlab).join("\n"), canonical(files).join("\n"));
            let diff = TextDiff::from_lines(&files, &gitlab);
            let blank = |text: &str| text.trim().is_empty();
            let lines = diff.iter_all_changes();
            let lines = lines.filter(|l| l.tag() != ChangeTag::Equal && !blank(l.value()));
            1 + lines.count()
        }
        _ => 1,
    }
}

/// Names that stand in the words of other items as well may change there.
fn is_words(change: &Change, field: &str) -> bool {
    change.subject == Subject::TableRow || matches!(field, "title" | "body")
}

/// Every change but comments: what is said in threads follows from the rest.
fn items(plan: &ToolPlan) -> impl Iterator<Item = &Change> {
    plan.changes.iter().filter(|change| change.subject != Subject::Comment)
}

/// What there is and what becomes of it, without the fields.
fn skeleton(plan: &ToolPlan) -> Vec<(&str, Subject, Option<Action>)> {
    let lasting = |action: Action| match action {
        Action::Update | Action::Record | Action::None => None,
        Action::Create | Action::Adopt | Action::Close | Action::Comment | Action::Wait => {
            Some(action)
        }
    };
    let items = items(plan).map(|c| (c.key.as_str(), c.subject, lasting(c.action)));
    items.chain(plan.orphans.iter().map(|c| (c.key.as_str(), c.subject, None))).collect()
}

fn blocks(plan: &ToolPlan) -> usize {
    plan.notices.iter().filter(|notice| notice.blocks).count()
}
