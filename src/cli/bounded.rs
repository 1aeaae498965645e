//! Runs the pure part of a command so that it comes to an end, whatever the templates do.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::Failure;
use crate::render::Pulse;

/// The longest that one template may run.
const LONGEST: Duration = Duration::from_secs(10);
/// The most memory that one template may take, in bytes.
const MOST_MEMORY: usize = 512 << 20;
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);
/// The stack for it, in bytes; Tera needs some for each level of a template.
const STACK: usize = 64 << 20;

/// What one template may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    time: Duration,
    memory: usize,
}

/// Runs something that renders, and gives up on it if one template runs too long or takes too much
/// memory. What was given up on goes on until the process ends.
///
/// # Errors
/// It was given up on, or no thread can be started.
pub(super) fn within_bounds<T: Send + 'static>(
    pulse: &Pulse,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let memory = || memory_stats::memory_stats().map_or(0, |now| now.physical_mem);
    within(pulse, Limits { time: LONGEST, memory: MOST_MEMORY }, memory, work)
}

fn within<T: Send + 'static>(
    pulse: &Pulse,
    limits: Limits,
    memory: impl Fn() -> usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let (done, answer) = channel();
    let thread = std::thread::Builder::new().stack_size(STACK);
    let thread = thread.spawn(move || done.send(work()))?;
    let mut first = (pulse.look(), Instant::now(), memory());
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Disconnected) => {
                // It panicked; so does this.
                let panic = thread.join().err().unwrap_or_else(|| Box::new("no answer"));
                std::panic::resume_unwind(panic);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let beat = pulse.look();
        if beat != first.0 {
            first = (beat, Instant::now(), memory());
        }
        let (Some(running), began, before) = (&first.0.running, first.1, first.2) else {
            continue;
        };
        let too_much = if began.elapsed() >= limits.time {
            format!("for more than {} s", limits.time.as_secs())
        } else if memory().saturating_sub(before) > limits.memory {
            format!("and takes more than {} MiB", limits.memory >> 20)
        } else {
            continue;
        };
        return Err(Failure::new(format!("{running} runs {too_much}"))
            .hint("look for a loop that runs too often, or for a text that grows in one"));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc::channel;

    use super::*;

    /// What happens to a run that does not end while it is watched.
    fn stuck(limits: Limits) -> String {
        let pulse = Pulse::default();
        let (release, wait) = channel::<()>();
        let theirs = pulse.clone();
        let size = Cell::new(0);
        let memory = || {
            size.set(size.get() + 10);
            size.get()
        };
        let ended = within(&pulse, limits, memory, move || {
            theirs.during(|| "templates/x.md".to_owned(), || wait.recv().is_ok())
        });
        drop(release);
        ended.unwrap_err().message
    }

    #[test]
    fn a_template_that_does_not_end_is_given_up() {
        let (time, memory) = (Duration::from_secs(3600), usize::MAX);
        assert_eq!(
            stuck(Limits { time: Duration::ZERO, memory }),
            "templates/x.md runs for more than 0 s"
        );
        assert_eq!(
            stuck(Limits { time, memory: 5 }),
            "templates/x.md runs and takes more than 0 MiB"
        );
    }

    #[test]
    fn what_ends_gives_its_value_however_long_it_is_busy_elsewhere() {
        let limits = Limits { time: Duration::ZERO, memory: 0 };
        assert_eq!(within(&Pulse::default(), limits, || 0, || 7).unwrap(), 7);
    }
}
