//! Labels.

use super::*;

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
