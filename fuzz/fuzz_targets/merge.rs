//! Three texts: the base, what people made of it, what the files made of it.
//!
//! The properties of `tests/it/merge.rs`, over texts that need not come from each other.
#![no_main]

use std::collections::BTreeMap;

use epictree::canonical::{canonical, lines};
use epictree::marker::BaseText;
use epictree::merge::OnConflict;
use epictree::merge::text::{Merged, decide_text};
use epictree_fuzz::texts::{Side, text};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |byte| *byte == 0xff);
    let mut part = |side| text(parts.next().unwrap_or_default(), side);
    let (base, gitlab, spec) = (part(Side::Base), part(Side::People), part(Side::Files));

    let (report, now) = merge(&base, &gitlab, &spec, OnConflict::Report);
    for word in own(&gitlab, 'p') {
        assert!(own(&now, 'p').contains(&word), "{word} of people's is lost in\n{now}");
    }
    let (_, forced) = merge(&base, &gitlab, &spec, OnConflict::Spec);
    for word in own(&spec, 'f') {
        assert!(own(&forced, 'f').contains(&word), "{word} of the files is missing in\n{forced}");
    }
    no_box_is_unticked(&gitlab, &now);
    for on_conflict in [OnConflict::Report, OnConflict::Keep, OnConflict::Spec] {
        merging_again_writes_nothing(&base, &gitlab, &spec, on_conflict);
    }
    one_side_alone_is_the_result(&base, &gitlab, &spec);
    if report.conflict.is_none() {
        assert_eq!(report.base.map(|base| base.is(&spec)), Some(true));
    }
});

fn merge(base: &str, gitlab: &str, spec: &str, on_conflict: OnConflict) -> (Merged, String) {
    let merged = decide_text(Some(&BaseText::Text(base.into())), gitlab, spec, on_conflict);
    let now = merged.text.clone().unwrap_or_else(|| gitlab.to_owned());
    (merged, now)
}

/// The words that only one side has.
fn own(text: &str, sign: char) -> Vec<&str> {
    let is_own = |word: &&str| {
        let number = word.strip_prefix(sign);
        number.is_some_and(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    text.split(|c: char| !c.is_alphanumeric()).filter(is_own).collect()
}

fn merging_again_writes_nothing(base: &str, gitlab: &str, spec: &str, on_conflict: OnConflict) {
    let (first, now) = merge(base, gitlab, spec, on_conflict);
    let again = decide_text(first.base.as_ref(), &now, spec, OnConflict::Report);
    let settled = on_conflict == OnConflict::Report || first.conflict.is_none();
    let same = again.text.is_none()
        && again.base == first.base
        && again.conflict == first.conflict
        && again.drift == first.drift;
    assert!(settled && same, "{on_conflict:?}: {again:#?}\nafter {first:#?}\n{now}");
}

fn one_side_alone_is_the_result(base: &str, gitlab: &str, spec: &str) {
    let (untouched, now) = merge(base, base, spec, OnConflict::Report);
    let clean = untouched.conflict.is_none() && untouched.drift.is_none();
    assert!(clean && canonical(&now) == canonical(spec), "without people's edits: {untouched:#?}");
    let (kept, _) = merge(base, gitlab, base, OnConflict::Report);
    assert!(kept.text.is_none() && kept.conflict.is_none(), "without the files' edits: {kept:#?}");
    let (same, _) = merge(base, spec, spec, OnConflict::Report);
    let clean = same.text.is_none() && same.conflict.is_none() && same.drift.is_none();
    assert!(clean, "with the same edits: {same:#?}");
}

fn no_box_is_unticked(before: &str, after: &str) {
    // In code there are no boxes: one that the files put there is gone.
    let counted = |text: &str, is: fn(bool) -> bool| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in lines(text).into_iter().filter(|line| line.ticked.is_some_and(is)) {
            *counts.entry(line.canonical.into_owned()).or_default() += 1;
        }
        counts
    };
    let count = |of: &BTreeMap<String, usize>, line: &str| of.get(line).copied().unwrap_or(0);
    let (all, left) = (counted(before, |_| true), counted(after, |_| true));
    let still = counted(after, |ticked| ticked);
    for (line, were) in counted(before, |ticked| ticked) {
        // Of several equal lines one that nobody ticked may have gone.
        let gone = count(&all, &line).saturating_sub(count(&left, &line));
        assert!(count(&still, &line) + gone >= were, "{line:?} is unticked in\n{after}");
    }
}
