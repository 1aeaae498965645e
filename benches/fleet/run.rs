//! Runs a command and tells what it cost. Must not know what the command does.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running command is looked at; its peak and its time only rise, so the last look counts.
const LOOK: Duration = Duration::from_millis(2);
/// Of the clock that Linux counts processor time with.
const TICK: Duration = Duration::from_millis(10);

/// What a command cost.
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Time on all processors; zero where the system does not tell it.
    pub(crate) cpu: Duration,
    /// Bytes of memory at most; zero likewise.
    pub(crate) peak: u64,
}

/// Runs a command some times; the least of each, as other work on the machine only adds.
pub(crate) fn best(runs: usize, command: &dyn Fn() -> Command) -> Cost {
    let costs: Vec<Cost> = (0..runs).map(|_| once(command())).collect();
    Cost {
        wall: costs.iter().map(|cost| cost.wall).min().unwrap(),
        cpu: costs.iter().map(|cost| cost.cpu).min().unwrap(),
        peak: costs.iter().map(|cost| cost.peak).min().unwrap(),
    }
}

fn once(mut command: Command) -> Cost {
    let complaints = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(complaints.try_clone().unwrap());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let id = child.id();
    let watch = std::thread::spawn(move || {
        let (mut cpu, mut peak) = (Duration::ZERO, 0);
        while ended.recv_timeout(LOOK) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            cpu = cpu.max(processor(id).unwrap_or_default());
            peak = peak.max(memory(id).unwrap_or_default());
        }
        (cpu, peak)
    });
    let status = child.wait().unwrap();
    let wall = start.elapsed();
    drop(done);
    let (cpu, peak) = watch.join().unwrap();
    if !status.success() {
        let mut text = String::new();
        let mut complaints = complaints;
        std::io::Seek::rewind(&mut complaints).unwrap();
        std::io::Read::read_to_string(&mut complaints, &mut text).unwrap();
        panic!("{command:?}: {status}\n{text}");
    }
    Cost { wall, cpu, peak }
}

fn processor(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?;
    Some(TICK * ticks)
}

fn memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}
