//! The lints of a blueprint: where its conditions hold, its advice is given.

use tera::{Context, Map, Value as Tera};

use super::about::About;
use super::engine::Piece;
use super::expand::{Outline, picks};
use super::urls::{Url, urls};
use super::{Engine, Scene};
use crate::blueprint::{ForEach, LintRule};
use crate::problem::{Problem, Problems};
use crate::source::{At, Span};
use crate::spec::schema::{GROUPS, URLS};
use crate::spec::waive::waivable;
use crate::spec::{Entry, Spec};
use crate::text::SLOT_OPEN;

/// The field of an address that counts it, hidden from templates.
const NUMBER: &str = "__number";

/// The texts and conditions of a lint.
pub(super) fn lint_pieces(rule: &LintRule) -> Vec<Piece<'_>> {
    let piece = |what: &str, code, condition| Piece {
        what: format!("lint {}, {what}", rule.id.value),
        code,
        condition,
    };
    vec![
        piece("when", &rule.when, true),
        piece("message", &rule.message, false),
        piece("hint", &rule.hint, false),
    ]
}

/// Gives the advice of a blueprint that a tool file does not waive.
pub(super) fn lints(scene: &Scene<'_>, outline: &Outline<'_>, engine: &Engine, out: &mut Problems) {
    let found = urls(&scene.spec.raw);
    let mut base = outline.context.clone();
    base.insert_value(URLS, found.iter().enumerate().map(shown).collect::<Vec<_>>().into());
    for rule in &scene.blueprint.lints {
        if scene.spec.waive.contains_key(&rule.id.value) {
            continue;
        }
        for (picked, context) in picks(scene, &rule.for_each, &base) {
            match one(scene, engine, rule, &context) {
                Ok(Some((message, hint))) => {
                    let span = place(scene.spec, rule, picked.entry(), &context, &found);
                    out.push(waivable(span.error(message), &rule.id.value, &hint));
                }
                Ok(None) => {}
                Err(problem) => out.push(*problem),
            }
        }
    }
}

/// An address as conditions see it.
fn shown((number, url): (usize, &Url<'_>)) -> Tera {
    let mut map = Map::new();
    map.insert("id".into(), url.text.into());
    map.insert("key".into(), "".into());
    map.insert("url".into(), url.text.into());
    map.insert("host".into(), url.host.as_str().into());
    map.insert("private".into(), url.private().into());
    map.insert(NUMBER.into(), u64::try_from(number).unwrap_or_default().into());
    map.into()
}

/// The message and the hint of a lint that applies.
fn one(
    scene: &Scene<'_>,
    engine: &Engine,
    rule: &LintRule,
    context: &Context,
) -> Result<Option<(String, String)>, Box<Problem>> {
    let about = About { what: "lint", name: &rule.id.value, file: &scene.spec.file };
    if !engine.holds(Some(&rule.when), context, about)? {
        return Ok(None);
    }
    let line = |code: &At<String>| -> Result<String, Box<Problem>> {
        let text = engine.text(code, context, about)?;
        if text.contains(SLOT_OPEN) {
            let problem = code.span.error("advice has no slots");
            return Err(Box::new(problem.hint("take `ref` and `tick` out")));
        }
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    Ok(Some((line(&rule.message)?, line(&rule.hint)?)))
}

/// Where to point: the field the rule names, else what the rule is applied to.
fn place<'s>(
    spec: &'s Spec,
    rule: &LintRule,
    entry: Option<&'s Entry>,
    context: &Context,
    urls: &[Url<'s>],
) -> &'s Span {
    let at = rule.at.as_ref().map(|at| at.value.as_str());
    if let Some(entry) = entry {
        return at.and_then(|key| of_entry(entry, key)).unwrap_or(&entry.id.span);
    }
    let special = match &rule.for_each {
        ForEach::List(list) if list.value == URLS => {
            let number = each(context, NUMBER).and_then(|n| usize::try_from(n.as_u64()?).ok());
            number.and_then(|number| Some(urls.get(number)?.span))
        }
        ForEach::List(list) if list.value == GROUPS => {
            each(context, "label").and_then(|label| first_use(spec, label.as_str()?))
        }
        ForEach::Once => at.and_then(|key| of_tool(spec, key)),
        ForEach::List(_) | ForEach::Pair(..) => None,
    };
    special.unwrap_or(&spec.id.span)
}

fn each<'c>(context: &'c Context, key: &'c str) -> Option<&'c Tera> {
    context.get("each")?.get_from_path(key)
}

fn first_use<'s>(spec: &'s Spec, label: &str) -> Option<&'s Span> {
    let groups = spec.entries().into_iter().flat_map(|(_, _, entry)| &entry.groups);
    let uses = groups.filter(|at| at.value == label).map(|at| &at.span);
    uses.min_by_key(|span| span.range.start)
}

fn of_entry<'s>(entry: &'s Entry, key: &str) -> Option<&'s Span> {
    let first = |all: &'s [At<String>]| all.first().map(|at| &at.span);
    match key {
        "name" | "title" => entry.name.as_ref().map(|at| &at.span),
        "summary" => entry.summary.as_ref().map(|at| &at.span),
        "item" => entry.item.as_ref().map(|at| &at.span),
        "place" => entry.place.as_ref().map(|at| &at.span),
        "group" => first(&entry.groups),
        "labels" => first(&entry.labels),
        "weight" => entry.weight.as_ref().map(|at| &at.span),
        "priority" => entry.priority.as_ref().map(|at| &at.span),
        "milestone" => entry.milestone.as_ref().map(|at| &at.span),
        "assignees" => entry.assignees.as_deref().and_then(first),
        "start" => entry.start.as_ref().map(|at| &at.span),
        "due" => entry.due.as_ref().map(|at| &at.span),
        "depends-on" => first(&entry.depends_on),
        _ => entry.fields.get(key).map(|at| &at.span).filter(|span| !span.range.is_empty()),
    }
}

fn of_tool<'s>(spec: &'s Spec, key: &str) -> Option<&'s Span> {
    let found = match (key, key.split_once('.')) {
        ("name", _) => Some(&spec.name.span),
        ("summary", _) => Some(&spec.summary.span),
        ("milestone", _) => spec.milestone.as_ref().map(|at| &at.span),
        ("labels", _) => spec.labels.first().map(|at| &at.span),
        (_, Some((table, field))) => spec.tables.get(table)?.get(field).map(|at| &at.span),
        (_, None) => spec.fields.get(key).map(|at| &at.span),
    };
    found.filter(|span| !span.range.is_empty())
}
