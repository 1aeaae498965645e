//! Two items for one node, as two runs at once leave them: the elder wins, and the other is closed
//! if nobody touched it.

use epictree::plan::{Action, Cause, Value};
use epictree::sandbox::{Edit, Fault, FaultKind, ItemView};

use crate::world::{
    TOOL, WORKSPACE, World, change, item, key, marked, marker_of, names, notices, seed, writes,
};

/// What a colleague does with a second item.
type Touch = fn(&World, &ItemView);

/// Makes a second item like that of a node, below the same parent or another item.
fn second(world: &World, local: &str, below: Option<&str>) -> ItemView {
    let elder = world.item(local);
    let path = elder.reference.split(['&', '#']).next().unwrap_or_default();
    let parent = below.or(elder.parent.as_deref()).unwrap_or_default();
    let reference = world.create(path, &elder.title, parent, &elder.description);
    for label in elder.labels {
        world.edit_at(&reference, Edit::Label(label));
    }
    look(world, &reference)
}

fn look(world: &World, reference: &str) -> ItemView {
    world.sandbox.item(reference).unwrap_or_else(|| panic!("{reference} is gone"))
}

fn is_closed_and_marked(world: &World, reference: &str) -> bool {
    let item = look(world, reference);
    item.state == "CLOSED" && item.description.ends_with(" dup-->")
}

#[tokio::test]
async fn a_second_item_that_nobody_touched_is_announced_and_closed() {
    for local in ["top", "part/one", "part/one/a", "sunset/two"] {
        let world = World::applied(TOOL).await;
        let elder = world.item(local);
        let twin = second(&world, local, None);
        let plan = world.plan().await;
        assert_eq!(writes(&plan), [format!("close hunter/{local}")], "{:?}", notices(&plan));
        assert_eq!(notices(&plan), [""; 0]);
        let closing = plan.changes.iter().find(|change| change.action == Action::Close);
        let closing = closing.unwrap_or_else(|| panic!("{:#?}", plan.changes));
        assert_eq!(closing.cause, Cause::Duplicate);
        assert_eq!(
            closing.reference.as_ref().map(ToString::to_string),
            Some(twin.reference.clone())
        );
        assert_eq!(names(&closing.fields), ["duplicate of"]);
        assert_eq!(closing.fields[0].after, Value::Text(elder.reference.clone()));
        world.settle().await;
        assert!(is_closed_and_marked(&world, &twin.reference), "{local}");
        assert_eq!(look(&world, &elder.reference), elder, "{local}: the elder is as it was");
        // Reopened, it is somebody's own item.
        world.edit_at(&twin.reference, Edit::Reopen);
        world.is_settled("reopened").await;
    }
}

#[tokio::test]
async fn a_second_tree_that_nobody_touched_is_closed_from_below() {
    let world = World::applied(TOOL).await;
    let twin = second(&world, "part/one", None);
    let below = second(&world, "part/one/a", Some(&twin.reference));
    let plan = world.plan().await;
    let closing = plan.changes.iter().filter(|change| change.action == Action::Close);
    let closing: Vec<String> =
        closing.filter_map(|c| Some(c.reference.as_ref()?.to_string())).collect();
    assert_eq!(closing, [below.reference.clone(), twin.reference.clone()]);
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    assert!(is_closed_and_marked(&world, &twin.reference));
    assert!(is_closed_and_marked(&world, &below.reference));
}

#[tokio::test]
async fn a_clone_that_somebody_else_made_is_only_reported() {
    let world = World::applied(TOOL).await;
    let elder = world.item("part/one/a");
    let parent = elder.parent.as_deref().unwrap_or_default();
    let clone = world.create_as("as:alice", "g/p", &elder.title, parent, &elder.description);
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert_eq!(notices(&plan), [format!("{clone} is a second item for hunter/part/one/a")]);
    world.settle().await;
    assert_eq!(look(&world, &clone).state, "OPEN");
}

#[tokio::test]
async fn a_second_item_that_people_touched_is_only_reported() {
    let touches: [(&str, Touch); 9] = [
        ("title", |world, twin| world.edit_at(&twin.reference, Edit::Title("Mine".into()))),
        ("text", |world, twin| {
            let text = twin.description.replacen("What to do.", "What I do.", 1);
            world.edit_at(&twin.reference, Edit::Description(text));
        }),
        ("box", |world, twin| {
            let text = twin.description.replacen("- [ ] First", "- [x] First", 1);
            world.edit_at(&twin.reference, Edit::Description(text));
        }),
        ("comment", |world, twin| {
            world.edit_at(&twin.reference, Edit::Comment("I work here.".into()));
        }),
        ("label", |world, twin| world.edit_at(&twin.reference, Edit::Label("plain".into()))),
        ("weight", |world, twin| world.edit_at(&twin.reference, Edit::Weight(Some(3)))),
        ("assignee", |world, twin| {
            world.edit_at(&twin.reference, Edit::Assignees(vec!["bob".into()]));
        }),
        ("link", |world, twin| world.link(twin, "RELATED", &world.item("sunset/two"))),
        ("elder", |world, _| world.edit("part/one/a", Edit::Close)),
    ];
    for (what, touch) in touches {
        let boxes = "title = \"Do a\"\nboxes = [\"First\"]";
        let world = World::applied(&TOOL.replace("title = \"Do a\"", boxes)).await;
        let twin = second(&world, "part/one/a", None);
        assert_eq!(writes(&world.plan().await), ["close hunter/part/one/a"], "{what}: not yet");
        touch(&world, &twin);
        let before = look(&world, &twin.reference);
        let plan = world.plan().await;
        assert_eq!(writes(&plan), [""; 0], "{what}");
        let said = format!("{} is a second item for hunter/part/one/a", twin.reference);
        assert_eq!(notices(&plan), [said], "{what}");
        world.settle().await;
        assert_eq!(look(&world, &twin.reference), before, "{what}");
    }
}

#[tokio::test]
async fn a_second_item_with_something_of_people_below_it_is_only_reported() {
    // Below the second epic: an issue of people, one of ours that they touched, a closed one.
    for what in ["theirs", "touched", "closed"] {
        let world = World::applied(TOOL).await;
        let twin = second(&world, "part/one", None);
        if what == "theirs" {
            world.create("g/p", "Somebody's work", &twin.reference, "Words.");
        } else {
            let below = second(&world, "part/one/a", Some(&twin.reference));
            let edit = if what == "closed" { Edit::Close } else { Edit::Title("Mine".into()) };
            world.edit_at(&below.reference, edit);
        }
        let plan = world.plan().await;
        assert_eq!(writes(&plan), [""; 0], "{what}");
        assert!(notices(&plan)[0].contains("is a second item for hunter/part/one"), "{what}");
        world.settle().await;
        assert_eq!(look(&world, &twin.reference).state, "OPEN", "{what}");
    }
}

#[tokio::test]
async fn what_happens_to_a_second_item_since_the_plan_keeps_it_open() {
    let touches: [fn(&World, &str); 3] = [
        |world, twin| world.edit_at(twin, Edit::Comment("I work here.".into())),
        |world, twin| world.edit_at(twin, Edit::Title("Mine".into())),
        |world, twin| drop(world.create("g/p", "Somebody's work", twin, "Words.")),
    ];
    for touch in touches {
        let world = World::applied(TOOL).await;
        let twin = second(&world, "part/one", None);
        let report = world.apply_after(|world| touch(world, &twin.reference)).await;
        assert!(report.moved(), "{report:#?}");
        assert_eq!(look(&world, &twin.reference).state, "OPEN");
    }
}

#[tokio::test]
async fn a_second_item_outside_the_places_is_only_reported() {
    let world = World::applied(TOOL).await;
    let elder = world.item("part/one/a");
    let parent = elder.parent.as_deref().unwrap_or_default();
    let theirs = world.create("far/p", &elder.title, parent, &elder.description);
    assert_eq!(writes(&world.plan().await), [""; 0]);
    world.settle().await;
    assert_eq!(look(&world, &theirs).state, "OPEN");
}

#[tokio::test]
async fn a_second_item_below_an_orphan_is_closed_before_it() {
    let part = "[[part]]\nid = \"three\"\nname = \"Three\"\n";
    let mut world =
        World::applied(&format!("{TOOL}[[part.issue]]\nid = \"x\"\ntitle = \"Do x\"\n")).await;
    world.edit("part/three/x", Edit::Unlabel("once".into()));
    let twin = second(&world, "part/three/x", None);
    world.tool = TOOL.replace(part, "");
    world.options.prune = true;
    world.settle().await;
    assert!(is_closed_and_marked(&world, &twin.reference));
    let left = ["part/three/x", "part/three"].map(|local| world.item(local).state);
    assert_eq!(left, ["CLOSED", "CLOSED"]);
    assert!(world.plan().await.orphans.is_empty());
}

#[tokio::test]
async fn what_another_run_made_since_the_plan_is_not_made_again() {
    let world = World::new(TOOL).await;
    let other = World::with(world.sandbox.clone(), TOOL).await;
    let report = world.apply_behind(&other).await;
    assert!(!report.incomplete() && !report.moved(), "{report:#?}");
    assert!(!report.wrote(), "{report:#?}");
    world.settle().await;
    assert_eq!(notices(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn the_run_that_made_the_younger_one_closes_it_and_goes_on_below_the_elder() {
    let mut world = World::applied(TOOL).await;
    world.tool.push_str(
        "[[part]]\nid = \"four\"\nname = \"Four\"\n[[part.issue]]\nid = \"x\"\ntitle = \"Do x\"\n",
    );
    let top = world.item("top").reference;
    let other = marked(WORKSPACE, &key("part/four"), "");
    let report = world
        .apply_after(|world| {
            // Another run has just made it, and the list of the top's children does not show it yet.
            world.create("g/e", "Part Four", &top, &other);
            let stale = FaultKind::Stale { requests: 2 };
            world.sandbox.faults(vec![Fault { nth: 1, kind: stale }]);
        })
        .await;
    assert!(!report.incomplete() && !report.moved(), "{report:#?}");
    assert!(report.warnings.iter().any(|w| w.contains("was created twice")), "{report:#?}");
    let all = world.sandbox.items();
    let twins: Vec<_> = all.iter().filter(|item| item.title == "Part Four").collect();
    assert_eq!(twins.iter().map(|t| t.state.as_str()).collect::<Vec<_>>(), ["OPEN", "CLOSED"]);
    assert!(is_closed_and_marked(&world, &twins[1].reference));
    assert_eq!(world.item("part/four/x").parent, Some(twins[0].reference.clone()));
    assert_eq!(marker_of(twins[0]).map(|m| m.key.local().to_owned()), Some("part/four".into()));
    world.settle().await;
    assert_eq!(change(&world.plan().await, "part/four").action, Action::None);
}

#[tokio::test]
async fn a_parent_that_another_run_has_just_set_is_not_refused_for_long() {
    let mut seed = seed();
    seed.items.push(item("g/p#7", "Customers ask for it", "Written by people."));
    let mut world = World::of(&seed, TOOL).await;
    world.settle().await;
    let named = "[[part.issue]]\nid = \"asked\"\nitem = \"g/p#7\"\n[[part]]\nid = \"two\"";

    world.rewrite("[[part]]\nid = \"two\"", named);
    let part = world.item("part/one").reference;
    let report = world
        .apply_after(|world| {
            world.edit_at("g/p#7", Edit::Parent(Some(part.clone())));
            // The read just before the write does not show it yet.
            let stale = FaultKind::Stale { requests: 1 };
            world.sandbox.faults(vec![Fault { nth: 1, kind: stale }]);
        })
        .await;
    assert!(!report.incomplete() && !report.moved(), "{report:#?}");
    let existing = look(&world, "g/p#7");
    assert_eq!((existing.parent, existing.labels), (Some(part), vec!["kept".to_owned()]));
    world.settle().await;
}

/// Titles of the open items.
fn open_titles(world: &World) -> Vec<String> {
    let items = world.sandbox.items().into_iter().filter(|item| item.state == "OPEN");
    let mut titles: Vec<String> = items.map(|item| item.title).collect();
    titles.sort();
    titles
}

#[tokio::test]
async fn of_two_runs_at_once_one_tree_is_left() {
    let alone = open_titles(&World::applied(TOOL).await);
    let world = World::new(TOOL).await;
    let other = World::with(world.sandbox.clone(), TOOL).await;
    let reports = tokio::join!(world.try_apply(), other.try_apply());
    assert!(!reports.0.incomplete() && !reports.1.incomplete(), "{reports:#?}");
    assert_eq!(open_titles(&world), alone);
    world.is_settled("after both").await;
}

#[tokio::test]
async fn of_two_runs_that_were_cut_off_at_once_later_runs_leave_one_tree() {
    let alone = open_titles(&World::applied(TOOL).await);
    for cut in (20..60).step_by(4) {
        let world = World::new(TOOL).await;
        let other = World::with(world.sandbox.clone(), TOOL).await;
        let sandbox = world.sandbox.clone();
        tokio::select! {
            () = sandbox.done(cut) => {}
            _ = async { tokio::join!(world.try_apply(), other.try_apply()) } => {}
        }
        for _ in 0..3 {
            world.apply().await;
        }
        world.is_settled(&format!("cut off at {cut}")).await;
        assert_eq!(open_titles(&world), alone, "cut off at {cut}");
        assert_eq!(notices(&world.plan().await), [""; 0], "cut off at {cut}");
    }
}

/// The number of the first request of an apply that creates an item.
async fn first_create() -> usize {
    let world = World::new(TOOL).await;
    world.apply().await;
    let creates = |logged: &epictree::sandbox::Logged| {
        logged.fields.iter().any(|field| field == "workItemCreate")
    };
    let at = world.sandbox.log().iter().position(creates);
    1 + at.unwrap_or_else(|| panic!("nothing was created"))
}

#[tokio::test]
async fn a_first_item_that_was_lost_and_shows_late_gives_way_to_the_tree_that_was_built() {
    let nth = first_create().await;
    let world = World::new(TOOL).await;
    // The answer is lost, and a replica does not know the item while it is looked for.
    let lost = Fault { nth, kind: FaultKind::DropAfterCommit };
    let lag = Fault { nth: nth + 1, kind: FaultKind::Stale { requests: 6 } };
    world.sandbox.faults(vec![lost, lag]);
    world.try_apply().await;
    world.sandbox.faults(Vec::new());
    let made = |open: bool| {
        let items = world.sandbox.items().into_iter();
        items.filter(|i| i.title == "Hunter integration" && (i.state == "OPEN") == open).count()
    };
    assert_eq!(made(true), 2);
    let before = world.sandbox.items().len();
    world.settle().await;
    assert_eq!((made(true), made(false)), (1, 1));
    assert_eq!(world.sandbox.items().len(), before, "nothing is made a second time");
}
