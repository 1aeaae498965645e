//! Two runs at once on one GitLab that answers in whatever order: one tree comes of it.

use std::collections::BTreeMap;
use std::process::Stdio;

use epictree::apply::{Outcome, Report};
use epictree::cli::Exit;
use epictree::sandbox::{Fault, FaultKind, Sandbox};
use serde_json::Value;

use super::scene::Scene;
use super::{End, LATE, Task, on_two_threads, run, whole};
use crate::dice::Dice;
use crate::env::{Output, TestEnv};
use crate::picture::{difference, doubles, picture, unordered};

/// More requests than two runs send.
const MANY: usize = 1_000;

/// Holds each request back for up to two milliseconds before its work and again after it.
fn disorder(dice: &mut Dice) -> Vec<Fault> {
    let mut late = || dice.below(3) as u64;
    (1..=MANY)
        .map(|nth| Fault { nth, kind: FaultKind::Slow { before: late(), after: late() } })
        .collect()
}

/// A picture without what is chance: the order of siblings, and whether something that was due on
/// an item of before was said twice, as GitLab cannot be asked to take a comment only once.
fn settled(rows: Vec<Value>) -> Vec<Value> {
    let mut rows = unordered(rows);
    for row in &mut rows {
        for list in ["notes", "notified"] {
            row[list].as_array_mut().unwrap().dedup();
        }
    }
    rows
}

/// What came of two runs, and of the one after them.
struct Pair {
    exits: [Exit; 2],
    wrong: Vec<String>,
}

fn exit_of(end: &End) -> Exit {
    match end {
        End::Applied(_, exit) => *exit,
        End::Killed | End::Stopped(..) | End::Planned => Exit::Failed,
    }
}

/// Whether a report tells of nothing but second items that were closed.
fn only_closes(report: &Report) -> bool {
    report.lines.iter().all(|line| matches!(line.outcome, Outcome::Closed | Outcome::Done))
}

async fn pair(scene: &Scene, seed: u64) -> Pair {
    let sandbox = scene.copy();
    let mut dice = Dice::new(seed);
    let parallelism = if dice.one_in(2) { 4 } else { 1 };
    let one = scene.world_of(&sandbox, LATE, parallelism).await;
    let other = scene.world_of(&sandbox, LATE, parallelism).await;
    sandbox.faults(disorder(&mut dice));
    let (first, second) = tokio::join!(run(&one, Task::Apply), run(&other, Task::Apply));
    sandbox.faults(Vec::new());
    let ends = [first, second];
    let mut wrong = Vec::new();
    let exits = [exit_of(&ends[0]), exit_of(&ends[1])];
    if let Some(end) = ends.iter().find(|end| !matches!(exit_of(end), Exit::Done | Exit::Moved)) {
        wrong.push(format!("a run fails: {end:#?}"));
    }
    let next = run(&scene.world(&sandbox, LATE).await, Task::Apply).await;
    match &next {
        End::Applied(report, Exit::Done) => {
            if exits == [Exit::Done; 2] && !only_closes(report) {
                wrong.push(format!("both say that all is done, but the next run writes {next:#?}"));
            }
        }
        end => wrong.push(format!("the next run does not finish the work: {end:#?}")),
    }
    wrong.extend(unlike(scene, &sandbox));
    sandbox.clear_log();
    let world = scene.world(&sandbox, LATE).await;
    let last = run(&world, Task::Apply).await;
    if !world.mutations().is_empty() || exit_of(&last) != Exit::Done {
        wrong.push(format!("the run after that writes {:?}: {last:#?}", world.mutations()));
    }
    for wrong in &mut wrong {
        *wrong = format!("{}, seed {seed}, {exits:?}: {wrong}", scene.name);
    }
    Pair { exits, wrong }
}

fn unlike(scene: &Scene, sandbox: &Sandbox) -> Option<String> {
    let doubles = doubles(sandbox);
    if !doubles.is_empty() {
        let twice = sandbox.items().into_iter().filter(|item| doubles.contains(&item.title));
        return Some(format!("made twice: {:#?}", twice.collect::<Vec<_>>()));
    }
    if scene.name == "fresh" {
        return difference(&unordered(picture(sandbox)), &unordered(scene.picture.clone()));
    }
    difference(&settled(picture(sandbox)), &settled(scene.picture.clone()))
}

/// Plays the two runs many times.
fn play(scene: &Scene, times: u64) {
    let seeds: Vec<u64> = (1..=times).collect();
    let pairs = on_two_threads(&seeds, async |seed| pair(scene, *seed).await);
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for pair in &pairs {
        *ends.entry(format!("{:?}", pair.exits)).or_default() += 1;
    }
    let wrong: Vec<&String> = pairs.iter().flat_map(|pair| &pair.wrong).collect();
    println!("two at once, {}: {times} times, ending with {ends:?}", scene.name);
    assert!(wrong.is_empty(), "{} wrong, such as\n{}", wrong.len(), wrong[0]);
}

#[test]
fn of_two_first_applies_at_once_one_tree_is_left() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::fresh());
    play(&scene, if whole() { 200 } else { 20 });
}

#[test]
fn of_two_later_applies_at_once_one_tree_is_left() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::rerun());
    play(&scene, if whole() { 200 } else { 12 });
}

#[test]
fn two_processes_at_once_leave_one_tree() {
    let alone = TestEnv::package_hunter();
    alone.apply(&[]).ends_with(0);
    let alone = unordered(picture(&alone.sandbox));
    for seed in 1..=if whole() { 10 } else { 1 } {
        let env = TestEnv::package_hunter();
        env.sandbox.faults(disorder(&mut Dice::new(seed)));
        let url = env.url();
        let start = || {
            let mut command = env.command(&["apply", "--yes", "--url", &url]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let (one, other) = (start(), start());
        for child in [one, other] {
            let output = Output::of(child.wait_with_output().unwrap());
            assert!(matches!(output.code, Some(0 | 4)), "seed {seed}: {output}");
        }
        env.sandbox.faults(Vec::new());
        env.apply(&[]).ends_with(0);
        assert_eq!(difference(&unordered(picture(&env.sandbox)), &alone), None, "seed {seed}");
        env.quiet();
    }
}
