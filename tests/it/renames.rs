//! Nodes that get another id, and work that exists already, over the wire.

use epictree::plan::{Action, ToolPlan};
use epictree::sandbox::Edit;

use crate::world::{TOOL, World, change, item, marker_of, names, notices, seed, writes};

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|w| w.starts_with("create")).collect()
}

// -- renamed ids -------------------------------------------------------------------------

#[tokio::test]
async fn was_carries_an_id_and_all_below_it_over() {
    let mut world = World::applied(TOOL).await;
    let locals = ["part/one", "part/one/a", "sunset/one"];
    let before = locals.map(|local| world.item(local).reference);
    world
        .rewrite("id = \"one\"\nname = \"One\"", "id = \"first\"\nwas = [\"one\"]\nname = \"One\"");
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert!(plan.orphans.is_empty(), "{:#?}", plan.orphans);
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    let after =
        ["part/first", "part/first/a", "sunset/first"].map(|local| world.item(local).reference);
    assert_eq!(after, before);
    let record = marker_of(&world.item("top")).unwrap().record;
    let keys: Vec<&str> = record.items.keys().map(String::as_str).collect();
    assert!(keys.contains(&"part/first/a") && !keys.iter().any(|k| k.contains("one")), "{keys:?}");
    // `was` may stay in the file, or go.
    world.rewrite("was = [\"one\"]\n", "");
    world.is_settled("without was").await;
}

#[tokio::test]
async fn a_new_id_without_was_is_a_new_item_and_the_old_one_an_orphan() {
    let mut world = World::applied(TOOL).await;
    world.rewrite("id = \"two\"", "id = \"second\"");
    let plan = world.plan().await;
    // The title is the same, but the old item carries our marker: it is not adoptable.
    assert_eq!(creates(&plan), ["create hunter/part/second", "create hunter/sunset/second"]);
    let orphans: Vec<&str> = plan.orphans.iter().map(|c| c.key.as_str()).collect();
    assert_eq!(orphans, ["hunter/part/two", "hunter/sunset/two"]);
    world.settle().await;
    assert_eq!(world.item("part/two").state, "OPEN");
    world.options.prune = true;
    world.settle().await;
    assert_eq!(world.item("part/two").state, "CLOSED");
    assert!(world.item("part/two").notes.iter().any(|note| note.body.contains("hunter.toml")));
}

#[tokio::test]
async fn an_orphan_with_open_work_of_people_below_it_is_not_closed() {
    let mut world = World::applied(TOOL).await;
    let parent = world.item("part/three").reference;
    let theirs = world.create("g/p", "Somebody's work", &parent, "Words.");
    world.rewrite("[[part]]\nid = \"three\"\nname = \"Three\"\n", "");
    world.options.prune = true;
    let plan = world.plan().await;
    assert_eq!(
        plan.orphans.iter().map(|c| c.key.as_str()).collect::<Vec<_>>(),
        ["hunter/part/three"]
    );
    world.settle().await;
    assert_eq!(world.item("part/three").state, "OPEN");
    assert_eq!(world.item("sunset/three").state, "CLOSED");
    world.edit_at(&theirs, Edit::Close);
    world.settle().await;
    assert_eq!(world.item("part/three").state, "CLOSED");
}

#[tokio::test]
async fn orphans_are_closed_from_below_in_one_run() {
    let tool = format!("{TOOL}[[part.issue]]\nid = \"x\"\ntitle = \"Do x\"\n");
    let mut world = World::applied(&tool).await;
    let start = tool.find("[[part]]\nid = \"three\"").unwrap();
    world.tool.truncate(start);
    world.settle().await;
    let plan = world.plan().await;
    assert_eq!((plan.orphans.len(), writes(&plan)), (3, vec![]));
    assert_eq!(world.item("part/three").state, "OPEN", "listed, and left alone");
    world.options.prune = true;
    let closes = writes(&world.plan().await);
    let at = |key: &str| closes.iter().position(|line| line == &format!("close hunter/{key}"));
    assert!(at("part/three/x").unwrap() < at("part/three").unwrap(), "{closes:?}");
    let items = world.sandbox.items().len();
    world.settle().await;
    for local in ["part/three", "part/three/x", "sunset/three"] {
        let item = world.item(local);
        assert_eq!(item.state, "CLOSED", "{local}");
        let said = item.notes.iter().filter(|note| note.body.contains("hunter.toml")).count();
        assert_eq!(said, 1, "{local}");
    }
    assert_eq!(world.sandbox.items().len(), items, "nothing is deleted");
    world.options.prune = false;
    assert!(world.plan().await.orphans.is_empty(), "closed ones are not listed");
}

#[tokio::test]
async fn a_condition_that_no_longer_holds_makes_an_orphan_of_an_open_item_only() {
    let mut world = World::new(TOOL).await;
    let key = "key = \"sunset/{{ each.id }}\"";
    world.shape.blueprint =
        world.shape.blueprint.replace(key, &format!("{key}\nwhen = \"each.value != 'drop'\""));
    world.settle().await;
    let orphans = |plan: &ToolPlan| plan.orphans.iter().map(|c| c.key.clone()).collect::<Vec<_>>();
    world.rewrite("name = \"Two\"", "name = \"Two\"\nvalue = \"drop\"");
    let plan = world.plan().await;
    assert_eq!(orphans(&plan), ["hunter/sunset/two"]);
    world.settle().await;
    let open = world.item("sunset/two");
    world.edit("sunset/two", Edit::Close);
    let plan = world.plan().await;
    assert!(plan.orphans.is_empty() && writes(&plan).is_empty(), "{:?}", writes(&plan));
    // It holds again: the item is the old one.
    world.edit("sunset/two", Edit::Reopen);
    world.rewrite("\nvalue = \"drop\"", "");
    world.settle().await;
    assert_eq!(world.item("sunset/two").reference, open.reference);
}

// -- work that exists --------------------------------------------------------------------

const EXISTING: &str = "\n[[part.issue]]\nid = \"old\"\nitem = \"far/p#7\"\n";

fn with_existing() -> String {
    TOOL.replace("\n[[part]]\nid = \"two\"", &format!("{EXISTING}[[part]]\nid = \"two\""))
}

async fn existing_world() -> World {
    let mut seed = seed();
    seed.items.push(item("far/p#7", "Work that exists", "Somebody's words."));
    seed.labels.push(epictree::sandbox::SeedLabel {
        namespace: "far".into(),
        title: "kept".into(),
        color: "#123456".into(),
    });
    World::of(&seed, &with_existing()).await
}

#[tokio::test]
async fn work_that_exists_gets_a_parent_and_missing_enforced_labels_and_nothing_else() {
    let world = existing_world().await;
    let plan = world.plan().await;
    let found = change(&plan, "part/one/old");
    assert_eq!(found.action, Action::Update);
    assert_eq!(names(&found.fields), ["labels", "parent"]);
    let before = world.sandbox.item("far/p#7").unwrap();
    world.settle().await;
    let after = world.sandbox.item("far/p#7").unwrap();
    assert_eq!(after.parent, Some(world.item("part/one").reference));
    assert_eq!(after.labels, ["kept"], "not the labels of a new item");
    assert_eq!((after.title, after.description), (before.title, before.description));
}

#[tokio::test]
async fn work_that_exists_keeps_the_parent_it_has() {
    let world = existing_world().await;
    world.edit_at("far/p#7", Edit::Parent(Some("g&2".into())));
    world.settle().await;
    assert_eq!(world.sandbox.item("far/p#7").unwrap().parent.as_deref(), Some("g&2"));
}

#[tokio::test]
async fn closed_work_that_exists_is_left_alone() {
    let world = existing_world().await;
    world.edit_at("far/p#7", Edit::Close);
    let before = world.sandbox.item("far/p#7").unwrap();
    world.settle().await;
    assert_eq!(world.sandbox.item("far/p#7").unwrap(), before);
}

#[tokio::test]
async fn work_that_exists_and_leaves_the_files_is_no_orphan() {
    let mut world = existing_world().await;
    world.settle().await;
    world.tool = TOOL.to_owned();
    world.options.prune = true;
    let plan = world.plan().await;
    assert!(plan.orphans.is_empty(), "{:#?}", plan.orphans);
    world.settle().await;
    assert_eq!(world.sandbox.item("far/p#7").unwrap().state, "OPEN");
}

#[tokio::test]
async fn work_that_cannot_be_read_stops_the_plan_by_its_name() {
    let world = World::new(&with_existing()).await;
    let why = world.no_plan().await;
    assert!(why.contains("far/p#7"), "{why}");
}
