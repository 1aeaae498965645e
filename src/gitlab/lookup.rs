//! Finds the ids that mutations take for what people write as names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::tree::TitleIn;

use super::documents::{self, Document};
use super::error::GitlabError;
use super::page::{Connection, entries};
use super::read::{Reader, gather, numbered};
use super::types::{RawNamed, RawUser};

/// A title to look up in a group or project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Full path of the group or project.
    pub namespace: String,
    /// Whether it is a group.
    pub is_group: bool,
    /// Exact title.
    pub title: String,
}

#[derive(Deserialize)]
struct Holder {
    labels: Option<Connection<RawNamed>>,
    milestones: Option<Connection<RawNamed>>,
}

#[derive(Deserialize)]
struct Users {
    users: Option<Connection<RawUser>>,
}

impl Reader {
    /// Finds labels by exact title, also those of ancestor groups; one that is not there is left out.
    ///
    /// # Errors
    /// Fails when a request does or a namespace is not there.
    pub async fn label_ids(
        &self,
        wanted: &[Named],
    ) -> Result<BTreeMap<TitleIn, String>, GitlabError> {
        self.ids(wanted, documents::labels).await
    }

    /// Finds milestones by exact title, also those of ancestor groups; one that is not there is left out.
    ///
    /// # Errors
    /// Fails when a request does or a namespace is not there.
    pub async fn milestone_ids(
        &self,
        wanted: &[Named],
    ) -> Result<BTreeMap<TitleIn, String>, GitlabError> {
        self.ids(wanted, documents::milestones).await
    }

    /// Finds users by name, under the spelling asked for; one that is not there is left out.
    ///
    /// # Errors
    /// Fails when a request does.
    pub async fn user_ids(
        &self,
        usernames: &[String],
    ) -> Result<BTreeMap<String, String>, GitlabError> {
        let jobs = usernames.chunks(100).map(|chunk| {
            let (reader, chunk) = (self.clone(), chunk.to_vec());
            async move {
                let raw: Users =
                    reader.client().ask(&documents::users(), json!({ "usernames": chunk })).await?;
                let users = entries(raw.users);
                let id_of = |name: &String| {
                    let user = users.iter().find(|u| {
                        u.username.as_ref().is_some_and(|n| n.eq_ignore_ascii_case(name))
                    });
                    user.and_then(|user| user.id.clone())
                };
                Ok(chunk
                    .iter()
                    .filter_map(|name| Some((name.clone(), id_of(name)?)))
                    .collect::<Vec<_>>())
            }
        });
        Ok(gather(jobs).await?.into_iter().flatten().collect())
    }

    async fn ids(
        &self,
        wanted: &[Named],
        document: fn(bool, usize) -> Document,
    ) -> Result<BTreeMap<TitleIn, String>, GitlabError> {
        let mut wanted = wanted.to_vec();
        wanted.sort();
        wanted.dedup();
        let (groups, projects): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|named| named.is_group);
        let chunks = groups.chunks(documents::TITLES).chain(projects.chunks(documents::TITLES));
        let jobs = chunks.map(|chunk| {
            let (reader, chunk) = (self.clone(), chunk.to_vec());
            let document = document(chunk[0].is_group, chunk.len());
            async move { reader.some_ids(&document, chunk).await }
        });
        Ok(gather(jobs).await?.into_iter().flatten().collect())
    }

    async fn some_ids(
        &self,
        document: &Document,
        chunk: Vec<Named>,
    ) -> Result<Vec<(TitleIn, String)>, GitlabError> {
        let variables = numbered(
            chunk
                .iter()
                .map(|named| [("path", json!(named.namespace)), ("title", json!(named.title))]),
        );
        let mut data: Map<String, Value> = self.client().ask(document, variables).await?;
        let mut ids = Vec::new();
        for (i, named) in chunk.into_iter().enumerate() {
            let holder: Option<Holder> = self.alias(document, &mut data, &format!("a{i}"))?;
            let Some(Holder { labels, milestones }) = holder else {
                return Err(GitlabError::NotFound { what: named.namespace });
            };
            let found = entries(labels).into_iter().chain(entries(milestones));
            let id = found
                .filter(|found| found.title.as_ref() == Some(&named.title))
                .find_map(|found| found.id.filter(|id| usable(id, named.is_group)));
            ids.extend(id.map(|id| ((named.namespace, named.title), id)));
        }
        Ok(ids)
    }
}

/// A group's list can hold labels of projects below it, which no item of the group can carry.
fn usable(id: &str, is_group: bool) -> bool {
    !(is_group && id.starts_with("gid://gitlab/ProjectLabel/"))
}

#[cfg(test)]
mod tests {
    use super::usable;

    #[test]
    fn a_project_label_is_of_no_use_to_a_group() {
        assert!(!usable("gid://gitlab/ProjectLabel/1", true));
        assert!(usable("gid://gitlab/ProjectLabel/1", false));
        assert!(usable("gid://gitlab/GroupLabel/1", true));
        assert!(usable("gid://gitlab/Milestone/1", true));
    }
}
