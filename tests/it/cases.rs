//! Cases of the merge as data, each applied and planned again.

use epictree::canonical::canonical;
use epictree::marker::BaseText;
use epictree::merge::OnConflict;
use epictree::merge::text::{Merged, decide_text};

/// A file of cases.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// See the head of `tests/cases/text.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    base: Option<String>,
    gitlab: String,
    files: String,
    merged: Option<String>,
    forced: Option<String>,
    settled: Option<String>,
}

impl Case {
    fn decide(&self, on_conflict: OnConflict) -> Merged {
        let base = self.base.clone().map(BaseText::Text);
        decide_text(base.as_ref(), &self.gitlab, &self.files, on_conflict)
    }

    /// What GitLab holds after an apply.
    fn now(&self, merged: &Merged) -> String {
        merged.text.clone().unwrap_or_else(|| self.gitlab.clone())
    }
}

/// Fails if a plan right after an apply would write the text or the base, or says something else.
fn second_run(case: &Case, first: &Merged) {
    let now = case.now(first);
    let again = decide_text(first.base.as_ref(), &now, &case.files, OnConflict::Report);
    assert_eq!(again.text, None, "{}: the second run writes", case.name);
    assert_eq!(again.base, first.base, "{}: the second run moves the base", case.name);
    assert_eq!(again.conflict, first.conflict, "{}: the second run's conflict", case.name);
    assert_eq!(again.drift, first.drift, "{}: the second run's drift", case.name);
}

#[test]
fn each_text_merges_as_its_case_says_and_the_second_run_is_quiet() {
    let file = include_str!("../cases/text.toml");
    let cases: Cases = toml::from_str(file).unwrap();
    for case in &cases.case {
        let name = &case.name;
        let report = case.decide(OnConflict::Report);
        assert_eq!(report.text, case.merged, "{name}: merged");
        let conflict = report.conflict.as_ref();
        assert_eq!(conflict.map(|sides| &sides.files), case.forced.as_ref(), "{name}: conflict");
        if let Some(sides) = conflict {
            assert_eq!(sides.gitlab, case.now(&report), "{name}: GitLab's side");
        }
        let unsettled = conflict.and(case.settled.as_ref().or(case.base.as_ref()));
        let base = if conflict.is_some() { unsettled } else { Some(&case.files) };
        let canonical_base = |text: &str| canonical(text);
        match (&report.base, base) {
            (Some(BaseText::Text(found)), Some(base)) => {
                assert_eq!(canonical_base(found), canonical_base(base), "{name}: the base");
            }
            (found, base) => assert!(found.is_none() && base.is_none(), "{name}: {found:?}"),
        }
        second_run(case, &report);
        for on_conflict in [OnConflict::Keep, OnConflict::Spec] {
            let settled = case.decide(on_conflict);
            assert_eq!(settled.conflict, None, "{name}: {on_conflict:?}");
            let expected = match on_conflict {
                OnConflict::Spec => case.forced.as_ref().or(case.merged.as_ref()),
                OnConflict::Keep | OnConflict::Report | OnConflict::Fail => case.merged.as_ref(),
            };
            assert_eq!(settled.text.as_ref(), expected, "{name}: {on_conflict:?}");
            second_run(case, &settled);
        }
    }
}
