//! The only place that prints. Results go to stdout, talk to stderr.
//!
//! Nothing flows back from here. Text that came from GitLab or a file passes
//! `clean` before it reaches a terminal.

pub mod clean;
pub mod diff;
pub mod html;
pub mod json;
pub mod markdown;
pub mod pager;
pub mod plan;
pub mod problems;
pub mod progress;
pub mod prompt;
pub mod pull;
pub mod report;
pub mod status;
pub mod verbose;
mod words;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use dialoguer::console::Term;

pub use clean::clean;
pub use words::{count, paragraph};

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

/// How much is said beside results and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Nothing.
    Quiet,
    /// What people want to know while they wait.
    Usual,
    /// Each request, too.
    Verbose,
}

static TALK: AtomicU8 = AtomicU8::new(Talk::Usual as u8);

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

/// Settles for the whole process how much is said.
pub fn set_talk(talk: Talk) {
    TALK.store(talk as u8, Ordering::Relaxed);
}

/// Tells whether at least so much is to be said.
#[must_use]
pub fn talks(talk: Talk) -> bool {
    TALK.load(Ordering::Relaxed) >= talk as u8
}

/// Prints a result.
///
/// # Errors
/// Stdout cannot be written; a reader that left early is not an error.
pub fn print(text: &str) -> std::io::Result<()> {
    finished(anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Says something on stderr, unless nothing but results and errors is wanted.
pub fn say(text: &str) {
    if talks(Talk::Usual) {
        insist(text);
    }
}

/// Says something on stderr in any case; that it cannot be heard is no reason to stop.
pub fn insist(text: &str) {
    progress::aside(|| {
        let mut out = anstream::stderr().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
    });
}

/// Says what is odd, though it works.
pub fn warn(text: &str) {
    say(&format!("{} {}", words::styled(words::CHANGED, "warning:"), clean(text)));
}

/// Says why a command stopped, and what to do next.
pub fn failed(message: &str, hint: Option<&str>) {
    if message.is_empty() {
        return;
    }
    insist(&format!("{} {}", words::styled(words::REMOVED, "error:"), clean(message)));
    if let Some(hint) = hint {
        let columns = Term::stderr().size_checked().map(|(_, columns)| usize::from(columns));
        let hint =
            words::hanging(words::NOTE, "hint:", &clean(hint), columns.unwrap_or(usize::MAX));
        insist(&format!("\n{}", hint.trim_end()));
    }
}

fn finished(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Leaves the terminal as it was, for a process that ends without coming back.
pub fn leave() {
    progress::vanish();
    if std::io::stderr().is_terminal() {
        let term = dialoguer::console::Term::stderr();
        // The terminal shows ^C where the cursor was.
        let _ = term.show_cursor().and_then(|()| term.write_line(""));
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
    let (_, columns) = Term::stdout().size();
    usize::from(columns).clamp(40, 200)
}

/// Asks a yes-or-no question on the terminal, answered by a line; `None` if there is none.
///
/// # Errors
/// The terminal cannot be read.
pub fn ask(question: &str) -> std::io::Result<Option<bool>> {
    prompt::is_possible().then(|| prompt::agreement(question, false)).transpose()
}
