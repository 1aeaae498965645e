//! A description: compared line by line in canonical form, its boxes one by one.
//!
//! GitLab's own bytes stay for every line that is canonically equal. A text that
//! both sides changed is a conflict as a whole.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::canonical::{Line, join, lines, with_box};
use crate::marker::BaseText;

use super::scalar::Verdict;

/// What is to happen with a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The rule that applied to the lines.
    pub verdict: Verdict,
    /// The text to write, if GitLab's is not to stay as it is.
    pub text: Option<String>,
}

/// Decides a description. A box that epictree ticks is written even where the
/// lines stay people's; it never unticks one.
#[must_use]
pub fn decide_text(base: Option<&BaseText>, gitlab: &str, spec: &str) -> Merged {
    let (ours, theirs) = (lines(spec), lines(gitlab));
    let base_lines = match base {
        Some(BaseText::Text(text)) => lines(text),
        Some(BaseText::Hash(_)) | None => Vec::new(),
    };
    let spec_is_base = base.is_some_and(|base| base.is(spec));
    let verdict = if same(&ours, &theirs) {
        if spec_is_base && boxes(&ours) == boxes(&base_lines) {
            Verdict::Same
        } else {
            Verdict::Record
        }
    } else if theirs.is_empty() && base.is_none() || base.is_some_and(|base| base.is(gitlab)) {
        Verdict::Write
    } else if spec_is_base {
        Verdict::Drift
    } else {
        Verdict::Conflict
    };
    let text = match verdict {
        Verdict::Write => Some(overlay(&base_lines, &theirs, &ours)),
        Verdict::Same | Verdict::Record | Verdict::Drift => ticked(&base_lines, &theirs, &ours),
        Verdict::Conflict | Verdict::Theirs | Verdict::Clear => None,
    };
    let verdict = match verdict {
        Verdict::Same | Verdict::Record if text.is_some() => Verdict::Write,
        other => other,
    };
    Merged { verdict, text }
}

fn same(one: &[Line<'_>], other: &[Line<'_>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.canonical == b.canonical)
}

fn boxes(lines: &[Line<'_>]) -> Vec<bool> {
    lines.iter().filter_map(|line| line.ticked).collect()
}

/// The files' text with GitLab's bytes for equal lines and the boxes decided one by one.
///
/// In a new fence GitLab's bytes may say something else than before: the files' stay then.
fn overlay(base: &[Line<'_>], gitlab: &[Line<'_>], spec: &[Line<'_>]) -> String {
    let text = overlaid(base, gitlab, spec, true);
    if same(&lines(&text), spec) { text } else { overlaid(base, gitlab, spec, false) }
}

fn overlaid(
    base: &[Line<'_>],
    gitlab: &[Line<'_>],
    spec: &[Line<'_>],
    theirs_stay: bool,
) -> String {
    let in_gitlab = partners(spec, gitlab);
    let in_base = partners(spec, base);
    let written = spec.iter().enumerate().map(|(n, line)| {
        let theirs = in_gitlab[n].map(|at| &gitlab[at]);
        let raw = match theirs {
            Some(theirs) if theirs_stay && theirs.canonical == line.canonical => theirs.raw,
            _ => line.raw,
        };
        match line.ticked {
            Some(wanted) => {
                let old = in_base[n].and_then(|at| base[at].ticked);
                with_box(raw, state(old, theirs.and_then(|l| l.ticked), wanted))
            }
            None => raw.to_owned(),
        }
    });
    let written: Vec<String> = written.collect();
    join(written.iter().map(String::as_str))
}

/// GitLab's text with the boxes that epictree ticks; `None` if there are none.
fn ticked(base: &[Line<'_>], gitlab: &[Line<'_>], spec: &[Line<'_>]) -> Option<String> {
    let in_spec = partners(gitlab, spec);
    let in_base = partners(gitlab, base);
    let mut changed = false;
    let written: Vec<String> = gitlab
        .iter()
        .enumerate()
        .map(|(n, line)| {
            let wanted = in_spec[n].and_then(|at| spec[at].ticked).unwrap_or(false);
            let old = in_base[n].and_then(|at| base[at].ticked);
            match line.ticked {
                Some(now) if state(old, Some(now), wanted) != now => {
                    changed = true;
                    with_box(line.raw, true)
                }
                _ => line.raw.to_owned(),
            }
        })
        .collect();
    changed.then(|| join(written.iter().map(String::as_str)))
}

/// The state of one box: ticked stays ticked, and a tick that people took back stays back.
/// An unknown base leaves GitLab's side.
fn state(base: Option<bool>, gitlab: Option<bool>, spec: bool) -> bool {
    match gitlab {
        None => spec,
        Some(now) => now || (spec && base == Some(false)),
    }
}

/// For each line of one text, its place in another: the equal line, or the
/// reworded box line that takes its place.
fn partners(of: &[Line<'_>], among: &[Line<'_>]) -> Vec<Option<usize>> {
    let one: Vec<&str> = of.iter().map(|line| line.canonical.as_str()).collect();
    let other: Vec<&str> = among.iter().map(|line| line.canonical.as_str()).collect();
    let mut found = vec![None; of.len()];
    for op in capture_diff_slices(Algorithm::Myers, &one, &other) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                for n in 0..len {
                    found[old_index + n] = Some(new_index + n);
                }
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                pair_boxes(
                    (of, old_index..old_index + old_len),
                    (among, new_index..new_index + new_len),
                    &mut found,
                );
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } => {}
        }
    }
    found
}

type Hunk<'a, 'b> = (&'a [Line<'b>], std::ops::Range<usize>);

/// Pairs the box lines of a replaced hunk by their words, each at most once.
fn pair_boxes(of: Hunk<'_, '_>, among: Hunk<'_, '_>, found: &mut [Option<usize>]) {
    const ALIKE: f32 = 0.5;
    let mut free: Vec<usize> = among.1.filter(|at| among.0[*at].ticked.is_some()).collect();
    for n in of.1.filter(|n| of.0[*n].ticked.is_some()) {
        let alike = |at: &usize| {
            similar::TextDiff::from_words(
                of.0[n].canonical.as_str(),
                among.0[*at].canonical.as_str(),
            )
            .ratio()
        };
        let best = free
            .iter()
            .map(|at| (alike(at), *at))
            .filter(|(ratio, _)| *ratio >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((_, at)) = best {
            found[n] = Some(at);
            free.retain(|other| *other != at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> BaseText {
        BaseText::Text(text.into())
    }

    #[test]
    fn each_case_and_its_second_run() {
        /// Case, base, gitlab, spec, verdict, what GitLab holds afterwards.
        type Case<'a> = (&'a str, Option<&'a str>, &'a str, &'a str, Verdict, &'a str);
        let cases: &[Case<'_>] = &[
            ("nothing", Some("a"), "a", "a", Verdict::Same, "a"),
            (
                "only GitLab's own rewriting",
                Some("- a\n\nb"),
                "* a  \r\n\r\n\r\nb",
                "- a\n\nb",
                Verdict::Same,
                "* a  \r\n\r\n\r\nb",
            ),
            ("the files changed", Some("a\nb"), "a\nb", "a\nc", Verdict::Write, "a\nc"),
            (
                "GitLab's bytes stay for equal lines",
                Some("- a\n- b"),
                "* a\n* b",
                "- a\n- c",
                Verdict::Write,
                "* a\n- c",
            ),
            (
                "… but not in a fence, where they say something else",
                Some("- a"),
                "* a",
                "```\n- a\n```",
                Verdict::Write,
                "```\n- a\n```",
            ),
            ("people changed", Some("a"), "a\nmine", "a", Verdict::Drift, "a\nmine"),
            ("both changed the same way", Some("a"), "b", "b", Verdict::Record, "b"),
            ("both changed", Some("a"), "b", "c", Verdict::Conflict, "b"),
            ("base unknown, empty", None, "", "a", Verdict::Write, "a"),
            ("base unknown, equal", None, "a", "a", Verdict::Record, "a"),
            ("base unknown, different", None, "b", "a", Verdict::Conflict, "b"),
            (
                "a box people ticked stays",
                Some("- [ ] a"),
                "- [x] a",
                "- [ ] a",
                Verdict::Same,
                "- [x] a",
            ),
            (
                "… when its text changes",
                Some("- [ ] move all users"),
                "- [x] move all users",
                "- [ ] move all the users",
                Verdict::Write,
                "- [x] move all the users",
            ),
            (
                "… when its place changes",
                Some("- [ ] a\n- [ ] b"),
                "- [ ] a\n- [x] b",
                "- [ ] b\n- [ ] a",
                Verdict::Write,
                "- [x] b\n- [ ] a",
            ),
            ("epictree ticks", Some("- [ ] a"), "- [ ] a", "- [x] a", Verdict::Write, "- [x] a"),
            (
                "… beside people's lines",
                Some("- [ ] a"),
                "- [ ] a\nmine",
                "- [x] a",
                Verdict::Drift,
                "- [x] a\nmine",
            ),
            (
                "… and never unticks",
                Some("- [x] a"),
                "- [x] a",
                "- [ ] a",
                Verdict::Record,
                "- [x] a",
            ),
            (
                "a tick people took back stays back",
                Some("- [x] a"),
                "- [ ] a",
                "- [x] a",
                Verdict::Same,
                "- [ ] a",
            ),
            ("ticked by both", Some("- [ ] a"), "- [x] a", "- [x] a", Verdict::Record, "- [x] a"),
        ];
        for (case, b, gitlab, spec, verdict, after) in cases {
            let b = b.map(base);
            let merged = decide_text(b.as_ref(), gitlab, spec);
            assert_eq!(merged.verdict, *verdict, "{case}");
            let now = merged.text.unwrap_or_else(|| (*gitlab).to_owned());
            assert_eq!(now, *after, "{case}");
            // Drift keeps the base's lines; its boxes are settled.
            let settled = if *verdict == Verdict::Conflict { b } else { Some(base(spec)) };
            let again = decide_text(settled.as_ref(), &now, spec);
            assert_eq!(again.text, None, "{case}: the second run writes");
            assert!(
                matches!(again.verdict, Verdict::Same | Verdict::Drift | Verdict::Conflict),
                "{case}: the second run says {:?}",
                again.verdict
            );
        }
    }
}
