//! Values that a rule depends on and whose words stand nowhere: they are tried.

use std::collections::BTreeSet;

use toml::Value;

use super::super::candidates::{Found, Setting, settings};
use super::super::draft::{At, Draft};
use super::super::leaves::Holds;
use super::super::workshop::Form;
use super::{Lines, MOST_ALONE, Reading, is_ids};

impl Reading<'_, '_, '_> {
    /// Tries values that a rule may depend on, and whose words stand nowhere.
    pub(super) fn choices(&mut self) {
        let blueprint = self.search.shop.ask.blueprint;
        let all = settings(blueprint, self.draft(), &Found::default(), self.speaks);
        let mut adds: Vec<Vec<&Setting>> = Vec::new();
        for setting in &all {
            if self.is_done() {
                return;
            }
            if !setting.adds() {
                self.search.attempt(setting);
            } else if setting.scope.is_one() {
                match adds.iter_mut().find(|of| of[0].is_like(setting, false)) {
                    Some(of) => of.push(setting),
                    None => adds.push(vec![setting]),
                }
            }
        }
        for of in &adds {
            if self.is_done() {
                return;
            }
            let before = self.search.now.sum();
            if self.may_add(of) {
                of.iter().for_each(|setting| self.search.attempt(setting));
            }
            if self.search.now.sum() == before && self.matters(of) {
                self.by_their_lines(of);
            }
        }
        self.turn();
    }

    /// The descriptions with all of many values.
    fn with_all(&self, all: &[&Setting]) -> Lines {
        let mut draft = self.draft().clone();
        all.iter().for_each(|setting| setting.apply(&mut draft, None));
        self.made(&draft, Form::Whole).unwrap_or_default()
    }

    /// Tells whether many values change a description that is not yet as it is wanted.
    fn matters(&self, all: &[&Setting]) -> bool {
        let (Some(without), Some(texts)) = (self.without(), &self.search.texts) else {
            return false;
        };
        let made = self.with_all(all);
        let changed = |key: &String| made.get(key) != without.get(key);
        texts.wanted.iter().any(|(key, text)| without.get(key) != Some(text) && changed(key))
    }

    /// Takes the values of which each brings a wanted line by itself, in the order of those lines.
    fn by_their_lines(&mut self, all: &[&Setting]) {
        let old = self.draft().clone();
        let mut bare = old.clone();
        all.iter().for_each(|setting| setting.take_back(&mut bare));
        let mut lines: Vec<BTreeSet<(String, usize)>> = Vec::new();
        for setting in all {
            if self.search.is_spent() {
                return;
            }
            let mut draft = bare.clone();
            setting.apply(&mut draft, None);
            let made = self.made(&draft, Form::Whole).unwrap_or_default();
            lines.push(self.met(&made));
        }
        let common = |line: &(String, usize)| lines.iter().all(|lines| lines.contains(line));
        let own = |n: usize| lines[n].iter().find(|line| !common(line)).cloned();
        let mut brought: Vec<_> = (0..all.len()).filter_map(|n| Some((own(n)?, all[n]))).collect();
        brought.sort_by(|one, other| one.0.cmp(&other.0));
        if !brought.is_empty() {
            let draft = &mut self.search.placed.draft;
            *draft = bare;
            brought.iter().for_each(|(_, setting)| setting.apply(draft, None));
            self.search.keep_if_closer(old);
        }
    }

    /// The wanted lines that descriptions have, by node and place.
    fn met(&self, made: &Lines) -> BTreeSet<(String, usize)> {
        let wanted = self.search.texts.iter().flat_map(|texts| &texts.wanted);
        let met = wanted.flat_map(|(key, text)| {
            let made: BTreeSet<&String> = made.get(key).into_iter().flatten().collect();
            let lines = text.iter().enumerate();
            let is_met = move |(_, line): &(usize, &String)| made.contains(line);
            lines.filter(is_met).map(|(n, _)| (key.clone(), n)).collect::<Vec<_>>()
        });
        met.collect()
    }

    /// Tells whether any of many values brings a line that is wanted and not there.
    fn may_add(&self, all: &[&Setting]) -> bool {
        let Some(without) = self.without() else { return false };
        let made = self.with_all(all);
        let none = Vec::new();
        self.search.texts.iter().flat_map(|texts| &texts.wanted).any(|(key, text)| {
            let (without, made) =
                (without.get(key).unwrap_or(&none), made.get(key).unwrap_or(&none));
            let is_new = |line: &&String| !line.is_empty() && !without.contains(line);
            made != without && made.iter().filter(is_new).any(|line| text.contains(line))
        })
    }

    /// Tries ids in entries that have no description of their own.
    pub(super) fn unread(&mut self) {
        for leaf in (0..self.leaves.len()).filter(|n| is_ids(&self.leaves[*n])) {
            let of = &self.leaves[leaf];
            let Holds::Ids { list, many: true } = &of.holds else { continue };
            let ids = self.order_of(list);
            for at in of.places(self.draft()).into_iter().flatten() {
                if self.is_done() {
                    return;
                }
                if self.is_open(leaf, &at, &ids) {
                    self.of_ids(leaf, &at, &ids);
                }
            }
        }
    }

    /// Tells whether ids would change a line that is not yet as it is wanted.
    fn is_open(&self, leaf: usize, at: &At, ids: &[String]) -> bool {
        let Some(texts) = &self.search.texts else { return false };
        let key = self.search.placed.keys.get(at);
        if key.is_some_and(|key| texts.wanted.contains_key(key)) {
            return false;
        }
        let Some(without) = self.without() else { return false };
        let mut draft = self.draft().clone();
        let ids = ids.iter().filter(|id| **id != at.id).cloned().map(Value::String).collect();
        self.leaves[leaf].set(&mut draft, Some(at), Value::Array(ids));
        let made = self.made(&draft, Form::Whole).unwrap_or_default();
        without.iter().any(|(key, lines)| {
            let (Some(made), Some(text)) = (made.get(key), texts.wanted.get(key)) else {
                return false;
            };
            lines != text && lines.iter().any(|line| !made.contains(line) && !text.contains(line))
        })
    }

    fn of_ids(&mut self, leaf: usize, at: &At, ids: &[String]) {
        let known = |draft: &Draft| {
            let known = self.leaves[leaf].get(draft, Some(at)).and_then(Value::as_array);
            known.cloned().unwrap_or_default()
        };
        for id in ids.iter().filter(|id| **id != at.id).take(MOST_ALONE) {
            let (mut more, id) = (known(self.draft()), Value::String(id.clone()));
            if !more.contains(&id) && !self.search.is_spent() {
                more.push(id);
                let old = self.draft().clone();
                let draft = &mut self.search.placed.draft;
                self.leaves[leaf].set(draft, Some(at), Value::Array(more));
                self.search.keep_if_closer(old);
            }
        }
        for id in known(self.draft()) {
            let mut fewer = known(self.draft());
            fewer.retain(|other| *other != id);
            let old = self.draft().clone();
            let draft = &mut self.search.placed.draft;
            match fewer.is_empty() {
                true => self.leaves[leaf].take(draft, Some(at)),
                false => self.leaves[leaf].set(draft, Some(at), Value::Array(fewer)),
            }
            self.search.keep_if_closer(old);
        }
    }

    /// Takes values out of lists of the tool, and turns neighbours round.
    fn turn(&mut self) {
        let keys: Vec<String> = self.draft().tool.keys().cloned().collect();
        for key in keys {
            let array = |draft: &Draft| draft.tool.get(&key).and_then(Value::as_array).cloned();
            for at in 0..array(self.draft()).map_or(0, |all| all.len()).min(MOST_ALONE) {
                let Some(all) = array(self.draft()).filter(|all| at < all.len()) else { break };
                let (mut fewer, mut turned) = (all.clone(), all);
                fewer.remove(at);
                turned.swap(at.saturating_sub(1), at);
                for other in [fewer, turned] {
                    if self.is_done() {
                        return;
                    }
                    let old = self.draft().clone();
                    self.search.placed.draft.tool.insert(key.clone(), Value::Array(other));
                    if self.search.placed.draft != old && self.search.keep_if_closer(old) {
                        break;
                    }
                }
            }
        }
    }
}
