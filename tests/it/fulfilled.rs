//! Items in which everything is done: proposed, and closed with a word why, unless people say otherwise.

use epictree::apply::Outcome;
use epictree::plan::{Action, Cause};
use epictree::sandbox::{Edit, Fault, FaultKind};

use crate::env::TestEnv;
use crate::world::{TOOL, World, change, names, notices, text_of, writes};

const BOXES: &str = "value = \"What to do.\"\nboxes = [\"First\", \"Second\"]";
const CLOSES: &str = "labels-once = [\"once\"]\nclose-when-fulfilled = true\n";

/// A world whose first part has an issue with two boxes that may be closed.
async fn world() -> World {
    let mut world = World::new(&TOOL.replace("value = \"What to do.\"", BOXES)).await;
    allow(&mut world, "labels-once = [\"once\"]\n", CLOSES);
    world.settle().await;
    world
}

/// A blueprint that says more.
fn allow(world: &mut World, from: &str, to: &str) {
    assert!(world.shape.blueprint.contains(from), "{from}");
    world.shape.blueprint = world.shape.blueprint.replacen(from, to, 1);
}

fn tick_all(world: &World, local: &str) {
    let text = world.item(local).description.replace("- [ ]", "- [x]");
    world.edit(local, Edit::Description(text));
}

/// What was said on an item, without hidden lines.
fn said(world: &World, local: &str) -> Vec<String> {
    let notes = world.item(local).notes.into_iter().filter(|note| !note.system);
    notes.map(|note| note.body.split("\n\n<!--").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_is_fulfilled_is_proposed_and_left_alone() {
    let world = world().await;
    assert_eq!(notices(&world.plan().await), [""; 0]);
    tick_all(&world, "part/one/a");
    let plan = world.plan().await;
    assert_eq!(
        notices(&plan),
        [
            "hunter/part/one/a is fulfilled: its boxes are ticked, and all that is waited for is closed"
        ],
        "{plan:#?}"
    );
    assert_eq!(writes(&plan), [""; 0]);
    assert!(!plan.undecided(), "nobody has to decide");
    world.settle().await;
    assert_eq!(world.item("part/one/a").state, "OPEN");
}

#[tokio::test]
async fn it_is_closed_with_a_word_why_and_what_names_it_is_ticked_in_the_same_run() {
    let mut world = world().await;
    let part = "template = \"part.md\"\n";
    allow(&mut world, part, &format!("{part}close-when-fulfilled = true\n"));
    let text = "{{ each.value }}\n{% for i in each.issue %}\n- [{{ tick(key=i.key) }}] {{ ref(key=i.key) }}+\n{% endfor %}";
    world.shape.templates.insert("part.md", text.to_owned());
    world.settle().await;
    tick_all(&world, "part/one/a");
    world.options.close_fulfilled = true;
    let plan = world.plan().await;
    let closes = change(&plan, "part/one/a");
    assert_eq!((closes.action, closes.cause), (Action::Close, Cause::Fulfilled));
    assert_eq!(names(&closes.fields), ["comment"]);
    let above = change(&plan, "part/one");
    assert_eq!(names(&above.fields), ["body", "comment"], "its last box is ticked by that");
    assert_eq!(plan.summary().close, 2);
    assert_eq!(names(&change(&plan, "top").fields), ["body"]);
    world.settle().await;
    for local in ["part/one/a", "part/one"] {
        assert_eq!(world.item(local).state, "CLOSED", "{local}");
    }
    let issue = world.item("part/one/a").reference;
    assert!(text_of(&world.item("part/one")).contains(&format!("- [x] {issue}+")));
    assert_eq!(text_of(&world.item("top")).matches("[x]").count(), 1);
    assert_eq!(
        said(&world, "part/one"),
        ["Everything that this asks for is done: its box is ticked and the item it waited for is \
          closed. So epictree closes it. Reopen it if something is left; then it stays open."]
    );
    assert_eq!(world.item("part/two").state, "OPEN", "no box, no end");
}

#[tokio::test]
async fn what_people_reopen_stays_open() {
    let mut world = world().await;
    tick_all(&world, "part/one/a");
    world.options.close_fulfilled = true;
    world.settle().await;
    world.edit("part/one/a", Edit::Reopen);
    let plan = world.plan().await;
    assert_eq!((writes(&plan), notices(&plan)), (Vec::new(), Vec::new()));
    world.settle().await;
    assert_eq!(world.item("part/one/a").state, "OPEN");
    assert_eq!(said(&world, "part/one/a").len(), 1);
}

#[tokio::test]
async fn whatever_is_open_around_it_keeps_it_open() {
    let mut world = world().await;
    tick_all(&world, "part/one/a");
    world.options.close_fulfilled = true;
    let item = world.item("part/one/a");
    for kind in ["RELATED", "BLOCKED_BY"] {
        let other = world.item("part/two");
        world.link(&item, kind, &other);
        assert_eq!(writes(&world.plan().await), [""; 0], "{kind}");
        world.unlink(&item, &other);
    }
    let other = world.item("part/three");
    world.link(&item, "BLOCKS", &other);
    assert_eq!(writes(&world.plan().await), ["close hunter/part/one/a"], "it waits for this one");
    let more = format!("{}\n\n- [ ] Third", item.description);
    world.edit("part/one/a", Edit::Description(more));
    assert_eq!(writes(&world.plan().await), [""; 0], "a box of people's");
    world.edit("part/one/a", Edit::Description(item.description));
    let (path, epic) = ("g/e", world.item("part/two").reference);
    let below = world.create(path, "People's", &epic, "");
    allow(
        &mut world,
        "template = \"part.md\"\n",
        "template = \"part.md\"\nclose-when-fulfilled = true\n",
    );
    world.shape.templates.insert("part.md", "- [ ] One".to_owned());
    world.settle().await;
    tick_all(&world, "part/two");
    tick_all(&world, "part/three");
    let closes = |plan| {
        writes(&plan).into_iter().filter(|line| line.starts_with("close")).collect::<Vec<_>>()
    };
    assert_eq!(closes(world.plan().await), ["close hunter/part/three"]);
    world.edit_at(&below, Edit::Close);
    let both = closes(world.plan().await);
    assert_eq!(both, ["close hunter/part/two", "close hunter/part/three"]);
}

#[tokio::test]
async fn a_conflict_in_it_is_for_people_first() {
    let mut world = world().await;
    tick_all(&world, "part/one/a");
    world.edit("part/one/a", Edit::Title("Done by us".into()));
    world.rewrite("Do a", "Do it");
    world.options.close_fulfilled = true;
    assert_eq!(writes(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn what_people_took_back_since_the_plan_is_not_closed() {
    let mut world = world().await;
    tick_all(&world, "part/one/a");
    world.options.close_fulfilled = true;
    let untick = |world: &World| world.reword("part/one/a", "- [x] First", "- [ ] First");
    let report = world.apply_after(untick).await;
    assert!(report.moved(), "{report:#?}");
    assert_eq!(world.item("part/one/a").state, "OPEN");
    assert_eq!(said(&world, "part/one/a"), [""; 0]);
    tick_all(&world, "part/one/a");
    let closed = |world: &World| world.edit("part/one/a", Edit::Close);
    let report = world.apply_after(closed).await;
    assert!(report.lines.iter().all(|line| line.outcome == Outcome::Done), "{report:#?}");
    assert_eq!(said(&world, "part/one/a"), [""; 0]);
}

#[tokio::test]
async fn cut_off_at_any_request_it_is_closed_once_and_said_once() {
    let quiet = {
        let mut world = world().await;
        tick_all(&world, "part/one/a");
        world.options.close_fulfilled = true;
        world.sandbox.clear_log();
        world.apply().await;
        world.sandbox.log().len()
    };
    for nth in 1..=quiet {
        let mut world = world().await;
        tick_all(&world, "part/one/a");
        world.options.close_fulfilled = true;
        // Its answer is lost, and nothing gets through after it.
        let after = (nth + 1..nth + 60).map(|nth| Fault { nth, kind: FaultKind::DropBeforeCommit });
        let lost = Fault { nth, kind: FaultKind::DropAfterCommit };
        world.sandbox.faults(std::iter::once(lost).chain(after).collect());
        if let Ok(look) = world.look().await {
            world.carry_out(look).await;
        }
        world.sandbox.faults(Vec::new());
        world.apply().await;
        assert_eq!(world.item("part/one/a").state, "CLOSED", "{nth}");
        assert_eq!(said(&world, "part/one/a").len(), 1, "{nth}");
        world.settle().await;
    }
}

#[tokio::test]
async fn a_closing_word_of_somebody_elses_does_not_count() {
    let mut world = world().await;
    tick_all(&world, "part/one/a");
    world.options.close_fulfilled = true;
    world.settle().await;
    let notes = world.item("part/one/a").notes;
    let ours = notes.into_iter().find(|note| !note.system).unwrap().body;
    let mut other = self::world().await;
    other.edit("part/one/a", Edit::Comment(ours));
    tick_all(&other, "part/one/a");
    other.options.close_fulfilled = true;
    other.settle().await;
    assert_eq!(said(&other, "part/one/a").len(), 2);
}

#[test]
fn the_roadmap_the_integration_epic_and_the_handover_table_follow_what_is_closed() {
    let env = TestEnv::package_hunter();
    env.settle();
    let results = "package-hunter/functionality/results";
    let sunset = "package-hunter/sunset/functionality/results";
    let reference = env.item(results).reference;
    env.by_hand(results, Edit::Close);
    let texts = ["sunset", "integration", "handover", "sunset/functionality/results"];
    let mut changed: Vec<String> =
        texts.map(|local| format!("update package-hunter/{local}: body")).into();
    changed.sort();
    let mut writes = env.planned(&[]).writes();
    writes.sort();
    assert_eq!(writes, changed);
    env.settle();
    for local in texts {
        let text = env.item(&format!("package-hunter/{local}")).description;
        let line = text.lines().find(|line| line.contains(&format!("{reference}+"))).unwrap();
        assert!(line.contains("[x]"), "{local}: {line}");
        assert!(text.contains("[ ]"), "{local}: nothing else");
    }
    // People do the rest, and the next run closes it and ticks its phase.
    let text = env.item(sunset).description.replace("- [ ]", "- [x]");
    env.by_hand(sunset, Edit::Description(text));
    let at = env.item(sunset).reference;
    env.plan(&[]).ends_with(0).says(&format!("{sunset} is fulfilled")).says("--close-fulfilled");
    env.apply(&["--close-fulfilled"]).ends_with(0).says("closed");
    assert_eq!(env.item(sunset).state, "CLOSED");
    let roadmap = env.item("package-hunter/sunset").description;
    assert!(
        roadmap.contains(&format!("- [x] Move users, remove from the tool: {at}+")),
        "{roadmap}"
    );
    env.quiet();
    env.by_hand(results, Edit::Reopen);
    env.by_hand(sunset, Edit::Reopen);
    assert_eq!(
        env.planned(&["--close-fulfilled"]).writes(),
        [""; 0],
        "what is ticked stays ticked"
    );
    let said = format!("open, and ticked in a text that names it: {reference}, {at}");
    env.plan(&[]).ends_with(0).says(&said);
}
