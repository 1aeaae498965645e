//! A draft with signs in it, and what its descriptions then tell of the wanted ones.

use std::collections::{BTreeMap, BTreeSet};

use super::align::{Met, Part, Step, align, meet};
use super::candidates::{Scope, Setting};
use super::draft::{At, Draft};
use super::leaves::{Holds, Leaf};
use super::signs::{ADDRESS, Hole, NAME, Sign, Signs};
use super::texts::shared;
use crate::spec::schema::{Schema, Type};
use toml::Value;

/// How many letters a line must have for itself to tell of an entry where it is not expected.
const TELLING: usize = 3;

/// A draft in which signs stand.
pub(super) struct Probe<'p> {
    leaves: &'p [Leaf],
    signs: &'p Signs,
    pub(super) draft: Draft,
    /// The tool first, then all entries.
    places: Vec<Option<At>>,
    /// The list of each entry that is not there, by its place.
    strangers: BTreeMap<usize, String>,
    /// Which value was chosen for an entry that is not there, by its place.
    choices: BTreeMap<usize, usize>,
}

/// What texts tell.
#[derive(Default)]
pub(super) struct Told {
    /// What keys may say, by leaf and place; the likeliest first.
    pub(super) keys: BTreeMap<(usize, Option<At>), Vec<Vec<String>>>,
    /// Names of entries of a list, by the node in whose text they stand.
    pub(super) names: BTreeMap<(String, String), Vec<String>>,
    /// Entries that are not there, by list, in the order of the texts.
    pub(super) entries: BTreeMap<String, Vec<Stranger>>,
}

/// An entry that only texts tell of.
#[derive(Debug, Clone, Default)]
pub(super) struct Stranger {
    pub(super) name: String,
    /// The value that was chosen for it.
    pub(super) choice: Option<usize>,
    /// What its keys say, by leaf.
    pub(super) keys: BTreeMap<usize, Vec<String>>,
    /// Names beside it, by list.
    pub(super) names: BTreeMap<String, Vec<String>>,
}

impl<'p> Probe<'p> {
    /// A draft with signs for nothing.
    pub(super) fn new(leaves: &'p [Leaf], signs: &'p Signs, draft: &Draft) -> Self {
        let (strangers, choices) = (BTreeMap::new(), BTreeMap::new());
        let mut probe =
            Self { leaves, signs, draft: draft.clone(), places: Vec::new(), strangers, choices };
        probe.number();
        probe
    }

    fn number(&mut self) {
        let all = self.draft.places().into_iter().map(Some);
        self.places = std::iter::once(None).chain(all).collect();
    }

    /// Adds two entries to each list, and one to a list for each value that it may have.
    pub(super) fn with_strangers(mut self, schema: &Schema, list: &str, all: &[&Setting]) -> Self {
        let two = schema.lists.keys().flat_map(|list| [(list.as_str(), None); 2]);
        let chosen = (0..all.len()).map(|n| (list, Some(n)));
        let ids: Vec<(At, Option<usize>)> = (two.chain(chosen).enumerate())
            .map(|(n, (list, choice))| (At::entry(list, &self.signs.id(n)), choice))
            .collect();
        ids.iter().for_each(|(at, _)| {
            self.draft.make(at);
        });
        self.number();
        for (at, choice) in ids {
            let Some(place) = self.places.iter().position(|known| known.as_ref() == Some(&at))
            else {
                continue;
            };
            let name = self.signs.of(Sign { leaf: NAME, place, item: 0 });
            self.draft.make(&at).keys.insert("name".into(), Value::String(name));
            self.strangers.insert(place, at.list.clone());
            if let Some((choice, setting)) = choice.and_then(|n| Some((n, all.get(n)?))) {
                setting.apply(&mut self.draft, Some(&at));
                self.choices.insert(place, choice);
            }
        }
        self
    }

    /// Puts signs of a leaf where it does not stand yet: in strangers only, or in all else only.
    pub(super) fn sign(&mut self, leaf: usize, strange: bool) {
        self.sign_where(leaf, strange, false);
    }

    /// Puts signs of a leaf wherever it may stand in what is no stranger.
    pub(super) fn sign_over(&mut self, leaf: usize) {
        self.sign_where(leaf, false, true);
    }

    fn sign_where(&mut self, leaf: usize, strange: bool, over: bool) {
        let of = &self.leaves[leaf];
        for at in of.places(&self.draft) {
            let Some(place) = self.places.iter().position(|known| *known == at) else { continue };
            if self.strangers.contains_key(&place) != strange {
                continue;
            }
            if !over && of.get(&self.draft, at.as_ref()).is_some() {
                continue;
            }
            let sign = |item| self.signs.of(Sign { leaf, place, item });
            let two = |ty: &Type| match ty {
                Type::Url => format!("{}{}{}{}", ADDRESS.0, sign(1), ADDRESS.1, sign(1)),
                _ => sign(1),
            };
            let value = match &of.holds {
                Holds::One(_) => Value::String(sign(0)),
                Holds::Many(ty) => {
                    Value::Array(vec![Value::String(sign(0)), Value::String(two(ty))])
                }
                Holds::Groups => Value::Array(vec![Value::String(sign(0)), Value::String(sign(1))]),
                Holds::Ids { list, many } => {
                    let mut ids = self.strangers.iter().filter(|(_, known)| *known == list);
                    let mut next = || {
                        let (place, _) = ids.next()?;
                        Some(Value::String(self.places.get(*place)?.as_ref()?.id.clone()))
                    };
                    match (many, next(), next()) {
                        (true, Some(one), Some(other)) => Value::Array(vec![one, other]),
                        (false, Some(one), _) => one,
                        _ => continue,
                    }
                }
            };
            of.set(&mut self.draft, at.as_ref(), value);
        }
    }

    /// Reads what is wanted, by what is made with the signs and what was made without.
    pub(super) fn read(
        &self,
        made: &BTreeMap<String, Vec<String>>,
        without: &BTreeMap<String, Vec<String>>,
        wanted: &BTreeMap<String, Vec<String>>,
        own: &BTreeMap<At, String>,
    ) -> Told {
        let mut told = Told::default();
        let none = Vec::new();
        for (key, text) in wanted {
            let before = without.get(key).unwrap_or(&none);
            let Some(made) = made.get(key).filter(|made| before != text && *made != before) else {
                continue;
            };
            self.of_text(key, &self.steps(made), (text, &shared(text, before)), own, &mut told);
        }
        told
    }

    /// The lines with signs as steps; lines for the same values are one.
    fn steps(&self, made: &[String]) -> Vec<Step<Hole>> {
        let together = |a: Sign, b: Sign| match (a.leaf == NAME, b.leaf == NAME) {
            (true, true) => {
                a.place < b.place && self.strangers.get(&a.place) == self.strangers.get(&b.place)
            }
            (false, false) => (a.leaf, a.place) == (b.leaf, b.place) && a.item < b.item,
            _ => false,
        };
        let mut steps: Vec<Step<Hole>> = Vec::new();
        let mut last = Vec::new();
        for line in made {
            let way = self.signs.cut(line, together);
            let class = self.class(&way);
            match steps.last_mut() {
                Some(step) if step.repeats && class == last => {
                    if step.ways.iter().all(|known| words(known) != words(&way)) {
                        step.ways.push(way);
                    }
                }
                _ => steps.push(Step { repeats: self.repeats(&way), ways: vec![way] }),
            }
            last = class;
        }
        steps
    }

    fn class(&self, way: &[Part<Hole>]) -> Vec<(usize, Result<usize, &String>)> {
        let of = |hole: &Hole| match self.strangers.get(&hole.sign.place) {
            Some(list) => (hole.sign.leaf, Err(list)),
            None => (hole.sign.leaf, Ok(hole.sign.place)),
        };
        holes(way).map(of).collect()
    }

    fn repeats(&self, way: &[Part<Hole>]) -> bool {
        holes(way).any(|hole| {
            let many = |leaf: &Leaf| matches!(leaf.holds, Holds::Many(_));
            let is_many = self.leaves.get(hole.sign.leaf).is_some_and(many);
            hole.between.is_none() && (is_many || self.strangers.contains_key(&hole.sign.place))
        })
    }

    fn of_text(
        &self,
        key: &str,
        steps: &[Step<Hole>],
        (text, explained): (&[String], &[bool]),
        own: &BTreeMap<At, String>,
        told: &mut Told,
    ) {
        let mut all = align(steps, text);
        let met: BTreeSet<usize> = all.iter().map(|met| met.line).collect();
        // Entries may stand in another order.
        for (line, words) in text.iter().enumerate() {
            if explained[line] || met.contains(&line) || words.is_empty() {
                continue;
            }
            let ways = steps.iter().enumerate().flat_map(|(n, step)| {
                let strange = step.ways.iter().filter(|way| self.is_strange(way));
                strange.filter_map(move |way| Some((n, meet(way, line, words)?)))
            });
            let mut here = ways.filter(|(n, _)| is_in_section(steps, *n, text, line));
            all.extend(here.next().map(|(_, met)| met));
        }
        let is_elsewhere = |met: &Met<'_, Hole>| {
            let step = met.step.filter(|_| met.way.iter().any(|part| self.is_of_stranger(part)));
            step.is_some_and(|step| !is_in_section(steps, step, text, met.line))
        };
        all.retain(|met| !is_elsewhere(met));
        let mut keys: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for met in &all {
            let is_said = |line: usize| explained[line] && !text[line].is_empty();
            if !is_led(met, steps, &all) || explained[met.line] {
                continue;
            }
            let block = self.block(met, text, |line| is_said(line) || is_met(&all, line, met));
            for (hole, said) in &met.said {
                let Sign { leaf, place, .. } = hole.sign;
                let is_here = leaf != NAME && !self.strangers.contains_key(&place);
                let said = block.as_deref().unwrap_or(said);
                if is_here {
                    keys.entry((leaf, place)).or_default().extend(hole.values(said));
                }
            }
            if block.is_none() {
                self.of_line(key, met, told);
            }
        }
        for ((leaf, place), values) in keys {
            let at = self.places[place].clone();
            let is_own = at.as_ref().is_some_and(|at| own.get(at).is_some_and(|k| k == key));
            let known = told.keys.entry((leaf, at)).or_default();
            if !known.contains(&values) {
                known.insert(if is_own { 0 } else { known.len() }, values);
            }
        }
    }

    /// A text of many lines that begins in a line, up to the next that is something else.
    fn block(
        &self,
        met: &Met<'_, Hole>,
        text: &[String],
        stops: impl Fn(usize) -> bool,
    ) -> Option<String> {
        let Some(Part::Hole(hole)) = met.way.last() else { return None };
        if met.said.len() != 1 || !self.leaves.get(hole.sign.leaf).is_some_and(Leaf::is_text) {
            return None;
        }
        let alone = met.way.len() == 1;
        let mut from = met.line;
        while alone && from > 0 && !stops(from - 1) {
            from -= 1;
        }
        let mut to = met.line + 1;
        let begins = |line: &str| line.is_empty() || line.starts_with(['-', '#', '|']);
        while to < text.len() && !stops(to) && (alone || !begins(&text[to])) {
            to += 1;
        }
        let first = met.said.first().map(|(_, said)| said.clone())?;
        let words = text[from..to].iter().enumerate().map(|(n, line)| match from + n == met.line {
            true => first.clone(),
            false => line.clone(),
        });
        let words = words.collect::<Vec<_>>().join("\n");
        Some(words.trim_matches('\n').to_owned())
    }

    /// What a line tells of strangers.
    fn of_line(&self, key: &str, met: &Met<'_, Hole>, told: &mut Told) {
        let mut strangers: BTreeMap<&String, Stranger> = BTreeMap::new();
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (hole, said) in &met.said {
            let Some(list) = self.strangers.get(&hole.sign.place) else { continue };
            let values = hole.values(said);
            if hole.sign.leaf == NAME && hole.between.is_some() {
                names.insert(list.clone(), values);
            } else if hole.sign.leaf == NAME {
                let stranger = strangers.entry(list).or_default();
                stranger.name = values.concat();
                stranger.choice = self.choices.get(&hole.sign.place).copied();
            } else {
                strangers.entry(list).or_default().keys.insert(hole.sign.leaf, values);
            }
        }
        for (list, mut stranger) in strangers {
            let of = told.entries.entry(list.clone()).or_default();
            stranger.names = names.clone();
            match of.iter_mut().find(|known| known.name == stranger.name) {
                _ if stranger.name.trim().is_empty() => {}
                Some(known) => known.learn(stranger, self.leaves),
                None => of.push(stranger),
            }
        }
        for (list, names) in names {
            told.names.entry((key.to_owned(), list)).or_insert(names);
        }
    }

    fn is_of_stranger(&self, part: &Part<Hole>) -> bool {
        matches!(part, Part::Hole(hole) if self.strangers.contains_key(&hole.sign.place))
    }

    fn is_strange(&self, way: &[Part<Hole>]) -> bool {
        let letters: usize = words(way).iter().map(|words| words.trim().len()).sum();
        let name = |hole: &Hole| hole.sign.leaf == NAME && hole.between.is_none();
        letters >= TELLING && holes(way).any(name)
    }
}

impl Stranger {
    /// Learns from another line.
    fn learn(&mut self, other: Self, leaves: &[Leaf]) {
        for (leaf, values) in other.keys {
            let many = leaves.get(leaf).is_some_and(|leaf| matches!(leaf.holds, Holds::Many(_)));
            let known = self.keys.entry(leaf).or_default();
            if many || known.concat().is_empty() {
                known.extend(values);
            }
        }
        for (list, names) in other.names {
            self.names.entry(list).or_insert(names);
        }
    }
}

/// Tells whether a line stands below the heading that its step has.
fn is_in_section(steps: &[Step<Hole>], step: usize, text: &[String], line: usize) -> bool {
    let begins = |way: &&Vec<Part<Hole>>| matches!(way.first(), Some(Part::Words(words)) if words.starts_with('#'));
    let above = steps[..step].iter().rev().find_map(|step| step.ways.iter().find(begins));
    let heading = text[..line].iter().rev().find(|line| line.starts_with('#'));
    match (above, heading) {
        (None, None) => true,
        (Some(way), Some(heading)) => meet(way, 0, heading).is_some(),
        _ => false,
    }
}

/// Tells whether a line that has no words of its own stands below the line that it belongs below.
fn is_led(met: &Met<'_, Hole>, steps: &[Step<Hole>], all: &[Met<'_, Hole>]) -> bool {
    let Some(step) = met.step.filter(|_| met.way.len() == 1) else { return true };
    let above = steps[..step].iter().rposition(|step| step.ways.iter().any(|way| !way.is_empty()));
    let Some(above) = above else { return true };
    let has_holes = steps[above].ways.iter().any(|way| holes(way).next().is_some());
    has_holes || all.iter().any(|other| other.step == Some(above) && other.line < met.line)
}

fn is_met(all: &[Met<'_, Hole>], line: usize, but: &Met<'_, Hole>) -> bool {
    line != but.line && all.iter().any(|met| met.line == line)
}

fn holes(way: &[Part<Hole>]) -> impl Iterator<Item = &Hole> {
    way.iter().filter_map(|part| match part {
        Part::Hole(hole) => Some(hole),
        Part::Words(_) => None,
    })
}

fn words(way: &[Part<Hole>]) -> Vec<&str> {
    let words = way.iter().filter_map(|part| match part {
        Part::Hole(_) => None,
        Part::Words(words) => Some(words.as_str()),
    });
    words.collect()
}

/// Tells whether a leaf may stand in an entry of a list.
pub(super) fn is_of(leaf: &Leaf, list: &str) -> bool {
    leaf.scope == Scope::List(list.to_owned())
}
