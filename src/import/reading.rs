//! Reads keys out of the descriptions that the files wanted last.
//!
//! The draft is rendered with signs in place of words; where a sign comes out, there a key's words
//! stand in what was wanted. What is read is a guess: it is kept if the draft comes closer by it.

mod choices;
mod strangers;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use toml::Value;

use super::candidates::{words, words_of};
use super::draft::{At, Draft};
use super::items::Items;
use super::leaves::{Holds, Leaf, leaves};
use super::place::Placed;
use super::probe::{Probe, Told};
use super::search::{Search, by_entry, times};
use super::signs::Signs;
use super::texts::Texts;
use super::workshop::{Form, Workshop};
use crate::canonical::in_fence;
use crate::text::{SLOT_CLOSE, SLOT_OPEN};
use crate::unseen::is_forbidden;

/// How often all is read: one key may bring out what another says.
const ROUNDS: usize = 12;
/// How many nodes are rendered in all, each as often as the tree is.
const MOST_RENDERED: usize = 24_000;
/// How many guesses of one kind are tried one by one.
const MOST_ALONE: usize = 32;

/// What a leaf may say at a place.
type Guess = (usize, Option<At>, Value);

type Lines = BTreeMap<String, Vec<String>>;

/// Fills in what only descriptions say; answers whether the draft wants just those.
pub(super) fn read<'a>(shop: &Workshop<'_>, items: &Items<'a>, placed: &mut Placed<'a>) -> bool {
    if items.tool.is_none() {
        return false;
    }
    let texts = Texts::of(items, placed);
    let blueprint = shop.ask.blueprint;
    let speaks: BTreeSet<String> =
        words(blueprint).into_iter().chain(words_of(shop.ask.engine.texts())).collect();
    let leaves = leaves(blueprint, &speaks);
    let signs = Signs::new(texts.wanted.values().flatten());
    let mut search = Search::new(shop, items, placed);
    let left = times(MOST_RENDERED, search.placed);
    search.read_with(texts, left);
    let Some(now) = search.measure() else { return false };
    search.now = now;
    let mut reading = Reading {
        search,
        leaves: &leaves,
        signs: &signs,
        speaks: &speaks,
        last: RefCell::default(),
        harmless: Vec::new(),
    };
    let mut stuck = false;
    for _ in 0..ROUNDS {
        let before = reading.search.now.sum();
        reading.step(Reading::all_at_once);
        if reading.search.now.sum() < before {
            continue;
        }
        if stuck {
            reading.step(Reading::prune);
        }
        stuck = true;
        reading.step(Reading::ids);
        reading.step(Reading::strangers);
        reading.step(Reading::sift);
        reading.step(Reading::order);
        reading.step(Reading::harmful);
        reading.step(Reading::choices);
        reading.step(Reading::unread);
        if reading.search.now.sum() < before {
            continue;
        }
        reading.step(Reading::each);
        if reading.search.now.sum() >= before {
            break;
        }
    }
    reading.prune();
    let Search { texts, placed, .. } = reading.search;
    let made = shop.render(&placed.draft, Form::Whole);
    texts.zip(made).is_some_and(|(texts, made)| texts.are_those_of(&made, placed))
}

struct Reading<'r, 's, 'a> {
    search: Search<'s, 'a>,
    leaves: &'r [Leaf],
    signs: &'r Signs,
    /// Every word of the blueprint and its templates.
    speaks: &'r BTreeSet<String>,
    /// The last draft that was rendered as it is, with its descriptions.
    last: RefCell<Option<(Draft, Rc<Lines>)>>,
    /// The keys that take nothing away by being there, once that is known.
    harmless: Vec<usize>,
}

impl Reading<'_, '_, '_> {
    fn is_done(&self) -> bool {
        self.search.now.sum() == 0 || self.search.is_spent()
    }

    fn step(&mut self, step: impl FnOnce(&mut Self)) {
        if !self.is_done() {
            step(self);
        }
    }

    fn draft(&self) -> &Draft {
        &self.search.placed.draft
    }

    /// The descriptions as the draft has them now.
    fn without(&self) -> Option<Rc<Lines>> {
        let mut last = self.last.borrow_mut();
        match &*last {
            Some((draft, lines)) if draft == self.draft() => Some(Rc::clone(lines)),
            _ => {
                let lines = Rc::new(self.made(self.draft(), Form::Whole)?);
                *last = Some((self.draft().clone(), Rc::clone(&lines)));
                Some(lines)
            }
        }
    }

    fn made(&self, draft: &Draft, form: Form) -> Option<Lines> {
        let rendered = self.search.render(draft, form)?;
        Some(self.search.texts.as_ref()?.of_draft(&rendered, self.search.placed))
    }

    /// What a probe tells.
    fn told(&self, probe: &Probe<'_>, without: &Lines) -> Option<Told> {
        let made = self.made(&probe.draft, Form::Loose)?;
        let wanted = &self.search.texts.as_ref()?.wanted;
        Some(probe.read(&made, without, wanted, &self.search.placed.keys))
    }

    fn probe(&self, signed: &[usize]) -> Probe<'_> {
        let mut probe = Probe::new(self.leaves, self.signs, self.draft());
        signed.iter().for_each(|leaf| probe.sign(*leaf, false));
        probe
    }

    /// Reads all keys at once that take nothing away by being there.
    fn all_at_once(&mut self) {
        let Some(without) = self.without() else { return };
        let all: Vec<usize> =
            (0..self.leaves.len()).filter(|n| !is_ids(&self.leaves[*n])).collect();
        let known = self.harmless.clone();
        let still = !known.is_empty() && self.harmless(&known, &without).len() == known.len();
        let signed = if still { known } else { self.harmless(&all, &without) };
        self.harmless = signed.clone();
        let Some(told) = self.told(&self.probe(&signed), &without) else { return };
        let values = self.values(&told, 0);
        if !self.all(&values) {
            self.by_leaf(&values);
        }
    }

    /// Sets all values if no description goes farther away by that.
    fn all(&mut self, values: &[Guess]) -> bool {
        let (old, before) = (self.draft().clone(), self.search.now.clone());
        if !self.attempt(values) {
            return false;
        }
        let after = &self.search.now.nodes;
        let is_worse = |(key, points): (&String, &u32)| before.nodes.get(key) < Some(points);
        if after.iter().any(is_worse) && self.search.has_left(values.len()) {
            self.search.placed.draft = old;
            self.search.now = before;
            return false;
        }
        true
    }

    fn harmless(&self, leaves: &[usize], without: &Lines) -> Vec<usize> {
        if leaves.is_empty() || self.search.is_spent() {
            return Vec::new();
        }
        let made = self.made(&self.probe(leaves).draft, Form::Loose);
        if made.is_some_and(|made| without.keys().all(|key| made.contains_key(key))) {
            return leaves.to_vec();
        }
        match leaves {
            [_] => Vec::new(),
            many => {
                let (one, other) = many.split_at(many.len() / 2);
                let mut all = self.harmless(one, without);
                all.extend(self.harmless(other, without));
                all
            }
        }
    }

    /// Reads each key by itself that was not read with the others.
    fn harmful(&mut self) {
        let made_up = |leaf: &usize| self.leaves[*leaf].is_made_up(self.draft());
        let is_other = |leaf: &usize| !self.harmless.contains(leaf) || made_up(leaf);
        let others: Vec<usize> = (0..self.leaves.len()).filter(is_other).collect();
        self.one_by_one(&others);
    }

    /// Reads each key by itself.
    fn each(&mut self) {
        let all: Vec<usize> = (0..self.leaves.len()).collect();
        self.one_by_one(&all);
    }

    fn one_by_one(&mut self, leaves: &[usize]) {
        for leaf in leaves.iter().copied().filter(|leaf| !is_ids(&self.leaves[*leaf])) {
            if self.is_done() {
                return;
            }
            let Some(without) = self.without() else { return };
            let mut probe = self.probe(&[]);
            probe.sign_over(leaf);
            let Some(told) = self.told(&probe, &without) else { continue };
            for way in 0..2 {
                let values = self.values(&told, way);
                if !values.is_empty() && !self.attempt(&values) {
                    self.alone(&values);
                }
            }
        }
    }

    /// Reads ids: their entries are named.
    fn ids(&mut self) {
        for leaf in (0..self.leaves.len()).filter(|n| is_ids(&self.leaves[*n])) {
            if !self.is_done() {
                self.ids_of(leaf);
            }
        }
    }

    fn ids_of(&mut self, leaf: usize) {
        let of = &self.leaves[leaf];
        let Holds::Ids { list, .. } = &of.holds else { return };
        let Some(without) = self.without() else { return };
        let schema = &self.search.shop.ask.blueprint.schema;
        let probe = Probe::new(self.leaves, self.signs, self.draft());
        let mut probe = probe.with_strangers(schema, list, &[]);
        probe.sign_over(leaf);
        let Some(told) = self.told(&probe, &without) else { return };
        let mut values = Vec::new();
        for at in of.places(self.draft()).into_iter().flatten() {
            let Some(key) = self.search.placed.keys.get(&at) else { continue };
            let Some(names) = told.names.get(&(key.clone(), list.clone())) else { continue };
            let ids = self.named(list, names);
            values.extend(of.value(&ids).map(|value| (leaf, Some(at), value)));
        }
        if !values.is_empty() && !self.attempt(&values) {
            self.alone(&values);
        }
    }

    /// The ids of entries by their names.
    fn named(&self, list: &str, names: &[String]) -> Vec<String> {
        let entries = self.draft().lists.get(list).map(Vec::as_slice).unwrap_or_default();
        let id = |name: &String| {
            let is = |entry: &&super::draft::Entry| {
                entry.keys.get("name").and_then(Value::as_str) == Some(name.as_str())
            };
            entries.iter().find(is).map(|entry| entry.id.clone())
        };
        names.iter().filter_map(id).collect()
    }

    /// What keys may say: the likeliest, or what comes after it.
    fn values(&self, told: &Told, way: usize) -> Vec<Guess> {
        let value = |((leaf, at), ways): (&(usize, Option<At>), &Vec<Vec<String>>)| {
            let words = ways.get(way)?;
            let of = &self.leaves[*leaf];
            let value = of.value(words).filter(|_| words.iter().all(|word| may_stand(word)))?;
            let is_new = of.get(self.draft(), at.as_ref()) != Some(&value);
            is_new.then(|| (*leaf, at.clone(), value))
        };
        told.keys.iter().filter_map(value).collect()
    }

    fn attempt(&mut self, values: &[Guess]) -> bool {
        let old = self.draft().clone();
        for (leaf, at, value) in values {
            let draft = &mut self.search.placed.draft;
            self.leaves[*leaf].set(draft, at.as_ref(), value.clone());
        }
        self.search.keep_if_closer(old)
    }

    fn by_leaf(&mut self, values: &[Guess]) {
        for leaf in values.iter().map(|(leaf, ..)| *leaf).collect::<BTreeSet<_>>() {
            let own: Vec<_> = values.iter().filter(|(of, ..)| *of == leaf).cloned().collect();
            if self.is_done() {
                return;
            }
            if !self.attempt(&own) {
                self.alone(&own);
            }
        }
    }

    fn alone(&mut self, values: &[Guess]) {
        for value in values.iter().take(MOST_ALONE) {
            if !self.is_done() && values.len() > 1 {
                self.attempt(std::slice::from_ref(value));
            }
        }
    }

    /// Takes out again what was read and says nothing.
    fn prune(&mut self) {
        for leaf in 0..self.leaves.len() {
            let of = &self.leaves[leaf];
            let all = of.places(self.draft()).into_iter();
            let mut all: Vec<_> =
                all.filter(|at| of.get(self.draft(), at.as_ref()).is_some()).collect();
            if all.len() > 1 {
                let old = self.draft().clone();
                let before = by_entry(&self.search.now, self.search.placed);
                self.take_out(of, &all);
                let then = self.search.measure();
                self.search.placed.draft = old;
                let after = then.map(|then| by_entry(&then, self.search.placed));
                let Some(after) = after else { return };
                all.retain(|at| at.as_ref().is_some_and(|at| after.get(at) <= before.get(at)));
            }
            if !all.is_empty() && !self.search.is_spent() {
                let old = self.draft().clone();
                self.take_out(of, &all);
                self.search.keep_if_no_farther(old);
            }
        }
    }

    fn take_out(&mut self, leaf: &Leaf, all: &[Option<At>]) {
        for at in all {
            leaf.take(&mut self.search.placed.draft, at.as_ref());
        }
    }
}

fn is_ids(leaf: &Leaf) -> bool {
    matches!(leaf.holds, Holds::Ids { .. })
}

/// Tells whether a tool file may hold a text: what anybody wrote into a marker is not to be trusted.
fn may_stand(text: &str) -> bool {
    let is_own = |c: char| is_forbidden(c) || c == SLOT_OPEN || c == SLOT_CLOSE || c == '\r';
    let mut fence = None;
    text.lines().for_each(|line| {
        in_fence(line, &mut fence);
    });
    fence.is_none() && !text.contains(is_own) && !text.contains("<!--")
}
