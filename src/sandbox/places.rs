//! Who may see and write where, and which places lie above and below another. Must not know of
//! items' contents.

use super::seed::Seed;
use super::store::{Id, Kind, PlaceKind, World};

/// What does not change while a sandbox is open.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) seed: Seed,
}

/// Tells whether `path` is `above` or lies below it.
fn within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Config {
    /// Tells whether a signed-in caller may see the place. All places are private.
    pub(super) fn readable(&self, world: &World, place: Id, viewer: Option<Id>) -> bool {
        viewer.is_some() && self.outside(world, place, &self.seed.hidden)
    }

    /// Tells whether a signed-in caller may write in the place.
    pub(super) fn writable(&self, world: &World, place: Id, viewer: Option<Id>) -> bool {
        self.readable(world, place, viewer) && self.outside(world, place, &self.seed.read_only)
    }

    fn outside(&self, world: &World, place: Id, roots: &[String]) -> bool {
        world
            .places
            .get(place)
            .is_some_and(|place| !roots.iter().any(|root| within(&place.path, root)))
    }

    /// Returns the number of a work item type on this instance.
    pub(super) fn type_id(&self, kind: Kind) -> u64 {
        let stock = match kind {
            Kind::Issue => 1,
            Kind::Incident => 2,
            Kind::Task => 5,
            Kind::Epic => 8,
        };
        stock + self.seed.type_ids_offset
    }

    /// Lists the types that this instance has.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let mut kinds = vec![Kind::Issue, Kind::Incident, Kind::Task];
        if self.seed.edition.enterprise {
            kinds.push(Kind::Epic);
        }
        kinds
    }
}

/// Lists a place and the groups above it.
pub(super) fn with_ancestors(world: &World, place: Id) -> Vec<Id> {
    let Some(own) = world.places.get(place) else {
        return Vec::new();
    };
    world
        .places
        .iter()
        .filter(|(id, other)| *id == place || is_group_above(other.kind, &other.path, &own.path))
        .map(|(id, _)| id)
        .collect()
}

fn is_group_above(kind: PlaceKind, path: &str, below: &str) -> bool {
    kind == PlaceKind::Group && path != below && within(below, path)
}

/// Lists a place and the groups and projects below it.
pub(super) fn with_descendants(world: &World, place: Id) -> Vec<Id> {
    let Some(own) = world.places.get(place) else {
        return Vec::new();
    };
    world
        .places
        .iter()
        .filter(|(_, other)| within(&other.path, &own.path))
        .map(|(id, _)| id)
        .collect()
}
