//! Changes GitLab: one thing a request, and an error that says whether it happened.
//!
//! Nothing here looks before it writes or tries again: only the caller knows
//! how to find what a lost answer may have left.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::tree::{Item, LinkKind, WorkItemId};

use super::ask::unexpected;
use super::client::Client;
use super::documents::{self, Document};
use super::error::{GitlabError, WriteError};
use super::input::{self, NewItem, NewLinks, Side, Update};
use super::lookup::Named;
use super::outcome::{Done, Outcome, read, read_plain};
use super::read::Reader;
use super::types::{RawItem, RawNamed, RawNote};

/// How many items one request may link.
const MOST_LINKS: usize = 10;

/// An item that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The item as GitLab holds it now.
    pub item: Item,
    /// What GitLab complained of although it created the item.
    pub warnings: Vec<String>,
}

/// A comment that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Global id of the note.
    pub id: String,
    /// Global id of its thread, to reply to.
    pub discussion: Option<String>,
}

/// Writes; `apply` alone makes one.
#[derive(Debug, Clone)]
pub struct Writer {
    client: Client,
}

impl Writer {
    /// Makes a writer on a client's connection.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// A reader on the same connection.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(&self.client)
    }

    /// Creates one item.
    ///
    /// # Errors
    /// `Refused` if it certainly does not exist, `Uncertain` if the answer was lost.
    pub async fn create(&self, new: &NewItem) -> Result<Created, WriteError> {
        // Not yet a write: whatever fails here refused nothing but a question.
        let edition = self.client.edition().await.map_err(WriteError::Refused)?;
        let document = documents::create_item(edition);
        let what = format!("`{}`", new.namespace);
        let done = self
            .mutate::<RawItem>(&document, "/workItemCreate", "workItem", input::create(new), &what)
            .await?;
        let item = self.client.item(&document, done.object).await.map_err(WriteError::Uncertain)?;
        Ok(Created { item, warnings: done.warnings })
    }

    /// Changes one item, all fields in one request, and answers with it as it is now.
    ///
    /// What GitLab complained of although it did it goes to the client's warnings.
    ///
    /// # Errors
    /// `Refused` if certainly nothing changed, `Uncertain` if the answer was lost.
    pub async fn update(&self, update: &Update) -> Result<Item, WriteError> {
        let edition = self.client.edition().await.map_err(WriteError::Refused)?;
        let document = documents::update_item(edition);
        let what = update.id.as_str();
        let done = self
            .mutate::<RawItem>(
                &document,
                "/workItemUpdate",
                "workItem",
                input::update(update),
                what,
            )
            .await?;
        let item = self.client.item(&document, done.object).await.map_err(WriteError::Uncertain)?;
        self.warn(&document, &item.reference.to_string(), done.warnings);
        Ok(item)
    }

    /// Creates a label, or finds the one that is there by now, and answers its id.
    ///
    /// # Errors
    /// Fails if it can be neither created nor found.
    pub async fn create_label(
        &self,
        named: &Named,
        color: Option<&str>,
        description: Option<&str>,
    ) -> Result<String, WriteError> {
        let path = if named.is_group { "groupPath" } else { "projectPath" };
        let mut input = json!({ path: named.namespace, "title": named.title });
        for (name, value) in [("color", color), ("description", description)] {
            if let Some(value) = value {
                input[name] = json!(value);
            }
        }
        let document = documents::create_label();
        let what = format!("`{}`", named.namespace);
        let error =
            match self.mutate::<RawNamed>(&document, "/labelCreate", "label", input, &what).await {
                Ok(Done { object: RawNamed { id: Some(id), .. }, warnings }) => {
                    self.warn(&document, &named.title, warnings);
                    return Ok(id);
                }
                Ok(_) => WriteError::Uncertain(unexpected(&document, "a label without id")),
                Err(error) => error,
            };
        // The text for a duplicate is not promised, so any refusal and any lost answer is looked into.
        match &error {
            WriteError::Uncertain(_) => {
                let pace = self.client.pace();
                pace.sleep(pace.lost_answer).await;
            }
            WriteError::Refused(GitlabError::Payload { .. }) => {}
            WriteError::Refused(_) => return Err(error),
        }
        let found = self.reader().label_ids(std::slice::from_ref(named)).await;
        found
            .ok()
            .and_then(|mut ids| ids.remove(&(named.namespace.clone(), named.title.clone())))
            .ok_or(error)
    }

    /// Links an item to others; more than ten go in several requests.
    ///
    /// # Errors
    /// As for `update`; links of earlier requests stay.
    pub async fn link(
        &self,
        id: &WorkItemId,
        kind: LinkKind,
        to: &[WorkItemId],
    ) -> Result<(), WriteError> {
        let document = documents::link_items();
        for ids in to.chunks(MOST_LINKS) {
            let input = input::links(id, kind, ids);
            self.mutate_plainly(&document, "/workItemAddLinkedItems", input, id.as_str()).await?;
        }
        Ok(())
    }

    /// Links several items, in as few requests as may be, and answers what certainly was done.
    ///
    /// Each link is made or refused for itself, and nothing here tells why: `link` does, for what
    /// is not in the answer and may yet stand.
    pub async fn link_all(&self, wanted: &[NewLinks]) -> Vec<NewLinks> {
        let parts = wanted.iter().flat_map(|NewLinks { id, kind, to }| {
            to.chunks(MOST_LINKS).map(|to| NewLinks {
                id: id.clone(),
                kind: *kind,
                to: to.to_vec(),
            })
        });
        let parts: Vec<NewLinks> = parts.collect();
        let mut done = Vec::new();
        for parts in parts.chunks(documents::LINKS) {
            let inputs = parts.iter().enumerate();
            let inputs: Map<String, Value> = inputs
                .map(|(n, part)| (format!("input{n}"), input::links(&part.id, part.kind, &part.to)))
                .collect();
            let document = documents::link_many(parts.len());
            let answer = self.client.mutate(&document, &Value::Object(inputs)).await;
            let data = answer.map(|answer| answer.data).unwrap_or_default();
            let is_done = |n: usize| {
                let payload = &data[format!("a{n}")];
                let complaints = payload["errors"].as_array();
                payload["workItem"].is_object() && complaints.is_some_and(Vec::is_empty)
            };
            let parts = parts.iter().enumerate().filter(|(n, _)| is_done(*n));
            done.extend(parts.map(|(_, part)| part.clone()));
        }
        done
    }

    /// Removes links of an item to others, of whichever kind.
    ///
    /// # Errors
    /// As for `link`.
    pub async fn unlink(&self, id: &WorkItemId, from: &[WorkItemId]) -> Result<(), WriteError> {
        let document = documents::unlink_items();
        for ids in from.chunks(MOST_LINKS) {
            let ids: Vec<_> = ids.iter().map(WorkItemId::as_str).collect();
            let input = json!({ "id": id.as_str(), "workItemsIds": ids });
            self.mutate_plainly(&document, "/workItemRemoveLinkedItems", input, id.as_str())
                .await?;
        }
        Ok(())
    }

    /// Moves a child next to a sibling under the same parent.
    ///
    /// # Errors
    /// As for `update`.
    pub async fn reorder(
        &self,
        id: &WorkItemId,
        adjacent: &WorkItemId,
        side: Side,
    ) -> Result<(), WriteError> {
        let input = json!({
            "id": id.as_str(),
            "adjacentWorkItemId": adjacent.as_str(),
            "relativePosition": input::position(side),
        });
        self.mutate_plainly(
            &documents::reorder_child(),
            "/workItemsHierarchyReorder",
            input,
            id.as_str(),
        )
        .await
    }

    /// Posts a comment on an item, as a reply if a thread is given.
    ///
    /// # Errors
    /// As for `create`.
    pub async fn comment(
        &self,
        id: &WorkItemId,
        body: &str,
        thread: Option<&str>,
    ) -> Result<Posted, WriteError> {
        let document = documents::post_comment();
        let mut input = json!({ "noteableId": id.as_str(), "body": body });
        if let Some(thread) = thread {
            input["discussionId"] = json!(thread);
        }
        let done =
            self.mutate::<RawNote>(&document, "/createNote", "note", input, id.as_str()).await?;
        self.warn(&document, id.as_str(), done.warnings);
        let note_id = done
            .object
            .id
            .ok_or_else(|| WriteError::Uncertain(unexpected(&document, "a note without id")))?;
        Ok(Posted { id: note_id, discussion: done.object.discussion.and_then(|thread| thread.id) })
    }

    fn warn(&self, document: &Document, what: &str, warnings: Vec<String>) {
        for warning in warnings {
            self.client.warn(format!("{} of {what}: {warning}", document.name));
        }
    }

    async fn mutate_plainly(
        &self,
        document: &Document,
        field: &str,
        input: Value,
        what: &str,
    ) -> Result<(), WriteError> {
        let answer = self.client.mutate(document, &json!({ "input": input })).await?;
        let clean = |text: &str| self.client.clean(text);
        let warnings = read_plain(answer, field, what, &clean);
        self.warn(document, what, warnings.map_err(|outcome| failed(document, outcome))?);
        Ok(())
    }

    /// Sends a mutation and tells from its answer what happened.
    async fn mutate<T: DeserializeOwned>(
        &self,
        document: &Document,
        field: &str,
        object: &str,
        input: Value,
        what: &str,
    ) -> Result<Done<T>, WriteError> {
        let answer = self.client.mutate(document, &json!({ "input": input })).await?;
        let clean = |text: &str| self.client.clean(text);
        read(answer, field, object, what, &clean).map_err(|outcome| failed(document, outcome))
    }
}

fn failed(document: &Document, outcome: Outcome) -> WriteError {
    match outcome {
        Outcome::Error(error) => WriteError::from(error),
        Outcome::Uncertain(error) => WriteError::Uncertain(error),
        Outcome::Odd(detail) => WriteError::Uncertain(unexpected(document, &detail)),
    }
}
