//! `[waive]`: the lints that a tool file does without, each with its reason.
//!
//! These are the engine's own lints; a blueprint adds those of its process.

use super::Spec;
use crate::problem::{Problem, Problems, nearest};
use crate::source::{Value, offer};

/// A group that no owners file lists.
pub const GROUP_UNKNOWN: &str = "group-unknown";
/// Somebody in `stages.yml` whose handle the people file does not tell.
pub const PERSON_UNKNOWN: &str = "person-unknown";
/// A weight above the blueprint's scale.
pub const WEIGHT_LARGE: &str = "weight-large";
/// A label that is nearly one of the blueprint's.
pub const LABEL_NEAR: &str = "label-near";
/// A confidential entry whose name stands in a text that is not.
pub const CONFIDENTIAL_NAMED: &str = "confidential-named";

/// What two tools both claim, and one of them should have.
pub const SHARED: &str = "shared";

/// The engine's lints, each with what it warns of.
pub const LINTS: [(&str, &str); 6] = [
    (CONFIDENTIAL_NAMED, "the name of a confidential entry in the text of an item that is not"),
    (GROUP_UNKNOWN, "a group that no owners file lists"),
    (LABEL_NEAR, "a label that is nearly one of the blueprint's"),
    (PERSON_UNKNOWN, "somebody in the stages file without a handle"),
    (SHARED, "an address or a part that another tool has too"),
    (WEIGHT_LARGE, "a weight above the scale"),
];

/// The ids of the engine's lints.
pub fn ids<'a>() -> impl Iterator<Item = &'a str> {
    LINTS.iter().map(|(id, _)| *id)
}

/// Makes a problem a warning that says how to waive it.
#[must_use]
pub fn waivable(problem: Problem, lint: &str, hint: &str) -> Problem {
    problem.warning().hint(format!("{hint}, or waive it under [waive]: {lint} = \"reason\""))
}

/// Reports waivers of lints that neither the engine nor the blueprint has.
pub fn check(spec: &Spec, blueprint: &[&str], out: &mut Problems) {
    let Some(Value::Table(table)) = spec.raw.entries.get("waive").map(|e| &e.value.value) else {
        return;
    };
    let known = || ids().chain(blueprint.iter().copied());
    for (lint, entry) in table.in_order() {
        if known().any(|id| id == lint) {
            continue;
        }
        let problem = entry.key.error(format!("there is no lint `{lint}` to waive"));
        out.push(offer(problem, nearest(lint, known()), || {
            let mut all: Vec<&str> = known().collect();
            all.sort_unstable();
            format!("known: {}", all.join(", "))
        }));
    }
}
