//! What the record of a tool's first node is good for: whose item is it when markers, parents and
//! titles say otherwise, and what happens while nobody can read or keep it.

use std::collections::BTreeSet;

use epictree::plan::{Action, ToolPlan};
use epictree::sandbox::Edit;

use crate::world::{ROOT, TOOL, World, change, created, key, notices, writes};

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|line| line.starts_with("create")).collect()
}

fn at(plan: &ToolPlan, local: &str) -> String {
    change(plan, local).reference.as_ref().map(ToString::to_string).unwrap_or_default()
}

// -- copied descriptions -----------------------------------------------------------------

/// A second issue below the first part.
fn with_two_issues() -> String {
    let b = "\n[[part.issue]]\nid = \"b\"\ntitle = \"Do b\"\nvalue = \"More to do.\"\n";
    TOOL.replace("\n[[part]]\nid = \"two\"", &format!("{b}\n[[part]]\nid = \"two\""))
}

#[tokio::test]
async fn a_copied_description_on_an_item_that_people_moved_makes_no_second_item() {
    for (local, from, parent) in
        [("part/two", "part/one", "g&2"), ("part/one/b", "part/one/a", "g/e&2")]
    {
        let world = World::applied(&with_two_issues()).await;
        let (item, other) = (world.item(local), world.item(from));
        world.edit_at(&item.reference, Edit::Description(other.description.clone()));
        world.edit_at(&item.reference, Edit::Parent(Some(parent.into())));
        let plan = world.plan().await;
        assert_eq!(creates(&plan), [""; 0], "{local}");
        assert_eq!(notices(&plan), [""; 0], "{local}");
        assert_eq!(at(&plan, local), item.reference);
        assert_eq!(at(&plan, from), other.reference);
        world.settle().await;
        assert_eq!(world.item(local).reference, item.reference, "it carries its own marker again");
        assert_eq!(world.item(from), other, "and the other one is as it was");
    }
}

#[tokio::test]
async fn a_copied_description_on_an_item_that_the_files_move_makes_no_second_item() {
    let mut world = World::applied(&with_two_issues()).await;
    let (item, other) = (world.item("part/one/b"), world.item("part/one/a"));
    world.edit_at(&item.reference, Edit::Description(other.description));
    world.rewrite("title = \"Do b\"", "title = \"Do b\"\nunder = \"two\"");
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert_eq!(at(&plan, "part/one/b"), item.reference);
    world.settle().await;
    assert_eq!(world.item("part/one/b").reference, item.reference);
}

#[tokio::test]
async fn what_the_record_still_calls_by_a_name_it_lost_is_no_orphan() {
    let mut world = World::applied(TOOL).await;
    let old = world.item("top").description;
    world.rewrite("id = \"two\"", "id = \"second\"\nwas = [\"two\"]");
    world.settle().await;
    let item = world.item("part/second").reference;
    // People put an old text back, and the files forget the old name.
    world.edit("top", Edit::Description(old));
    world.rewrite("was = [\"two\"]\n", "");
    world.options.prune = true;
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert_eq!(at(&plan, "part/second"), item);
    assert!(plan.orphans.is_empty() && writes(&plan).iter().all(|w| !w.starts_with("close")));
    assert_ne!(change(&plan, "part/second").action, Action::Wait);
}

#[tokio::test]
async fn a_closed_item_is_known_under_the_name_that_only_the_record_has() {
    let mut world = World::applied(TOOL).await;
    let item = world.item("part/two").reference;
    world.edit("part/two", Edit::Close);
    world.rewrite("id = \"two\"", "id = \"second\"\nwas = [\"two\"]");
    world.settle().await;
    world.rewrite("was = [\"two\"]\n", "");
    let plan = world.plan().await;
    assert!(!creates(&plan).contains(&"create hunter/part/second".into()), "{:?}", writes(&plan));
    assert_eq!(at(&plan, "part/second"), item);
}

// -- a record that nobody can read ------------------------------------------------------------

const FOUR: &str = "[[part]]\nid = \"four\"\nname = \"Four\"\n";

fn searches(world: &World) -> usize {
    world.sandbox.log().into_iter().filter(|request| request.operation == "Search").count()
}

#[tokio::test]
async fn an_epic_that_people_moved_away_is_looked_for_while_the_record_cannot_be_read() {
    for damaged in [true, false] {
        let mut world = World::applied(TOOL).await;
        let part = world.item("part/one");
        world.edit("part/one", Edit::Parent(Some("g&2".into())));
        let top = if damaged { world.damage("top") } else { world.unmark("top") };
        world.options.adopt = true;
        world.sandbox.clear_log();
        let plan = world.plan().await;
        assert_eq!(searches(&world), 1);
        assert_eq!(creates(&plan), [""; 0], "{damaged}");
        assert_eq!(at(&plan, "part/one"), part.reference);
        assert!(plan.notices.iter().all(|notice| !notice.blocks), "{:?}", notices(&plan));
        world.settle().await;
        assert_eq!(world.item("top").reference, top);
        world.sandbox.clear_log();
        world.options.adopt = false;
        assert_eq!(creates(&world.plan().await), [""; 0]);
        assert_eq!(searches(&world), 0, "the record knows again");
    }
}

#[tokio::test]
async fn what_is_not_found_while_the_record_cannot_be_read_is_not_made_unasked() {
    for damaged in [true, false] {
        let mut world = World::applied(TOOL).await;
        let good = world.item("top").description;
        // No search finds an issue.
        let issue = world.item("part/one/a").reference;
        world.edit("part/one/a", Edit::Parent(Some("g&2".into())));
        let top = if damaged { world.damage("top") } else { world.unmark("top") };
        world.tool.push_str(FOUR);
        world.options.adopt = true;
        let plan = world.plan().await;
        assert_eq!(creates(&plan), [""; 0]);
        let notice = plan.notices.iter().find(|notice| notice.blocks).unwrap();
        assert!(notice.message.starts_with(&top), "{notice:?}");
        for local in ["part/one/a", "part/four", "sunset/four"] {
            assert_eq!(change(&plan, local).action, Action::Wait, "{local}");
            assert!(notice.message.contains(&format!("hunter/{local}")), "{notice:?}");
        }
        assert!(notice.hint.contains("--recreate"), "{notice:?}");
        // The way out: what is really new is named, or the marker is put back.
        let mut asked = world.options.clone();
        asked.recreate.extend(["part/four", "sunset/four"].map(key));
        let keep = std::mem::replace(&mut world.options, asked);
        let plan = world.plan().await;
        assert_eq!(creates(&plan), ["create hunter/part/four", "create hunter/sunset/four"]);
        assert!(plan.notices.iter().any(|notice| notice.blocks), "for the issue");
        world.options = keep;
        world.edit_at(&top, Edit::Description(good));
        let report = world.settle().await;
        let made: BTreeSet<&str> = created(&report).into_iter().collect();
        assert_eq!(made, BTreeSet::from(["hunter/part/four", "hunter/sunset/four"]));
        assert_eq!(at(&world.plan().await, "part/one/a"), issue);
    }
}

#[tokio::test]
async fn a_tool_whose_first_item_nobody_finds_is_not_made_again() {
    let mut world = World::applied(TOOL).await;
    let top = world.item("top").reference;
    // Without marker, place and row nothing says where it is; its children say that it was.
    world.unmark("top");
    world.edit_at(&top, Edit::Title("Called otherwise".into()));
    world.edit_at(&top, Edit::Parent(Some("g&2".into())));
    let root = world.sandbox.item(ROOT).unwrap().description;
    let row = root.lines().find(|line| line.contains("Hunter")).unwrap();
    world.edit_at(ROOT, Edit::Description(root.replace(&format!("{row}\n"), "")));
    world.sandbox.clear_log();
    let plan = world.plan().await;
    assert_eq!(searches(&world), 1);
    assert_eq!(creates(&plan).iter().filter(|line| line.contains("hunter/")).count(), 0);
    assert!(plan.notices.iter().any(|n| n.blocks && n.message.contains("hunter/top")));
    world.options.recreate.insert(key("top"));
    assert!(creates(&world.plan().await).contains(&"create hunter/top".to_owned()));
}

#[tokio::test]
async fn a_first_epic_with_another_items_description_makes_no_second_tree() {
    let world = World::applied(TOOL).await;
    let (top, other) = (world.item("top").reference, world.item("part/one").description);
    let row = world.sandbox.item(ROOT).unwrap().description;
    for with_row in [true, false] {
        world.edit_at(&top, Edit::Description(other.clone()));
        if !with_row {
            let line = row.lines().find(|line| line.contains("Hunter")).unwrap();
            world.edit_at(ROOT, Edit::Description(row.replace(&format!("{line}\n"), "")));
        }
        let plan = world.plan().await;
        assert_eq!(creates(&plan).iter().filter(|line| line.contains("hunter/")).count(), 0);
        assert!(plan.notices.iter().any(|n| n.blocks), "{:?}", notices(&plan));
    }
}

// -- a record that nobody can keep ------------------------------------------------------------

#[tokio::test]
async fn nothing_is_made_while_the_first_item_is_closed_unless_asked_for() {
    for damaged in [false, true] {
        let mut world = World::applied(TOOL).await;
        world.edit("top", Edit::Close);
        if damaged {
            world.damage("top");
        }
        let top =
            world.sandbox.items().into_iter().find(|i| i.title == "Hunter integration").unwrap();
        world.is_settled("closed").await;
        assert!(!notices(&world.plan().await).iter().any(|n| n.contains("closed")));
        world.tool.push_str(FOUR);
        world.rewrite("What to do.", "What to do now.");
        let plan = world.plan().await;
        assert_eq!(writes(&plan), ["update hunter/part/one/a"], "the rest goes on");
        let notice = plan.notices.iter().find(|n| n.message.contains("closed")).unwrap();
        assert!(!notice.blocks && notice.message.starts_with(&top.reference), "{notice:?}");
        assert!(notice.message.contains("hunter/part/four, hunter/sunset/four"), "{notice:?}");
        assert!(notice.hint.contains("reopen") && notice.hint.contains("--recreate"));
        world.settle().await;
        assert_eq!(world.sandbox.item(&top.reference), Some(top.clone()), "nor is it written");
        world.options.recreate.extend(["part/four", "sunset/four"].map(key));
        world.settle().await;
        world.options.recreate.clear();
        // What was made meanwhile is not in the record; moved away, it is still made only once.
        let four = world.item("part/four").reference;
        world.edit("part/four", Edit::Parent(Some("g&2".into())));
        assert_eq!(creates(&world.plan().await), [""; 0]);
        world.edit("part/four", Edit::Parent(Some(top.reference.clone())));
        world.edit_at(&top.reference, Edit::Reopen);
        world.settle().await;
        assert_eq!(world.item("part/four").reference, four);
        world.edit("part/four", Edit::Parent(Some("g&2".into())));
        world.settle().await;
        assert_eq!(at(&world.plan().await, "part/four"), four, "the record knows it");
    }
}
