//! What comes next: the open parts that wait for nothing, those first for which others wait.

use std::collections::{BTreeMap, BTreeSet};

use super::{Link, Next, PartStatus, Scene, State};
use crate::key::NodeKey;
use crate::tree::LinkKind;

/// How many are named.
const NAMED: usize = 3;

/// The parts that could be done now, and how many more there are.
///
/// Where all that is open waits, something outside is in the way, and the first of them are named.
pub(super) fn next(scene: &Scene<'_>, parts: &[PartStatus]) -> (Vec<Next>, usize) {
    let waiting = waiting(scene);
    let of = |state: State| parts.iter().filter(move |part| part.state == state);
    let held = |part: &&PartStatus| waiting.contains_key(&part.key);
    let mut found: Vec<&PartStatus> = of(State::Open).filter(held).collect();
    if found.is_empty() {
        found = of(State::Open).collect();
    }
    if found.is_empty() {
        found = of(State::Blocked).collect();
    }
    let more = found.len().saturating_sub(NAMED);
    let named = found.into_iter().take(NAMED).filter_map(|part| {
        Some(Next {
            key: part.key.clone(),
            link: Link::from(scene.item(&part.key)?),
            waiting: waiting.get(&part.key).map_or(0, BTreeSet::len),
            blocked: part.state == State::Blocked,
        })
    });
    (named.collect(), more)
}

/// The open items that wait for each node: as the files want it, and as people linked them.
fn waiting<'s>(scene: &'s Scene<'_>) -> BTreeMap<&'s NodeKey, BTreeSet<&'s NodeKey>> {
    let mut waiting: BTreeMap<&NodeKey, BTreeSet<&NodeKey>> = BTreeMap::new();
    for (key, item) in scene.items.iter().filter(|(_, item)| item.open) {
        let wanted = scene.waits_for(key);
        let linked = item.links.iter().filter(|link| link.kind == LinkKind::BlockedBy);
        let linked = linked.filter_map(|link| scene.linked(link));
        for blocker in wanted.chain(linked) {
            waiting.entry(blocker).or_default().insert(key);
        }
    }
    waiting
}
