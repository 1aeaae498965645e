//! Progress on stderr: a bar on a terminal, a line an item elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::apply::{Event, Line, Outcome};

use super::clean::{clean_line, fit};

/// Follows an apply.
pub struct Progress {
    bar: Option<ProgressBar>,
    done: AtomicUsize,
    total: usize,
}

impl Progress {
    /// Starts; `total` is the number of changes.
    #[must_use]
    pub fn new(total: usize) -> Self {
        let bar =
            (std::io::stderr().is_terminal() && std::env::var_os("CI").is_none()).then(|| {
                let style = ProgressStyle::with_template(
                    "{bar:24} {pos}/{len}  {elapsed} (left {eta})  {wide_msg}",
                );
                let bar = ProgressBar::new(total as u64);
                bar.set_style(
                    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "),
                );
                bar.enable_steady_tick(Duration::from_millis(200));
                bar
            });
        Self { bar, done: AtomicUsize::new(0), total }
    }

    /// Starts one that shows that something is being read.
    #[must_use]
    pub fn reading(what: &str) -> Self {
        let bar =
            (std::io::stderr().is_terminal() && std::env::var_os("CI").is_none()).then(|| {
                let bar = ProgressBar::new_spinner().with_message(what.to_owned());
                bar.enable_steady_tick(Duration::from_millis(120));
                bar
            });
        Self { bar, done: AtomicUsize::new(0), total: 0 }
    }

    /// Takes an event in.
    pub fn on(&self, event: &Event<'_>) {
        let Event::Finished(line) = event;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let text = describe(line);
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(fit(&text, 60));
            }
            None => super::say(&format!("[{done}/{}] {text}", self.total)),
        }
    }

    /// Says that the instance asked to wait.
    pub fn waiting(&self, pause: Duration) {
        let text = format!("the instance asks to wait {} s", pause.as_secs());
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => super::say(&text),
        }
    }

    /// Clears the bar.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn describe(line: &Line) -> String {
    let reference = line.reference.as_deref().map(|r| format!(" {r}")).unwrap_or_default();
    let why = match &line.outcome {
        Outcome::Failed(error, _) => format!(": {error}"),
        Outcome::Skipped(reason) => format!(": {reason}"),
        _ => String::new(),
    };
    let text = format!(
        "{} {}{reference} {}{why}",
        line.outcome.as_str(),
        line.subject.as_str(),
        line.title
    );
    clean_line(&text)
}
