//! Looks for comments of ours among those on an item.

use std::collections::BTreeMap;

use crate::gitlab::{Comment, GitlabError, Reader};
use crate::key::NodeKey;
use crate::marker::note;
use crate::tree::{DesiredComment, DesiredTree, Item, ObservedTree, Thread};

/// Reads the comments of each item on which the record does not say everything.
pub(super) async fn look(
    reader: &Reader,
    workspace: &str,
    tree: &DesiredTree,
    observed: &mut ObservedTree,
) -> Result<(), GitlabError> {
    let mut wanted: BTreeMap<&NodeKey, Vec<&DesiredComment>> = BTreeMap::new();
    for comment in tree.comments.iter().filter(|comment| !is_recorded(comment, observed)) {
        wanted.entry(&comment.on).or_default().push(comment);
    }
    for (on, comments) in wanted {
        let Some(item) = item(tree, observed, on).filter(|item| item.open) else { continue };
        let listed = reader.comments(&item.id).await?;
        let caller = reader.client().metadata().await?.caller.unwrap_or_default();
        let found = threads(&listed, &comments, item, workspace, &caller);
        observed.threads.extend(found);
    }
    Ok(())
}

fn is_recorded(comment: &DesiredComment, observed: &ObservedTree) -> bool {
    let told = observed.record.comments.get(comment.key.local());
    told.is_some_and(|told| comment.is_told(told))
}

fn item<'o>(tree: &DesiredTree, observed: &'o ObservedTree, on: &NodeKey) -> Option<&'o Item> {
    let named = || observed.existing.get(tree.node(on)?.item.as_ref()?);
    observed.items.get(on).or_else(|| observed.adoptable.get(on)).or_else(named)
}

/// The threads of these comments on an item.
///
/// Anyone can copy a hidden line, so only what the caller wrote counts, and what the author of the
/// item wrote: of those who ran epictree before, that is the one who made it.
#[must_use]
pub fn threads(
    listed: &[Comment],
    comments: &[&DesiredComment],
    item: &Item,
    workspace: &str,
    caller: &str,
) -> BTreeMap<NodeKey, Thread> {
    let mut threads: BTreeMap<NodeKey, Thread> = BTreeMap::new();
    let ours = |author: &str| !author.is_empty() && (author == caller || author == item.author);
    for one in listed.iter().filter(|one| ours(&one.author)) {
        let Some(note) = note::read(&one.body).filter(|note| note.workspace == workspace) else {
            continue;
        };
        let of =
            |comment: &&&DesiredComment| comment.key == note.key || comment.was.contains(&note.key);
        let Some(comment) = comments.iter().find(of) else { continue };
        match threads.get_mut(&comment.key) {
            Some(thread) => thread.told.add(&note.told),
            None => {
                let thread = Thread { discussion: one.discussion.clone(), told: note.told };
                threads.insert(comment.key.clone(), thread);
            }
        }
    }
    threads
}
