//! The client under rate limits: it waits rather than fails, and makes nothing twice.
//!
//! The sandbox's clock goes forward by what the client says that it waits.

use std::sync::atomic::{AtomicU64, Ordering};

use epictree::gitlab::{Amounts, Limited, Wait, WaitCause};
use epictree::sandbox::Limits;
use futures_util::future::join_all;

use super::*;

/// A world with limits, and all waits of its client.
async fn limited(limits: Limits) -> (World, Arc<Mutex<Vec<Wait>>>) {
    let world = world().await;
    let now = Arc::new(AtomicU64::new(1_800_000_030));
    let clock = Arc::clone(&now);
    world
        .sandbox
        .limit_by(limits, Arc::new(move || Duration::from_secs(clock.load(Ordering::SeqCst))));
    let waits = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&waits);
    world.client.on_wait(move |wait| {
        now.fetch_add(wait.length.as_secs(), Ordering::SeqCst);
        sink.lock().unwrap().push(wait.clone());
    });
    (world, waits)
}

/// Creates so many issues at once.
async fn create(world: &World, n: usize) {
    let root = world.root().await;
    let mut new = Vec::new();
    for at in 0..n {
        new.push(world.new_item(Kind::Issue, &format!("Limited {at}"), Some(&root.id)).await);
    }
    let writer = world.writer();
    for created in join_all(new.iter().map(|new| writer.create(new))).await {
        created.unwrap();
    }
    let items = world.sandbox.items();
    let mut titles: Vec<_> =
        items.iter().map(|item| &item.title).filter(|t| t.starts_with("Limited")).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), n);
    assert_eq!(items.iter().filter(|item| item.title.starts_with("Limited")).count(), n);
}

fn refusals(world: &World) -> usize {
    world.sandbox.log().iter().filter(|logged| logged.status == 429).count()
}

#[tokio::test]
async fn what_the_headers_say_keeps_the_client_from_being_refused() {
    let (world, waits) = limited(Limits { requests: Some(10), ..Limits::default() }).await;
    create(&world, 30).await;
    assert_eq!(refusals(&world), 0);
    let waits = waits.lock().unwrap();
    assert!(waits.len() >= 3, "{waits:?}");
    let spent = |wait: &Wait| wait.cause == WaitCause::Spent(Limited::Requests);
    assert!(waits.iter().all(|wait| spent(wait) && wait.length <= Duration::from_secs(60)));
    assert_eq!(world.client.rates().requests, Some(10));
    assert_eq!(world.client.parallelism(), 4, "nothing was refused");
}

#[tokio::test]
async fn a_limit_on_new_items_that_says_nothing_is_waited_for_and_reads_go_on() {
    let (world, waits) = limited(Limits { creations: Some(5), ..Limits::default() }).await;
    create(&world, 17).await;
    assert!(refusals(&world) > 0);
    let minute = Duration::from_secs(60);
    let refused = Wait { cause: WaitCause::Refused(Limited::Creations), length: minute };
    let waits = waits.lock().unwrap().clone();
    assert!(waits.len() >= 3 && waits.iter().all(|wait| *wait == refused), "{waits:?}");
    assert!(world.client.parallelism() < 4);
    for _ in 0..80 {
        world.root().await;
    }
    assert_eq!(world.client.parallelism(), 4, "it recovers");
}

#[tokio::test]
async fn a_limit_on_comments_that_comes_as_200_is_waited_for() {
    let (world, waits) = limited(Limits { notes: Some(3), ..Limits::default() }).await;
    let root = world.root().await;
    let writer = world.writer();
    for n in 0..8 {
        writer.comment(&root.id, &format!("Said {n}"), None).await.unwrap();
    }
    let notes = world.sandbox.item("acme/security&291").unwrap().notes;
    let said: Vec<_> = notes.iter().filter(|n| n.body.starts_with("Said")).collect();
    assert_eq!((said.len(), refusals(&world)), (8, 0));
    let causes: Vec<_> = waits.lock().unwrap().iter().map(|wait| wait.cause.clone()).collect();
    assert_eq!(causes, vec![WaitCause::Refused(Limited::Notes); 2]);
}

#[tokio::test]
async fn work_that_a_limit_makes_long_is_known_before_it_begins() {
    let (world, _) = limited(Limits { requests: Some(10), ..Limits::default() }).await;
    let work = Amounts { requests: 35, creations: 35, notes: 0 };
    assert_eq!(world.client.rates().slowest(&work), None, "nothing was asked yet");
    world.root().await;
    let slow = world.client.rates().slowest(&work).unwrap();
    assert_eq!((slow.limited, slow.minutes), (Limited::Requests, 4));
}

#[tokio::test]
async fn nothing_waits_any_more_once_the_client_was_stopped() {
    let (world, _) = limited(Limits { requests: Some(2), ..Limits::default() }).await;
    world.root().await;
    world.client.stop();
    let reference = Reference::parse("acme/security&291").unwrap();
    let error = world.reader().by_reference(&[reference]).await.unwrap_err();
    assert_eq!(error, GitlabError::Interrupted);
    assert_eq!(refusals(&world), 0);
}
