//! Questions on the terminal: asked on stderr, answered on stdin.
//!
//! Ctrl-C ends a question with an error of the kind `Interrupted` where the process lives on.

use std::io::{Error, IsTerminal, Result};

use dialoguer::console::Term;

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

/// Asks a yes-or-no question.
///
/// # Errors
/// The terminal cannot be read, or somebody pressed Ctrl-C.
pub fn agreement(question: &str, default: bool) -> Result<bool> {
    finished(dialoguer::Confirm::new().with_prompt(question).default(default).interact())
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
