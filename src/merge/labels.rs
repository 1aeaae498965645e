//! A set of labels: each plain one for itself, each scope as one value.
//!
//! A scope is everything before the last `::` (GitLab docs, scoped labels);
//! an item carries one label of a scope where the licence has them.

use std::collections::BTreeSet;

use super::scalar::{OnConflict, Verdict, decide};

/// What the files want of an existing item's labels.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Put back whenever they are missing.
    pub enforced: &'a [String],
    /// Three-way.
    pub shared: &'a [String],
}

/// What is to happen with an item's labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Titles to add.
    pub add: Vec<String>,
    /// Titles to remove.
    pub remove: Vec<String>,
    /// What people changed and keep: `(the files' label, GitLab's labels of its scope)`.
    pub drift: Vec<(String, Vec<String>)>,
    /// What both sides changed, in the same form.
    pub conflicts: Vec<(String, Vec<String>)>,
    /// The base afterwards, sorted.
    pub base: Vec<String>,
}

/// The scope of a label, everything before its last `::`; `None` for a plain one.
#[must_use]
pub fn scope(title: &str) -> Option<&str> {
    title.rsplit_once("::").map(|(scope, _)| scope)
}

/// Decides a set of labels.
#[must_use]
pub fn decide_labels(
    base: &[String],
    gitlab: &[String],
    wanted: Wanted<'_>,
    on_conflict: OnConflict,
) -> Outcome {
    let mut out = Outcome::default();
    let titles: BTreeSet<&String> = wanted.enforced.iter().chain(wanted.shared).collect();
    for title in &titles {
        let enforced = wanted.enforced.contains(title);
        let verdict = decide_one(base, gitlab, title, enforced).settled(on_conflict);
        let of_scope = same_slot(gitlab, title).filter(|other| other != title);
        match verdict {
            Verdict::Write | Verdict::Clear => {
                out.remove.extend(of_scope.cloned());
                out.add.push((*title).clone());
            }
            Verdict::Drift | Verdict::Keep => {
                out.drift.push(((*title).clone(), of_scope.cloned().collect()));
            }
            Verdict::Conflict => {
                out.conflicts.push(((*title).clone(), of_scope.cloned().collect()));
            }
            Verdict::Same | Verdict::Record | Verdict::Theirs => {}
        }
        if verdict == Verdict::Conflict {
            out.base.extend(same_slot(base, title).cloned());
        } else {
            out.base.push((*title).clone());
        }
    }
    for old in base {
        let replaced = titles.iter().any(|title| slot(title) == slot(old));
        if !replaced && gitlab.contains(old) {
            out.remove.push(old.clone());
        }
    }
    for list in [&mut out.add, &mut out.remove, &mut out.base] {
        list.sort();
        list.dedup();
    }
    out
}

fn decide_one(base: &[String], gitlab: &[String], title: &str, enforced: bool) -> Verdict {
    let here = |list: &[String]| list.iter().find(|other| *other == title).cloned();
    let value = |list: &[String]| here(list).or_else(|| same_slot(list, title).next().cloned());
    let verdict = decide(value(base).as_deref(), value(gitlab).as_deref(), Some(title));
    match verdict {
        Verdict::Drift | Verdict::Conflict if enforced => Verdict::Write,
        other => other,
    }
}

/// The place a label takes: its scope, or itself.
fn slot(title: &str) -> (bool, &str) {
    scope(title).map_or((false, title), |scope| (true, scope))
}

fn same_slot<'a>(list: &'a [String], title: &'a str) -> impl Iterator<Item = &'a String> {
    list.iter().filter(move |other| slot(other) == slot(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn each_plain_label_alone_and_each_scope_as_one_value() {
        // (case, base, gitlab, enforced, shared, add, remove, drift, conflicts)
        let cases = [
            ("all there", "a", "a b", "a", "", "", "", "", ""),
            ("a missing one is added", "", "b", "", "a", "a", "", "", ""),
            ("removed by people stays removed", "a", "b", "", "a", "", "", "a", ""),
            ("an enforced one is put back", "a", "b", "a", "", "a", "", "", ""),
            ("dropped from the files", "a", "a b", "", "", "", "a", "", ""),
            ("dropped here and there", "a", "b", "", "", "", "", "", ""),
            ("an extra one is people's", "", "b", "", "", "", "", "", ""),
            ("the scope moves on", "p::1", "p::1", "", "p::2", "p::2", "p::1", "", ""),
            ("people chose another of the scope", "p::1", "p::3", "", "p::1", "", "", "p::1", ""),
            ("both chose another", "p::1", "p::3", "", "p::2", "", "", "", "p::2"),
            ("both chose the same", "p::1", "p::2", "", "p::2", "", "", "", ""),
            ("an enforced scope is put back", "p::1", "p::3", "p::1", "", "p::1", "p::3", "", ""),
            ("base unknown, another there", "", "p::3", "", "p::2", "", "", "", "p::2"),
            ("the deeper scope counts", "a::b::c", "a::b::c a::x", "", "a::b::c", "", "", "", ""),
            ("a scope the files gave up", "p::1", "p::1", "", "", "", "p::1", "", ""),
            ("… and people changed", "p::1", "p::2", "", "", "", "", "", ""),
        ];
        for (case, base, gitlab, enforced, shared, add, remove, drift, conflicts) in cases {
            let (enforced, shared) = (list(enforced), list(shared));
            let wanted = Wanted { enforced: &enforced, shared: &shared };
            let out = decide_labels(&list(base), &list(gitlab), wanted, OnConflict::Report);
            assert_eq!(out.add, list(add), "{case}: add");
            assert_eq!(out.remove, list(remove), "{case}: remove");
            let firsts = |pairs: &[(String, Vec<String>)]| {
                pairs.iter().map(|p| p.0.clone()).collect::<Vec<_>>()
            };
            assert_eq!(firsts(&out.drift), list(drift), "{case}: drift");
            assert_eq!(firsts(&out.conflicts), list(conflicts), "{case}: conflicts");
            let mut after: BTreeSet<String> = list(gitlab).into_iter().collect();
            after.retain(|label| !out.remove.contains(label));
            after.extend(out.add.iter().cloned());
            let after: Vec<String> = after.into_iter().collect();
            let again = decide_labels(&out.base, &after, wanted, OnConflict::Report);
            assert!(
                again.add.is_empty() && again.remove.is_empty(),
                "{case}: the second run writes {again:?}"
            );
            assert_eq!(again.base, out.base, "{case}: the base is stable");
        }
    }
}
