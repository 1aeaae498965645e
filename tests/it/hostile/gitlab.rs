//! What others write into GitLab, and a GitLab that is none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Json;
use epictree::gitlab::{Client, GitlabError, Named, Pace, Reader, Settings, Target};
use epictree::key::NodeKey;
use epictree::marker::{self, Base, Marker, Reading, Record};
use epictree::observe::{ObserveError, observe};
use epictree::sandbox::Edit;
use epictree::tree::{Ground, Reference, WorkItemId};
use epictree::unseen::is_unseen;
use serde_json::{Value, json};

use crate::env::{Output, TestEnv};
use crate::world::{TOOL, World};

/// Clears a screen, sets a title, opens a link, turns text around, hides in a word.
const ODD: &str = "x\u{1b}[2J\u{1b}]0;mine\u{7}\u{1b}]8;;https://evil.example\u{1b}\\y\u{1b}]8;;\u{1b}\\\u{9b}31m\u{202e}z\u{2066}\u{200b}\u{e0041}\r\u{8}";

/// Fails if anything unseen is printed, but for the colours of our own.
#[track_caller]
fn only_colours(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let mut rest = text.as_str();
        while let Some(at) = rest.find(|c: char| is_unseen(c) && c != '\n') {
            let from = &rest[at..];
            let colour = from.strip_prefix("\u{1b}[").and_then(|code| {
                let end = code.find(|c: char| !c.is_ascii_digit() && c != ';')?;
                code[end..].strip_prefix('m')
            });
            rest = colour
                .unwrap_or_else(|| panic!("{:?} in:\n{output:?}", &from[..from.len().min(40)]));
        }
        assert!(!text.contains("\u{1b}[31m\u{1b}"), "{output:?}");
    }
}

#[test]
fn nothing_that_others_wrote_moves_a_cursor() {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let key = "package-hunter/functionality/syscall-monitoring";
    let text = env.item(key).description;
    env.by_hand(key, Edit::Title(format!("Mine {ODD}")));
    env.by_hand(key, Edit::Description(text.replacen('\n', &format!("\n{ODD}\n"), 1)));
    env.edit("package-hunter.toml", "name = \"Package Hunter\"", "name = \"Hunter of Packages\"");
    for format in ["text", "json"] {
        let plan = env.plan(&["--color", "always", "--show-drift", "--format", format]);
        only_colours(&plan);
        assert!(plan.stdout.contains("Mine x"), "{plan}");
    }
    only_colours(&env.apply(&["--color", "always", "--force"]));
}

#[test]
fn a_sandbox_says_whom_it_knows() {
    let env = TestEnv::package_hunter();
    let mut command = env.command(&["plan", "--url", &env.url()]);
    Output::of(command.env("GITLAB_TOKEN", "as:nobody").output().unwrap())
        .ends_with(1)
        .says("the sandbox knows no user `nobody`; among those it knows: ")
        .says("alice");
}

/// Serves what a function answers to each request, and counts them.
async fn served(
    answer: impl Fn(&Value) -> Value + Send + Sync + 'static,
) -> (Reader, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (counter, answer) = (Arc::clone(&count), Arc::new(answer));
    let app = axum::Router::new().fallback(move |Json(request): Json<Value>| {
        counter.fetch_add(1, Ordering::Relaxed);
        let answer = Arc::clone(&answer);
        async move {
            let metadata = json!({
                "metadata": { "version": "18.4.0", "enterprise": true },
                "currentUser": { "username": "bot", "bot": true },
            });
            let asks = request["operationName"] == "Metadata";
            Json(json!({ "data": if asks { metadata } else { answer(&request) } }))
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let target = Target { url, token: Some("token".to_owned().into()) };
    let settings = Settings { pace: Pace::none(), parallelism: 4 };
    (Reader::new(&Client::new(&target, settings).unwrap()), count)
}

fn epic(id: u64, description: &str, widgets: &Value) -> Value {
    json!({
        "id": format!("gid://gitlab/WorkItem/{id}"), "title": "T", "description": description,
        "state": "OPEN", "confidential": false, "lockVersion": 1, "reference": format!("g/e&{id}"),
        "webUrl": format!("https://x/{id}"), "author": { "username": "bot" },
        "userPermissions": { "updateWorkItem": true },
        "workItemType": { "id": "gid://gitlab/WorkItems::Type/8", "name": "Epic", "iconName": "work-item-epic" },
        "widgets": widgets,
    })
}

/// The page after a cursor, which always says that there is one more.
fn endless(request: &Value, after: &str, node: impl Fn(u64) -> Value) -> Value {
    let nth = request["variables"][after].as_str().and_then(|n| n.parse().ok()).unwrap_or(0_u64);
    let next = (nth + 1).to_string();
    json!({ "nodes": [node(nth)], "pageInfo": { "hasNextPage": true, "endCursor": next } })
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error() {
    let (reader, requests) = served(|request| match request["operationName"].as_str() {
        Some("Children") => {
            let page = endless(request, "after0", |n| epic(n + 2, "", &json!([])));
            json!({ "a0": { "widgets": [{ "children": page }] } })
        }
        Some("Search") => {
            let page = endless(request, "after", |n| epic(n + 2, "", &json!([])));
            json!({ "namespace": { "workItems": page } })
        }
        Some("Comments") => {
            let page = endless(request, "after", |n| json!({ "id": n.to_string() }));
            json!({ "workItem": { "widgets": [{ "discussions": page }] } })
        }
        Some("Lists") => {
            let page = endless(request, "labels", |n| json!({ "id": "x", "title": n.to_string() }));
            json!({ "workItem": { "widgets": [{ "labels": page }] } })
        }
        _ => {
            let cut = json!([{ "labels": { "nodes": [], "pageInfo": { "hasNextPage": true } } }]);
            json!({ "a0": epic(1, "", &cut) })
        }
    })
    .await;
    let id = [WorkItemId::from_number(1)];
    let errors = [
        reader.children(&id).await.unwrap_err(),
        reader.search("g", "phrase").await.unwrap_err(),
        reader.comments(&id[0]).await.unwrap_err(),
        reader.items(&id).await.unwrap_err(),
    ];
    for error in &errors {
        assert!(error.to_string().contains("a list that does not end"), "{error}");
        assert!(matches!(error, GitlabError::Unexpected { .. }));
    }
    assert!(requests.load(Ordering::Relaxed) < 900, "{requests:?}");
}

#[tokio::test]
async fn a_tree_without_an_end_is_an_error() {
    let world = World::new(TOOL).await;
    let (_, tree) = world.tree();
    let described = |n: u64| {
        let key = NodeKey::parse(&format!("hunter/x/y{n}")).unwrap();
        let (base, record) = (Base::default(), Record::default());
        marker::write("", &Marker { workspace: "w".into(), key, base, record })
    };
    let (reader, requests) = served(move |request| {
        let variables = &request["variables"];
        let mut all = serde_json::Map::new();
        for (name, value) in variables.as_object().unwrap() {
            let number = value.as_str().and_then(|id| id.rsplit('/').next()?.parse::<u64>().ok());
            let (Some(nth), Some(number)) = (name.strip_prefix("id"), number) else { continue };
            let child = epic(number + 1, &described(number), &json!([]));
            let page = json!({ "nodes": [child], "pageInfo": { "hasNextPage": false } });
            all.insert(format!("a{nth}"), json!({ "widgets": [{ "children": page }] }));
        }
        match request["operationName"].as_str() {
            Some("WithChildren") => {
                let mut top = epic(1, "", &json!([]));
                let child = epic(2, &described(1), &json!([]));
                let page = json!({ "nodes": [child], "pageInfo": { "hasNextPage": false } });
                top["below"] = json!([{ "children": page }]);
                json!({ "t0": { "workItem": top } })
            }
            Some("Search") => json!({ "namespace": { "workItems": { "nodes": [] } } }),
            _ => Value::Object(all),
        }
    })
    .await;
    let places = BTreeSet::from(["g/e".to_owned()]);
    let ground = Ground { workspace: "w".into(), places, ..Ground::default() };
    let error = observe(&reader, &ground, &[tree]).await.remove(0).unwrap_err();
    assert!(matches!(error, ObserveError::Endless(_)), "{error}");
    assert!(requests.load(Ordering::Relaxed) < 100, "{requests:?}");
}

#[tokio::test]
async fn ids_of_other_kinds_and_numbers_beyond_reason_are_no_items() {
    for id in [
        "gid://gitlab/Epic/1",
        "gid://gitlab/WorkItem/-1",
        "gid://gitlab/WorkItem/99999999999999999999999",
        "",
    ] {
        let (reader, _) = served(move |_| {
            let mut item = epic(1, "", &json!([]));
            item["id"] = json!(id);
            json!({ "a0": { "workItem": item } })
        })
        .await;
        let read = reader.by_reference(&[Reference::parse("g/e&1").unwrap()]).await;
        assert!(matches!(read, Err(GitlabError::Unexpected { .. })), "{id:?}: {read:?}");
    }
    assert_eq!(
        WorkItemId::parse("gid://gitlab/WorkItem/+042"),
        WorkItemId::parse("gid://gitlab/WorkItem/42")
    );
}

#[tokio::test]
async fn an_answer_deeper_or_wider_than_any_gitlab_gives_is_an_error() {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    for data in [json!({ "a0": deep }), json!({ "a0": vec![0; 2_000_000] })] {
        let (reader, _) = served(move |_| data.clone()).await;
        let named = Named { namespace: "g".into(), is_group: true, title: "x".into() };
        assert!(reader.label_ids(&[named]).await.is_err());
    }
}

#[test]
fn a_description_full_of_markers_is_read_once_and_trusted_never() {
    let key = NodeKey::parse("hunter/top").unwrap();
    let items = (0..30_000).map(|n| (format!("part/p{n}"), n)).collect();
    let record = Record { items, ..Record::default() };
    let marker = Marker { workspace: "w".into(), key, base: Base::default(), record };
    let written = marker::write("x", &marker);
    // More items than any tool has: each would be asked for.
    assert!(matches!(marker::read(&written).marker, Reading::Damaged { .. }));
    let small = Marker { record: Record::default(), ..marker };
    let line = marker::write("", &small);
    assert!(matches!(marker::read(&line.repeat(16)).marker, Reading::One(_)));
    assert!(matches!(marker::read(&line.repeat(17)).marker, Reading::Damaged { .. }));
    let many = "x<!--epictree:1-->".repeat(60_000);
    assert_eq!(marker::read(&many).marker, Reading::None);
}
