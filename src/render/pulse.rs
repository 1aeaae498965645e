//! What is being rendered now, for whoever watches that it comes to an end.
//!
//! Tera has no bound on loops or on the values they make. Nothing here knows
//! time or memory: a caller that does looks at the pulse from another thread.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many threads may render at a time and still be told apart.
pub const THREADS: usize = 16;

/// The templates or expressions that run now, one a thread; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<[Mutex<Beat>; THREADS]>);

/// One look at a [`Pulse`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// How many runs were begun.
    pub nth: u64,
    /// What runs or ran last, such as `templates/part.md (for node part/one of hunter.toml)`.
    pub name: String,
    /// Whether it still runs.
    pub runs: bool,
}

impl Pulse {
    /// What runs now on each thread.
    #[must_use]
    pub fn look(&self) -> Vec<Beat> {
        self.0.iter().map(|beat| lock(beat).clone()).collect()
    }

    /// Runs something under a name, which is written into a text that is there already, as this
    /// is done some hundred times a tool.
    pub fn during<T>(&self, name: fmt::Arguments<'_>, run: impl FnOnce() -> T) -> T {
        let beat = &self.0[rayon::current_thread_index().unwrap_or(0) % THREADS];
        {
            let mut beat = lock(beat);
            beat.nth += 1;
            beat.name.clear();
            // A text takes all that is written into it.
            let _ = beat.name.write_fmt(name);
            beat.runs = true;
        }
        let done = run();
        lock(beat).runs = false;
        done
    }
}

fn lock(beat: &Mutex<Beat>) -> MutexGuard<'_, Beat> {
    beat.lock().unwrap_or_else(PoisonError::into_inner)
}
