//! The sums of one measure, and how sums of several tools add up.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::next::next;
use super::{
    Counts, Due, Link, Measure, PartStatus, Scene, Share, State, Sum, WordCount, Words, has,
};
use crate::key::NodeKey;
use crate::page;
use crate::tree::{DesiredMeasure, InFlight, Item, Parent, Part};

/// Counts one measure of a tool.
pub(super) fn measure(scene: &Scene<'_>, measure: &DesiredMeasure, today: Date) -> Measure {
    let flight = measure.in_flight.as_ref();
    let parents: BTreeSet<&NodeKey> = match flight {
        // What only holds other items is no work of its own.
        Some(_) => scene.desired.nodes.iter().filter_map(|node| above(&node.parent)).collect(),
        None => BTreeSet::new(),
    };
    let counted = measure.parts.iter().filter(|part| !parents.contains(&part.key));
    let parts: Vec<PartStatus> = counted.map(|part| status(scene, part, measure)).collect();
    let (next, next_more) = if measure.next { next(scene, &parts) } else { (Vec::new(), 0) };
    let sum = Sum {
        id: measure.id.clone(),
        title: measure.title.clone(),
        counts: counts(&parts),
        weight: weight(scene, &parts),
        boxes: measure.boxes.then(|| boxes(scene, &parts)),
        by: measure.by.as_ref().map(|by| words(&by.field, &by.words, &parts)),
        in_flight: flight.map(|_| parts.iter().filter(|part| part.in_flight).count()),
        at_least: measure.at_least,
    };
    Measure { sum, due: measure.date.map(|day| due(day, today)), next, next_more, parts }
}

fn above(parent: &Parent) -> Option<&NodeKey> {
    match parent {
        Parent::Node(key) => Some(key),
        Parent::None | Parent::Item(_) => None,
    }
}

fn due(day: Date, today: Date) -> Due {
    Due { day, days: day.duration_since(today).as_hours() / 24 }
}

fn status(scene: &Scene<'_>, part: &Part, measure: &DesiredMeasure) -> PartStatus {
    let item = scene.item(&part.key);
    let state = match item {
        _ if part.dropped => State::Dropped,
        Some(item) if !item.open => State::Done,
        Some(item) if scene.is_blocked(&part.key, item, &measure.blocked) => State::Blocked,
        Some(_) => State::Open,
        None => State::Missing,
    };
    let wanted = scene.nodes.get(&part.key).map(|node| node.title.as_str());
    let title = item.map(|item| item.title.as_str()).or(wanted).unwrap_or_default();
    PartStatus {
        key: part.key.clone(),
        state,
        title: title.to_owned(),
        item: item.map(Link::from),
        word: part.word.clone(),
        in_flight: item.is_some_and(|item| item.open && is_in_flight(scene, part, item, measure)),
    }
}

fn is_in_flight(scene: &Scene<'_>, part: &Part, item: &Item, measure: &DesiredMeasure) -> bool {
    match &measure.in_flight {
        None => false,
        Some(InFlight::Labels(titles)) => has(item, titles),
        Some(InFlight::Assigned) => {
            let named = scene.nodes.get(&part.key).and_then(|node| node.assignees.as_ref());
            let theirs = |name: &String| named.is_none_or(|named| !named.contains(name));
            item.assignees.iter().any(theirs)
        }
    }
}

fn counts(parts: &[PartStatus]) -> Counts {
    let of = |state: State| parts.iter().filter(|part| part.state == state).count();
    Counts {
        total: parts.len(),
        done: of(State::Done),
        dropped: of(State::Dropped),
        blocked: of(State::Blocked),
        open: of(State::Open),
        missing: of(State::Missing),
    }
}

/// The weights of the parts and of all below them, each item once; those given up weigh nothing.
fn weight(scene: &Scene<'_>, parts: &[PartStatus]) -> Option<Share> {
    let kept = parts.iter().filter(|part| part.state != State::Dropped);
    let mut keys: BTreeSet<&NodeKey> = kept.map(|part| &part.key).collect();
    for node in &scene.desired.nodes {
        if above(&node.parent).is_some_and(|parent| keys.contains(parent)) {
            keys.insert(&node.key);
        }
    }
    let mut share = None;
    for node in scene.desired.nodes.iter().filter(|node| keys.contains(&node.key)) {
        let item = scene.item(&node.key);
        let Some(weight) = item.and_then(|item| item.weight).or(node.weight) else { continue };
        let share = share.get_or_insert(Share::default());
        share.total = share.total.saturating_add(weight);
        if item.is_some_and(|item| !item.open) {
            share.done = share.done.saturating_add(weight);
        }
    }
    share
}

/// The boxes in the texts of the parts; with an item that is closed, its boxes are done with.
fn boxes(scene: &Scene<'_>, parts: &[PartStatus]) -> Share {
    let mut share = Share::default();
    for part in parts.iter().filter(|part| part.state != State::Dropped) {
        let Some(item) = scene.item(&part.key) else { continue };
        let (ticked, total) = page::boxes(&item.description);
        share.total += total;
        share.done += if item.open { ticked } else { total };
    }
    share
}

fn words(field: &str, words: &[String], parts: &[PartStatus]) -> Words {
    let has = |part: &&PartStatus, word: &str| {
        part.state != State::Dropped && part.word.as_deref() == Some(word)
    };
    let count = |word: &String| parts.iter().filter(|part| has(part, word)).count();
    let counts = words.iter().map(|word| WordCount { word: word.clone(), parts: count(word) });
    Words { field: field.to_owned(), counts: counts.collect() }
}

/// Adds the sums of another tool; the words of a field are the same, as the blueprint is.
pub(super) fn add(sum: &mut Sum, other: &Sum) {
    let Counts { total, done, dropped, blocked, open, missing } = &mut sum.counts;
    *total += other.counts.total;
    *done += other.counts.done;
    *dropped += other.counts.dropped;
    *blocked += other.counts.blocked;
    *open += other.counts.open;
    *missing += other.counts.missing;
    sum.weight = both(sum.weight, other.weight);
    sum.boxes = both(sum.boxes, other.boxes);
    if let (Some(words), Some(more)) = (&mut sum.by, &other.by) {
        for (known, more) in words.counts.iter_mut().zip(&more.counts) {
            known.parts += more.parts;
        }
    }
    if let (Some(n), Some(m)) = (&mut sum.in_flight, other.in_flight) {
        *n += m;
    }
}

fn both(a: Option<Share>, b: Option<Share>) -> Option<Share> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Share {
            done: a.done.saturating_add(b.done),
            total: a.total.saturating_add(b.total),
        }),
        (a, b) => a.or(b),
    }
}
