//! Three colleagues edit at random between the rounds of plan and apply, and the tool files go on
//! changing: no sentence of theirs is lost or said twice, no item is made twice, and every round
//! ends with an empty plan or with conflicts that are listed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

mod files;
mod invariants;
mod people;
mod shape;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use epictree::apply::{Outcome, Report};
use epictree::merge::OnConflict;
use epictree::plan::{Subject, ToolPlan};
use epictree::sandbox::ItemView;

use crate::dice::Dice;
use crate::world::{World, marker_of};
use files::Tool;
use invariants::Items;
use texts::Touch;

/// How often the files are applied in a life.
const ROUNDS: usize = 50;

/// A workspace with two tools, and everything that happened to it.
struct Life {
    seed: u64,
    round: usize,
    dice: Dice,
    world: World,
    tools: Vec<Tool>,
    /// For how many applies in a row each tool was blocked.
    blocked: Vec<usize>,
    /// The last plan of each tool.
    plans: Vec<Option<ToolPlan>>,
    log: Vec<Entry>,
    /// How many tokens people used.
    said: usize,
    edits: usize,
    followed: usize,
    conflicts: usize,
    /// Tokens that the files took over.
    taken: BTreeSet<String>,
    /// The items that were created for each key, under its present name.
    made: BTreeMap<String, Vec<String>>,
    /// Items whose marker people took, damaged or replaced.
    mangled: BTreeSet<String>,
    /// The marker that each tool's first item had when last it could be read.
    markers: BTreeMap<String, String>,
    /// Where items went.
    moved: BTreeMap<String, String>,
    /// What people did to the text of an item.
    touch: BTreeMap<String, Touch>,
}

/// One edit.
struct Entry {
    round: usize,
    item: String,
    what: String,
    /// What the item says afterwards.
    text: String,
}

/// A promise that was not kept, and on which item.
struct Wrong {
    item: String,
    why: String,
}

impl Wrong {
    fn on(item: String, why: String) -> Self {
        Self { item, why }
    }
}

impl Life {
    async fn new(number: u64) -> Self {
        let mut dice = Dice::new(number);
        let tools = vec![Tool::new("hunter", 4, &mut dice), Tool::new("other", 2, &mut dice)];
        Self {
            seed: number,
            round: 0,
            dice,
            world: World::in_order(shape::shape()).await,
            plans: vec![None; tools.len()],
            blocked: vec![0; tools.len()],
            tools,
            log: Vec::new(),
            said: 0,
            edits: 0,
            followed: 0,
            conflicts: 0,
            taken: BTreeSet::new(),
            made: BTreeMap::new(),
            mangled: BTreeSet::new(),
            markers: BTreeMap::new(),
            moved: BTreeMap::new(),
            touch: BTreeMap::new(),
        }
    }

    /// Files change, people edit, and the tools are applied: the first always, the second at times.
    async fn play(&mut self) {
        let round = self.round;
        let due = move |tool: &usize| *tool == 0 || round.is_multiple_of(3);
        for tool in 0..self.tools.len() {
            let renamed = self.tools[tool].change(&mut self.dice);
            self.rename(tool, &renamed);
        }
        for tool in 0..self.tools.len() {
            let fresh = due(&tool);
            self.settle(tool, fresh);
        }
        self.people(9, false);
        for tool in (0..self.tools.len()).filter(due).collect::<Vec<_>>() {
            if let Err(wrong) = self.apply(tool).await {
                panic!("{}", self.told(tool, &wrong));
            }
        }
    }

    /// Applies one tool until an apply would write nothing, and checks what came of it.
    async fn apply(&mut self, tool: usize) -> Result<(), Wrong> {
        self.world.tool = self.tools[tool].toml();
        self.world.options.adopt = self.dice.one_in(2);
        self.world.options.prune = self.dice.one_in(6);
        let keep = self.dice.one_in(8);
        self.world.options.on_conflict = if keep { OnConflict::Keep } else { OnConflict::Report };
        let failed = |error: &dyn std::fmt::Display| Wrong::on(String::new(), error.to_string());
        let look = self.world.look().await.map_err(|error| failed(&error))?;
        if blocks(&look.plan) {
            return self.is_blocked(tool, &look.plan);
        }
        self.blocked[tool] = 0;
        let busy = self.dice.one_in(4);
        if busy {
            // People do not wait for an apply.
            self.people(2, true);
        }
        let before = self.snapshot();
        let report = self.world.carry_out(look).await;
        self.note(&report, busy)?;
        let mut look = self.world.look().await.map_err(|error| failed(&error))?;
        if busy && !blocks(&look.plan) {
            let report = self.world.carry_out(look).await;
            self.note(&report, false)?;
            look = self.world.look().await.map_err(|error| failed(&error))?;
        }
        if blocks(&look.plan) {
            return self.is_blocked(tool, &look.plan);
        }
        let plan = look.plan.clone();
        invariants::is_quiet(&plan)?;
        self.world.sandbox.clear_log();
        self.world.carry_out(look).await;
        if let [first, ..] = &self.world.mutations()[..] {
            return Err(Wrong::on(String::new(), format!("the second apply sends {first}")));
        }
        let after = self.snapshot();
        self.remember();
        if keep {
            self.world.options.on_conflict = OnConflict::Report;
            let look = self.world.look().await.map_err(|error| failed(&error))?;
            invariants::is_settled(&look.plan)?;
        }
        self.conflicts += plan.summary().conflict;
        let checked = self.check(tool, &plan, &before, &after);
        self.plans[tool] = Some(plan);
        checked
    }

    /// A plan that cannot be applied says what to do, and people do it.
    fn is_blocked(&mut self, tool: usize, plan: &ToolPlan) -> Result<(), Wrong> {
        self.blocked[tool] += 1;
        self.plans[tool] = None;
        if self.blocked[tool] > 2 {
            let notice = plan.notices.iter().find(|notice| notice.blocks);
            let item = notice.and_then(|notice| notice.message.split(' ').next());
            let why = format!("still blocked: {:#?}", plan.notices);
            return Err(Wrong::on(item.unwrap_or_default().to_owned(), why));
        }
        self.repair(plan);
        Ok(())
    }

    /// Keeps the markers of the tools' first items, as their histories do.
    fn remember(&mut self) {
        let tops = self.items().into_iter().filter(|item| self.is_top(item));
        for item in tops.collect::<Vec<_>>() {
            let line = item.description.lines().find(|line| texts::is_marker(line));
            let key = marker_of(&item).map(|marker| marker.key);
            if let Some((key, line)) = key.filter(|key| key.local() == "top").zip(line) {
                self.markers.insert(key.tool().to_owned(), line.to_owned());
            }
        }
    }

    fn snapshot(&self) -> Items {
        let items = self.items().into_iter();
        items.map(|item| (item.reference.clone(), item)).collect()
    }

    /// Keeps what was created, and makes sure that nothing failed.
    fn note(&mut self, report: &Report, busy: bool) -> Result<(), Wrong> {
        for line in &report.lines {
            let item = line.reference.clone().unwrap_or_default();
            match &line.outcome {
                Outcome::Created if matches!(line.subject, Subject::Node(_)) => {
                    self.made.entry(line.key.clone()).or_default().push(item);
                }
                Outcome::Failed(..) | Outcome::Skipped(_) if !busy => {
                    return Err(Wrong::on(item, format!("{line:?}")));
                }
                Outcome::Moved if !busy => return Err(Wrong::on(item, format!("{line:?}"))),
                _ => {}
            }
        }
        Ok(())
    }

    /// The keys that were created go by the names that the files give them now.
    fn rename(&mut self, tool: usize, renamed: &[files::Renamed]) {
        let id = self.tools[tool].id;
        for (old, new) in renamed {
            let pairs = match old.contains('/') {
                true => vec![(format!("{id}/{old}"), format!("{id}/{new}"))],
                false => vec![
                    (format!("{id}/part/{old}"), format!("{id}/part/{new}")),
                    (format!("{id}/sunset/{old}"), format!("{id}/sunset/{new}")),
                ],
            };
            let now = |key: String| {
                let found = pairs.iter().find_map(|(old, new)| {
                    let rest = key.strip_prefix(old.as_str())?;
                    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{new}{rest}"))
                });
                found.unwrap_or(key)
            };
            self.made =
                std::mem::take(&mut self.made).into_iter().map(|(k, v)| (now(k), v)).collect();
        }
    }

    fn is_ours(&self, item: &ItemView) -> bool {
        item.author == "sandbox-bot" && !item.reference.starts_with("g&")
    }

    fn is_top(&self, item: &ItemView) -> bool {
        let tops = self.tools.iter().filter_map(|tool| self.made.get(&format!("{}/top", tool.id)));
        tops.flatten().any(|reference| *reference == item.reference)
    }

    /// Everything there is to know about what went wrong.
    fn told(&self, tool: usize, wrong: &Wrong) -> String {
        let Wrong { item, why } = wrong;
        let was: Vec<&String> =
            self.moved.iter().filter(|(_, to)| *to == item).map(|(from, _)| from).collect();
        let of_item = self.log.iter().filter(|e| e.item == *item || was.contains(&&e.item));
        let story: Vec<String> = of_item
            .map(|entry| format!("round {}: {}\n{}\n", entry.round, entry.what, entry.text))
            .collect();
        let now = self
            .world
            .sandbox
            .item(item)
            .map(|item| format!("{}\n{}", item.title, item.description));
        format!(
            "seed {}, round {}, {}, {:?}: {item}: {why}\n--- what people did\n{}\n--- now\n{}\n--- the file\n{}",
            self.seed,
            self.round,
            self.tools[tool].id,
            self.world.options,
            story.join("\n"),
            now.unwrap_or_default(),
            self.tools[tool].toml(),
        )
    }
}

/// Tells whether a plan cannot be applied before people did something.
fn blocks(plan: &ToolPlan) -> bool {
    plan.notices.iter().any(|notice| notice.blocks)
}

async fn live(seed: u64) {
    let mut life = Life::new(seed).await;
    for round in 0..ROUNDS {
        life.round = round;
        life.play().await;
    }
    let Life { edits, conflicts, followed, .. } = &life;
    assert!(*edits > 150 && *conflicts > 5 && *followed > 0, "the life of {seed} was dull");
    life.world.end().await;
}

#[tokio::test]
async fn colleagues_lose_nothing_in_a_first_life() {
    live(1).await;
}

#[tokio::test]
async fn colleagues_lose_nothing_in_a_second_life() {
    live(4).await;
}

#[tokio::test]
async fn colleagues_lose_nothing_in_a_third_life() {
    live(7).await;
}

#[tokio::test]
async fn colleagues_lose_nothing_in_a_fourth_life() {
    live(8).await;
}
