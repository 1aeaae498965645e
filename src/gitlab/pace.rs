//! How long the client waits for what, in one place.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

/// All waits of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Whether it really sleeps; tests do not.
    pub sleeps: bool,
    /// First wait before a failed request is sent again; doubled each time.
    pub retry: Duration,
    /// How many times a failed request is sent again.
    pub retries: usize,
    /// Wait before looking for what a lost answer may have created.
    pub lost_answer: Duration,
    /// Pause after 429 when the instance does not say how long.
    pub rate_limit: Duration,
    /// The longest that one request waits for limits before it is given up.
    pub longest: Duration,
    /// Time for one connection.
    pub connect: Duration,
    /// Time for one whole request.
    pub timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            sleeps: true,
            retry: Duration::from_millis(500),
            retries: 5,
            lost_answer: Duration::from_secs(2),
            rate_limit: Duration::from_secs(60),
            longest: Duration::from_secs(900),
            connect: Duration::from_secs(15),
            timeout: Duration::from_secs(75),
        }
    }
}

impl Pace {
    /// The pace of tests: the same rules, but it never sleeps.
    #[must_use]
    pub fn none() -> Self {
        Self { sleeps: false, timeout: Duration::from_secs(10), ..Self::default() }
    }

    /// Sleeps, unless this is the pace of tests.
    pub async fn sleep(&self, duration: Duration) {
        if self.sleeps && !duration.is_zero() {
            tokio::time::sleep(duration).await;
        }
    }

    /// The waits before each further attempt: growing, with jitter, bounded.
    pub(super) fn backoff(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.retry)
            .with_max_delay(Duration::from_secs(30))
            .with_max_times(self.retries)
            .with_jitter()
            .build()
    }
}

/// The time since a client began; in tests it passes only by waiting.
pub(super) struct Clock {
    began: Instant,
    /// Milliseconds that were waited for without sleeping.
    skipped: AtomicU64,
    sleeps: bool,
}

impl Clock {
    pub(super) fn new(sleeps: bool) -> Self {
        Self { began: Instant::now(), skipped: AtomicU64::new(0), sleeps }
    }

    pub(super) fn now(&self) -> Duration {
        if self.sleeps {
            self.began.elapsed()
        } else {
            Duration::from_millis(self.skipped.load(Ordering::SeqCst))
        }
    }

    pub(super) async fn sleep_until(&self, at: Duration) {
        if self.sleeps {
            tokio::time::sleep(at.saturating_sub(self.now())).await;
        } else {
            let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
            self.skipped.fetch_max(millis, Ordering::SeqCst);
        }
    }
}
