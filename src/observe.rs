//! Reads from GitLab what a plan needs to know of each tool.
//!
//! `identity::Pool` says what to read next and which item is which node; this
//! module only asks. A search that fails or an item that cannot be read stops
//! creation: it never means "not there".

pub mod comments;
mod foreign;

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use crate::gitlab::{GitlabError, Reader};
use crate::identity::Pool;
use crate::marker::{self, Reading};
use crate::merge::table::locate;
use crate::text::Text;
use crate::tree::{DesiredTree, Ground, Item, Kind, ObservedTree, Parent, Reference, WorkItemId};

/// The most items that a marker may send this program to: anyone may edit one.
const MOST_LINKED: usize = 7;
/// The most rounds of asking for one tool: GitLab's trees are seven deep, and few items moved twice.
const MOST_ROUNDS: usize = 64;

pub use foreign::foreign;

/// Why the tools cannot be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A request failed.
    #[error(transparent)]
    Gitlab(#[from] GitlabError),
    /// Items that the files refer to cannot be read.
    #[error("{} cannot be read", list(.0))]
    Missing(Vec<Reference>),
    /// The children of an item cannot be listed.
    #[error("the children of {0} cannot be listed")]
    Unlisted(String),
    /// A tree has more items than can be imported.
    #[error("there are more than {1} items below {0}")]
    TooMany(Reference, usize),
    /// There is always more to read.
    #[error("the tree of `{0}` in GitLab does not come to an end")]
    Endless(String),
    /// A task ended without an answer.
    #[error("a task of this program ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

fn list(references: &[Reference]) -> String {
    references.iter().map(Reference::to_string).collect::<Vec<_>>().join(", ")
}

/// Observes all tools of a run, each on its own, in the order given.
///
/// # Errors
/// A request failed, or an item the files refer to cannot be read.
pub async fn observe(
    reader: &Reader,
    ground: &Ground,
    trees: &[DesiredTree],
) -> Result<Vec<ObservedTree>, ObserveError> {
    let wanted: BTreeSet<Reference> = trees.iter().flat_map(DesiredTree::refers_to).collect();
    let wanted: Vec<Reference> = wanted.into_iter().collect();
    let existing = reader.by_reference(&wanted).await?;
    let missing: Vec<Reference> =
        wanted.into_iter().filter(|r| !existing.contains_key(r)).collect();
    if !missing.is_empty() {
        return Err(ObserveError::Missing(missing));
    }
    let tops: BTreeSet<WorkItemId> = trees
        .iter()
        .flat_map(|tree| tree.nodes.iter())
        .filter_map(|node| match &node.parent {
            Parent::Item(reference) => existing.get(reference).map(|item| item.id.clone()),
            Parent::None | Parent::Node(_) => None,
        })
        .collect();
    let below = reader.children(&tops.iter().cloned().collect::<Vec<_>>()).await?;
    if let Some(top) = tops.iter().find(|top| !below.contains_key(top)) {
        return Err(ObserveError::Unlisted(top.as_str().to_owned()));
    }
    let mut tasks = JoinSet::new();
    for (n, tree) in trees.iter().cloned().enumerate() {
        let (reader, ground, existing, below) =
            (reader.clone(), ground.clone(), existing.clone(), below.clone());
        tasks
            .spawn(async move { (n, observe_one(&reader, &ground, &tree, existing, below).await) });
    }
    let mut observed = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let (n, tree) = done?;
        observed.insert(n, tree?);
    }
    Ok(observed.into_values().collect())
}

/// Reads again what the first items say was made and said; for a plan that was made a while ago.
///
/// # Errors
/// A request failed.
pub async fn records(
    reader: &Reader,
    trees: &[DesiredTree],
    observed: &mut BTreeMap<String, ObservedTree>,
) -> Result<(), GitlabError> {
    let first = |tree: &DesiredTree| {
        let seen = observed.get(&tree.tool)?;
        Some((tree.tool.clone(), seen.items.get(&tree.nodes.first()?.key)?.id.clone()))
    };
    let firsts: Vec<(String, WorkItemId)> = trees.iter().filter_map(first).collect();
    let ids: Vec<WorkItemId> = firsts.iter().map(|(_, id)| id.clone()).collect();
    let fresh = reader.items(&ids).await?;
    for (tool, id) in firsts {
        let record = fresh.get(&id).and_then(|item| marker::record(&item.description));
        if let (Some(seen), Some(record)) = (observed.get_mut(&tool), record) {
            seen.record = record;
        }
    }
    Ok(())
}

async fn observe_one(
    reader: &Reader,
    ground: &Ground,
    tree: &DesiredTree,
    existing: BTreeMap<Reference, Item>,
    below: BTreeMap<WorkItemId, Vec<Item>>,
) -> Result<ObservedTree, ObserveError> {
    let wanted = tree.refers_to();
    let existing: BTreeMap<Reference, Item> =
        existing.into_iter().filter(|(r, _)| wanted.contains(r)).collect();
    let tops: BTreeSet<WorkItemId> = existing.values().map(|item| item.id.clone()).collect();
    let mut pool =
        Pool::new(tree, &ground.workspace, &ground.places, &ground.caller, existing.clone());
    for (parent, children) in below.into_iter().filter(|(parent, _)| tops.contains(parent)) {
        pool.add_children(&parent, children);
    }
    if !pool.has_first() {
        from_rows(reader, tree, &existing, &mut pool).await?;
    }
    if !pool.has_record() {
        pool.add(search(reader, ground, tree).await?);
    }
    walk(reader, &tree.tool, &mut pool).await?;
    let mut observed = pool.finish(ground.capabilities);
    let linked = linked_before(tree, &observed);
    observed.existing.extend(reader.by_reference(&linked).await?);
    comments::look(reader, &ground.workspace, tree, &mut observed).await?;
    Ok(observed)
}

/// Items that the files once linked the first node to and no longer name.
fn linked_before(tree: &DesiredTree, observed: &ObservedTree) -> Vec<Reference> {
    let first = tree.nodes.first().and_then(|first| observed.items.get(&first.key));
    let links = match first.map(|first| marker::read(&first.description).marker) {
        Some(Reading::One(marker)) => marker.base.links,
        _ => Vec::new(),
    };
    let references = links.iter().filter_map(|name| Reference::parse(name));
    references.filter(|r| !observed.existing.contains_key(r)).take(MOST_LINKED).collect()
}

/// Reads level by level until nothing is left to ask.
async fn walk(reader: &Reader, tool: &str, pool: &mut Pool<'_>) -> Result<(), ObserveError> {
    for _ in 0..MOST_ROUNDS {
        let frontier = pool.frontier();
        let follow = pool.to_follow();
        let ask = pool.to_ask();
        if !frontier.is_empty() {
            let mut listed = reader.children(&frontier).await?;
            for parent in frontier {
                // A missing answer never means that there are none.
                let children = listed.remove(&parent);
                let unlisted = || ObserveError::Unlisted(parent.as_str().to_owned());
                pool.add_children(&parent, children.ok_or_else(unlisted)?);
            }
        } else if !follow.is_empty() {
            for url in follow {
                let target = reader.reference_of_url(&url);
                let found = match &target {
                    Some(reference) => reader
                        .by_reference(std::slice::from_ref(reference))
                        .await?
                        .into_values()
                        .next(),
                    None => None,
                };
                pool.add_moved(&url, found);
            }
        } else if !ask.is_empty() {
            let found = reader.items(&ask).await?;
            pool.add_asked(&ask, found.into_values());
        } else if !look_at_twins(reader, pool).await? {
            return Ok(());
        }
    }
    Err(ObserveError::Endless(tool.to_owned()))
}

/// Looks at second items that may be closed; answers whether there were any.
async fn look_at_twins(reader: &Reader, pool: &mut Pool<'_>) -> Result<bool, ObserveError> {
    let twins = pool.twins_to_look_at();
    let mut below = reader.children(&twins).await?;
    for twin in &twins {
        let commented = !reader.comments(twin).await?.is_empty();
        pool.add_look(twin, below.remove(twin), commented);
    }
    Ok(!twins.is_empty())
}

/// Looks for the tool's first item where its table rows point.
async fn from_rows(
    reader: &Reader,
    tree: &DesiredTree,
    existing: &BTreeMap<Reference, Item>,
    pool: &mut Pool<'_>,
) -> Result<(), ObserveError> {
    let mut named: BTreeSet<Reference> = BTreeSet::new();
    for row in &tree.rows {
        let (Some(item), Some(link)) = (existing.get(&row.item), row.link.clone()) else {
            continue;
        };
        let Ok(table) = locate(&item.description, &row.heading, &[]) else { continue };
        let Ok(Some(at)) = table.find(&item.description, &row.heading, &[link]) else { continue };
        let points = |text: &Text| text.slots().any(|slot| slot.key() == Some(&row.node));
        for (column, _) in row.cells.iter().filter(|(_, text)| points(text)) {
            named.extend(references(reader, table.cell(&item.description, at, column)));
        }
    }
    let named: Vec<Reference> = named.into_iter().collect();
    let found = reader.by_reference(&named).await?;
    pool.add_named(named, found);
    Ok(())
}

/// The epics that a cell names, as references or as links.
fn references(reader: &Reader, cell: &str) -> Vec<Reference> {
    cell.split(|c: char| c.is_whitespace() || "()[]|<>".contains(c))
        .filter_map(|word| {
            let word = word.trim_end_matches("+s").trim_end_matches('+');
            Reference::parse(word).or_else(|| reader.reference_of_url(word))
        })
        .filter(|reference| reference.sigil == '&')
        .collect()
}

/// One quoted search for the tool's markers; epics only: a project's search does not see comments.
async fn search(
    reader: &Reader,
    ground: &Ground,
    tree: &DesiredTree,
) -> Result<Vec<Item>, ObserveError> {
    let Some(first) = tree.nodes.first().filter(|node| node.kind == Kind::Epic) else {
        return Ok(Vec::new());
    };
    let phrase = marker::search_phrase(&ground.workspace, &tree.tool);
    Ok(reader.search(&first.namespace, &phrase).await?)
}
