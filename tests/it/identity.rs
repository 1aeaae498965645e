//! Whose item is it, over the wire: what people do to markers, parents and places, and what they
//! clone, forge, move, close and rename.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::key::NodeKey;
use epictree::marker::BaseText;
use epictree::plan::{Action, ToolPlan};
use epictree::problem::Problems;
use epictree::sandbox::{Edit, Fault, FaultKind, Sandbox, Seed};

use crate::world::{
    ROOT, TOOL, WORKSPACE, World, change, created, item, key, marked, marker_of, names, notices,
    seed, text_of, writes,
};

fn number_of(id: &str) -> u64 {
    id.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|w| w.starts_with("create")).collect()
}

// -- lost, damaged and newer markers ---------------------------------------------------

#[tokio::test]
async fn an_item_whose_marker_was_deleted_is_known_by_the_record_and_marked_again() {
    let world = World::applied(TOOL).await;
    let before = world.sandbox.dump();
    let reference = world.unmark("part/one/a");
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["record hunter/part/one/a"], "{:#?}", plan.notices);
    world.settle().await;
    assert_eq!(world.sandbox.dump(), before, "not a byte differs");
    assert_eq!(world.item("part/one/a").reference, reference);
}

#[tokio::test]
async fn an_item_without_its_marker_keeps_what_people_made_of_it() {
    let world = World::applied(TOOL).await;
    let reference = world.unmark("part/one");
    world.edit_at(&reference, Edit::Title("Our part".into()));
    world.edit_at(&reference, Edit::Description("All new.".into()));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["record hunter/part/one"]);
    assert_eq!(names(&change(&plan, "part/one").conflicts), ["title", "body"]);
    world.settle().await;
    let now = world.item("part/one");
    assert_eq!((now.title.as_str(), text_of(&now).as_str()), ("Our part", "All new."));
    assert_eq!(now.reference, reference);
    assert_eq!(names(&change(&world.plan().await, "part/one").conflicts), ["title", "body"]);
}

#[tokio::test]
async fn an_unmarked_item_that_lies_elsewhere_is_neither_written_nor_made_anew() {
    let mut world = World::applied(TOOL).await;
    let reference = world.unmark("part/two");
    world.edit_at(&reference, Edit::Parent(Some("g&2".into())));
    let plan = world.plan().await;
    let said = notices(&plan);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("! ") && said[0].contains(&reference), "{said:?}");
    assert_eq!(creates(&plan), [""; 0]);
    assert_eq!(change(&plan, "part/two").action, Action::Wait);
    assert!(plan.notices[0].hint.contains("--recreate hunter/part/two"), "{:?}", plan.notices);
    world.options.recreate.insert(key("part/two"));
    let plan = world.plan().await;
    assert_eq!(creates(&plan), ["create hunter/part/two"]);
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    assert_ne!(world.item("part/two").reference, reference);
    world.options.recreate.clear();
    world.is_settled("without the option").await;
}

#[tokio::test]
async fn a_damaged_marker_overwrites_nothing() {
    let mut world = World::applied(TOOL).await;
    world.reword("part/one", "The first part.", "People's first part.");
    world.edit("part/one", Edit::Title("Our part".into()));
    let reference = world.damage("part/one");
    world.rewrite("The first part.", "The files' first part.");
    let plan = world.plan().await;
    let said = notices(&plan);
    assert!(said.iter().any(|n| n.contains(&reference) && n.contains("damaged")), "{said:?}");
    assert_eq!(names(&change(&plan, "part/one").conflicts), ["title", "body"]);
    assert_eq!(writes(&plan), ["record hunter/part/one"]);
    world.settle().await;
    let now = world.item("part/one");
    assert_eq!(now.title, "Our part");
    assert!(text_of(&now).starts_with("People's first part."));
    assert!(marker_of(&now).is_some() && notices(&world.plan().await).is_empty());
}

#[tokio::test]
async fn two_different_markers_are_as_good_as_a_damaged_one() {
    let world = World::applied(TOOL).await;
    let other = world.item("part/two").description;
    let other = other.lines().last().unwrap();
    let mine = world.item("part/one");
    world.edit("part/one", Edit::Description(format!("{}\n\n{other}", mine.description)));
    let plan = world.plan().await;
    assert_eq!(creates(&plan), [""; 0]);
    assert!(notices(&plan)[0].contains("damaged"), "{:?}", notices(&plan));
    world.settle().await;
    assert_eq!(world.item("part/one").description, mine.description);
}

#[tokio::test]
async fn the_marker_of_a_newer_epictree_stops_everything() {
    for local in ["top", "part/one", "part/one/a"] {
        for renamed in [false, true] {
            let world = World::applied(TOOL).await;
            let reference = world.item(local).reference;
            if renamed {
                world.edit(local, Edit::Title("Called otherwise".into()));
            }
            world.reword(local, "<!--epictree:1 ", "<!--epictree:2 ");
            let plan = world.plan().await;
            let said = notices(&plan);
            let newer = |n: &&String| n.starts_with("! ") && n.contains("newer epictree");
            let found = said.iter().find(newer);
            let found = found.unwrap_or_else(|| panic!("{local}, {renamed}: {said:?}"));
            assert!(found.contains(&reference), "{local}: {found}");
            assert_eq!(creates(&plan), [""; 0], "{local}, {renamed}: nor is it made anew");
            assert_eq!(change(&plan, local).action, Action::Wait, "{local}, {renamed}");
        }
    }
}

#[tokio::test]
async fn a_marker_stands_last_below_the_line_that_says_who_keeps_the_text() {
    let mut world = World::applied(TOOL).await;
    let kept = "Kept by epictree from `hunter.toml`; edit freely, your words stay.";
    let written = world.item("part/one").description;
    let (text, marker) = written.rsplit_once("\n\n").unwrap();
    assert!(text.starts_with("The first part.\n\n") && text.ends_with(kept), "{text}");
    assert!(marker.starts_with("<!--epictree:1 w hunter/part/one ") && marker.ends_with("-->"));
    // Wherever people put it, it means the same; what is written next puts it back.
    let moved = format!("{marker}\n\n{text}");
    world.edit("part/one", Edit::Description(moved.clone()));
    world.is_settled("moved").await;
    world.settle().await;
    assert_eq!(world.item("part/one").description, moved);
    world.rewrite("The first part.", "The very first part.");
    world.settle().await;
    let now = world.item("part/one").description;
    assert!(now.starts_with("The very first part.") && now.contains("stay.\n\n<!--"), "{now}");
    assert_eq!(now.matches("<!--epictree:").count(), 1);
}

#[tokio::test]
async fn a_marker_that_is_only_coded_otherwise_is_left_alone() {
    let world = World::applied(TOOL).await;
    let item = world.item("part/one");
    let at = item.description.rfind(' ').unwrap() + 1;
    let payload = item.description[at..].trim_end_matches("-->");
    let deflated = STANDARD_NO_PAD.decode(payload).unwrap();
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(deflated.as_slice()).read_to_end(&mut json).unwrap();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&json).unwrap();
    let other = STANDARD_NO_PAD.encode(encoder.finish().unwrap());
    assert_ne!(other, payload);
    world.edit("part/one", Edit::Description(format!("{}{other}-->", &item.description[..at])));
    world.is_settled("coded otherwise").await;
    world.settle().await;
    assert!(world.item("part/one").description.contains(&other));
}

#[tokio::test]
async fn a_text_too_long_for_the_marker_is_known_by_its_hash() {
    let mut seed = 1_u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + (seed >> 60) as u8)
    };
    let words: Vec<String> = (0..20_000).map(|_| (0..6).map(|_| noise()).collect()).collect();
    let long = words.chunks(12).map(|line| line.join(" ")).collect::<Vec<_>>().join("\\n");
    let mut world = World::applied(&TOOL.replace("What to do.", &long)).await;
    let marker = marker_of(&world.item("part/one/a")).unwrap();
    assert!(matches!(marker.base.body, Some(BaseText::Hash(_))), "{marker:?}");
    world.rewrite(&words[0], "First");
    assert_eq!(writes(&world.plan().await), ["update hunter/part/one/a"]);
    world.settle().await;
    assert!(text_of(&world.item("part/one/a")).starts_with("First "));
    // What people change of it is kept, and what both sides change is a conflict.
    world.reword("part/one/a", "First", "Our first");
    assert_eq!(names(&change(&world.plan().await, "part/one/a").kept), ["body"]);
    world.settle().await;
    world.rewrite("First", "Second");
    assert_eq!(names(&change(&world.plan().await, "part/one/a").conflicts), ["body"]);
    world.settle().await;
    assert!(text_of(&world.item("part/one/a")).starts_with("Our first "));
}

// -- foreign markers, clones, forgeries -------------------------------------------------

#[tokio::test]
async fn an_item_of_another_workspace_where_ours_would_go_blocks() {
    for workspace in ["other", WORKSPACE] {
        let mut world = World::new(TOOL).await;
        let theirs = if workspace == WORKSPACE { "gatherer/top" } else { "hunter/top" };
        let text = marked(workspace, &NodeKey::parse(theirs).unwrap(), "Theirs.");
        let reference = world.create("g/e", "Hunter integration", ROOT, &text);
        let plan = world.plan().await;
        let said = notices(&plan);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("! ") && said[0].contains(&reference), "{said:?}");
        assert!(plan.proposals().next().is_none(), "nor is it adoptable");
        assert!(change(&plan, "top").reference.is_none());
        assert_eq!(change(&plan, "top").action, Action::Wait);
        world.options.recreate.insert(key("top"));
        assert_eq!(change(&world.plan().await, "top").action, Action::Create);
        world.settle().await;
        assert_eq!(world.sandbox.item(&reference).unwrap().description, text, "theirs stays");
    }
}

#[tokio::test]
async fn of_two_siblings_with_one_key_the_elder_wins_and_the_other_is_reported() {
    for local in ["top", "part/one", "part/one/a"] {
        let mut world = World::applied(TOOL).await;
        let elder = world.item(local);
        let clone = world.create(
            elder.reference.split(['&', '#']).next().unwrap(),
            "A clone",
            elder.parent.as_deref().unwrap(),
            &elder.description,
        );
        let before = world.sandbox.item(&clone);
        let plan = world.plan().await;
        let said = notices(&plan);
        assert_eq!(said, [format!("{clone} is a second item for hunter/{local}")]);
        assert_eq!(writes(&plan), [""; 0], "{local}");
        world.rewrite("Hunts.", "Hunts more.");
        world.rewrite("The first part.", "The very first part.");
        world.rewrite("What to do.", "What to do now.");
        world.settle().await;
        assert_eq!(world.sandbox.item(&clone), before, "{local}: the clone is left alone");
        let now = text_of(&world.sandbox.item(&elder.reference).unwrap());
        assert_ne!(now, text_of(&elder), "{local}: the elder is written");
    }
}

#[tokio::test]
async fn a_clone_elsewhere_is_a_stray_copy_and_never_receives_text() {
    let mut world = World::applied(TOOL).await;
    let text = world.item("part/one/a").description;
    let sunset = world.item("sunset").reference;
    let here = world.create("g/p", "Do a", &sunset, &text);
    let far = world.create("far/p", "Do a", &sunset, &text);
    let plan = world.plan().await;
    let said = notices(&plan);
    assert_eq!(said.len(), 2, "{said:?}");
    for clone in [&here, &far] {
        assert!(
            said.iter().any(|n| n.starts_with(clone.as_str()) && n.contains("is not that item")),
            "{said:?}"
        );
    }
    world.rewrite("What to do.", "What to do now.");
    world.settle().await;
    for clone in [&here, &far] {
        assert_eq!(world.sandbox.item(clone).unwrap().description, text);
    }
}

#[tokio::test]
async fn a_forged_marker_on_somebodys_issue_brings_no_text_there() {
    let mut world = World::applied(TOOL).await;
    // Elder than ours will be, under the very parent, but in a namespace that is no place.
    let forged = marked(WORKSPACE, &key("part/two/b"), "Somebody's words.");
    let parent = world.item("part/two").reference;
    let theirs = world.create("far/p", "Do b", &parent, &forged);
    world.rewrite(
        "id = \"two\"\nname = \"Two\"",
        "id = \"two\"\nname = \"Two\"\n[[part.issue]]\nid = \"b\"\ntitle = \"Do b\"",
    );
    let plan = world.plan().await;
    assert_eq!(creates(&plan), ["create hunter/part/two/b"]);
    assert!(notices(&plan)[0].starts_with(&theirs), "{:?}", notices(&plan));
    world.apply().await;
    assert_eq!(world.sandbox.item(&theirs).unwrap().description, forged);
    let items = world.sandbox.items();
    let ours =
        items.iter().filter(|item| item.reference.starts_with("g/p#") && item.title == "Do b");
    assert_eq!(ours.count(), 1, "ours is made beside it");
    assert_eq!(writes(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_recorded_item_that_another_workspace_took_is_left_to_it() {
    let mut world = World::applied(TOOL).await;
    world.reword_marker("part/two", |marker| marker.workspace = "other".into());
    let reference = world.item("part/two").reference;
    let plan = world.plan().await;
    let said = notices(&plan);
    assert!(said[0].starts_with("! ") && said[0].contains(&reference), "{said:?}");
    assert_eq!(creates(&plan), [""; 0], "nor is it made anew");
    // Once the files no longer want it, it stands in nobody's way.
    world.rewrite("[[part]]\nid = \"two\"\nname = \"Two\"\n", "");
    assert_eq!(notices(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_forged_record_brings_no_text_to_an_item_that_lies_elsewhere() {
    let mut world = World::applied(TOOL).await;
    let theirs = world.create("g/p", "Somebody's work", "g&2", "Somebody's words.");
    let number = number_of(&world.sandbox.item(&theirs).unwrap().id);
    for local in ["part/two", "part/gone"] {
        world.reword_marker("top", |marker| {
            marker.record.items.insert(local.into(), number);
        });
    }
    world.edit("part/two", Edit::Description("No marker.".into()));
    world.options.prune = true;
    let plan = world.plan().await;
    assert!(!writes(&plan).iter().any(|line| line.starts_with("close")), "{:?}", writes(&plan));
    assert!(plan.orphans.is_empty(), "{:#?}", plan.orphans);
    let said = notices(&plan);
    assert!(said.iter().any(|n| n.starts_with("! ") && n.contains(&theirs)), "{said:?}");
    world.try_apply().await;
    let now = world.sandbox.item(&theirs).unwrap();
    assert_eq!((now.description.as_str(), now.state.as_str()), ("Somebody's words.", "OPEN"));
}

#[tokio::test]
async fn a_marker_in_a_code_block_claims_nothing() {
    let mut world = World::applied(TOOL).await;
    let marker = world.item("part/one").description.lines().last().unwrap().to_owned();
    let parent = world.item("sunset").reference;
    let text = format!("How it looks:\n\n```\n{marker}\n```\n\nand `{marker}` inline.");
    let theirs = world.create("g/p", "About markers", &parent, &text);
    assert_eq!(notices(&world.plan().await), [""; 0]);
    world.rewrite("The first part.", "The very first part.");
    world.settle().await;
    assert_eq!(world.sandbox.item(&theirs).unwrap().description, text);
}

// -- moved, closed, unreadable ------------------------------------------------------------

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

// -- the tool's first epic ------------------------------------------------------------------

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

// -- renamed ids -------------------------------------------------------------------------------

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

// -- work that exists --------------------------------------------------------------------------

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
