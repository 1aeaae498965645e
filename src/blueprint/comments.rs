//! Reads comments, and checks that what they name is declared.

use std::collections::BTreeSet;

use super::rules::{Lists, for_each};
use super::{Blueprint, CommentRule, ForEach};
use crate::problem::{Problems, nearest};
use crate::source::{Fields, Table, offer_quoted};

/// Reads a comment; `None` if it is broken or skipped.
pub(super) fn comment(table: &Table, out: &mut Problems) -> Option<CommentRule> {
    let mut fields = Fields::of(table, "[[comment]]");
    if fields.bool("skip", out) == Some(true) {
        return None;
    }
    let on = fields.required("on", "give the key of the node it is posted on", out);
    let key = fields.required("key", "add `key = \"…\"`; it is the comment's identity", out);
    let template = fields.required("template", "name the template of its text", out);
    let for_each = for_each(&mut fields, out);
    let when = fields.string("when", out);
    let reply = fields.string("reply", out);
    let again = fields.string("again", out);
    let was = fields.string_or_list("was", out);
    fields.finish(out);
    let span = table.span.clone();
    Some(CommentRule {
        on: on?,
        for_each,
        key: key?,
        when,
        template: template?,
        reply,
        again,
        was,
        span,
    })
}

/// Checks the lists and nodes that comments name, and that each has a key of its own.
pub(super) fn check(blueprint: &Blueprint, known: &Lists<'_>, out: &mut Problems) {
    let mut keys: BTreeSet<&str> =
        blueprint.nodes.iter().map(|node| node.key.value.as_str()).collect();
    for rule in &blueprint.comments {
        known.each(&rule.for_each, out);
        if !keys.insert(&rule.key.value) {
            let message =
                format!("the key `{}` is that of another node or comment", rule.key.value);
            out.push(rule.key.span.error(message).hint("give each a key of its own"));
        }
        if rule.for_each != ForEach::Once && !rule.key.value.contains('{') {
            let message = "the comments of all entries would have this key";
            out.push(rule.key.span.error(message).hint("put `{{ each.id }}` into it"));
        }
        node(blueprint, rule, out);
    }
}

/// Checks that a node with a fixed key is declared; the others show with a tool file.
fn node(blueprint: &Blueprint, rule: &CommentRule, out: &mut Problems) {
    let on = rule.on.value.as_str();
    let may_be = |key: &str| match key.split_once('{') {
        Some((fixed, _)) => on.starts_with(fixed),
        None => on == key,
    };
    let mut nodes = blueprint.nodes.iter().map(|node| node.key.value.as_str());
    if on.contains('{') || nodes.clone().any(may_be) {
        return;
    }
    let problem = rule.on.span.error(format!("there is no node `{on}` to comment on"));
    let near = nearest(on, nodes.by_ref());
    out.push(offer_quoted(problem, near, || "name the key of a [[node]]".to_owned()));
}
