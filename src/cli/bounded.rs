//! Runs the pure part of a command so that it comes to an end, whatever the templates do.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::Failure;
use crate::render::{Beat, Pulse, THREADS};

/// The longest that one template may run.
const LONGEST: Duration = Duration::from_secs(10);
/// The most memory that one template may take, in bytes.
const MOST_MEMORY: usize = 512 << 20;
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);
/// The stack of each thread, in bytes; Tera needs some for each level of a template.
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
    // Fails where it was done before.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build_global();
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
    let mut seen: Vec<Since> = Vec::new();
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
        let (now, memory) = (Instant::now(), memory());
        let mut before = std::mem::take(&mut seen).into_iter();
        for beat in pulse.look() {
            let same = before.next().filter(|since| since.beat == beat);
            seen.push(same.unwrap_or(Since { beat, began: now, memory }));
        }
        // Of several the one that runs for the longest takes the memory.
        let running = seen.iter().filter(|since| since.beat.runs);
        let Some(longest) = running.min_by_key(|since| since.began) else { continue };
        let too_much = if now - longest.began >= limits.time {
            format!("for more than {} s", limits.time.as_secs())
        } else if memory.saturating_sub(longest.memory) > limits.memory {
            format!("and takes more than {} MiB", limits.memory >> 20)
        } else {
            continue;
        };
        return Err(Failure::new(format!("{} runs {too_much}", longest.beat.name))
            .hint("look for a loop that runs too often, or for a text that grows in one"));
    }
}

/// A thread's work, when it was first seen, and how much memory was taken then.
struct Since {
    beat: Beat,
    began: Instant,
    memory: usize,
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
            theirs.during(format_args!("templates/x.md"), || wait.recv().is_ok())
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
