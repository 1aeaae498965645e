//! How long something takes, in time of the processor: a loaded machine must not look like a
//! slow program.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Below this nobody waits, and measuring is noise.
const FLOOR: Duration = Duration::from_millis(40);
/// How many times longer four times as much may take: sorting and caches take more than four, a
/// square would take sixteen.
const STEEP: u32 = 12;

/// The time that some work takes.
pub fn time(work: impl FnOnce()) -> Duration {
    let before = now();
    work();
    now().saturating_sub(before)
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Holds that four times as much takes about four times as long.
pub fn grows_in_a_straight_line(what: &str, size: usize, work: impl Fn(usize)) {
    let steep = || {
        let large = time(|| work(size * 4));
        (large > FLOOR).then(|| (time(|| work(size)), large))
    };
    // Once may be chance.
    let odd = |(small, large): &(Duration, Duration)| *large > *small * STEEP + FLOOR;
    if steep().filter(odd).and_then(|_| steep()).filter(odd).is_some()
        && let Some((small, large)) = steep().filter(odd)
    {
        panic!("{what}: {size} take {small:?}, four times as many {large:?}");
    }
}
