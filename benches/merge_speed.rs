//! Merges descriptions as large as GitLab takes them, and looks for a shape whose cost does not
//! grow in a straight line:
//!
//! ```console
//! $ cargo bench --bench merge_speed
//! ```
//!
//! Fails if the usual shape takes longer than its goal, or if any shape of twice the size takes
//! more than three times as long.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a report that fails loudly")]

use std::time::{Duration, Instant};

use epictree::marker::BaseText;
use epictree::merge::OnConflict;
use epictree::merge::text::decide_text;

/// The largest description of GitLab, in bytes.
const LARGEST: usize = 1 << 20;
/// What the merge of one with 200 edits on each side may take.
const GOAL: Duration = Duration::from_millis(50);
/// How often the time may grow with twice the size; three and not two, for caches and noise.
const GROWTH: f64 = 3.0;
const RUNS: usize = 5;

/// Base, GitLab's text, the files' text.
type Triple = [String; 3];
/// Makes a triple of a number of bytes.
type Shape = fn(usize) -> Triple;

fn main() {
    let shapes: [(&str, Shape); 10] = [
        ("200 edits a side", edits),
        ("all replaced, all reworded", all_changed),
        ("all reworded on both sides", all_reworded),
        ("all lines alike", alike),
        ("few different lines, shuffled", shuffled),
        ("sections moved", moved),
        ("one vast table", table),
        ("one line", one_line),
        ("blank lines", blank),
        ("boxes, all ticked", boxes),
    ];
    let mut failures = Vec::new();
    println!("{:<32}{:>10}{:>10}{:>8}   goal", "shape", "512 KiB", "1 MiB", "growth");
    for (n, (name, shape)) in shapes.into_iter().enumerate() {
        let (half, whole) = (fastest(&shape(LARGEST / 2)), fastest(&shape(LARGEST)));
        let growth = whole.as_secs_f64() / half.as_secs_f64().max(1e-6);
        let goal = if n == 0 { format!("{GOAL:?}") } else { String::new() };
        println!("{name:<32}{:>10}{:>10}{growth:>8.1}   {goal}", millis(half), millis(whole));
        if n == 0 && whole > GOAL {
            failures.push(format!("{name}: {} is more than {GOAL:?}", millis(whole)));
        }
        if growth > GROWTH && whole > Duration::from_millis(20) {
            failures.push(format!("{name}: grows by {growth:.1}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn fastest([base, gitlab, spec]: &Triple) -> Duration {
    let base = BaseText::Text(base.clone());
    let runs = (0..RUNS).map(|_| {
        let start = Clock::now();
        let merged = decide_text(Some(&base), gitlab, spec, OnConflict::Report);
        assert!(merged.base.is_some());
        start.elapsed()
    });
    runs.min().unwrap()
}

/// Time that this thread was running, where the system tells it; else the time on the wall.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn now() -> Self {
        Self(Instant::now(), Self::running())
    }

    fn elapsed(&self) -> Duration {
        match (self.1, Self::running()) {
            (Some(then), Some(now)) => now - then,
            _ => self.0.elapsed(),
        }
    }

    fn running() -> Option<Duration> {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }
}

/// Lines until there are as many bytes.
fn text(bytes: usize, line: impl Fn(usize) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    let mut length = 0;
    while length < bytes {
        let line = line(lines.len());
        length += line.len() + 1;
        lines.push(line);
    }
    lines
}

fn prose(n: usize) -> String {
    match n % 9 {
        0 => format!("## Part {n}"),
        1 | 7 => String::new(),
        2 => format!("- [ ] box {n} of the list, with some words to read"),
        _ => {
            format!("Line {n} says {} of {} and more that people may want to keep.", n * 7, n * 13)
        }
    }
}

fn every(lines: &[String], step: usize, from: usize, edit: impl Fn(&str) -> String) -> String {
    let edited = lines.iter().enumerate().map(|(n, line)| match n % step == from % step {
        true => edit(line),
        false => line.clone(),
    });
    edited.collect::<Vec<_>>().join("\n")
}

fn edits(bytes: usize) -> Triple {
    let lines = text(bytes, prose);
    let step = lines.len() / 200;
    [
        lines.join("\n"),
        every(&lines, step, 3, |line| format!("{line} A word of people's.")),
        every(&lines, step, step / 2 + 4, |line| format!("The files now: {line}")),
    ]
}

fn all_changed(bytes: usize) -> Triple {
    let lines = text(bytes, prose);
    [
        lines.join("\n"),
        text(bytes, |n| format!("Another text {n} with nothing {} in common", n * 31)).join("\n"),
        every(&lines, 1, 0, |line| format!("{line} again")),
    ]
}

fn all_reworded(bytes: usize) -> Triple {
    let lines = text(bytes, prose);
    [
        lines.join("\n"),
        every(&lines, 1, 0, |line| format!("{line} here")),
        every(&lines, 1, 0, |line| format!("So {line}")),
    ]
}

fn alike(bytes: usize) -> Triple {
    let lines = text(bytes, |_| "- the same item".to_owned());
    [lines.join("\n"), every(&lines, 50, 3, str::to_uppercase), lines[..lines.len() / 2].join("\n")]
}

fn shuffled(bytes: usize) -> Triple {
    let word = |n: usize, by: usize| format!("line {}", (n * by / 7 + n) % 23);
    [3, 5, 11].map(|by| text(bytes / 4, |n| word(n, by)).join("\n"))
}

fn moved(bytes: usize) -> Triple {
    let lines = text(bytes, prose);
    let mut gitlab: Vec<&[String]> = lines.chunks(9).collect();
    let mut spec = gitlab.clone();
    gitlab.reverse();
    let half = spec.len() / 2;
    spec.rotate_left(half);
    [lines.join("\n"), gitlab.concat().join("\n"), spec.concat().join("\n")]
}

fn table(bytes: usize) -> Triple {
    let lines = text(bytes, |n| format!("| tool {n} | what it does {n} | {} | open |", n % 5));
    [
        lines.join("\n"),
        every(&lines, 40, 3, |line| line.replace("open", "in review")),
        every(&lines, 40, 3, |line| line.replace("what it does", "its purpose")),
    ]
}

fn one_line(bytes: usize) -> Triple {
    let words = text(bytes, |n| format!("word{n}"));
    let line = |words: Vec<String>| words.join(" ");
    let changed = |step: usize, from: usize, to: &str| {
        let words = words.iter().enumerate();
        words.map(|(n, w)| if n % step == from { to.to_owned() } else { w.clone() }).collect()
    };
    [line(words.clone()), line(changed(500, 3, "people")), line(changed(500, 200, "files"))]
}

fn blank(bytes: usize) -> Triple {
    let lines = text(bytes, |n| if n % 400 == 0 { format!("word {n}") } else { String::new() });
    [lines.join("\n"), every(&lines, 400, 0, |l| format!("{l} here")), lines.join("\n\n")]
}

fn boxes(bytes: usize) -> Triple {
    let lines = text(bytes, |n| format!("- [ ] step {n} of many"));
    [
        lines.join("\n"),
        every(&lines, 1, 0, |line| line.replace("[ ]", "[x]")),
        every(&lines, 3, 0, |line| format!("{line}, as agreed")),
    ]
}
