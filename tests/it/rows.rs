//! Rows in the table of an epic that people own, over the wire: cell by cell, row by row.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use epictree::merge::OnConflict;
use epictree::plan::{Action, Change, Subject, ToolPlan};
use epictree::sandbox::Edit;

use crate::world::{ROOT, TOOL, World, marker_of, names, writes};

/// The tool's row as a first apply writes it.
const ROW: &str = "| [Hunter](https://example.com/hunter) | g/e&1+ | new |";

fn row_of(plan: &ToolPlan) -> &Change {
    plan.changes.iter().find(|change| change.subject == Subject::TableRow).unwrap()
}

/// What the root epic says.
fn root(world: &World) -> String {
    world.sandbox.item(ROOT).unwrap().description
}

/// Plays a colleague who rewrites some words of the root epic.
fn rewrite_root(world: &World, from: &str, to: &str) {
    let text = root(world);
    assert!(text.contains(from), "{from:?} is not in {text}");
    world.edit_at(ROOT, Edit::Description(text.replacen(from, to, 1)));
}

/// A world whose tool has its row.
async fn world() -> World {
    let world = World::applied(TOOL).await;
    assert!(root(&world).contains(ROW), "{}", root(&world));
    world
}

fn rename(world: &mut World, name: &str) {
    world.rewrite("name = \"Hunter\"", &format!("name = \"{name}\""));
}

#[tokio::test]
async fn the_base_of_a_row_is_in_the_first_nodes_marker() {
    let world = world().await;
    let record = marker_of(&world.item("top")).unwrap().record;
    let cells: Vec<(&str, &str)> =
        record.rows[ROOT].iter().map(|(column, cell)| (column.as_str(), cell.as_str())).collect();
    assert_eq!(
        cells,
        [("Epic", "g/e&1+"), ("Tool", "[Hunter](https://example.com/hunter)")],
        "a cell that is written once has no base"
    );
}

#[tokio::test]
async fn a_cell_that_people_changed_is_kept_and_the_others_follow_the_files() {
    let mut world = world().await;
    rewrite_root(&world, "g/e&1+ |", "g/e&1 (see there) |");
    let plan = world.plan().await;
    assert_eq!((row_of(&plan).action, names(&row_of(&plan).kept)), (Action::None, vec!["Epic"]));
    rename(&mut world, "Gatherer");
    let plan = world.plan().await;
    assert_eq!(names(&row_of(&plan).fields), ["Tool"]);
    let before = root(&world);
    world.settle().await;
    assert_eq!(root(&world), before.replace("[Hunter]", "[Gatherer]"));
}

#[tokio::test]
async fn padding_that_people_gave_a_table_is_no_change_and_stays() {
    let mut world = world().await;
    rewrite_root(&world, "| g/e&1+ | new |", "|   g/e&1+   |  new  |");
    let before = root(&world);
    world.is_settled("padded").await;
    rename(&mut world, "Gatherer");
    world.settle().await;
    assert_eq!(root(&world), before.replace("[Hunter]", "[Gatherer]"));
}

#[tokio::test]
async fn a_cell_that_both_sides_changed_is_a_conflict_until_it_is_settled() {
    for (on_conflict, end) in [(OnConflict::Keep, "[Our Hunter]"), (OnConflict::Spec, "[Gatherer]")]
    {
        let mut world = world().await;
        rewrite_root(&world, "[Hunter]", "[Our Hunter]");
        rename(&mut world, "Gatherer");
        let before = root(&world);
        for _ in 0..2 {
            let plan = world.plan().await;
            assert_eq!(names(&row_of(&plan).conflicts), ["Tool"]);
            assert!(plan.undecided());
            world.apply().await;
            assert_eq!(root(&world), before);
        }
        world.options.on_conflict = on_conflict;
        assert!(!world.plan().await.undecided());
        world.settle().await;
        assert_eq!(root(&world), before.replace("[Our Hunter]", end));
        world.options.on_conflict = OnConflict::Report;
        assert!(!world.plan().await.undecided(), "{on_conflict:?}");
        assert_eq!(writes(&world.plan().await), [""; 0], "{on_conflict:?}");
    }
}

#[tokio::test]
async fn the_same_change_in_a_cell_is_recorded() {
    let mut world = world().await;
    rename(&mut world, "Gatherer");
    rewrite_root(&world, "[Hunter]", "[Gatherer]");
    let plan = world.plan().await;
    assert_eq!(row_of(&plan).action, Action::None);
    world.settle().await;
    let record = marker_of(&world.item("top")).unwrap().record;
    assert!(record.rows[ROOT]["Tool"].starts_with("[Gatherer]"));
}

#[tokio::test]
async fn a_cell_that_is_written_once_belongs_to_people() {
    let mut world = world().await;
    rewrite_root(&world, "| new |", "| Stopped for now |");
    world.is_settled("people's status").await;
    rename(&mut world, "Gatherer");
    world.settle().await;
    assert!(root(&world).contains("g/e&1+ | Stopped for now |"), "{}", root(&world));
}

#[tokio::test]
async fn a_row_that_people_removed_stays_removed_and_one_they_put_back_is_the_tools() {
    let mut world = world().await;
    rewrite_root(&world, &format!("{ROW}\n"), "");
    let plan = world.plan().await;
    assert_eq!(names(&row_of(&plan).kept), ["row"]);
    rename(&mut world, "Gatherer");
    world.settle().await;
    assert!(!root(&world).contains("Gatherer"));
    rewrite_root(&world, "\n\nThe end.", &format!("\n{ROW}\n\nThe end."));
    world.settle().await;
    assert_eq!(root(&world).matches("https://example.com/hunter").count(), 1);
}

#[tokio::test]
async fn rows_of_others_and_every_other_byte_stay() {
    let mut world = world().await;
    let mess = root(&world)
        .replace(
            "| [Older](https://example.com/older) | g/e&90 | Kept by people |",
            "|[Older](https://example.com/older)|   g/e&90|**Kept** \\| by people|",
        )
        .replace("All tools.", "All tools.  \n\n\n* one\n+ two");
    world.edit_at(ROOT, Edit::Description(mess));
    let before = root(&world);
    rename(&mut world, "Gatherer");
    world.settle().await;
    assert_eq!(root(&world), before.replace("[Hunter]", "[Gatherer]"));
}

#[tokio::test]
async fn a_row_found_twice_stops_the_tool() {
    let world = world().await;
    rewrite_root(&world, ROW, &format!("{ROW}\n{ROW}"));
    let plan = world.plan().await;
    let blocks: Vec<&str> =
        plan.notices.iter().filter(|n| n.blocks).map(|n| n.message.as_str()).collect();
    assert!(matches!(blocks[..], [one] if one.contains("two rows")), "{blocks:?}");
}
