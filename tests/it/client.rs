//! The client over HTTP, against the sandbox: what it reads and writes.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

mod faults;
mod limits;
mod wire;

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
        milestones: vec![SeedMilestone { namespace: "acme".into(), title: "18.7".into() }],
        items: vec![item("acme/security&291", "Root"), item("acme/security/tools#12", "Old issue")],
        ..Seed::default()
    }
}

/// A client that waits this long for an answer.
fn patient(url: &str, token: Option<&str>, timeout: Duration) -> Client {
    let target = Target { url: url.into(), token: token.map(Into::into) };
    let pace = Pace { timeout, ..Pace::none() };
    Client::new(&target, Settings { pace, ..Settings::default() }).unwrap()
}

fn client(url: &str, token: Option<&str>) -> Client {
    patient(url, token, Duration::from_secs(3))
}

async fn world_of(seed: Seed) -> World {
    let sandbox = Sandbox::in_memory(&seed).unwrap();
    let served = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let client = client(&served.url(), Some("sandbox"));
    World { sandbox, served, client }
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
        let query = PlaceQuery { path: path.into(), ..PlaceQuery::default() };
        self.reader().places(&[query]).await.unwrap().remove(0).unwrap()
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
        self.reader().by_reference(&[reference]).await.unwrap().into_values().next().unwrap()
    }

    fn fault(&self, nth: usize, kind: FaultKind) {
        self.sandbox.faults(vec![Fault { nth, kind }]);
    }

    fn requests(&self) -> usize {
        self.sandbox.log().len()
    }
}

fn named(namespace: &str, is_group: bool, title: &str) -> Named {
    Named { namespace: namespace.into(), is_group, title: title.into() }
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
    let nobody = client(&world.served.url(), None).metadata().await.unwrap_err();
    assert_eq!(nobody.to_string(), "the instance does not accept the token: nobody is logged in");
}

#[tokio::test]
async fn places_say_what_they_are_and_allow() {
    let world = world().await;
    let queries = [GROUP, PROJECT, "acme/absent"]
        .map(|path| PlaceQuery { path: path.into(), ..PlaceQuery::default() });
    let places = world.reader().places(&queries).await.unwrap();
    let group = places[0].as_ref().unwrap();
    assert_eq!((group.path.as_str(), group.kind), (GROUP, NamespaceKind::Group));
    assert!(group.features.epics && group.features.subepics && group.features.weights);
    assert!(group.permissions.create_epic && group.permissions.set_metadata);
    assert_eq!(type_id(group, Kind::Epic).as_deref(), Some("gid://gitlab/WorkItems::Type/8"));
    assert_eq!(places[1].as_ref().unwrap().kind, NamespaceKind::Project);
    assert!(places[2].is_none());
}

#[tokio::test]
async fn types_are_found_where_their_ids_are_other_ones() {
    for offset in [3, 100] {
        let world = world_of(Seed { type_ids_offset: offset, ..seed() }).await;
        for kind in [Kind::Epic, Kind::Issue, Kind::Task] {
            let parent = if kind == Kind::Task {
                Some(world.find("acme/security/tools#12").await.id)
            } else {
                None
            };
            assert_eq!(world.create(kind, "T", parent.as_ref()).await.kind, Some(kind), "{offset}");
        }
    }
}

#[tokio::test]
async fn many_items_are_read_in_few_requests_and_missing_ones_left_out() {
    let world = world().await;
    let root = world.root().await;
    let mut ids = vec![root.id.clone(), WorkItemId::from_number(999_999)];
    for n in 0..20 {
        ids.push(world.create(Kind::Issue, &format!("Issue {n}"), Some(&root.id)).await.id);
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
    assert!(found.iter().all(|(reference, item)| *reference == item.reference));
    assert!(world.reader().items(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn children_come_whole_in_gitlabs_order_open_and_closed() {
    let world = world().await;
    let root = world.root().await;
    let other = world.create(Kind::Epic, "Other", None).await;
    let mut wanted = Vec::new();
    for n in 0..130 {
        let child = world.create(Kind::Issue, &format!("Issue {n}"), Some(&root.id)).await;
        wanted.insert(0, child.title);
    }
    let epic = world.create(Kind::Epic, "Below", Some(&other.id)).await;
    world.writer().update(&Update { close: true, ..Update::of(epic.id.clone()) }).await.unwrap();
    let parents =
        [root.id.clone(), other.id.clone(), epic.id.clone(), WorkItemId::from_number(999_999)];
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
    assert!(root.labels.iter().map(|label| label.title.clone()).eq(labels));
}

#[tokio::test]
async fn a_marker_is_searched_as_a_whole_phrase_in_epics() {
    let world = world().await;
    let marker = "<!--epictree:1 acme tool/integration -->";
    for (kind, text) in
        [(Kind::Epic, marker), (Kind::Epic, "epictree acme tool"), (Kind::Issue, marker)]
    {
        let new = NewItem { description: text.into(), ..world.new_item(kind, text, None).await };
        world.writer().create(&new).await.unwrap();
    }
    let found = world.reader().search("acme", "epictree:1 acme tool/integration").await.unwrap();
    assert_eq!(titles(&found), [marker]);
    assert!(world.reader().search("acme", "no such phrase").await.unwrap().is_empty());
    let nowhere = world.reader().search("nowhere", "x y z").await.unwrap_err();
    assert_eq!(nowhere, GitlabError::NotFound { what: "nowhere".into() });
}

#[tokio::test]
async fn the_newest_items_of_an_author_come_first() {
    let world = world().await;
    for title in ["one", "two", "three"] {
        world.create(Kind::Epic, title, None).await;
    }
    let newest = world.reader().newest(GROUP, "sandbox-bot", 2).await.unwrap();
    assert_eq!(titles(&newest), ["three", "two"]);
    assert!(world.reader().newest(GROUP, "alice", 2).await.unwrap().is_empty());
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
    let found: Vec<_> = ids.keys().map(|(path, title)| format!("{path} {title}")).collect();
    assert_eq!(
        found,
        [
            "acme/security priority::1",
            "acme/security shared",
            "acme/security/tools only here",
            "acme/security/tools shared"
        ]
    );
    let milestones =
        [named(GROUP, true, "18.7"), named(PROJECT, false, "18.7"), named(PROJECT, false, "18")];
    assert_eq!(world.reader().milestone_ids(&milestones).await.unwrap().len(), 2);
    let users =
        world.reader().user_ids(&["alice".into(), "Bob".into(), "zoe".into()]).await.unwrap();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["Bob", "alice"]);
    assert!(world.reader().label_ids(&[named("absent", true, "x")]).await.is_err());
}

#[tokio::test]
async fn moved_items_say_where_they_went() {
    let world = world().await;
    let issue = world.find("acme/security/tools#12").await;
    let to = Edit::Move { to_namespace: "acme/other/app".into() };
    world.sandbox.edit("alice", "acme/security/tools#12", to).unwrap();
    let moved = world.find("acme/security/tools#12").await;
    assert_eq!(issue.id, moved.id);
    let there = world.reader().reference_of_url(moved.moved_to.as_deref().unwrap()).unwrap();
    assert_eq!(world.find(&there.to_string()).await.title, "Old issue");
}

#[test]
fn references_are_read_out_of_urls_of_this_instance_only() {
    let reader = Reader::new(&client("https://git.example.com/gitlab/", None));
    let reference = |url: &str| reader.reference_of_url(url).map(|reference| reference.to_string());
    let is = |url: &str, wanted: &str| assert_eq!(reference(url).as_deref(), Some(wanted), "{url}");
    is("https://git.example.com/gitlab/groups/a/b/-/epics/3", "a/b&3");
    is("https://git.example.com/gitlab/groups/a/b/-/work_items/3#note_1", "a/b&3");
    is("https://git.example.com/gitlab/a/b/-/issues/4", "a/b#4");
    is("https://git.example.com/gitlab/a/b/-/work_items/5/", "a/b#5");
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
    let labels = reader.label_ids(&[named(GROUP, true, "shared")]).await.unwrap();
    let milestones = reader.milestone_ids(&[named(GROUP, true, "18.7")]).await.unwrap();
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
    assert_eq!((item.title.as_str(), item.description.as_str()), ("Tool", "Text\n\n<!--marker-->"));
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
    let renamed = Update { title: Some("New name".into()), ..Update::of(item.id.clone()) };
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
    let id = world.writer().create_label(&label, Some("#8fbc8f"), Some("why")).await.unwrap();
    assert_eq!(world.writer().create_label(&label, None, None).await.unwrap(), id);
    world.fault(1, FaultKind::DropAfterCommit);
    let lost =
        world.writer().create_label(&named(PROJECT, false, "lost"), None, None).await.unwrap();
    assert!(lost.contains("Label/"));
    let refused = world
        .writer()
        .create_label(&named("acme/absent", true, "x"), None, None)
        .await
        .unwrap_err();
    assert!(matches!(refused, WriteError::Refused(GitlabError::NotFound { .. })), "{refused}");
}

#[tokio::test]
async fn items_are_linked_unlinked_and_reordered() {
    let world = world().await;
    let root = world.root().await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(world.create(Kind::Issue, &format!("{n}"), Some(&root.id)).await.id);
    }
    world.sandbox.clear_log();
    world.writer().link(&ids[0], LinkKind::Blocks, &ids[1..]).await.unwrap();
    assert_eq!(world.requests(), 2);
    let read = |id: WorkItemId| {
        let reader = world.reader();
        async move { reader.items(std::slice::from_ref(&id)).await.unwrap().remove(&id).unwrap() }
    };
    let first = read(ids[0].clone()).await;
    assert_eq!(first.links.len(), 11);
    assert_eq!(
        (first.links[0].kind, first.links[0].to.as_ref()),
        (LinkKind::Blocks, Some(&ids[1]))
    );
    assert_eq!(read(ids[1].clone()).await.links[0].kind, LinkKind::BlockedBy);
    world.writer().unlink(&ids[0], &ids[1..]).await.unwrap();
    assert!(read(ids[0].clone()).await.links.is_empty());

    world.writer().reorder(&ids[11], &ids[0], Side::After).await.unwrap();
    let order = world
        .reader()
        .children(std::slice::from_ref(&root.id))
        .await
        .unwrap()
        .remove(&root.id)
        .unwrap();
    assert_eq!(titles(&order), ["10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "11"]);
}

#[tokio::test]
async fn comments_are_posted_and_found_thread_by_thread() {
    let world = world().await;
    let root = world.root().await;
    let first = world.writer().comment(&root.id, "Who owns this? <!--q-->", None).await.unwrap();
    world.sandbox.edit("alice", "acme/security&291", Edit::Comment("I do".into())).unwrap();
    world.writer().comment(&root.id, "Thanks", first.discussion.as_deref()).await.unwrap();
    let comments = world.reader().comments(&root.id).await.unwrap();
    let bodies: Vec<_> = comments.iter().map(|c| (c.author.as_str(), c.body.as_str())).collect();
    assert_eq!(
        bodies,
        [("sandbox-bot", "Who owns this? <!--q-->"), ("sandbox-bot", "Thanks"), ("alice", "I do")]
    );
    assert_eq!(Some(&comments[1].discussion), first.discussion.as_ref());
}

#[tokio::test]
async fn gitlabs_refusals_are_certain_and_carry_its_words() {
    let world = world().await;
    let root = world.root().await;
    let child = world.create(Kind::Issue, "Child", Some(&root.id)).await;
    let again = Update { parent: Some(Some(root.id.clone())), ..Update::of(child.id) };
    let error = world.writer().update(&again).await.unwrap_err();
    assert!(
        matches!(&error, WriteError::Refused(GitlabError::Payload { messages }) if messages[0].contains("already assigned")),
        "{error}"
    );
    let absent = Update { close: true, ..Update::of(WorkItemId::from_number(999_999)) };
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
    assert!(world.reader().search("acme", "some phrase").await.unwrap().is_empty());
    assert!(
        world.reader().children(std::slice::from_ref(&issue.id)).await.unwrap()[&issue.id]
            .is_empty()
    );
    assert_eq!(titles(&world.reader().newest(PROJECT, "sandbox-bot", 1).await.unwrap()), ["Issue"]);
    let renamed = Update { title: Some("Renamed".into()), ..Update::of(issue.id) };
    assert_eq!(world.writer().update(&renamed).await.unwrap().title, "Renamed");
    let needs =
        PlaceQuery { path: GROUP.into(), creates: vec![Kind::Epic], ..PlaceQuery::default() };
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
    let epic = NewItem { namespace: GROUP.into(), ..new };
    let error = world.writer().create(&epic).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(GitlabError::Unlicensed { .. })), "{error}");
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
            let score =
                answer.pointer("/data/queryComplexity/score").and_then(serde_json::Value::as_u64);
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
    let pairs =
        declared.split(',').filter_map(|pair| pair.trim().strip_prefix('$')?.split_once(':'));
    pairs
        .map(|(name, kind)| (name.to_owned(), value(kind)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
