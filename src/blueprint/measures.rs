//! Reads measures, what a process counts, and checks that what they name is declared.

use std::collections::BTreeSet;

use super::rules::{Lists, for_each, is_node};
use super::{Blueprint, ForEach, MeasureRule};
use crate::problem::{Problems, nearest};
use crate::source::{At, Fields, Table, Value, offer_quoted, string_of, wrong};
use crate::spec::schema::{Fields as Declared, Schema, Type};
use crate::tree::InFlight;

/// Reads a measure; `None` if it is broken or skipped.
pub(super) fn measure(table: &Table, out: &mut Problems) -> Option<MeasureRule> {
    let mut fields = Fields::of(table, "[[measure]]");
    if fields.bool("skip", out) == Some(true) {
        return None;
    }
    let id = fields.id("id", "add `id = \"…\"`; it adds up with those of other tools", out);
    let title = fields.required("title", "add `title = \"…\"`: what people read", out);
    let for_each = for_each(&mut fields, out);
    let node = fields.string("node", out);
    let below = fields.string("below", out);
    let when = fields.string("when", out);
    let dropped = fields.string("dropped", out);
    let by = fields.string("by", out);
    let boxes = fields.bool("boxes", out).unwrap_or(false);
    let next = fields.bool("next", out).unwrap_or(false);
    let date = fields.text("date", out);
    let blocked = fields.strings("blocked", out).unwrap_or_default();
    let in_flight = in_flight(&mut fields, out);
    let at_least = fields.count("at-least", out);
    fields.finish(out);
    let span = table.span.clone();
    Some(MeasureRule {
        id: id?,
        title: title?,
        for_each,
        node,
        below,
        when,
        dropped,
        by,
        boxes,
        next,
        date,
        blocked,
        in_flight,
        at_least,
        span,
    })
}

/// Reads by what work is known: labels, or `true` for an assignee.
fn in_flight(fields: &mut Fields<'_>, out: &mut Problems) -> Option<InFlight> {
    let entry = fields.take("in-flight")?;
    match &entry.value.value {
        Value::Bool(true) => Some(InFlight::Assigned),
        Value::Array(items) if !items.is_empty() => {
            let titles = items.iter().filter_map(|item| string_of("in-flight", item, out));
            Some(InFlight::Labels(titles.map(|at| at.value).collect()))
        }
        other => wrong("in-flight", &entry.value, other, "a list of labels, or true", out),
    }
}

/// Checks that each measure counts one kind of thing, and that its lists, nodes and fields are declared.
pub(super) fn check(blueprint: &Blueprint, known: &Lists<'_>, out: &mut Problems) {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for rule in &blueprint.measures {
        known.each(&rule.for_each, out);
        if !ids.insert(&rule.id.value) {
            let message = format!("there is another measure `{}`", rule.id.value);
            out.push(rule.id.span.error(message).hint("give it an id of its own"));
        }
        match (&rule.node, &rule.below) {
            (Some(node), None) => is_node(blueprint, node, "measure", out),
            (None, Some(below)) => is_node(blueprint, below, "measure", out),
            (Some(_), Some(below)) => {
                let problem = below.span.error("a measure has `node` or `below`, not both");
                out.push(problem.hint("take one out"));
            }
            (None, None) => {
                let message = format!("the measure `{}` counts nothing", rule.id.value);
                let hint = "add `node = \"…\"`, or `below = \"…\"` for all that hangs under a node";
                out.push(rule.span.error(message).hint(hint));
            }
        }
        let each = rule.below.is_none() && rule.for_each != ForEach::Once;
        let loose = [("dropped", rule.dropped.as_ref()), ("by", rule.by.as_ref())];
        for (key, at) in loose.into_iter().filter_map(|(key, at)| Some((key, at?))) {
            if !each {
                let problem = at.span.error(format!("`{key}` is about the entries of a list"));
                out.push(problem.hint("give the measure `for-each` and `node`, or take it out"));
            }
        }
        if let (ForEach::List(list) | ForEach::Pair(_, list), Some(below)) =
            (&rule.for_each, &rule.below)
        {
            let problem = list.span.error(format!("`below = \"{}\"` counts items", below.value));
            out.push(problem.hint("take `for-each` out, or name a `node` for each entry"));
        }
        if let Some(by) = rule.by.as_ref().filter(|_| each) {
            field(&blueprint.schema, &rule.for_each, by, out);
        }
        if let (Some(at), None) = (&rule.at_least, &rule.in_flight) {
            let problem = at.span.error("`at-least` counts work in flight");
            out.push(problem.hint("add `in-flight`: by what such work is known"));
        }
    }
}

/// Checks that a field takes one of some words.
fn field(schema: &Schema, for_each: &ForEach, by: &At<String>, out: &mut Problems) {
    if words(schema, for_each, &by.value).is_some() {
        return;
    }
    let declared = declared(schema, for_each).into_iter().flatten();
    let choices = declared.filter(|(_, field)| matches!(field.ty, Type::OneOf(_)));
    let names: Vec<&str> = choices.map(|(name, _)| name.as_str()).collect();
    let message = format!("`by` names `{}`, which is no `one-of` field here", by.value);
    let near = nearest(&by.value, names.iter().copied());
    out.push(offer_quoted(by.span.error(message), near, || {
        "name a field that takes one of some words".to_owned()
    }));
}

/// The fields of the entries that a rule is for.
fn declared<'s>(schema: &'s Schema, for_each: &ForEach) -> Option<&'s Declared> {
    let (ForEach::List(list) | ForEach::Pair(_, list)) = for_each else { return None };
    let (name, nested) =
        list.value.split_once('.').map_or((&*list.value, false), |(n, _)| (n, true));
    let list = schema.lists.get(name)?;
    Some(if nested { &list.issue_fields } else { &list.fields })
}

/// The words that a field of the entries takes; nothing if it is no field of words.
pub(super) fn words<'s>(
    schema: &'s Schema,
    for_each: &ForEach,
    field: &str,
) -> Option<&'s [String]> {
    match &declared(schema, for_each)?.get(field)?.ty {
        Type::OneOf(words) => Some(words),
        _ => None,
    }
}
