//! What is being rendered now, for whoever watches that it comes to an end.
//!
//! Tera has no bound on loops or on the values they make. Nothing here knows
//! time or memory: a caller that does looks at the pulse from another thread.

use std::sync::{Arc, Mutex, PoisonError};

/// The template or expression that runs now; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Beat>>);

/// One look at a [`Pulse`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// How many runs were begun.
    pub nth: u64,
    /// What runs now, such as `templates/part.md (for node part/one of hunter.toml)`.
    pub running: Option<String>,
}

impl Pulse {
    /// What runs now.
    #[must_use]
    pub fn look(&self) -> Beat {
        self.lock().clone()
    }

    /// Runs something under a name.
    pub fn during<T>(&self, name: impl FnOnce() -> String, run: impl FnOnce() -> T) -> T {
        {
            let mut beat = self.lock();
            beat.nth += 1;
            beat.running = Some(name());
        }
        let done = run();
        self.lock().running = None;
        done
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
