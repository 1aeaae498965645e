//! What is wrong in the files, with the excerpt and the next step.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use crate::problem::{Problem, Problems, Severity, Sources, boundary};
use crate::unseen::is_unseen;

use super::clean::{clean_line, fit};
use super::words::count;

/// The most problems that are shown at once.
const MOST_SHOWN: usize = 200;
/// The longest sentence that is shown, in columns: a message may quote what stands in the file.
const LONGEST_SENTENCE: usize = 600;
/// How much is shown behind what a hint changes, in bytes: the renderer cuts no such line.
const BEHIND_PATCH: usize = 40;
/// The longest excerpt, in bytes; of a longer place only the beginning is shown.
const LONGEST_EXCERPT: usize = 2000;

/// Renders the problems in reading order, and their number.
#[must_use]
pub fn render(problems: &Problems, sources: &Sources, width: usize) -> String {
    let renderer = Renderer::styled().term_width(width);
    let mut out = String::new();
    for problem in problems.sorted().into_iter().take(MOST_SHOWN) {
        let excerpt = sources
            .get(&problem.file)
            .zip(problem.span.clone())
            .and_then(|(text, span)| Excerpt::of(text, span));
        out.push_str(&renderer.render(&report(problem, excerpt.as_ref())));
        out.push_str("\n\n");
    }
    out.push_str(&sums(problems));
    out
}

/// `2 errors, 1 warning`, on a line of its own; empty when there is nothing.
fn sums(problems: &Problems) -> String {
    let (errors, warnings) = (problems.count(Severity::Error), problems.count(Severity::Warning));
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| count(n, word))
        .collect();
    match errors + warnings {
        0 => String::new(),
        n if n > MOST_SHOWN => {
            format!("{}; the first {MOST_SHOWN} are shown\n", parts.join(", "))
        }
        _ => format!("{}\n", parts.join(", ")),
    }
}

/// The lines of a file that a problem is about, fit to be shown.
struct Excerpt {
    text: String,
    /// Number of its first line.
    line: usize,
    /// The place within it.
    span: Range<usize>,
}

impl Excerpt {
    /// Cuts the lines out; `None` if the place begins far inside a long line.
    fn of(text: &str, span: Range<usize>) -> Option<Self> {
        let start = boundary(text, span.start);
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if start - begin > LONGEST_EXCERPT / 2 {
            return None;
        }
        let last = boundary(text, span.end.max(start));
        let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
        let shown = &text[begin..boundary(text, end.min(begin + LONGEST_EXCERPT))];
        // Blanks of the same length, so that places stay right.
        let blank = |c: char| match is_unseen(c) && c != '\n' && c != '\t' {
            true => " ".repeat(c.len_utf8()),
            false => c.to_string(),
        };
        Some(Self {
            text: shown.chars().map(blank).collect(),
            line: text[..begin].matches('\n').count() + 1,
            span: start - begin..boundary(shown, last - begin),
        })
    }

    /// The excerpt up to so many bytes behind the place.
    fn snippet<'a, T: Clone>(&'a self, file: &'a str, behind: usize) -> Snippet<'a, T> {
        Snippet::source(&self.text[..boundary(&self.text, self.span.end + behind)])
            .line_start(self.line)
            .path(clean_line(file))
    }
}

/// A sentence of a problem, fit to be shown.
fn sentence(text: &str) -> String {
    fit(&clean_line(text), LONGEST_SENTENCE)
}

fn report<'a>(problem: &'a Problem, excerpt: Option<&'a Excerpt>) -> Vec<Group<'a>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(sentence(&problem.message));
    let main = match excerpt {
        Some(excerpt) => {
            let mark =
                AnnotationKind::Primary.span(excerpt.span.clone()).label(sentence(&problem.label));
            title.element(excerpt.snippet(&problem.file, LONGEST_EXCERPT).annotation(mark))
        }
        None => title.element(Origin::path(sentence(&problem.file))),
    };
    let mut groups = vec![main];
    match (&problem.patch, excerpt, &problem.hint) {
        (Some(patch), Some(excerpt), hint) => {
            let patch = sentence(patch);
            let said = hint
                .as_ref()
                .map_or_else(|| format!("did you mean `{patch}`?"), |hint| sentence(hint));
            let patched = excerpt
                .snippet(&problem.file, BEHIND_PATCH)
                .patch(Patch::new(excerpt.span.clone(), patch));
            groups.push(Level::HELP.secondary_title(said).element(patched));
        }
        (_, _, Some(hint)) => {
            groups.push(Group::with_title(Level::HELP.secondary_title(sentence(hint))));
        }
        (_, _, None) => {}
    }
    groups
}
