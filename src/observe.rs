//! Reads from GitLab what a plan needs to know of each tool.
//!
//! `identity::Pool` says what to read next and which item is which node; this
//! module only asks. A search that fails or an item that cannot be read stops
//! creation: it never means "not there".

mod bulk;
pub mod comments;
mod foreign;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::gitlab::{GitlabError, Reader};
use crate::identity::{Met, Pool};
use crate::marker::{self, Reading};
use crate::merge::table::locate;
use crate::text::Text;
use crate::tree::{DesiredTree, Ground, Item, Kind, ObservedTree, Parent, Reference, WorkItemId};

use bulk::Listed;
pub use foreign::foreign;

/// The most items that a marker may send this program to: anyone may edit one.
const MOST_LINKED: usize = 7;
/// The most rounds of asking for one tool: GitLab's trees are seven deep, and few items moved twice.
const MOST_ROUNDS: usize = 64;
/// The most times that an item the files refer to is followed to where it went.
const MOST_MOVES: usize = 8;

/// Why a tool cannot be observed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ObserveError {
    /// A request failed.
    #[error(transparent)]
    Gitlab(#[from] GitlabError),
    /// Items that its file refers to cannot be read.
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
    Task(String),
}

fn list(references: &[Reference]) -> String {
    references.iter().map(Reference::to_string).collect::<Vec<_>>().join(", ")
}

/// What the tools of a run refer to, read for all of them at once.
#[derive(Default)]
struct Shared {
    /// Under the references that the files use.
    existing: BTreeMap<Reference, Item>,
    /// What hangs below those that are parents.
    below: BTreeMap<WorkItemId, Vec<Arc<Met>>>,
    /// The tools' first items that were found there.
    firsts: BTreeSet<WorkItemId>,
    /// Children of those, and of all that is below.
    listed: Listed,
}

/// Observes all tools of a run, each on its own, in the order given: one that cannot be
/// observed says why and stops no other.
pub async fn observe(
    reader: &Reader,
    ground: &Ground,
    trees: &[Arc<DesiredTree>],
) -> Vec<Result<ObservedTree, ObserveError>> {
    let shared = match Shared::read(reader, ground, trees).await {
        Err(error) if trees.len() < 2 || concerns_all(&error) => {
            return trees.iter().map(|_| Err(error.clone().into())).collect();
        }
        // What one of them refers to may be at fault: then each reads for itself.
        Err(_) => None,
        Ok(shared) => Some(Arc::new(shared)),
    };
    let ground = Arc::new(ground.clone());
    let mut tasks = JoinSet::new();
    for (n, tree) in trees.iter().cloned().enumerate() {
        let (reader, ground, shared) = (reader.clone(), Arc::clone(&ground), shared.clone());
        tasks.spawn(async move { (n, observe_one(&reader, &ground, &tree, shared).await) });
    }
    let mut observed = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok((n, tree)) => drop(observed.insert(n, tree)),
            Err(error) => {
                return trees.iter().map(|_| Err(ObserveError::Task(error.to_string()))).collect();
            }
        }
    }
    observed.into_values().collect()
}

/// Reads again what the first items say was made and said; for a plan that was made a while ago.
///
/// # Errors
/// A request failed.
pub async fn records(
    reader: &Reader,
    trees: &[Arc<DesiredTree>],
    observed: &mut BTreeMap<String, ObservedTree>,
) -> Result<(), GitlabError> {
    let first = |tree: &Arc<DesiredTree>| {
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

impl Shared {
    async fn read(
        reader: &Reader,
        ground: &Ground,
        trees: &[Arc<DesiredTree>],
    ) -> Result<Self, GitlabError> {
        let wanted: BTreeSet<Reference> = trees.iter().flat_map(|tree| tree.refers_to()).collect();
        let parents: BTreeSet<&Reference> = trees.iter().flat_map(|tree| parents(tree)).collect();
        let (tops, others): (Vec<Reference>, Vec<Reference>) =
            wanted.into_iter().partition(|reference| parents.contains(reference));
        let (mut existing, mut below) = reader.with_children(&tops, &others).await?;
        follow(reader, &mut existing).await?;
        let tops = tops.iter().filter_map(|top| Some(existing.get(top)?.id.clone()));
        let arrived: Vec<WorkItemId> = tops.filter(|id| !below.contains_key(id)).collect();
        below.extend(reader.children(&arrived).await?);
        let met =
            |(id, items): (WorkItemId, Vec<Item>)| (id, items.into_iter().map(Arc::from).collect());
        let below = below.into_iter().map(met).collect();
        let mut shared = Self { existing, below, ..Self::default() };
        let found: Vec<(&DesiredTree, Item)> = trees
            .iter()
            .filter_map(|tree| Some((&**tree, shared.pool(ground, tree).ok()?.first()?)))
            .collect();
        let (found, firsts): (Vec<&DesiredTree>, Vec<Item>) = found.into_iter().unzip();
        shared.listed = bulk::children(reader, &found, &firsts).await?;
        shared.firsts = firsts.into_iter().map(|first| first.id).collect();
        Ok(shared)
    }

    /// What of that one tool's file refers to.
    fn existing(&self, tree: &DesiredTree) -> Result<BTreeMap<Reference, Item>, ObserveError> {
        let mut existing: BTreeMap<Reference, Item> = BTreeMap::new();
        let mut missing = Vec::new();
        for at in tree.refers_to() {
            match self.existing.get(&at) {
                Some(item) => drop(existing.insert(at, item.clone())),
                None => missing.push(at),
            }
        }
        if missing.is_empty() { Ok(existing) } else { Err(ObserveError::Missing(missing)) }
    }

    /// The pool of a tool, with what hangs directly under what its file names as a parent.
    fn pool<'a>(
        &self,
        ground: &'a Ground,
        tree: &'a DesiredTree,
    ) -> Result<Pool<'a>, ObserveError> {
        let existing = self.existing(tree)?;
        let mut pool = Pool::new(tree, &ground.workspace, &ground.places, &ground.caller, existing);
        for reference in parents(tree).collect::<BTreeSet<_>>() {
            let parent = &self.existing[reference].id;
            let children = self.below.get(parent);
            let children = children.ok_or_else(|| ObserveError::Unlisted(reference.to_string()))?;
            pool.add_children(parent, children.clone());
        }
        Ok(pool)
    }
}

/// Items that nodes of a tree hang under.
fn parents(tree: &DesiredTree) -> impl Iterator<Item = &Reference> {
    tree.nodes.iter().filter_map(|node| match &node.parent {
        Parent::Item(reference) => Some(reference),
        Parent::None | Parent::Node(_) => None,
    })
}

/// Tells whether a failed request says something of the instance or the token, not of what was asked.
fn concerns_all(error: &GitlabError) -> bool {
    matches!(
        error,
        GitlabError::Connect { .. }
            | GitlabError::Redirect { .. }
            | GitlabError::RateLimited { .. }
            | GitlabError::Unauthorized { .. }
            | GitlabError::Forbidden { .. }
            | GitlabError::Interrupted
    )
}

/// Puts where each item is now in the place of where it was.
async fn follow(
    reader: &Reader,
    existing: &mut BTreeMap<Reference, Item>,
) -> Result<(), GitlabError> {
    for _ in 0..MOST_MOVES {
        let moved = existing.iter().filter_map(|(at, item)| Some((at, item.moved_to.as_ref()?)));
        let moved = moved.filter_map(|(at, url)| Some((at.clone(), reader.reference_of_url(url)?)));
        let moved: BTreeMap<Reference, Reference> = moved.collect();
        let now: Vec<Reference> = moved.values().cloned().collect();
        let found = reader.by_reference(&now).await?;
        let arrived =
            moved.iter().filter_map(|(at, to)| Some((at.clone(), found.get(to)?.clone())));
        let arrived: Vec<(Reference, Item)> = arrived.collect();
        if arrived.is_empty() {
            break;
        }
        existing.extend(arrived);
    }
    Ok(())
}

async fn observe_one(
    reader: &Reader,
    ground: &Ground,
    tree: &Arc<DesiredTree>,
    shared: Option<Arc<Shared>>,
) -> Result<ObservedTree, ObserveError> {
    let shared = match shared {
        Some(shared) => shared,
        None => Arc::new(Shared::read(reader, ground, std::slice::from_ref(tree)).await?),
    };
    let mut pool = shared.pool(ground, tree)?;
    let mut listed = Listed::new();
    if !pool.has_first() {
        from_rows(reader, tree, &shared.existing(tree)?, &mut pool).await?;
    }
    if !pool.has_record() {
        pool.add(search(reader, ground, tree).await?);
    }
    if let Some(first) = pool.first().filter(|first| !shared.firsts.contains(&first.id)) {
        listed = bulk::children(reader, &[tree], &[first]).await?;
    }
    walk(reader, &tree.tool, &mut pool, &[&listed, &shared.listed]).await?;
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
async fn walk(
    reader: &Reader,
    tool: &str,
    pool: &mut Pool<'_>,
    listed: &[&Listed],
) -> Result<(), ObserveError> {
    for _ in 0..MOST_ROUNDS {
        let frontier = take_listed(pool, listed);
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

/// Takes in what was listed before, as far as it is asked for; answers whose children are still to
/// be listed.
fn take_listed(pool: &mut Pool<'_>, listed: &[&Listed]) -> Vec<WorkItemId> {
    loop {
        let frontier = pool.frontier();
        let known = frontier
            .iter()
            .filter_map(|id| Some((id, listed.iter().find_map(|lists| lists.get(id))?.clone())));
        let known: Vec<(&WorkItemId, Vec<Arc<Met>>)> = known.collect();
        if known.is_empty() {
            return frontier;
        }
        for (parent, children) in known {
            pool.add_children(parent, children);
        }
    }
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
    let found = reader.search(&first.namespace, &phrase).await?;
    // Without parent and row nothing else leads to it, and it may be from before the place changed.
    let hidden = first.parent == Parent::None && tree.rows.is_empty();
    match first.namespace.split_once('/').filter(|_| hidden && found.is_empty()) {
        Some((top, _)) => Ok(reader.search(top, &phrase).await?),
        None => Ok(found),
    }
}
