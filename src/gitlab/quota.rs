//! How much an instance still takes, and when: what its headers say, what it
//! refused, and what is known of gitlab.com.
//!
//! Pure: a time is the time since the client began, and comes in from outside.

use std::collections::VecDeque;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Two answers speak of one window if its ends differ by no more than this.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// What an instance counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// Requests of all kinds.
    Requests,
    /// New epics, issues and tasks.
    Creations,
    /// New comments.
    Notes,
}

/// How many of each, for rates and for work to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts<T> {
    /// Requests of all kinds.
    pub requests: T,
    /// New epics, issues and tasks.
    pub creations: T,
    /// New comments.
    pub notes: T,
}

/// The rates a minute that are known.
pub type Rates = Amounts<Option<u64>>;

/// Work that a rate makes last for minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// What is limited.
    pub limited: Limited,
    /// How much of it there is to do.
    pub amount: u64,
    /// How much of it is allowed a minute.
    pub rate: u64,
    /// How many minutes it takes about.
    pub minutes: u64,
}

impl Rates {
    /// The documented limits of a host (`doc/user/gitlab_com/rate_limits.md`); other instances set their own.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        match host {
            "gitlab.com" => Self { requests: Some(2_000), creations: Some(200), notes: Some(60) },
            _ => Self::default(),
        }
    }

    /// The limit that makes the work last longest, if it does not fit into a minute.
    #[must_use]
    pub fn slowest(&self, work: &Amounts<u64>) -> Option<Slow> {
        let Self { requests, creations, notes } = *self;
        let all = [
            (Limited::Requests, work.requests, requests),
            (Limited::Creations, work.creations, creations),
            (Limited::Notes, work.notes, notes),
        ];
        let slow = all.into_iter().filter_map(|(limited, amount, rate)| {
            let rate = rate?.max(1);
            let minutes = amount.div_ceil(rate);
            (minutes > 1).then_some(Slow { limited, amount, rate, minutes })
        });
        slow.max_by_key(|slow| slow.minutes)
    }
}

/// What the headers of an answer say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// `RateLimit-Limit`: requests a minute.
    pub(super) rate: Option<u64>,
    /// `RateLimit-Remaining`.
    pub(super) left: Option<u64>,
    /// `RateLimit-Reset`, counted from the answer.
    pub(super) reset: Option<Duration>,
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    /// When to ask again.
    pub(super) until: Duration,
    /// What is used up; `None` while a pause lasts that was asked for.
    pub(super) spent: Option<Limited>,
}

/// Requests that the instance's own window still has.
#[derive(Debug, Clone, Copy)]
struct Window {
    left: u64,
    until: Duration,
}

/// What was sent of one kind in the last minute.
#[derive(Debug, Default)]
struct Minute {
    sent: VecDeque<Duration>,
    paused: Duration,
}

/// Books requests before they are sent.
#[derive(Debug, Default)]
pub(super) struct Quota {
    rates: Rates,
    window: Option<Window>,
    paused: Duration,
    creations: Minute,
    notes: Minute,
}

impl Quota {
    pub(super) fn new(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }

    /// The rates known by now.
    pub(super) fn rates(&self) -> Rates {
        self.rates
    }

    /// Takes a place for one request, or says when there may be one.
    pub(super) fn book(&mut self, limited: Limited, now: Duration) -> Result<(), Full> {
        if now < self.paused {
            return Err(Full { until: self.paused, spent: None });
        }
        self.window = self.window.filter(|window| now < window.until);
        if let Some(Window { left: 0, until }) = self.window {
            return Err(Full { until, spent: Some(Limited::Requests) });
        }
        let known = match limited {
            Limited::Requests => None,
            Limited::Creations => Some((&mut self.creations, self.rates.creations)),
            Limited::Notes => Some((&mut self.notes, self.rates.notes)),
        };
        if let Some((minute, rate)) = known {
            minute.book(limited, rate, now)?;
        }
        if let Some(window) = &mut self.window {
            window.left -= 1;
        }
        Ok(())
    }

    /// Takes in what an answer said.
    pub(super) fn heard(&mut self, heard: Heard, now: Duration) {
        self.rates.requests = heard.rate.filter(|rate| *rate > 0).or(self.rates.requests);
        let (Some(left), Some(reset)) = (heard.left, heard.reset) else { return };
        let until = now.saturating_add(reset);
        let same = self.window.filter(|known| known.until.abs_diff(until) <= SAME_WINDOW);
        // Answers may overtake each other, and requests under way are booked already.
        let left = same.map_or(left, |known| known.left.min(left));
        self.window = Some(Window { left, until });
    }

    /// Makes requests of a kind wait; all wait for a limit on requests.
    pub(super) fn pause(&mut self, limited: Limited, until: Duration) {
        let paused = match limited {
            Limited::Requests => &mut self.paused,
            Limited::Creations => &mut self.creations.paused,
            Limited::Notes => &mut self.notes.paused,
        };
        *paused = until.max(*paused);
    }
}

impl Minute {
    fn book(&mut self, limited: Limited, rate: Option<u64>, now: Duration) -> Result<(), Full> {
        if now < self.paused {
            return Err(Full { until: self.paused, spent: None });
        }
        while self.sent.front().is_some_and(|sent| *sent + MINUTE <= now) {
            self.sent.pop_front();
        }
        let Some(rate) = rate else { return Ok(()) };
        match self.sent.front() {
            Some(first) if self.sent.len() as u64 >= rate.max(1) => {
                Err(Full { until: *first + MINUTE, spent: Some(limited) })
            }
            _ => {
                self.sent.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn left(left: u64, reset: u64) -> Heard {
        Heard { rate: None, left: Some(left), reset: Some(at(reset)) }
    }

    #[test]
    fn what_the_headers_leave_is_used_up_and_then_waited_for() {
        let mut quota = Quota::default();
        assert_eq!(quota.book(Limited::Requests, at(0)), Ok(()));
        quota.heard(left(2, 30), at(1));
        assert_eq!(quota.book(Limited::Requests, at(1)), Ok(()));
        assert_eq!(quota.book(Limited::Notes, at(1)), Ok(()));
        let full = Full { until: at(31), spent: Some(Limited::Requests) };
        assert_eq!(quota.book(Limited::Creations, at(2)), Err(full));
        assert_eq!(quota.book(Limited::Creations, at(31)), Ok(()));
    }

    #[test]
    fn an_answer_that_was_overtaken_gives_nothing_back() {
        let mut quota = Quota::default();
        quota.heard(left(1, 30), at(1));
        assert_eq!(quota.book(Limited::Requests, at(1)), Ok(()));
        quota.heard(left(5, 29), at(2));
        assert!(quota.book(Limited::Requests, at(2)).is_err());
        quota.heard(left(5, 89), at(2));
        assert_eq!(quota.book(Limited::Requests, at(2)), Ok(()), "a new window");
    }

    #[test]
    fn a_window_without_end_is_no_reason_to_panic() {
        let mut quota = Quota::default();
        quota.heard(left(0, u64::MAX), at(5));
        assert_eq!(quota.book(Limited::Requests, at(6)).unwrap_err().until, Duration::MAX);
    }

    #[test]
    fn known_rates_are_kept_in_every_minute_and_each_for_itself() {
        let mut quota = Quota::new(Rates { notes: Some(2), ..Rates::default() });
        assert_eq!(quota.book(Limited::Notes, at(0)), Ok(()));
        assert_eq!(quota.book(Limited::Notes, at(10)), Ok(()));
        let full = Full { until: at(60), spent: Some(Limited::Notes) };
        assert_eq!(quota.book(Limited::Notes, at(20)), Err(full));
        assert_eq!(quota.book(Limited::Creations, at(20)), Ok(()));
        assert_eq!(quota.book(Limited::Notes, at(60)), Ok(()));
        assert_eq!(quota.book(Limited::Notes, at(61)).unwrap_err().until, at(70));
    }

    #[test]
    fn a_pause_of_one_kind_lets_the_others_go_on() {
        let mut quota = Quota::default();
        quota.pause(Limited::Creations, at(60));
        assert_eq!(quota.book(Limited::Requests, at(1)), Ok(()));
        assert_eq!(quota.book(Limited::Creations, at(1)), Err(Full { until: at(60), spent: None }));
        quota.pause(Limited::Requests, at(30));
        assert!(quota.book(Limited::Notes, at(1)).is_err());
        assert_eq!(quota.book(Limited::Notes, at(30)), Ok(()));
    }

    #[test]
    fn the_slowest_work_is_told_once_it_takes_more_than_a_minute() {
        let rates = Rates::of_host("gitlab.com");
        let work = |creations, notes| Amounts { requests: 0, creations, notes };
        assert_eq!(rates.slowest(&work(200, 60)), None);
        let slow = rates.slowest(&work(1_000, 340)).unwrap();
        assert_eq!((slow.limited, slow.minutes, slow.rate), (Limited::Notes, 6, 60));
        assert_eq!(Rates::of_host("gitlab.example.com").slowest(&work(9_999, 9_999)), None);
    }
}
