//! Questions on the terminal: asked on stderr, answered on stdin.
//!
//! Ctrl-C ends a question with an error of the kind `Interrupted` where the process lives on.

use std::io::{BufRead, Error, IsTerminal, Result, Write};

use dialoguer::console::Term;

use super::clean::clean_line;
use super::words::{BOLD, styled};

/// Tells what is wrong with an answer.
pub type Check<'c> = &'c dyn Fn(&str) -> std::result::Result<(), String>;

/// Tells whether there is somebody to ask.
#[must_use]
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for one line until the check takes it; without a default nothing may be answered by nothing.
///
/// # Errors
/// The terminal cannot be read, or somebody pressed Ctrl-C.
pub fn line(question: &str, default: Option<&str>, check: Check<'_>) -> Result<String> {
    let mut input = dialoguer::Input::<String>::new()
        .with_prompt(question)
        .allow_empty(true)
        .validate_with(|answer: &String| check(answer.trim()));
    if let Some(default) = default {
        input = input.default(default.to_owned());
    }
    Ok(finished(input.interact_text())?.trim().to_owned())
}

/// Asks for one of some options, by its place.
///
/// # Errors
/// The terminal cannot be read, or somebody pressed Ctrl-C.
pub fn choice(question: &str, options: &[&str], default: usize) -> Result<usize> {
    let select = dialoguer::Select::new().with_prompt(question).items(options).default(default);
    finished(select.interact())
}

/// Asks a yes-or-no question, answered by a line; nothing but a plain yes is one, and an empty
/// line is the default.
///
/// # Errors
/// The terminal cannot be read.
pub fn agreement(question: &str, default: bool) -> Result<bool> {
    let mut out = anstream::stderr();
    let choices = if default { "[Y/n]" } else { "[y/N]" };
    write!(out, "{} {choices} ", styled(BOLD, &clean_line(question)))?;
    out.flush()?;
    if let Some(yes) = answer(&mut std::io::stdin().lock(), default)? {
        return Ok(yes);
    }
    writeln!(out)?;
    Ok(false)
}

/// Reads one line; `None` at the end of input.
fn answer(input: &mut impl BufRead, default: bool) -> Result<Option<bool>> {
    let mut line = String::new();
    let read = input.read_line(&mut line)?;
    let yes = match line.trim().to_ascii_lowercase().as_str() {
        "" => default,
        said => matches!(said, "y" | "yes"),
    };
    Ok((read > 0).then_some(yes))
}

/// A question that broke off leaves the cursor hidden and its line open.
fn finished<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.map_err(|error| {
        let term = Term::stderr();
        let _ = term.show_cursor().and_then(|()| term.write_line(""));
        let dialoguer::Error::IO(error) = error;
        Error::new(error.kind(), error)
    })
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn a_question_takes_a_whole_line_and_only_yes_for_yes() {
        let said = |text: &str, default| answer(&mut text.as_bytes(), default).unwrap();
        for default in [true, false] {
            for yes in ["y\n", "Y\r\n", " yes \n"] {
                assert_eq!(said(yes, default), Some(true), "{yes:?}");
            }
            for no in ["n\n", "yess\n", "x\n", "\u{1b}[Ay\n"] {
                assert_eq!(said(no, default), Some(false), "{no:?}");
            }
            assert_eq!(said("\n", default), Some(default));
            assert_eq!(said("", default), None);
        }
    }
}
