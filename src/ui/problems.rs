//! What is wrong in the files, with the excerpt and the next step.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use crate::problem::{Problem, Problems, Severity, Sources};

use super::clean::{clean, clean_line};
use super::words::count;

/// Renders all problems in reading order, and their number.
#[must_use]
pub fn render(problems: &Problems, sources: &Sources, width: usize) -> String {
    let renderer = Renderer::styled().term_width(width);
    let mut out = String::new();
    for problem in problems.sorted() {
        let source = sources.get(&problem.file).map(blanked);
        out.push_str(&renderer.render(&report(problem, source.as_deref())));
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
    if parts.is_empty() { String::new() } else { format!("{}\n", parts.join(", ")) }
}

/// Control characters as blanks of the same length, so that places stay right.
fn blanked(source: &str) -> String {
    source
        .chars()
        .map(|c| match clean(&c.to_string()).is_empty() {
            true => " ".repeat(c.len_utf8()),
            false => c.to_string(),
        })
        .collect()
}

fn report<'a>(problem: &'a Problem, source: Option<&'a str>) -> Vec<Group<'a>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(clean_line(&problem.message));
    let place = source.zip(problem.span.clone()).filter(|(source, span)| span.end <= source.len());
    let main = match place.clone() {
        Some((source, span)) => {
            let mark = AnnotationKind::Primary.span(span).label(clean_line(&problem.label));
            title.element(Snippet::source(source).path(&problem.file).annotation(mark))
        }
        None => title.element(annotate_snippets::Origin::path(&problem.file)),
    };
    let mut groups = vec![main];
    match (&problem.patch, place, &problem.hint) {
        (Some(patch), Some((source, span)), hint) => {
            let said = hint
                .as_ref()
                .map_or_else(|| format!("did you mean `{patch}`?"), |hint| clean_line(hint));
            let patched =
                Snippet::source(source).path(&problem.file).patch(Patch::new(span, patch.as_str()));
            groups.push(Level::HELP.secondary_title(said).element(patched));
        }
        (_, _, Some(hint)) => {
            groups.push(Group::with_title(Level::HELP.secondary_title(clean_line(hint))));
        }
        (_, _, None) => {}
    }
    groups
}
