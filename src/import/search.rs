//! Tries fields until the wanted tree comes closest to the one that is there.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{Found, Scope, settings};
use super::compare::{Distance, distance, wanted};
use super::draft::{At, Draft};
use super::items::Items;
use super::place::Placed;
use super::workshop::Workshop;

/// How often all values are tried: one may bring out what another changes.
const ROUNDS: usize = 3;

/// How many nodes are looked at for values.
const MOST_LOOKED_AT: usize = 100;

/// Sets the fields of the draft that bring it closer.
pub(super) fn search(shop: &Workshop<'_>, items: &Items<'_>, placed: &mut Placed<'_>) {
    let known: BTreeSet<String> =
        shop.ask.blueprint.labels.iter().map(|rule| rule.title.clone()).collect();
    let found = found(items, placed);
    let settings = settings(shop.ask.blueprint, &placed.draft, &found);
    for _ in 0..ROUNDS {
        let Some(mut now) = measure(shop, items, placed, &known) else { return };
        let before = now.sum();
        for setting in &settings {
            if now.sum() == 0 {
                return;
            }
            let old = placed.draft.clone();
            let places = setting.places(&old);
            for at in &places {
                setting.apply(&mut placed.draft, at.as_ref());
            }
            let Some(then) = measure(shop, items, placed, &known) else {
                placed.draft = old;
                continue;
            };
            let better: Vec<&At> = match setting.scope {
                Scope::Tool | Scope::Table(_) if then.sum() < now.sum() => {
                    now = then;
                    continue;
                }
                Scope::Tool | Scope::Table(_) => Vec::new(),
                Scope::List(_) | Scope::Issue(_) => {
                    let (now, then) = (by_entry(&now, placed), by_entry(&then, placed));
                    let points = |all: &BTreeMap<At, u32>, at| all.get(at).copied().unwrap_or(0);
                    let at = places.iter().flatten();
                    at.filter(|at| points(&then, at) < points(&now, at)).collect()
                }
            };
            placed.draft = old.clone();
            for at in &better {
                setting.apply(&mut placed.draft, Some(at));
            }
            let then = measure(shop, items, placed, &known).filter(|_| !better.is_empty());
            match then.filter(|then| then.sum() < now.sum()) {
                Some(then) => now = then,
                None => placed.draft = old,
            }
        }
        if now.sum() >= before {
            return;
        }
    }
}

fn measure(
    shop: &Workshop<'_>,
    items: &Items<'_>,
    placed: &Placed<'_>,
    known: &BTreeSet<String>,
) -> Option<Distance> {
    Some(distance(&shop.render(&placed.draft)?, items, placed, known))
}

/// The points of each entry: those of every node whose key has its id.
fn by_entry(distance: &Distance, placed: &Placed<'_>) -> BTreeMap<At, u32> {
    let places = places_by_id(&placed.draft);
    let mut all: BTreeMap<At, u32> = BTreeMap::new();
    for (key, points) in distance.nodes.iter().filter(|(_, points)| **points > 0) {
        let own = key.split('/').flat_map(|id| places.get(id).into_iter().flatten());
        for at in own.collect::<BTreeSet<_>>() {
            *all.entry((*at).clone()).or_default() += points;
        }
    }
    all
}

fn places_by_id(draft: &Draft) -> BTreeMap<String, Vec<At>> {
    let mut all: BTreeMap<String, Vec<At>> = BTreeMap::new();
    for at in draft.places() {
        all.entry(at.issue.clone().unwrap_or_else(|| at.id.clone())).or_default().push(at);
    }
    all
}

/// Values of the nodes that are no entries: those of an entry stand in it.
fn found(items: &Items<'_>, placed: &Placed<'_>) -> Found {
    let mut found = Found::default();
    let entries: BTreeSet<&String> = placed.keys.values().collect();
    let others = placed.nodes.iter().filter(|(key, _)| !entries.contains(key));
    for seen in others.filter_map(|(_, item)| items.get(&item.id)).take(MOST_LOOKED_AT) {
        let says = wanted(seen.item, seen.ours.as_ref().map(|(_, base)| base));
        found.handles.extend(says.assignees.iter().flatten().map(|name| format!("@{name}")));
        found.days.extend(says.start.into_iter().chain(says.due));
        found.milestones.extend(says.milestone);
    }
    for cell in items.record.rows.values().flat_map(BTreeMap::values) {
        found.lines.insert(cell.clone());
        let ends = |c: char| c.is_whitespace() || "()<>[]|\"".contains(c);
        let words = cell.split(ends).filter(|word| word.starts_with("https://"));
        found.addresses.extend(words.map(str::to_owned));
    }
    found
}
