//! What the record of a tool's first node is good for: whose item is it when markers, parents and
//! titles say otherwise, and what happens while nobody can read or keep it.

use epictree::plan::{Action, ToolPlan};
use epictree::sandbox::Edit;

use crate::world::{TOOL, World, change, notices, writes};

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
