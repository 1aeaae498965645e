//! The client against a scripted server, for answers that no GitLab gives but proxies do.

use super::*;

type Scripted = (u16, Vec<(&'static str, String)>, Vec<u8>);

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

async fn play(
    State(script): State<Script>,
    headers: HeaderMap,
    _body: Bytes,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    script.seen.lock().unwrap().push(headers);
    let (status, named, body) =
        script.answers.lock().unwrap().pop_front().unwrap_or((500, Vec::new(), Vec::new()));
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        headers.insert(name, value.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, body)
}

async fn scripted(answers: &[Scripted]) -> (Client, Script) {
    let (url, script) = played(answers).await;
    (client(&url, Some(TOKEN)), script)
}

/// Serves the answers one after another; answers where.
async fn played(answers: &[Scripted]) -> (String, Script) {
    let script =
        Script { answers: Arc::new(Mutex::new(answers.to_vec().into())), ..Script::default() };
    let app = axum::Router::new().fallback(play).with_state(script.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/gitlab/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, script)
}

fn json_of(status: u16, body: &str) -> Scripted {
    (status, vec![("content-type", "application/json; charset=utf-8".into())], body.into())
}

fn page(status: u16) -> Scripted {
    (status, vec![("content-type", "text/html".into())], b"<html>Sign in</html>".to_vec())
}

const FINE: &str =
    r#"{"data":{"metadata":{"version":"18.4.0","enterprise":false},"currentUser":null}}"#;

async fn error_of(answer: Scripted) -> (GitlabError, usize) {
    let (client, script) = scripted(&[answer]).await;
    let error = client.metadata().await.unwrap_err();
    let requests = script.seen.lock().unwrap().len();
    (error, requests)
}

#[tokio::test]
async fn a_redirect_is_refused_and_the_token_stays_here() {
    let (elsewhere, witness) = scripted(&[json_of(200, FINE)]).await;
    let location = format!("{}/login?token=x", elsewhere.url());
    let (error, requests) = error_of((302, vec![("location", location)], Vec::new())).await;
    let host = elsewhere.url().trim_end_matches("/gitlab");
    assert_eq!(
        error.to_string(),
        format!("the address answers with a redirect to {host}, which is not followed")
    );
    assert_eq!((requests, witness.seen.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn each_status_has_its_own_meaning() {
    let invalid = r#"{"errors":[{"message":"Invalid token"}]}"#;
    let is = |(error, requests): (GitlabError, usize), check: fn(&GitlabError) -> bool| {
        assert!(
            check(&error) && requests == 1 && !error.hint().is_empty(),
            "{error} after {requests}"
        );
    };
    is(error_of(json_of(401, invalid)).await, |e| matches!(e, GitlabError::Unauthorized { .. }));
    is(error_of(json_of(403, invalid)).await, |e| matches!(e, GitlabError::Forbidden { .. }));
    is(error_of(json_of(422, invalid)).await, |e| matches!(e, GitlabError::Invalid { .. }));
    is(error_of(json_of(404, "{}")).await, |e| matches!(e, GitlabError::Http { status: 404, .. }));
    is(error_of(page(200)).await, |e| matches!(e, GitlabError::NotJson { status: 200, .. }));
    is(error_of(page(403)).await, |e| matches!(e, GitlabError::NotJson { status: 403, .. }));
    is(error_of(json_of(200, r#"{"data":{"metadata":7}}"#)).await, |e| {
        matches!(e, GitlabError::Unexpected { .. })
    });
    is(
        error_of(json_of(200, r#"{"errors":[{"message":"Field 'x' doesn't exist"}]}"#)).await,
        |e| matches!(e, GitlabError::Invalid { .. }),
    );
}

#[tokio::test]
async fn the_reset_header_tells_how_long_to_wait() {
    let reset =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 30;
    let limited = (429, vec![("ratelimit-reset", reset.to_string())], b"Retry later".to_vec());
    let (client, _script) = scripted(&[limited, json_of(200, FINE)]).await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&waits);
    client.on_wait(move |wait| sink.lock().unwrap().push(wait.length.as_secs()));
    client.metadata().await.unwrap();
    let waits = waits.lock().unwrap();
    assert!(waits.len() == 1 && (28..=30).contains(&waits[0]), "{waits:?}");
}

#[tokio::test]
async fn no_header_of_limits_makes_the_client_panic() {
    let (most, epoch) = (u64::MAX.to_string(), "Thu, 01 Jan 1970 00:00:00 GMT".to_owned());
    let limited = |wait: &str| (429, vec![("retry-after", wait.to_owned())], Vec::new());
    let mut fine = json_of(200, FINE);
    fine.1.extend([
        ("date", epoch),
        ("ratelimit-limit", most.clone()),
        ("ratelimit-remaining", "0".to_owned()),
        ("ratelimit-reset", most.clone()),
    ]);
    let (client, _script) = scripted(&[fine, limited("1"), limited(&most)]).await;
    client.metadata().await.unwrap();
    let query = PlaceQuery { path: "a/b".into(), ..PlaceQuery::default() };
    let error = Reader::new(&client).places(std::slice::from_ref(&query)).await.unwrap_err();
    assert!(matches!(error, GitlabError::RateLimited { after: Some(_) }), "{error}");
    let (client, script) = scripted(&[limited("1"), limited(&most), limited("-1")]).await;
    let error = client.metadata().await.unwrap_err();
    assert_eq!(error, GitlabError::RateLimited { after: Some(Duration::from_secs(u64::MAX)) });
    assert_eq!(script.seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_request_says_who_asks_and_as_whom() {
    let (client, script) = scripted(&[json_of(200, FINE)]).await;
    client.metadata().await.unwrap();
    let seen = script.seen.lock().unwrap();
    let header = |name: &str| seen[0][name].to_str().unwrap().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(header("user-agent"), concat!("epictree/", env!("CARGO_PKG_VERSION")));
    assert!(header("accept-encoding").contains("gzip"));
}

#[tokio::test]
async fn no_error_holds_the_token_or_control_characters() {
    let echo = format!("bad \\u001b[31m\\u202e{TOKEN} and {TOKEN} again {}", "x".repeat(9_000));
    let body = format!(r#"{{"errors":[{{"message":"{echo}"}}]}}"#);
    let located = vec![("location", format!("https://{TOKEN}.example.com/{TOKEN}"))];
    let typed = vec![("content-type", format!("text/{TOKEN}"))];
    let garbled = format!(r#"{{"data":{{"metadata":"{TOKEN}"}}}}"#);
    let mut answers: Vec<_> =
        [200, 400, 401, 403, 404, 422].map(|status| json_of(status, &body)).into();
    answers.extend([(301, located, Vec::new()), (200, typed, Vec::new()), json_of(200, &garbled)]);
    for answer in answers {
        let (error, _) = error_of(answer).await;
        for text in [error.to_string(), format!("{error:?}"), error.hint()] {
            assert!(!text.contains(TOKEN), "{text}");
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
            assert!(text.len() < 2_000, "{} bytes", text.len());
        }
    }
    let (client, _script) = scripted(&[]).await;
    assert!(!format!("{client:?}").contains(TOKEN));
}

#[tokio::test]
async fn no_answer_makes_the_client_panic() {
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "{",
        r#"{"data":null}"#,
        r#"{"data":7}"#,
        r#"{"data":[]}"#,
        r#"{"data":{}}"#,
        r#"{"errors":null}"#,
        r#"{"errors":[]}"#,
        r#"{"errors":[null,7,"x",{"path":3}]}"#,
        r#"{"data":{"a0":7,"n0":[],"g0":{},"workItem":{"widgets":[null,{"labels":3}]}}}"#,
        r#"{"data":{"a0":{"id":7},"workItemCreate":{"errors":7,"workItem":3}}}"#,
        r#"{"data":{"workItemCreate":{"workItem":{"id":"gid://gitlab/WorkItem/x","state":"OPEN"}}}}"#,
        r#"{"data":{"namespace":{"workItems":{"nodes":[{}],"pageInfo":{"hasNextPage":true,"endCursor":null}}}}}"#,
        r#"{"data":{"a0":{"widgets":[{"children":{"nodes":null,"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}]}}}"#,
    ];
    for body in bodies {
        let mut answers = vec![json_of(200, FINE)];
        answers.extend(vec![json_of(200, body); 60]);
        let (client, _script) = scripted(&answers).await;
        let (reader, writer) = (Reader::new(&client), Writer::new(&client));
        let id = WorkItemId::from_number(1);
        let place = PlaceQuery { path: "a/b".into(), ..PlaceQuery::default() };
        let _ = reader.places(&[place]).await;
        let _ = reader.items(std::slice::from_ref(&id)).await;
        let _ = reader.by_reference(&[Reference::parse("a/b&1").unwrap()]).await;
        let _ = reader.children(std::slice::from_ref(&id)).await;
        let _ = reader.search("a", "some phrase").await;
        let _ = reader.label_ids(&[named("a", true, "x")]).await;
        let _ = reader.comments(&id).await;
        assert!(writer.create(&NewItem::default()).await.is_err(), "{body}");
        assert!(writer.update(&Update::of(id)).await.is_err(), "{body}");
    }
}

#[test]
fn unusable_targets_are_refused_before_anything_is_sent() {
    let new = |url: &str, token: &str| {
        let target = Target { url: url.into(), token: Some(token.into()) };
        Client::new(&target, Settings::default()).err()
    };
    assert_eq!(new("https://git.example.com/path", TOKEN), None);
    assert_eq!(new("http://localhost:8080", TOKEN), None);
    assert_eq!(new("http://[::1]:8080", TOKEN), None);
    for plain in
        ["http://git.example.com", "http://localhost.example.com", "http://127.0.0.1.nip.io"]
    {
        assert!(matches!(new(plain, TOKEN), Some(GitlabError::PlainHttp { .. })), "{plain}");
    }
    for odd in [
        "git.example.com",
        "ftp://git.example.com",
        "https://me:pw@git.example.com",
        "https://x?y=1",
        "",
    ] {
        let error = new(odd, TOKEN).unwrap();
        assert!(
            matches!(error, GitlabError::Url { .. }) && !error.to_string().contains("pw"),
            "{odd}: {error}"
        );
    }
    for token in ["", "a b", "a\nb", "ü"] {
        assert_eq!(
            new("https://git.example.com", token),
            Some(GitlabError::MalformedToken),
            "{token:?}"
        );
    }
}

#[tokio::test]
async fn a_packed_answer_is_read_only_up_to_a_bound() {
    let pack = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, text).unwrap();
        packer.finish().unwrap()
    };
    let packed = |body: Vec<u8>| {
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
        (200, headers.map(|(name, value)| (name, value.to_owned())).to_vec(), body)
    };
    let (client, _script) = scripted(&[packed(pack(FINE.as_bytes()))]).await;
    assert_eq!(client.metadata().await.unwrap().version, "18.4.0");
    let (url, script) = played(&[packed(pack(&vec![b' '; 65 << 20]))]).await;
    // So much takes its time to unpack on a busy machine.
    let client = patient(&url, Some(TOKEN), Duration::from_secs(120));
    let error = client.metadata().await.unwrap_err().to_string();
    let requests = script.seen.lock().unwrap().len();
    assert_eq!((error.as_str(), requests), ("the answer is larger than 64 MiB", 1));
}

#[tokio::test]
async fn a_page_that_names_no_next_one_is_an_error_not_the_end() {
    let page = r#"{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":null}}"#;
    let children = format!(r#"{{"data":{{"a0":{{"widgets":[{{"children":{page}}}]}}}}}}"#);
    let found = format!(r#"{{"data":{{"namespace":{{"workItems":{page}}}}}}}"#);
    let fine = json_of(200, FINE);
    let (client, _script) =
        scripted(&[fine.clone(), json_of(200, &children), json_of(200, &children)]).await;
    let children = Reader::new(&client).children(&[WorkItemId::from_number(1)]).await;
    assert!(matches!(children, Err(GitlabError::Unexpected { .. })), "{children:?}");
    let (client, _script) =
        scripted(&[fine.clone(), json_of(200, &found), json_of(200, &found)]).await;
    let found = Reader::new(&client).search("a", "some phrase").await;
    assert!(matches!(found, Err(GitlabError::Unexpected { .. })), "{found:?}");
    let (client, _script) = scripted(&[fine, json_of(200, r#"{"data":{}}"#)]).await;
    let items = Reader::new(&client).items(&[WorkItemId::from_number(1)]).await;
    assert!(matches!(items, Err(GitlabError::Unexpected { .. })), "{items:?}");
}
