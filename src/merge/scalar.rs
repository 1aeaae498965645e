//! One value: title, weight, milestone, dates, parent, a scope of labels, a table cell.

/// What is to happen with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing; GitLab holds what the files want, and the base knows it.
    Same,
    /// The files do not say: the field is people's.
    Theirs,
    /// Nothing in GitLab; the base takes the files' side.
    Record,
    /// GitLab takes the files' value.
    Write,
    /// The files set it once and no longer do, and nobody changed it since: emptied.
    Clear,
    /// People changed it: kept, the base stays.
    Drift,
    /// Both sides changed it: GitLab's side is kept and reported.
    Conflict,
    /// Both sides changed it, and people settled it: GitLab's side is kept, the base takes the files'.
    Keep,
}

impl Verdict {
    /// Tells whether the field is sent to GitLab.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Clear)
    }

    /// Tells whether the base takes the files' side.
    #[must_use]
    pub fn settles(self) -> bool {
        !matches!(self, Self::Drift | Self::Conflict)
    }

    /// The verdict after people said how conflicts are settled.
    #[must_use]
    pub fn settled(self, on_conflict: OnConflict) -> Self {
        match (self, on_conflict) {
            (Self::Conflict, OnConflict::Keep) => Self::Keep,
            (Self::Conflict, OnConflict::Spec) => Self::Write,
            (verdict, _) => verdict,
        }
    }
}

/// How what both sides changed is settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Not at all: GitLab's side stays, and every run reports it.
    #[default]
    Report,
    /// GitLab's side stays, and the files take it for settled.
    Keep,
    /// The files' side is written.
    Spec,
    /// As `Report`; and nothing at all is written while there is a conflict.
    Fail,
}

/// Decides one field; `None` is empty, absent or unknown.
///
/// An unknown base and a base in which the files wanted nothing come to the
/// same: an empty field is written, an equal one recorded, any other a conflict.
pub fn decide<T: PartialEq + ?Sized>(
    base: Option<&T>,
    gitlab: Option<&T>,
    spec: Option<&T>,
) -> Verdict {
    match (spec, base) {
        (None, None) => Verdict::Theirs,
        (None, Some(_)) if gitlab == base => Verdict::Clear,
        (None, Some(_)) => Verdict::Record,
        (Some(_), _) if gitlab == spec && base == spec => Verdict::Same,
        (Some(_), _) if gitlab == spec => Verdict::Record,
        (Some(_), _) if gitlab == base => Verdict::Write,
        (Some(_), _) if base == spec => Verdict::Drift,
        (Some(_), _) => Verdict::Conflict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table() {
        let cases = [
            // base, gitlab, spec, verdict
            (Some(1), Some(1), Some(1), Verdict::Same),
            (Some(1), Some(2), Some(2), Verdict::Record),
            (Some(1), Some(1), Some(2), Verdict::Write),
            (Some(1), Some(2), Some(1), Verdict::Drift),
            (Some(1), None, Some(1), Verdict::Drift),
            (Some(1), Some(2), Some(3), Verdict::Conflict),
            (Some(1), None, Some(3), Verdict::Conflict),
            (None, None, Some(1), Verdict::Write),
            (None, Some(1), Some(1), Verdict::Record),
            (None, Some(2), Some(1), Verdict::Conflict),
            (Some(1), Some(1), None, Verdict::Clear),
            (Some(1), Some(2), None, Verdict::Record),
            (None, Some(2), None, Verdict::Theirs),
            (None, None, None, Verdict::Theirs),
        ];
        for (base, gitlab, spec, verdict) in cases {
            let found = decide(base.as_ref(), gitlab.as_ref(), spec.as_ref());
            assert_eq!(found, verdict, "{base:?} {gitlab:?} {spec:?}");
        }
    }
}
