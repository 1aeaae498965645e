//! Tries fields until the wanted tree comes closest to the one that is there.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{Found, Setting, settings, words};
use super::compare::{Distance, NODE, distance, wanted};
use super::draft::{At, Draft};
use super::items::Items;
use super::place::Placed;
use super::shape::Shapes;
use super::texts::Texts;
use super::workshop::{Form, Rendered, Workshop};

/// How often all values are tried: one may bring out what another changes.
const ROUNDS: usize = 3;

/// In how many entries a value is tried that matters elsewhere.
const MOST_ALONE: usize = 32;
/// How many nodes are looked at for values.
const MOST_LOOKED_AT: usize = 100;
/// How many nodes are rendered in all before the descriptions are read, each as often as the tree is.
const MOST_RENDERED: usize = 200_000;
/// How often a tree is rendered, however large it is.
const LEAST_RENDERED: usize = 150;

/// How often a tree may be rendered, if so many nodes are rendered in all.
pub(super) fn times(most: usize, placed: &Placed<'_>) -> usize {
    (most / placed.nodes.len().max(1)).max(LEAST_RENDERED)
}

/// Sets the fields of the draft that bring it closer.
pub(super) fn search<'a>(
    shop: &Workshop<'_>,
    shapes: &Shapes,
    items: &Items<'a>,
    placed: &mut Placed<'a>,
) {
    let blueprint = shop.ask.blueprint;
    let all = found(items, placed);
    let settings = settings(blueprint, &placed.draft, &all, &words(blueprint));
    let left = times(MOST_RENDERED, placed);
    let mut search = Search::new(shop, items, placed);
    search.left.set(left);
    let Some(now) = search.measure() else { return };
    search.now = now;
    for _ in 0..ROUNDS {
        let before = search.now.sum();
        for setting in settings.iter().filter(|setting| shapes.depend_on(setting)) {
            if search.now.sum() == 0 || search.is_spent() {
                return;
            }
            search.attempt(setting);
        }
        search.pairs(&settings);
        if search.now.sum() >= before {
            return;
        }
    }
}

pub(super) struct Search<'s, 'a> {
    pub(super) shop: &'s Workshop<'s>,
    items: &'s Items<'a>,
    /// Labels that the blueprint speaks of.
    known: BTreeSet<String>,
    pub(super) placed: &'s mut Placed<'a>,
    /// How far the draft is now.
    pub(super) now: Distance,
    /// The descriptions that the draft is to come closer to, if they count.
    pub(super) texts: Option<Texts>,
    /// What is wrong with the draft from the beginning.
    wrong: usize,
    /// How often a draft may still be rendered.
    left: Cell<usize>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// A search by all but the descriptions.
    pub(super) fn new(
        shop: &'s Workshop<'s>,
        items: &'s Items<'a>,
        placed: &'s mut Placed<'a>,
    ) -> Self {
        let known = shop.ask.blueprint.labels.iter().map(|rule| rule.title.clone()).collect();
        let (now, left) = (Distance::default(), Cell::new(usize::MAX));
        Self { shop, items, known, placed, now, texts: None, wrong: 0, left }
    }

    /// Lets descriptions count, and bounds how often a draft is rendered.
    pub(super) fn read_with(&mut self, texts: Texts, left: usize) {
        self.left.set(left);
        let rendered = self.render(&self.placed.draft, Form::Whole);
        self.wrong = rendered.map_or(0, |rendered| rendered.errors);
        self.texts = Some(texts);
    }

    /// Renders a draft, as long as that may still be done.
    pub(super) fn render(&self, draft: &Draft, form: Form) -> Option<Rendered> {
        self.left.set(self.left.get().checked_sub(1)?);
        self.shop.render(draft, form)
    }

    /// Tells whether no draft is to be rendered any more.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Tells whether that many drafts and as many again may be tried one by one.
    pub(super) fn has_left(&self, many: usize) -> bool {
        self.left.get() / 4 > many
    }

    /// How far the draft is.
    pub(super) fn measure(&self) -> Option<Distance> {
        let form = if self.texts.is_some() { Form::Whole } else { Form::Bare };
        let rendered = self.render(&self.placed.draft, form)?;
        let mut distance = distance(&rendered, self.items, self.placed, &self.known);
        if let Some(texts) = &self.texts {
            texts.add(&rendered, self.placed, self.wrong, &mut distance);
        }
        Some(distance)
    }

    /// Keeps what was done to the draft if that brings it closer.
    pub(super) fn keep_if_closer(&mut self, old: Draft) -> bool {
        match self.measure().filter(|then| then.sum() < self.now.sum()) {
            Some(then) => {
                self.now = then;
                true
            }
            None => {
                self.placed.draft = old;
                false
            }
        }
    }

    /// Keeps what was taken out of the draft unless that takes it farther away.
    pub(super) fn keep_if_no_farther(&mut self, old: Draft) {
        match self.measure().filter(|then| then.sum() <= self.now.sum()) {
            Some(then) => self.now = then,
            None => self.placed.draft = old,
        }
    }

    /// Tries a value, of a list in all entries at once: each keeps it whose own nodes come closer.
    pub(super) fn attempt(&mut self, setting: &Setting) {
        let old = self.placed.draft.clone();
        if setting.scope.is_one() {
            setting.apply(&mut self.placed.draft, None);
            if self.placed.draft != old {
                self.keep_if_closer(old);
            }
            return;
        }
        let places: Vec<At> = setting.places(&old).into_iter().flatten().collect();
        let before = by_entry(&self.now, self.placed);
        let apart: Vec<&At> = places.iter().filter(|at| before.contains_key(at)).collect();
        if !apart.is_empty() {
            for at in &apart {
                setting.apply(&mut self.placed.draft, Some(at));
            }
            let then = self.measure();
            self.placed.draft = old.clone();
            let after = then.map(|then| by_entry(&then, self.placed)).unwrap_or_default();
            let better = |at: &&&At| after.get(at).copied().unwrap_or(0) < before[*at];
            let better: Vec<&&At> = apart.iter().filter(better).collect();
            for at in &better {
                setting.apply(&mut self.placed.draft, Some(at));
            }
            if !better.is_empty() && self.keep_if_closer(old) {
                return;
            }
        }
        // One of many values may matter to the nodes of others, where one entry has it and not all.
        if setting.adds() && self.now.nodes.values().any(|points| *points > 0) {
            for at in places.iter().take(MOST_ALONE) {
                let old = self.placed.draft.clone();
                setting.apply(&mut self.placed.draft, Some(at));
                self.keep_if_closer(old);
            }
        }
    }

    /// Tries two values at once, for nodes that none alone brings: one of the two has the name
    /// of the node.
    fn pairs(&mut self, settings: &[Setting]) {
        let unwanted = self.now.nodes.iter().filter(|(_, points)| **points >= NODE);
        let keys: Vec<String> = unwanted.map(|(key, _)| key.clone()).collect();
        let adds = || settings.iter().filter(|s| s.adds() && s.scope.is_one());
        for key in keys {
            let names =
                |s: &&Setting| s.word().is_some_and(|word| key.split('/').any(|id| id == word));
            for one in adds().filter(names) {
                for other in adds().filter(|other| other.scope == one.scope && *other != one) {
                    let old = self.placed.draft.clone();
                    one.apply(&mut self.placed.draft, None);
                    other.apply(&mut self.placed.draft, None);
                    if self.keep_if_closer(old) {
                        break;
                    }
                }
            }
        }
    }
}

/// The points of each entry: those of every node whose key has its id.
pub(super) fn by_entry(distance: &Distance, placed: &Placed<'_>) -> BTreeMap<At, u32> {
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
    let mut found = Found { reasons: true, ..Found::default() };
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
