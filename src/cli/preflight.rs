//! What must hold before anything is planned: the instance, the licence, the places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::gitlab::{Client, Lack, Metadata, NamespaceInfo, PlaceQuery, Reader, type_id};
use crate::tree::{Capabilities, DesiredTree, Kind, Parent};

use super::Failure;

/// The oldest GitLab that epictree speaks to.
pub(super) const OLDEST: (u32, u32) = (18, 1);

/// What was found out.
#[derive(Debug)]
pub(super) struct Preflight {
    pub(super) caller: String,
    pub(super) capabilities: Capabilities,
    pub(super) types: BTreeMap<(String, Kind), String>,
    /// What stands in the way of writing, though not of planning.
    pub(super) lacks: Vec<(String, Lack)>,
    /// Places that cannot be found.
    pub(super) missing: BTreeSet<String>,
    /// Why a place does not do for what is to be made there.
    pub(super) refused: BTreeMap<String, Failure>,
}

/// Asks the instance.
pub(super) async fn preflight(
    client: &Client,
    trees: &[Arc<DesiredTree>],
) -> Result<Preflight, Failure> {
    let queries = queries(trees);
    let (metadata, found) = Reader::new(client).start(&queries).await?;
    let caller = caller(&metadata, client.url())?;
    let mut types = BTreeMap::new();
    let mut lacks = Vec::new();
    let (mut missing, mut refused) = (BTreeSet::new(), BTreeMap::new());
    let mut capabilities = Capabilities { blocked_items: true, weights: true };
    for (query, place) in queries.iter().zip(found) {
        let Some(place) = place else {
            missing.insert(query.path.clone());
            continue;
        };
        for lack in place.lacks(query) {
            match lack {
                Lack::Create(_) | Lack::Metadata | Lack::Labels => {
                    lacks.push((query.path.clone(), lack));
                }
                Lack::Epics | Lack::Subepics | Lack::Type(_) | Lack::WrongKind(_) => {
                    let path = query.path.clone();
                    refused.entry(path).or_insert_with(|| does_not_do(query, &lack));
                }
            }
        }
        capabilities.blocked_items &= place.features.blocked;
        capabilities.weights &= place.features.weights;
        keep_types(&mut types, query, &place);
    }
    Ok(Preflight { caller, capabilities, types, lacks, missing, refused })
}

impl Preflight {
    /// Why a tool cannot be looked at, if it makes items in a place that does not do.
    pub(super) fn refuses(&self, tree: &DesiredTree) -> Option<&Failure> {
        let mut nodes = tree.nodes.iter().filter(|node| node.item.is_none());
        nodes.find_map(|node| self.refused.get(&node.namespace))
    }
}

fn caller(metadata: &Metadata, url: &str) -> Result<String, Failure> {
    if !metadata.at_least(OLDEST.0, OLDEST.1) {
        return Err(Failure::new(format!(
            "{url} runs GitLab {}, which is too old",
            metadata.version
        ))
        .hint(format!("epictree needs GitLab {}.{} or newer", OLDEST.0, OLDEST.1)));
    }
    metadata.caller.clone().ok_or_else(|| {
        Failure::new(format!("{url} takes this token for nobody's")).hint(
            "set GITLAB_TOKEN to a valid access token with scope api (read_api is enough to plan)",
        )
    })
}

/// Every namespace that a tree creates items in, and what it needs there.
fn queries(trees: &[Arc<DesiredTree>]) -> Vec<PlaceQuery> {
    let mut wanted: BTreeMap<String, (BTreeSet<Kind>, bool)> = BTreeMap::new();
    for tree in trees {
        for node in tree.nodes.iter().filter(|node| node.item.is_none()) {
            let (kinds, subepics) = wanted.entry(node.namespace.clone()).or_default();
            kinds.insert(node.kind);
            *subepics |= node.kind == Kind::Epic && node.parent != Parent::None;
        }
    }
    let query = |(path, (kinds, subepics)): (String, (BTreeSet<Kind>, bool))| PlaceQuery {
        path,
        creates: kinds.into_iter().collect(),
        subepics,
        labels: false,
    };
    wanted.into_iter().map(query).collect()
}

fn keep_types(
    types: &mut BTreeMap<(String, Kind), String>,
    query: &PlaceQuery,
    place: &NamespaceInfo,
) {
    for kind in &query.creates {
        if let Some(id) = type_id(place, *kind) {
            types.insert((query.path.clone(), *kind), id);
        }
    }
}

fn does_not_do(query: &PlaceQuery, lack: &Lack) -> Failure {
    Failure::new(format!("{}: {lack}", query.path)).hint(lack.hint())
}
