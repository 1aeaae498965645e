//! One limiter a client: how many requests are under way, when they pause, and
//! that nothing more is begun once the user asked to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::error::GitlabError;
use super::pace::{Clock, Pace};
use super::quota::{Full, Heard, Limited, Quota, Rates};
use super::watch::{Wait, WaitCause};

/// Successes in a row after which one more request may be under way.
const RECOVER_AFTER: usize = 20;

type Hook = Arc<dyn Fn(&Wait) + Send + Sync>;

/// Bounds the requests under way; halves on 429, recovers step by step.
pub(super) struct Limiter {
    semaphore: Arc<Semaphore>,
    state: Mutex<State>,
    clock: Clock,
    longest: Duration,
    stop: watch::Sender<bool>,
}

struct State {
    most: usize,
    limit: usize,
    /// Permits in use that are not given back, as the limit has sunk.
    debt: usize,
    successes: usize,
    /// Rises with each halving, so that requests sent together halve once.
    epoch: u64,
    quota: Quota,
    /// The end of the pause that was told last: many wait for one end.
    told: Duration,
    hook: Option<Hook>,
}

/// The right to send one request.
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    held: Option<OwnedSemaphorePermit>,
    epoch: u64,
}

impl Limiter {
    pub(super) fn new(parallelism: usize, pace: &Pace, rates: Rates) -> Self {
        let most = parallelism.clamp(1, 64);
        Self {
            semaphore: Arc::new(Semaphore::new(most)),
            state: Mutex::new(State {
                most,
                limit: most,
                debt: 0,
                successes: 0,
                epoch: 0,
                quota: Quota::new(rates),
                told: Duration::ZERO,
                hook: None,
            }),
            clock: Clock::new(pace.sleeps),
            longest: pace.longest,
            stop: watch::Sender::new(false),
        }
    }

    /// Sets who is told of waits.
    pub(super) fn on_wait(&self, hook: Hook) {
        self.state().hook = Some(hook);
    }

    /// Ends all waits, and lets no request wait any more.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits for a place, for the end of pauses and for room within the rates.
    ///
    /// # Errors
    /// The wait would be too long, or was ended by `stop`.
    pub(super) async fn enter(&self, limited: Limited) -> Result<Permit<'_>, GitlabError> {
        loop {
            let held = self.place().await?;
            let (booked, epoch) = {
                let mut state = self.state();
                (state.quota.book(limited, self.clock.now()), state.epoch)
            };
            // A permit also when there is no room: it pays back what the limit has sunk by.
            let permit = Permit { limiter: self, held, epoch };
            let Err(Full { until, spent }) = booked else { return Ok(permit) };
            drop(permit);
            let length = until.saturating_sub(self.clock.now());
            if length > self.longest {
                return Err(GitlabError::RateLimited { after: Some(length) });
            }
            let cause = spent.map_or(WaitCause::Refused(limited), WaitCause::Spent);
            self.wait(cause, length).await?;
        }
    }

    /// Waits for a place among the requests under way.
    async fn place(&self) -> Result<Option<OwnedSemaphorePermit>, GitlabError> {
        if let Ok(held) = Arc::clone(&self.semaphore).try_acquire_owned() {
            return Ok(Some(held));
        }
        tokio::select! {
            biased;
            () = self.stopped() => Err(GitlabError::Interrupted),
            // The semaphore is never closed; if it were, no limit is better than no request.
            held = Arc::clone(&self.semaphore).acquire_owned() => Ok(held.ok()),
        }
    }

    /// Waits, tells why, and is woken by `stop`.
    pub(super) async fn wait(&self, cause: WaitCause, length: Duration) -> Result<(), GitlabError> {
        let until = self.clock.now() + length;
        self.tell(cause, until, length);
        tokio::select! {
            biased;
            () = self.stopped() => Err(GitlabError::Interrupted),
            () = self.clock.sleep_until(until) => Ok(()),
        }
    }

    /// Tells of a wait, unless one is told that ends no sooner.
    fn tell(&self, cause: WaitCause, until: Duration, length: Duration) {
        let hook = {
            let mut state = self.state();
            let news = until > state.told;
            state.told = state.told.max(until);
            state.hook.clone().filter(|_| news && !length.is_zero())
        };
        if let Some(hook) = hook {
            hook(&Wait { cause, length });
        }
    }

    async fn stopped(&self) {
        // An error means that the sender is gone, and with it this limiter.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// How many requests may be under way now.
    pub(super) fn limit(&self) -> usize {
        self.state().limit
    }

    /// The rates known by now.
    pub(super) fn rates(&self) -> Rates {
        self.state().quota.rates()
    }

    /// Takes in what the headers of an answer said.
    pub(super) fn heard(&self, heard: Heard) {
        self.state().quota.heard(heard, self.clock.now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Counts a request that was answered.
    pub(super) fn succeeded(self) {
        let mut state = self.limiter.state();
        state.successes += 1;
        if state.limit < state.most && state.successes >= RECOVER_AFTER {
            state.successes = 0;
            state.limit += 1;
            if state.debt > 0 {
                state.debt -= 1;
            } else {
                self.limiter.semaphore.add_permits(1);
            }
        }
    }

    /// Halves the limit, once for all requests that were under way, and makes requests of this kind pause.
    pub(super) fn limited(self, limited: Limited, pause: Duration) {
        let until = self.limiter.clock.now() + pause;
        {
            let mut state = self.limiter.state();
            if state.epoch == self.epoch {
                let half = (state.limit / 2).max(1);
                state.debt += state.limit - half;
                state.limit = half;
                state.epoch += 1;
            }
            state.successes = 0;
            state.quota.pause(limited, until);
        }
        self.limiter.tell(WaitCause::Refused(limited), until, pause);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        if state.debt > 0
            && let Some(held) = self.held.take()
        {
            held.forget();
            state.debt -= 1;
        }
        let idle = self.limiter.semaphore.forget_permits(state.debt);
        state.debt -= idle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Limited = Limited::Requests;

    fn limiter(parallelism: usize) -> Limiter {
        Limiter::new(parallelism, &Pace::none(), Rates::default())
    }

    async fn enter(limiter: &Limiter) -> Permit<'_> {
        limiter.enter(ALL).await.unwrap()
    }

    #[tokio::test]
    async fn requests_sent_together_halve_the_limit_once() {
        let limiter = limiter(8);
        let (a, b) = (enter(&limiter).await, enter(&limiter).await);
        a.limited(ALL, Duration::from_secs(60));
        b.limited(ALL, Duration::from_secs(60));
        assert_eq!(limiter.limit(), 4);
        assert_eq!(limiter.semaphore.available_permits(), 4);
    }

    #[tokio::test]
    async fn the_limit_never_sinks_below_one_and_recovers_to_the_most() {
        let limiter = limiter(2);
        for _ in 0..5 {
            enter(&limiter).await.limited(ALL, Duration::ZERO);
        }
        assert_eq!(limiter.limit(), 1);
        assert_eq!(limiter.semaphore.available_permits(), 1);
        for _ in 0..100 {
            enter(&limiter).await.succeeded();
        }
        assert_eq!(limiter.limit(), 2);
        assert_eq!(limiter.semaphore.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_pause_is_common_to_all_requests_and_told_once() {
        let limiter = limiter(4);
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        limiter.on_wait(Arc::new(move |wait: &Wait| sink.lock().unwrap().push(wait.clone())));
        let pause = Duration::from_secs(30);
        let (a, b) = (enter(&limiter).await, enter(&limiter).await);
        a.limited(ALL, pause);
        b.limited(ALL, pause);
        enter(&limiter).await.succeeded();
        assert_eq!(limiter.clock.now(), pause);
        let wait = Wait { cause: WaitCause::Refused(ALL), length: pause };
        assert_eq!(*told.lock().unwrap(), [wait]);
    }

    #[tokio::test]
    async fn nothing_waits_once_it_was_stopped() {
        let limiter = limiter(1);
        limiter.stop();
        let under_way = enter(&limiter).await;
        assert_eq!(limiter.enter(ALL).await.err(), Some(GitlabError::Interrupted), "queued");
        under_way.limited(ALL, Duration::from_secs(30));
        assert_eq!(limiter.enter(ALL).await.err(), Some(GitlabError::Interrupted), "paused");
    }
}
