//! HTTP and faults.

use super::*;

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
    for (kind, items) in [(FaultKind::DropBeforeCommit, 1), (FaultKind::DropAfterCommit, 2)] {
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
async fn a_refused_request_finds_nothing_that_listens() {
    let (sandbox, served, client) = served().await;
    sandbox.faults(fault(2, FaultKind::Refuse));
    send(&client, &served, "x").await.unwrap().text().await.unwrap();
    for _ in 0..2 {
        assert!(send(&client, &served, "x").await.unwrap_err().is_connect());
    }
    assert_eq!(sandbox.items().len(), 2);
}

#[tokio::test]
async fn a_redirect_says_where_to_and_an_error_says_what() {
    let (sandbox, served, client) = served().await;
    let failed = FaultKind::Error { status: 500, message: "Internal server error".to_owned() };
    sandbox.faults(vec![
        Fault { nth: 1, kind: FaultKind::Redirect("/users/sign_in".to_owned()) },
        Fault { nth: 2, kind: failed },
        Fault { nth: 3, kind: FaultKind::StatusAfterCommit(502) },
    ]);
    let to = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let first = send(&to.build().unwrap(), &served, "x").await.unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["location"]),
        (302, &"/users/sign_in".parse().unwrap())
    );
    let second = send(&client, &served, "x").await.unwrap();
    assert_eq!(second.status(), 500);
    assert_eq!(top_error(&second.json().await.unwrap()), "Internal server error");
    assert_eq!(sandbox.items().len(), 1);
    assert_eq!(send(&client, &served, "x").await.unwrap().status(), 502);
    assert_eq!(sandbox.items().len(), 2);
}

#[test]
fn complaints_and_errors_stand_beside_or_instead_of_what_was_done() {
    let word = "Validation failed".to_owned();
    for (kind, shows_object) in [
        (FaultKind::Complaint(word.clone()), true),
        (FaultKind::ComplaintAlone(word.clone()), false),
        (FaultKind::ErrorBeside(word.clone()), true),
        (FaultKind::ErrorAfterCommit(word.clone()), false),
    ] {
        let sandbox = sandbox();
        sandbox.faults(fault(1, kind.clone()));
        let answer = create_epic(&sandbox, "x", json!({}));
        let object = &answer["data"]["workItemCreate"]["workItem"];
        assert_eq!(object.is_object(), shows_object, "{kind:?}: {answer}");
        assert!(answer.to_string().contains(&word), "{kind:?}: {answer}");
        assert_eq!(sandbox.items().len(), 2, "{kind:?}");
    }
}

#[test]
fn a_copy_goes_its_own_way() {
    let sandbox = sandbox();
    create_epic(&sandbox, "x", json!({}));
    let copy = sandbox.copy().unwrap();
    create_epic(&copy, "y", json!({}));
    assert_eq!((sandbox.items().len(), copy.items().len()), (2, 3));
    assert_eq!(copy.log().len(), 1);
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
fn stale_reads_stay_before_the_last_mutation() {
    let sandbox = sandbox();
    let document = "{ workItem(id: \"gid://gitlab/WorkItem/5002\") { title } }";
    sandbox.faults(fault(2, FaultKind::Stale { requests: 3 }));
    create_epic(&sandbox, "x", json!({}));
    let read = || sandbox.query(document, json!({}))["data"]["workItem"].clone();
    assert_eq!(read(), Value::Null);
    create_epic(&sandbox, "y", json!({}));
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
