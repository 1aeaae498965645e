//! The sandbox keeps GitLab's rules, one sentence a test.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

mod colleague;
mod faults;
mod folder;
mod hierarchy;
mod labels;
mod page;
mod page_browser;
mod page_forms;
mod reading;
mod words;
mod writing;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use epictree::sandbox::{
    Edit, Edition, Fault, FaultKind, Sandbox, Seed, SeedItem, SeedLabel, SeedMilestone, Served,
};
use serde_json::{Value, json};

const CREATE: &str = "mutation Create($input: WorkItemCreateInput!) {
  workItemCreate(input: $input) { errors workItem { id iid reference(full: true) lockVersion } }
}";
const UPDATE: &str = "mutation Update($input: WorkItemUpdateInput!) {
  workItemUpdate(input: $input) { errors workItem { id lockVersion } }
}";
const LINK: &str = "mutation($input: WorkItemAddLinkedItemsInput!) {
  workItemAddLinkedItems(input: $input) { errors message workItem { id } }
}";
const UNAVAILABLE: &str = "The resource that you are attempting to access does not exist or you \
                           don't have permission to perform this action";

fn seed() -> Seed {
    let label = |namespace: &str, title: &str| SeedLabel {
        namespace: namespace.to_owned(),
        title: title.to_owned(),
        color: "#123456".to_owned(),
    };
    Seed {
        groups: vec!["acme/security".to_owned(), "acme/other".to_owned()],
        projects: vec!["acme/security/tools".to_owned()],
        labels: vec![
            label("acme", "common"),
            label("acme/security", "priority::1"),
            label("acme/security", "priority::2"),
            label("acme/other", "foreign"),
            label("acme/security/tools", "project only"),
        ],
        users: vec!["alice".to_owned(), "bob".to_owned()],
        milestones: vec![
            SeedMilestone { namespace: "acme".to_owned(), title: "18.4".to_owned() },
            SeedMilestone { namespace: "acme/other".to_owned(), title: "elsewhere".to_owned() },
        ],
        items: vec![SeedItem {
            reference: "acme/security&291".to_owned(),
            title: "Root".to_owned(),
            description: "All tools.".to_owned(),
            parent: None,
            labels: vec!["common".to_owned()],
        }],
        ..Seed::default()
    }
}

fn sandbox() -> Sandbox {
    Sandbox::in_memory(&seed()).unwrap()
}

fn with_edition(edition: Edition) -> Sandbox {
    Sandbox::in_memory(&Seed { edition, ..seed() }).unwrap()
}

fn id(sandbox: &Sandbox, reference: &str) -> String {
    sandbox.item(reference).unwrap().id
}

fn type_id(number: u64) -> String {
    format!("gid://gitlab/WorkItems::Type/{number}")
}

/// Sends a create with `more` laid over a plain epic.
fn create_epic(sandbox: &Sandbox, title: &str, more: Value) -> Value {
    create(sandbox, "acme/security", 8, title, more)
}

fn create_issue(sandbox: &Sandbox, title: &str, more: Value) -> Value {
    create(sandbox, "acme/security/tools", 1, title, more)
}

fn create(sandbox: &Sandbox, path: &str, kind: u64, title: &str, more: Value) -> Value {
    let mut input = json!({
        "namespacePath": path, "workItemTypeId": type_id(kind), "title": title,
    });
    let more = more.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    sandbox.query(CREATE, json!({ "input": input }))
}

/// Creates and returns the full reference.
fn made(answer: &Value) -> String {
    let reference = &answer["data"]["workItemCreate"]["workItem"]["reference"];
    reference.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn under(sandbox: &Sandbox, parent: &str) -> Value {
    json!({ "hierarchyWidget": { "parentId": id(sandbox, parent) } })
}

fn update(sandbox: &Sandbox, reference: &str, more: Value) -> Value {
    let mut input = json!({ "id": id(sandbox, reference) });
    let more = more.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    sandbox.query(UPDATE, json!({ "input": input }))
}

fn payload_errors(answer: &Value) -> Vec<String> {
    let data = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    let errors = &data.values().next().unwrap()["errors"];
    serde_json::from_value(errors.clone()).unwrap()
}

fn top_error(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn an_epic_is_created_in_a_group_with_its_own_numbers() {
    let sandbox = sandbox();
    let answer = create_epic(&sandbox, "  One  ", json!({}));
    assert_eq!(
        answer,
        json!({ "data": { "workItemCreate": {
            "errors": [],
            "workItem": {
                "id": "gid://gitlab/WorkItem/5002",
                "iid": "292",
                "lockVersion": 0,
                "reference": "acme/security&292",
            },
        } } })
    );
    assert_eq!(sandbox.item("acme/security&292").unwrap().title, "One");
}

#[test]
fn new_children_go_to_the_top() {
    let sandbox = sandbox();
    for title in ["One", "Two"] {
        create_epic(&sandbox, title, under(&sandbox, "acme/security&291"));
    }
    let root = sandbox.item("acme/security&291").unwrap();
    assert_eq!(root.children, ["acme/security&293", "acme/security&292"]);
}

#[test]
fn setting_the_same_parent_again_is_refused_and_rolls_back() {
    let sandbox = sandbox();
    let child = made(&create_epic(&sandbox, "One", under(&sandbox, "acme/security&291")));
    let before = sandbox.dump();
    let mut change = under(&sandbox, "acme/security&291");
    change["title"] = json!("Two");
    let answer = update(&sandbox, &child, change);
    assert_eq!(payload_errors(&answer), ["Work item(s) already assigned"]);
    assert_eq!(answer["data"]["workItemUpdate"]["workItem"], Value::Null);
    assert_eq!(sandbox.dump(), before);
}

#[test]
fn absent_and_forbidden_things_answer_alike_to_mutations() {
    let sandbox = sandbox();
    let answer = create(&sandbox, "nowhere", 8, "x", json!({}));
    assert_eq!(top_error(&answer), UNAVAILABLE);
    assert_eq!(answer["data"], json!({ "workItemCreate": null }));
}

#[test]
fn a_premium_licence_has_no_epics_under_epics() {
    let sandbox = with_edition(Edition::premium());
    let answer = create_epic(&sandbox, "One", under(&sandbox, "acme/security&291"));
    assert_eq!(
        payload_errors(&answer),
        ["&292 cannot be added: it's not allowed to add this type of parent item"]
    );
}

fn label_id(sandbox: &Sandbox, place: &str, title: &str) -> Value {
    let document = "query($path: ID!, $title: String) {
      group(fullPath: $path) { labels(title: $title, includeAncestorGroups: true) { nodes { id } } }
      project(fullPath: $path) { labels(title: $title, includeAncestorGroups: true) { nodes { id } } }
    }";
    let answer = sandbox.query(document, json!({ "path": place, "title": title }));
    let data = &answer["data"];
    let found = [&data["group"], &data["project"]]
        .into_iter()
        .map(|place| place["labels"]["nodes"][0]["id"].clone())
        .find(|id| !id.is_null());
    found.unwrap_or_else(|| panic!("{answer}"))
}

fn link(sandbox: &Sandbox, from: &str, kind: &str, to: &str) -> Value {
    let input = json!({
        "id": id(sandbox, from), "linkType": kind, "workItemsIds": [id(sandbox, to)],
    });
    sandbox.query(LINK, json!({ "input": input }))
}
