//! Decides a description: what is written, what is kept, what is left to people.

use similar::Algorithm;

use crate::canonical::lines;
use crate::marker::BaseText;
use crate::merge::OnConflict;

use super::align::Alignment;
use super::hunk::{Court, Hunk, Placing, Verdict, hunks};
use super::page::{Numbers, Page};
use super::patch::{Patch, Sheets};
use super::weave::patched;

/// Of several ways to align the texts, the first that leaves the fewest conflicts is taken.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Myers, Algorithm::Patience, Algorithm::Histogram];

/// Texts with more lines together are aligned in the first way alone: the time that the others
/// take grows with the square of what is out of order.
const MOST_LINES: usize = 4_000;

/// What is to happen with a description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The text to write, if GitLab's is not to stay as it is.
    pub text: Option<String>,
    /// The base afterwards: the files' text, but for what is in conflict.
    pub base: Option<BaseText>,
    /// What people changed and keep.
    pub drift: Option<Sides>,
    /// What both sides changed and nobody has settled yet.
    pub conflict: Option<Sides>,
}

/// Two texts that differ in nothing but what is in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// With GitLab's side.
    pub gitlab: String,
    /// With the files' side.
    pub files: String,
}

/// Decides a description, given without its marker.
///
/// Boxes are scalars of their lines: they follow them, and none is ever unticked.
#[must_use]
pub fn decide_text(
    base: Option<&BaseText>,
    gitlab: &str,
    spec: &str,
    on_conflict: OnConflict,
) -> Merged {
    let mut merged = match base {
        Some(BaseText::Text(base)) => settled(base, gitlab, spec, on_conflict),
        Some(BaseText::Hash(_)) | None => two_way(base, gitlab, spec, on_conflict),
    };
    merged.text = merged.text.filter(|text| !is_same(text, gitlab));
    merged.base = keep_bytes(base, merged.base);
    merged
}

/// Tells whether two texts say the same, with the same boxes ticked.
fn is_same(one: &str, other: &str) -> bool {
    let said = |text| lines(text).into_iter().map(|line| (line.canonical, line.ticked));
    one == other || said(one).eq(said(other))
}

/// A base that says what the old one said stays that one, so that a blank in a
/// template does not rewrite every marker.
fn keep_bytes(old: Option<&BaseText>, new: Option<BaseText>) -> Option<BaseText> {
    let same = match (old, &new) {
        (Some(BaseText::Text(old)), Some(BaseText::Text(new))) => is_same(old, new),
        (Some(old @ BaseText::Hash(_)), Some(BaseText::Text(new))) => old.is(new),
        _ => false,
    };
    if same { old.cloned() } else { new }
}

/// Without the text of the base there are only whole texts to compare.
fn two_way(base: Option<&BaseText>, gitlab: &str, spec: &str, on_conflict: OnConflict) -> Merged {
    let mut numbers = Numbers::default();
    let (now, wanted) = (Page::new(gitlab, &mut numbers), Page::new(spec, &mut numbers));
    let unchanged = base.map_or(now.len() == 0, |base| base.is(gitlab));
    let settled =
        |text| Merged { text, base: Some(BaseText::Text(spec.to_owned())), ..Merged::default() };
    let sides = || Some(Sides { gitlab: gitlab.to_owned(), files: spec.to_owned() });
    if now.says(&wanted) {
        return settled(None);
    }
    if base.is_some_and(|base| base.is(spec)) {
        return Merged { drift: sides(), ..settled(None) };
    }
    if unchanged || on_conflict == OnConflict::Spec {
        return settled(Some(retell(&now, &wanted)));
    }
    match on_conflict {
        OnConflict::Keep => Merged { drift: sides(), ..settled(None) },
        OnConflict::Report | OnConflict::Fail | OnConflict::Spec => {
            Merged { conflict: sides(), base: base.cloned(), ..Merged::default() }
        }
    }
}

/// The files' text in GitLab's bytes, with GitLab's ticks.
fn retell(now: &Page<'_>, wanted: &Page<'_>) -> String {
    let to_spec = Alignment::new(now, wanted, Algorithm::Myers);
    let sheets = Sheets {
        base: now,
        text: now,
        spec: wanted,
        to_text: &Alignment::identity(now),
        to_spec: &to_spec,
        files_boxes: false,
    };
    let reword = (0..now.len()).collect();
    sheets.retold(&Patch { reword, ..Patch::default() })
}

/// How often a merge with a conflict is merged again.
const ROUNDS: usize = 4;

/// The merge that merging again does not change: beside a conflict, lines that are alike may be
/// told apart only once what is clean is written.
fn settled(base: &str, gitlab: &str, spec: &str, on_conflict: OnConflict) -> Merged {
    let mut merged = three_way(base, gitlab, spec, on_conflict);
    for _ in 0..ROUNDS {
        let (Some(_), Some(BaseText::Text(base)), Some(text)) =
            (&merged.conflict, &merged.base, &merged.text)
        else {
            break;
        };
        let mut again = three_way(base, text, spec, on_conflict);
        // Nothing more to write does not undo what this merge writes.
        again.text.get_or_insert_with(|| text.clone());
        let same = again == merged;
        merged = again;
        if same {
            break;
        }
    }
    merged
}

fn three_way(base: &str, gitlab: &str, spec: &str, on_conflict: OnConflict) -> Merged {
    let mut numbers = Numbers::default();
    let [base, now, wanted] = [base, gitlab, spec].map(|text| Page::new(text, &mut numbers));
    if now.says(&wanted) && now.boxes() == wanted.boxes() {
        return Merged { base: Some(BaseText::Text(spec.to_owned())), ..Merged::default() };
    }
    let attempt = Attempt::best(&base, &now, &wanted);
    let onto_gitlab = attempt.sheets(&now, &attempt.to_gitlab, false);
    let kept = attempt.patch(|verdict| matches!(verdict, Verdict::Clean(_)));
    let text =
        if now.says(&base) { onto_gitlab.retold(&kept) } else { patched(&onto_gitlab, &kept) };
    let forced = match attempt.conflicts() {
        0 => text.clone(),
        _ => patched(&onto_gitlab, &attempt.patch(|verdict| *verdict != Verdict::Agreed)),
    };
    let settled = Some(BaseText::Text(spec.to_owned()));
    match on_conflict {
        OnConflict::Spec => Merged {
            drift: between(&forced, spec),
            text: Some(forced),
            base: settled,
            conflict: None,
        },
        OnConflict::Keep => {
            Merged { drift: between(&text, spec), text: Some(text), base: settled, conflict: None }
        }
        OnConflict::Report | OnConflict::Fail => {
            let (drift, conflict) = (between(&forced, spec), between(&text, &forced));
            let base = match conflict {
                Some(_) => Some(BaseText::Text(attempt.settled_base())),
                None => settled,
            };
            Merged { text: Some(text), base, drift, conflict }
        }
    }
}

/// What two texts differ in, in GitLab's bytes and with its ticks, so that it is nothing else.
fn between(gitlab: &str, files: &str) -> Option<Sides> {
    if gitlab == files {
        return None;
    }
    let mut numbers = Numbers::default();
    let [one, other] = [gitlab, files].map(|text| Page::new(text, &mut numbers));
    let sides = || Sides { gitlab: gitlab.to_owned(), files: retell(&one, &other) };
    (!one.says(&other)).then(sides)
}

/// The texts aligned in one way, and what that makes of each hunk.
struct Attempt<'a> {
    base: &'a Page<'a>,
    spec: &'a Page<'a>,
    to_gitlab: Alignment,
    to_spec: Alignment,
    judged: Vec<(Hunk, Verdict)>,
}

impl<'a> Attempt<'a> {
    fn best(base: &'a Page<'a>, gitlab: &'a Page<'a>, spec: &'a Page<'a>) -> Self {
        let mut best = Self::new(base, gitlab, spec, ALGORITHMS[0]);
        let large = base.len() + gitlab.len() + spec.len() > MOST_LINES;
        for algorithm in &ALGORITHMS[1..] {
            if best.conflicts() == 0 || large {
                break;
            }
            let other = Self::new(base, gitlab, spec, *algorithm);
            if other.conflicts() < best.conflicts() {
                best = other;
            }
        }
        best
    }

    fn new(
        base: &'a Page<'a>,
        gitlab: &'a Page<'a>,
        spec: &'a Page<'a>,
        algorithm: Algorithm,
    ) -> Self {
        let mut to_gitlab = Alignment::new(base, gitlab, algorithm);
        let mut to_spec = Alignment::new(base, spec, algorithm);
        to_spec.agree(spec, gitlab, &to_gitlab);
        to_gitlab.agree(gitlab, spec, &to_spec);
        let court = Court::new([base, gitlab, spec], &to_gitlab, &to_spec);
        let hunks = hunks(base, spec, &to_spec).into_iter();
        let judged = hunks.map(|hunk| (hunk.clone(), court.judge(&hunk))).collect();
        Self { base, spec, to_gitlab, to_spec, judged }
    }

    fn conflicts(&self) -> usize {
        self.judged.iter().filter(|(_, v)| matches!(v, Verdict::Conflict(_))).count()
    }

    fn sheets<'s>(
        &'s self,
        text: &'s Page<'s>,
        to_text: &'s Alignment,
        files_boxes: bool,
    ) -> Sheets<'s> {
        let (base, spec, to_spec) = (self.base, self.spec, &self.to_spec);
        Sheets { base, text, spec, to_text, to_spec, files_boxes }
    }

    /// The hunks with certain verdicts, as a patch for GitLab's text.
    fn patch(&self, takes: impl Fn(&Verdict) -> bool) -> Patch {
        let mut patch = Patch::default();
        for (hunk, verdict) in self.judged.iter().filter(|(_, verdict)| takes(verdict)) {
            match (hunk, verdict) {
                (Hunk::Reword(old, _), Verdict::Conflict(people)) => {
                    patch.force.insert(*old);
                    patch.give_up(people);
                }
                (Hunk::Reword(old, _), Verdict::Clean(_) | Verdict::Agreed) => {
                    patch.reword.insert(*old);
                }
                (Hunk::Replace(old, new), Verdict::Clean(placing)) => {
                    patch.replace.push((old.clone(), new.clone(), placing.clone()));
                }
                (Hunk::Replace(old, new), Verdict::Agreed) => {
                    patch.replace.push((old.clone(), new.clone(), Placing::default()));
                }
                (Hunk::Replace(old, new), Verdict::Conflict(people)) => {
                    patch.replace.push((old.clone(), new.clone(), Placing::default()));
                    patch.give_up(people);
                }
            }
        }
        patch
    }

    /// The base with the files' side of all that is not in conflict.
    fn settled_base(&self) -> String {
        let mut patch = self.patch(|verdict| !matches!(verdict, Verdict::Conflict(_)));
        for (_, _, placing) in &mut patch.replace {
            *placing = Placing::default();
        }
        let identity = Alignment::identity(self.base);
        patched(&self.sheets(self.base, &identity, true), &patch)
    }
}
