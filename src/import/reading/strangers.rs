//! Entries that have no item: only descriptions list them, and in which order.

use std::collections::BTreeSet;

use toml::Value;

use super::super::candidates::{Found, Setting, settings};
use super::super::draft::{At, Entry};
use super::super::leaves::{Holds, Leaf};
use super::super::probe::{Probe, Stranger, is_of};
use super::{MOST_ALONE, Reading, is_ids, may_stand};

impl Reading<'_, '_, '_> {
    /// Makes the entries that have no item: texts list them.
    pub(super) fn strangers(&mut self) {
        let blueprint = self.search.shop.ask.blueprint;
        let all = settings(blueprint, self.draft(), &Found::default(), self.speaks);
        for list in blueprint.schema.lists.keys() {
            let own: Vec<usize> =
                (0..self.leaves.len()).filter(|n| is_of(&self.leaves[*n], list)).collect();
            let words: Vec<usize> =
                own.iter().copied().filter(|n| !is_ids(&self.leaves[*n])).collect();
            let mut ways: Vec<Vec<usize>> = vec![words.clone(), Vec::new()];
            ways.extend(words.iter().map(|leaf| vec![*leaf]));
            let choices: Vec<&Setting> = all.iter().filter(|s| s.is_choice_of(list)).collect();
            let mut met = false;
            for (n, way) in ways.iter().enumerate() {
                if self.is_done() {
                    return;
                }
                met |= self.with(list, way, &choices);
                if n > 0 && !met {
                    break;
                }
            }
        }
    }

    /// Looks for entries of a list that say these keys, and one of the choices beside them; answers
    /// whether there may be any.
    fn with(&mut self, list: &str, signed: &[usize], choices: &[&Setting]) -> bool {
        let Some(without) = self.without() else { return false };
        let schema = &self.search.shop.ask.blueprint.schema;
        let probe = Probe::new(self.leaves, self.signs, self.draft());
        let mut probe = probe.with_strangers(schema, list, choices);
        for leaf in (0..self.leaves.len()).filter(|n| is_of_others(&self.leaves[*n])) {
            probe.sign(leaf, true);
        }
        signed.iter().for_each(|leaf| probe.sign(*leaf, true));
        let Some(told) = self.told(&probe, &without) else { return false };
        let Some(all) = told.entries.get(list) else { return false };
        let new: Vec<&Stranger> =
            all.iter().filter(|stranger| self.may_be_new(list, stranger)).collect();
        if new.is_empty() || self.added(list, &new, choices) || new.len() == 1 {
            return !new.is_empty();
        }
        for stranger in new.iter().take(MOST_ALONE) {
            if !self.is_done() {
                self.added(list, std::slice::from_ref(stranger), choices);
            }
        }
        true
    }

    fn may_be_new(&self, list: &str, stranger: &Stranger) -> bool {
        let name = &stranger.name;
        let is_line =
            name.contains(char::is_alphanumeric) && !name.contains('\n') && may_stand(name);
        is_line && self.named(list, std::slice::from_ref(name)).is_empty()
    }

    fn added(&mut self, list: &str, new: &[&Stranger], choices: &[&Setting]) -> bool {
        let old = self.draft().clone();
        for stranger in new {
            let draft = &mut self.search.placed.draft;
            let at = At::entry(list, &draft.fresh(list, None, &stranger.name));
            draft.make(&at).keys.insert("name".into(), Value::String(stranger.name.clone()));
            let choice = stranger.choice.and_then(|n| choices.get(n));
            choice.into_iter().for_each(|choice| choice.apply(draft, Some(&at)));
            for (leaf, words) in &stranger.keys {
                let of = &self.leaves[*leaf];
                let value = of.value(words).filter(|_| words.iter().all(|word| may_stand(word)));
                value.into_iter().for_each(|value| of.set(draft, Some(&at), value));
            }
            for of in self.leaves.iter().filter(|leaf| is_of(leaf, list)) {
                let Holds::Ids { list: other, .. } = &of.holds else { continue };
                let ids = stranger.names.get(other).map(|names| self.named(other, names));
                let value = ids.and_then(|ids| of.value(&ids));
                let draft = &mut self.search.placed.draft;
                value.into_iter().for_each(|value| of.set(draft, Some(&at), value));
            }
        }
        let Some(texts) = &self.search.texts else { return false };
        let orders = texts.wanted.values().filter_map(|text| self.order_in(list, text));
        let order = orders.max_by_key(|(named, _)| *named).map(|(_, order)| order);
        order.into_iter().for_each(|order| self.sort(list, &order));
        self.search.keep_if_closer(old)
    }

    /// Puts the entries of a list in the order in which a text names them.
    pub(super) fn order(&mut self) {
        let Some(texts) = &self.search.texts else { return };
        let lists: Vec<String> = self.draft().lists.keys().cloned().collect();
        let all: Vec<Vec<String>> = texts.wanted.values().cloned().collect();
        for list in lists {
            let mut tried = BTreeSet::new();
            for text in &all {
                let now = self.order_of(&list);
                let Some((_, order)) = self.order_in(&list, text) else { continue };
                if self.is_done() || order == now || !tried.insert(order.clone()) {
                    continue;
                }
                let old = self.draft().clone();
                self.sort(&list, &order);
                self.search.keep_if_closer(old);
            }
        }
    }

    fn sort(&mut self, list: &str, order: &[String]) {
        let entries = self.search.placed.draft.lists.get_mut(list).into_iter();
        let rank = |id: &String| order.iter().position(|known| known == id);
        entries.for_each(|entries| entries.sort_by_key(|entry| rank(&entry.id)));
    }

    pub(super) fn order_of(&self, list: &str) -> Vec<String> {
        let entries = self.draft().lists.get(list).into_iter().flatten();
        entries.map(|entry| entry.id.clone()).collect()
    }

    /// The ids of a list in the order of a text, and how many it names; others stay where they are.
    fn order_in(&self, list: &str, text: &[String]) -> Option<(usize, Vec<String>)> {
        let place = |entry: &Entry| {
            let at = At::entry(list, &entry.id);
            let item =
                self.search.placed.keys.get(&at).and_then(|k| self.search.placed.nodes.get(k));
            let reference = item.map(|item| format!("{}+", item.reference));
            let name = entry.keys.get("name").and_then(Value::as_str).unwrap_or_default();
            let stands = |words: &str| {
                let found = |(n, line): (usize, &String)| Some((n, line.find(words)?));
                text.iter().enumerate().find_map(found)
            };
            let named = reference.and_then(|reference| stands(&reference));
            let cell = || stands(&format!("| {name} |"));
            named.or_else(cell).or_else(|| stands(name).filter(|_| !name.is_empty()))
        };
        let entries = self.draft().lists.get(list)?;
        let found: Vec<_> = entries.iter().map(place).collect();
        let mut named: Vec<usize> = (0..found.len()).filter(|n| found[*n].is_some()).collect();
        let slots = named.clone();
        named.sort_by_key(|n| found[*n]);
        let mut order: Vec<usize> = (0..found.len()).collect();
        slots.iter().zip(named).for_each(|(slot, from)| order[*slot] = from);
        let ids = || order.iter().map(|n| entries[*n].id.clone()).collect();
        (slots.len() > 1).then(|| (slots.len(), ids()))
    }

    /// Takes out entries again that say nothing: one line may tell of several.
    pub(super) fn sift(&mut self) {
        let own = |at: &At| at.issue.is_some() || self.search.placed.keys.contains_key(at);
        let strangers: Vec<At> = self.draft().places().into_iter().filter(|at| !own(at)).collect();
        for at in strangers.iter().take(MOST_ALONE) {
            if self.is_done() {
                return;
            }
            let old = self.draft().clone();
            let list = self.search.placed.draft.lists.get_mut(&at.list);
            list.into_iter().for_each(|list| list.retain(|entry| entry.id != at.id));
            self.search.keep_if_no_farther(old);
        }
    }
}

/// Tells whether a leaf holds ids of another list than that in which it stands.
fn is_of_others(leaf: &Leaf) -> bool {
    matches!(&leaf.holds, Holds::Ids { list, .. } if !is_of(leaf, list))
}
