//! Creating and updating.

use super::*;

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
