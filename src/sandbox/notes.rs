//! Comments. Must not know of GraphQL.

use super::inputs::NewNote;
use super::quick_actions;
use super::references::read_gid;
use super::rules::{self, Draft, Refusal, wrong_class};
use super::store::{Id, Note};
use super::update;

/// A comment that was made, or the commands that took its place.
pub(super) struct Posted {
    pub(super) item: Id,
    pub(super) note: Option<Id>,
    pub(super) commands: Vec<String>,
}

/// Comments on an item that the actor may read.
pub(super) fn create(draft: &mut Draft<'_>, input: &NewNote) -> Result<Posted, Refusal> {
    let id = read_gid(&["WorkItem"], &input.noteable_id)
        .ok_or_else(|| wrong_class(&input.noteable_id, "Noteable"))?;
    let id = draft.readable(&rules::item_gid(id))?;
    let thread = match &input.discussion_id {
        Some(text) => Some(find_thread(draft, id, text)?),
        None => None,
    };
    comment(draft, id, &input.body, thread, input.internal.unwrap_or(false))
}

/// Comments on an item, in a thread or in a new one.
pub(super) fn comment(
    draft: &mut Draft<'_>,
    id: Id,
    body: &str,
    thread: Option<Id>,
    internal: bool,
) -> Result<Posted, Refusal> {
    let extracted = quick_actions::extract(&rules::checked_note(body)?);
    let effects = quick_actions::effects(&extracted.commands);
    let note = if extracted.text.is_empty() {
        None
    } else {
        let note = draft.next_note(extracted.text.clone(), false);
        let number = note.id;
        let note = Note { internal, thread: thread.unwrap_or(number), ..note };
        draft.item_mut(id)?.notes.push(note);
        draft.notify(id, "mentioned in comment", "", &extracted.text);
        Some(number)
    };
    if !extracted.commands.is_empty() {
        update::carry_out(draft, id, &effects)?;
        draft.record_commands(id, &extracted.commands);
    }
    Ok(Posted { item: id, note, commands: extracted.commands })
}

fn find_thread(draft: &Draft<'_>, id: Id, text: &str) -> Result<Id, Refusal> {
    let thread = read_gid(&["Discussion", "IndividualNoteDiscussion"], text)
        .ok_or_else(|| wrong_class(text, "Discussion"))?;
    let known = draft.item(id)?.notes.iter().any(|note| note.thread == thread);
    known.then_some(thread).ok_or_else(Refusal::unavailable)
}
