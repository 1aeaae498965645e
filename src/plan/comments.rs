//! Comments: what is left to say, to whom, and what the record keeps of it.
//!
//! A comment is posted once and never edited. What comes later is said in its thread: a new entry,
//! or a person who was not told before.

use std::collections::BTreeSet;

use crate::key::NodeKey;
use crate::marker::Record;
use crate::marker::note::{self, Note, Told};
use crate::text::{Piece, Slot, Text};
use crate::tree::{DesiredComment, Item, is_old, knows};

use super::change::{Action, Cause, Change, FieldChange, Notice, Subject, ToolPlan, Value};
use super::scene::{For, Scene};

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What people read.
    pub text: String,
    /// The text with its hidden line.
    pub body: String,
    /// User names that it mentions, without `@`.
    pub mentions: Vec<String>,
    /// The thread it goes into; `None` begins one.
    pub thread: Option<String>,
    /// What it tells whom.
    pub told: Told,
}

/// What is to be done about a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Nothing: all is said, or its item is closed.
    Nothing,
    /// It waits for an item that does not exist.
    Waits,
    /// It is posted.
    Post(Box<Post>),
}

/// What was said in the thread of a comment, by the record and by the thread itself.
fn told(scene: &Scene<'_>, comment: &DesiredComment) -> Option<Told> {
    let keys = std::iter::once(&comment.key).chain(&comment.was);
    let recorded = keys.filter_map(|key| scene.observed.record.comments.get(key.local()));
    let found = scene.observed.threads.get(&comment.key).map(|thread| &thread.told);
    let mut all = recorded.chain(found);
    let mut told = all.next()?.clone();
    all.for_each(|later| told.add(later));
    Some(told)
}

/// Decides what is left to say.
#[must_use]
pub fn due(scene: &Scene<'_>, comment: &DesiredComment, purpose: For) -> Due {
    if scene.item(&comment.on).is_some_and(|item| !item.open) {
        return Due::Nothing;
    }
    let thread = scene.observed.threads.get(&comment.key).map(|thread| thread.discussion.clone());
    let Some(draft) = draft(comment, told(scene, comment), thread.is_some()) else {
        return Due::Nothing;
    };
    let missing = |key: &NodeKey| match purpose {
        For::Plan => scene.waiting.contains(key),
        For::Writing => scene.item(key).is_none(),
    };
    // It is never edited, so that no reference may be left open in it.
    let mut referred = draft.text.slots().filter_map(Slot::key);
    if missing(&comment.on) || referred.any(missing) {
        return Due::Waits;
    }
    let (text, told) = draft.fill();
    let text = scene.fill(&text, purpose);
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Due::Nothing;
    }
    let note = Note {
        workspace: scene.options.workspace.clone(),
        key: comment.key.clone(),
        told: told.clone(),
    };
    let body = note::write(&text, &note);
    let mentions = draft.mentions().into_iter().map(str::to_owned).collect();
    Due::Post(Box::new(Post { text, body, mentions, thread, told }))
}

/// A text whose people are not filled in yet.
struct Draft {
    text: Text,
    /// What was said before: whoever knows is not mentioned.
    before: Told,
    /// Whether those who know are named all the same.
    names_all: bool,
    repeats: u32,
    again: bool,
}

/// What to say after what was said; nothing if that was all.
fn draft(comment: &DesiredComment, told: Option<Told>, has_thread: bool) -> Option<Draft> {
    let whole = |before, repeats, again| {
        let text = comment.text.clone();
        Draft { text, before, names_all: true, repeats, again }
    };
    let told = match told {
        None => return Some(whole(Told::default(), 0, comment.again)),
        Some(told) if comment.again && !told.again => {
            return Some(whole(Told::default(), told.repeats.saturating_add(1), true));
        }
        Some(told) if comment.is_told(&told) => return None,
        Some(told) => told,
    };
    let repeats = told.repeats;
    if !has_thread {
        // People deleted it: a reply alone would hang in the air.
        return Some(whole(told, repeats, false));
    }
    let text = news(comment.reply.as_ref()?, &told);
    Some(Draft { text, before: told, names_all: false, repeats, again: false })
}

/// Leaves out of a reply what its thread has said: lines about old entries, lines that mention
/// nobody new, and paragraphs that lose all such lines.
fn news(reply: &Text, told: &Told) -> Text {
    let tells =
        |line: &Text| line.slots().any(|slot| matches!(slot, Slot::Mention(_) | Slot::About(_)));
    let is_new = |line: &Text| line.slots().any(|slot| !is_old(slot, told));
    let is_blank = |line: &Text| {
        line.pieces().iter().all(|p| matches!(p, Piece::Literal(text) if text.trim().is_empty()))
    };
    let lines = reply.lines();
    let paragraphs = lines.split(is_blank).filter(|lines| !lines.is_empty());
    let kept = paragraphs.filter(|lines| !lines.iter().any(tells) || lines.iter().any(is_new));
    let mut out: Vec<Piece> = Vec::new();
    for lines in kept {
        for line in lines.iter().filter(|line| !tells(line) || is_new(line)) {
            out.extend(line.pieces().iter().cloned());
            out.push(Piece::Literal("\n".to_owned()));
        }
        out.push(Piece::Literal("\n".to_owned()));
    }
    out.into_iter().collect()
}

impl Draft {
    /// Those who are mentioned, in the order of the text, each once.
    fn mentions(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let people = self.text.slots().flat_map(|slot| match slot {
            Slot::Mention(people) => people.as_slice(),
            Slot::Ref(_) | Slot::Tick(_) | Slot::About(_) => &[],
        });
        let new = people.filter(|name| !knows(&self.before, name));
        new.filter(|name| seen.insert(name.to_ascii_lowercase())).map(String::as_str).collect()
    }

    /// The text with its people filled in, and what it tells whom.
    fn fill(&self) -> (Text, Told) {
        let mut left: BTreeSet<&str> = self.mentions().into_iter().collect();
        let mut told = Told { repeats: self.repeats, again: self.again, ..Told::default() };
        let fill = |piece: &Piece| match piece {
            Piece::Slot(Slot::Mention(people)) => {
                let shown = people.iter().filter_map(|name| {
                    if left.remove(name.as_str()) {
                        told.handles.insert(name.to_ascii_lowercase());
                        return Some(format!("@{name}"));
                    }
                    self.names_all.then(|| format!("`@{name}`"))
                });
                Piece::Literal(shown.collect::<Vec<_>>().join(" "))
            }
            Piece::Slot(Slot::About(names)) => {
                told.entries.extend(names.first().cloned());
                Piece::Literal(String::new())
            }
            Piece::Slot(Slot::Ref(_) | Slot::Tick(_)) | Piece::Literal(_) => piece.clone(),
        };
        let text = self.text.pieces().iter().map(fill).collect();
        (text, told)
    }
}

/// Takes what was said into the record, under present names.
pub(super) fn settle(scene: &Scene<'_>, record: &mut Record) {
    for comment in &scene.desired.comments {
        let Some(mut told) = told(scene, comment) else { continue };
        told.again &= comment.again;
        for slot in comment.text.slots() {
            if let Slot::About(names) = slot
                && names.iter().any(|name| told.entries.contains(name))
            {
                told.entries.extend(names.first().cloned());
            }
        }
        for old in &comment.was {
            record.comments.remove(old.local());
        }
        record.comments.insert(comment.key.local().to_owned(), told);
    }
}

/// Adds what is left to say to the plan of a tool, each comment below its node.
pub(super) fn plan(scene: &Scene<'_>, plan: &mut ToolPlan) {
    for comment in &scene.desired.comments {
        let mut change = match due(scene, comment, For::Plan) {
            Due::Nothing => continue,
            Due::Waits => Change { action: Action::Wait, ..blank(scene, comment) },
            Due::Post(post) => posted(scene, comment, *post, plan),
        };
        let below = |other: &Change| {
            let is_node = other.key == comment.on.as_str();
            let is_comment = other.subject == Subject::Comment;
            is_node || (is_comment && other.parent.as_deref() == Some(comment.on.as_str()))
        };
        let at = plan.changes.iter().rposition(below).map_or(plan.changes.len(), |at| at + 1);
        change.depth += plan.change(&comment.on).map_or(0, |node| node.depth);
        plan.changes.insert(at, change);
    }
}

fn posted(scene: &Scene<'_>, comment: &DesiredComment, post: Post, plan: &mut ToolPlan) -> Change {
    if let Some(group) = &comment.unowned {
        plan.notices.push(Notice {
            blocks: false,
            message: format!("nobody is known in {group:?}, so {} mentions nobody", comment.key),
            hint: "name its `pm` and `em` in the owners file: a reply will tell them".into(),
        });
    }
    let mentions = FieldChange::new("mentions", Value::None, post.mentions);
    let body = FieldChange::new("body", Value::None, post.text);
    let cause = if post.thread.is_none() { Cause::New } else { Cause::SpecChanged };
    let item = scene.item(&comment.on);
    Change {
        action: Action::Comment,
        cause,
        reference: item.map(|item| item.reference.clone()),
        url: item.map(|item| item.url.clone()),
        fields: [mentions, body].into_iter().filter(|field| field.after != Value::None).collect(),
        ..blank(scene, comment)
    }
}

fn blank(scene: &Scene<'_>, comment: &DesiredComment) -> Change {
    let item = scene.item(&comment.on);
    let place = |item: &Item| item.reference.namespace.clone();
    let planned = || scene.desired.node(&comment.on).map(|node| node.namespace.clone());
    Change {
        key: comment.key.to_string(),
        subject: Subject::Comment,
        action: Action::None,
        cause: Cause::New,
        title: comment.key.local().to_owned(),
        reference: None,
        url: None,
        parent: Some(comment.on.to_string()),
        namespace: item.map(place).or_else(planned).unwrap_or_default(),
        depth: 1,
        fields: Vec::new(),
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}
