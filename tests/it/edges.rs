//! Rare moments: what people, other runs and broken lines do between two requests.

use epictree::marker::Record;
use epictree::plan::{Action, Cause, ToolPlan, guard};
use epictree::sandbox::{Edit, Fault, FaultKind, Sandbox, Seed};

use crate::world::{
    TOOL, WORKSPACE, World, change, item, key, marked, names, notices, seed, text_of, writes,
};

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

#[tokio::test]
async fn a_lost_create_that_shows_late_is_found_by_the_second_look() {
    let probe = World::new(TOOL).await;
    for first in requests_of(&probe, "workItemCreate").await {
        let world = World::new(TOOL).await;
        let lost = Fault { nth: first, kind: FaultKind::DropAfterCommit };
        // The list of the parent's children and the list of the newest items are both behind.
        let stale = Fault { nth: first + 1, kind: FaultKind::Stale { requests: 2 } };
        world.sandbox.faults(vec![lost, stale]);
        let report = world.try_apply().await;
        assert!(!report.incomplete() && !report.moved(), "{first}: {report:#?}");
        world.sandbox.faults(Vec::new());
        world.is_settled("found").await;
        let items = world.sandbox.items();
        let titles: std::collections::BTreeSet<&str> =
            items.iter().map(|i| i.title.as_str()).collect();
        assert_eq!(titles.len(), items.len(), "{first}: made twice");
    }
}

#[tokio::test]
async fn a_lost_create_without_a_parent_is_found_among_the_newest_items() {
    let flat = |world: &mut World| {
        world.shape.workspace.push_str("[gitlab]\nnested-epics = false\n");
        let place = "place = \"epics\"";
        world.shape.blueprint =
            world.shape.blueprint.replace(place, &format!("{place}\nissue-place = \"issues\""));
    };
    let mut probe = World::new(TOOL).await;
    flat(&mut probe);
    let nth = requests_of(&probe, "workItemCreate").await[0];
    let mut world = World::new(TOOL).await;
    flat(&mut world);
    world.sandbox.faults(vec![Fault { nth, kind: FaultKind::DropAfterCommit }]);
    world.apply().await;
    world.sandbox.faults(Vec::new());
    world.is_settled("found").await;
    let tops = world.sandbox.items().iter().filter(|i| i.title == "Hunter integration").count();
    assert_eq!(tops, 1);
}

#[tokio::test]
async fn children_beyond_the_first_page_are_known() {
    let issue = |n| format!("[[part.issue]]\nid = \"n{n}\"\ntitle = \"Issue {n}\"\n");
    let tool = format!("{TOOL}{}", (1..=105).map(issue).collect::<String>());
    let world = World::new(&tool).await;
    world.settle().await;
    // Without the record, which knows them all, nothing is made anew.
    world.reword_marker("top", |marker| marker.record = Record::default());
    assert_eq!(creates(&world.plan().await), [""; 0]);
    world.settle().await;
    assert_eq!(
        world.sandbox.item(&world.item("part/three").reference).map(|i| i.children.len()),
        Some(105)
    );
}

const THREE: &str = "[[part]]\nid = \"three\"\nname = \"Three\"\n";

fn with_issue_below_three() -> String {
    format!("{TOOL}[[part.issue]]\nid = \"x\"\ntitle = \"Do x\"\n")
}

#[tokio::test]
async fn an_unwanted_item_that_is_gone_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Sandbox::open(folder.path(), &seed()).unwrap(), TOOL).await;
    world.apply().await;
    world.edit("part/one/a", Edit::Move { to_namespace: "g/q".into() });
    world.settle().await;
    world.end().await;
    let hiding = Seed { hidden: vec!["g/q".into()], ..seed() };
    let mut world = World::with(Sandbox::open(folder.path(), &hiding).unwrap(), TOOL).await;
    let issue = TOOL.find("[[part.issue]]").unwrap();
    let next = issue + TOOL[issue..].find("[[part]]").unwrap();
    world.tool = format!("{}{}", &TOOL[..issue], &TOOL[next..]);
    assert_eq!(notices(&world.plan().await), [""; 0]);
    world.settle().await;
    // Wanted again, it is still not made a second time unasked.
    world.tool = TOOL.to_owned();
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert!(plan.notices.iter().any(|n| n.blocks), "{:?}", notices(&plan));
}

#[tokio::test]
async fn new_work_below_since_the_plan_keeps_an_item_open() {
    let mut world = World::applied(TOOL).await;
    world.tool = TOOL.replace(THREE, "");
    world.options.prune = true;
    let parent = world.item("part/three").reference;
    let report = world
        .apply_after(|world| {
            world.create("g/p", "Somebody's work", &parent, "Words.");
        })
        .await;
    assert_eq!(world.item("part/three").state, "OPEN", "{report:#?}");
    assert!(world.item("part/three").notes.iter().all(|note| !note.body.contains("hunter.toml")));
    assert!(report.moved(), "{report:#?}");
}

#[tokio::test]
async fn what_hangs_below_an_item_that_waits_for_its_adoption_keeps_its_parent() {
    let world = World::applied(TOOL).await;
    world.unmark("top");
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "nothing is written until somebody has decided");
    assert!(plan.undecided());
    assert_eq!(world.item("part/one").parent, Some("g/e&1".to_owned()));
}

#[tokio::test]
async fn what_loses_everything_below_it_in_a_run_is_pruned_in_that_run() {
    let under = |part: &str| format!("title = \"Do a\"\nunder = '{part}'");
    let mut world = World::applied(&TOOL.replace("title = \"Do a\"", &under("three"))).await;
    world.tool = TOOL.replace(THREE, "").replace("title = \"Do a\"", &under("two"));
    world.options.prune = true;
    world.settle().await;
    assert_eq!(world.item("part/three").state, "CLOSED");
    assert_eq!(world.item("part/one/a").parent, Some(world.item("part/two").reference));
}

#[tokio::test]
async fn work_that_exists_does_not_pull_the_brake() {
    let mut seed = seed();
    let mut tool = TOOL.to_owned();
    for n in 1..=12 {
        seed.items.push(item(&format!("g/p#{}", 100 + n), &format!("Work {n}"), "Words."));
        tool.push_str(&format!("[[part.issue]]\nid = \"w{n}\"\nitem = \"g/p#{}\"\n", 100 + n));
    }
    let world = World::of(&seed, &tool).await;
    assert_eq!(guard::objections(&world.plan().await), [""; 0]);
    world.settle().await;
}

/// A tool with twelve issues, each with a line about the top.
fn dozen() -> String {
    let issue = |n| {
        format!("[[part.issue]]\nid = \"n{n}\"\ntitle = \"Issue {n}\"\nvalue = \"About it.\"\n")
    };
    format!("{TOOL}{}", (1..=12).map(issue).collect::<String>())
}

/// The world of [`dozen`] whose issues refer to one that could not be created.
async fn dozen_with_open_references() -> World {
    let mut world = World::new(&dozen()).await;
    world.tool = world
        .tool
        .replace("value = \"About it.\"", "value = \"About it.\"\nticks = \"part/one/a\"");
    let item = "{{ each.value }}\n{% if each.ticks %}\nSee {{ ref(key=each.ticks) }}+\n{% endif %}";
    world.shape.templates.insert("item.md", item.to_owned());
    // GitLab takes no such label, so the issue that all others refer to is not created.
    world.rewrite("title = \"Do a\"", "title = \"Do a\"\nlabels = [\"made\"]");
    let refused = FaultKind::GraphqlError("You have no right to do this".into());
    let report = world
        .apply_after(|world| world.sandbox.faults(vec![Fault { nth: 1, kind: refused }]))
        .await;
    world.sandbox.faults(Vec::new());
    assert!(report.incomplete() && world.find("part/one/a").is_none(), "{report:#?}");
    let open = text_of(&world.item("part/three/n1"));
    assert!(open.contains("See (not created yet)\n"), "{open}");
    world
}

/// Makes the missing item, so that what refers to it can be filled.
async fn filled_next(world: &World) -> ToolPlan {
    let parent = world.item("part/one").reference;
    let text = marked(WORKSPACE, &key("part/one/a"), "What to do.");
    world.create("g/p", "Do a", &parent, &text);
    world.plan().await
}

#[tokio::test]
async fn filling_open_references_does_not_pull_the_brake() {
    let world = dozen_with_open_references().await;
    let plan = filled_next(&world).await;
    let filled = plan.changes.iter().filter(|change| change.cause == Cause::Filled).count();
    assert_eq!(filled, 12, "{:?}", writes(&plan));
    assert_eq!(guard::objections(&plan), [""; 0]);
}

#[tokio::test]
async fn another_change_beside_a_filled_reference_pulls_the_brake() {
    for (from, to) in [("title = \"Issue", "title = \"Case"), ("About it.", "About that.")] {
        let mut world = dozen_with_open_references().await;
        world.tool = world.tool.replace(from, to);
        let plan = filled_next(&world).await;
        let [why] =
            guard::objections(&plan).try_into().unwrap_or_else(|_| panic!("{from}: passed"));
        assert!(why.starts_with("1"), "{why}");
    }
}

#[tokio::test]
async fn items_under_another_parent_pull_the_brake() {
    let mut world = World::applied(&dozen()).await;
    world.tool =
        world.tool.replace("value = \"About it.\"", "value = \"About it.\"\nunder = \"two\"");
    let plan = world.plan().await;
    let objections = guard::objections(&plan);
    assert_eq!(objections.len(), 1, "{objections:?}");
    assert!(objections[0].starts_with("12 of "), "{objections:?}");
    // What people moved is kept, and no change of ours.
    let mut world = World::applied(&dozen()).await;
    for n in 1..=12 {
        let parent = world.item("part/two").reference;
        world.edit(&format!("part/three/n{n}"), Edit::Parent(Some(parent)));
    }
    world.rewrite("Hunts.", "Hunts more.");
    assert_eq!(guard::objections(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_table_row_is_no_item_of_the_tool() {
    let issue = |n| format!("[[part.issue]]\nid = \"n{n}\"\ntitle = \"Issue {n}\"\n");
    let mut world =
        World::applied(&format!("{TOOL}{}", (1..=9).map(issue).collect::<String>())).await;
    world.tool =
        world.tool.replace("title = \"Issue", "title = \"Case").replace("Hunter", "Tracker");
    let plan = world.plan().await;
    let updates = writes(&plan).iter().filter(|line| line.starts_with("update hunter/")).count();
    assert!(updates > 10, "{:?}", writes(&plan));
    let objections = guard::objections(&plan);
    assert!(objections[0].starts_with(&format!("{updates} of ")), "{objections:?}");
}

#[tokio::test]
async fn what_hangs_below_an_epic_that_exists_is_looked_at() {
    let mut seed = seed();
    seed.items.push(item("g/e&70", "An epic of people", "Words."));
    let tool = format!(
        "{TOOL}[[part]]\nid = \"four\"\nname = \"Four\"\nitem = \"g/e&70\"\n[[part.issue]]\nid = \"b\"\ntitle = \"Do b\"\n"
    );
    let mut world = World::of(&seed, &tool).await;
    let theirs = world.create("g/p", "Do b", "g/e&70", "Somebody's words.");
    let plan = world.plan().await;
    assert_eq!(change(&plan, "part/four/b").action, Action::Wait, "{:?}", writes(&plan));
    world.options.adopt = true;
    world.try_apply().await;
    assert_eq!(world.item("part/four/b").reference, theirs);
    assert_eq!(text_of(&world.item("part/four/b")), "Somebody's words.");
}

#[tokio::test]
async fn nobody_assigned_is_what_the_files_want() {
    let tool = TOOL.replace("id = \"two\"", "id = \"two\"\nassignees = []");
    let mut world = World::applied(&tool).await;
    assert_eq!(names(&change(&world.plan().await, "part/two").kept), [""; 0]);
    world.rewrite("assignees = []", "assignees = [\"@bob\"]");
    world.settle().await;
    assert_eq!(world.item("part/two").assignees, ["bob"]);
    world.rewrite("assignees = [\"@bob\"]", "assignees = []");
    world.settle().await;
    assert_eq!(world.item("part/two").assignees, [""; 0]);
    assert_eq!(names(&change(&world.plan().await, "part/two").kept), [""; 0]);
}

#[tokio::test]
async fn a_handle_in_other_letters_is_the_same_person() {
    let mut seed = seed();
    seed.users.push("Dora".into());
    let tool = TOOL
        .replace("id = \"two\"", "id = \"two\"\nassignees = [\"@Bob\", \"@bob\"]")
        .replace("id = \"three\"", "id = \"three\"\nassignees = [\"@dora\"]");
    let mut world = World::of(&seed, &tool).await;
    world.settle().await;
    assert_eq!(world.item("part/two").assignees, ["bob"]);
    assert_eq!(world.item("part/three").assignees, ["Dora"]);
    let plan = world.plan().await;
    assert_eq!(plan.summary().drift, 0, "{:#?}", plan.changes);
    // The letters change in the file: nobody new.
    world.rewrite("@Bob", "@BOB");
    world.rewrite("@dora", "@DORA");
    assert_eq!(writes(&world.plan().await), [""; 0]);
    // A base that an older epictree wrote in the file's letters is the same person too.
    world.reword_marker("part/two", |marker| marker.base.assignees = Some(vec!["Bob".into()]));
    world.edit("part/two", Edit::Assignees(vec!["carol".into()]));
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, "part/two").kept), ["assignees"]);
    assert!(!plan.undecided());
    world.settle().await;
    world.edit("part/two", Edit::Assignees(vec!["bob".into()]));
    world.rewrite("[\"@BOB\", \"@bob\"]", "[\"@Carol\", \"@Bob\"]");
    assert_eq!(
        change(&world.plan().await, "part/two").notifies().into_iter().collect::<Vec<_>>(),
        ["carol"]
    );
    world.settle().await;
    assert_eq!(world.item("part/two").assignees, ["bob", "carol"]);
}

#[tokio::test]
async fn a_tick_beside_peoples_lines_is_announced() {
    let tool = TOOL.replace("title = \"Do a\"", "title = \"Do a\"\nticks = \"part/two\"");
    let world = World::applied(&tool).await;
    world.reword("part/one/a", "What to do.", "What to do.\n\nMine.");
    world.edit("part/two", Edit::Close);
    let plan = world.plan().await;
    let change = change(&plan, "part/one/a");
    assert_eq!(change.action, Action::Update, "a box is visible");
    assert_eq!(names(&change.kept), ["body"]);
    world.settle().await;
    assert!(text_of(&world.item("part/one/a")).contains("- [x] Other work"));
}

#[tokio::test]
async fn an_item_whose_label_could_not_be_created_is_created_by_the_next_run() {
    let tool = TOOL.replace("id = \"two\"", "id = \"two\"\nlabels = [\"made\"]");
    let probe = World::new(&tool).await;
    let nth = requests_of(&probe, "labelCreate").await[0];
    let world = World::new(&tool).await;
    let refused = FaultKind::GraphqlError("You have no right to do this".into());
    world.sandbox.faults(vec![Fault { nth, kind: refused }]);
    let report = world.try_apply().await;
    assert!(report.incomplete());
    world.sandbox.faults(Vec::new());
    world.settle().await;
    assert_eq!(world.item("part/two").labels, ["made"]);
}

#[tokio::test]
async fn an_update_waits_for_the_label_that_could_not_be_created() {
    let mut world = World::applied(TOOL).await;
    world.rewrite("id = \"two\"", "id = \"two\"\nlabels = [\"made\"]");
    let refused = FaultKind::GraphqlError("You have no right to do this".into());
    let report = world
        .apply_after(|world| world.sandbox.faults(vec![Fault { nth: 1, kind: refused }]))
        .await;
    assert!(report.incomplete());
    world.sandbox.faults(Vec::new());
    world.settle().await;
    assert_eq!(world.item("part/two").labels, ["made"]);
}

#[tokio::test]
async fn what_cannot_be_closed_keeps_what_is_above_open() {
    let mut world = World::applied(&with_issue_below_three()).await;
    world.tool = TOOL.replace(THREE, "");
    world.options.prune = true;
    let below = world.item("part/three/x");
    let report = world
        .apply_after(|world| {
            world.edit_at(&below.reference, Edit::Title("Somebody's own words".into()));
        })
        .await;
    assert!(report.moved(), "{report:#?}");
    assert_eq!(world.item("part/three/x").state, "OPEN", "it moved since the plan");
    assert_eq!(world.item("part/three").state, "OPEN", "what is below it is open");
    world.apply().await;
    assert_eq!(world.item("part/three").state, "CLOSED");
}

#[tokio::test]
async fn what_a_lagging_replica_hides_from_a_first_apply_is_said_and_finished_by_the_next() {
    let tool = TOOL.replace("name = \"Two\"", "name = \"Two\"\ndepends-on = [\"one\"]");
    let mut stopped = 0;
    for nth in 1..=40 {
        let world = World::new(&tool).await;
        world.sandbox.faults(vec![Fault { nth, kind: FaultKind::Stale { requests: 1_000 } }]);
        let whole = match world.look().await {
            Ok(look) => {
                let report = world.carry_out(look).await;
                !report.incomplete() && !report.moved()
            }
            Err(_) => false,
        };
        world.sandbox.faults(Vec::new());
        if whole {
            world.is_settled(&format!("stale from request {nth} on")).await;
        } else {
            stopped += 1;
            world.settle().await;
        }
    }
    assert!(stopped > 0);
}
