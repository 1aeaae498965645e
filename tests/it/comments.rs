//! Comments are posted once, on the wire: who is told of what, and what no run says twice.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use epictree::apply::Report;
use epictree::marker::note;
use epictree::plan::{Glob, Only, Subject, ToolPlan};
use epictree::sandbox::{Edit, Fault, FaultKind, NoteView, Sandbox, Seed};
use serde_json::json;

use crate::env::{TestEnv, seed as seed_of_example};
use crate::world::{World, marker_of, notices, seed, text_of, writes};

const COMMENT: &str = r#"
[table.handover.fields]
ask = "bool"
ask-again = { list = { ref = "groups" } }
[[comment]]
on = "sunset"
for-each = "groups"
key = "ask/{{ each.id }}"
when = "handover.ask"
again = "each.label in handover.ask_again"
template = "ask.md"
reply = "more.md"
"#;

const ASK: &str = "{{ mention(handles=[each.pm, each.em]) }} Whose is\n{%- for p in part %}{% if each.label in p.groups %}\n- {{ about(entry=\"part/\" ~ p.id) }}{{ ref(key=p.key) }}\n{%- endif %}{% endfor %}";

const MORE: &str = "And this?\n{%- for p in part %}{% if each.label in p.groups %}\n- {{ about(entry=\"part/\" ~ p.id) }}{{ ref(key=p.key) }}\n{%- endif %}{% endfor %}\n\n{{ mention(handles=[each.pm, each.em]) }} See above.";

const TOOL: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
home = "https://example.com/hunter"
[handover]
ask = true
[[part]]
id = "one"
name = "One"
group = "group::a"
[[part]]
id = "two"
name = "Two"
group = "group::b"
"#;

const THREE: &str = "[[part]]\nid = \"three\"\nname = \"Three\"\ngroup = \"group::a\"\n";

const OWNERS: &str =
    "[groups.'group::a']\npm = ['@pm-a']\nem = ['@em-a']\n[groups.'group::b']\nem = ['@em-b']\n";

/// The usual seed, with groups and people to ask.
pub(crate) fn with_groups() -> Seed {
    let mut seed = seed();
    let label = |title: &str| epictree::sandbox::SeedLabel {
        namespace: "g".into(),
        title: title.into(),
        color: "#123456".into(),
    };
    seed.labels.extend(["group::a", "group::b", "group::c"].map(label));
    seed.users.extend(["pm-a", "em-a", "em-b", "new-em"].map(str::to_owned));
    seed
}

async fn fresh() -> World {
    asking(World::of(&with_groups(), TOOL).await)
}

/// A world whose blueprint asks the owning groups in comments.
pub(crate) fn asking(mut world: World) -> World {
    world.shape.blueprint.push_str(COMMENT);
    world.shape.templates.extend([("ask.md", ASK.to_owned()), ("more.md", MORE.to_owned())]);
    world.owners = Some(OWNERS.into());
    world
}

async fn asked() -> World {
    let world = fresh().await;
    world.settle().await;
    world
}

/// What people wrote on the item, and the bot for them, without hidden lines.
fn said(world: &World) -> Vec<String> {
    notes(world).iter().map(|note| shown(&note.body).to_owned()).collect()
}

fn notes(world: &World) -> Vec<NoteView> {
    world.item("sunset").notes.into_iter().filter(|note| !note.system).collect()
}

fn shown(body: &str) -> &str {
    body.split("\n\n<!--").next().unwrap()
}

/// Whom the comments on the item told, in order.
fn told(world: &World) -> Vec<String> {
    let all = world.item("sunset").notified.into_iter();
    all.filter(|one| one.cause.contains("comment")).map(|one| one.user).collect()
}

fn posts(plan: &ToolPlan) -> Vec<String> {
    let comments = plan.changes.iter().filter(|change| change.subject == Subject::Comment);
    comments
        .map(|c| {
            let names: Vec<&str> = c.notifies().into_iter().collect();
            format!("{} {} {}", c.action.as_str(), c.title, names.join(" ")).trim_end().to_owned()
        })
        .collect()
}

fn outcomes(report: &Report) -> Vec<&'static str> {
    let comments = report.lines.iter().filter(|line| line.subject == Subject::Comment);
    comments.map(|line| line.outcome.as_str()).collect()
}

/// The threads of the item, as the sizes of them.
fn threads(world: &World) -> Vec<usize> {
    let document = "query($id: WorkItemID!) { workItem(id: $id) { widgets(onlyTypes: [NOTES]) {
        ... on WorkItemWidgetNotes { discussions(filter: ONLY_COMMENTS, first: 50) {
            nodes { notes(first: 50) { nodes { id } } } } } } } }";
    let answer = world.sandbox.query(document, json!({ "id": world.item("sunset").id }));
    let threads = &answer["data"]["workItem"]["widgets"][0]["discussions"]["nodes"];
    let size = |thread: &serde_json::Value| thread["notes"]["nodes"].as_array().unwrap().len();
    threads.as_array().unwrap_or_else(|| panic!("{answer}")).iter().map(size).collect()
}

/// The number of the request that posts the first comment of an apply after its plan.
async fn first_post(world: &World) -> usize {
    world.sandbox.clear_log();
    world.apply_after(|world| world.sandbox.clear_log()).await;
    let log = world.sandbox.log();
    log.iter().position(|request| request.operation == "PostComment").unwrap() + 1
}

#[tokio::test]
async fn each_group_is_asked_once_in_the_run_that_creates_its_epic() {
    let world = fresh().await;
    let plan = world.plan().await;
    assert_eq!(posts(&plan), ["comment ask/group-a em-a pm-a", "comment ask/group-b em-b"]);
    assert_eq!(plan.summary().comment, 2);
    assert_eq!(plan.notifies().into_iter().collect::<Vec<_>>(), ["em-a", "em-b", "pm-a"]);
    let report = world.settle().await;
    assert_eq!(outcomes(&report), ["posted", "posted"]);
    let (one, two) = (world.item("part/one").reference, world.item("part/two").reference);
    assert_eq!(
        said(&world),
        [format!("@pm-a @em-a Whose is\n- {one}"), format!("@em-b Whose is\n- {two}")]
    );
    assert_eq!(told(&world), ["pm-a", "em-a", "em-b"]);
    assert_eq!(threads(&world), [1, 1]);
    assert_eq!(posts(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_settled_run_does_not_even_look_for_comments() {
    let world = asked().await;
    world.sandbox.clear_log();
    world.apply().await;
    let log = world.sandbox.log();
    assert!(log.iter().all(|r| !r.operation.contains("Comment")), "{log:?}");
}

#[tokio::test]
async fn the_change_stands_below_its_node_and_holds_the_text() {
    let world = fresh().await;
    let plan = world.plan().await;
    let at = |key: &str| plan.changes.iter().position(|c| c.key == key).unwrap();
    let sunset = at("hunter/sunset");
    assert_eq!(at("hunter/ask/group-a"), sunset + 1);
    assert_eq!(at("hunter/ask/group-b"), sunset + 2);
    let change = &plan.changes[sunset + 1];
    assert_eq!(change.depth, plan.changes[sunset].depth + 1);
    assert_eq!(change.parent.as_deref(), Some("hunter/sunset"));
    let body = change.fields.iter().find(|field| field.name == "body").unwrap();
    assert_eq!(json!(body.after), json!("@pm-a @em-a Whose is\n- Part One (known after apply)"));
}

#[tokio::test]
async fn a_new_entry_is_a_reply_that_tells_nobody_who_knows() {
    let mut world = asked().await;
    world.tool += THREE;
    let plan = world.plan().await;
    assert_eq!(posts(&plan), ["comment ask/group-a"]);
    world.settle().await;
    let three = world.item("part/three").reference;
    assert_eq!(said(&world).last().unwrap(), &format!("And this?\n- {three}"));
    assert_eq!(told(&world).len(), 3);
    assert_eq!(threads(&world), [2, 1]);
}

#[tokio::test]
async fn a_new_owner_is_told_in_a_reply_and_nobody_else() {
    let mut world = asked().await;
    world.owners = Some(OWNERS.replace("'@em-a'", "'@em-a', '@new-em'"));
    assert_eq!(posts(&world.plan().await), ["comment ask/group-a new-em"]);
    world.settle().await;
    assert_eq!(said(&world).last().unwrap(), "@new-em See above.");
    assert_eq!(told(&world), ["pm-a", "em-a", "em-b", "new-em"]);
    assert_eq!(threads(&world), [2, 1]);
    // Whoever leaves and comes back was told.
    world.owners = Some(OWNERS.into());
    world.settle().await;
    world.owners = Some(OWNERS.replace("'@em-a'", "'@NEW-EM'"));
    assert_eq!(posts(&world.plan().await), [""; 0]);
    world.settle().await;
}

#[tokio::test]
async fn a_new_entry_and_a_new_owner_are_one_reply() {
    let mut world = asked().await;
    world.tool += THREE;
    world.owners = Some(OWNERS.replace("'@em-a'", "'@new-em'"));
    world.settle().await;
    let three = world.item("part/three").reference;
    assert_eq!(
        said(&world).last().unwrap(),
        &format!("And this?\n- {three}\n\n@new-em See above.")
    );
    assert_eq!(threads(&world), [2, 1]);
}

#[tokio::test]
async fn an_entry_that_changes_its_group_is_told_to_the_new_one() {
    let mut world = asked().await;
    world.rewrite("group = \"group::b\"", "group = \"group::a\"");
    world.settle().await;
    let two = world.item("part/two").reference;
    assert_eq!(said(&world).len(), 3);
    assert_eq!(said(&world).last().unwrap(), &format!("And this?\n- {two}"));
    // Back again: both groups know it.
    world.rewrite(
        "id = \"two\"\nname = \"Two\"\ngroup = \"group::a\"",
        "id = \"two\"\nname = \"Two\"\ngroup = \"group::b\"",
    );
    world.settle().await;
    assert_eq!(said(&world).len(), 3);
    // A group that nobody asked yet gets a thread of its own.
    world.rewrite("group = \"group::a\"", "group = [\"group::a\", \"group::c\"]");
    let plan = world.plan().await;
    assert_eq!(posts(&plan), ["comment ask/group-c"]);
    assert_eq!(
        notices(&plan),
        ["nobody is known in \"group::c\", so hunter/ask/group-c mentions nobody"]
    );
    world.settle().await;
    assert_eq!(threads(&world), [2, 1, 1]);
}

#[tokio::test]
async fn a_group_without_known_owners_tells_nobody_until_there_are_some() {
    let mut world = fresh().await;
    world.owners = Some(OWNERS.replace("em = ['@em-b']", "slack = '#b'"));
    let plan = world.plan().await;
    assert_eq!(
        notices(&plan),
        ["nobody is known in \"group::b\", so hunter/ask/group-b mentions nobody"]
    );
    world.settle().await;
    assert_eq!(told(&world), ["pm-a", "em-a"]);
    assert_eq!(notices(&world.plan().await), [""; 0], "nothing is said");
    world.owners = Some(OWNERS.into());
    world.settle().await;
    assert_eq!(told(&world), ["pm-a", "em-a", "em-b"]);
    assert_eq!(threads(&world), [1, 2]);
}

#[tokio::test]
async fn an_old_name_of_an_entry_is_known() {
    let mut world = asked().await;
    world.rewrite("id = \"one\"", "id = \"uno\"\nwas = [\"one\"]");
    assert_eq!(posts(&world.plan().await), [""; 0]);
    world.settle().await;
    world.rewrite("was = [\"one\"]\n", "");
    assert_eq!(posts(&world.plan().await), [""; 0]);
    world.settle().await;
    world.rewrite("id = \"hunter\"", "id = \"seeker\"\nwas = [\"hunter\"]");
    let plan = world.plan().await;
    assert_eq!(posts(&plan), [""; 0], "{:?}", writes(&plan));
    world.settle().await;
    assert_eq!(said(&world).len(), 2);
}

#[tokio::test]
async fn asking_again_repeats_a_comment_once_for_each_time_it_is_asked_for() {
    let mut world = asked().await;
    let again = "ask = true\nask-again = [\"group::a\"]";
    for times in 1..3 {
        world.rewrite("ask = true", again);
        assert_eq!(posts(&world.plan().await), ["comment ask/group-a em-a pm-a"]);
        world.settle().await;
        assert_eq!(threads(&world), [1 + times, 1]);
        assert_eq!(told(&world).len(), 3 + 2 * times);
        world.rewrite(again, "ask = true");
        world.settle().await;
    }
    assert!(said(&world).last().unwrap().starts_with("@pm-a @em-a Whose is"));
}

#[tokio::test]
async fn whoever_is_asked_again_at_once_is_asked_once() {
    let mut world = fresh().await;
    world.rewrite("ask = true", "ask = true\nask-again = [\"group::a\"]");
    world.settle().await;
    assert_eq!(threads(&world), [1, 1]);
}

#[tokio::test]
async fn nothing_is_said_when_nobody_is_to_be_asked() {
    let mut world = fresh().await;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    assert_eq!(said(&world), [""; 0]);
    world.rewrite("ask = false", "ask = true");
    world.settle().await;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    world.rewrite("ask = false", "ask = true");
    world.settle().await;
    assert_eq!(said(&world).len(), 2);
}

#[tokio::test]
async fn nothing_is_said_on_a_closed_item() {
    let mut world = fresh().await;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    world.edit("sunset", Edit::Close);
    world.rewrite("ask = false", "ask = true");
    assert_eq!(posts(&world.plan().await), [""; 0]);
    world.settle().await;
    assert_eq!(said(&world), [""; 0]);
    world.edit("sunset", Edit::Reopen);
    let report = world.apply_after(|world| world.edit("sunset", Edit::Close)).await;
    assert_eq!(outcomes(&report), ["moved since the plan"; 2]);
    assert_eq!(said(&world), [""; 0]);
}

#[tokio::test]
async fn a_handle_that_nobody_has_stops_the_run() {
    let mut world = fresh().await;
    world.owners = Some(OWNERS.replace("@em-b", "@nobody"));
    let plan = world.plan().await;
    assert_eq!(notices(&plan), ["! there is no user @nobody"]);
    assert!(plan.needs.users.contains("nobody"));
}

#[tokio::test]
async fn a_comment_that_nobody_recorded_is_found_by_its_hidden_line() {
    let world = asked().await;
    // The first node loses its marker, and with it the record.
    world.unmark("top");
    let mut world = world;
    world.options.adopt = true;
    let plan = world.plan().await;
    assert_eq!(posts(&plan), [""; 0], "{:?}", writes(&plan));
    world.apply().await;
    world.options.adopt = false;
    world.settle().await;
    assert_eq!(said(&world).len(), 2);
    let record = marker_of(&world.item("top")).unwrap().record;
    let told: Vec<&str> =
        record.comments["ask/group-a"].handles.iter().map(String::as_str).collect();
    assert_eq!(told, ["em-a", "pm-a"]);
}

#[tokio::test]
async fn what_was_posted_and_not_recorded_is_recorded_by_the_next_run() {
    let probe = fresh().await;
    let last = {
        probe.apply_after(|world| world.sandbox.clear_log()).await;
        let log = probe.sandbox.log();
        log.iter().rposition(|r| r.operation == "PostComment").unwrap() + 1
    };
    for gone in [last - 1, last] {
        let world = fresh().await;
        // From here on nothing is answered any more, as if the run had been killed.
        let down = |world: &World| {
            let drop = Fault { nth: gone, kind: FaultKind::DropAfterCommit };
            let rest =
                (gone + 1..gone + 400).map(|nth| Fault { nth, kind: FaultKind::DropBeforeCommit });
            world.sandbox.faults(std::iter::once(drop).chain(rest).collect());
        };
        let report = world.apply_after(down).await;
        assert!(report.incomplete());
        world.sandbox.faults(Vec::new());
        let before = said(&world).len();
        assert!(before > 0);
        world.settle().await;
        assert_eq!(said(&world).len(), 2, "{before} before");
        assert_eq!(told(&world), ["pm-a", "em-a", "em-b"]);
    }
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_looked_for() {
    let nth = first_post(&fresh().await).await;
    let kinds = [
        FaultKind::DropAfterCommit,
        FaultKind::DropBeforeCommit,
        FaultKind::Truncate,
        FaultKind::Status(502),
        FaultKind::GraphqlError("Internal server error".into()),
    ];
    for kind in kinds {
        let world = fresh().await;
        let fault = Fault { nth, kind: kind.clone() };
        let report = world.apply_after(|world| world.sandbox.faults(vec![fault])).await;
        assert_eq!(outcomes(&report), ["posted", "posted"], "{kind:?}");
        assert_eq!(said(&world).len(), 2, "{kind:?}");
        world.settle().await;
        assert_eq!(said(&world).len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_lost_comment_that_shows_late_is_not_posted_twice() {
    let nth = first_post(&fresh().await).await;
    let world = fresh().await;
    let lost = Fault { nth, kind: FaultKind::DropAfterCommit };
    let late = Fault { nth: nth + 1, kind: FaultKind::Stale { requests: 1 } };
    let report = world.apply_after(|world| world.sandbox.faults(vec![lost, late])).await;
    assert_eq!(outcomes(&report), ["posted", "posted"]);
    assert_eq!(said(&world).len(), 2);
}

#[tokio::test]
async fn a_lost_comment_that_cannot_be_looked_for_is_left_to_the_next_run() {
    let nth = first_post(&fresh().await).await;
    let world = fresh().await;
    let lost = Fault { nth, kind: FaultKind::DropAfterCommit };
    // The look fails, with all its retries.
    let down = (nth + 1..=nth + 6).map(|nth| Fault { nth, kind: FaultKind::Status(502) });
    let faults = std::iter::once(lost).chain(down).collect();
    let report = world.apply_after(|world| world.sandbox.faults(faults)).await;
    assert_eq!(outcomes(&report), ["failed", "posted"]);
    world.sandbox.faults(Vec::new());
    world.settle().await;
    assert_eq!(said(&world).len(), 2);
}

#[tokio::test]
async fn who_finds_an_item_that_another_run_is_making_leaves_its_comments_to_that_run() {
    let nth = first_post(&fresh().await).await;
    let world = fresh().await;
    let other = asking(World::with(world.sandbox.clone(), TOOL).await);
    let (look, theirs) = (world.look().await.unwrap(), other.look().await.unwrap());
    // The other run has made everything and is about to comment.
    world.sandbox.faults(vec![Fault { nth, kind: FaultKind::HangBeforeCommit }]);
    tokio::select! {
        () = world.sandbox.done(nth) => {}
        report = other.carry_out(theirs) => panic!("{report:#?}"),
    }
    world.sandbox.faults(Vec::new());
    let report = world.carry_out(look).await;
    assert!(report.moved() && !report.incomplete(), "{report:#?}");
    assert_eq!(said(&world), [""; 0]);
    world.settle().await;
    assert_eq!(told(&world), ["pm-a", "em-a", "em-b"]);
}

#[tokio::test]
async fn a_rate_limit_on_comments_is_waited_for() {
    let nth = first_post(&fresh().await).await;
    let text = "This endpoint has been requested too many times. Try again later.";
    let limits = [
        FaultKind::GraphqlError(text.into()),
        FaultKind::RateLimited { retry_after: None, text: false },
    ];
    for kind in limits {
        let world = fresh().await;
        let fault = Fault { nth, kind };
        let report = world.apply_after(|world| world.sandbox.faults(vec![fault])).await;
        assert_eq!(outcomes(&report), ["posted", "posted"]);
        assert_eq!(said(&world).len(), 2);
    }
}

#[tokio::test]
async fn a_refused_comment_is_posted_by_the_next_run() {
    let nth = first_post(&fresh().await).await;
    let world = fresh().await;
    let refused = FaultKind::GraphqlError("You have no right to do this".into());
    let fault = Fault { nth, kind: refused };
    let report = world.apply_after(|world| world.sandbox.faults(vec![fault])).await;
    assert_eq!(outcomes(&report), ["failed", "posted"]);
    world.sandbox.faults(Vec::new());
    world.settle().await;
    assert_eq!(told(&world), ["em-b", "pm-a", "em-a"]);
}

#[tokio::test]
async fn a_hidden_line_that_somebody_copied_does_not_count() {
    let elsewhere = asked().await;
    let copies: Vec<String> = notes(&elsewhere).into_iter().map(|note| note.body).collect();
    let mut world = fresh().await;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    for copy in &copies {
        assert!(note::read(copy).is_some());
        world.edit("sunset", Edit::Comment(copy.clone()));
    }
    let before = told(&world).len();
    world.rewrite("ask = false", "ask = true");
    world.settle().await;
    assert_eq!(notes(&world).iter().filter(|note| note.author != "alice").count(), 2);
    assert_eq!(told(&world).len(), before + 3);
    assert_eq!(threads(&world), [1, 1, 1, 1]);
}

#[tokio::test]
async fn an_item_made_of_a_comment_is_not_taken_for_ours() {
    let world = asked().await;
    let sunset = world.item("sunset");
    world.create("g/p", "Talk about it", &sunset.reference, &notes(&world)[0].body);
    assert_eq!(writes(&world.plan().await), [""; 0]);
    assert_eq!(notices(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_comment_that_was_posted_since_the_plan_is_not_posted_again() {
    let world = fresh().await;
    let other = asked().await;
    let bodies: Vec<String> = notes(&other).into_iter().map(|note| note.body).collect();
    let mut world = world;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    world.rewrite("ask = false", "ask = true");
    let bot = world.item("sunset").author;
    let between = |world: &World| {
        for body in &bodies {
            let edit = Edit::Comment(body.clone());
            world.sandbox.edit(&bot, &world.item("sunset").reference, edit).unwrap();
        }
    };
    let report = world.apply_after(between).await;
    assert_eq!(outcomes(&report), ["already there", "already there"]);
    assert_eq!(said(&world).len(), 2);
    world.settle().await;
}

#[tokio::test]
async fn what_cannot_be_created_keeps_the_comment_that_names_it_waiting() {
    let world = fresh().await;
    // Somebody's epic stands where ours would go: it is not taken over unasked.
    world.apply().await;
    let mut world = world;
    world.tool += THREE;
    let top = world.item("top").reference;
    world.create("g/e", "Part Three", &top, "Somebody's words.");
    let plan = world.plan().await;
    assert_eq!(posts(&plan), ["wait ask/group-a"]);
    let report = world.try_apply().await;
    assert_eq!(outcomes(&report), [""; 0]);
    assert_eq!(said(&world).len(), 2);
    world.options.adopt = true;
    world.apply().await;
    assert_eq!(said(&world).len(), 3);
    let three = world.item("part/three").reference;
    assert_eq!(said(&world)[2], format!("And this?\n- {three}"));
}

#[tokio::test]
async fn a_thread_that_people_deleted_is_begun_anew_and_tells_only_who_is_new() {
    let elsewhere = asked().await;
    let record = marker_of(&elsewhere.item("top")).unwrap().record;
    let mut world = fresh().await;
    world.rewrite("ask = true", "ask = false");
    world.settle().await;
    // The record knows of threads that are not there.
    let top = world.item("top");
    let mut marker = marker_of(&top).unwrap();
    marker.record.comments = record.comments;
    let description = epictree::marker::write(&text_of(&top), &marker);
    world.edit_at(&top.reference, Edit::Description(description));
    world.rewrite("ask = false", "ask = true");
    assert_eq!(posts(&world.plan().await), [""; 0]);
    world.owners = Some(OWNERS.replace("'@em-a'", "'@em-a', '@new-em'"));
    assert_eq!(posts(&world.plan().await), ["comment ask/group-a new-em"]);
    world.settle().await;
    let one = world.item("part/one").reference;
    assert_eq!(said(&world), [format!("`@pm-a` `@em-a` @new-em Whose is\n- {one}")]);
    assert_eq!(told(&world), ["new-em"]);
}

#[tokio::test]
async fn another_token_goes_on_in_the_threads_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let world =
        asking(World::with(Sandbox::open(folder.path(), &with_groups()).unwrap(), TOOL).await);
    world.settle().await;
    world.end().await;
    let other = Seed { bot: "other-bot".into(), ..with_groups() };
    let mut world = asking(World::with(Sandbox::open(folder.path(), &other).unwrap(), TOOL).await);
    assert_eq!(posts(&world.plan().await), [""; 0], "the record knows");
    world.owners = Some(OWNERS.replace("'@em-a'", "'@em-a', '@new-em'"));
    let plan = world.plan().await;
    assert_eq!(posts(&plan), ["comment ask/group-a new-em"]);
    let report = world.apply().await;
    assert_eq!(outcomes(&report), ["posted"]);
    assert_eq!(threads(&world), [2, 1], "the item's author began the thread");
    world.unmark("top");
    world.options.adopt = true;
    assert_eq!(posts(&world.plan().await), [""; 0], "so the record can be lost");
}

#[tokio::test]
async fn a_run_that_is_about_something_else_asks_nobody() {
    let only =
        |globs: &[&str]| Only::new(globs.iter().map(|glob| Glob::parse(glob).unwrap()).collect());
    let mut world = fresh().await;
    // The epic that the questions are on comes along, the questions do not.
    world.options.only = only(&["hunter/sunset/one", "hunter/part/*"]);
    let plan = world.plan().await;
    assert_eq!(posts(&plan), [""; 0]);
    assert_eq!(plan.left_out.comment, 2);
    world.settle().await;
    assert_eq!(said(&world), [""; 0]);
    world.options.only = only(&["hunter/ask/*"]);
    assert_eq!(posts(&world.plan().await).len(), 2);
    world.settle().await;
    assert_eq!(said(&world).len(), 2);
    world.options.only = Only::default();
    assert_eq!(posts(&world.plan().await), [""; 0], "the record knows");
    world.settle().await;
}

#[test]
fn the_example_asks_each_group_once() {
    let mut seed = seed_of_example();
    let owners = [
        "pm-composition-analysis",
        "em-composition-analysis",
        "pm-vulnerability-management",
        "em-vulnerability-management-be",
        "em-vulnerability-management-fe",
    ];
    seed.users.extend(owners.map(str::to_owned));
    let env = TestEnv::with("package-hunter", &seed);
    env.apply(&[]).ends_with(0).does_not_say("posted");
    env.edit("package-hunter.toml", "# ask = true ", "ask = true ");
    let offline = env.run(&["plan", "--offline"]).ends_with(0);
    let offline = offline.says("comment on package-hunter/handover").says("posts 1 comment");
    for owner in owners {
        assert!(offline.stdout.contains(&format!("@{owner}")), "{offline}");
    }
    let plan = env.plan(&["--detailed-exitcode"]).ends_with(2);
    plan.says("2 comments to post.").says("5 people will be notified, as @prodsec-bot");
    let planned = env.planned(&[]);
    assert_eq!(planned.sum("comment"), 2);
    assert_eq!(
        planned.change("package-hunter/questions/group-composition-analysis")["type"],
        "comment"
    );
    assert_eq!(planned.0["tools"][0]["notifies"].as_array().unwrap().len(), 5);
    env.settle().says("2 posted");
    let notes = env.item("package-hunter/handover").notes;
    let texts: Vec<&NoteView> = notes.iter().filter(|note| !note.system).collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts[0]
            .body
            .starts_with("@pm-composition-analysis @em-composition-analysis: Package Hunter")
    );
    assert!(texts.iter().all(|note| !note.body.contains("not created yet")), "{texts:#?}");
}
