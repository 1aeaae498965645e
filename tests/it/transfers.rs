//! Groups and projects that get another path, places that the workspace changes, and items that the
//! files name and people move: followed, never made a second time, and never moved by epictree.

use epictree::plan::ToolPlan;
use epictree::sandbox::Edit;

use crate::world::{ROOT, TOOL, World, change, created, names, notices, text_of, writes};

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|w| w.starts_with("create")).collect()
}

/// Names another place in the workspace file.
fn place(world: &mut World, from: &str, to: &str) {
    let (from, to) = (format!("\"{from}\""), format!("\"{to}\""));
    assert!(world.shape.workspace.contains(&from), "{}", world.shape.workspace);
    world.shape.workspace = world.shape.workspace.replace(&from, &to);
}

/// How many items there are that are not done with.
fn items(world: &World) -> usize {
    world.sandbox.items().iter().filter(|item| item.moved_to.is_none()).count()
}

const FOUR: &str = "[[part]]\nid = \"four\"\nname = \"Four\"\n";

#[tokio::test]
async fn a_renamed_group_is_followed_and_the_places_that_name_the_old_path_are_told() {
    let mut world = World::applied(TOOL).await;
    let before = items(&world);
    world.sandbox.rename("g/e", "g/epics").unwrap();
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    let lost =
        "g/e does not exist, or this token may not see it; what was made there lies in g/epics";
    assert_eq!(notices(&plan), [lost]);
    assert!(plan.notices[0].hint.contains("g/epics"), "{:?}", plan.notices);
    // Nothing can be made in a place that is not found, and nothing is made elsewhere.
    let without = world.tool.clone();
    world.tool.push_str(FOUR);
    let failed = world.plan().await;
    assert_eq!(failed.failure().unwrap().message, lost);
    world.tool = without;
    place(&mut world, "g/e", "g/epics");
    assert_eq!(notices(&world.plan().await), [""; 0]);
    world.settle().await;
    let root = world.sandbox.item(ROOT).unwrap().description;
    assert!(root.contains("g/epics&1+") && !root.contains("g/e&1+"), "{root}");
    assert!(text_of(&world.item("top")).contains("g/epics&"), "references follow");
    assert_eq!(items(&world), before);
    world.tool.push_str(FOUR);
    world.settle().await;
    assert!(world.item("part/four").reference.starts_with("g/epics&"));
}

#[tokio::test]
async fn a_row_without_a_link_is_known_by_what_it_said_before_a_rename() {
    let mut world = World::new(&TOOL.replace("home = \"https://example.com/hunter\"\n", "")).await;
    let blueprint = world.shape.blueprint.replace("link = \"{{ tool.home }}\"\n", "");
    world.shape.blueprint = blueprint.replace("]({{ tool.home }})", "](x)");
    world.settle().await;
    world.sandbox.rename("g/e", "g/epics").unwrap();
    place(&mut world, "g/e", "g/epics");
    let plan = world.plan().await;
    assert!(writes(&plan).contains(&"update g&1".to_owned()), "{:?}", plan.changes);
    world.settle().await;
    let root = world.sandbox.item(ROOT).unwrap().description;
    assert_eq!(root.matches("Hunter").count(), 1, "{root}");
    assert!(root.contains("g/epics&1+"), "{root}");
}

#[tokio::test]
async fn a_transferred_project_is_followed_and_its_old_references_are_written_anew() {
    let there = "[[part.issue]]\nid = \"there\"\nitem = \"g/p#1\"\n";
    let boxes = "value = \"What to do.\"\nticks = \"sunset/one\"\n";
    let mut world = World::new(&TOOL.replace("value = \"What to do.\"\n", boxes)).await;
    assert_eq!(world.create("g/p", "By people", ROOT, "Theirs."), "g/p#1");
    world.rewrite("[[part]]\nid = \"two\"", &format!("{there}[[part]]\nid = \"two\""));
    world.settle().await;
    let before = items(&world);
    world.sandbox.rename("g/p", "far/tools").unwrap();
    // The file names work that exists by a path that is no more: nothing is guessed.
    place(&mut world, "g/p", "far/tools");
    assert_eq!(world.no_plan().await, "g/p#1 cannot be read");
    world.rewrite("g/p#1", "far/tools#1");
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    assert!(world.item("part/one/a").reference.starts_with("far/tools#"));
    let everything: String = world.sandbox.items().iter().map(text_of).collect();
    assert!(!everything.contains("g/p#"), "{everything}");
    assert_eq!(items(&world), before);
}

#[tokio::test]
async fn a_place_that_the_workspace_changes_counts_for_what_is_new() {
    let mut world = World::applied(TOOL).await;
    let before = world.sandbox.dump();
    place(&mut world, "g/e", "g/other");
    place(&mut world, "g/p", "far/p");
    let plan = world.plan().await;
    assert_eq!((writes(&plan), notices(&plan)), (vec![], vec![]));
    world.settle().await;
    assert_eq!(world.sandbox.dump(), before, "nothing moves");
    world.tool.push_str(FOUR);
    let report = world.settle().await;
    assert_eq!(created(&report).len(), 2);
    assert_eq!(world.item("part/four").reference, "g/other&1");
    assert_eq!(world.item("part/four").parent, Some(world.item("top").reference));
    assert!(world.item("sunset/four").reference.starts_with("far/p#"));
    // What people moved away from its parent is known by the record, wherever it lies.
    world.edit("part/two", Edit::Parent(Some("g&2".into())));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(names(&change(&plan, "part/two").kept), ["parent"]);
}

#[tokio::test]
async fn a_first_epic_without_parent_and_row_is_found_after_the_place_changed() {
    let mut world = World::new(TOOL).await;
    world.shape.blueprint = world.shape.blueprint.replace("parent = \"@root\"\n", "");
    let row = world.shape.blueprint.find("[[table-row]]").unwrap();
    world.shape.blueprint.truncate(row);
    world.settle().await;
    place(&mut world, "g/e", "g/other");
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "{:?}", notices(&plan));
}

#[tokio::test]
async fn a_root_that_moved_to_another_group_is_followed() {
    let mut world = World::applied(TOOL).await;
    let before = items(&world);
    world.edit_at(ROOT, Edit::Move { to_namespace: "g/other".into() });
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert_eq!(notices(&plan), ["g&1 is g/other&1 now, and was followed there"]);
    world.rewrite("name = \"Hunter\"", "name = \"Gatherer\"");
    world.settle().await;
    let root = world.sandbox.item("g/other&1").unwrap();
    assert!(root.description.contains("Gatherer") && !root.description.contains("Hunter"));
    assert!(world.sandbox.item(ROOT).unwrap().description.contains("Hunter"), "it is not written");
    place(&mut world, ROOT, "g/other&1");
    world.settle().await;
    assert_eq!(notices(&world.plan().await), [""; 0]);
    assert_eq!(items(&world), before);
    assert_eq!(world.item("top").parent.as_deref(), Some("g/other&1"));
}

#[tokio::test]
async fn a_root_in_a_renamed_group_is_named_until_the_places_name_it() {
    let mut world = World::applied(TOOL).await;
    world.sandbox.rename("g", "h").unwrap();
    assert_eq!(world.no_plan().await, "g&1 cannot be read");
    for (from, to) in [(ROOT, "h&1"), ("g/e", "h/e"), ("g/p", "h/p")] {
        place(&mut world, from, to);
    }
    let plan = world.plan().await;
    assert_eq!((creates(&plan), notices(&plan)), (vec![], vec![]));
    world.settle().await;
    let root = world.sandbox.item("h&1").unwrap().description;
    assert_eq!(root.matches("Hunter").count(), 1, "{root}");
}

#[tokio::test]
async fn work_that_exists_is_followed_where_people_moved_it() {
    let mut world = World::new(TOOL).await;
    let theirs = world.create("g/p", "By people", ROOT, "Theirs.");
    let there = format!("[[part.issue]]\nid = \"there\"\nitem = \"{theirs}\"\n");
    world.rewrite("[[part]]\nid = \"two\"", &format!("{there}[[part]]\nid = \"two\""));
    world.settle().await;
    for to in ["g/q", "g/p", "g/q"] {
        let here = change(&world.plan().await, "part/one/there").reference.clone().unwrap();
        world.edit_at(&here.to_string(), Edit::Move { to_namespace: to.into() });
        let plan = world.plan().await;
        assert_eq!(creates(&plan), [""; 0]);
        let now = change(&plan, "part/one/there").reference.clone().unwrap();
        assert_eq!(now.namespace, to);
        assert_eq!(notices(&plan), [format!("{theirs} is {now} now, and was followed there")]);
        world.settle().await;
    }
    let now = change(&world.plan().await, "part/one/there").reference.clone().unwrap();
    world.rewrite(&theirs, &now.to_string());
    assert_eq!(notices(&world.plan().await), [""; 0]);
    world.settle().await;
}
