//! Texts of a tool file that open a comment or a code block and never close it.

use super::markdown::unclosed as find;
use crate::problem::Problems;
use crate::source::Span;
use crate::spec::Spec;

/// Reports them: each would swallow what the template says behind it. `file` is the tool file's text.
pub fn unclosed(spec: &Spec, file: &str, out: &mut Problems) {
    for (text, span) in spec.raw.texts() {
        let Some((line, close)) = find(text) else { continue };
        let opens = if close == "-->" { "an HTML comment" } else { "a code block" };
        let message = format!("this text opens {opens} and never closes it");
        let place = place(span, file, line.trim());
        out.push(
            place
                .error(message)
                .label("would swallow what follows in the description")
                .hint(format!("close it with `{close}`, or put it into a code span")),
        );
    }
}

/// The line of a text within the file, or the whole text if it is written with escapes.
fn place(span: &Span, file: &str, line: &str) -> Span {
    let found = file.get(span.range.clone()).and_then(|text| text.rfind(line));
    match found {
        Some(at) => {
            let start = span.range.start + at;
            Span { file: span.file.clone(), range: start..start + line.len() }
        }
        None => span.clone(),
    }
}
