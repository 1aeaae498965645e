//! Reads many things at once: items by id, by reference, by parent; what places allow.
//!
//! Reading something absent or hidden gives null and no error, so it is left
//! out of the answer here; whatever fails is an error and never means absence.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::tree::{Item, Reference, WorkItemId};

use super::ask::{Metadata, unexpected};
use super::client::Client;
use super::documents::{self, Document, Edition};
use super::error::GitlabError;
use super::page::{Connection, ENDLESS, MAX_PAGES};
use super::places::{NamespaceInfo, NamespaceKind, PlaceQuery, RawNamespace};
use super::types::{RawId, RawItem};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawPlace {
    pub(super) work_item: Option<RawItem>,
    pub(super) work_items: Option<Connection<RawItem>>,
}

/// A page of an item's children, and the cursor of the next.
type Page = (WorkItemId, Vec<Item>, Option<String>);

/// Reads, and cannot write.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Client,
}

impl Reader {
    /// Makes a reader on a client's connection.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// The connection, for its counters and limits.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asks what the instance and the caller are, and what places allow, in one request if they
    /// are few; `None` for a place that does not exist or is hidden.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn start(
        &self,
        queries: &[PlaceQuery],
    ) -> Result<(Metadata, Vec<Option<NamespaceInfo>>), GitlabError> {
        let unknown = !self.client.known_metadata().initialized();
        if unknown && (1..=documents::PLACES).contains(&queries.len()) {
            match self.at_once(queries).await {
                // A Community build, or an older one, does not know all that is asked.
                Err(GitlabError::Invalid { .. }) => {}
                answer => return answer,
            }
        }
        let metadata = self.client.metadata().await?;
        Ok((metadata, self.places(queries).await?))
    }

    async fn at_once(
        &self,
        queries: &[PlaceQuery],
    ) -> Result<(Metadata, Vec<Option<NamespaceInfo>>), GitlabError> {
        let document = documents::start(Edition::Enterprise, queries.len());
        let paths: Vec<String> = queries.iter().map(|query| query.path.clone()).collect();
        let variables = numbered(paths.iter().map(|path| [("path", json!(path))]));
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let who = ["metadata", "currentUser"]
            .map(|name| (name.to_owned(), data.get_mut(name).map(Value::take).unwrap_or_default()));
        let who = serde_json::from_value(Value::Object(who.into_iter().collect()))
            .map_err(|e| unexpected(&document, &self.client.clean(&e.to_string())))?;
        let metadata = self.client.metadata_of(&document, who)?;
        let known = self.client.known_metadata().get_or_init(|| async { metadata }).await;
        Ok((known.clone(), self.places_of(&document, &mut data, &paths)?))
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
        self.places_of(&document, &mut data, paths)
    }

    fn places_of(
        &self,
        document: &Document,
        data: &mut Map<String, Value>,
        paths: &[String],
    ) -> Result<Vec<Option<NamespaceInfo>>, GitlabError> {
        let mut places = Vec::new();
        for (i, path) in paths.iter().enumerate() {
            let namespace: Option<RawNamespace> = self.alias(document, data, &format!("n{i}"))?;
            let group: Option<RawId> = self.alias(document, data, &format!("g{i}"))?;
            let project: Option<RawId> = self.alias(document, data, &format!("p{i}"))?;
            let kind = match (group, project) {
                (Some(_), _) => Some(NamespaceKind::Group),
                (None, Some(_)) => Some(NamespaceKind::Project),
                (None, None) => None,
            };
            places.push(namespace.zip(kind).map(|(raw, kind)| raw.into_info(path, kind)));
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
        let ids: Vec<_> = ids.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let jobs = ids.chunks(documents::ITEMS).map(|chunk| {
            let reader = self.clone();
            let asked = chunk.len();
            let document = documents::items(edition, asked);
            let variables = numbered(chunk.iter().map(|id| [("id", json!(id.as_str()))]));
            async move {
                let mut data: Map<String, Value> = reader.client.ask(&document, variables).await?;
                let mut items = Vec::new();
                for i in 0..asked {
                    if let Some(raw) = reader.alias(&document, &mut data, &format!("a{i}"))? {
                        items.push(reader.client.item(&document, raw).await?);
                    }
                }
                Ok(items)
            }
        });
        let items = gather(jobs).await?;
        Ok(items.into_iter().flatten().map(|item| (item.id.clone(), item)).collect())
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
        let all: Vec<_> = references.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
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
        let variables = numbered(
            references
                .iter()
                .map(|r| [("path", json!(r.namespace)), ("iid", json!(r.iid.to_string()))]),
        );
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

    /// Reads items by reference, under the references asked for, and the children of the first
    /// ones; missing items are left out, and so are lists of those that cannot have children.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn with_children(
        &self,
        tops: &[Reference],
        others: &[Reference],
    ) -> Result<(BTreeMap<Reference, Item>, BTreeMap<WorkItemId, Vec<Item>>), GitlabError> {
        let edition = self.client.edition().await?;
        let (most, beside) = documents::WITH_CHILDREN;
        let fit = if tops.len() % most == 1 { beside.min(others.len()) } else { 0 };
        let (here, elsewhere) = others.split_at(fit);
        let chunks: Vec<&[Reference]> = tops.chunks(most).collect();
        let last = chunks.len().saturating_sub(1);
        let jobs = chunks.into_iter().enumerate().map(|(n, chunk)| {
            let (reader, tops) = (self.clone(), chunk.to_vec());
            let others = if n == last { here.to_vec() } else { Vec::new() };
            async move { reader.some_with_children(edition, tops, others).await }
        });
        let (chunks, rest) = futures_util::try_join!(gather(jobs), self.by_reference(elsewhere))?;
        let (mut items, mut pages) = (rest, Vec::new());
        for (found, first) in chunks {
            items.extend(found);
            pages.extend(first);
        }
        Ok((items, self.go_on(edition, pages, Vec::new()).await?))
    }

    async fn some_with_children(
        &self,
        edition: Edition,
        tops: Vec<Reference>,
        others: Vec<Reference>,
    ) -> Result<(Vec<(Reference, Item)>, Vec<Page>), GitlabError> {
        let document = documents::with_children(edition, tops.len(), others.len());
        let named = |path: &'static str, iid: &'static str, all: &[Reference]| {
            numbered(
                all.iter().map(|r| [(path, json!(r.namespace)), (iid, json!(r.iid.to_string()))]),
            )
        };
        let mut variables = named("path", "iid", &tops);
        if let (Value::Object(all), Value::Object(more)) =
            (&mut variables, named("of", "no", &others))
        {
            all.extend(more);
        }
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let (mut found, mut pages) = (Vec::new(), Vec::new());
        let tops = tops.into_iter().enumerate().map(|(i, top)| (format!("t{i}"), top));
        let others = others.into_iter().enumerate().map(|(i, other)| (format!("a{i}"), other));
        for (alias, reference) in tops.chain(others) {
            let place: Option<RawPlace> = self.alias(&document, &mut data, &alias)?;
            let Some(mut raw) = place.and_then(|place| place.work_item) else { continue };
            let children = raw.take_children();
            let item = self.client.item(&document, raw).await?;
            if let Some(page) = children {
                let (items, next) = self.page(&document, page, None).await?;
                pages.push((item.id.clone(), items, next));
            }
            found.push((reference, item));
        }
        Ok((found, pages))
    }

    /// Lists the children of items, open and closed, in GitLab's order; a
    /// parent that does not exist, is hidden or cannot have any is left out.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn children(
        &self,
        parents: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, Vec<Item>>, GitlabError> {
        let edition = self.client.edition().await?;
        let all: BTreeSet<_> = parents.iter().cloned().collect();
        self.go_on(edition, Vec::new(), all.into_iter().map(|id| (id, None)).collect()).await
    }

    /// Takes in pages of children, and reads those that are left.
    async fn go_on(
        &self,
        edition: Edition,
        mut read: Vec<Page>,
        mut pending: Vec<(WorkItemId, Option<String>)>,
    ) -> Result<BTreeMap<WorkItemId, Vec<Item>>, GitlabError> {
        let mut listed: BTreeMap<WorkItemId, Vec<Item>> = BTreeMap::new();
        let mut seen: BTreeSet<(WorkItemId, WorkItemId)> = BTreeSet::new();
        let mut pages = 0..MAX_PAGES;
        loop {
            for (id, items, next) in read {
                let children = listed.entry(id.clone()).or_default();
                let new =
                    items.into_iter().filter(|item| seen.insert((id.clone(), item.id.clone())));
                children.extend(new);
                pending.extend(next.map(|next| (id, Some(next))));
            }
            if pending.is_empty() {
                return Ok(listed);
            }
            let document = documents::children(edition, 1);
            pages.next().ok_or_else(|| unexpected(&document, ENDLESS))?;
            let jobs = pending.chunks(documents::CHILDREN).map(|chunk| {
                let reader = self.clone();
                let chunk = chunk.to_vec();
                async move { reader.pages_of_children(edition, chunk).await }
            });
            read = gather(jobs).await?.into_iter().flatten().collect();
            pending.clear();
        }
    }

    async fn pages_of_children(
        &self,
        edition: Edition,
        wanted: Vec<(WorkItemId, Option<String>)>,
    ) -> Result<Vec<Page>, GitlabError> {
        let document = documents::children(edition, wanted.len());
        let variables = numbered(
            wanted.iter().map(|(id, after)| [("id", json!(id.as_str())), ("after", json!(after))]),
        );
        let mut data: Map<String, Value> = self.client.ask(&document, variables).await?;
        let mut pages = Vec::new();
        for (i, (id, after)) in wanted.into_iter().enumerate() {
            let parent: Option<RawItem> = self.alias(&document, &mut data, &format!("a{i}"))?;
            let widgets = parent.map(RawItem::into_widgets).unwrap_or_default();
            match widgets.into_iter().find_map(|widget| widget.children) {
                Some(page) => {
                    let (items, next) = self.page(&document, page, after.as_deref()).await?;
                    pages.push((id, items, next));
                }
                None if after.is_some() => {
                    return Err(unexpected(&document, "a list that ends in the middle"));
                }
                None => {}
            }
        }
        Ok(pages)
    }

    /// Makes items of a page and answers the cursor of the next.
    pub(super) async fn page(
        &self,
        document: &Document,
        page: Connection<RawItem>,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, Option<String>), GitlabError> {
        let (nodes, next) = page.into_page();
        if next.is_some() && next.as_deref() == after {
            return Err(unexpected(document, "a page that leads to itself"));
        }
        let mut items = Vec::new();
        for raw in nodes {
            items.push(self.client.item(document, raw).await?);
        }
        Ok((items, next))
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

/// Variables numbered as the aliases of a document are.
pub(super) fn numbered<const N: usize>(
    rows: impl Iterator<Item = [(&'static str, Value); N]>,
) -> Value {
    let mut variables = Map::new();
    for (i, row) in rows.enumerate() {
        variables.extend(row.into_iter().map(|(name, value)| (format!("{name}{i}"), value)));
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
        let (i, result) = joined.map_err(|e| GitlabError::Unexpected {
            operation: "requests at the same time".into(),
            detail: e.to_string(),
        })?;
        results.insert(i, result?);
    }
    Ok(results.into_values().collect())
}
