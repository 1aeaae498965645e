//! Quick actions, mentions, comments.

use super::*;

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
