//! Who wins, over the wire: every row of the three-way table for every field of an item.
//!
//! Each case sets up what the files wanted at the last apply, what people made
//! of it in GitLab, and what the files want now; then it plans, applies, and
//! plans again.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use epictree::merge::OnConflict;
use epictree::plan::{Action, Change, Value};
use epictree::sandbox::{Edit, ItemView};

use crate::world::{TOOL, World, change, names, notices, text_of, writes};

/// The node that all cases are about.
const NODE: &str = "part/one/a";

/// One field of an item: how files, people and GitLab say its values `1`, `2`, `3`; an empty
/// value is none.
struct Field {
    name: &'static str,
    toml: fn(&str) -> String,
    edit: fn(&World, &str),
    read: fn(&ItemView) -> String,
    /// Whether the files need not say it.
    optional: bool,
}

fn line(value: &str, line: impl Fn(&str) -> String) -> String {
    if value.is_empty() { String::new() } else { line(value) }
}

fn set(world: &World, edit: Edit) {
    world.edit(NODE, edit);
}

const FIELDS: [Field; 8] = [
    Field {
        name: "title",
        toml: |v| format!("title = 'Do {v}'"),
        edit: |world, v| set(world, Edit::Title(format!("Do {v}"))),
        read: |item| item.title.trim_start_matches("Do ").to_owned(),
        optional: false,
    },
    Field {
        name: "weight",
        toml: |v| line(v, |v| format!("weight = {v}")),
        edit: |world, v| set(world, Edit::Weight(v.parse().ok())),
        read: |item| item.weight.map(|w| w.to_string()).unwrap_or_default(),
        optional: true,
    },
    Field {
        name: "milestone",
        toml: |v| line(v, |v| format!("milestone = 'm{v}'")),
        edit: |world, v| {
            set(world, Edit::Milestone((!v.is_empty()).then(|| format!("m{v}"))));
        },
        read: |item| item.milestone.clone().unwrap_or_default().replace('m', ""),
        optional: true,
    },
    Field {
        name: "due",
        toml: |v| line(v, |v| format!("due = 2027-01-0{v}")),
        edit: |world, v| {
            set(world, Edit::Due((!v.is_empty()).then(|| format!("2027-01-0{v}"))));
        },
        read: |item| item.due_date.clone().unwrap_or_default().replace("2027-01-0", ""),
        optional: true,
    },
    Field {
        name: "assignees",
        toml: |v| line(v, |v| format!("assignees = ['@{}']", person(v))),
        edit: |world, v| {
            let people = if v.is_empty() { Vec::new() } else { vec![person(v).to_owned()] };
            set(world, Edit::Assignees(people));
        },
        read: |item| {
            let number = |name: &String| ["alice", "bob", "carol"].iter().position(|n| n == name);
            item.assignees.iter().filter_map(number).map(|n| (n + 1).to_string()).collect()
        },
        optional: true,
    },
    Field {
        name: "labels",
        toml: |v| line(v, |v| format!("labels = ['prio::{v}']")),
        edit: |world, v| match v {
            "" => {
                let old = scoped(&world.item(NODE));
                set(world, Edit::Unlabel(format!("prio::{old}")));
            }
            v => set(world, Edit::Label(format!("prio::{v}"))),
        },
        read: scoped,
        optional: true,
    },
    Field {
        name: "parent",
        toml: |v| format!("under = '{}'", part(v)),
        edit: |world, v| {
            let parent = (!v.is_empty()).then(|| {
                let title = format!("Part {}", part(v));
                let items = world.sandbox.items();
                let found =
                    items.iter().find(|item| item.title.to_lowercase() == title.to_lowercase());
                found.unwrap().reference.clone()
            });
            set(world, Edit::Parent(parent));
        },
        read: |item| match item.parent.as_deref() {
            // The last sibling is created first.
            Some("g/e&5") => "1".into(),
            Some("g/e&4") => "2".into(),
            Some("g/e&3") => "3".into(),
            Some(other) => other.to_owned(),
            None => String::new(),
        },
        optional: false,
    },
    Field {
        name: "body",
        toml: |v| line(v, |v| format!("value = 'Text {v}.'")),
        edit: |world, v| {
            let item = world.item(NODE);
            let old = body(&item);
            let (from, to) = (format!("Text {old}."), format!("Text {v}."));
            let new = if v.is_empty() { String::new() } else { to };
            world.reword(NODE, &from, &new);
        },
        read: body,
        optional: false,
    },
];

fn person(value: &str) -> &'static str {
    ["alice", "bob", "carol"][value.parse::<usize>().unwrap() - 1]
}

fn part(value: &str) -> &'static str {
    ["one", "two", "three"][value.parse::<usize>().unwrap() - 1]
}

fn scoped(item: &ItemView) -> String {
    item.labels.iter().filter_map(|label| label.strip_prefix("prio::")).collect()
}

fn body(item: &ItemView) -> String {
    let text = text_of(item);
    let number = text.split_once("Text ").and_then(|(_, rest)| rest.split_once('.'));
    number.map(|(number, _)| number.to_owned()).unwrap_or_default()
}

/// Some of the fields, decided together: what holds for one must not depend on another.
type Fields = Vec<&'static Field>;

fn all() -> Fields {
    FIELDS.iter().collect()
}

fn optional() -> Fields {
    FIELDS.iter().filter(|field| field.optional).collect()
}

/// Those that GitLab may hold without a value.
fn emptied() -> Fields {
    FIELDS.iter().filter(|field| field.optional || field.name == "parent").collect()
}

/// The tool file with a value of the fields on the node.
fn tool(fields: &Fields, value: &str) -> String {
    let mut title = "title = \"Do a\"".to_owned();
    let mut more = Vec::new();
    let mut text = TOOL.to_owned();
    for field in fields {
        let line = (field.toml)(value);
        match field.name {
            "title" => title = line,
            "body" => text = text.replace("value = \"What to do.\"", &line),
            _ => more.push(line),
        }
    }
    text.replace("title = \"Do a\"", &format!("{title}\n{}", more.join("\n")))
}

/// What is to happen with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// Nothing at all; also of a field that is people's.
    Nothing,
    /// Only the marker is written.
    Record,
    /// The field is written.
    Write,
    /// People's side is kept without a write.
    Kept,
    /// People's side is kept and reported, on every run.
    Conflict,
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names
}

/// Fails unless a change is the expected one, for all the fields and no other.
fn noted(case: &str, change: &Change, fields: &Fields, expect: Expect) {
    let wanted = sorted(fields.iter().map(|field| field.name));
    let is = |on: Expect| if expect == on { wanted.clone() } else { Vec::new() };
    assert_eq!(sorted(names(&change.fields)), is(Expect::Write), "{case}: written");
    assert_eq!(sorted(names(&change.kept)), is(Expect::Kept), "{case}: kept");
    assert_eq!(sorted(names(&change.conflicts)), is(Expect::Conflict), "{case}: conflicts");
    let action = match expect {
        Expect::Nothing | Expect::Kept | Expect::Conflict => Action::None,
        Expect::Record => Action::Record,
        Expect::Write => Action::Update,
    };
    assert_eq!(change.action, action, "{case}");
}

/// Plans, applies and plans again; `gitlab` is what it holds in the end.
async fn holds(world: &World, fields: &Fields, case: &str, expect: Expect, gitlab: &str) {
    let plan = world.plan().await;
    noted(case, change(&plan, NODE), fields, expect);
    let elsewhere: Vec<String> = writes(&plan).into_iter().filter(|w| !w.ends_with(NODE)).collect();
    assert_eq!(elsewhere, [""; 0], "{case}");
    let before = world.sandbox.dump();
    world.sandbox.clear_log();
    world.apply().await;
    if matches!(expect, Expect::Record | Expect::Write) {
        assert_eq!(world.mutations(), ["UpdateItem"], "{case}: one mutation an item");
    } else {
        assert_eq!(world.mutations(), [""; 0], "{case}");
        assert_eq!(world.sandbox.dump(), before, "{case}");
    }
    all_read(world, fields, case, gitlab);
    let again = world.plan().await;
    let left = match expect {
        Expect::Nothing | Expect::Record | Expect::Write => Expect::Nothing,
        Expect::Kept | Expect::Conflict => expect,
    };
    noted(&format!("{case}, the second run"), change(&again, NODE), fields, left);
    assert_eq!(writes(&again), [""; 0], "{case}, the second run");
    assert_eq!(again.undecided(), expect == Expect::Conflict, "{case}, the second run");
}

fn all_read(world: &World, fields: &Fields, case: &str, value: &str) {
    let item = world.item(NODE);
    for field in fields {
        assert_eq!((field.read)(&item), value, "{case}: {} in GitLab", field.name);
    }
}

fn edit(world: &World, fields: &Fields, value: &str) {
    fields.iter().for_each(|field| (field.edit)(world, value));
}

/// A world in which the files wanted `base`, people made `gitlab` of it, and the files want `spec`.
async fn three(fields: &Fields, base: &str, gitlab: &str, spec: &str) -> World {
    let mut world = World::applied(&tool(fields, base)).await;
    all_read(&world, fields, "the base", base);
    if gitlab != base {
        edit(&world, fields, gitlab);
    }
    all_read(&world, fields, "the edit", gitlab);
    world.tool = tool(fields, spec);
    world
}

#[tokio::test]
async fn a_field_that_nobody_changed_is_left_alone() {
    let world = three(&all(), "1", "1", "1").await;
    holds(&world, &all(), "g = s = b", Expect::Nothing, "1").await;
}

#[tokio::test]
async fn the_same_change_on_both_sides_is_recorded() {
    let world = three(&all(), "1", "2", "2").await;
    holds(&world, &all(), "g = s != b", Expect::Record, "2").await;
    // The base is what the files want now: people may go on.
    edit(&world, &all(), "3");
    holds(&world, &all(), "then people change it", Expect::Kept, "3").await;
}

#[tokio::test]
async fn a_change_in_the_files_is_written() {
    let world = three(&all(), "1", "1", "2").await;
    holds(&world, &all(), "b = g != s", Expect::Write, "2").await;
}

#[tokio::test]
async fn a_field_the_files_begin_to_say_is_written_where_gitlab_has_none() {
    let world = three(&optional(), "", "", "2").await;
    holds(&world, &optional(), "b = g = none", Expect::Write, "2").await;
}

#[tokio::test]
async fn what_people_changed_is_kept() {
    let mut world = three(&all(), "1", "2", "1").await;
    holds(&world, &all(), "b = s != g", Expect::Kept, "2").await;
    edit(&world, &all(), "1");
    holds(&world, &all(), "then people go back", Expect::Nothing, "1").await;
    edit(&world, &all(), "2");
    world.tool = tool(&all(), "2");
    holds(&world, &all(), "then the files follow", Expect::Record, "2").await;
}

#[tokio::test]
async fn what_people_emptied_stays_empty() {
    let world = three(&emptied(), "1", "", "1").await;
    holds(&world, &emptied(), "b = s, g none", Expect::Kept, "").await;
}

#[tokio::test]
async fn what_both_sides_changed_is_a_conflict_until_it_is_settled() {
    let mut world = three(&all(), "1", "2", "3").await;
    holds(&world, &all(), "all differ", Expect::Conflict, "2").await;
    for conflict in &change(&world.plan().await, NODE).conflicts {
        assert!(conflict.before != Value::None && conflict.after != Value::None, "{conflict:?}");
        assert_ne!(conflict.before, conflict.after);
    }
    // The base did not move: the files may take it back, or either side may follow the other.
    world.tool = tool(&all(), "1");
    holds(&world, &all(), "then the files go back", Expect::Kept, "2").await;
    world.tool = tool(&all(), "3");
    edit(&world, &all(), "1");
    holds(&world, &all(), "then people go back", Expect::Write, "3").await;
    for (settled, people, files) in
        [("then the files follow", "1", "1"), ("then people follow", "3", "3")]
    {
        let mut world = three(&all(), "2", "1", "3").await;
        holds(&world, &all(), "all differ", Expect::Conflict, "1").await;
        world.tool = tool(&all(), files);
        if people != "1" {
            edit(&world, &all(), people);
        }
        holds(&world, &all(), settled, Expect::Record, people).await;
    }
}

#[tokio::test]
async fn a_conflict_is_settled_by_keeping_gitlabs_side() {
    let mut world = three(&all(), "1", "2", "3").await;
    world.options.on_conflict = OnConflict::Keep;
    let plan = world.plan().await;
    let found = change(&plan, NODE);
    assert_eq!((found.action, plan.undecided()), (Action::Record, false));
    assert_eq!(sorted(names(&found.kept)), sorted(all().iter().map(|field| field.name)));
    world.settle().await;
    world.options.on_conflict = OnConflict::Report;
    holds(&world, &all(), "kept", Expect::Kept, "2").await;
    // The files' side is the base now: what they want next is decided against that.
    edit(&world, &all(), "3");
    world.tool = tool(&all(), "1");
    holds(&world, &all(), "then people follow and the files go on", Expect::Write, "1").await;
}

#[tokio::test]
async fn a_conflict_is_settled_by_writing_the_files_side() {
    let mut world = three(&all(), "1", "2", "3").await;
    world.options.on_conflict = OnConflict::Spec;
    holds(&world, &all(), "written", Expect::Write, "3").await;
    world.options.on_conflict = OnConflict::Report;
    world.is_settled("without the option").await;
}

#[tokio::test]
async fn with_an_unknown_base_a_conflict_is_settled_likewise() {
    for (on_conflict, end) in [(OnConflict::Keep, "1"), (OnConflict::Spec, "2")] {
        let mut world = three(&all(), "1", "1", "2").await;
        world.damage(NODE);
        world.options.on_conflict = on_conflict;
        assert!(!world.plan().await.undecided());
        world.settle().await;
        all_read(&world, &all(), "settled", end);
        world.options.on_conflict = OnConflict::Report;
        assert_eq!(writes(&world.plan().await), [""; 0]);
        assert!(!world.plan().await.undecided());
    }
}

#[tokio::test]
async fn with_an_unknown_base_only_an_empty_field_is_written() {
    let cases = [
        (emptied(), "", Expect::Write, "2"),
        (all(), "2", Expect::Record, "2"),
        (all(), "1", Expect::Conflict, "1"),
    ];
    for (fields, gitlab, expect, end) in cases {
        let case = format!("base unknown, {gitlab:?} in GitLab");
        let world = three(&fields, "1", gitlab, "2").await;
        let damaged = world.damage(NODE);
        let plan = world.plan().await;
        let said = notices(&plan);
        assert!(said.iter().any(|n| n.contains(&damaged) && n.contains("damaged")), "{said:?}");
        let found = change(&plan, NODE);
        let wanted = sorted(fields.iter().map(|field| field.name));
        let is = |on: Expect| if expect == on { wanted.clone() } else { Vec::new() };
        assert_eq!(sorted(names(&found.fields)), is(Expect::Write), "{case}");
        assert_eq!(sorted(names(&found.conflicts)), is(Expect::Conflict), "{case}");
        world.apply().await;
        all_read(&world, &fields, &case, end);
        let again = world.plan().await;
        assert_eq!(writes(&again), [""; 0], "{case}: the second plan");
        assert_eq!(sorted(names(&change(&again, NODE).conflicts)), is(Expect::Conflict), "{case}");
        assert!(notices(&again).is_empty(), "{case}: the marker is sound again");
    }
}

#[tokio::test]
async fn a_field_taken_out_of_the_files_is_cleared_if_nobody_changed_it() {
    let world = three(&optional(), "1", "1", "").await;
    holds(&world, &optional(), "absent in s, b = g", Expect::Write, "").await;
}

#[tokio::test]
async fn a_field_taken_out_of_the_files_is_left_if_people_changed_it() {
    let world = three(&optional(), "1", "2", "").await;
    holds(&world, &optional(), "absent in s, b != g", Expect::Record, "2").await;
    edit(&world, &optional(), "3");
    holds(&world, &optional(), "and people go on", Expect::Nothing, "3").await;
}

#[tokio::test]
async fn a_field_the_files_never_said_is_peoples() {
    let mut world = three(&optional(), "", "2", "").await;
    holds(&world, &optional(), "absent in s and b", Expect::Nothing, "2").await;
    // The files begin to say it, after people did.
    world.tool = tool(&optional(), "3");
    holds(&world, &optional(), "not in b, g != s", Expect::Conflict, "2").await;
    world.tool = tool(&optional(), "2");
    holds(&world, &optional(), "not in b, g = s", Expect::Record, "2").await;
}

// -- labels ----------------------------------------------------------------------

/// The tool file with one issue a case, each with a line of its own.
fn issues<'a>(lines: impl Iterator<Item = String> + 'a) -> String {
    let issue = |(n, line): (usize, String)| {
        format!("[[part.issue]]\nid = 'n{n}'\ntitle = 'Case {n}'\n{line}\n")
    };
    let issues: String = lines.enumerate().map(issue).collect();
    TOOL.replacen("[[part]]\nid = \"two\"", &format!("{issues}[[part]]\nid = \"two\""), 1)
}

/// The key of the issue of a case.
fn nth(n: usize) -> String {
    format!("part/one/n{n}")
}

#[tokio::test]
async fn each_plain_label_is_decided_alone() {
    // What the files wanted, what people did, what the files want, what is there in the end beside `kept` and `once`.
    type Case = (&'static str, &'static [(&'static str, bool)], &'static str, &'static str, bool);
    let cases: [Case; 7] = [
        ("", &[], "'plain'", "plain", true),
        ("'plain'", &[("plain", false)], "'plain'", "", false),
        ("'plain'", &[], "", "", true),
        ("'plain'", &[("own", true)], "", "own", true),
        ("", &[("own", true)], "", "own", false),
        ("", &[("plain", true)], "'plain'", "plain", false),
        ("'plain'", &[("plain", false)], "", "", false),
    ];
    let labels = |words: &str| format!("labels = [{words}]");
    let mut world = World::applied(&issues(cases.iter().map(|case| labels(case.0)))).await;
    for (n, (_, edits, ..)) in cases.iter().enumerate() {
        for (label, add) in *edits {
            let label = (*label).to_owned();
            world.edit(&nth(n), if *add { Edit::Label(label) } else { Edit::Unlabel(label) });
        }
    }
    world.tool = issues(cases.iter().map(|case| labels(case.2)));
    let plan = world.plan().await;
    assert!(!plan.undecided());
    world.settle().await;
    for (n, case) in cases.iter().enumerate() {
        assert_eq!(names(&change(&plan, &nth(n)).fields) == ["labels"], case.4, "{case:?}");
        let mut now = world.item(&nth(n)).labels;
        now.retain(|label| label != "kept" && label != "once");
        assert_eq!(now.join(" "), case.3, "{case:?}");
    }
}

#[tokio::test]
async fn an_enforced_label_is_put_back_and_one_set_once_is_not() {
    let world = World::applied(TOOL).await;
    assert_eq!(world.item(NODE).labels, ["kept", "once"]);
    world.edit(NODE, Edit::Unlabel("kept".into()));
    world.edit(NODE, Edit::Unlabel("once".into()));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/part/one/a"]);
    assert_eq!(change(&plan, NODE).cause.as_str(), "drifted");
    world.settle().await;
    assert_eq!(world.item(NODE).labels, ["kept"]);
}

#[tokio::test]
async fn a_label_that_the_blueprint_may_create_is_announced_and_created_once() {
    let world =
        World::new(&TOOL.replace("title = \"Do a\"", "title = \"Do a\"\nlabels = ['made']")).await;
    let plan = world.plan().await;
    assert!(writes(&plan).contains(&"create made".to_owned()), "{:?}", writes(&plan));
    world.settle().await;
    assert_eq!(world.item(NODE).labels, ["kept", "made", "once"]);
}

// -- confidentiality --------------------------------------------------------------

#[tokio::test]
async fn confidentiality_is_raised_and_never_lowered_by_drift_correction() {
    // base, what people made of it, spec, in the end, whether the field is written
    let cases = [
        ("true", None, "true", true, false),
        ("true", Some(false), "true", true, true),
        ("false", Some(true), "false", true, false),
        ("", Some(true), "", true, false),
        ("", Some(true), "false", true, false),
        ("", None, "true", true, true),
        ("false", None, "true", true, true),
        ("false", Some(true), "true", true, false),
        ("true", None, "false", false, true),
        ("true", None, "", true, false),
        ("true", Some(false), "", false, false),
        ("true", Some(false), "false", false, false),
    ];
    let confidential = |value: &str| line(value, |v| format!("confidential = {v}"));
    let mut world = World::applied(&issues(cases.iter().map(|case| confidential(case.0)))).await;
    for (n, case) in cases.iter().enumerate() {
        if let Some(flag) = case.1 {
            world.edit(&nth(n), Edit::Confidential(flag));
        }
    }
    world.tool = issues(cases.iter().map(|case| confidential(case.2)));
    let plan = world.plan().await;
    assert!(!plan.undecided());
    let objections = epictree::plan::guard::objections(&plan);
    assert_eq!(
        objections,
        ["hunter/part/one/n8 would no longer be confidential"],
        "only --force lowers"
    );
    world.settle().await;
    for (n, case) in cases.iter().enumerate() {
        let found = change(&plan, &nth(n));
        assert_eq!(names(&found.fields) == ["confidential"], case.4, "{case:?}: {found:#?}");
        assert_eq!(world.item(&nth(n)).confidential, case.3, "{case:?}");
    }
}

#[tokio::test]
async fn a_whole_tree_becomes_confidential_from_its_leaves_up() {
    let mut world = World::applied(TOOL).await;
    world.rewrite("summary =", "confidential = true\nsummary =");
    world.settle().await;
    for key in ["top", "part/one", "part/one/a", "sunset", "sunset/one"] {
        assert!(world.item(key).confidential, "{key}");
    }
}

// -- several fields, several items ------------------------------------------------------

#[tokio::test]
async fn a_conflict_in_one_field_does_not_hold_up_the_others() {
    let mut world = World::applied(TOOL).await;
    world.edit(NODE, Edit::Title("People's title".into()));
    world.rewrite("title = \"Do a\"", "title = \"Files' title\"\nweight = 3\nmilestone = 'm2'");
    let plan = world.plan().await;
    let found = change(&plan, NODE);
    assert_eq!(names(&found.fields), ["weight", "milestone"]);
    assert_eq!(names(&found.conflicts), ["title"]);
    world.settle().await;
    let item = world.item(NODE);
    assert_eq!((item.title.as_str(), item.weight), ("People's title", Some(3)));
    assert_eq!(item.milestone.as_deref(), Some("m2"));
    assert!(world.plan().await.undecided());
}
