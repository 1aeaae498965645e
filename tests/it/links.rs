//! Links, over the wire: what the files want of them, what people do to them, and what comes of both.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use epictree::apply::{Line, Outcome};
use epictree::merge::OnConflict;
use epictree::plan::{Action, Change, Value};
use epictree::sandbox::{Edit, Fault, FaultKind, ItemView};

use crate::world::{ROOT, TOOL, World, change, item, marker_of, names, notices, seed, writes};

/// The node that all tests are about: it waits for part `one`.
const NODE: &str = "part/two";

/// The tool file in which part `two` waits for these.
fn waits(ids: &[&str]) -> String {
    TOOL.replace("name = \"Two\"", &format!("name = \"Two\"\ndepends-on = {ids:?}"))
}

/// The links of the node, as GitLab names them.
fn links(world: &World) -> Vec<(String, String)> {
    let links = world.item(NODE).links.into_iter();
    links.map(|link| (link.kind.clone(), link.item)).collect()
}

fn blocked_by(world: &World, local: &str) -> Vec<(String, String)> {
    vec![("is_blocked_by".into(), world.item(local).reference)]
}

/// What goes and what comes.
fn moves(change: &Change) -> (Value, Value) {
    assert_eq!(names(&change.fields), ["links"], "{change:#?}");
    (change.fields[0].before.clone(), change.fields[0].after.clone())
}

fn base(world: &World) -> Vec<String> {
    marker_of(&world.item(NODE)).unwrap().base.links
}

#[tokio::test]
async fn a_link_is_made_once_and_one_that_people_took_away_stays_away() {
    let world = World::new(&waits(&["one"])).await;
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/one"));
    world.unlink(&world.item(NODE), &world.item("part/one"));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert_eq!(names(&change(&plan, NODE).kept), ["links"]);
    world.settle().await;
    assert_eq!(links(&world), []);
}

#[tokio::test]
async fn a_link_the_files_no_longer_want_is_announced_and_taken_away() {
    let mut world = World::applied(&waits(&["one", "three"])).await;
    world.tool = waits(&["three"]);
    let one = world.item("part/one").reference;
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/part/two"]);
    assert_eq!(moves(change(&plan, NODE)), (vec![one].into(), Value::None));
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/three"));
    assert_eq!(base(&world), ["part/three"]);
    // One goes and one comes.
    world.tool = waits(&["one"]);
    let refs = ["part/three", "part/one"].map(|local| vec![world.item(local).reference]);
    let [old, new] = refs;
    assert_eq!(moves(change(&world.plan().await, NODE)), (old.into(), new.into()));
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/one"));
    // The key goes as a whole.
    world.tool = TOOL.to_owned();
    world.settle().await;
    assert_eq!((links(&world), base(&world)), (vec![], vec![]));
}

#[tokio::test]
async fn a_link_that_both_sides_took_away_is_recorded() {
    let mut world = World::applied(&waits(&["one"])).await;
    world.unlink(&world.item(NODE), &world.item("part/one"));
    world.tool = TOOL.to_owned();
    assert_eq!(writes(&world.plan().await), ["record hunter/part/two"]);
    world.settle().await;
    // What people link from now on is theirs.
    world.link(&world.item(NODE), "BLOCKED_BY", &world.item("part/one"));
    world.is_settled("a link of people").await;
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/one"));
}

#[tokio::test]
async fn a_link_the_files_never_wanted_is_peoples() {
    let mut world = World::applied(&waits(&["one"])).await;
    world.link(&world.item(NODE), "RELATED", &world.item("part/three"));
    world.link(&world.item(NODE), "BLOCKED_BY", &world.item("sunset"));
    world.is_settled("links of people").await;
    world.tool = TOOL.to_owned();
    world.settle().await;
    let left: Vec<String> = links(&world).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(left, ["is_blocked_by", "relates_to"]);
}

#[tokio::test]
async fn a_link_that_people_made_another_kind_is_theirs() {
    let mut world = World::applied(&waits(&["one"])).await;
    world.unlink(&world.item(NODE), &world.item("part/one"));
    world.link(&world.item(NODE), "RELATED", &world.item("part/one"));
    world.is_settled("of another kind").await;
    world.tool = TOOL.to_owned();
    world.settle().await;
    assert_eq!(links(&world), [("relates_to".into(), world.item("part/one").reference)]);
}

#[tokio::test]
async fn a_link_that_people_made_before_the_files_wanted_it_is_recorded() {
    let mut world = World::applied(TOOL).await;
    world.link(&world.item(NODE), "BLOCKED_BY", &world.item("part/one"));
    world.tool = waits(&["one"]);
    assert_eq!(writes(&world.plan().await), ["record hunter/part/two"]);
    world.settle().await;
    assert_eq!(base(&world), ["part/one"]);
}

#[tokio::test]
async fn a_link_to_an_item_that_left_the_files_is_taken_away() {
    let mut world = World::applied(&waits(&["one"])).await;
    let one = world.item("part/one");
    let start = TOOL.find("[[part]]").unwrap();
    let end = TOOL.find("[[part]]\nid = \"two\"").unwrap();
    world.tool = format!("{}{}", &TOOL[..start], &TOOL[end..]);
    let plan = world.plan().await;
    let orphans: Vec<&str> = plan.orphans.iter().map(|c| c.key.as_str()).collect();
    assert!(orphans.contains(&"hunter/part/one"), "{orphans:?}");
    assert_eq!(moves(change(&plan, NODE)), (vec![one.reference.clone()].into(), Value::None));
    world.settle().await;
    assert_eq!(links(&world), []);
    assert_eq!(world.sandbox.item(&one.reference).unwrap().state, "OPEN");
}

#[tokio::test]
async fn a_link_to_an_orphan_without_its_marker_is_found_by_the_record() {
    let mut world = World::applied(&waits(&["one"])).await;
    let one = world.unmark("part/one");
    world.edit_at(&one, Edit::Parent(None));
    let start = TOOL.find("[[part]]").unwrap();
    let end = TOOL.find("[[part]]\nid = \"two\"").unwrap();
    world.tool = format!("{}{}", &TOOL[..start], &TOOL[end..]);
    assert_eq!(names(&change(&world.plan().await, NODE).fields), ["links"]);
    world.settle().await;
    assert_eq!(links(&world), []);
}

#[tokio::test]
async fn a_link_follows_an_id_that_was_renamed() {
    let mut world = World::applied(&waits(&["one"])).await;
    world.tool = waits(&["first"]).replace("id = \"one\"", "id = \"first\"\nwas = [\"one\"]");
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, NODE).fields), [""; 0]);
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/first"));
    // Taken away by people before the rename: kept away after it.
    let mut world = World::applied(&waits(&["one"])).await;
    world.unlink(&world.item(NODE), &world.item("part/one"));
    world.tool = waits(&["first"]).replace("id = \"one\"", "id = \"first\"\nwas = [\"one\"]");
    assert_eq!(names(&change(&world.plan().await, NODE).kept), ["links"]);
    world.settle().await;
    assert_eq!(links(&world), []);
}

#[tokio::test]
async fn without_the_licence_items_are_linked_as_related() {
    let mut world = World::new(&waits(&["one"])).await;
    world.capabilities.blocked_items = false;
    world.settle().await;
    assert_eq!(links(&world), [("relates_to".into(), world.item("part/one").reference)]);
    world.tool = TOOL.to_owned();
    world.settle().await;
    assert_eq!(links(&world), []);
}

#[tokio::test]
async fn a_removal_whose_answer_is_lost_is_read_again() {
    for kind in [FaultKind::DropAfterCommit, FaultKind::DropBeforeCommit, FaultKind::Truncate] {
        let mut world = World::applied(&waits(&["one"])).await;
        world.tool = TOOL.to_owned();
        let fault = kind.clone();
        // The first request of an apply reads the item again, the second takes the link away.
        let report = world
            .apply_after(|world| world.sandbox.faults(vec![Fault { nth: 2, kind: fault }]))
            .await;
        assert!(!report.incomplete() && !report.moved(), "{kind:?}: {report:#?}");
        world.sandbox.faults(Vec::new());
        assert_eq!(links(&world), [], "{kind:?}");
        world.sandbox.clear_log();
        world.apply().await;
        assert_eq!(world.mutations(), [""; 0], "{kind:?}");
    }
}

/// The tool file in which parts `two` and `three` wait for part `one`.
fn both_wait() -> String {
    waits(&["one"]).replace("name = \"Three\"", "name = \"Three\"\ndepends-on = [\"one\"]")
}

/// Proves that both parts are linked once, and that it is recorded.
async fn both_are_linked(world: &World, when: &str) {
    for local in [NODE, "part/three"] {
        let item = world.item(local);
        let links: Vec<(&str, &str)> =
            item.links.iter().map(|link| (link.kind.as_str(), link.item.as_str())).collect();
        let one = world.item("part/one").reference;
        assert_eq!(links, [("is_blocked_by", one.as_str())], "{local}, {when}");
        assert_eq!(marker_of(&item).unwrap().base.links, ["part/one"], "{local}, {when}");
    }
    world.is_settled(when).await;
}

#[tokio::test]
async fn the_links_of_several_items_are_made_in_one_request() {
    let world = World::new(&both_wait()).await;
    world.apply().await;
    let links = world.mutations().into_iter().filter(|operation| operation == "LinkItems");
    assert_eq!(links.count(), 1);
    both_are_linked(&world, "of a new tree").await;
}

#[tokio::test]
async fn one_link_of_several_that_is_refused_leaves_the_others() {
    let mut world = World::applied(TOOL).await;
    world.tool = both_wait();
    world.sandbox.clear_log();
    let report = world
        .apply_after(|world| {
            world.link(&world.item(NODE), "BLOCKED_BY", &world.item("part/one"));
            // The read just before does not show it yet.
            let stale = FaultKind::Stale { requests: 1 };
            world.sandbox.faults(vec![Fault { nth: 1, kind: stale }]);
        })
        .await;
    assert!(!report.incomplete() && !report.moved(), "{report:#?}");
    both_are_linked(&world, "one of them by people").await;
}

#[tokio::test]
async fn a_link_that_an_item_has_no_room_for_is_told_and_not_recorded() {
    let mut world = World::applied(TOOL).await;
    let item = world.item(NODE);
    let other = |n: usize| {
        let other = world.create("g/e", &format!("People's {n}"), "g&1", "");
        world.sandbox.item(&other).unwrap()
    };
    // As many as GitLab lets an item have.
    let others: Vec<ItemView> = (0..100).map(other).collect();
    others.iter().for_each(|other| world.link(&item, "RELATED", other));
    world.tool = waits(&["one"]);
    let report = world.try_apply().await;
    let failed = |line: &Line| matches!(&line.outcome, Outcome::Failed(why, _) if why.contains("maximum number of linked"));
    assert!(report.lines.iter().any(failed), "{report:#?}");
    assert_eq!(base(&world), [""; 0]);
    world.unlink(&item, &others[0]);
    world.apply().await;
    assert_eq!(base(&world), ["part/one"]);
    world.is_settled("with room").await;
}

#[tokio::test]
async fn links_of_several_items_whose_answer_is_lost_are_read_again() {
    let text = || "Internal server error".to_owned();
    for kind in [
        FaultKind::DropAfterCommit,
        FaultKind::DropBeforeCommit,
        FaultKind::Truncate,
        FaultKind::StatusAfterCommit(502),
        FaultKind::ErrorBeside(text()),
        FaultKind::ErrorAfterCommit(text()),
        FaultKind::GraphqlError(text()),
        FaultKind::Complaint(text()),
        FaultKind::ComplaintAlone(text()),
    ] {
        let mut world = World::applied(TOOL).await;
        world.tool = both_wait();
        let fault = kind.clone();
        // The first request of an apply reads the items again, the second links them.
        let report = world
            .apply_after(|world| world.sandbox.faults(vec![Fault { nth: 2, kind: fault }]))
            .await;
        assert!(!report.incomplete() && !report.moved(), "{kind:?}: {report:#?}");
        world.sandbox.faults(Vec::new());
        both_are_linked(&world, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn a_removal_that_people_made_since_the_plan_is_done() {
    let mut world = World::applied(&waits(&["one"])).await;
    world.tool = TOOL.to_owned();
    let report =
        world.apply_after(|world| world.unlink(&world.item(NODE), &world.item("part/one"))).await;
    assert!(!report.incomplete() && !report.moved(), "{report:#?}");
    assert_eq!((links(&world), base(&world)), (vec![], vec![]));
}

#[tokio::test]
async fn a_link_that_another_run_makes_or_takes_away_at_once_is_done() {
    let mut world = World::new(&waits(&["one", "three"])).await;
    let mut other = World::with(world.sandbox.clone(), &world.tool).await;
    for wanted in [waits(&["one", "three"]), waits(&["one"]), TOOL.to_owned()] {
        world.tool.clone_from(&wanted);
        other.tool = wanted;
        let reports = tokio::join!(world.try_apply(), other.try_apply());
        assert!(!reports.0.incomplete() && !reports.1.incomplete(), "{reports:#?}");
        world.is_settled("after both").await;
    }
    assert_eq!(links(&world), []);
}

// -- family -------------------------------------------------------------------------------------

#[tokio::test]
async fn an_item_that_people_put_under_what_it_waits_for_is_not_linked() {
    let mut world = World::applied(TOOL).await;
    world.edit(NODE, Edit::Parent(Some(world.item("part/one").reference)));
    world.tool = waits(&["one"]);
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert_eq!(names(&change(&plan, NODE).kept), ["parent", "links"]);
    world.settle().await;
    // Back in its place, it is linked.
    world.edit(NODE, Edit::Parent(Some(world.item("top").reference)));
    world.settle().await;
    assert_eq!(links(&world), blocked_by(&world, "part/one"));
}

#[tokio::test]
async fn an_item_is_linked_to_its_former_parent_once_it_has_left() {
    let linked = "title = \"Do a\"\n";
    let under = "title = \"Do a\"\nunder = \"two\"\n";
    let mut world = World::new(&TOOL.replace(linked, under)).await;
    world.shape.blueprint = world.shape.blueprint.replace(
        "title = \"{{ each.title }}\"",
        "title = \"{{ each.title }}\"\ndepends-on = [{ for-each = \"part\", key = \"part/{{ item.id }}\", when = \"item.id == 'two' and each.under != 'two'\" }]",
    );
    world.settle().await;
    world.rewrite(under, linked);
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, "part/one/a").fields), ["parent", "links"]);
    let report = world.settle().await;
    assert_eq!(report.warnings, [""; 0]);
    let now = world.item("part/one/a");
    assert_eq!(now.parent, Some(world.item("part/one").reference));
    assert_eq!(now.links.len(), 1);
    // And the other way round: the link goes before the item hangs where it led.
    world.rewrite(linked, under);
    world.settle().await;
    let now = world.item("part/one/a");
    assert_eq!((now.parent, now.links.len()), (Some(world.item(NODE).reference), 0));
}

// -- the root -----------------------------------------------------------------------------------

/// A world whose licence has no epics under epics: the top is linked to the root.
async fn flat() -> World {
    let mut seed = seed();
    seed.items.push(item("g&9", "Another root", &seed.items[0].description));
    let mut world = World::of(&seed, TOOL).await;
    world.shape.workspace.push_str("[gitlab]\nnested-epics = false\n");
    world.shape.blueprint = world
        .shape
        .blueprint
        .replace("place = \"epics\"", "place = \"epics\"\nissue-place = \"issues\"");
    world.settle().await;
    world
}

fn roots(world: &World) -> Vec<String> {
    world.item("top").links.into_iter().map(|link| link.item).collect()
}

#[tokio::test]
async fn the_link_to_the_root_is_three_way_too() {
    let world = flat().await;
    assert_eq!(roots(&world), [ROOT]);
    world.unlink(&world.item("top"), &world.sandbox.item(ROOT).unwrap());
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, "top").kept), ["links"], "{:?}", notices(&plan));
    world.settle().await;
    assert_eq!(roots(&world), [""; 0]);
}

#[tokio::test]
async fn another_root_takes_the_link_over() {
    let mut world = flat().await;
    world.shape.workspace = world.shape.workspace.replace("g&1", "g&9");
    let plan = world.plan().await;
    let links = change(&plan, "top").fields.iter().find(|field| field.name == "links").unwrap();
    assert_eq!(links.before, vec![ROOT.to_owned()].into());
    assert_eq!(links.after, vec!["g&9".to_owned()].into());
    world.settle().await;
    assert_eq!(roots(&world), ["g&9"]);
}

#[tokio::test]
async fn a_licence_for_nested_epics_turns_the_link_into_the_parent() {
    let mut world = flat().await;
    world.shape.workspace =
        world.shape.workspace.replace("nested-epics = false", "nested-epics = true");
    let plan = world.plan().await;
    assert_eq!(change(&plan, "top").action, Action::Update);
    assert_eq!(names(&change(&plan, "top").fields), ["parent", "links"]);
    world.apply().await;
    assert_eq!((world.item("top").parent.as_deref(), roots(&world)), (Some(ROOT), vec![]));
}

#[tokio::test]
async fn an_item_that_people_linked_to_its_new_parent_is_a_conflict_until_they_decide() {
    for (on_conflict, left) in [
        (OnConflict::Report, ["parent"].as_slice()),
        (OnConflict::Spec, ["parent"].as_slice()),
        (OnConflict::Keep, [].as_slice()),
    ] {
        let mut world = World::applied(TOOL).await;
        let (item, two) = (world.item("part/one/a"), world.item("part/two"));
        world.link(&item, "RELATED", &two);
        world.rewrite("title = \"Do a\"", "title = \"Do a\"\nunder = \"two\"");
        world.options.on_conflict = on_conflict;
        let plan = world.plan().await;
        assert_eq!(names(&change(&plan, "part/one/a").conflicts), left, "{on_conflict:?}");
        if on_conflict == OnConflict::Keep {
            world.settle().await;
            world.options.on_conflict = OnConflict::Report;
            assert_eq!(names(&change(&world.plan().await, "part/one/a").kept), ["parent"]);
            continue;
        }
        assert_eq!(writes(&plan), [""; 0]);
        let said = format!("{} is linked to {}", item.reference, two.reference);
        assert!(notices(&plan)[0].starts_with(&said), "{:?}", notices(&plan));
        world.settle().await;
        world.unlink(&item, &two);
        assert_eq!(notices(&world.plan().await), [""; 0]);
        world.settle().await;
        assert_eq!(world.item("part/one/a").parent, Some(two.reference));
    }
}

#[tokio::test]
async fn work_that_exists_and_is_linked_to_its_parent_gets_none() {
    let mut seed = seed();
    seed.items.push(item("g/p#7", "Work that exists", "Somebody's words."));
    let mut world = World::of(&seed, TOOL).await;
    world.settle().await;
    let theirs = world.sandbox.item("g/p#7").unwrap();
    world.link(&theirs, "RELATED", &world.item("part/three"));
    world.tool.push_str("[[part.issue]]\nid = \"old\"\nitem = \"g/p#7\"\n");
    let plan = world.plan().await;
    assert!(notices(&plan)[0].starts_with("g/p#7 is linked to"), "{:?}", notices(&plan));
    world.settle().await;
    assert_eq!(world.sandbox.item("g/p#7").unwrap().parent, None);
}
