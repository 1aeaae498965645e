//! Progress on stderr: a bar on a terminal, a line an item elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::apply::{Event, Line, Outcome};
use crate::gitlab::{Limited, Slow, Wait, WaitCause};

use super::Talk;
use super::clean::{clean_line, fit};
use super::words::count;

/// Shorter waits are not worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(2);

/// The bar on the terminal, if there is one: whoever writes beside it has it step aside.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs something that writes to stderr while no bar is drawn.
pub(super) fn aside<T>(write: impl FnOnce() -> T) -> T {
    let bar = shown().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Takes the bar away.
pub(super) fn vanish() {
    if let Some(bar) = shown().take() {
        bar.finish_and_clear();
    }
}

/// A wait that is counted down: until when, and why.
type Countdown = Arc<Mutex<Option<(Instant, String)>>>;

/// Follows what takes its time.
pub struct Progress {
    bar: Option<ProgressBar>,
    countdown: Countdown,
    done: AtomicUsize,
    total: usize,
}

impl Progress {
    /// Follows an apply; `total` is the number of changes.
    #[must_use]
    pub fn new(total: usize) -> Self {
        let template = "{bar:20} {pos}/{len}  {pace}{wide_msg}";
        Self::with(template, total, ProgressBar::new(total as u64))
    }

    /// Shows that something is being read.
    #[must_use]
    pub fn reading(what: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        Self::with("{spinner} {pace}{wide_msg}", 0, bar)
    }

    fn with(template: &str, total: usize, bar: ProgressBar) -> Self {
        let countdown = Countdown::default();
        let wanted = super::talks(Talk::Usual)
            && std::io::stderr().is_terminal()
            && std::env::var_os("CI").is_none();
        let bar = wanted.then(|| {
            let waits = Arc::clone(&countdown);
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .with_key("pace", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                    let pace = remaining(&waits).unwrap_or_else(|| pace(state));
                    // A terminal that cannot be drawn on is no reason to stop.
                    let _ = out.write_str(&pace);
                })
                .progress_chars("=> ");
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(200));
            *shown() = Some(bar.clone());
            bar
        });
        Self { bar, countdown, done: AtomicUsize::new(0), total }
    }

    /// Takes an event in.
    pub fn on(&self, event: &Event<'_>) {
        let Event::Finished(line) = event;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let text = describe(line);
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(text);
            }
            None => super::say(&format!("[{done}/{}] {text}", self.total)),
        }
    }

    /// Says why requests wait, and for how long.
    pub fn waiting(&self, wait: &Wait) {
        if wait.length < WORTH_A_WORD {
            return;
        }
        let why = reason(&wait.cause);
        if self.bar.is_some() {
            let end = Instant::now() + wait.length;
            *self.countdown.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, why));
        } else {
            super::say(&format!("waiting {} s: {why}", seconds(wait.length)));
        }
    }

    /// Clears the bar.
    pub fn end(&self) {
        if self.bar.is_some() {
            vanish();
        }
    }
}

/// The whole seconds that a wait takes, rounded up.
fn seconds(length: Duration) -> u64 {
    length.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

/// What a wait still takes, while it lasts.
fn remaining(countdown: &Countdown) -> Option<String> {
    let countdown = countdown.lock().unwrap_or_else(PoisonError::into_inner);
    let (end, why) = countdown.as_ref()?;
    let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
    Some(format!("waiting {} s: {}  ", seconds(left), fit(why, 40)))
}

/// How fast it goes and how long that takes; before the first is done nothing is known.
fn pace(state: &ProgressState) -> String {
    let (rate, left) = (state.per_sec(), state.eta().as_secs());
    if state.pos() == 0 || !rate.is_finite() || state.len().is_none_or(|len| state.pos() >= len) {
        return String::new();
    }
    let rate = match rate {
        1.0.. => format!("{rate:.1}/s"),
        _ => format!("{:.0}/min", rate * 60.0),
    };
    let left = match left {
        0..100 => format!("{left} s"),
        _ => format!("{} min", left.div_ceil(60)),
    };
    format!("{rate}, {left} left  ")
}

fn things(limited: Limited) -> &'static str {
    match limited {
        Limited::Requests => "requests",
        Limited::Creations => "new items",
        Limited::Notes => "new comments",
    }
}

fn reason(cause: &WaitCause) -> String {
    match cause {
        WaitCause::Refused(limited) => {
            format!("no more {} are taken for now", things(*limited))
        }
        WaitCause::Spent(limited) => format!("no {} are left this minute", things(*limited)),
        WaitCause::Retry(why) => format!("then it is tried again: {}", clean_line(why)),
    }
}

/// Says before an apply how long a limit makes it last.
#[must_use]
pub fn slow(slow: &Slow) -> String {
    let Slow { limited, amount, rate, minutes } = slow;
    let minutes = count(usize::try_from(*minutes).unwrap_or(usize::MAX), "minute");
    let what = things(*limited);
    format!(
        "This takes about {minutes}: some {amount} {what} are to be sent, and the instance takes {rate} a minute."
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_announced_with_what_it_holds_up() {
        let notes = Slow { limited: Limited::Notes, amount: 340, rate: 60, minutes: 6 };
        assert_eq!(
            slow(&notes),
            "This takes about 6 minutes: some 340 new comments are to be sent, and the instance takes 60 a minute."
        );
    }

    #[test]
    fn a_wait_is_counted_down_in_whole_seconds_and_then_gone() {
        let countdown = Countdown::default();
        assert_eq!(remaining(&countdown), None);
        let end = Instant::now() + Duration::from_secs(3_600);
        *countdown.lock().unwrap() = Some((end, reason(&WaitCause::Spent(Limited::Notes))));
        let said = remaining(&countdown).unwrap();
        assert!(said.starts_with("waiting 3600 s: no new comments are left"), "{said}");
        *countdown.lock().unwrap() = Some((Instant::now(), "past".to_owned()));
        assert_eq!(remaining(&countdown), None);
        assert_eq!(seconds(Duration::from_millis(1_001)), 2);
    }
}
