//! The client over HTTP, against the sandbox, and against a scripted server
//! for answers that no GitLab gives but proxies do.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use epictree::gitlab::{
    Client, GitlabError, Lack, Named, NamespaceInfo, NamespaceKind, NewItem, Pace, PlaceQuery,
    Reader, Settings, Side, Target, Update, WriteError, Writer, documents, type_id,
};
use epictree::sandbox::{
    Edit, Edition, Fault, FaultKind, Sandbox, Seed, SeedItem, SeedLabel, SeedMilestone, Served,
};
use epictree::tree::{Item, Kind, LinkKind, Reference, WorkItemId};

const GROUP: &str = "acme/security";
const PROJECT: &str = "acme/security/tools";
const TOKEN: &str = "glpat-very-secret-1234";

// -- a sandbox and a client of it ----------------------------------------------

struct World {
    sandbox: Sandbox,
    served: Served,
    client: Client,
}

fn seed() -> Seed {
    let label = |namespace: &str, title: &str| SeedLabel {
        namespace: namespace.to_owned(),
        title: title.to_owned(),
        color: "#123456".to_owned(),
    };
    let item = |reference: &str, title: &str| SeedItem {
        reference: reference.to_owned(),
        title: title.to_owned(),
        description: String::new(),
        parent: None,
        labels: Vec::new(),
    };
    Seed {
        groups: vec![GROUP.into(), "acme/other".into()],
        projects: vec![PROJECT.into(), "acme/other/app".into()],
        labels: vec![
            label("acme", "shared"),
            label(GROUP, "priority::1"),
            label(PROJECT, "only here"),
            label("acme/other", "foreign"),
        ],
        users: vec!["alice".into(), "bob".into()],
        milestones: vec![SeedMilestone {
            namespace: "acme".into(),
            title: "18.7".into(),
        }],
        items: vec![
            item("acme/security&291", "Root"),
            item("acme/security/tools#12", "Old issue"),
        ],
        ..Seed::default()
    }
}

fn quick() -> Settings {
    let pace = Pace {
        timeout: Duration::from_millis(400),
        ..Pace::none()
    };
    Settings {
        pace,
        ..Settings::default()
    }
}

fn client(url: &str, token: Option<&str>) -> Client {
    let target = Target {
        url: url.into(),
        token: token.map(Into::into),
    };
    Client::new(&target, quick()).unwrap()
}

async fn world_of(seed: Seed) -> World {
    let sandbox = Sandbox::in_memory(&seed).unwrap();
    let served = sandbox
        .serve(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let client = client(&served.url(), Some("sandbox"));
    World {
        sandbox,
        served,
        client,
    }
}

async fn world() -> World {
    world_of(seed()).await
}

impl World {
    fn reader(&self) -> Reader {
        Reader::new(&self.client)
    }

    fn writer(&self) -> Writer {
        Writer::new(&self.client)
    }

    async fn place(&self, path: &str) -> NamespaceInfo {
        let query = PlaceQuery {
            path: path.into(),
            ..PlaceQuery::default()
        };
        self.reader()
            .places(&[query])
            .await
            .unwrap()
            .remove(0)
            .unwrap()
    }

    async fn new_item(&self, kind: Kind, title: &str, parent: Option<&WorkItemId>) -> NewItem {
        let namespace = if kind == Kind::Epic { GROUP } else { PROJECT };
        NewItem {
            namespace: namespace.into(),
            type_id: type_id(&self.place(namespace).await, kind).unwrap(),
            title: title.into(),
            parent: parent.cloned(),
            ..NewItem::default()
        }
    }

    async fn create(&self, kind: Kind, title: &str, parent: Option<&WorkItemId>) -> Item {
        let new = self.new_item(kind, title, parent).await;
        self.writer().create(&new).await.unwrap().item
    }

    async fn root(&self) -> Item {
        self.find("acme/security&291").await
    }

    async fn find(&self, reference: &str) -> Item {
        let reference = Reference::parse(reference).unwrap();
        self.reader()
            .by_reference(&[reference])
            .await
            .unwrap()
            .into_values()
            .next()
            .unwrap()
    }

    fn fault(&self, nth: usize, kind: FaultKind) {
        self.sandbox.faults(vec![Fault { nth, kind }]);
    }

    fn requests(&self) -> usize {
        self.sandbox.log().len()
    }
}

fn named(namespace: &str, is_group: bool, title: &str) -> Named {
    Named {
        namespace: namespace.into(),
        is_group,
        title: title.into(),
    }
}

fn titles(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.title.as_str()).collect()
}

// -- reading -------------------------------------------------------------------

#[tokio::test]
async fn metadata_are_asked_for_once() {
    let world = world().await;
    let metadata = world.client.metadata().await.unwrap();
    assert_eq!(metadata.version, "18.4.0-ee");
    assert!(metadata.enterprise && metadata.at_least(18, 1) && !metadata.at_least(18, 5));
    assert_eq!(metadata.caller.as_deref(), Some("sandbox-bot"));
    world.client.metadata().await.unwrap();
    assert_eq!(world.requests(), 1);
    let nobody = client(&world.served.url(), None)
        .metadata()
        .await
        .unwrap_err();
    assert_eq!(
        nobody.to_string(),
        "the instance does not accept the token: nobody is logged in"
    );
}

#[tokio::test]
async fn places_say_what_they_are_and_allow() {
    let world = world().await;
    let queries = [GROUP, PROJECT, "acme/absent"].map(|path| PlaceQuery {
        path: path.into(),
        ..PlaceQuery::default()
    });
    let places = world.reader().places(&queries).await.unwrap();
    let group = places[0].as_ref().unwrap();
    assert_eq!(
        (group.path.as_str(), group.kind),
        (GROUP, NamespaceKind::Group)
    );
    assert!(group.features.epics && group.features.subepics && group.features.weights);
    assert!(group.permissions.create_epic && group.permissions.set_metadata);
    assert_eq!(
        type_id(group, Kind::Epic).as_deref(),
        Some("gid://gitlab/WorkItems::Type/8")
    );
    assert_eq!(places[1].as_ref().unwrap().kind, NamespaceKind::Project);
    assert!(places[2].is_none());
}

#[tokio::test]
async fn types_are_found_where_their_ids_are_other_ones() {
    for offset in [3, 100] {
        let world = world_of(Seed {
            type_ids_offset: offset,
            ..seed()
        })
        .await;
        for kind in [Kind::Epic, Kind::Issue, Kind::Task] {
            let parent = if kind == Kind::Task {
                Some(world.find("acme/security/tools#12").await.id)
            } else {
                None
            };
            assert_eq!(
                world.create(kind, "T", parent.as_ref()).await.kind,
                Some(kind),
                "{offset}"
            );
        }
    }
}

#[tokio::test]
async fn many_items_are_read_in_few_requests_and_missing_ones_left_out() {
    let world = world().await;
    let root = world.root().await;
    let mut ids = vec![root.id.clone(), WorkItemId::from_number(999_999)];
    for n in 0..20 {
        ids.push(
            world
                .create(Kind::Issue, &format!("Issue {n}"), Some(&root.id))
                .await
                .id,
        );
    }
    world.sandbox.clear_log();
    let items = world.reader().items(&ids).await.unwrap();
    assert_eq!((items.len(), world.requests()), (21, 4));
    assert_eq!(items[&ids[5]].title, "Issue 3");

    let mut references: Vec<_> = items.values().map(|item| item.reference.clone()).collect();
    references.push(Reference::parse("acme/none&1").unwrap());
    references.push(Reference::parse("acme/security&999").unwrap());
    let found = world.reader().by_reference(&references).await.unwrap();
    assert_eq!(found.len(), 21);
    assert!(
        found
            .iter()
            .all(|(reference, item)| *reference == item.reference)
    );
    assert!(world.reader().items(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn children_come_whole_in_gitlabs_order_open_and_closed() {
    let world = world().await;
    let root = world.root().await;
    let other = world.create(Kind::Epic, "Other", None).await;
    let mut wanted = Vec::new();
    for n in 0..130 {
        let child = world
            .create(Kind::Issue, &format!("Issue {n}"), Some(&root.id))
            .await;
        wanted.insert(0, child.title);
    }
    let epic = world.create(Kind::Epic, "Below", Some(&other.id)).await;
    world
        .writer()
        .update(&Update {
            close: true,
            ..Update::of(epic.id.clone())
        })
        .await
        .unwrap();
    let parents = [
        root.id.clone(),
        other.id.clone(),
        epic.id.clone(),
        WorkItemId::from_number(999_999),
    ];
    world.sandbox.clear_log();
    let children = world.reader().children(&parents).await.unwrap();
    assert_eq!(titles(&children[&root.id]), wanted);
    assert_eq!(titles(&children[&other.id]), ["Below"]);
    assert!(!children[&other.id][0].open);
    assert!(children[&epic.id].is_empty());
    assert!(!children.contains_key(&parents[3]));
    assert_eq!(world.requests(), 3);
}

#[tokio::test]
async fn lists_longer_than_a_page_are_read_to_their_end() {
    let labels = (0..120).map(|n| format!("label {n:03}"));
    let mut seed = seed();
    seed.items[0].labels = labels.clone().collect();
    let world = world_of(seed).await;
    let root = world.root().await;
    assert!(
        root.labels
            .iter()
            .map(|label| label.title.clone())
            .eq(labels)
    );
}

#[tokio::test]
async fn a_marker_is_searched_as_a_whole_phrase_in_epics() {
    let world = world().await;
    let marker = "<!--epictree:1 acme tool/integration -->";
    for (kind, text) in [
        (Kind::Epic, marker),
        (Kind::Epic, "epictree acme tool"),
        (Kind::Issue, marker),
    ] {
        let new = NewItem {
            description: text.into(),
            ..world.new_item(kind, text, None).await
        };
        world.writer().create(&new).await.unwrap();
    }
    let found = world
        .reader()
        .search("acme", "epictree:1 acme tool/integration")
        .await
        .unwrap();
    assert_eq!(titles(&found), [marker]);
    assert!(
        world
            .reader()
            .search("acme", "no such phrase")
            .await
            .unwrap()
            .is_empty()
    );
    let nowhere = world.reader().search("nowhere", "x y z").await.unwrap_err();
    assert_eq!(
        nowhere,
        GitlabError::NotFound {
            what: "nowhere".into()
        }
    );
}

#[tokio::test]
async fn the_newest_items_of_an_author_come_first() {
    let world = world().await;
    for title in ["one", "two", "three"] {
        world.create(Kind::Epic, title, None).await;
    }
    let newest = world
        .reader()
        .newest(GROUP, "sandbox-bot", 2)
        .await
        .unwrap();
    assert_eq!(titles(&newest), ["three", "two"]);
    assert!(
        world
            .reader()
            .newest(GROUP, "alice", 2)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn names_are_looked_up_exactly_and_with_ancestors() {
    let world = world().await;
    let wanted = [
        named(GROUP, true, "shared"),
        named(GROUP, true, "priority::1"),
        named(GROUP, true, "priority"),
        named(GROUP, true, "only here"),
        named(GROUP, true, "foreign"),
        named(PROJECT, false, "only here"),
        named(PROJECT, false, "shared"),
    ];
    let ids = world.reader().label_ids(&wanted).await.unwrap();
    let found: Vec<_> = ids
        .keys()
        .map(|(path, title)| format!("{path} {title}"))
        .collect();
    assert_eq!(
        found,
        [
            "acme/security priority::1",
            "acme/security shared",
            "acme/security/tools only here",
            "acme/security/tools shared"
        ]
    );
    let milestones = [
        named(GROUP, true, "18.7"),
        named(PROJECT, false, "18.7"),
        named(PROJECT, false, "18"),
    ];
    assert_eq!(
        world
            .reader()
            .milestone_ids(&milestones)
            .await
            .unwrap()
            .len(),
        2
    );
    let users = world
        .reader()
        .user_ids(&["alice".into(), "Bob".into(), "zoe".into()])
        .await
        .unwrap();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["Bob", "alice"]);
    assert!(
        world
            .reader()
            .label_ids(&[named("absent", true, "x")])
            .await
            .is_err()
    );
}

#[tokio::test]
async fn moved_items_say_where_they_went() {
    let world = world().await;
    let issue = world.find("acme/security/tools#12").await;
    let to = Edit::Move {
        to_namespace: "acme/other/app".into(),
    };
    world
        .sandbox
        .edit("alice", "acme/security/tools#12", to)
        .unwrap();
    let moved = world.find("acme/security/tools#12").await;
    assert_eq!(issue.id, moved.id);
    let there = world
        .reader()
        .reference_of_url(moved.moved_to.as_deref().unwrap())
        .unwrap();
    assert_eq!(world.find(&there.to_string()).await.title, "Old issue");
}

#[test]
fn references_are_read_out_of_urls_of_this_instance_only() {
    let reader = Reader::new(&client("https://git.example.com/gitlab/", None));
    let reference = |url: &str| {
        reader
            .reference_of_url(url)
            .map(|reference| reference.to_string())
    };
    let is = |url: &str, wanted: &str| assert_eq!(reference(url).as_deref(), Some(wanted), "{url}");
    is(
        "https://git.example.com/gitlab/groups/a/b/-/epics/3",
        "a/b&3",
    );
    is(
        "https://git.example.com/gitlab/groups/a/b/-/work_items/3#note_1",
        "a/b&3",
    );
    is("https://git.example.com/gitlab/a/b/-/issues/4", "a/b#4");
    is(
        "https://git.example.com/gitlab/a/b/-/work_items/5/",
        "a/b#5",
    );
    for foreign in [
        "https://git.example.com/a/b/-/issues/4",
        "https://evil.example.com/gitlab/a/b/-/issues/4",
        "http://git.example.com/gitlab/a/b/-/issues/4",
        "https://git.example.com/gitlab/a/b/-/merge_requests/4",
        "https://git.example.com/gitlab/a/b/-/issues/0",
        "not a url",
    ] {
        assert_eq!(reference(foreign), None, "{foreign}");
    }
}

// -- writing -------------------------------------------------------------------

#[tokio::test]
async fn a_created_item_comes_back_with_all_it_was_given() {
    let world = world().await;
    let (root, reader) = (world.root().await, world.reader());
    let labels = reader
        .label_ids(&[named(GROUP, true, "shared")])
        .await
        .unwrap();
    let milestones = reader
        .milestone_ids(&[named(GROUP, true, "18.7")])
        .await
        .unwrap();
    let users = reader.user_ids(&["alice".into()]).await.unwrap();
    let new = NewItem {
        description: "Text\n\n<!--marker-->".into(),
        label_ids: labels.into_values().collect(),
        confidential: true,
        weight: Some(3),
        milestone_id: milestones.into_values().next(),
        assignee_ids: users.into_values().collect(),
        start: "2027-01-02".parse().ok(),
        due: "2027-02-03".parse().ok(),
        ..world.new_item(Kind::Epic, "Tool", Some(&root.id)).await
    };
    let created = world.writer().create(&new).await.unwrap();
    let item = created.item;
    assert!(created.warnings.is_empty());
    assert_eq!(
        (item.title.as_str(), item.description.as_str()),
        ("Tool", "Text\n\n<!--marker-->")
    );
    assert_eq!(
        (item.parent.as_ref(), item.weight, item.kind),
        (Some(&root.id), Some(3), Some(Kind::Epic))
    );
    assert_eq!(
        (item.milestone.as_deref(), item.assignees.as_slice()),
        (Some("18.7"), &["alice".to_owned()][..])
    );
    assert_eq!((item.start, item.due), (new.start, new.due));
    assert_eq!(item.labels[0].title, "shared");
    assert!(item.confidential && item.open && item.can_update);
    assert_eq!(item.author, "sandbox-bot");
    assert_eq!(world.find(&item.reference.to_string()).await, item);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_clears_what_is_null() {
    let world = world().await;
    let root = world.root().await;
    let new = NewItem {
        description: "old".into(),
        weight: Some(3),
        due: "2027-02-03".parse().ok(),
        ..world.new_item(Kind::Epic, "Tool", Some(&root.id)).await
    };
    let item = world.writer().create(&new).await.unwrap().item;
    let renamed = Update {
        title: Some("New name".into()),
        ..Update::of(item.id.clone())
    };
    let renamed = world.writer().update(&renamed).await.unwrap();
    assert_eq!(renamed.title, "New name");
    assert_eq!(
        (&renamed.parent, renamed.weight, renamed.due),
        (&item.parent, item.weight, item.due)
    );
    assert!(renamed.lock_version > item.lock_version);
    let cleared = Update {
        parent: Some(None),
        weight: Some(None),
        due: Some(None),
        close: true,
        ..Update::of(item.id.clone())
    };
    let cleared = world.writer().update(&cleared).await.unwrap();
    assert_eq!(
        (cleared.parent, cleared.weight, cleared.due, cleared.open),
        (None, None, None, false)
    );
    assert_eq!(cleared.description, "old");
    assert!(world.client.take_warnings().is_empty());
}

#[tokio::test]
async fn labels_are_created_once_and_found_when_they_exist() {
    let world = world().await;
    let label = named(GROUP, true, "fresh");
    let id = world
        .writer()
        .create_label(&label, Some("#8fbc8f"), Some("why"))
        .await
        .unwrap();
    assert_eq!(
        world
            .writer()
            .create_label(&label, None, None)
            .await
            .unwrap(),
        id
    );
    world.fault(1, FaultKind::DropAfterCommit);
    let lost = world
        .writer()
        .create_label(&named(PROJECT, false, "lost"), None, None)
        .await
        .unwrap();
    assert!(lost.contains("Label/"));
    let refused = world
        .writer()
        .create_label(&named("acme/absent", true, "x"), None, None)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, WriteError::Refused(GitlabError::NotFound { .. })),
        "{refused}"
    );
}

#[tokio::test]
async fn items_are_linked_unlinked_and_reordered() {
    let world = world().await;
    let root = world.root().await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(
            world
                .create(Kind::Issue, &format!("{n}"), Some(&root.id))
                .await
                .id,
        );
    }
    world.sandbox.clear_log();
    world
        .writer()
        .link(&ids[0], LinkKind::Blocks, &ids[1..])
        .await
        .unwrap();
    assert_eq!(world.requests(), 2);
    let read = |id: WorkItemId| {
        let reader = world.reader();
        async move {
            reader
                .items(std::slice::from_ref(&id))
                .await
                .unwrap()
                .remove(&id)
                .unwrap()
        }
    };
    let first = read(ids[0].clone()).await;
    assert_eq!(first.links.len(), 11);
    assert_eq!(
        (first.links[0].kind, first.links[0].to.as_ref()),
        (LinkKind::Blocks, Some(&ids[1]))
    );
    assert_eq!(
        read(ids[1].clone()).await.links[0].kind,
        LinkKind::BlockedBy
    );
    world.writer().unlink(&ids[0], &ids[1..]).await.unwrap();
    assert!(read(ids[0].clone()).await.links.is_empty());

    world
        .writer()
        .reorder(&ids[11], &ids[0], Side::After)
        .await
        .unwrap();
    let order = world
        .reader()
        .children(std::slice::from_ref(&root.id))
        .await
        .unwrap()
        .remove(&root.id)
        .unwrap();
    assert_eq!(
        titles(&order),
        ["10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "11"]
    );
}

#[tokio::test]
async fn comments_are_posted_and_found_thread_by_thread() {
    let world = world().await;
    let root = world.root().await;
    let first = world
        .writer()
        .comment(&root.id, "Who owns this? <!--q-->", None)
        .await
        .unwrap();
    world
        .sandbox
        .edit("alice", "acme/security&291", Edit::Comment("I do".into()))
        .unwrap();
    world
        .writer()
        .comment(&root.id, "Thanks", first.discussion.as_deref())
        .await
        .unwrap();
    let comments = world.reader().comments(&root.id).await.unwrap();
    let bodies: Vec<_> = comments
        .iter()
        .map(|c| (c.author.as_str(), c.body.as_str()))
        .collect();
    assert_eq!(
        bodies,
        [
            ("sandbox-bot", "Who owns this? <!--q-->"),
            ("sandbox-bot", "Thanks"),
            ("alice", "I do")
        ]
    );
    assert_eq!(Some(&comments[1].discussion), first.discussion.as_ref());
}

#[tokio::test]
async fn gitlabs_refusals_are_certain_and_carry_its_words() {
    let world = world().await;
    let root = world.root().await;
    let child = world.create(Kind::Issue, "Child", Some(&root.id)).await;
    let again = Update {
        parent: Some(Some(root.id.clone())),
        ..Update::of(child.id)
    };
    let error = world.writer().update(&again).await.unwrap_err();
    assert!(
        matches!(&error, WriteError::Refused(GitlabError::Payload { messages }) if messages[0].contains("already assigned")),
        "{error}"
    );
    let absent = Update {
        close: true,
        ..Update::of(WorkItemId::from_number(999_999))
    };
    let error = world.writer().update(&absent).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "gid://gitlab/WorkItem/999999 does not exist, or this token may not see or change it"
    );
}

// -- editions --------------------------------------------------------------------

#[tokio::test]
async fn a_community_instance_is_asked_only_what_it_knows() {
    let mut plain = seed();
    plain.edition = Edition::community();
    plain.items.remove(0);
    let world = world_of(plain).await;
    let issue = world.create(Kind::Issue, "Issue", None).await;
    assert_eq!(issue.kind, Some(Kind::Issue));
    let group = world.place(GROUP).await;
    assert!(!group.features.epics && !group.permissions.create_epic);
    assert!(
        world
            .reader()
            .search("acme", "some phrase")
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        world
            .reader()
            .children(std::slice::from_ref(&issue.id))
            .await
            .unwrap()[&issue.id]
            .is_empty()
    );
    assert_eq!(
        titles(
            &world
                .reader()
                .newest(PROJECT, "sandbox-bot", 1)
                .await
                .unwrap()
        ),
        ["Issue"]
    );
    let renamed = Update {
        title: Some("Renamed".into()),
        ..Update::of(issue.id)
    };
    assert_eq!(
        world.writer().update(&renamed).await.unwrap().title,
        "Renamed"
    );
    let needs = PlaceQuery {
        path: GROUP.into(),
        creates: vec![Kind::Epic],
        ..PlaceQuery::default()
    };
    assert!(group.lacks(&needs).contains(&Lack::Epics));
}

#[tokio::test]
async fn an_epic_without_licence_is_refused_as_such() {
    let mut free = seed();
    free.edition = Edition::free();
    free.items.remove(0);
    let world = world_of(free).await;
    let new = NewItem {
        type_id: "gid://gitlab/WorkItems::Type/8".into(),
        ..world.new_item(Kind::Issue, "E", None).await
    };
    let epic = NewItem {
        namespace: GROUP.into(),
        ..new
    };
    let error = world.writer().create(&epic).await.unwrap_err();
    assert!(
        matches!(error, WriteError::Refused(GitlabError::Unlicensed { .. })),
        "{error}"
    );
}

// -- faults: what is tried again, and what is not ----------------------------------

#[tokio::test]
async fn reads_are_tried_again_after_whatever_passes() {
    let world = world().await;
    world.root().await;
    for kind in [
        FaultKind::Refuse,
        FaultKind::DropBeforeCommit,
        FaultKind::HangBeforeCommit,
        FaultKind::Truncate,
        FaultKind::Status(502),
        FaultKind::RateLimited {
            retry_after: Some(7),
            text: true,
        },
        FaultKind::RateLimited {
            retry_after: None,
            text: false,
        },
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
    world.sandbox.faults(
        (1..=100)
            .map(|nth| Fault {
                nth,
                kind: FaultKind::Status(503),
            })
            .collect(),
    );
    world.sandbox.clear_log();
    let reference = Reference::parse("acme/security&291").unwrap();
    let error = world.reader().by_reference(&[reference]).await.unwrap_err();
    assert!(
        matches!(error, GitlabError::NotJson { status: 503, .. }),
        "{error}"
    );
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
        (
            FaultKind::GraphqlError("Internal server error".into()),
            false,
        ),
    ] {
        let before = world.sandbox.items().len();
        world.fault(1, kind.clone());
        world.sandbox.clear_log();
        let error = world.writer().create(&new).await.unwrap_err();
        assert!(error.is_uncertain(), "{kind:?}: {error}");
        assert!(
            error
                .to_string()
                .ends_with("it may have been written all the same"),
            "{error}"
        );
        assert_eq!(world.requests(), 1, "{kind:?}");
        assert_eq!(
            world.sandbox.items().len() - before,
            usize::from(done),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_mutation_that_was_rate_limited_is_sent_again() {
    let world = world().await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&waits);
    world
        .client
        .on_wait(move |wait| sink.lock().unwrap().push(wait.as_secs()));
    let new = world.new_item(Kind::Epic, "Limited", None).await;
    for (retry_after, text) in [(Some(7), true), (None, false)] {
        world.fault(1, FaultKind::RateLimited { retry_after, text });
        world.writer().create(&new).await.unwrap();
    }
    assert_eq!(*waits.lock().unwrap(), [7, 60]);
    assert_eq!(world.client.parallelism(), 1);
    assert_eq!(
        world
            .sandbox
            .items()
            .iter()
            .filter(|item| item.title == "Limited")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_rate_limit_that_lasts_too_long_is_told() {
    let world = world().await;
    let new = world.new_item(Kind::Epic, "Limited", None).await;
    world.fault(
        1,
        FaultKind::RateLimited {
            retry_after: Some(7_200),
            text: true,
        },
    );
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
        ids.push(
            world
                .create(Kind::Issue, &format!("{n}"), Some(&root.id))
                .await
                .id,
        );
    }
    let limited = FaultKind::RateLimited {
        retry_after: None,
        text: false,
    };
    world.sandbox.faults(
        [1, 2, 5]
            .map(|nth| Fault {
                nth,
                kind: limited.clone(),
            })
            .into(),
    );
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
    assert_eq!(
        (counters.requests as usize, counters.mutations),
        (world.requests(), 1)
    );
    let sent: usize = world
        .sandbox
        .log()
        .iter()
        .map(|logged| logged.request_bytes)
        .sum();
    let received: usize = world
        .sandbox
        .log()
        .iter()
        .map(|logged| logged.response_bytes)
        .sum();
    assert_eq!(
        (counters.bytes_out as usize, counters.bytes_in as usize),
        (sent, received)
    );
    let operations: Vec<_> = world
        .sandbox
        .log()
        .into_iter()
        .map(|logged| logged.operation)
        .collect();
    assert_eq!(operations, ["Metadata", "Places", "CreateItem"]);
}

// -- a scripted server, for what stands before a GitLab ------------------------------

type Scripted = (u16, Vec<(&'static str, String)>, String);

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

async fn play(
    State(script): State<Script>,
    headers: HeaderMap,
    _body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    script.seen.lock().unwrap().push(headers);
    let (status, named, body) =
        script
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or((500, Vec::new(), String::new()));
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        headers.insert(name, value.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, body)
}

async fn scripted(answers: &[Scripted]) -> (Client, Script) {
    let script = Script {
        answers: Arc::new(Mutex::new(answers.to_vec().into())),
        ..Script::default()
    };
    let app = axum::Router::new()
        .fallback(play)
        .with_state(script.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let url = format!("http://{}/gitlab/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (client(&url, Some(TOKEN)), script)
}

fn json_of(status: u16, body: &str) -> Scripted {
    (
        status,
        vec![("content-type", "application/json; charset=utf-8".into())],
        body.into(),
    )
}

fn page(status: u16) -> Scripted {
    (
        status,
        vec![("content-type", "text/html".into())],
        "<html>Sign in</html>".into(),
    )
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
    let (error, requests) = error_of((302, vec![("location", location)], String::new())).await;
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
    is(error_of(json_of(401, invalid)).await, |e| {
        matches!(e, GitlabError::Unauthorized { .. })
    });
    is(error_of(json_of(403, invalid)).await, |e| {
        matches!(e, GitlabError::Forbidden { .. })
    });
    is(error_of(json_of(422, invalid)).await, |e| {
        matches!(e, GitlabError::Invalid { .. })
    });
    is(error_of(json_of(404, "{}")).await, |e| {
        matches!(e, GitlabError::Http { status: 404, .. })
    });
    is(error_of(page(200)).await, |e| {
        matches!(e, GitlabError::NotJson { status: 200, .. })
    });
    is(error_of(page(403)).await, |e| {
        matches!(e, GitlabError::NotJson { status: 403, .. })
    });
    is(
        error_of(json_of(200, r#"{"data":{"metadata":7}}"#)).await,
        |e| matches!(e, GitlabError::Unexpected { .. }),
    );
    is(
        error_of(json_of(
            200,
            r#"{"errors":[{"message":"Field 'x' doesn't exist"}]}"#,
        ))
        .await,
        |e| matches!(e, GitlabError::Invalid { .. }),
    );
}

#[tokio::test]
async fn the_reset_header_tells_how_long_to_wait() {
    let reset = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + 30;
    let limited = (
        429,
        vec![("ratelimit-reset", reset.to_string())],
        "Retry later".to_owned(),
    );
    let (client, _script) = scripted(&[limited, json_of(200, FINE)]).await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&waits);
    client.on_wait(move |wait| sink.lock().unwrap().push(wait.as_secs()));
    client.metadata().await.unwrap();
    let waits = waits.lock().unwrap();
    assert!(
        waits.len() == 1 && (28..=30).contains(&waits[0]),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_request_says_who_asks_and_as_whom() {
    let (client, script) = scripted(&[json_of(200, FINE)]).await;
    client.metadata().await.unwrap();
    let seen = script.seen.lock().unwrap();
    let header = |name: &str| seen[0][name].to_str().unwrap().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(
        header("user-agent"),
        concat!("epictree/", env!("CARGO_PKG_VERSION"))
    );
    assert!(header("accept-encoding").contains("gzip"));
}

#[tokio::test]
async fn no_error_holds_the_token_or_control_characters() {
    let echo = format!(
        "bad \\u001b[31m\\u202e{TOKEN} and {TOKEN} again {}",
        "x".repeat(9_000)
    );
    let body = format!(r#"{{"errors":[{{"message":"{echo}"}}]}}"#);
    let located = vec![("location", format!("https://{TOKEN}.example.com/{TOKEN}"))];
    let typed = vec![("content-type", format!("text/{TOKEN}"))];
    let garbled = format!(r#"{{"data":{{"metadata":"{TOKEN}"}}}}"#);
    let mut answers: Vec<_> = [200, 400, 401, 403, 404, 422]
        .map(|status| json_of(status, &body))
        .into();
    answers.extend([
        (301, located, String::new()),
        (200, typed, String::new()),
        json_of(200, &garbled),
    ]);
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
        let place = PlaceQuery {
            path: "a/b".into(),
            ..PlaceQuery::default()
        };
        let _ = reader.places(&[place]).await;
        let _ = reader.items(std::slice::from_ref(&id)).await;
        let _ = reader
            .by_reference(&[Reference::parse("a/b&1").unwrap()])
            .await;
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
        let target = Target {
            url: url.into(),
            token: Some(token.into()),
        };
        Client::new(&target, Settings::default()).err()
    };
    assert_eq!(new("https://git.example.com/path", TOKEN), None);
    assert_eq!(new("http://localhost:8080", TOKEN), None);
    assert_eq!(new("http://[::1]:8080", TOKEN), None);
    for plain in [
        "http://git.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
    ] {
        assert!(
            matches!(new(plain, TOKEN), Some(GitlabError::PlainHttp { .. })),
            "{plain}"
        );
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

// -- documents -------------------------------------------------------------------

#[test]
fn every_document_fits_the_schema_of_its_edition() {
    use apollo_compiler::{ExecutableDocument, Schema};
    let community = epictree::sandbox::community_sdl(epictree::sandbox::SDL);
    let schema = |sdl: &str| Schema::parse_and_validate(sdl, "schema.graphql").unwrap();
    let (enterprise, community) = (schema(epictree::sandbox::SDL), schema(&community));
    for (name, text, edition) in documents::all() {
        let schema = match edition {
            documents::Edition::Community => &community,
            documents::Edition::Enterprise => &enterprise,
        };
        if let Err(error) = ExecutableDocument::parse_and_validate(schema, &text, name) {
            panic!("{name} for {edition:?}: {}", error.errors);
        }
    }
}

#[test]
fn every_query_is_within_gitlabs_complexity_limit() {
    let sandbox = Sandbox::in_memory(&seed()).unwrap();
    for (name, text, edition) in documents::all() {
        if edition == documents::Edition::Enterprise && text.starts_with("query") {
            let measured = text.replacen("{\n", "{ queryComplexity { score }\n", 1);
            let answer = sandbox.query(&measured, some_variables(&text));
            let score = answer
                .pointer("/data/queryComplexity/score")
                .and_then(serde_json::Value::as_u64);
            eprintln!("{name} {score:?}");
            assert!(score.is_some_and(|score| score <= 250), "{name}: {answer}");
        }
    }
}

/// A value of the right type for each variable that a document declares.
fn some_variables(text: &str) -> serde_json::Value {
    let declared = text
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(inside, _)| inside);
    let value = |kind: &str| match kind.trim() {
        "Int!" => serde_json::json!(100),
        "WorkItemID!" => serde_json::json!("gid://gitlab/WorkItem/1"),
        "[String!]!" => serde_json::json!(["x"]),
        "String" => serde_json::Value::Null,
        _ => serde_json::json!("1"),
    };
    let pairs = declared
        .split(',')
        .filter_map(|pair| pair.trim().strip_prefix('$')?.split_once(':'));
    pairs
        .map(|(name, kind)| (name.to_owned(), value(kind)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
