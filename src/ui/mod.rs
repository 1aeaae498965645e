//! The only place that prints. Results go to stdout, talk to stderr.
//!
//! Nothing flows back from here. Text that came from GitLab or a file passes
//! `clean` before it reaches a terminal.

pub mod clean;
pub mod diff;
pub mod html;
pub mod json;
pub mod plan;
pub mod problems;
pub mod progress;
pub mod report;
mod words;

use std::io::{IsTerminal, Write};

pub use clean::clean;
pub use words::count;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// As `NO_COLOR`, `CLICOLOR_FORCE` and the terminal say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How wide lines are where nobody looks at a terminal.
const WIDTH: usize = 100;

/// Settles for the whole process when to colour.
pub fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints a result.
///
/// # Errors
/// Stdout cannot be written; a reader that left early is not an error.
pub fn print(text: &str) -> std::io::Result<()> {
    finished(anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Says something on stderr; that it cannot be heard is no reason to stop.
pub fn say(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
}

/// Says why a command stopped, and what to do next.
pub fn failed(message: &str, hint: Option<&str>) {
    if message.is_empty() {
        return;
    }
    say(&format!("{} {}", words::styled(words::REMOVED, "error:"), clean(message)));
    if let Some(hint) = hint {
        say(&format!("\n{} {}", words::styled(words::NOTE, "hint:"), clean(hint)));
    }
}

fn finished(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells whether somebody looks at stdout on a terminal.
#[must_use]
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Columns of the terminal behind stdout.
#[must_use]
pub fn width() -> usize {
    if !is_terminal() {
        return WIDTH;
    }
    let (_, columns) = dialoguer::console::Term::stdout().size();
    usize::from(columns).clamp(40, 200)
}

/// Asks a yes-or-no question on the terminal; `None` if there is none.
///
/// # Errors
/// The terminal cannot be read.
pub fn ask(question: &str) -> std::io::Result<Option<bool>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let answer = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
    match answer {
        Ok(yes) => Ok(Some(yes)),
        Err(dialoguer::Error::IO(error)) => Err(error),
    }
}
