//! The sandbox keeps GitLab's rules, one sentence a test.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

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

// ---- creating and updating

#[test]
fn titles_and_descriptions_have_limits() {
    let sandbox = sandbox();
    assert_eq!(payload_errors(&create_epic(&sandbox, " ", json!({}))), ["Title can't be blank"]);
    assert_eq!(
        payload_errors(&create_epic(&sandbox, &"x".repeat(256), json!({}))),
        ["Title is too long (maximum is 255 characters)"]
    );
    let long = json!({ "descriptionWidget": { "description": "é".repeat(524_289) } });
    assert_eq!(payload_errors(&create_epic(&sandbox, "x", long)).len(), 1);
    let fits = json!({ "descriptionWidget": { "description": "é".repeat(524_288) } });
    made(&create_epic(&sandbox, "x", fits));
}

#[test]
fn carriage_returns_and_trailing_blanks_are_dropped() {
    let sandbox = sandbox();
    let text = "One \r\nTwo\r\n<!--m-->  \n\n";
    let more = json!({ "descriptionWidget": { "description": text } });
    let epic = made(&create_epic(&sandbox, "x", more));
    assert_eq!(sandbox.item(&epic).unwrap().description, "One \nTwo\n<!--m-->");
}

#[test]
fn epics_belong_in_groups_and_issues_in_projects() {
    let sandbox = sandbox();
    let issue = made(&create_issue(&sandbox, "x", json!({})));
    assert_eq!(issue, "acme/security/tools#1");
    top_error(&create(&sandbox, "acme/security", 1, "x", json!({})));
    top_error(&create(&sandbox, "acme/security/tools", 8, "x", json!({})));
}

#[test]
fn an_instance_without_epics_says_so() {
    let free = create_epic(&with_edition(Edition::free()), "x", json!({}));
    assert_eq!(top_error(&free), "Epic type is not available for the given group");
    let community = create_epic(&with_edition(Edition::community()), "x", json!({}));
    assert_eq!(
        top_error(&community),
        "create_group_level_work_items feature flag is disabled. Only project paths allowed."
    );
}

#[test]
fn type_numbers_can_differ_from_stock() {
    let seed = Seed { type_ids_offset: 1000, ..seed() };
    let sandbox = Sandbox::in_memory(&seed).unwrap();
    assert_eq!(top_error(&create_epic(&sandbox, "x", json!({}))), UNAVAILABLE);
    made(&create(&sandbox, "acme/security", 1008, "x", json!({})));
}

#[test]
fn an_update_changes_only_what_it_names() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    let answer = update(&sandbox, root, json!({ "title": "New" }));
    assert_eq!(answer["data"]["workItemUpdate"]["workItem"]["lockVersion"], 1);
    let item = sandbox.item(root).unwrap();
    assert_eq!((item.title.as_str(), item.description.as_str()), ("New", "All tools."));
    assert_eq!((item.labels, item.edits), (vec!["common".to_owned()], 0));
}

#[test]
fn a_null_parent_detaches_and_an_absent_one_stays() {
    let sandbox = sandbox();
    let child = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    update(&sandbox, &child, json!({ "hierarchyWidget": {} }));
    assert!(sandbox.item(&child).unwrap().parent.is_some());
    update(&sandbox, &child, json!({ "hierarchyWidget": { "parentId": null } }));
    assert_eq!(sandbox.item(&child).unwrap().parent, None);
    assert!(sandbox.item("acme/security&291").unwrap().children.is_empty());
}

#[test]
fn saving_the_same_description_counts_as_an_edit_but_not_as_a_change() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    let same = json!({ "descriptionWidget": { "description": "All tools.\n" } });
    update(&sandbox, root, same);
    let item = sandbox.item(root).unwrap();
    assert_eq!((item.edits, item.lock_version), (1, 0));
    assert_ne!(item.created_at, item.updated_at);
    assert!(item.notes.is_empty());
}

#[test]
fn closing_and_reopening_leaves_notes() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    update(&sandbox, root, json!({ "stateEvent": "CLOSE" }));
    update(&sandbox, root, json!({ "stateEvent": "CLOSE" }));
    assert_eq!(sandbox.item(root).unwrap().state, "CLOSED");
    update(&sandbox, root, json!({ "stateEvent": "REOPEN" }));
    let item = sandbox.item(root).unwrap();
    let notes: Vec<_> = item.notes.iter().map(|note| note.body.as_str()).collect();
    assert_eq!((item.state.as_str(), notes), ("OPEN", vec!["closed", "reopened"]));
}

#[test]
fn widgets_beyond_the_licence_are_refused_by_name() {
    let sandbox = with_edition(Edition::premium());
    let more = json!({ "healthStatusWidget": { "healthStatus": "onTrack" } });
    assert_eq!(
        top_error(&create_epic(&sandbox, "x", more)),
        "Following widget keys are not supported by Epic type: [:health_status_widget]"
    );
    assert_eq!(sandbox.items().len(), 1);
}

#[test]
fn dates_weight_milestone_and_assignees_are_kept() {
    let sandbox = sandbox();
    let users = sandbox.query("{ users(usernames: [\"alice\"]) { nodes { id } } }", json!({}));
    let milestone = sandbox.query(
        "{ group(fullPath: \"acme/security\") {
            milestones(title: \"18.4\", includeAncestors: true) { nodes { id } } } }",
        json!({}),
    );
    let more = json!({
        "startAndDueDateWidget": { "dueDate": "2026-03-01", "isFixed": true },
        "weightWidget": { "weight": 3 },
        "milestoneWidget": { "milestoneId": milestone["data"]["group"]["milestones"]["nodes"][0]["id"] },
        "assigneesWidget": { "assigneeIds": [users["data"]["users"]["nodes"][0]["id"]] },
    });
    let epic = made(&create_epic(&sandbox, "x", more));
    let item = sandbox.item(&epic).unwrap();
    assert_eq!(item.due_date.as_deref(), Some("2026-03-01"));
    assert_eq!((item.weight, item.milestone.as_deref()), (Some(3), Some("18.4")));
    assert_eq!(item.assignees, ["alice"]);
    let rolled_up =
        json!({ "startAndDueDateWidget": { "dueDate": "2027-01-01", "isFixed": false } });
    update(&sandbox, &epic, rolled_up);
    assert_eq!(sandbox.item(&epic).unwrap().due_date, None);
}

#[test]
fn a_milestone_of_another_group_is_invalid() {
    let sandbox = sandbox();
    let more = json!({ "milestoneWidget": { "milestoneId": "gid://gitlab/Milestone/302" } });
    assert_eq!(payload_errors(&create_epic(&sandbox, "x", more)), ["Milestone is invalid"]);
}

// ---- labels

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

#[test]
fn labels_that_a_namespace_cannot_use_are_dropped_silently() {
    let sandbox = sandbox();
    let ids = [
        label_id(&sandbox, "acme/security", "common"),
        label_id(&sandbox, "acme/other", "foreign"),
        label_id(&sandbox, "acme/security/tools", "project only"),
    ];
    let more = json!({ "labelsWidget": { "labelIds": ids } });
    let epic = made(&create_epic(&sandbox, "x", more.clone()));
    assert_eq!(sandbox.item(&epic).unwrap().labels, ["common"]);
    let issue = made(&create_issue(&sandbox, "x", more));
    assert_eq!(sandbox.item(&issue).unwrap().labels, ["common", "project only"]);
}

#[test]
fn the_last_label_of_a_scope_wins_where_scopes_are_licensed() {
    for (edition, kept) in [
        (Edition::premium(), vec!["priority::1"]),
        (Edition { epics: true, ..Edition::free() }, vec!["priority::1", "priority::2"]),
    ] {
        let sandbox = with_edition(edition);
        let ids =
            ["priority::2", "priority::1"].map(|title| label_id(&sandbox, "acme/security", title));
        let more = json!({ "labelsWidget": { "labelIds": ids } });
        let epic = made(&create_epic(&sandbox, "x", more));
        assert_eq!(sandbox.item(&epic).unwrap().labels, kept);
    }
}

const LABEL: &str = "mutation($input: LabelCreateInput!) {
  labelCreate(input: $input) { errors label { id title color } }
}";

#[test]
fn a_label_is_created_once() {
    let sandbox = sandbox();
    let input = json!({ "input": { "groupPath": "acme/security", "title": "group::x" } });
    let answer = sandbox.query(LABEL, input.clone());
    let label = &answer["data"]["labelCreate"]["label"];
    assert_eq!(label["color"], "#6699cc");
    assert!(label["id"].as_str().unwrap().starts_with("gid://gitlab/GroupLabel/"));
    let again = sandbox.query(LABEL, input);
    assert_eq!(payload_errors(&again), ["Title has already been taken"]);
    let comma = json!({ "input": { "groupPath": "acme", "title": "a,b" } });
    assert_eq!(payload_errors(&sandbox.query(LABEL, comma)), ["Title is invalid"]);
    let nowhere = json!({ "input": { "title": "a" } });
    assert!(top_error(&sandbox.query(LABEL, nowhere)).starts_with("Exactly one of"));
}

#[test]
fn label_lookup_leaves_ancestors_out_unless_asked() {
    let sandbox = sandbox();
    let document = "query($above: Boolean, $below: Boolean) { group(fullPath: \"acme/security\") {
      labels(includeAncestorGroups: $above, includeDescendantGroups: $below) { nodes { title } } } }";
    let titles = |above: bool, below: bool| {
        let answer = sandbox.query(document, json!({ "above": above, "below": below }));
        let nodes = answer["data"]["group"]["labels"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(false, false), ["priority::1", "priority::2"]);
    assert_eq!(titles(true, false), ["common", "priority::1", "priority::2"]);
    assert_eq!(titles(false, true), ["priority::1", "priority::2", "project only"]);
}

// ---- hierarchy and links

#[test]
fn epics_nest_seven_levels() {
    let sandbox = sandbox();
    let mut parent = "acme/security&291".to_owned();
    for _ in 1..7 {
        parent = made(&create_epic(&sandbox, "x", under(&sandbox, &parent)));
    }
    let answer = create_epic(&sandbox, "x", under(&sandbox, &parent));
    assert_eq!(payload_errors(&answer), ["&298 cannot be added: reached maximum depth"]);
    assert!(sandbox.item("acme/security&298").is_none());
}

#[test]
fn cycles_and_wrong_types_are_refused() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    let child = made(&create_epic(&sandbox, "x", under(&sandbox, root)));
    let issue = made(&create_issue(&sandbox, "x", under(&sandbox, &child)));
    let refused = |child: &str, parent: &str| {
        payload_errors(&update(&sandbox, child, under(&sandbox, parent))).join(" ")
    };
    assert!(refused(root, &child).ends_with("it's already present in this item's hierarchy"));
    assert!(refused(root, root).ends_with("is not allowed to point to itself"));
    assert!(refused(root, &issue).ends_with("it's not allowed to add this type of parent item"));
    let task = create(&sandbox, "acme/security/tools", 5, "t", under(&sandbox, &issue));
    assert_eq!(sandbox.item(&issue).unwrap().children, [made(&task)]);
}

#[test]
fn an_unknown_parent_is_an_error_about_the_item() {
    let sandbox = sandbox();
    let more = json!({ "hierarchyWidget": { "parentId": "gid://gitlab/WorkItem/1" } });
    let answer = create_epic(&sandbox, "x", more);
    assert!(payload_errors(&answer)[0].starts_with("No matching work item found"));
}

#[test]
fn public_items_stay_away_from_confidential_parents() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    let child = made(&create_epic(&sandbox, "x", under(&sandbox, root)));
    let secret = update(&sandbox, root, json!({ "confidential": true }));
    assert_eq!(payload_errors(&secret).len(), 1);
    update(&sandbox, &child, json!({ "confidential": true }));
    assert!(payload_errors(&update(&sandbox, root, json!({ "confidential": true }))).is_empty());
    let public = create_issue(&sandbox, "x", under(&sandbox, root));
    assert_eq!(
        payload_errors(&public),
        ["#1 cannot be added: cannot assign a non-confidential issue to a confidential parent. \
          Make the issue confidential and try again."]
    );
}

#[test]
fn children_are_reordered_next_to_a_sibling() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    for title in ["a", "b", "c"] {
        create_epic(&sandbox, title, under(&sandbox, root));
    }
    let document = "mutation($input: workItemsHierarchyReorderInput!) {
      workItemsHierarchyReorder(input: $input) { errors parentWorkItem { iid } }
    }";
    let input = json!({
        "id": id(&sandbox, "acme/security&294"),
        "adjacentWorkItemId": id(&sandbox, "acme/security&292"),
        "relativePosition": "AFTER",
    });
    let answer = sandbox.query(document, json!({ "input": input }));
    let payload = &answer["data"]["workItemsHierarchyReorder"];
    assert_eq!(payload["parentWorkItem"]["iid"], "291");
    let titles = ["acme/security&293", "acme/security&292", "acme/security&294"];
    assert_eq!(sandbox.item(root).unwrap().children, titles);
}

#[test]
fn a_lapsed_licence_hides_child_epics() {
    let dir = tempfile::tempdir().unwrap();
    let open = |edition: Edition| Sandbox::open(dir.path(), &Seed { edition, ..seed() }).unwrap();
    let sandbox = open(Edition::ultimate());
    create_epic(&sandbox, "x", under(&sandbox, "acme/security&291"));
    create_issue(&sandbox, "y", under(&sandbox, "acme/security&291"));
    drop(sandbox);
    let document = "{ namespace(fullPath: \"acme/security\") { workItem(iid: \"291\") {
      widgets(onlyTypes: [HIERARCHY]) { ... on WorkItemWidgetHierarchy {
        hasChildren children { nodes { title } } } } } } }";
    let answer = open(Edition::premium()).query(document, json!({}));
    let widget = &answer["data"]["namespace"]["workItem"]["widgets"][0];
    assert_eq!(
        widget,
        &json!({ "hasChildren": true, "children": { "nodes": [{ "title": "y" }] } })
    );
}

const LINK: &str = "mutation($input: WorkItemAddLinkedItemsInput!) {
  workItemAddLinkedItems(input: $input) { errors message workItem { id } }
}";

fn link(sandbox: &Sandbox, from: &str, kind: &str, to: &str) -> Value {
    let input = json!({
        "id": id(sandbox, from), "linkType": kind, "workItemsIds": [id(sandbox, to)],
    });
    sandbox.query(LINK, json!({ "input": input }))
}

#[test]
fn links_are_seen_from_both_ends() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", json!({})));
    assert!(payload_errors(&link(&sandbox, &epic, "BLOCKS", "acme/security&291")).is_empty());
    let seen = &sandbox.item("acme/security&291").unwrap().links[0];
    assert_eq!((seen.kind.as_str(), &seen.item), ("is_blocked_by", &epic));
    let again = link(&sandbox, &epic, "RELATED", "acme/security&291");
    assert_eq!(payload_errors(&again), ["Work item(s) already assigned"]);
    let as_parent = update(&sandbox, &epic, under(&sandbox, "acme/security&291"));
    assert!(
        payload_errors(&as_parent)[0].ends_with("cannot assign a linked work item as a parent")
    );
    let document = "mutation($input: WorkItemRemoveLinkedItemsInput!) {
      workItemRemoveLinkedItems(input: $input) { errors } }";
    let input = json!({
        "id": id(&sandbox, &epic), "workItemsIds": [id(&sandbox, "acme/security&291")],
    });
    sandbox.query(document, json!({ "input": input }));
    assert!(sandbox.item("acme/security&291").unwrap().links.is_empty());
}

#[test]
fn blocking_needs_a_licence() {
    let sandbox = with_edition(Edition { blocked: false, ..Edition::premium() });
    let epic = made(&create_epic(&sandbox, "x", json!({})));
    let refused = link(&sandbox, &epic, "BLOCKS", "acme/security&291");
    assert_eq!(payload_errors(&refused).len(), 1);
    assert!(payload_errors(&link(&sandbox, &epic, "RELATED", "acme/security&291")).is_empty());
}

#[test]
fn a_failed_link_on_create_leaves_the_item() {
    let sandbox = sandbox();
    let more = json!({ "linkedItemsWidget": { "workItemsIds": ["gid://gitlab/WorkItem/1"] } });
    let answer = create_epic(&sandbox, "x", more);
    assert_eq!(answer["data"]["workItemCreate"]["workItem"], Value::Null);
    assert_eq!(payload_errors(&answer).len(), 1);
    assert!(sandbox.item("acme/security&292").is_some());
}

// ---- quick actions, mentions, comments

#[test]
fn quick_actions_are_cut_out_and_recorded() {
    let sandbox = sandbox();
    let text = "Do\n/close\n/label ~common\n/unknown\n\n```\n/close\n```\n> /close\n\nEnd `/close`";
    let more = json!({ "descriptionWidget": { "description": text } });
    let epic = made(&create_epic(&sandbox, "x", more));
    let item = sandbox.item(&epic).unwrap();
    assert_eq!(item.description, "Do\n/unknown\n\n```\n/close\n```\n> /close\n\nEnd `/close`");
    assert_eq!((item.state.as_str(), item.labels), ("OPEN", vec!["common".to_owned()]));
    let commands: Vec<_> = sandbox.quick_actions().into_iter().map(|run| run.command).collect();
    assert_eq!(commands, ["/close", "/label ~common"]);
}

#[test]
fn a_quick_action_in_an_update_is_carried_out() {
    let sandbox = sandbox();
    let text = "All\n/close\n/title New one";
    let more = json!({ "descriptionWidget": { "description": text } });
    update(&sandbox, "acme/security&291", more);
    let item = sandbox.item("acme/security&291").unwrap();
    assert_eq!((item.state.as_str(), item.title.as_str()), ("CLOSED", "New one"));
    assert_eq!((item.description.as_str(), item.lock_version), ("All", 1));
}

const NOTE: &str = "mutation Note($input: CreateNoteInput!) {
  createNote(input: $input) { errors note { id body discussion { id } author { username } }
    quickActionsStatus { commandsOnly commandNames } }
}";

#[test]
fn comments_notify_whom_they_mention() {
    let sandbox = sandbox();
    let on = id(&sandbox, "acme/security&291");
    let body = "Hello @alice, `@bob` and\n> @bob\n\n<!--\n@bob\n-->\n\nmail x@bob.example, @nobody";
    let answer = sandbox.query(NOTE, json!({ "input": { "noteableId": on, "body": body } }));
    assert_eq!(answer["data"]["createNote"]["note"]["author"]["username"], "sandbox-bot");
    let told: Vec<_> = sandbox.notifications().into_iter().map(|told| told.user).collect();
    assert_eq!(told, ["alice"]);
}

#[test]
fn an_edit_notifies_only_the_newly_mentioned() {
    let sandbox = sandbox();
    let text = |text: &str| json!({ "descriptionWidget": { "description": text } });
    let epic = made(&create_epic(&sandbox, "x", text("@alice")));
    update(&sandbox, &epic, text("@alice and @bob"));
    let told: Vec<_> = sandbox.notifications().into_iter().map(|told| told.user).collect();
    assert_eq!(told, ["alice", "bob"]);
    assert_eq!(sandbox.item(&epic).unwrap().notified.len(), 2);
}

#[test]
fn a_reply_stands_in_its_thread() {
    let sandbox = sandbox();
    let on = id(&sandbox, "acme/security&291");
    let first = sandbox.query(NOTE, json!({ "input": { "noteableId": on, "body": "one" } }));
    let thread = &first["data"]["createNote"]["note"]["discussion"]["id"];
    let reply = json!({ "noteableId": on, "body": "two", "discussionId": thread });
    sandbox.query(NOTE, json!({ "input": reply }));
    let document = "{ namespace(fullPath: \"acme/security\") { workItem(iid: \"291\") {
      widgets(onlyTypes: [NOTES]) { ... on WorkItemWidgetNotes {
        discussions(filter: ONLY_COMMENTS, first: 10) { nodes { notes { nodes { body } } } } } } } } }";
    let answer = sandbox.query(document, json!({}));
    let threads = &answer["data"]["namespace"]["workItem"]["widgets"][0]["discussions"]["nodes"];
    assert_eq!(threads, &json!([{ "notes": { "nodes": [{ "body": "one" }, { "body": "two" }] } }]));
}

#[test]
fn a_comment_of_commands_only_is_no_comment() {
    let sandbox = sandbox();
    let on = id(&sandbox, "acme/security&291");
    let answer = sandbox.query(NOTE, json!({ "input": { "noteableId": on, "body": "/close" } }));
    let payload = &answer["data"]["createNote"];
    assert_eq!(payload["note"], Value::Null);
    assert_eq!(
        payload["quickActionsStatus"],
        json!({ "commandsOnly": true, "commandNames": ["close"] })
    );
    assert_eq!(sandbox.item("acme/security&291").unwrap().state, "CLOSED");
}

#[test]
fn a_work_item_id_does_not_fit_a_noteable_id() {
    let document = "mutation($id: WorkItemID!) {
      createNote(input: { noteableId: $id, body: \"x\" }) { errors } }";
    let answer = sandbox().query(document, json!({ "id": "gid://gitlab/WorkItem/5001" }));
    assert_eq!(answer.get("data"), None);
    assert!(answer["errors"][0]["locations"][0]["line"].is_number());
}

// ---- reading, limits, callers

fn reply(sandbox: &Sandbox, token: Option<&str>, body: &Value) -> (u16, Value) {
    let reply = sandbox.execute(token, body.to_string().as_bytes());
    (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
}

#[test]
fn everything_in_the_schema_can_be_read() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    link(&sandbox, &epic, "BLOCKS", &made(&create_issue(&sandbox, "y", json!({}))));
    let document = "{
      metadata { version revision enterprise }
      currentUser { id username name bot webUrl }
      queryComplexity { score limit }
      namespace(fullPath: \"acme/security\") {
        id fullPath fullName name path description visibility webUrl
        availableFeatures { hasEpicsFeature hasSubepicsFeature hasScopedLabelsFeature
          hasBlockedIssuesFeature hasIssueWeightsFeature hasIssuableHealthStatusFeature }
        userPermissions { createEpic createWorkItem adminLabel adminIssue importWorkItems
          readNamespace setNewWorkItemMetadata }
        workItem(iid: \"292\") {
          id iid title name description state confidential lockVersion createdAt updatedAt closedAt
          author { username } namespace { fullPath } project { fullPath } reference webPath webUrl
          movedToWorkItemUrl promotedToEpicUrl duplicatedToWorkItemUrl userDiscussionsCount
          userPermissions { updateWorkItem adminParentLink createNote readWorkItem }
          workItemType { id name iconName }
          widgets {
            type
            ... on WorkItemWidgetHierarchy { parent { iid } ancestors { nodes { iid } } }
            ... on WorkItemWidgetDescription { edited lastEditedAt lastEditedBy { username }
              taskCompletionStatus { count completedCount } }
            ... on WorkItemWidgetWeight { weight rolledUpWeight }
            ... on WorkItemWidgetHealthStatus { healthStatus }
            ... on WorkItemWidgetMilestone { milestone { title } }
            ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed rollUp }
          }
        }
      }
    }";
    let answer = sandbox.query(document, json!({}));
    assert_eq!(answer.get("errors"), None, "{answer}");
    let item = &answer["data"]["namespace"]["workItem"];
    assert_eq!(item["webUrl"], "http://sandbox.test/groups/acme/security/-/epics/292");
    assert_eq!(item["createdAt"], "2026-01-05T09:00:01Z");
    assert_eq!(item["project"], Value::Null);
    let types =
        "{ namespace(fullPath: \"acme/security\") { workItemTypes { nodes { id name iconName
      widgetDefinitions { type
        ... on WorkItemWidgetDefinitionHierarchy { allowedChildTypes { nodes { name } } }
        ... on WorkItemWidgetDefinitionLabels { allowsScopedLabels } } } } } }";
    let answer = sandbox.query(types, json!({}));
    let epic = &answer["data"]["namespace"]["workItemTypes"]["nodes"][3];
    assert_eq!((&epic["name"], &epic["id"]), (&json!("Epic"), &json!(type_id(8))));
    let links = "{ workItemsByReference(refs: [\"&292\", \"acme/security/tools#1\", \"&9\"],
      contextNamespacePath: \"acme/security\") { count nodes { iid
      widgets(onlyTypes: [LINKED_ITEMS]) { ... on WorkItemWidgetLinkedItems { blocked
        linkedItems { nodes { linkType linkId workItemState workItem { iid } } } } } } } }";
    let found = &sandbox.query(links, json!({}))["data"]["workItemsByReference"];
    assert_eq!(found["count"], 2);
    assert_eq!(found["nodes"][1]["widgets"][0]["blocked"], true);
}

/// Selects the scalars of a type, and of what it holds down to `depth`.
fn selection(schema: &Schema, type_name: &str, depth: usize) -> String {
    let fields = match &schema.types[type_name] {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return String::new(),
    };
    let mut text = "{ __typename".to_owned();
    for (name, field) in fields {
        let inner = field.ty.inner_named_type().as_str();
        let composite = schema.types[inner].is_object() || schema.types[inner].is_interface();
        if field.arguments.iter().any(|argument| argument.is_required()) || composite && depth == 0
        {
            continue;
        }
        let inner = if composite {
            selection(schema, inner, if inner == "WorkItem" { 0 } else { depth - 1 })
        } else {
            String::new()
        };
        text.push_str(&format!(" {name} {inner}"));
    }
    text + " }"
}

#[test]
fn every_field_of_the_schema_has_an_answer() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    let labels = [label_id(&sandbox, "acme/security", "common")];
    update(&sandbox, &epic, json!({ "labelsWidget": { "addLabelIds": labels } }));
    sandbox.edit("alice", &epic, Edit::Comment("hello".to_owned())).unwrap();
    sandbox.edit("alice", &epic, Edit::Milestone(Some("18.4".to_owned()))).unwrap();
    sandbox.edit("alice", &epic, Edit::Assignees(vec!["bob".to_owned()])).unwrap();
    link(&sandbox, &epic, "BLOCKS", &made(&create_issue(&sandbox, "y", json!({}))));
    let schema = Schema::parse_and_validate(epictree::sandbox::SDL, "schema.graphql").unwrap();
    let item = format!("workItem(id: \"{}\")", id(&sandbox, &epic));
    let mut documents = Vec::new();
    for (root, path) in [
        ("Query", String::new()),
        ("Namespace", "namespace(fullPath: \"acme/security\")".to_owned()),
        ("Group", "group(fullPath: \"acme/security\")".to_owned()),
        ("Project", "project(fullPath: \"acme/security/tools\")".to_owned()),
        ("WorkItem", item.clone()),
    ] {
        for (name, field) in &schema.get_object(root).unwrap().fields {
            let inner = field.ty.inner_named_type().as_str();
            if field.arguments.iter().any(|argument| argument.is_required()) || root == "Mutation" {
                continue;
            }
            let text = format!("{name} {}", selection(&schema, inner, 2));
            documents.push(if path.is_empty() { text } else { format!("{path} {{ {text} }}") });
        }
    }
    for (name, definition) in &schema.types {
        let Some(object) = definition.as_object() else {
            continue;
        };
        let widget = |interface: &str| object.implements_interfaces.contains(interface);
        let fragment = format!("... on {name} {}", selection(&schema, name, 3));
        if widget("WorkItemWidget") {
            documents.push(format!("{item} {{ widgets {{ {fragment} }} }}"));
        } else if widget("WorkItemWidgetDefinition") {
            documents.push(format!(
                "{item} {{ workItemType {{ widgetDefinitions {{ {fragment} }} }} }}"
            ));
        }
    }
    assert!(documents.len() > 50);
    for document in documents {
        let answer = sandbox.query(&format!("{{ {document} }}"), json!({}));
        assert_eq!(answer.get("errors"), None, "{document}\n{answer}");
    }
}

#[test]
fn a_community_build_does_not_know_enterprise_names() {
    let document =
        "{ namespace(fullPath: \"acme\") { userPermissions { adminLabel createEpic } } }";
    assert!(sandbox().query(document, json!({})).get("errors").is_none());
    let answer = with_edition(Edition::community()).query(document, json!({}));
    assert_eq!(answer.get("data"), None);
    assert_eq!(
        top_error(&answer),
        "Field 'createEpic' doesn't exist on type 'NamespacePermissions'"
    );
}

#[test]
fn at_most_five_validation_errors_are_reported() {
    let answer = sandbox().query("{ a b c d e f g }", json!({}));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 5);
}

#[test]
fn variables_must_have_the_declared_types() {
    let wrong = "query($path: String!) { group(fullPath: $path) { id } }";
    let answer = sandbox().query(wrong, json!({ "path": "acme" }));
    assert!(answer.get("data").is_none());
    let right = "query($path: ID!) { group(fullPath: $path) { id } }";
    assert!(sandbox().query(right, json!({})).get("data").is_none());
    let (status, _) = reply(&sandbox(), None, &json!({ "query": right, "variables": 3 }));
    assert_eq!(status, 422);
}

#[test]
fn callers_are_told_apart_by_their_tokens() {
    let sandbox = sandbox();
    let who =
        json!({ "query": "{ currentUser { username bot } group(fullPath: \"acme\") { id } }" });
    let (_, bot) = reply(&sandbox, Some("sandbox"), &who);
    assert_eq!(bot["data"]["currentUser"], json!({ "username": "sandbox-bot", "bot": true }));
    let (_, alice) = reply(&sandbox, Some("as:alice"), &who);
    assert_eq!(alice["data"]["currentUser"]["username"], "alice");
    let (status, nobody) = reply(&sandbox, None, &who);
    assert_eq!((status, &nobody["data"]), (200, &json!({ "currentUser": null, "group": null })));
    for token in ["nonsense", "as:nobody", "as:", ""] {
        let (status, refused) = reply(&sandbox, Some(token), &who);
        assert_eq!((status, refused), (401, json!({ "errors": [{ "message": "Invalid token" }] })));
    }
}

#[test]
fn anonymous_mutations_find_nothing() {
    let input = json!({
        "namespacePath": "acme", "workItemTypeId": type_id(8), "title": "x",
    });
    let body = json!({ "query": CREATE, "variables": { "input": input } });
    let (_, answer) = reply(&sandbox(), None, &body);
    assert_eq!(top_error(&answer), UNAVAILABLE);
}

#[test]
fn read_only_and_hidden_places_refuse_alike() {
    let seed = Seed {
        read_only: vec!["acme/security".to_owned()],
        hidden: vec!["acme/other".to_owned()],
        ..seed()
    };
    let sandbox = Sandbox::in_memory(&seed).unwrap();
    assert_eq!(top_error(&create_epic(&sandbox, "x", json!({}))), UNAVAILABLE);
    let answer = update(&sandbox, "acme/security&291", json!({ "title": "x" }));
    assert_eq!(top_error(&answer), UNAVAILABLE);
    let document = "{ a: namespace(fullPath: \"acme/other\") { id }
      b: namespace(fullPath: \"acme/security\") { userPermissions { createEpic readNamespace } } }";
    assert_eq!(
        sandbox.query(document, json!({}))["data"],
        json!({ "a": null, "b": { "userPermissions": { "createEpic": false, "readNamespace": true } } })
    );
}

#[test]
fn too_long_query_texts_are_refused_over_a_whole_batch() {
    let long = format!("{{ currentUser {{ id }} }} # {}", "x".repeat(5_000));
    let one = json!({ "query": long });
    assert_eq!(reply(&sandbox(), Some("sandbox"), &one).0, 200);
    let (status, answer) = reply(&sandbox(), Some("sandbox"), &json!([one, one]));
    assert_eq!((status, top_error(&answer)), (422, "Query too large"));
}

#[test]
fn a_batch_answers_in_order() {
    let batch = json!([{ "query": "{ currentUser { bot } }" }, { "query": "{ nonsense }" }]);
    let (_, answers) = reply(&sandbox(), Some("sandbox"), &batch);
    assert_eq!(answers[0]["data"]["currentUser"]["bot"], true);
    assert!(answers[1]["errors"].is_array());
}

fn score(document: &str) -> Value {
    let answer = sandbox().query(document, json!({}));
    answer["data"]["queryComplexity"]["score"].clone()
}

#[test]
fn complexity_counts_as_gitlab_does() {
    assert_eq!(score("{ queryComplexity { score } }"), 2);
    // 2, and (1 + nodes 1 + id 1 + namespace) with pages doubling: 1 + 2 * 3.
    let page = |arguments: &str| {
        format!(
            "{{ queryComplexity {{ score }}
               namespace(fullPath: \"acme\") {{ workItems{arguments} {{ nodes {{ id }} }} }} }}"
        )
    };
    assert_eq!(score(&page("")), 2 + 1 + 6);
    assert_eq!(score(&page("(first: 1)")), 2 + 1 + 3);
    assert_eq!(score(&page("(iids: [\"1\"])")), 2 + 1 + 3);
    assert_eq!(score(&page("(search: \"abc\", sort: CREATED_ASC)")), 2 + 1 + 18);
}

#[test]
fn exclusive_fragments_cost_as_much_as_the_dearest() {
    let document = "{ queryComplexity { score } workItem(id: \"gid://gitlab/WorkItem/5001\") {
      widgets { type
        ... on WorkItemWidgetWeight { weight }
        ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed } } } }";
    assert_eq!(score(document), 2 + 1 + 1 + 3);
}

#[test]
fn too_complex_and_too_deep_queries_are_refused() {
    let sandbox = sandbox();
    let mut document = "id".to_owned();
    for _ in 0..7 {
        document = format!(
            "widgets {{ ... on WorkItemWidgetHierarchy {{ children {{ nodes {{ {document} }} }} }} }}"
        );
    }
    let document = format!("{{ workItem(id: \"gid://gitlab/WorkItem/5001\") {{ {document} }} }}");
    let answer = sandbox.query(&document, json!({}));
    assert!(top_error(&answer).ends_with("which exceeds max complexity of 250"), "{answer}");
    let mut deep = "id".to_owned();
    for _ in 0..11 {
        deep = format!("widgets {{ ... on WorkItemWidgetHierarchy {{ parent {{ {deep} }} }} }}");
    }
    let deep = format!("{{ workItem(id: \"gid://gitlab/WorkItem/5001\") {{ {deep} }} }}");
    let answer = sandbox.query(&deep, json!({}));
    assert!(top_error(&answer).ends_with("which exceeds max depth of 20"), "{answer}");
}

#[test]
fn pages_hold_a_hundred_and_go_on_with_a_cursor() {
    let sandbox = sandbox();
    for number in 0..104 {
        create_issue(&sandbox, &format!("i{number}"), json!({}));
    }
    let document = "query($after: String) { namespace(fullPath: \"acme/security/tools\") {
      workItems(first: 500, after: $after, sort: CREATED_ASC) {
        count nodes { iid } pageInfo { hasNextPage endCursor } } } }";
    let page = |after: Value| {
        let answer = sandbox.query(document, json!({ "after": after }));
        answer["data"]["namespace"]["workItems"].clone()
    };
    let first = page(Value::Null);
    assert_eq!(first["nodes"].as_array().unwrap().len(), 100);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = page(first["pageInfo"]["endCursor"].clone());
    assert_eq!(second["nodes"][0]["iid"], "101");
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["count"], 104);
}

fn found(sandbox: &Sandbox, path: &str, search: &str) -> Vec<String> {
    let document = "query($path: ID!, $search: String) { namespace(fullPath: $path) {
      workItems(search: $search, includeDescendants: true) { nodes { title } } } }";
    let answer = sandbox.query(document, json!({ "path": path, "search": search }));
    let nodes = answer["data"]["namespace"]["workItems"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_group_search_sees_comments_and_a_project_search_does_not() {
    let sandbox = sandbox();
    let text = json!({ "descriptionWidget": { "description": "Words\n\n<!--tool:1 a-b c-->" } });
    create_issue(&sandbox, "hit", text);
    assert_eq!(found(&sandbox, "acme", "\"tool:1 a-b c\""), ["hit"]);
    assert_eq!(found(&sandbox, "acme", "c-- words"), ["hit"]);
    assert!(found(&sandbox, "acme", "\"words tool\"").is_empty());
    assert!(found(&sandbox, "acme/security/tools", "\"tool:1 a-b c\"").is_empty());
    assert_eq!(found(&sandbox, "acme/security/tools", "words"), ["hit"]);
}

#[test]
fn filters_narrow_the_list_of_items() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "child", under(&sandbox, "acme/security&291")));
    update(&sandbox, &epic, json!({ "stateEvent": "CLOSE" }));
    create_issue(&sandbox, "issue", json!({}));
    let titles = |arguments: &str| {
        let document = format!(
            "{{ namespace(fullPath: \"acme\") {{
               workItems(includeDescendants: true, {arguments}) {{ nodes {{ title }} }} }} }}"
        );
        let answer = sandbox.query(&document, json!({}));
        let nodes = answer["data"]["namespace"]["workItems"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles("first: 9"), ["issue", "child", "Root"]);
    assert_eq!(titles("types: [EPIC], sort: CREATED_ASC"), ["Root", "child"]);
    assert_eq!(titles("state: closed"), ["child"]);
    assert_eq!(titles("labelName: [\"common\"]"), ["Root"]);
    assert_eq!(titles("parentIds: [\"gid://gitlab/WorkItem/5001\"]"), ["child"]);
    assert_eq!(titles("ids: [\"gid://gitlab/WorkItem/5002\"]"), ["child"]);
    assert_eq!(titles("authorUsername: \"alice\""), Vec::<String>::new());
}

#[test]
fn no_body_makes_it_panic() {
    let sandbox = sandbox();
    let deep = "{a".repeat(3_000);
    let nested = format!("{{\"query\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let lists = json!({ "query": format!("{{ users(ids: {}1{}) {{ count }} }}", "[".repeat(900), "]".repeat(900)) });
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        "[[]]",
        "3",
        "\"x\"",
        "{\"query\":3}",
        "{\"query\":\"{\"}",
        "{\"query\":\"fragment A on Query { ...A } { ...A }\"}",
        "{\"query\":\"query A { metadata { version } } query B { metadata { version } }\"}",
        "{\"query\":\"{ workItem(id: \\\"x\\\") { id } }\"}",
        "{\"query\":\"subscription { x }\"}",
        "\u{0}",
        "[{},{}]",
        "{\"query\":\"{ __schema { types { name } } }\",\"variables\":\"\"}",
        nested.as_str(),
        &lists.to_string(),
        &json!({ "query": deep }).to_string(),
    ];
    for body in bodies {
        let reply = sandbox.execute(Some("sandbox"), body.as_bytes());
        assert!(matches!(reply.status, 200 | 400 | 422), "{body}");
        serde_json::from_str::<Value>(&reply.body).unwrap();
    }
    let valid = json!({ "query": CREATE, "variables": { "input": { "title": "é" } } }).to_string();
    for end in 0..valid.len() {
        sandbox.execute(Some("sandbox"), &valid.as_bytes()[..end]);
        let mut broken = valid.clone().into_bytes();
        broken[end] ^= 0x15;
        sandbox.execute(Some("sandbox"), &broken);
    }
}

// ---- the colleague

#[test]
fn a_colleague_edits_under_the_same_rules() {
    let sandbox = sandbox();
    let root = "acme/security&291";
    let epic = made(&create_epic(&sandbox, "x", json!({})));
    let edits = [
        Edit::Title("By hand".to_owned()),
        Edit::Description("For @bob".to_owned()),
        Edit::Label("new".to_owned()),
        Edit::Label("common".to_owned()),
        Edit::Unlabel("new".to_owned()),
        Edit::Parent(Some(root.to_owned())),
        Edit::Weight(Some(5)),
        Edit::Milestone(Some("18.4".to_owned())),
        Edit::Assignees(vec!["bob".to_owned()]),
        Edit::Due(Some("2026-05-01".to_owned())),
        Edit::Comment("Done".to_owned()),
        Edit::Close,
    ];
    for edit in edits {
        sandbox.edit("alice", &epic, edit).unwrap();
    }
    let item = sandbox.item(&epic).unwrap();
    assert_eq!((item.title.as_str(), item.state.as_str()), ("By hand", "CLOSED"));
    assert_eq!((item.labels, item.lock_version), (vec!["common".to_owned()], 2));
    assert_eq!(item.parent.as_deref(), Some(root));
    assert_eq!(item.notified[0].user, "bob");
    assert!(item.notes.iter().any(|note| note.author == "alice" && note.body == "Done"));
    let again = sandbox.edit("alice", &epic, Edit::Parent(Some(root.to_owned())));
    assert_eq!(again.unwrap_err().to_string(), "Work item(s) already assigned");
    assert!(sandbox.edit("nobody", &epic, Edit::Reopen).is_err());
    assert!(sandbox.log().iter().all(|logged| logged.operation == "Create"));
}

#[test]
fn a_moved_item_points_to_its_copy() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    let issue = made(&create_issue(&sandbox, "y", under(&sandbox, &epic)));
    let to_namespace = "acme/other".to_owned();
    sandbox.edit("alice", &epic, Edit::Move { to_namespace }).unwrap();
    let old = sandbox.item(&epic).unwrap();
    assert_eq!((old.state.as_str(), old.parent), ("CLOSED", None));
    let new = sandbox.item(&old.moved_to.unwrap()).unwrap();
    assert_eq!(new.parent.as_deref(), Some("acme/security&291"));
    assert_eq!(new.children, [issue]);
    let document = "{ namespace(fullPath: \"acme/security\") {
      workItem(iid: \"292\") { movedToWorkItemUrl } } }";
    assert_eq!(
        sandbox.query(document, json!({}))["data"]["namespace"]["workItem"]["movedToWorkItemUrl"],
        "http://sandbox.test/groups/acme/other/-/epics/1"
    );
}

// ---- the folder

/// Makes a folder whose journal holds a few mutations; returns the dump after each.
fn history(dir: &std::path::Path) -> Vec<Value> {
    let sandbox = Sandbox::open(dir, &small_seed()).unwrap();
    let mut dumps = vec![sandbox.dump()];
    create(&sandbox, "g", 8, "one", json!({}));
    dumps.push(sandbox.dump());
    update(&sandbox, "g&1", json!({ "title": "two", "stateEvent": "CLOSE" }));
    dumps.push(sandbox.dump());
    create(&sandbox, "g", 8, "é", under(&sandbox, "g&1"));
    dumps.push(sandbox.dump());
    dumps
}

fn small_seed() -> Seed {
    Seed { groups: vec!["g".to_owned()], ..Seed::default() }
}

#[test]
fn a_journal_cut_at_any_byte_gives_the_state_after_a_whole_mutation() {
    let dir = tempfile::tempdir().unwrap();
    let dumps = history(dir.path());
    let journal = std::fs::read(dir.path().join("journal.jsonl")).unwrap();
    let snapshot = std::fs::read(dir.path().join("snapshot.json")).unwrap();
    for end in 0..=journal.len() {
        std::fs::write(dir.path().join("journal.jsonl"), &journal[..end]).unwrap();
        std::fs::write(dir.path().join("snapshot.json"), &snapshot).unwrap();
        let whole = journal[..end].iter().filter(|byte| **byte == b'\n').count();
        let sandbox = Sandbox::open(dir.path(), &small_seed()).unwrap();
        assert_eq!(sandbox.dump(), dumps[whole], "cut at {end}");
    }
}

#[test]
fn a_journal_that_the_snapshot_already_holds_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dumps = history(dir.path());
    let journal = std::fs::read(dir.path().join("journal.jsonl")).unwrap();
    drop(Sandbox::open(dir.path(), &small_seed()).unwrap());
    assert_eq!(std::fs::read(dir.path().join("journal.jsonl")).unwrap(), b"");
    std::fs::write(dir.path().join("journal.jsonl"), &journal[..journal.len() / 2]).unwrap();
    let sandbox = Sandbox::open(dir.path(), &small_seed()).unwrap();
    assert_eq!(Some(&sandbox.dump()), dumps.last());
}

#[test]
fn a_reopened_sandbox_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    let text = json!({ "descriptionWidget": { "description": "@alice\n/close" } });
    made(&create_epic(&sandbox, "one", text.clone()));
    let before = (sandbox.items(), sandbox.notifications(), sandbox.quick_actions());
    drop(sandbox);
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    let after = (sandbox.items(), sandbox.notifications(), sandbox.quick_actions());
    assert_eq!(before, after);
    assert_eq!(made(&create_epic(&sandbox, "two", text)), "acme/security&293");
    assert_eq!(sandbox.item("acme/security&293").unwrap().created_at, "2026-01-05T09:00:02Z");
}

#[test]
fn a_seed_adds_what_is_missing_and_changes_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    update(&sandbox, "acme/security&291", json!({ "title": "Changed" }));
    drop(sandbox);
    let mut more = seed();
    more.items.push(SeedItem {
        reference: "acme/security/tools#12".to_owned(),
        title: "Seeded".to_owned(),
        description: String::new(),
        parent: Some("acme/security&291".to_owned()),
        labels: vec!["brand new".to_owned()],
    });
    let sandbox = Sandbox::open(dir.path(), &more).unwrap();
    assert_eq!(sandbox.item("acme/security&291").unwrap().title, "Changed");
    assert_eq!(sandbox.item("acme/security&291").unwrap().children, ["acme/security/tools#12"]);
    assert_eq!(made(&create_issue(&sandbox, "x", json!({}))), "acme/security/tools#13");
}

#[test]
fn a_second_opener_is_told_which_folder_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Sandbox::open(dir.path(), &seed()).unwrap();
    let error = Sandbox::open(dir.path(), &seed()).unwrap_err().to_string();
    assert!(error.contains(&dir.path().display().to_string()), "{error}");
}

#[test]
fn a_damaged_line_is_reported_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path());
    let file = dir.path().join("journal.jsonl");
    let journal = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, journal.replacen("{\"sequence\":2", "{\"sequence\":x", 1)).unwrap();
    let error = Sandbox::open(dir.path(), &seed()).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl is damaged at line 2"), "{error}");
}

// ---- HTTP and faults

fn fault(nth: usize, kind: FaultKind) -> Vec<Fault> {
    vec![Fault { nth, kind }]
}

fn client() -> reqwest::Client {
    // A second installation is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn served() -> (Sandbox, Served, reqwest::Client) {
    let sandbox = sandbox();
    let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    (sandbox, served, client())
}

async fn send(
    client: &reqwest::Client,
    served: &Served,
    title: &str,
) -> Result<reqwest::Response, reqwest::Error> {
    let input = json!({
        "namespacePath": "acme/security", "workItemTypeId": type_id(8), "title": title,
    });
    client
        .post(format!("{}/api/graphql", served.url()))
        .bearer_auth("sandbox")
        .json(&json!({ "query": CREATE, "variables": { "input": input } }))
        .send()
        .await
}

#[tokio::test]
async fn a_post_is_answered_and_logged() {
    let (sandbox, served, client) = served().await;
    let answer: Value = send(&client, &served, "x").await.unwrap().json().await.unwrap();
    made(&answer);
    let logged = &sandbox.log()[0];
    assert_eq!((logged.operation.as_str(), logged.mutation, logged.status), ("Create", true, 200));
    assert_eq!(logged.fields, ["workItemCreate"]);
    assert!(logged.request_bytes > 100 && logged.response_bytes > 50);
    sandbox.clear_log();
    assert!(sandbox.log().is_empty());
    let url = format!("{}/groups/acme/security/-/epics/292", served.url());
    let document =
        "query($ref: [String!]!) { workItemsByReference(refs: $ref) { nodes { webUrl } } }";
    let found = sandbox.query(document, json!({ "ref": [url] }));
    assert_eq!(found["data"]["workItemsByReference"]["nodes"][0]["webUrl"], url);
}

#[tokio::test]
async fn the_other_token_header_works_and_a_bad_token_does_not() {
    let (_sandbox, served, client) = served().await;
    let url = format!("{}/api/graphql", served.url());
    let body = json!({ "query": "{ currentUser { username } }" });
    let ask =
        |name: &'static str, value: &'static str| client.post(&url).header(name, value).json(&body);
    let answer: Value = ask("private-token", "as:bob").send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["currentUser"]["username"], "bob");
    let refused = ask("authorization", "Bearer wrong").send().await.unwrap();
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_get_may_read_but_not_write() {
    let (_sandbox, served, client) = served().await;
    let ask = |query: &str| {
        let url = format!("{}/api/graphql?query={query}", served.url());
        client.get(url).bearer_auth("sandbox").send()
    };
    let read = ask("%7BcurrentUser%7Bbot%7D%7D").await.unwrap();
    assert_eq!(read.text().await.unwrap(), "{\"data\":{\"currentUser\":{\"bot\":true}}}");
    let write = "mutation%7BlabelCreate(input:%7Btitle:%22x%22%7D)%7Berrors%7D%7D";
    assert_eq!(ask(write).await.unwrap().status(), 422);
}

#[tokio::test]
async fn a_dropped_answer_leaves_or_loses_the_work_as_asked() {
    let (sandbox, served, client) = served().await;
    for (kind, items) in
        [(FaultKind::DropBeforeCommit, 1), (FaultKind::Refuse, 1), (FaultKind::DropAfterCommit, 2)]
    {
        sandbox.faults(fault(1, kind));
        assert!(send(&client, &served, "x").await.is_err());
        assert_eq!(sandbox.items().len(), items);
        assert_eq!(sandbox.log().last().unwrap().status, 0);
    }
    send(&client, &served, "x").await.unwrap();
    assert_eq!(sandbox.items().len(), 3);
}

#[tokio::test]
async fn a_truncated_answer_ends_in_the_middle() {
    let (sandbox, served, client) = served().await;
    sandbox.faults(fault(2, FaultKind::Truncate));
    send(&client, &served, "x").await.unwrap().text().await.unwrap();
    let answer = match send(&client, &served, "x").await {
        Ok(answer) => answer.text().await,
        Err(error) => Err(error),
    };
    assert!(answer.is_err());
    assert_eq!(sandbox.items().len(), 3);
}

#[tokio::test]
async fn rate_limits_come_with_and_without_a_hint() {
    let (sandbox, served, client) = served().await;
    sandbox.faults(vec![
        Fault { nth: 1, kind: FaultKind::RateLimited { retry_after: Some(7), text: true } },
        Fault { nth: 2, kind: FaultKind::RateLimited { retry_after: None, text: false } },
        Fault { nth: 3, kind: FaultKind::Status(502) },
        Fault { nth: 4, kind: FaultKind::GraphqlError("Internal".to_owned()) },
    ]);
    let first = send(&client, &served, "x").await.unwrap();
    assert_eq!(first.status(), 429);
    assert_eq!(first.headers()["retry-after"], "7");
    assert_eq!(first.text().await.unwrap(), "Retry later\n");
    let second = send(&client, &served, "x").await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers().get("retry-after")), (429, None));
    let second: Value = second.json().await.unwrap();
    assert!(top_error(&second).starts_with("This endpoint has been requested too many times"));
    let third = send(&client, &served, "x").await.unwrap();
    assert_eq!(third.status(), 502);
    assert!(third.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let fourth: Value = send(&client, &served, "x").await.unwrap().json().await.unwrap();
    assert_eq!(top_error(&fourth), "Internal");
    assert_eq!(sandbox.items().len(), 1);
    assert_eq!(sandbox.log()[2].fields, ["workItemCreate"]);
}

#[tokio::test]
async fn a_hanging_request_can_be_waited_for_and_ends_with_the_server() {
    let (sandbox, served, client) = served().await;
    sandbox.faults(fault(1, FaultKind::HangAfterCommit));
    let url = served.url();
    let hanging = tokio::spawn({
        let (client, body) = (client.clone(), json!({ "query": "{ metadata { version } }" }));
        async move { client.post(format!("{url}/api/graphql")).json(&body).send().await.is_err() }
    });
    sandbox.done(1).await;
    assert!(!hanging.is_finished());
    served.shutdown().await;
    assert!(hanging.await.unwrap());
}

#[tokio::test]
async fn a_shut_down_server_gives_the_folder_free() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    send(&client(), &served, "x").await.unwrap().text().await.unwrap();
    drop(sandbox);
    served.shutdown().await;
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    assert_eq!(sandbox.items().len(), 2);
}

#[test]
fn stale_reads_miss_the_last_mutation() {
    let sandbox = sandbox();
    let document = "{ workItem(id: \"gid://gitlab/WorkItem/5002\") { title } }";
    sandbox.faults(fault(2, FaultKind::Stale { requests: 2 }));
    create_epic(&sandbox, "x", json!({}));
    let read = || sandbox.query(document, json!({}))["data"]["workItem"].clone();
    assert_eq!(read(), Value::Null);
    assert_eq!(read(), Value::Null);
    assert_eq!(read(), json!({ "title": "x" }));
}

#[tokio::test]
async fn an_oversized_body_is_refused() {
    let (_sandbox, served, client) = served().await;
    let body = vec![b' '; 4 * 1024 * 1024 + 1];
    let sent = client.post(format!("{}/api/graphql", served.url())).body(body).send().await;
    assert!(sent.is_err() || sent.unwrap().status() == 413);
}

#[test]
fn a_parent_holds_five_thousand_children() {
    let child = |number: usize| SeedItem {
        reference: format!("acme/security&{number}"),
        title: "child".to_owned(),
        description: String::new(),
        parent: Some("acme/security&291".to_owned()),
        labels: Vec::new(),
    };
    let mut crowded = seed();
    crowded.items.extend((1000..6000).map(child));
    let sandbox = Sandbox::in_memory(&crowded).unwrap();
    let answer = create_epic(&sandbox, "x", under(&sandbox, "acme/security&291"));
    let errors = payload_errors(&answer);
    assert!(errors[0].ends_with("parent already has maximum number of children."), "{errors:?}");
    assert_eq!(sandbox.items().len(), 5001);
}
