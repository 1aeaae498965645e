//! One query and its answer as a shape: what the instance is, and whole items.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::tree::{Item, WorkItemId};

use super::client::Client;
use super::documents::{self, Document, Edition};
use super::error::GitlabError;
use super::page::{ENDLESS, MAX_PAGES};
use super::types::{Lists, RawItem, RawUser};

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
        let mut numbers = self.version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        let version = numbers.next().zip(numbers.next());
        version.is_some_and(|version| version >= (major, minor))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMetadata {
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
pub(super) struct OneItem {
    pub(super) work_item: Option<RawItem>,
}

impl Client {
    /// Asks once which version and edition this is and who the caller is.
    ///
    /// # Errors
    /// Fails when the instance cannot be reached, refuses the token, or is no GitLab.
    pub async fn metadata(&self) -> Result<Metadata, GitlabError> {
        let ask = || async {
            let document = documents::metadata();
            let raw = self.ask(&document, json!({})).await?;
            self.metadata_of(&document, raw)
        };
        self.known_metadata().get_or_try_init(ask).await.cloned()
    }

    pub(super) fn metadata_of(
        &self,
        document: &Document,
        raw: RawMetadata,
    ) -> Result<Metadata, GitlabError> {
        // Anonymous callers are shown nothing, which GitLab does not call an error.
        let version = raw.metadata.ok_or_else(|| match raw.current_user {
            Some(_) => unexpected(document, "no metadata"),
            None => self.unauthorized("nobody is logged in".into()),
        })?;
        Ok(Metadata {
            version: self.clean(&version.version.unwrap_or_default()),
            enterprise: version.enterprise.unwrap_or_default(),
            bot: raw.current_user.as_ref().and_then(|user| user.bot).unwrap_or_default(),
            caller: raw.current_user.and_then(|user| user.username),
        })
    }

    pub(super) async fn edition(&self) -> Result<Edition, GitlabError> {
        self.metadata().await.map(|metadata| Edition::of(metadata.enterprise))
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
        let mut item =
            raw.into_item().map_err(|detail| unexpected(document, &self.clean(&detail)))?;
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
        let mut pages = 0..MAX_PAGES;
        while open.contains(&true) {
            pages.next().ok_or_else(|| unexpected(&document, ENDLESS))?;
            let [labels, assignees, links] = &cursors;
            let variables = json!({ "id": id.as_str(), "labels": labels, "assignees": assignees, "links": links });
            let raw: OneItem = self.ask(&document, variables).await?;
            let item = raw
                .work_item
                .ok_or_else(|| GitlabError::NotFound { what: id.as_str().to_owned() })?;
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

pub(super) fn unexpected(document: &Document, detail: &str) -> GitlabError {
    GitlabError::Unexpected { operation: document.name.to_owned(), detail: detail.to_owned() }
}
