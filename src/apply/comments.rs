//! Posts comments, each once: looks among those on the item before and after a lost answer.

use std::collections::BTreeMap;

use crate::gitlab::{GitlabError, WriteError};
use crate::key::NodeKey;
use crate::observe::comments::threads;
use crate::plan::comments::{Due, Post, due};
use crate::plan::scene::For;
use crate::plan::{Action, Change, ToolPlan};
use crate::tree::{DesiredComment, Item, Thread};

use super::report::Outcome;
use super::state::State;

/// How often a comment is tried whose answer was lost.
const TRIES: usize = 3;

/// Comments on one node, each with its change.
type Wanted<'a> = Vec<(&'a DesiredComment, &'a Change)>;

pub(super) async fn post(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        for (on, wanted) in by_node(plan) {
            if state.stopped() {
                return;
            }
            if let Err((outcome, item)) = on_node(state, tool, on, &wanted).await {
                for (_, change) in &wanted {
                    state.finish(tool, change, item.as_ref(), outcome.clone());
                }
            }
        }
    }
}

fn by_node(plan: &ToolPlan) -> BTreeMap<&NodeKey, Wanted<'_>> {
    let mut wanted: BTreeMap<&NodeKey, Wanted<'_>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.action == Action::Comment) {
        let mut comments = plan.desired.comments.iter();
        if let Some(comment) = comments.find(|comment| comment.key.as_str() == change.key) {
            wanted.entry(&comment.on).or_default().push((comment, change));
        }
    }
    wanted
}

/// Posts the comments on one node, one after another; the error is the outcome of them all.
async fn on_node(
    state: &State<'_>,
    tool: usize,
    on: &NodeKey,
    wanted: &Wanted<'_>,
) -> Result<(), (Outcome, Option<Item>)> {
    let Some(item) = state.with(tool, |scene| scene.item(on).cloned()) else {
        let reason = "what it belongs on could not be created".to_owned();
        return Err((Outcome::Skipped(reason), None));
    };
    let failed =
        |error: GitlabError| (Outcome::Failed(error.to_string(), error.hint()), Some(item.clone()));
    let now = state.reader.items(std::slice::from_ref(&item.id)).await.map_err(failed)?;
    if !now.get(&item.id).is_some_and(|now| now.open) {
        return Err((Outcome::Moved, Some(item)));
    }
    let comments: Vec<&DesiredComment> = wanted.iter().map(|(comment, _)| *comment).collect();
    look(state, tool, &item, &comments).await.map_err(failed)?;
    for (comment, change) in wanted {
        if state.stopped() {
            return Ok(());
        }
        match one(state, tool, &item, comment, change).await {
            Ok(outcome) => state.finish(tool, change, Some(&item), outcome),
            Err(error) => state.fail(tool, change, &error),
        }
    }
    Ok(())
}

/// Reads what was said on an item by now.
async fn look(
    state: &State<'_>,
    tool: usize,
    item: &Item,
    comments: &[&DesiredComment],
) -> Result<(), GitlabError> {
    let listed = state.reader.comments(&item.id).await?;
    let (workspace, caller) = (&state.job().ground.workspace, &state.job().ground.caller);
    for (key, thread) in threads(&listed, comments, item, workspace, caller) {
        state.keep_thread(tool, key, thread);
    }
    Ok(())
}

async fn one(
    state: &State<'_>,
    tool: usize,
    item: &Item,
    comment: &DesiredComment,
    change: &Change,
) -> Result<Outcome, WriteError> {
    let mut tries = 1;
    loop {
        let post = match state.with(tool, |scene| due(scene, comment, For::Writing)) {
            Due::Nothing => return Ok(Outcome::Done),
            Due::Waits => {
                let reason = "what it refers to could not be created".to_owned();
                return Ok(Outcome::Skipped(reason));
            }
            Due::Post(post) => *post,
        };
        // Whoever made the item is about to comment on it, and nobody is to be told twice.
        if state.is_theirs(&comment.on) {
            return Ok(Outcome::Moved);
        }
        // Nobody is told of whom the plan did not speak.
        if post.mentions.iter().any(|name| !change.notifies().contains(name.as_str())) {
            return Ok(Outcome::Moved);
        }
        let error = match send(state, tool, item, comment, post).await {
            Ok(()) => return Ok(Outcome::Posted),
            Err(error) if !error.is_uncertain() => return Err(error),
            Err(error) => error,
        };
        // What cannot be looked for is not sent again: it may be there.
        match find_lost(state, tool, item, comment).await {
            Ok(true) => return Ok(Outcome::Posted),
            Ok(false) if tries < TRIES && !state.stopped() => tries += 1,
            Ok(false) | Err(_) => return Err(error),
        }
    }
}

async fn send(
    state: &State<'_>,
    tool: usize,
    item: &Item,
    comment: &DesiredComment,
    post: Post,
) -> Result<(), WriteError> {
    let posted = state.writer.comment(&item.id, &post.body, post.thread.as_deref()).await?;
    let discussion = post.thread.or(posted.discussion).unwrap_or_default();
    state.keep_thread(tool, comment.key.clone(), Thread { discussion, told: post.told });
    Ok(())
}

/// Looks twice for a comment whose posting was not answered.
async fn find_lost(
    state: &State<'_>,
    tool: usize,
    item: &Item,
    comment: &DesiredComment,
) -> Result<bool, GitlabError> {
    let pace = *state.reader.client().pace();
    for at in 0..2 {
        if at > 0 {
            pace.sleep(pace.lost_answer).await;
        }
        look(state, tool, item, &[comment]).await?;
        let said = state.with(tool, |scene| due(scene, comment, For::Writing) == Due::Nothing);
        if said {
            return Ok(true);
        }
    }
    Ok(false)
}
