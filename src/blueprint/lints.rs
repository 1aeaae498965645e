//! Reads lints, what a process advises against, and checks that what they name is declared.

use std::collections::BTreeSet;

use super::rules::{Lists, for_each};
use super::{Blueprint, ForEach, LintRule};
use crate::problem::{Problems, nearest};
use crate::source::{At, Fields, Table, offer_quoted};
use crate::spec::envelope;
use crate::spec::schema::{Schema, URLS};
use crate::spec::waive;

/// Reads a lint; `None` if it is broken or skipped.
pub(super) fn lint(table: &Table, out: &mut Problems) -> Option<LintRule> {
    let mut fields = Fields::of(table, "[[lint]]");
    if fields.bool("skip", out) == Some(true) {
        return None;
    }
    let id = fields.id("id", "add `id = \"…\"`, the name under which it is waived", out);
    let message = fields.required("message", "add `message = \"…\"`: what is wrong", out);
    let hint = fields.required("hint", "add `hint = \"…\"`: what to do about it", out);
    let for_each = for_each(&mut fields, out);
    let at = fields.string("at", out);
    let when = fields.text("when", out);
    if when.is_none() && !table.entries.contains_key("when") {
        fields.missing("when", "add `when = \"…\"`, true where the advice applies", out);
    }
    fields.finish(out);
    let span = table.span.clone();
    Some(LintRule { id: id?, for_each, when: when?, message: message?, hint: hint?, at, span })
}

/// Checks the ids of lints and the lists and fields they name.
pub(super) fn check(blueprint: &Blueprint, known: &Lists<'_>, out: &mut Problems) {
    let mut ids: BTreeSet<&str> = waive::ids().collect();
    for rule in &blueprint.lints {
        if !ids.insert(&rule.id.value) {
            let message = format!("there is another lint `{}`", rule.id.value);
            out.push(rule.id.span.error(message).hint("give it an id of its own"));
        }
        if !matches!(&rule.for_each, ForEach::List(list) if list.value == URLS) {
            known.each(&rule.for_each, out);
        }
        if let Some(at) = &rule.at {
            field(&blueprint.schema, &rule.for_each, at, out);
        }
    }
}

/// Checks the field whose place is shown.
fn field(schema: &Schema, for_each: &ForEach, at: &At<String>, out: &mut Problems) {
    let list = match for_each {
        ForEach::Once => None,
        ForEach::List(list) | ForEach::Pair(_, list) => Some(list.value.as_str()),
    };
    let (first, nested) = list.map_or(("", None), |list| match list.split_once('.') {
        Some((first, nested)) => (first, Some(nested)),
        None => (list, None),
    });
    let mut names: Vec<String> = match (list, schema.lists.get(first)) {
        (None, _) => envelope::names(&envelope::TOOL).map(str::to_owned).collect(),
        (Some(_), Some(_)) => {
            envelope::names(&envelope::ENTRY).chain(["title"]).map(str::to_owned).collect()
        }
        (Some(_), None) => Vec::new(),
    };
    match (list, schema.lists.get(first), nested) {
        (None, ..) => {
            names.extend(schema.tool.keys().cloned());
            let tables = schema.tables.iter();
            names.extend(tables.flat_map(|(t, f)| f.keys().map(move |key| format!("{t}.{key}"))));
        }
        (_, Some(list), Some(_)) => names.extend(list.issue_fields.keys().cloned()),
        (_, Some(list), None) => names.extend(list.fields.keys().cloned()),
        (_, None, _) => {}
    }
    if !names.contains(&at.value) {
        let problem = at.span.error(format!("`at` names `{}`, which is no field here", at.value));
        let near = nearest(&at.value, names.iter().map(String::as_str));
        out.push(offer_quoted(problem, near, || "name a field of what the lint is for".into()));
    }
}
