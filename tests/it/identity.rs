//! Whose item is it, over the wire: what people do to markers, and what they clone and forge.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use epictree::key::NodeKey;
use epictree::marker::BaseText;
use epictree::plan::{Action, ToolPlan};
use epictree::sandbox::Edit;

use crate::world::{
    ROOT, TOOL, WORKSPACE, World, change, key, marked, marker_of, names, notices, text_of, writes,
};

fn number_of(id: &str) -> u64 {
    id.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn creates(plan: &ToolPlan) -> Vec<String> {
    writes(plan).into_iter().filter(|w| w.starts_with("create")).collect()
}

// -- lost, damaged and newer markers -----------------------------------------------------

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

// -- foreign markers, clones, forgeries --------------------------------------------------

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
