//! `--only`: what is selected is done, what it needs above it comes along, all else is left as it is.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use epictree::plan::{Glob, Only, Summary, ToolPlan, guard};
use epictree::sandbox::Edit;

use crate::world::{ROOT, TOOL, World, change, created, marker_of, notices, text_of, writes};

fn only(globs: &[&str]) -> Only {
    Only::new(globs.iter().map(|glob| Glob::parse(glob).unwrap()).collect())
}

/// Plans what some globs take.
async fn plan(world: &mut World, globs: &[&str]) -> ToolPlan {
    world.options.only = only(globs);
    world.plan().await
}

#[tokio::test]
async fn what_is_above_and_does_not_exist_yet_comes_along() {
    let mut world = World::new(TOOL).await;
    let plan = plan(&mut world, &["hunter/part/one/a"]).await;
    let made = ["create hunter/top", "create hunter/part/one", "create hunter/part/one/a"];
    assert_eq!(writes(&plan), [&made[..], &["create g&1"]].concat());
    assert_eq!(plan.left_out, Summary { create: 6, ..Summary::default() });
    assert!(!format!("{:?}", plan.changes).contains("Part Two (known after apply)"), "not now");
    world.settle().await;
    assert!(world.find("part/two").is_none());
    // The rest comes below what is there, and all of it in order.
    world.options.only = Only::default();
    let report = world.settle().await;
    assert_eq!(created(&report).len(), 6);
    let at_once = World::applied(TOOL).await;
    let order = |world: &World| {
        let keys = |reference: &str| {
            let children = world.sandbox.item(reference).unwrap().children;
            let child = |at: &String| marker_of(&world.sandbox.item(at).unwrap()).unwrap().key;
            children.iter().map(child).collect::<Vec<_>>()
        };
        ["top", "part/one", "sunset"].map(|local| keys(&world.item(local).reference))
    };
    assert_eq!(order(&world), order(&at_once));
}

#[tokio::test]
async fn all_but_the_selected_is_left_as_it_is() {
    let mut world = World::applied(TOOL).await;
    let before = world.item("part/one");
    world.rewrite("The first part.", "The very first part.");
    world.rewrite("name = \"Two\"", "name = \"Second\"");
    world.edit("part/three", Edit::Title("Part by people".into()));
    let plan = plan(&mut world, &["hunter/part/two"]).await;
    assert_eq!(writes(&plan), ["update hunter/part/two"]);
    assert_eq!(plan.left_out, Summary { update: 2, ..Summary::default() });
    assert_eq!(plan.summary().drift, 0, "nor is it counted");
    world.settle().await;
    assert_eq!(world.item("part/one"), before);
    assert_eq!(world.item("part/two").title, "Part Second");
    assert_eq!(world.item("sunset/two").title, "Retire Two");
}

#[tokio::test]
async fn the_first_item_keeps_the_record_and_nothing_else_of_it_is_written() {
    let mut world = World::applied(TOOL).await;
    world.rewrite("Hunts.", "Hunts more.");
    world.tool.push_str("[[part]]\nid = \"four\"\nname = \"Four\"\n");
    let before = world.item("top");
    let plan = plan(&mut world, &["hunter/part/four"]).await;
    assert_eq!(writes(&plan), ["create hunter/part/four"]);
    world.settle().await;
    let now = world.item("top");
    assert_eq!(text_of(&now), text_of(&before));
    let (old, new) = (marker_of(&before).unwrap(), marker_of(&now).unwrap());
    assert_eq!(new.base, old.base);
    assert_eq!(new.record.items.len(), old.record.items.len() + 1);
    // Moved away from its parent, it is known by the record alone.
    world.edit("part/four", Edit::Parent(Some("g&2".into())));
    world.options.only = Only::default();
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/top", "create hunter/sunset/four"]);
    world.settle().await;
    assert!(text_of(&world.item("top")).contains("Hunts more."));
}

#[tokio::test]
async fn orphans_and_prune_stay_within_the_selection() {
    let mut world = World::applied(TOOL).await;
    let two = "[[part]]\nid = \"two\"\nname = \"Two\"\n";
    world.rewrite(two, "");
    world.options.prune = true;
    let plan = plan(&mut world, &["hunter/part/two"]).await;
    assert_eq!(writes(&plan), ["close hunter/part/two"]);
    assert_eq!(plan.orphans, []);
    world.options.prune = false;
    world.options.only = only(&["hunter/sunset/*"]);
    let orphans = world.plan().await.orphans;
    assert_eq!(orphans.iter().map(|o| o.key.as_str()).collect::<Vec<_>>(), ["hunter/sunset/two"]);
}

#[tokio::test]
async fn the_brake_counts_what_is_selected() {
    let issues = |value: &str| {
        let issue = |n: usize| {
            format!("[[part.issue]]\nid = \"i{n}\"\ntitle = \"Do {n}\"\nvalue = \"{value}\"\n")
        };
        format!("{TOOL}{}", (0..14).map(issue).collect::<String>())
    };
    let mut world = World::applied(&issues("Old.")).await;
    world.tool = issues("New.");
    assert_eq!(guard::objections(&world.plan().await).len(), 1);
    let some = plan(&mut world, &["hunter/part/three/i1*"]).await;
    assert_eq!(writes(&some).len(), 5);
    assert_eq!(guard::objections(&some), [""; 0]);
    let all = plan(&mut world, &["hunter/part/three/*"]).await;
    assert_eq!(guard::objections(&all).len(), 1);
}

#[tokio::test]
async fn what_is_wrong_elsewhere_stands_in_nobodys_way() {
    let mut world = World::applied(TOOL).await;
    let two = world.item("part/two").reference;
    world.unmark("part/two");
    world.edit_at(&two, Edit::Parent(Some("g&2".into())));
    world.rewrite("The first part.", "The very first part.");
    assert!(world.plan().await.blocked());
    let plan = plan(&mut world, &["hunter/part/one"]).await;
    assert_eq!(notices(&plan), [""; 0]);
    assert_eq!(writes(&plan), ["update hunter/part/one"]);
    world.settle().await;
}

#[tokio::test]
async fn an_item_that_looks_the_same_is_adopted_only_where_it_is_selected() {
    let mut world = World::new(TOOL).await;
    world.create("g/e", "Hunter integration", ROOT, "By people.");
    world.options.adopt = true;
    world.options.only = only(&["hunter/part/one"]);
    let plan = world.plan().await;
    assert!(writes(&plan).contains(&"adopt hunter/top".to_owned()), "{:?}", writes(&plan));
    world.settle().await;
    let top = world.item("top").reference;
    world.create("g/e", "Part Two", &top, "By people.");
    world.options.only = only(&["hunter/part/three"]);
    world.settle().await;
    assert!(world.find("part/two").is_none(), "it is people's still");
    assert!(!marker_of(&world.item("top")).unwrap().record.items.contains_key("part/two"));
    assert_eq!(change(&world.plan().await, "part/three").key, "hunter/part/three");
}
