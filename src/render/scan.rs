//! Finds names in templates that nothing declares.
//!
//! Tera takes an undefined field for false in conditions, comparisons and
//! `~`, so a typing mistake there would silently leave text out. This reads
//! each tag's dotted paths and holds them against the declared shapes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::shape::{Names, Shape};
use super::tokens::{Word, tags, words};
use crate::problem::nearest;

/// How deep includes are followed.
const MAX_INCLUDES: usize = 8;
/// How many includes are followed in all: ten that each have ten others soon are a million.
const MOST_INCLUDES: usize = 10_000;
/// How deep loops are followed; Tera compiles no deeper ones.
const MAX_LOOPS: usize = 200;

const KEYWORDS: [&str; 17] = [
    "and", "or", "not", "in", "is", "if", "elif", "else", "true", "false", "none", "True", "False",
    "None", "null", "loop", "ignore",
];

/// A name that nothing declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unknown {
    /// The template it stands in.
    pub(super) template: String,
    /// Its bytes.
    pub(super) range: (usize, usize),
    /// What is wrong.
    pub(super) message: String,
    /// The nearest declared name.
    pub(super) near: Option<String>,
}

/// Reads templates with all they include.
pub(super) struct Scan<'a> {
    /// Texts by name.
    pub(super) templates: &'a BTreeMap<String, String>,
    /// What was found.
    pub(super) found: BTreeSet<Unknown>,
    /// How many includes were followed.
    pub(super) included: usize,
}

impl Scan<'_> {
    /// Scans one template under the names that are known there.
    pub(super) fn template(&mut self, name: &str, text: &str, known: &Names, depth: usize) {
        let mut scopes: Vec<Names> = vec![known.clone()];
        for tag in tags(text) {
            if scopes.len() > MAX_LOOPS {
                return;
            }
            let mut all = words(text, tag.start, tag.end);
            if matches!(all.first(), Some((_, Word::Sign('-')))) {
                all.remove(0);
            }
            let mut local = Place { name, scopes: &mut scopes };
            if tag.statement {
                self.statement(&mut local, &all, depth);
            } else {
                self.expression(&mut local, &all);
            }
        }
    }

    /// Scans an expression that stands alone.
    pub(super) fn condition(&mut self, name: &str, text: &str, known: &Names) {
        let mut scopes = vec![known.clone()];
        let all = words(text, 0, text.len());
        self.expression(&mut Place { name, scopes: &mut scopes }, &all);
    }

    fn statement(&mut self, place: &mut Place<'_>, all: &[(usize, Word<'_>)], depth: usize) {
        let Some((_, Word::Name(word))) = all.first() else {
            return;
        };
        let rest = &all[1..];
        match *word {
            "for" => self.for_loop(place, rest),
            "endfor" if place.scopes.len() > 1 => {
                place.scopes.pop();
            }
            "set" | "set_global" => {
                let value =
                    rest.iter().position(|(_, w)| *w == Word::Sign('=')).map(|at| &rest[at + 1..]);
                if let (Some((_, Word::Name(name))), value) = (rest.first(), value) {
                    let shape = value.map_or(Shape::Any, |value| {
                        self.expression(place, value);
                        place.whole(value)
                    });
                    place.bind(name, shape);
                }
            }
            "include" => {
                if let [(_, Word::Text(included)), ..] = rest
                    && depth < MAX_INCLUDES
                    && self.included < MOST_INCLUDES
                    && let Some(text) = self.templates.get(*included).cloned()
                {
                    self.included += 1;
                    let known = place.all();
                    self.template(included, &text, &known, depth + 1);
                }
            }
            "if" | "elif" => self.expression(place, rest),
            // Its first word is the name of the filter.
            "filter" => self.expression(place, rest.get(1..).unwrap_or_default()),
            _ => {}
        }
    }

    fn for_loop(&mut self, place: &mut Place<'_>, rest: &[(usize, Word<'_>)]) {
        let Some(at) = rest.iter().position(|(_, word)| *word == Word::Name("in")) else {
            return;
        };
        let (names, source) = (&rest[..at], &rest[at + 1..]);
        self.expression(place, source);
        let shape = match place.whole(source) {
            Shape::List(inner) => (*inner).clone(),
            Shape::Any | Shape::Scalar | Shape::Record(_) => Shape::Any,
        };
        let names: Vec<&str> = names
            .iter()
            .filter_map(|(_, w)| if let Word::Name(n) = w { Some(*n) } else { None })
            .collect();
        let shape = if names.len() == 1 { shape } else { Shape::Any };
        place.scopes.push(names.into_iter().map(|name| (name.to_owned(), shape.clone())).collect());
    }

    fn expression(&mut self, place: &mut Place<'_>, all: &[(usize, Word<'_>)]) {
        let bound = comprehension(place, all);
        place.scopes.push(bound);
        let mut at = 0;
        while at < all.len() {
            let (start, Word::Name(name)) = &all[at] else {
                at += 1;
                continue;
            };
            let before = at.checked_sub(1).map(|b| &all[b].1);
            let after = all.get(at + 1).map(|(_, w)| w);
            let keyword_argument = after == Some(&Word::Sign('='))
                && all.get(at + 2).map(|(_, w)| w) != Some(&Word::Sign('='));
            let map_key =
                after == Some(&Word::Sign(':')) && matches!(before, Some(Word::Sign('{' | ',')));
            let skip = KEYWORDS.contains(name)
                || matches!(before, Some(Word::Sign('|' | '.')))
                || before == Some(&Word::Name("is"))
                || (before == Some(&Word::Name("not"))
                    && at >= 2
                    && all[at - 2].1 == Word::Name("is"))
                || after == Some(&Word::Sign('('))
                || keyword_argument
                || map_key;
            if skip {
                at += 1;
                continue;
            }
            at = self.path(place, all, at, *start, name);
        }
        place.scopes.pop();
    }

    /// Checks the path that begins at a word; gives the word after it.
    fn path(
        &mut self,
        place: &Place<'_>,
        all: &[(usize, Word<'_>)],
        at: usize,
        start: usize,
        name: &str,
    ) -> usize {
        let Some(mut shape) = place.get(name) else {
            let known = place.all();
            let near = nearest(name, known.keys().map(String::as_str)).map(str::to_owned);
            self.report(
                place,
                start..start + name.len(),
                format!("nothing is named `{name}` here"),
                near,
            );
            return at + 1;
        };
        let mut path = name.to_owned();
        let mut next = at + 1;
        while let Some(step) = step(&all[next.min(all.len())..]) {
            match (&shape, step.field) {
                (Shape::Record(fields), Some((begin, field))) => match fields.get(field) {
                    Some(inner) => shape = inner.clone(),
                    None => {
                        let near =
                            nearest(field, fields.keys().map(String::as_str)).map(str::to_owned);
                        self.report(
                            place,
                            begin..begin + field.len(),
                            format!("`{path}` has no field `{field}`"),
                            near,
                        );
                        return next + step.words;
                    }
                },
                (Shape::Scalar | Shape::List(_), Some((begin, field))) => {
                    let what =
                        if matches!(shape, Shape::Scalar) { "a single value" } else { "a list" };
                    self.report(
                        place,
                        begin..begin + field.len(),
                        format!("`{path}` is {what} and has no field `{field}`"),
                        None,
                    );
                    return next + step.words;
                }
                (Shape::List(inner), None) if step.element => shape = (**inner).clone(),
                (Shape::List(_), None) => {}
                (Shape::Any | Shape::Scalar | Shape::Record(_), _) => shape = Shape::Any,
            }
            if let Some((_, field)) = step.field {
                path = format!("{path}.{field}");
            }
            next += step.words;
            if step.dynamic {
                return next.min(at + 2).max(at + 1);
            }
        }
        next
    }

    fn report(
        &mut self,
        place: &Place<'_>,
        range: Range<usize>,
        message: String,
        near: Option<String>,
    ) {
        self.found.insert(Unknown {
            template: place.name.to_owned(),
            range: (range.start, range.end),
            message,
            near,
        });
    }
}

struct Place<'p> {
    name: &'p str,
    scopes: &'p mut Vec<Names>,
}

impl Place<'_> {
    fn get(&self, name: &str) -> Option<Shape> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }

    fn bind(&mut self, name: &str, shape: Shape) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), shape);
        }
    }

    fn all(&self) -> Names {
        self.scopes.iter().flat_map(|scope| scope.clone()).collect()
    }

    /// The shape of an expression that is one path, perhaps through filters that keep a list.
    fn whole(&self, all: &[(usize, Word<'_>)]) -> Shape {
        const KEEP: [&str; 7] =
            ["sort", "reverse", "unique", "filter", "rank", "by_weight", "in_order"];
        let Some((_, Word::Name(name))) = all.first() else {
            return Shape::Any;
        };
        let Some(mut shape) = self.get(name) else {
            return Shape::Any;
        };
        let mut at = 1;
        while let Some(step) = step(&all[at.min(all.len())..]) {
            shape = match (&shape, step.field) {
                (Shape::Record(fields), Some((_, field))) => {
                    fields.get(field).cloned().unwrap_or(Shape::Any)
                }
                (Shape::List(inner), None) if step.element => (**inner).clone(),
                _ => return Shape::Any,
            };
            at += step.words;
        }
        match all.get(at..) {
            None | Some([]) => shape,
            Some([(_, Word::Sign('-'))]) => shape,
            Some([(_, Word::Sign('|')), (_, Word::Name(filter)), ..]) if KEEP.contains(filter) => {
                shape
            }
            Some(_) => Shape::Any,
        }
    }
}

struct Step<'t> {
    field: Option<(usize, &'t str)>,
    words: usize,
    element: bool,
    dynamic: bool,
}

/// The next step of a path: `.name`, `?.name`, `["name"]`, `[0]` or another index.
fn step<'t>(rest: &[(usize, Word<'t>)]) -> Option<Step<'t>> {
    let plain = |field, words, element| Some(Step { field, words, element, dynamic: false });
    match rest {
        [(_, Word::Sign('.')), (at, Word::Name(name)), ..] => plain(Some((*at, *name)), 2, false),
        [(_, Word::Sign('.')), (_, Word::Number), ..] => plain(None, 2, true),
        [(_, Word::Sign('?')), (_, Word::Sign('.')), (at, Word::Name(name)), ..] => {
            plain(Some((*at, *name)), 3, false)
        }
        [(_, Word::Sign('[')), (at, Word::Text(name)), (_, Word::Sign(']')), ..] => {
            plain(Some((at + 1, *name)), 3, false)
        }
        [(_, Word::Sign('[')), (_, Word::Number), (_, Word::Sign(']')), ..] => plain(None, 3, true),
        [(_, Word::Sign('[')), ..] => {
            Some(Step { field: None, words: 1, element: false, dynamic: true })
        }
        _ => None,
    }
}

/// The names that comprehensions in an expression bind.
fn comprehension(place: &Place<'_>, all: &[(usize, Word<'_>)]) -> Names {
    let mut bound = Names::new();
    for (at, (_, word)) in all.iter().enumerate() {
        if *word != Word::Name("for") {
            continue;
        }
        let Some(found) = all[at..].iter().position(|(_, w)| *w == Word::Name("in")) else {
            continue;
        };
        let source = &all[at + found + 1..];
        let end = source
            .iter()
            .position(|(_, w)| matches!(w, Word::Sign(']') | Word::Name("if")))
            .unwrap_or(source.len());
        let shape = match place.whole(&source[..end]) {
            Shape::List(inner) => (*inner).clone(),
            Shape::Any | Shape::Scalar | Shape::Record(_) => Shape::Any,
        };
        for (_, word) in &all[at + 1..at + found] {
            if let Word::Name(name) = word {
                bound.insert((*name).to_owned(), shape.clone());
            }
        }
        bound.insert("for".to_owned(), Shape::Any);
    }
    bound
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
