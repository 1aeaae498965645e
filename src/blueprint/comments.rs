//! Reads comments, and checks that what they name is declared.

use std::collections::BTreeSet;

use super::rules::{Lists, for_each, is_node};
use super::{Blueprint, CommentRule, ForEach};
use crate::problem::Problems;
use crate::source::{Fields, Table};

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
        is_node(blueprint, &rule.on, "comment on", out);
    }
}
