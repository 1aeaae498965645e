//! What the files no longer take on but do not forget: kept if it is there, never made, its labels and a reason.

use epictree::plan::Subject;
use epictree::sandbox::{Edit, Seed, SeedLabel};

use crate::world::{World, change, names, notices, seed, text_of, writes};

const DROPPED: &str = r#"
[[comment]]
on = "part/{{ each.id }}"
for-each = "part"
key = "dropped/{{ each.id }}"
when = "each.value == 'drop'"
template = "dropped.md"
"#;

const REASON: &str = "Not taken on. {% for g in groups %}{% if g.label == each.group and g.em %}{{ mention(handles=g.em) }}: for you to know.{% endif %}{% endfor %}";

const TOP: &str = "{{ tool.summary }}\n\n{% for p in part -%}\n- {% if p.key %}{{ ref(key=p.key) }}+{% else %}{{ p.name | md }}{% endif %}{% if has(key=\"part/\" ~ p.id) %} (there){% endif %}\n{% endfor %}";

const TOOL: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
home = "https://example.com/hunter"
[[part]]
id = "one"
name = "One"
value = "keep"
group = "group::a"
[[part.issue]]
id = "a"
title = "Do a"
[[part]]
id = "two"
name = "Two"
depends-on = ["one"]
"#;

const NODE: &str = "key = \"part/{{ each.id }}\"\ntype = \"epic\"\nfor-each = \"part\"\n";

fn with_group() -> Seed {
    let mut seed = seed();
    seed.labels.push(SeedLabel {
        namespace: "g".into(),
        title: "group::a".into(),
        color: "#123456".into(),
    });
    seed.users.extend(["em-a", "pm-a"].map(str::to_owned));
    seed
}

/// A world whose parts are kept, not made, once their value is `drop`.
async fn fresh(tool: &str) -> World {
    let mut world = World::of(&with_group(), tool).await;
    let creates = format!(
        "{NODE}creates = \"each.value != 'drop'\"\nlabels = [\"plain\", {{ label = \"kept\", when = \"each.value != 'drop'\" }}]\n"
    );
    let shape = &mut world.shape;
    assert!(shape.blueprint.contains(NODE));
    shape.blueprint = shape.blueprint.replace(NODE, &creates);
    let issue = "for-each = \"part.issue\"\n";
    shape.blueprint =
        shape.blueprint.replace(issue, &format!("{issue}when = \"outer.value != 'drop'\"\n"));
    shape.blueprint.push_str(DROPPED);
    shape.templates.extend([("dropped.md", REASON.to_owned()), ("top.md", TOP.to_owned())]);
    world.owners = Some("[groups.'group::a']\npm = ['@pm-a']\nem = ['@em-a']\n".into());
    world
}

fn dropped() -> String {
    TOOL.replace("\"keep\"", "\"drop\"")
}

fn labels(world: &World, key: &str) -> Vec<String> {
    world.item(key).labels
}

fn said(world: &World, key: &str) -> Vec<String> {
    let notes = world.item(key).notes.into_iter().filter(|note| !note.system);
    notes.map(|note| note.body.split("\n\n<!--").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_dropped_part_loses_its_label_and_says_why_and_stays_open() {
    let mut world = fresh(TOOL).await;
    world.settle().await;
    assert_eq!(labels(&world, "part/one"), ["group::a", "kept", "plain"]);
    let before = text_of(&world.item("part/one"));
    world.tool = dropped();
    let plan = world.plan().await;
    assert_eq!(plan.notifies().into_iter().collect::<Vec<_>>(), ["em-a"]);
    let orphans: Vec<&str> = plan.orphans.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(orphans, ["hunter/part/one/a"]);
    world.settle().await;
    let item = world.item("part/one");
    assert_eq!(item.state, "OPEN");
    assert_eq!(item.labels, ["group::a", "plain"]);
    assert_eq!(text_of(&item), before);
    assert_eq!(said(&world, "part/one"), ["Not taken on. @em-a: for you to know."]);
    assert_eq!(world.item("part/one/a").state, "OPEN");
    assert!(text_of(&world.item("top")).contains("- One\n"));
}

#[tokio::test]
async fn what_people_changed_in_a_dropped_part_is_nobodys_business() {
    let mut world = fresh(TOOL).await;
    world.settle().await;
    world.tool = dropped();
    world.settle().await;
    world.edit("part/one", Edit::Title("Somebody else's".into()));
    world.edit("part/one", Edit::Unlabel("plain".into()));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/part/one"], "an enforced label");
    assert_eq!(names(&change(&plan, "part/one").fields), ["labels"]);
    world.settle().await;
    assert_eq!(world.item("part/one").title, "Somebody else's");
    world.edit("part/one", Edit::Close);
    assert_eq!(writes(&world.plan().await), [""; 0]);
}

#[tokio::test]
async fn a_part_taken_up_again_gets_its_label_back_and_is_linked_again() {
    let mut world = fresh(TOOL).await;
    world.settle().await;
    let links = |world: &World| world.item("part/two").links.len();
    assert_eq!(links(&world), 1);
    world.tool = dropped();
    world.settle().await;
    assert_eq!(links(&world), 0);
    world.tool = TOOL.into();
    world.settle().await;
    assert_eq!(labels(&world, "part/one"), ["group::a", "kept", "plain"]);
    assert_eq!(links(&world), 1);
    world.tool = dropped();
    world.settle().await;
    assert_eq!(said(&world, "part/one").len(), 1, "said once");
}

#[tokio::test]
async fn pruning_closes_what_is_below_a_dropped_part_and_not_the_part() {
    let mut world = fresh(TOOL).await;
    world.settle().await;
    world.tool = dropped();
    world.options.prune = true;
    world.settle().await;
    assert_eq!(world.item("part/one/a").state, "CLOSED");
    assert_eq!(world.item("part/one").state, "OPEN");
}

#[tokio::test]
async fn nothing_is_made_or_said_for_a_part_dropped_from_the_start() {
    let world = fresh(&dropped()).await;
    let plan = world.plan().await;
    let about = |key: &str| plan.changes.iter().any(|change| change.key.contains(key));
    assert!(!about("part/one") && !about("dropped/one"), "{:?}", writes(&plan));
    assert!(plan.changes.iter().all(|change| change.subject != Subject::Comment));
    world.settle().await;
    let top = text_of(&world.item("top"));
    assert!(top.contains("- One\n") && top.contains("(there)"), "{top}");
}

#[tokio::test]
async fn a_title_like_that_of_a_dropped_part_is_not_adopted() {
    let mut world = fresh(&dropped()).await;
    world.settle().await;
    let top = world.item("top").reference;
    let mine = world.create("g/e", "Part One", &top, "");
    world.options.adopt = true;
    let plan = world.plan().await;
    assert_eq!((writes(&plan), notices(&plan)), (Vec::new(), Vec::new()));
    world.settle().await;
    assert!(world.sandbox.item(&mine).is_some_and(|item| item.description.is_empty()));
}

#[tokio::test]
async fn a_dropped_part_that_is_gone_for_good_blocks_nothing() {
    let world = fresh(&dropped()).await;
    world.settle().await;
    world.reword_marker("top", |marker| {
        marker.record.items.insert("part/one".into(), 4711);
    });
    assert_eq!(notices(&world.plan().await), [""; 0]);
    world.settle().await;
}
