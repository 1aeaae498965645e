//! What is wrong in the files a user wrote: collected all at once, shown once.
//!
//! A problem names its file and place, says what is wrong and what to do next.
//! Nothing here prints; `ui::problems` does.

use std::ops::Range;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is planned or written while one of these stands.
    Error,
    /// Advice; it can be waived with a reason under `[waive]`.
    Warning,
}

/// One thing wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file as the user would name it, a key of [`Sources`].
    pub file: String,
    /// Byte range of the excerpt; `None` when the whole file is meant.
    pub span: Option<Range<usize>>,
    /// One sentence fragment: what is wrong, without a full stop.
    pub message: String,
    /// A short note at the marked place, empty if the message says it all.
    pub label: String,
    /// The next step, without a full stop.
    pub hint: Option<String>,
    /// The text that would mend the marked place, such as the nearest known key.
    pub patch: Option<String>,
}

impl Problem {
    /// Starts an error at a place of a file.
    pub fn error(file: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            span,
            message: message.into(),
            label: String::new(),
            hint: None,
            patch: None,
        }
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Adds the note shown at the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the replacement for the marked place.
    #[must_use]
    pub fn patch(mut self, patch: impl Into<String>) -> Self {
        self.patch = Some(patch.into());
        self
    }
}

/// All problems found so far, each once.
#[derive(Debug, Default)]
pub struct Problems {
    all: Vec<Problem>,
    seen: std::collections::HashSet<Problem>,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        if self.seen.insert(problem.clone()) {
            self.all.push(problem);
        }
    }

    /// Adds many.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.push(problem);
        }
    }

    /// Tells whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|p| p.severity == Severity::Error)
    }

    /// Counts those of one severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|p| p.severity == severity).count()
    }

    /// All of them in reading order: file, then place.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|p| (p.file.clone(), p.span.as_ref().map_or(0, |s| s.start), p.severity));
        all
    }
}

/// The texts of the files that problems point into, by the name shown to the user.
#[derive(Debug, Default)]
pub struct Sources(std::collections::BTreeMap<String, String>);

impl Sources {
    /// Remembers a file's text under the name that problems use.
    pub fn insert(&mut self, file: impl Into<String>, text: impl Into<String>) {
        self.0.insert(file.into(), text.into());
    }

    /// The text of a file, if it was read.
    #[must_use]
    pub fn get(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(String::as_str)
    }
}

/// The candidate nearest to a mistyped word, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(distance, c)| *distance <= (c.len().max(word.len()) / 3).max(1))
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_offered() {
        assert_eq!(nearest("titel", ["title", "weight"]), Some("title"));
        assert_eq!(nearest("colour", ["title", "weight"]), None);
    }
}
