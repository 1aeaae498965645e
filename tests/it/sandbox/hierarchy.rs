//! Hierarchy and links.

use super::*;

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
