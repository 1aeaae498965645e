//! What people changed comes into the tool file, as cases of data: each is applied, edited by a
//! colleague, pulled and applied again.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

mod cli;

use std::collections::BTreeMap;

use epictree::canonical::canonical;
use epictree::pull::{Pull, Take};
use epictree::sandbox::{Edit, ItemView, SandboxError, SeedLabel};

use crate::dice::Dice;
use crate::world::{Shape, World, seed, text_of};

/// How many random heaps of edits are pulled.
const SEEDS: u64 = 8;

/// A file of cases.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    tool: String,
    blueprint: String,
    templates: BTreeMap<String, String>,
    case: Vec<Case>,
}

/// See the head of `tests/cases/pull.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    files: Vec<(String, String)>,
    #[serde(default)]
    first: Vec<(String, String)>,
    edit: Vec<Deed>,
    #[serde(default)]
    changes: Vec<(String, String)>,
    #[serde(default)]
    stays: Vec<String>,
    #[serde(default)]
    conflicts: bool,
    #[serde(default)]
    follow: Option<Vec<String>>,
}

/// What a colleague does to an item; an empty text clears.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    on: String,
    title: Option<String>,
    weight: Option<i64>,
    milestone: Option<String>,
    start: Option<String>,
    due: Option<String>,
    assignees: Option<Vec<String>>,
    label: Option<String>,
    unlabel: Option<String>,
    parent: Option<String>,
    confidential: Option<bool>,
    #[serde(default)]
    close: bool,
    replace: Option<(String, String)>,
}

impl Deed {
    /// What GitLab would not take is not done.
    fn play(&self, world: &World) -> Result<(), SandboxError> {
        let item = world.item(&self.on);
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let mut edits: Vec<Edit> = Vec::new();
        edits.extend(self.title.clone().map(Edit::Title));
        edits.extend(self.weight.map(|weight| Edit::Weight(Some(weight).filter(|w| *w > 0))));
        edits.extend(self.milestone.as_ref().map(|title| Edit::Milestone(some(title))));
        edits.extend(self.due.as_ref().map(|day| Edit::Due(some(day))));
        edits.extend(self.start.as_ref().map(|day| Edit::Start(some(day))));
        edits.extend(self.assignees.clone().map(Edit::Assignees));
        edits.extend(self.unlabel.clone().map(Edit::Unlabel));
        edits.extend(self.label.clone().map(Edit::Label));
        edits.extend(self.parent.clone().map(|parent| Edit::Parent(Some(parent))));
        edits.extend(self.confidential.map(Edit::Confidential));
        edits.extend(self.close.then_some(Edit::Close));
        let done = |edit| world.sandbox.edit("alice", &item.reference, edit).map(|_| ());
        edits.into_iter().try_for_each(done)?;
        if let Some((from, to)) = &self.replace {
            world.reword(&self.on, from, to);
        }
        Ok(())
    }
}

impl Cases {
    fn read() -> Self {
        toml::from_str(include_str!("../cases/pull.toml")).unwrap()
    }

    fn shape(&self) -> Shape {
        let mut shape = Shape::new(&self.blueprint, &[]);
        for (name, text) in &self.templates {
            let name: &'static str = match name.as_str() {
                "top" => "top.md",
                "part" => "part.md",
                "item" => "item.md",
                other => panic!("no template is called {other}"),
            };
            shape.templates.insert(name, text.clone());
        }
        shape
    }

    async fn world(&self, tool: &str) -> World {
        let mut seed = seed();
        for title in ["group::a", "group::b"] {
            let label =
                SeedLabel { namespace: "g".into(), title: title.into(), color: "#123456".into() };
            seed.labels.push(label);
        }
        let mut world = World::of(&seed, tool).await;
        world.shape = self.shape();
        world
    }
}

/// A text with each pair's first part replaced by its second, which must stand there once.
fn with(text: &str, pairs: &[(String, String)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from.as_str()).count(), 1, "{from:?} in:\n{text}");
        text.replacen(from.as_str(), to, 1)
    })
}

/// What people see of an item, its marker aside.
fn seen(item: &ItemView) -> impl PartialEq + std::fmt::Debug + use<> {
    let text = canonical(&text_of(item));
    let ItemView { title, weight, milestone, assignees, labels, parent, .. } = item.clone();
    (title, text, weight, milestone, assignees, labels, parent)
}

fn stays(pull: &Pull) -> Vec<String> {
    pull.stays.iter().map(|stay| format!("{} {}", local(&stay.key), stay.field.name)).collect()
}

/// Fails with a reason unless two things are the same.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}:\n{found:#?}\ninstead of\n{wanted:#?}"))
}

async fn play(cases: &Cases, case: &Case) -> Result<(), String> {
    let before = with(&cases.tool, &case.first);
    let mut world = cases.world(&before).await;
    world.apply().await;
    world.tool = with(&before, &case.files);
    case.edit.iter().for_each(|deed| deed.play(&world).unwrap());
    let edited: Vec<ItemView> = case.edit.iter().map(|deed| world.item(&deed.on)).collect();
    let wanted = with(&world.tool, &case.changes);
    world.sandbox.clear_log();
    let take = if case.conflicts { Take::Conflicts } else { Take::Drift };
    let pulled = world.pull(take).await;
    let why: Vec<&String> = pulled.stays.iter().map(|stay| &stay.why).collect();
    if pulled.text != wanted {
        let diff = similar::TextDiff::from_lines(&wanted, &pulled.text);
        return Err(format!("the text:\n{}{why:#?}", diff.unified_diff()));
    }
    same(&format!("what stays, {why:#?}"), stays(&pulled), case.stays.clone())?;
    same("writes to GitLab", world.mutations(), Vec::new())?;
    if let Some(follow) = &case.follow {
        same("what follows", &pulled.follow, follow)?;
    }
    settles(&mut world, &case.stays).await?;
    let follows = |item: &ItemView| pulled.follow.contains(&item.title);
    for item in edited.iter().filter(|item| case.files.is_empty() && !follows(item)) {
        let now = world.sandbox.item(&item.reference).unwrap();
        same("what people wrote", seen(&now), seen(item))?;
    }
    world.end().await;
    Ok(())
}

/// Nothing but what stays is drift any more, and after an apply a second pull is quiet.
async fn settles(world: &mut World, wanted: &[String]) -> Result<(), String> {
    let plan = world.plan().await;
    let left = plan.changes.iter().flat_map(|change| {
        let fields = change.kept.iter().chain(&change.conflicts);
        fields.map(|field| format!("{} {}", local(&change.key), field.name))
    });
    same("drift that is left", left.collect::<Vec<_>>().as_slice(), wanted)?;
    world.apply().await;
    let text = world.tool.clone();
    let again = world.pull(Take::Drift).await;
    same("a second pull", again.text.as_str(), text.as_str())?;
    same("what stays after an apply", stays(&again).as_slice(), wanted)
}

/// A key without its tool.
fn local(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, local)| local)
}

#[tokio::test]
async fn each_case_is_pulled_as_it_says_and_the_plan_has_none_of_that_drift() {
    let cases = Cases::read();
    let mut wrong = Vec::new();
    for case in &cases.case {
        if let Err(why) = play(&cases, case).await {
            wrong.push(format!("-- {}: {why}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Deeds of any case, as many as fit each other.
async fn meet(cases: &Cases, number: u64) -> Result<(), String> {
    let mut dice = Dice::new(number);
    let mut world = cases.world(&cases.tool).await;
    world.apply().await;
    let pool: Vec<&Deed> = cases
        .case
        .iter()
        .filter(|case| case.first.is_empty())
        .flat_map(|case| &case.edit)
        .collect();
    for _ in 0..8 {
        let deed = pool[dice.below(pool.len())];
        let is_there =
            |(from, _): &(String, String)| world.item(&deed.on).description.contains(from);
        if deed.replace.as_ref().is_none_or(is_there) {
            let _ = deed.play(&world);
        }
    }
    let before = world.tool.clone();
    let items = world.sandbox.items();
    let pulled = world.pull(Take::Drift).await;
    let comments = |text: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('#'));
        lines.map(|(_, comment)| comment.to_owned()).collect::<Vec<_>>()
    };
    let lost = |comment: &String| !comments(&pulled.text).contains(comment);
    same("comments that were lost", comments(&before).into_iter().find(lost), None)?;
    settles(&mut world, &stays(&pulled)).await?;
    for item in &items {
        let now = world.sandbox.item(&item.reference).unwrap();
        if pulled.follow.contains(&now.title) {
            continue;
        }
        same("what people wrote", seen(&now), seen(item))?;
    }
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn whatever_people_change_at_once_is_taken_or_told() {
    let cases = Cases::read();
    for number in 0..SEEDS {
        meet(&cases, number).await.unwrap_or_else(|why| panic!("seed {number}: {why}"));
    }
}
