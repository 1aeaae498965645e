//! The threads and comments of a work item, as answers. Must not know how they were made.

use std::sync::Arc;

use apollo_compiler::resolvers::FieldError;
use apollo_compiler::response::JsonMap;

use super::connection::page;
use super::node::{Node, Out, Scene};
use super::queries;
use super::references::{self, gid, time};
use super::store::{Id, Item, Note};

/// Returns a comment of an item.
pub(super) fn note(scene: &Arc<Scene>, id: Id, item: &Item, note: &Note) -> Node {
    let at = time(note.at);
    let path = references::web_path(&scene.world, item);
    let url = format!("{}{path}#note_{}", scene.url, note.id);
    let thread = Node::Thread(Arc::clone(scene), id, note.thread);
    Node::plain(
        "Note",
        vec![
            ("id", Out::leaf(gid("Note", note.id))),
            ("body", Out::leaf(&note.body)),
            ("system", Out::leaf(note.system)),
            ("internal", Out::leaf(note.internal)),
            ("author", queries::user(scene, "UserCore", note.author)),
            ("createdAt", Out::leaf(&at)),
            ("updatedAt", Out::leaf(&at)),
            ("url", Out::leaf(url)),
            ("discussion", Out::Node(thread)),
        ],
    )
}

/// Returns a field of a thread.
pub(super) fn field(
    scene: &Arc<Scene>,
    id: Id,
    thread: Id,
    name: &str,
    arguments: &JsonMap,
) -> Result<Option<Out>, FieldError> {
    let Some(item) = scene.world.items.get(id) else {
        return Ok(None);
    };
    let notes = || item.notes.iter().filter(|note| note.thread == thread);
    let out = match name {
        "id" | "replyId" => Out::leaf(gid("Discussion", thread)),
        "createdAt" => Out::leaf(notes().next().map(|first| time(first.at))),
        "notes" => {
            let rows = notes().map(|row| (row.id, note(scene, id, item, row)));
            page("NoteConnection", rows.collect(), arguments)?
        }
        _ => return Ok(None),
    };
    Ok(Some(out))
}

/// Returns the threads of an item.
pub(super) fn list(
    scene: &Arc<Scene>,
    id: Id,
    item: &Item,
    arguments: &JsonMap,
) -> Result<Out, FieldError> {
    let filter = queries::text(arguments, "filter");
    let shown = |note: &&Note| match filter {
        Some("ONLY_COMMENTS") => !note.system,
        Some("ONLY_ACTIVITY") => note.system,
        _ => true,
    };
    let first_notes = item.notes.iter().filter(|note| note.id == note.thread);
    let row = |note: &Note| {
        let thread = Node::Thread(Arc::clone(scene), id, note.thread);
        (note.thread, thread)
    };
    let mut rows: Vec<_> = first_notes.filter(shown).map(row).collect();
    if queries::text(arguments, "sort") == Some("CREATED_DESC") {
        rows.reverse();
    }
    page("DiscussionConnection", rows, arguments)
}
