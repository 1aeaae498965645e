//! Items that people move, close and hide, over the wire, and the tool's first epic among them.

use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::plan::{Action, ToolPlan};
use epictree::problem::Problems;
use epictree::sandbox::{Edit, Fault, FaultKind, Sandbox, Seed};

use crate::world::{
    ROOT, TOOL, World, change, created, key, marked, marker_of, names, notices, seed, text_of,
    writes,
};

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|w| w.starts_with("create")).collect()
}

// -- moved, closed, unreadable -----------------------------------------------------------

#[tokio::test]
async fn an_epic_that_people_moved_under_another_parent_stays_there_with_its_children() {
    let mut world = World::applied(TOOL).await;
    let (epic, issue) = (world.item("part/one").reference, world.item("part/one/a").reference);
    world.edit("part/one", Edit::Parent(Some("g&2".into())));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert_eq!(names(&change(&plan, "part/one").kept), ["parent"]);
    assert_eq!(change(&plan, "part/one/a").reference.as_ref().unwrap().to_string(), issue);
    // Its text and its children are still managed, and what is new goes below it.
    world.rewrite("The first part.", "The very first part.");
    world.rewrite(
        "What to do.\"",
        "What to do now.\"\n[[part.issue]]\nid = \"b\"\ntitle = \"Do b\"",
    );
    let report = world.settle().await;
    assert_eq!(created(&report), ["hunter/part/one/b"]);
    assert_eq!(world.item("part/one/b").parent.as_deref(), Some(epic.as_str()));
    assert_eq!(world.item("part/one").parent.as_deref(), Some("g&2"));
    assert!(text_of(&world.item("part/one")).contains("very first"));
    assert!(text_of(&world.item("part/one/a")).contains("now"));
}

#[tokio::test]
async fn a_closed_item_is_not_written_and_its_children_are() {
    let mut world = World::applied(TOOL).await;
    world.edit("part/one", Edit::Close);
    world.settle().await;
    let closed = world.item("part/one");
    world.rewrite("The first part.", "The very first part.");
    world.rewrite("What to do.", "What to do now.");
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/part/one/a"]);
    world.settle().await;
    assert_eq!(world.item("part/one"), closed);
    assert!(text_of(&world.item("part/one/a")).contains("now"));
    // Reopened, it merges as if nothing had been.
    world.edit("part/one", Edit::Reopen);
    assert!(writes(&world.plan().await).contains(&"update hunter/part/one".to_owned()));
    world.settle().await;
    assert!(text_of(&world.item("part/one")).contains("very first"));
}

#[tokio::test]
async fn a_closed_item_is_not_made_anew() {
    let world = World::applied(TOOL).await;
    for local in ["part/one/a", "part/two", "sunset/one", "sunset"] {
        world.edit(local, Edit::Close);
    }
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    world.settle().await;
    world.edit("top", Edit::Close);
    world.is_settled("all closed").await;
    world.settle().await;
}

#[tokio::test]
async fn an_item_that_moved_to_another_project_is_followed() {
    let mut world = World::applied(TOOL).await;
    let old = world.item("part/one/a");
    world.edit("part/one/a", Edit::Move { to_namespace: "g/q".into() });
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(notices(&plan), [""; 0]);
    world.rewrite("What to do.", "What to do now.");
    world.settle().await;
    let new = world.item("part/one/a");
    assert!(new.reference.starts_with("g/q#"), "{}", new.reference);
    assert!(text_of(&new).contains("now"));
    assert_eq!(world.sandbox.item(&old.reference).unwrap().description, old.description);
    let number: u64 = new.id.rsplit('/').next().unwrap().parse().unwrap();
    let record = marker_of(&world.item("top")).unwrap().record;
    assert_eq!(record.items["part/one/a"], number, "the record knows where it is");
}

#[tokio::test]
async fn an_item_that_moved_on_and_on_is_followed() {
    let mut world = World::applied(TOOL).await;
    for namespace in ["g/q", "far/p", "g/q", "g/p"] {
        world.edit("part/one/a", Edit::Move { to_namespace: namespace.into() });
    }
    let last = world.item("part/one/a").reference;
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(notices(&plan), [""; 0]);
    world.rewrite("What to do.", "What to do now.");
    world.settle().await;
    let now = world.item("part/one/a");
    assert_eq!(now.reference, last);
    assert!(text_of(&now).contains("now"));
}

#[tokio::test]
async fn an_issue_that_was_promoted_is_followed_as_an_epic() {
    let mut world = World::applied(TOOL).await;
    world.edit("part/one/a", Edit::Move { to_namespace: "g/e".into() });
    let epic = world.item("part/one/a").reference;
    assert!(epic.starts_with("g/e&"), "{epic}");
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(notices(&plan), [""; 0]);
    world.rewrite("What to do.", "What to do now.");
    world.settle().await;
    let now = world.item("part/one/a");
    assert_eq!(now.reference, epic);
    assert!(text_of(&now).contains("now"));
}

#[tokio::test]
async fn type_and_place_count_at_creation_only() {
    let mut world = World::new(TOOL).await;
    world.shape.workspace.push_str("more = \"g/q\"\n");
    world.settle().await;
    let before = world.sandbox.dump();
    world.rewrite("title = \"Do a\"", "title = \"Do a\"\nplace = \"more\"");
    world.shape.blueprint = world.shape.blueprint.replace(
        "type = \"issue\"\nfor-each = \"part\"\nparent = \"sunset\"\nplace = \"issues\"",
        "type = \"epic\"\nfor-each = \"part\"\nparent = \"sunset\"\nplace = \"epics\"",
    );
    world.settle().await;
    assert_eq!(world.sandbox.dump(), before, "nothing moves");
    world.tool.push_str("[[part.issue]]\nid = \"b\"\ntitle = \"Do b\"\nplace = \"more\"\n");
    world.settle().await;
    assert!(world.item("part/three/b").reference.starts_with("g/q#"));
}

#[tokio::test]
async fn an_epic_that_moved_to_another_group_is_followed_with_its_children() {
    let mut world = World::applied(TOOL).await;
    world.edit("part/one", Edit::Move { to_namespace: "g/other".into() });
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    world.settle().await;
    let new = world.item("part/one");
    assert_eq!(new.reference, "g/other&1");
    assert!(text_of(&world.item("top")).contains("g/other&1+"), "references follow");
    world.rewrite("What to do.", "What to do now.");
    assert_eq!(writes(&world.plan().await), ["update hunter/part/one/a"]);
    world.settle().await;
    assert_eq!(world.item("part/one/a").parent.as_deref(), Some("g/other&1"));
}

#[tokio::test]
async fn the_tools_first_epic_is_followed_when_it_moves_to_another_group() {
    let world = World::applied(TOOL).await;
    world.edit("top", Edit::Move { to_namespace: "g/other".into() });
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0], "{:?}", notices(&plan));
    world.settle().await;
    assert_eq!(world.item("top").reference, "g/other&1");
    assert!(
        world.sandbox.item(ROOT).unwrap().description.contains("g/other&1+"),
        "in the table too"
    );
}

#[tokio::test]
async fn a_recorded_item_that_cannot_be_read_is_never_made_anew_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Sandbox::open(folder.path(), &seed()).unwrap(), TOOL).await;
    world.apply().await;
    world.edit("part/one/a", Edit::Move { to_namespace: "g/q".into() });
    world.settle().await;
    world.end().await;
    let hiding = Seed { hidden: vec!["g/q".into()], ..seed() };
    let mut world = World::with(Sandbox::open(folder.path(), &hiding).unwrap(), TOOL).await;
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    let notice = plan.notices.iter().find(|n| n.blocks).unwrap();
    assert!(notice.message.contains("hunter/part/one/a"), "{notice:?}");
    assert!(notice.message.contains("cannot be read"), "{notice:?}");
    assert!(notice.hint.contains("--recreate hunter/part/one/a"), "{notice:?}");
    world.options.recreate.insert(key("part/one/a"));
    let plan = world.plan().await;
    assert_eq!(creates(&plan), ["create hunter/part/one/a"]);
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    world.options.recreate.clear();
    world.is_settled("the record names the new one").await;
}

// -- the tool's first epic ---------------------------------------------------------------

#[tokio::test]
async fn a_first_epic_that_lost_its_marker_and_with_it_the_record_is_proposed_for_adoption() {
    let mut world = World::applied(TOOL).await;
    let before = world.sandbox.dump();
    let reference = world.unmark("top");
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    let proposed: Vec<_> = plan.proposals().map(|c| c.key.as_str()).collect();
    assert_eq!(proposed, ["hunter/top"]);
    assert!(plan.undecided());
    world.options.adopt = true;
    world.settle().await;
    world.options.adopt = false;
    world.is_settled("adopted again").await;
    assert_eq!(world.item("top").reference, reference);
    assert_eq!(world.sandbox.dump(), before, "not a byte differs");
}

#[tokio::test]
async fn a_first_epic_that_people_moved_is_found_by_its_table_row() {
    let world = World::applied(TOOL).await;
    let reference = world.item("top").reference;
    world.edit("top", Edit::Parent(Some("g&2".into())));
    world.sandbox.clear_log();
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "{:?}", notices(&plan));
    assert_eq!(names(&change(&plan, "top").kept), ["parent"]);
    let asked = world.sandbox.log();
    assert!(asked.iter().all(|request| request.operation != "Search"), "without a search");
    assert_eq!(change(&plan, "top").reference.as_ref().unwrap().to_string(), reference);
    world.settle().await;
}

#[tokio::test]
async fn an_epic_that_only_the_row_still_knows_is_proposed_for_adoption() {
    for retitled in [false, true] {
        let mut world = World::applied(TOOL).await;
        let reference = world.unmark("top");
        if retitled {
            world.edit_at(&reference, Edit::Title("Our hunter".into()));
        } else {
            world.edit_at(&reference, Edit::Parent(Some("g&2".into())));
        }
        let plan = world.plan().await;
        assert_eq!(writes(&plan), [""; 0]);
        let proposed: Vec<_> = plan.proposals().map(|c| c.key.as_str()).collect();
        assert_eq!(proposed, ["hunter/top"]);
        let said = notices(&plan);
        assert!(said[0].contains(&reference) && said.len() == 1, "{said:?}");
        world.options.recreate.insert(key("top"));
        let plan = world.plan().await;
        assert_eq!(creates(&plan), ["create hunter/top"], "what was below it is known");
        assert!(plan.proposals().next().is_none());
        world.options.recreate.clear();
        world.options.adopt = true;
        world.settle().await;
        world.options.adopt = false;
        let left = change(&world.plan().await, "top").conflicts.clone();
        assert_eq!(names(&left), [if retitled { "title" } else { "parent" }]);
        assert_eq!(world.item("top").reference, reference);
    }
}

#[tokio::test]
async fn an_epic_that_the_row_names_and_that_is_nobodys_to_take_stops_a_second_tree() {
    let touches: [fn(&World, &str); 2] = [
        |world, top| world.edit_at(top, Edit::Close),
        |world, top| {
            let theirs = marked("other", &key("top"), "Theirs.");
            world.edit_at(top, Edit::Description(theirs));
            world.edit_at(top, Edit::Title("Theirs".into()));
        },
    ];
    for touch in touches {
        let mut world = World::applied(TOOL).await;
        let reference = world.unmark("top");
        touch(&world, &reference);
        let plan = world.plan().await;
        assert_eq!(creates(&plan), [""; 0]);
        assert_eq!(change(&plan, "top").action, Action::Wait);
        let notice =
            plan.notices.iter().find(|n| n.blocks && n.message.contains("the table names"));
        let notice = notice.unwrap_or_else(|| panic!("{:?}", notices(&plan)));
        assert!(notice.message.starts_with(&reference), "{notice:?}");
        assert!(notice.hint.contains("--recreate hunter/top"), "{notice:?}");
        world.options.recreate.insert(key("top"));
        let plan = world.plan().await;
        assert_eq!(creates(&plan), ["create hunter/top"], "{:?}", notices(&plan));
        assert!(plan.notices.iter().all(|notice| !notice.blocks), "{:?}", notices(&plan));
    }
}

#[tokio::test]
async fn a_first_epic_without_parent_and_row_is_found_by_a_search() {
    let mut world = World::applied(TOOL).await;
    world.edit("top", Edit::Parent(None));
    let root = world.sandbox.item(ROOT).unwrap().description;
    let row = root.lines().find(|line| line.contains("Hunter")).unwrap();
    world.edit_at(ROOT, Edit::Description(root.replace(&format!("{row}\n"), "")));
    world.sandbox.clear_log();
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "{:?}", notices(&plan));
    let searches = world.sandbox.log().into_iter().filter(|r| r.operation == "Search").count();
    assert_eq!(searches, 1);
    world.rewrite("Hunts.", "Hunts more.");
    world.settle().await;
    let root = world.sandbox.item(ROOT).unwrap().description;
    assert!(!root.contains("Hunter"), "a row that people removed stays removed");
    assert_eq!(world.item("top").parent, None);
}

#[tokio::test]
async fn a_search_that_fails_never_means_that_there_is_nothing() {
    let probe = World::new(TOOL).await;
    probe.plan().await;
    let search = probe.sandbox.log().iter().position(|r| r.operation == "Search").unwrap() + 1;
    let slow = FaultKind::GraphqlError("Request timed out".into());
    for kind in [slow, FaultKind::Status(503), FaultKind::DropBeforeCommit, FaultKind::Truncate] {
        let faults = (search..search + 12).map(|nth| Fault { nth, kind: kind.clone() }).collect();
        let world = World::new(TOOL).await;
        world.sandbox.clear_log();
        world.sandbox.faults(faults);
        world.no_plan().await;
        assert_eq!(world.mutations(), [""; 0]);
    }
}

#[test]
fn a_first_node_that_no_later_run_could_find_is_an_error_of_the_blueprint() {
    let node =
        "schema = 1\nname = \"flat\"\n[[node]]\nkey = \"top\"\nplace = \"issues\"\ntitle = \"T\"\n";
    let cases = [
        ("type = \"issue\"", 1),
        ("type = \"issue\"\nparent = \"@root\"", 0),
        ("type = \"epic\"", 0),
    ];
    for (more, errors) in cases {
        let mut assets = Assets::default();
        assets.insert("blueprints/flat.toml", format!("{node}{more}\n"));
        let workspace = "schema = 1\nid = \"w\"\nblueprint = \"flat\"\n[places]\nroot = \"g&1\"\nissues = \"g/p\"\n";
        let workspace = ("epictree.toml".to_owned(), workspace.as_bytes().to_vec());
        let loaded =
            check::workspace(&Files { workspace, assets, ..Files::default() }, Problems::default());
        let found = loaded.problems.sorted();
        let found = found.iter().filter(|p| p.message.contains("could not find it")).count();
        assert_eq!(found, errors, "{more}");
    }
}
