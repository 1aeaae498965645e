//! Finds what has no known id: items by text or author, comments, references in URLs.

use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use crate::tree::{Item, Kind, Reference, WorkItemId, is_path};

use super::ask::{OneItem, unexpected};
use super::documents;
use super::error::GitlabError;
use super::page::{Connection, ENDLESS, MAX_PAGES, entries};
use super::read::{RawPlace, Reader};
use super::types::{RawDiscussion, RawWidget};

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
struct InNamespace {
    namespace: Option<RawPlace>,
}

impl Reader {
    /// Finds epics whose description holds a phrase, in a group and below it.
    ///
    /// # Errors
    /// Fails when a request does or the group is not there: an empty answer
    /// always means that there is none.
    pub async fn search(&self, group: &str, phrase: &str) -> Result<Vec<Item>, GitlabError> {
        let document = documents::search(self.client().edition().await?);
        // Quoted, the words count as a whole; GitLab knows no way to quote a quote.
        let quoted = format!("\"{}\"", phrase.replace('"', ""));
        let (mut items, mut after) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let variables = json!({ "path": group, "search": quoted, "after": after });
            let raw: InNamespace = self.client().ask(&document, variables).await?;
            let place =
                raw.namespace.ok_or_else(|| GitlabError::NotFound { what: group.to_owned() })?;
            let page = place.work_items.ok_or_else(|| unexpected(&document, "no list of items"))?;
            let (found, next) = self.page(&document, page, after.as_deref()).await?;
            // Where the filter by type is unknown, other kinds come along.
            items.extend(
                found.into_iter().filter(|item| item.kind.is_none_or(|kind| kind == Kind::Epic)),
            );
            after = next;
            if after.is_none() {
                return Ok(items);
            }
        }
        Err(unexpected(&document, ENDLESS))
    }

    /// Lists all that hangs below some items on all levels, as far as it lies in a group, in
    /// what is below the group, or in a project; `None` where the instance is older than 18.3 or
    /// the namespace cannot be read.
    ///
    /// What lies elsewhere is not in the list: `Item::below` tells how much there is.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn descendants(
        &self,
        namespace: &str,
        of: &[WorkItemId],
    ) -> Result<Option<Vec<Item>>, GitlabError> {
        if !self.client().metadata().await?.at_least(18, 3) {
            return Ok(None);
        }
        let document = documents::descendants(self.client().edition().await?);
        let mut items = Vec::new();
        for chunk in of.chunks(documents::DESCENDANTS_OF) {
            let ids: Vec<&str> = chunk.iter().map(WorkItemId::as_str).collect();
            let (mut after, mut pages) = (None, 0..MAX_PAGES);
            loop {
                pages.next().ok_or_else(|| unexpected(&document, ENDLESS))?;
                let variables = json!({ "path": namespace, "of": ids, "after": after });
                let raw: InNamespace = match self.client().ask(&document, variables).await {
                    // GitLab calls the filter an experiment, and may be too slow for it.
                    Err(GitlabError::Invalid { .. } | GitlabError::Failed { .. }) => {
                        return Ok(None);
                    }
                    answer => answer?,
                };
                let Some(place) = raw.namespace else { return Ok(None) };
                let page =
                    place.work_items.ok_or_else(|| unexpected(&document, "no list of items"))?;
                let (found, next) = self.page(&document, page, after.as_deref()).await?;
                items.extend(found);
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(Some(items))
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
        let document = documents::newest(self.client().edition().await?);
        let variables =
            json!({ "path": namespace, "author": author, "first": count.clamp(1, 100) });
        let raw: InNamespace = self.client().ask(&document, variables).await?;
        let place =
            raw.namespace.ok_or_else(|| GitlabError::NotFound { what: namespace.to_owned() })?;
        let page = place.work_items.ok_or_else(|| unexpected(&document, "no list of items"))?;
        self.page(&document, page, None).await.map(|(items, _)| items)
    }

    /// Lists the comments on an item, thread by thread, up to 100 a thread.
    ///
    /// # Errors
    /// Fails when a request does or the item is not there.
    pub async fn comments(&self, id: &WorkItemId) -> Result<Vec<Comment>, GitlabError> {
        let document = documents::comments();
        let (mut comments, mut after) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let variables = json!({ "id": id.as_str(), "after": after });
            let raw: OneItem = self.client().ask(&document, variables).await?;
            let item = raw
                .work_item
                .ok_or_else(|| GitlabError::NotFound { what: id.as_str().to_owned() })?;
            let page =
                item.into_widgets().into_iter().find_map(|widget: RawWidget| widget.discussions);
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
        Err(unexpected(&document, ENDLESS))
    }

    /// Reads the reference out of a URL of this instance, such as GitLab gives for an item that moved.
    #[must_use]
    pub fn reference_of_url(&self, url: &str) -> Option<Reference> {
        let (root, url) = (Url::parse(self.client().url()).ok()?, Url::parse(url).ok()?);
        if root.origin() != url.origin() {
            return None;
        }
        let path = url.path().strip_prefix(root.path().trim_end_matches('/'))?.strip_prefix('/')?;
        let (owner, rest) = path.split_once("/-/")?;
        let (kind, number) = rest.split_once('/')?;
        let group = owner.strip_prefix("groups/");
        let sigil = match (kind, group) {
            ("epics" | "work_items", Some(_)) => '&',
            ("issues" | "work_items", None) => '#',
            _ => return None,
        };
        let namespace = group.unwrap_or(owner);
        let iid = number.trim_end_matches('/').parse().ok().filter(|iid| *iid > 0)?;
        is_path(namespace).then(|| Reference { namespace: namespace.to_owned(), sigil, iid })
    }
}

fn comments_of(thread: RawDiscussion) -> Vec<Comment> {
    let discussion = thread.id.unwrap_or_default();
    let people = entries(thread.notes).into_iter().filter(|note| note.system != Some(true));
    people
        .filter_map(|note| {
            Some(Comment {
                id: note.id?,
                discussion: discussion.clone(),
                body: note.body.unwrap_or_default(),
                author: note.author.and_then(|user| user.username).unwrap_or_default(),
            })
        })
        .collect()
}
