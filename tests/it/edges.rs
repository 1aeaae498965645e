//! Rare moments: what people, other runs and broken lines do between two requests.

use epictree::plan::ToolPlan;
use epictree::sandbox::{Edit, Fault, FaultKind};

use crate::world::{TOOL, World, change, names, writes};

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|line| line.starts_with("create")).collect()
}

/// Numbers of the requests of an apply that ask for an operation.
async fn requests_of(world: &World, operation: &str) -> Vec<usize> {
    world.sandbox.clear_log();
    world.try_apply().await;
    let log = world.sandbox.log().into_iter().enumerate();
    log.filter(|(_, r)| r.fields.iter().any(|f| f == operation)).map(|(n, _)| n + 1).collect()
}

#[tokio::test]
async fn a_description_copied_from_a_sibling_makes_no_second_item() {
    for whole in [true, false] {
        let world = World::applied(TOOL).await;
        let (one, two) = (world.item("part/one"), world.item("part/two"));
        let text = match whole {
            true => one.description.clone(),
            false => format!("{}\n\n{}", one.description, two.description),
        };
        world.edit_at(&two.reference, Edit::Description(text));
        let plan = world.plan().await;
        assert_eq!(creates(&plan), [""; 0], "{whole}");
        let change = change(&plan, "part/two");
        assert_eq!(change.reference.as_ref().unwrap().to_string(), two.reference);
        assert_eq!(names(&change.fields), [""; 0], "people's words stay");
        let items = world.sandbox.items().len();
        world.apply().await;
        assert_eq!(world.sandbox.items().len(), items);
        world.sandbox.clear_log();
        world.apply().await;
        assert_eq!(world.mutations(), [""; 0]);
        assert_eq!(world.item("part/one").reference, one.reference);
    }
}

#[tokio::test]
async fn a_lost_create_that_cannot_be_looked_for_is_not_sent_again() {
    let probe = World::new(TOOL).await;
    let first = requests_of(&probe, "workItemCreate").await[0];
    let world = World::new(TOOL).await;
    let lost = Fault { nth: first, kind: FaultKind::DropAfterCommit };
    // Every read that follows fails, with all its retries, for both looks.
    let down = (first + 1..=first + 24).map(|nth| Fault { nth, kind: FaultKind::Status(502) });
    world.sandbox.faults(std::iter::once(lost).chain(down).collect());
    let report = world.try_apply().await;
    assert!(report.incomplete(), "{report:#?}");
    world.sandbox.faults(Vec::new());
    world.settle().await;
    let of_tool = world.sandbox.items().iter().filter(|i| i.title == "Hunter integration").count();
    assert_eq!(of_tool, 1);
}
