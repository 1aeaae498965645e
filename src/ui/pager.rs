//! Shows what is longer than the screen page by page.
//!
//! As git does: only on a terminal, through `EPICTREE_PAGER`, `PAGER` or `less`, which ends by
//! itself where all fits, leaves the text on the screen and shows colours.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::adapter::strip_str;
use dialoguer::console::{Term, measure_text_width};

/// The pager of whoever names none.
const PAGER: &str = "less";
/// What `less` is told, unless `LESS` says something else.
const LESS: &str = "FRX";

/// Whether a pager may be started at all.
static ALLOWED: AtomicBool = AtomicBool::new(true);

/// Settles for the whole process that nothing is paged.
pub fn forbid() {
    ALLOWED.store(false, Ordering::Relaxed);
}

/// Prints a result, page by page if it is longer than the screen.
///
/// # Errors
/// Stdout cannot be written; a reader that left early is not an error.
pub fn show(text: &str) -> std::io::Result<()> {
    let pager = wanted().filter(|_| !fits(text)).and_then(|words| start(&words));
    let Some(mut pager) = pager else {
        return super::print(text);
    };
    let plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    let text = if plain { strip_str(text).to_string() } else { text.to_owned() };
    // Taken out and dropped after the write: its end is what tells the pager of the text's.
    let written = pager.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    pager.wait()?;
    super::finished(written)
}

/// Tells whether text for stdout may hold links: the terminal knows them, and what pages lets them through.
pub(super) fn takes_links() -> bool {
    let lets_through = |words: Vec<String>| {
        words
            .first()
            .and_then(|program| Path::new(program).file_stem())
            .is_some_and(|name| name == PAGER)
    };
    super::is_terminal()
        && supports_hyperlinks::supports_hyperlinks()
        && wanted().is_none_or(lets_through)
}

/// The words of the pager's command line, if there is to be one.
fn wanted() -> Option<Vec<String>> {
    if !ALLOWED.load(Ordering::Relaxed) || !super::is_terminal() {
        return None;
    }
    let named = ["EPICTREE_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok());
    words(named.as_deref().unwrap_or(PAGER))
}

/// Nothing and `cat` are no pager; nor is what cannot be read as a command line.
fn words(line: &str) -> Option<Vec<String>> {
    let words = shell_words::split(line).ok()?;
    words.first().is_some_and(|program| program != "cat").then_some(words)
}

fn start(words: &[String]) -> Option<Child> {
    let (program, args) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    command.spawn().ok()
}

fn fits(text: &str) -> bool {
    let (rows, columns) = Term::stdout().size();
    let columns = usize::from(columns.max(1));
    let taken = text.lines().map(|line| measure_text_width(line).div_ceil(columns).max(1));
    // The last row is the shell's.
    taken.sum::<usize>() < usize::from(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_is_a_command_line_and_cat_is_none() {
        assert_eq!(words("less -R '+/a b'").unwrap(), ["less", "-R", "+/a b"]);
        for none in ["", "  ", "cat", "cat -v", "less 'open"] {
            assert_eq!(words(none), None, "{none:?}");
        }
    }
}
