//! How `new` comes to know a thing: from its flag, else by a question, else by a default.

use crate::cli::{Exit, Failure};
use crate::ui::{self, prompt};

/// Comes to know things one after another, and remembers which flags were wrong.
pub(super) struct Settler {
    /// Whether there is somebody to ask.
    asks: bool,
    faults: Vec<String>,
}

/// One thing to know.
pub(super) struct Want<'w> {
    /// The flag that gives it, for messages.
    pub(super) flag: &'w str,
    pub(super) given: Option<&'w str>,
    /// What is said of it first, if the question alone would be too long.
    pub(super) about: &'w str,
    pub(super) question: &'w str,
    pub(super) default: Option<&'w str>,
    pub(super) check: prompt::Check<'w>,
}

impl Settler {
    pub(super) fn new(asks: bool) -> Self {
        Self { asks, faults: Vec::new() }
    }

    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Answers the thing; nothing if nobody gave, answered or proposed any.
    pub(super) fn settle(&mut self, want: &Want<'_>) -> Result<Option<String>, Failure> {
        let Want { flag, given, about, question, default, check } = want;
        let answer = match given {
            Some(given) => {
                if let Err(why) = check(given) {
                    self.fault(format!("{flag}: {why}"));
                }
                (*given).to_owned()
            }
            None if self.asks => {
                // Nobody answers questions only to hear then that a flag was wrong.
                self.finish()?;
                if !about.is_empty() {
                    ui::say(&format!("\n{}", ui::paragraph(about, 0, ui::width()).trim_end()));
                }
                prompt::line(question, *default, *check)?
            }
            None => default.unwrap_or_default().to_owned(),
        };
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    /// Remembers what is wrong.
    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// Fails if anything was wrong, with all of it.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(Failure::new(self.faults.join("\n       "))
            .hint("nothing was written; `epictree new --help` has examples")
            .ends_with(Exit::Usage))
    }
}
