//! Items that people made under a wanted title: proposed, and taken over only when asked.

use epictree::merge::OnConflict;
use epictree::plan::Action;
use epictree::sandbox::Edit;

use crate::world::{ROOT, TOOL, World, change, marker_of, names, notices, text_of, writes};

const ISSUE: &str = "[[part.issue]]\nid = \"a\"\ntitle = \"Do a\"\nvalue = \"What to do.\"\n";

/// A world whose tree stands but for the issue, which the files begin to want with these lines.
async fn before_the_issue(more: &str) -> World {
    let mut world = World::applied(&TOOL.replace(ISSUE, "")).await;
    world.tool = TOOL.replace(ISSUE, &format!("{ISSUE}{more}"));
    world
}

/// Makes an issue as people do, below part `one`.
fn by_hand(world: &World, title: &str, text: &str) -> String {
    world.create("g/p", title, &world.item("part/one").reference, text)
}

#[tokio::test]
async fn adopting_writes_the_marker_enforced_labels_and_empty_fields_and_nothing_else() {
    let lines = "weight = 3\nmilestone = 'm1'\ndue = 2027-01-01\nassignees = ['@bob']\nlabels = ['plain', 'prio::1']\n";
    let mut world = before_the_issue(lines).await;
    let theirs = by_hand(&world, "Do a", "Somebody's words.");
    world.edit_at(&theirs, Edit::Weight(Some(5)));
    world.edit_at(&theirs, Edit::Label("prio::2".into()));
    let before = world.sandbox.item(&theirs);
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert!(plan.undecided());
    assert_eq!(
        notices(&plan),
        [format!("{theirs} has the title of hunter/part/one/a and no marker")]
    );
    world.settle().await;
    assert_eq!(world.sandbox.item(&theirs), before, "unasked it is left alone");
    world.options.adopt = true;
    let plan = world.plan().await;
    let found = change(&plan, "part/one/a");
    assert_eq!(found.action, Action::Adopt);
    assert_eq!(names(&found.fields), ["labels", "milestone", "assignees", "due"]);
    assert_eq!(names(&found.conflicts), ["body", "labels", "weight"]);
    world.settle().await;
    world.options.adopt = false;
    let now = world.item("part/one/a");
    assert_eq!(now.reference, theirs);
    assert_eq!(text_of(&now), "Somebody's words.");
    assert_eq!((now.weight, now.milestone.as_deref()), (Some(5), Some("m1")));
    assert_eq!((now.due_date.as_deref(), now.assignees), (Some("2027-01-01"), vec!["bob".into()]));
    assert_eq!(now.labels, ["kept", "plain", "prio::2"], "not what a new item gets once");
    // What differs stays an open conflict until somebody settles it.
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, "part/one/a").conflicts), ["body", "labels", "weight"]);
    world.edit_at(&theirs, Edit::Weight(Some(3)));
    world.edit_at(&theirs, Edit::Label("prio::1".into()));
    world.rewrite("What to do.", "Somebody's words.");
    world.reword(
        "part/one/a",
        "Somebody's words.",
        "Somebody's words.\n\nKept by epictree from `hunter.toml`; edit freely, your words stay.",
    );
    world.settle().await;
    assert!(!world.plan().await.undecided());
}

#[tokio::test]
async fn an_empty_description_is_written_when_it_is_adopted() {
    let mut world = before_the_issue("").await;
    let theirs = by_hand(&world, "Do a", "");
    world.options.adopt = true;
    world.settle().await;
    let now = world.item("part/one/a");
    assert_eq!(now.reference, theirs);
    assert!(text_of(&now).starts_with("What to do."));
    world.is_settled("adopted").await;
}

#[tokio::test]
async fn what_hangs_below_a_proposal_waits_and_the_rest_goes_on() {
    let mut world = World::applied(TOOL).await;
    let top = world.item("top").reference;
    let theirs = world.create("g/e", "Part Four", &top, "Somebody's words.");
    world.tool.push_str(
        "[[part]]\nid = \"four\"\nname = \"Four\"\n[[part.issue]]\nid = \"x\"\ntitle = \"Do x\"\n",
    );
    let plan = world.plan().await;
    let waiting = ["part/four", "part/four/x"].map(|local| change(&plan, local).action);
    assert_eq!(waiting, [Action::Wait, Action::Wait]);
    assert!(writes(&plan).contains(&"create hunter/sunset/four".to_owned()), "{:?}", writes(&plan));
    world.settle().await;
    assert!(world.find("part/four").is_none() && world.find("part/four/x").is_none());
    world.options.adopt = true;
    world.settle().await;
    assert_eq!(world.item("part/four").reference, theirs);
    assert_eq!(world.item("part/four/x").parent, Some(theirs));
}

#[tokio::test]
async fn only_an_open_item_with_the_very_title_under_the_very_parent_in_a_place_is_proposed() {
    let mut world = before_the_issue("").await;
    let one = world.item("part/one").reference;
    let closed = by_hand(&world, "Do a", "Closed.");
    world.edit_at(&closed, Edit::Close);
    let near = [
        closed,
        by_hand(&world, "do a", "Other letters."),
        by_hand(&world, "Do a.", "One more sign."),
        world.create("g/p", "Do a", &world.item("part/two").reference, "Another parent."),
        world.create("far/p", "Do a", &one, "No place of ours."),
        world.create("g/e", "Do a", &one, "Another type."),
    ];
    world.options.adopt = true;
    let before = near.each_ref().map(|reference| world.sandbox.item(reference));
    let plan = world.plan().await;
    assert_eq!(change(&plan, "part/one/a").action, Action::Create);
    assert_eq!(notices(&plan), [""; 0]);
    world.settle().await;
    assert_eq!(near.each_ref().map(|reference| world.sandbox.item(reference)), before);
}

#[tokio::test]
async fn of_two_items_with_the_title_the_elder_is_adopted_and_the_other_is_peoples() {
    let mut world = before_the_issue("").await;
    let elder = by_hand(&world, "Do a", "First.");
    let younger = by_hand(&world, "Do a", "Second.");
    let before = world.sandbox.item(&younger);
    world.options.adopt = true;
    world.settle().await;
    assert_eq!(world.item("part/one/a").reference, elder);
    assert_eq!(world.sandbox.item(&younger), before);
    assert_eq!(notices(&world.plan().await), [""; 0]);
    // One of them without the other's mark is still no second item of ours.
    assert!(marker_of(&world.item("part/one/a")).is_some());
}

#[tokio::test]
async fn a_reference_to_what_waits_for_its_adoption_stays_in_existing_texts() {
    let mut world = World::new(TOOL).await;
    let item = "{{ each.value }}\n{% if each.ticks %}\nSee {{ ref(key=each.ticks) }}+\n{% endif %}";
    world.shape.templates.insert("item.md", item.to_owned());
    world.rewrite("value = \"What to do.\"", "value = \"What to do.\"\nticks = \"part/two\"");
    world.settle().await;
    let (text, row) = (text_of(&world.item("part/one/a")), world.sandbox.item(ROOT));
    let two = world.unmark("part/two");
    world.unmark("top");
    assert!(text.contains(&format!("See {two}+")), "{text}");
    for on_conflict in [OnConflict::Report, OnConflict::Spec] {
        world.options.on_conflict = on_conflict;
        let plan = world.plan().await;
        let proposed: Vec<_> = plan.proposals().map(|c| c.key.as_str()).collect();
        assert_eq!(proposed, ["hunter/top", "hunter/part/two"]);
        assert_eq!(writes(&plan), [""; 0], "{on_conflict:?}");
        assert_eq!(plan.summary().conflict, 0);
        world.apply().await;
        assert_eq!(text_of(&world.item("part/one/a")), text);
        assert_eq!(world.sandbox.item(ROOT), row);
    }
    // Other words of the text go on.
    world.rewrite("What to do.", "What to do now.");
    world.apply().await;
    assert_eq!(text_of(&world.item("part/one/a")), text.replace("to do.", "to do now."));
}

#[tokio::test]
async fn an_item_that_the_files_name_for_a_node_gets_labels_and_nothing_else() {
    let mut world = World::new(TOOL).await;
    let theirs = world.create("g/e", "Called otherwise", ROOT, "Somebody's words.");
    world.tool.push_str(&format!("[items]\ntop = {theirs:?}\n"));
    let plan = world.plan().await;
    assert_eq!(names(&change(&plan, "top").fields), ["labels"]);
    world.settle().await;
    let now = world.sandbox.item(&theirs).unwrap();
    assert_eq!(
        (now.title.as_str(), now.description.as_str()),
        ("Called otherwise", "Somebody's words.")
    );
    assert_eq!(world.item("part/one").parent, Some(theirs));
    world.is_settled("below an item that was named").await;
}

#[tokio::test]
async fn where_texts_are_not_rewritten_only_new_and_empty_ones_are_written() {
    let mut world = before_the_issue("").await;
    let before = text_of(&world.item("part/one"));
    world.rewrite("summary = \"Hunts.\"", "summary = \"Hunts.\"\nrewrite = false");
    world.rewrite("value = \"The first part.\"", "value = \"Another text.\"");
    let theirs = by_hand(&world, "Do a", "");
    world.options.adopt = true;
    world.settle().await;
    assert_eq!(text_of(&world.item("part/one")), before, "it existed");
    assert!(text_of(&world.sandbox.item(&theirs).unwrap()).starts_with("What to do."));
    world.tool.push_str("[[part]]\nid = \"four\"\nname = \"Four\"\nvalue = \"New.\"\n");
    world.settle().await;
    assert!(text_of(&world.item("part/four")).starts_with("New."));
    world.is_settled("texts left alone").await;
    // The files' text is what it was before, so that a change of theirs merges as ever.
    world.rewrite("\nrewrite = false", "");
    world.settle().await;
    assert!(text_of(&world.item("part/one")).starts_with("Another text."));
}
