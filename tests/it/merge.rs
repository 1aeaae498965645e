//! Properties of the merge of descriptions, over random triples.

mod triples;

use std::collections::BTreeMap;

use epictree::canonical::{canonical, lines};
use epictree::marker::BaseText;
use epictree::merge::OnConflict;
use epictree::merge::text::{Merged, decide_text};

use triples::{Triple, Vocabulary};

/// How many triples of each vocabulary one run looks at.
const CASES: u64 = 12_000;

/// What became of a triple.
struct Done<'a> {
    triple: &'a Triple,
    report: Merged,
    now: String,
}

impl<'a> Done<'a> {
    fn new(triple: &'a Triple) -> Self {
        let Triple { base, gitlab, spec, .. } = triple;
        let (report, now) = merge(base, gitlab, spec, OnConflict::Report);
        Self { triple, report, now }
    }

    fn settled(&self, on_conflict: OnConflict) -> (Merged, String) {
        merge(&self.triple.base, &self.triple.gitlab, &self.triple.spec, on_conflict)
    }
}

fn merge(base: &str, gitlab: &str, spec: &str, on_conflict: OnConflict) -> (Merged, String) {
    let merged = decide_text(Some(&BaseText::Text(base.into())), gitlab, spec, on_conflict);
    let now = merged.text.clone().unwrap_or_else(|| gitlab.to_owned());
    (merged, now)
}

/// Looks at every triple of a vocabulary; a failure shows the triple and what became of it.
fn hold(vocabulary: Vocabulary) {
    let checks = [
        nothing_of_people_is_lost,
        all_of_the_files_is_there,
        merging_again_writes_nothing,
        one_side_alone_is_the_result,
        no_box_is_unticked,
    ];
    for seed in 0..CASES {
        let triple = Triple::new(seed, vocabulary);
        let done = Done::new(&triple);
        for check in checks {
            if let Err(why) = check(&done) {
                panic!(
                    "{vocabulary:?} {seed}: {why}\n{triple:#?}\n{}\n{:#?}",
                    done.now, done.report
                );
            }
        }
    }
}

#[test]
fn random_edits_of_lines_that_seldom_repeat_merge_without_a_loss() {
    hold(Vocabulary::Rich);
}

#[test]
fn random_edits_of_lines_that_repeat_again_and_again_merge_without_a_loss() {
    hold(Vocabulary::Poor);
}

/// Fails with a reason unless something holds.
fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// How often each line stands in a text.
fn counted(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in canonical(text).into_iter().filter(|line| !line.is_empty()) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

fn count(of: &BTreeMap<String, usize>, line: &str) -> usize {
    of.get(line).copied().unwrap_or(0)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|other| other == word)
}

/// Every word of people is there, and every line that they copied or moved as often as they did.
fn nothing_of_people_is_lost(done: &Done<'_>) -> Result<(), String> {
    let Done { triple, now, .. } = done;
    for word in &triple.people {
        ensure(has_word(now, word), || format!("{word} is lost"))?;
    }
    let (old, result) = (counted(&triple.base), counted(now));
    for (line, here) in counted(&triple.gitlab) {
        let added = here.saturating_sub(count(&old, &line));
        let reworded = triple.people.iter().any(|word| has_word(&line, word));
        ensure(count(&result, &line) >= added || reworded, || format!("{line:?} is lost"))?;
    }
    Ok(())
}

/// Without a conflict, or with the files' side of it, every word of the files is there.
fn all_of_the_files_is_there(done: &Done<'_>) -> Result<(), String> {
    let conflict = done.report.conflict.is_some();
    let forced = if conflict { done.settled(OnConflict::Spec).1 } else { done.now.clone() };
    let missing = done.triple.files.iter().find(|word| !has_word(&forced, word));
    ensure(missing.is_none(), || format!("{missing:?} of the files is missing from\n{forced}"))
}

fn merging_again_writes_nothing(done: &Done<'_>) -> Result<(), String> {
    let Done { triple, report, now } = done;
    let quiet = |first: &Merged, now: &str| {
        let again = decide_text(first.base.as_ref(), now, &triple.spec, OnConflict::Report);
        let same = again.text.is_none()
            && again.base == first.base
            && again.conflict == first.conflict
            && again.drift == first.drift;
        ensure(same, || format!("merged again: {again:#?}\nafter {first:#?}"))
    };
    quiet(report, now)?;
    if report.conflict.is_some() {
        for on_conflict in [OnConflict::Keep, OnConflict::Spec] {
            let (settled, now) = done.settled(on_conflict);
            ensure(settled.conflict.is_none(), || format!("{on_conflict:?} settles nothing"))?;
            quiet(&settled, &now)?;
        }
    }
    Ok(())
}

fn one_side_alone_is_the_result(done: &Done<'_>) -> Result<(), String> {
    let Triple { base, gitlab, spec, .. } = done.triple;
    let (untouched, now) = merge(base, base, spec, OnConflict::Report);
    let is_spec = canonical(&now) == canonical(spec);
    let clean = untouched.conflict.is_none() && untouched.drift.is_none();
    ensure(is_spec && clean, || format!("without people's edits: {untouched:#?}"))?;
    let (kept, _) = merge(base, gitlab, base, OnConflict::Report);
    let clean = kept.text.is_none() && kept.conflict.is_none();
    ensure(clean, || format!("without the files' edits: {kept:#?}"))?;
    let (same, _) = merge(base, spec, spec, OnConflict::Report);
    let clean = same.text.is_none() && same.conflict.is_none() && same.drift.is_none();
    ensure(clean, || format!("with the same edits: {same:#?}"))
}

fn no_box_is_unticked(done: &Done<'_>) -> Result<(), String> {
    let ticked = |text: &str| -> BTreeMap<String, usize> {
        let lines = lines(text).into_iter().filter(|line| line.ticked == Some(true));
        let mut counts = BTreeMap::new();
        lines.for_each(|line| *counts.entry(line.canonical.into_owned()).or_default() += 1);
        counts
    };
    let (all, after, still) = (counted(&done.triple.gitlab), counted(&done.now), ticked(&done.now));
    for (line, before) in ticked(&done.triple.gitlab) {
        // Of several equal lines one that nobody ticked may have gone.
        let gone = count(&all, &line).saturating_sub(count(&after, &line));
        let kept = count(&still, &line);
        ensure(kept + gone >= before, || format!("{line:?} is unticked"))?;
    }
    Ok(())
}

#[test]
fn edits_that_do_not_touch_merge_as_if_done_one_after_the_other() {
    let (mut known, mut right) = (0_u32, 0_u32);
    let said = |text: &str| -> Vec<String> {
        canonical(text).into_iter().filter(|line| !line.is_empty()).collect()
    };
    for seed in 0..CASES {
        let triple = Triple::new(seed, Vocabulary::Rich);
        let Some(expected) = &triple.expected else { continue };
        let Done { report, now, .. } = Done::new(&triple);
        known += 1;
        right += u32::from(report.conflict.is_none() && said(&now) == said(expected));
    }
    assert!(known > 5_000, "{known}");
    assert!(right * 1000 >= known * 985, "{right} of {known}");
}

/// Both sides put a line of their own below every line. Anything worse than a straight line takes
/// minutes for this many.
#[test]
fn texts_with_edits_everywhere_merge_in_a_straight_line() {
    const LINES: usize = 8_000;
    let of = |side: &str| -> String { (0..LINES).map(|n| format!("line {n}\n{side}")).collect() };
    let (report, now) = merge(&of(""), &of("people\n"), &of("files\n"), OnConflict::Report);
    assert!(report.conflict.is_some());
    assert_eq!(now, of("people\n"));
}
