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

/// The most problems that are kept; those beyond are only counted.
///
/// Nobody mends so many at once, and a file of 4 MiB can hold a million.
const MOST_KEPT: usize = 2000;

/// The longest word that is compared with others, in bytes; a longer one is no slip of the keys.
const LONGEST_WORD: usize = 200;

/// All problems found so far, each once.
#[derive(Debug, Default)]
pub struct Problems {
    all: Vec<Problem>,
    seen: std::collections::HashSet<Problem>,
    /// How many were kept elsewhere, where these belong to.
    elsewhere: usize,
    /// Errors and warnings beyond [`MOST_KEPT`].
    beyond: [usize; 2],
}

impl Problems {
    /// Starts problems that will be added to these with [`Problems::append`].
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { elsewhere: self.elsewhere + self.all.len(), ..Self::default() }
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        if self.is_full() {
            self.beyond[problem.severity as usize] += 1;
        } else if self.seen.insert(problem.clone()) {
            self.all.push(problem);
        }
    }

    /// Tells whether more problems are only counted, so that looking for their places is for nothing.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.elsewhere + self.all.len() >= MOST_KEPT
    }

    /// Adds many.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.push(problem);
        }
    }

    /// Adds all of others, also those that were only counted.
    pub fn append(&mut self, others: Self) {
        self.extend(others.all);
        for (count, more) in self.beyond.iter_mut().zip(others.beyond) {
            *count += more;
        }
    }

    /// Tells whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Counts those of one severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|p| p.severity == severity).count() + self.beyond[severity as usize]
    }

    /// Those that were kept, in reading order: file, then place.
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

/// The byte at or before a place that begins a character.
#[must_use]
pub fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// The candidate nearest to a mistyped word, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    candidates
        .into_iter()
        .filter(|c| c.len() <= LONGEST_WORD)
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
        assert_eq!(nearest(&"x".repeat(1 << 20), ["title"]), None);
    }

    #[test]
    fn problems_without_number_are_counted_and_not_kept() {
        let mut out = Problems::default();
        for n in 0..MOST_KEPT + 10 {
            let problem = Problem::error("a.toml", Some(n..n + 1), "wrong");
            out.push(if n < MOST_KEPT { problem.warning() } else { problem });
        }
        assert!(out.has_errors());
        assert_eq!((out.count(Severity::Warning), out.count(Severity::Error)), (MOST_KEPT, 10));
        assert_eq!(out.sorted().len(), MOST_KEPT);
        let mut beside = out.beside();
        assert!(beside.is_full());
        beside.push(Problem::error("b.toml", None, "wrong"));
        out.append(beside);
        assert_eq!((out.count(Severity::Error), out.sorted().len()), (11, MOST_KEPT));
    }
}
