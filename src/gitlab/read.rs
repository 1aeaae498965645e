//! Asks GitLab: items by id, by reference, by parent, by text; and what it allows.
//!
//! Reading something absent or hidden gives null and no error, so it is left
//! out of the answer here; whatever fails is an error and never means absence.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::tree::{Item, Reference, WorkItemId, is_path};

use super::documents::{self, Document, Edition};
use super::error::GitlabError;
use super::places::{NamespaceInfo, NamespaceKind, PlaceQuery, RawNamespace};
use super::transport::Client;
use super::types::{Connection, Lists, RawDiscussion, RawId, RawItem, RawUser, RawWidget, entries};

/// What an instance says of itself and of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Its version, `18.2.1-ee`.
    pub version: String,
    /// Whether its schema has the Enterprise names.
    pub enterprise: bool,
    /// User name the token acts as; `None` for anonymous.
    pub caller: Option<String>,
    /// Whether that user is a bot, as for group and project access tokens.
    pub bot: bool,
}

impl Metadata {
    /// Tells whether the version is at least this one; an unreadable version is not.
    #[must_use]
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self
            .version
            .split(['.', '-'])
            .map_while(|part| part.parse::<u32>().ok());
        let version = numbers.next().zip(numbers.next());
        version.is_some_and(|version| version >= (major, minor))
    }
}

/// One comment on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Global id of the note.
    pub id: String,
    /// Global id of its thread, to reply to.
    pub discussion: String,
    /// Its text.
    pub body: String,
    /// User name of who wrote it.
    pub author: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    metadata: Option<RawVersion>,
    current_user: Option<RawUser>,
}

#[derive(Deserialize)]
struct RawVersion {
    version: Option<String>,
    enterprise: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPlace {
    work_item: Option<RawItem>,
    work_items: Option<Connection<RawItem>>,
}

#[derive(Deserialize)]
struct InNamespace {
    namespace: Option<RawPlace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneItem {
    work_item: Option<RawItem>,
}

impl Client {
    /// Asks once which version and edition this is and who the caller is.
    ///
    /// # Errors
    /// Fails when the instance cannot be reached, refuses the token, or is no GitLab.
    pub async fn metadata(&self) -> Result<Metadata, GitlabError> {
        let ask = || async {
            let document = documents::metadata();
            let raw: RawMetadata = self.ask(&document, json!({})).await?;
            let version = raw
                .metadata
                .ok_or_else(|| unexpected(&document, "no metadata"))?;
            Ok(Metadata {
                version: self.clean(&version.version.unwrap_or_default()),
                enterprise: version.enterprise.unwrap_or_default(),
                bot: raw
                    .current_user
                    .as_ref()
                    .and_then(|user| user.bot)
                    .unwrap_or_default(),
                caller: raw.current_user.and_then(|user| user.username),
            })
        };
        self.known_metadata().get_or_try_init(ask).await.cloned()
    }

    pub(super) async fn edition(&self) -> Result<Edition, GitlabError> {
        self.metadata()
            .await
            .map(|metadata| Edition::of(metadata.enterprise))
    }

    /// Sends a query and reads its answer as a shape.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        document: &Document,
        variables: Value,
    ) -> Result<T, GitlabError> {
        let data = self.query(document, variables).await?;
        serde_json::from_value(data).map_err(|e| unexpected(document, &self.clean(&e.to_string())))
    }

    /// Makes an item of an answer, with the lists that did not fit into it.
    pub(super) async fn item(
        &self,
        document: &Document,
        raw: RawItem,
    ) -> Result<Item, GitlabError> {
        let cut = raw.is_cut();
        let mut item = raw
            .into_item()
            .map_err(|detail| unexpected(document, &self.clean(&detail)))?;
        if cut {
            self.lists(&item.id).await?.put_into(&mut item);
        }
        Ok(item)
    }

    /// Reads the lists of an item from their beginnings to their ends.
    async fn lists(&self, id: &WorkItemId) -> Result<Lists, GitlabError> {
        let document = documents::lists();
        let mut lists = Lists::default();
        let mut cursors: [Option<String>; 3] = Default::default();
        let mut open = [true; 3];
        while open.contains(&true) {
            let [labels, assignees, links] = &cursors;
            let variables = json!({ "id": id.as_str(), "labels": labels, "assignees": assignees, "links": links });
            let raw: OneItem = self.ask(&document, variables).await?;
            let item = raw.work_item.ok_or_else(|| GitlabError::NotFound {
                what: id.as_str().to_owned(),
            })?;
            let (mut page, mut next) = (Lists::default(), <[Option<String>; 3]>::default());
            for widget in item.into_widgets() {
                for (next, more) in next.iter_mut().zip(page.add(widget)) {
                    *next = next.take().or(more);
                }
            }
            lists.append(page, open);
            for ((next, cursor), open) in next.into_iter().zip(&mut cursors).zip(&mut open) {
                if *open && next.is_some() && next == *cursor {
                    return Err(unexpected(&document, "a page that leads to itself"));
                }
                // A list at its end keeps its cursor: its last page comes again and is not taken.
                *open = *open && next.is_some();
                if *open {
                    *cursor = next;
                }
            }
        }
        Ok(lists)
    }
}

/// Reads, and cannot write.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Client,
}

impl Reader {
    /// Makes a reader on a client's connection.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
        }
    }

    /// The connection, for its counters and limits.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asks what places allow; `None` for one that does not exist or is hidden.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn places(
        &self,
        queries: &[PlaceQuery],
    ) -> Result<Vec<Option<NamespaceInfo>>, GitlabError> {
        let edition = self.client.edition().await?;
        let jobs = queries.chunks(documents::PLACES).map(|chunk| {
            let reader = self.clone();
            let paths: Vec<String> = chunk.iter().map(|query| query.path.clone()).collect();
            async move { reader.some_places(edition, &paths).await }
        });
        Ok(gather(jobs).await?.into_iter().flatten().collect())
    }

    async fn some_places(
        &self,
        edition: Edition,
        paths: &[String],
    ) -> Result<Vec<Option<NamespaceInfo>>, GitlabError> {
        let document = documents::places(edition, paths.len());
        let variables = numbered(paths.iter().map(|path| [("path", json!(path))]));
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let mut places = Vec::new();
        for (i, path) in paths.iter().enumerate() {
            let namespace: Option<RawNamespace> =
                self.alias(&document, &mut data, &format!("n{i}"))?;
            let group: Option<RawId> = self.alias(&document, &mut data, &format!("g{i}"))?;
            let project: Option<RawId> = self.alias(&document, &mut data, &format!("p{i}"))?;
            let kind = match (group, project) {
                (Some(_), _) => Some(NamespaceKind::Group),
                (None, Some(_)) => Some(NamespaceKind::Project),
                (None, None) => None,
            };
            places.push(
                namespace
                    .zip(kind)
                    .map(|(raw, kind)| raw.into_info(path, kind)),
            );
        }
        Ok(places)
    }

    /// Reads items by id; those that do not exist or are hidden are left out.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn items(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, Item>, GitlabError> {
        let edition = self.client.edition().await?;
        let ids: Vec<_> = ids
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect();
        let jobs = ids.chunks(documents::ITEMS).map(|chunk| {
            let reader = self.clone();
            let document = documents::items(edition, chunk.len());
            let variables = numbered(chunk.iter().map(|id| [("id", json!(id.as_str()))]));
            async move {
                let mut data: Map<String, Value> = reader.client.ask(&document, variables).await?;
                let mut items = Vec::new();
                for i in 0..data.len() {
                    if let Some(raw) = reader.alias(&document, &mut data, &format!("a{i}"))? {
                        items.push(reader.client.item(&document, raw).await?);
                    }
                }
                Ok(items)
            }
        });
        let items = gather(jobs).await?;
        Ok(items
            .into_iter()
            .flatten()
            .map(|item| (item.id.clone(), item))
            .collect())
    }

    /// Reads items by reference, under the references asked for; missing ones are left out.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn by_reference(
        &self,
        references: &[Reference],
    ) -> Result<BTreeMap<Reference, Item>, GitlabError> {
        let edition = self.client.edition().await?;
        let all: Vec<_> = references
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect();
        let jobs = all.chunks(documents::REFERENCES).map(|chunk| {
            let reader = self.clone();
            let chunk = chunk.to_vec();
            async move { reader.some_references(edition, chunk).await }
        });
        Ok(gather(jobs).await?.into_iter().flatten().collect())
    }

    async fn some_references(
        &self,
        edition: Edition,
        references: Vec<Reference>,
    ) -> Result<Vec<(Reference, Item)>, GitlabError> {
        let document = documents::references(edition, references.len());
        let variables = numbered(references.iter().map(|r| {
            [
                ("path", json!(r.namespace)),
                ("iid", json!(r.iid.to_string())),
            ]
        }));
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let mut found = Vec::new();
        for (i, reference) in references.into_iter().enumerate() {
            let place: Option<RawPlace> = self.alias(&document, &mut data, &format!("a{i}"))?;
            if let Some(raw) = place.and_then(|place| place.work_item) {
                found.push((reference, self.client.item(&document, raw).await?));
            }
        }
        Ok(found)
    }

    /// Lists the children of items, open and closed, in GitLab's order; a
    /// parent that does not exist or is hidden is left out.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn children(
        &self,
        parents: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, Vec<Item>>, GitlabError> {
        let edition = self.client.edition().await?;
        let mut listed: BTreeMap<WorkItemId, Vec<Item>> = BTreeMap::new();
        let all: BTreeSet<_> = parents.iter().cloned().collect();
        let mut pending: Vec<(WorkItemId, Option<String>)> =
            all.into_iter().map(|id| (id, None)).collect();
        while !pending.is_empty() {
            let jobs = pending.chunks(documents::CHILDREN).map(|chunk| {
                let reader = self.clone();
                let chunk = chunk.to_vec();
                async move { reader.pages_of_children(edition, chunk).await }
            });
            let pages = gather(jobs).await?;
            pending.clear();
            for (id, items, next) in pages.into_iter().flatten() {
                let children = listed.entry(id.clone()).or_default();
                let new = items
                    .into_iter()
                    .filter(|item| !children.iter().any(|known| known.id == item.id));
                let new: Vec<_> = new.collect();
                children.extend(new);
                pending.extend(next.map(|next| (id, Some(next))));
            }
        }
        Ok(listed)
    }

    async fn pages_of_children(
        &self,
        edition: Edition,
        wanted: Vec<(WorkItemId, Option<String>)>,
    ) -> Result<Vec<(WorkItemId, Vec<Item>, Option<String>)>, GitlabError> {
        let document = documents::children(edition, wanted.len());
        let variables = numbered(
            wanted
                .iter()
                .map(|(id, after)| [("id", json!(id.as_str())), ("after", json!(after))]),
        );
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let mut pages = Vec::new();
        for (i, (id, after)) in wanted.into_iter().enumerate() {
            let Some(parent) = self.alias::<RawItem>(&document, &mut data, &format!("a{i}"))?
            else {
                continue;
            };
            let page = parent
                .into_widgets()
                .into_iter()
                .find_map(|widget| widget.children);
            let (items, next) = self.page(&document, page, after.as_deref()).await?;
            pages.push((id, items, next));
        }
        Ok(pages)
    }

    /// Makes items of a page and answers the cursor of the next.
    async fn page(
        &self,
        document: &Document,
        page: Option<Connection<RawItem>>,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, Option<String>), GitlabError> {
        let (nodes, next) = page.map(Connection::into_page).unwrap_or_default();
        if next.is_some() && next.as_deref() == after {
            return Err(unexpected(document, "a page that leads to itself"));
        }
        let mut items = Vec::new();
        for raw in nodes {
            items.push(self.client.item(document, raw).await?);
        }
        Ok((items, next))
    }

    /// Finds epics whose description holds a phrase, in a group and below it.
    ///
    /// # Errors
    /// Fails when a request does or the group is not there: an empty answer
    /// always means that there is none.
    pub async fn search(&self, group: &str, phrase: &str) -> Result<Vec<Item>, GitlabError> {
        let document = documents::search(self.client.edition().await?);
        // Quoted, the words count as a whole; GitLab knows no way to quote a quote.
        let quoted = format!("\"{}\"", phrase.replace('"', ""));
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let variables = json!({ "path": group, "search": quoted, "after": after });
            let raw: InNamespace = self.client.ask(&document, variables).await?;
            let place = raw.namespace.ok_or_else(|| GitlabError::NotFound {
                what: group.to_owned(),
            })?;
            let page = place
                .work_items
                .ok_or_else(|| unexpected(&document, "no list of items"))?;
            let (found, next) = self.page(&document, Some(page), after.as_deref()).await?;
            items.extend(found);
            after = next;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Reads the newest items of an author in a group or project itself, newest first.
    ///
    /// # Errors
    /// Fails when a request does or the namespace is not there.
    pub async fn newest(
        &self,
        namespace: &str,
        author: &str,
        count: usize,
    ) -> Result<Vec<Item>, GitlabError> {
        let document = documents::newest(self.client.edition().await?);
        let variables =
            json!({ "path": namespace, "author": author, "first": count.clamp(1, 100) });
        let raw: InNamespace = self.client.ask(&document, variables).await?;
        let place = raw.namespace.ok_or_else(|| GitlabError::NotFound {
            what: namespace.to_owned(),
        })?;
        let page = place
            .work_items
            .ok_or_else(|| unexpected(&document, "no list of items"))?;
        self.page(&document, Some(page), None)
            .await
            .map(|(items, _)| items)
    }

    /// Lists the comments on an item, thread by thread, up to 100 a thread.
    ///
    /// # Errors
    /// Fails when a request does or the item is not there.
    pub async fn comments(&self, id: &WorkItemId) -> Result<Vec<Comment>, GitlabError> {
        let document = documents::comments();
        let (mut comments, mut after) = (Vec::new(), None);
        loop {
            let variables = json!({ "id": id.as_str(), "after": after });
            let raw: OneItem = self.client.ask(&document, variables).await?;
            let item = raw.work_item.ok_or_else(|| GitlabError::NotFound {
                what: id.as_str().to_owned(),
            })?;
            let page = item
                .into_widgets()
                .into_iter()
                .find_map(|widget: RawWidget| widget.discussions);
            let (threads, next) = page.map(Connection::into_page).unwrap_or_default();
            comments.extend(threads.into_iter().flat_map(comments_of));
            if next.is_none() {
                return Ok(comments);
            }
            if next == after {
                return Err(unexpected(&document, "a page that leads to itself"));
            }
            after = next;
        }
    }

    /// Reads the reference out of a URL of this instance, such as GitLab gives for an item that moved.
    #[must_use]
    pub fn reference_of_url(&self, url: &str) -> Option<Reference> {
        let (root, url) = (Url::parse(self.client.url()).ok()?, Url::parse(url).ok()?);
        if root.origin() != url.origin() {
            return None;
        }
        let path = url
            .path()
            .strip_prefix(root.path().trim_end_matches('/'))?
            .strip_prefix('/')?;
        let (owner, rest) = path.split_once("/-/")?;
        let (kind, number) = rest.split_once('/')?;
        let group = owner.strip_prefix("groups/");
        let sigil = match (kind, group) {
            ("epics" | "work_items", Some(_)) => '&',
            ("issues" | "work_items", None) => '#',
            _ => return None,
        };
        let namespace = group.unwrap_or(owner);
        let iid = number
            .trim_end_matches('/')
            .parse()
            .ok()
            .filter(|iid| *iid > 0)?;
        is_path(namespace).then(|| Reference {
            namespace: namespace.to_owned(),
            sigil,
            iid,
        })
    }

    /// Takes one alias out of an answer.
    pub(super) fn alias<T: DeserializeOwned>(
        &self,
        document: &Document,
        data: &mut Map<String, Value>,
        name: &str,
    ) -> Result<Option<T>, GitlabError> {
        let value = data
            .get_mut(name)
            .map(Value::take)
            .ok_or_else(|| unexpected(document, &format!("no `{name}`")))?;
        serde_json::from_value(value)
            .map_err(|e| unexpected(document, &self.client.clean(&e.to_string())))
    }
}

fn comments_of(thread: RawDiscussion) -> Vec<Comment> {
    let discussion = thread.id.unwrap_or_default();
    let people = entries(thread.notes)
        .into_iter()
        .filter(|note| note.system != Some(true));
    people
        .filter_map(|note| {
            Some(Comment {
                id: note.id?,
                discussion: discussion.clone(),
                body: note.body.unwrap_or_default(),
                author: note
                    .author
                    .and_then(|user| user.username)
                    .unwrap_or_default(),
            })
        })
        .collect()
}

/// Variables numbered as the aliases of a document are.
pub(super) fn numbered<const N: usize>(
    rows: impl Iterator<Item = [(&'static str, Value); N]>,
) -> Value {
    let mut variables = Map::new();
    for (i, row) in rows.enumerate() {
        variables.extend(
            row.into_iter()
                .map(|(name, value)| (format!("{name}{i}"), value)),
        );
    }
    Value::Object(variables)
}

/// Runs requests at the same time, as many as the limiter lets, and keeps their order.
///
/// The first error ends it; requests still under way are dropped.
pub(super) async fn gather<T, F>(jobs: impl IntoIterator<Item = F>) -> Result<Vec<T>, GitlabError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, GitlabError>> + Send + 'static,
{
    let mut set = JoinSet::new();
    for (i, job) in jobs.into_iter().enumerate() {
        set.spawn(async move { (i, job.await) });
    }
    let mut results = BTreeMap::new();
    while let Some(joined) = set.join_next().await {
        let (i, result) = joined.map_err(|e| GitlabError::Setup {
            detail: e.to_string(),
        })?;
        results.insert(i, result?);
    }
    Ok(results.into_values().collect())
}

pub(super) fn unexpected(document: &Document, detail: &str) -> GitlabError {
    GitlabError::Unexpected {
        operation: document.name.to_owned(),
        detail: detail.to_owned(),
    }
}
