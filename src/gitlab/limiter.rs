//! One limiter a client: how many requests are under way, and when all pause.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Successes in a row after which one more request may be under way.
const RECOVER_AFTER: usize = 20;

type Hook = Arc<dyn Fn(Duration) + Send + Sync>;

/// Bounds the requests under way; halves on 429, recovers step by step.
pub(super) struct Limiter {
    semaphore: Arc<Semaphore>,
    state: Mutex<State>,
    sleeps: bool,
}

struct State {
    most: usize,
    limit: usize,
    /// Permits in use that are not given back, as the limit has sunk.
    debt: usize,
    successes: usize,
    /// Rises with each halving, so that requests sent together halve once.
    epoch: u64,
    resume_at: Option<Instant>,
    hook: Option<Hook>,
}

/// The right to send one request.
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    held: Option<OwnedSemaphorePermit>,
    epoch: u64,
}

impl Limiter {
    pub(super) fn new(parallelism: usize, sleeps: bool) -> Self {
        let most = parallelism.clamp(1, 64);
        Self {
            semaphore: Arc::new(Semaphore::new(most)),
            state: Mutex::new(State {
                most,
                limit: most,
                debt: 0,
                successes: 0,
                epoch: 0,
                resume_at: None,
                hook: None,
            }),
            sleeps,
        }
    }

    /// Sets who is told of waits.
    pub(super) fn on_wait(&self, hook: Hook) {
        self.state().hook = Some(hook);
    }

    /// Tells the hook of a wait that begins.
    pub(super) fn announce(&self, wait: Duration) {
        let hook = self.state().hook.clone();
        if let Some(hook) = hook.filter(|_| !wait.is_zero()) {
            hook(wait);
        }
    }

    /// Waits for a place and for the end of a common pause.
    pub(super) async fn enter(&self) -> Permit<'_> {
        // The semaphore is never closed; if it were, no limit is better than no request.
        let held = Arc::clone(&self.semaphore).acquire_owned().await.ok();
        loop {
            let resume_at = self.state().resume_at;
            match resume_at {
                Some(at) if at > Instant::now() => tokio::time::sleep_until(at).await,
                _ => break,
            }
        }
        let epoch = self.state().epoch;
        Permit { limiter: self, held, epoch }
    }

    /// How many requests may be under way now.
    pub(super) fn limit(&self) -> usize {
        self.state().limit
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

    /// Halves the limit, once for all requests that were under way, and makes all pause.
    pub(super) fn limited(self, pause: Duration) {
        let first = {
            let mut state = self.limiter.state();
            let first = state.epoch == self.epoch;
            if first {
                let half = (state.limit / 2).max(1);
                state.debt += state.limit - half;
                state.limit = half;
                state.epoch += 1;
            }
            state.successes = 0;
            if self.limiter.sleeps {
                let until = Instant::now() + pause;
                state.resume_at = Some(state.resume_at.map_or(until, |at| at.max(until)));
            }
            first
        };
        if first {
            self.limiter.announce(pause);
        }
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

    #[tokio::test]
    async fn requests_sent_together_halve_the_limit_once() {
        let limiter = Limiter::new(8, false);
        let (a, b) = (limiter.enter().await, limiter.enter().await);
        a.limited(Duration::from_secs(60));
        b.limited(Duration::from_secs(60));
        assert_eq!(limiter.limit(), 4);
        assert_eq!(limiter.semaphore.available_permits(), 4);
    }

    #[tokio::test]
    async fn the_limit_never_sinks_below_one_and_recovers_to_the_most() {
        let limiter = Limiter::new(2, false);
        for _ in 0..5 {
            limiter.enter().await.limited(Duration::ZERO);
        }
        assert_eq!(limiter.limit(), 1);
        assert_eq!(limiter.semaphore.available_permits(), 1);
        for _ in 0..100 {
            limiter.enter().await.succeeded();
        }
        assert_eq!(limiter.limit(), 2);
        assert_eq!(limiter.semaphore.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_pause_is_common_to_all_requests_and_announced_once() {
        let limiter = Limiter::new(4, true);
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        limiter.on_wait(Arc::new(move |d| sink.lock().unwrap().push(d)));
        let pause = Duration::from_millis(30);
        let (a, b) = (limiter.enter().await, limiter.enter().await);
        a.limited(pause);
        b.limited(pause);
        let before = Instant::now();
        limiter.enter().await.succeeded();
        assert!(before.elapsed() >= Duration::from_millis(25));
        assert_eq!(*told.lock().unwrap(), [pause]);
    }
}
