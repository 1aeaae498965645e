//! The colleague.

use super::*;

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
    let other = made(&create_epic(&sandbox, "z", json!({})));
    link(&sandbox, &epic, "BLOCKS", &other);
    let to_namespace = "acme/other".to_owned();
    sandbox.edit("alice", &epic, Edit::Move { to_namespace }).unwrap();
    let old = sandbox.item(&epic).unwrap();
    assert_eq!((old.state.as_str(), old.parent), ("CLOSED", None));
    let new = sandbox.item(&old.moved_to.unwrap()).unwrap();
    assert_eq!(new.parent.as_deref(), Some("acme/security&291"));
    assert_eq!(new.children, [issue]);
    assert_eq!((&*new.links[0].kind, &*new.links[0].item), ("blocks", &*other));
    let blockers: Vec<_> = sandbox.item(&other).unwrap().links;
    assert_eq!(blockers.len(), 2, "the moved item keeps its own, until GitLab cleans it up");
    let document = "{ namespace(fullPath: \"acme/security\") {
      workItem(iid: \"292\") { movedToWorkItemUrl } } }";
    assert_eq!(
        sandbox.query(document, json!({}))["data"]["namespace"]["workItem"]["movedToWorkItemUrl"],
        "http://sandbox.test/groups/acme/other/-/epics/1"
    );
}
