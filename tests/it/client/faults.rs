//! What the client tries again, and what it must not.

use super::*;

#[tokio::test]
async fn reads_are_tried_again_after_whatever_passes() {
    let world = world().await;
    world.root().await;
    for kind in [
        FaultKind::DropBeforeCommit,
        FaultKind::HangBeforeCommit,
        FaultKind::Truncate,
        FaultKind::Status(502),
        FaultKind::RateLimited { retry_after: Some(7), text: true },
        FaultKind::RateLimited { retry_after: None, text: false },
        FaultKind::GraphqlError(
            "This endpoint has been requested too many times. Try again later.".into(),
        ),
        FaultKind::GraphqlError("Internal server error".into()),
    ] {
        world.fault(1, kind.clone());
        world.sandbox.clear_log();
        assert_eq!(world.root().await.title, "Root", "{kind:?}");
        assert_eq!(world.requests(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn reads_are_not_tried_for_ever() {
    let world = world().await;
    world.root().await;
    world
        .sandbox
        .faults((1..=100).map(|nth| Fault { nth, kind: FaultKind::Status(503) }).collect());
    world.sandbox.clear_log();
    let reference = Reference::parse("acme/security&291").unwrap();
    let error = world.reader().by_reference(&[reference]).await.unwrap_err();
    assert!(matches!(error, GitlabError::NotJson { status: 503, .. }), "{error}");
    assert_eq!(world.requests(), 1 + Pace::none().retries);
}

#[tokio::test]
async fn a_mutation_whose_answer_is_lost_is_uncertain_and_sent_once() {
    let world = world().await;
    let new = world.new_item(Kind::Epic, "Lost", None).await;
    for (kind, done) in [
        (FaultKind::DropAfterCommit, true),
        (FaultKind::Truncate, true),
        (FaultKind::HangAfterCommit, true),
        (FaultKind::DropBeforeCommit, false),
        (FaultKind::HangBeforeCommit, false),
        (FaultKind::Status(502), false),
        (FaultKind::GraphqlError("Internal server error".into()), false),
    ] {
        let before = world.sandbox.items().len();
        world.fault(1, kind.clone());
        world.sandbox.clear_log();
        let error = world.writer().create(&new).await.unwrap_err();
        assert!(error.is_uncertain(), "{kind:?}: {error}");
        assert!(error.to_string().ends_with("it may have been written all the same"), "{error}");
        assert_eq!(world.requests(), 1, "{kind:?}");
        assert_eq!(world.sandbox.items().len() - before, usize::from(done), "{kind:?}");
    }
}

#[tokio::test]
async fn a_mutation_that_was_rate_limited_is_sent_again() {
    let world = world().await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&waits);
    world.client.on_wait(move |wait| sink.lock().unwrap().push(wait.length.as_secs()));
    let new = world.new_item(Kind::Epic, "Limited", None).await;
    for (retry_after, text) in [(Some(7), true), (None, false)] {
        world.fault(1, FaultKind::RateLimited { retry_after, text });
        world.writer().create(&new).await.unwrap();
    }
    assert_eq!(*waits.lock().unwrap(), [7, 60]);
    assert_eq!(world.client.parallelism(), 1);
    assert_eq!(world.sandbox.items().iter().filter(|item| item.title == "Limited").count(), 2);
}

#[tokio::test]
async fn a_rate_limit_that_lasts_too_long_is_told() {
    let world = world().await;
    let new = world.new_item(Kind::Epic, "Limited", None).await;
    world.fault(1, FaultKind::RateLimited { retry_after: Some(7_200), text: true });
    let error = world.writer().create(&new).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the instance refuses more requests for now and asks to wait 7200 s"
    );
    assert!(!error.is_uncertain());
}

#[tokio::test]
async fn many_reads_at_once_survive_a_limit_together() {
    let world = world().await;
    let root = world.root().await;
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(world.create(Kind::Issue, &format!("{n}"), Some(&root.id)).await.id);
    }
    let limited = FaultKind::RateLimited { retry_after: None, text: false };
    world.sandbox.faults([1, 2, 5].map(|nth| Fault { nth, kind: limited.clone() }).into());
    assert_eq!(world.reader().items(&ids).await.unwrap().len(), 40);
    assert!(world.client.parallelism() < 4);
}

#[tokio::test]
async fn nothing_listening_is_certainly_not_written() {
    let world = world().await;
    let new = world.new_item(Kind::Epic, "Never", None).await;
    let writer = world.writer();
    world.served.shutdown().await;
    let error = writer.create(&new).await.unwrap_err();
    assert!(
        matches!(&error, WriteError::Refused(GitlabError::Connect { host, .. }) if host == "127.0.0.1"),
        "{error}"
    );
}

#[tokio::test]
async fn requests_and_bytes_are_counted() {
    let world = world().await;
    world.create(Kind::Epic, "T", None).await;
    let counters = world.client.counters();
    assert_eq!((counters.requests as usize, counters.mutations), (world.requests(), 1));
    let sent: usize = world.sandbox.log().iter().map(|logged| logged.request_bytes).sum();
    let received: usize = world.sandbox.log().iter().map(|logged| logged.response_bytes).sum();
    assert_eq!((counters.bytes_out as usize, counters.bytes_in as usize), (sent, received));
    let operations: Vec<_> =
        world.sandbox.log().into_iter().map(|logged| logged.operation).collect();
    assert_eq!(operations, ["Metadata", "Places", "CreateItem"]);
}
