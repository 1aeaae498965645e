//! The fields of the mutation root: reads the input, makes a draft, commits it, shows the result.
//! Must not know the rules themselves.

use std::sync::Arc;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::handle::State;
use super::node::{Node, Out, Scene};
use super::references::read_gid;
use super::rules::{Draft, Refusal};
use super::store::Id;
use super::{create, hierarchy, inputs, labels, links, notes, queries, threads, update};

/// The root of writing. Every field commits for itself.
pub(super) struct MutationRoot<'a> {
    pub(super) state: &'a State,
    pub(super) scene: Arc<Scene>,
}

/// A payload before it is shown: its own fields, and the refusal if there was one.
type Shown = Vec<(&'static str, Out)>;

impl ObjectValue for MutationRoot<'_> {
    fn type_name(&self) -> &str {
        "Mutation"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let input = info.arguments().get("input").cloned().unwrap_or_default();
        let input = json!(input);
        let (type_name, empty, shown) = match info.field_name() {
            "workItemCreate" => ("WorkItemCreatePayload", ITEM, self.create(&input)),
            "workItemUpdate" => ("WorkItemUpdatePayload", ITEM, self.update(&input)),
            "labelCreate" => ("LabelCreatePayload", LABEL, self.label(&input)),
            "createNote" => ("CreateNotePayload", NOTE, self.note(&input)),
            "workItemAddLinkedItems" => {
                ("WorkItemAddLinkedItemsPayload", LINKED, self.link(&input))
            }
            "workItemRemoveLinkedItems" => {
                ("WorkItemRemoveLinkedItemsPayload", LINKED, self.unlink(&input))
            }
            "workItemsHierarchyReorder" => {
                ("workItemsHierarchyReorderPayload", MOVED, self.reorder(&input))
            }
            _ => return Err(self.unknown_field_error(info)),
        };
        let (mut fields, errors) = match shown {
            Ok(fields) => (fields, Vec::new()),
            Err(Refusal::Top(message)) => return Err(FieldError { message }),
            Err(Refusal::Payload(errors) | Refusal::DoneAnyway(errors)) => {
                let nothing = empty.iter().map(|name| (*name, self.unchanged(empty, name, &input)));
                (nothing.collect(), errors)
            }
        };
        fields.push(("errors", Out::leaf(errors)));
        fields.push(("clientMutationId", Out::leaf(input.get("clientMutationId"))));
        Ok(ResolvedValue::object(Node::plain(type_name, fields)))
    }
}

const ITEM: &[&str] = &["workItem"];
const LABEL: &[&str] = &["label"];
const NOTE: &[&str] = &["note", "quickActionsStatus"];
const LINKED: &[&str] = &["workItem", "message"];
const MOVED: &[&str] = &["workItem", "adjacentWorkItem", "parentWorkItem"];

fn read<T: DeserializeOwned>(input: &Value) -> Result<T, Refusal> {
    T::deserialize(input).map_err(|error| Refusal::Top(format!("Argument is invalid: {error}")))
}

impl MutationRoot<'_> {
    /// What a refused mutation shows in a field: those of links and of the order the item as it was
    /// (GitLab's `app/graphql/mutations/work_items/linked_items/base.rb`), all others nothing.
    fn unchanged(&self, fields: &[&str], name: &str, input: &Value) -> Out {
        let shows = (fields == LINKED || fields == MOVED) && name == "workItem";
        let id = input["id"].as_str().filter(|_| shows);
        id.map_or_else(Out::null, |id| self.scene.item(read_gid(&["WorkItem"], id)))
    }

    /// Runs one mutation on a draft and commits it, unless it is refused.
    fn commit<T>(
        &self,
        work: impl FnOnce(&mut Draft<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Arc<Scene>), Refusal> {
        let actor = self.scene.viewer.ok_or_else(Refusal::unavailable)?;
        let world = self.state.world();
        let mut draft = Draft::new(&world, &self.scene.config, actor);
        let done = work(&mut draft)?;
        let world = self
            .state
            .commit(draft.world)
            .map_err(|_| Refusal::Top("Internal server error".to_owned()))?;
        let scene = Scene {
            world,
            config: Arc::clone(&self.scene.config),
            viewer: self.scene.viewer,
            url: self.scene.url.clone(),
            complexity: self.scene.complexity,
        };
        Ok((done, Arc::new(scene)))
    }

    fn create(&self, input: &Value) -> Result<Shown, Refusal> {
        let (wanted, widgets) = (read(input)?, read(input)?);
        let (outcome, scene) =
            self.commit(|draft| match create::create(draft, &wanted, &widgets) {
                Ok(id) => Ok(Ok(id)),
                Err((refusal, Some(_))) => Ok(Err(refusal)),
                Err((refusal, None)) => Err(refusal),
            })?;
        Ok(vec![("workItem", scene.item(Some(outcome?)))])
    }

    fn update(&self, input: &Value) -> Result<Shown, Refusal> {
        let (wanted, widgets) = (read(input)?, read(input)?);
        let (id, scene) = self.commit(|draft| update::update(draft, &wanted, &widgets))?;
        Ok(vec![("workItem", scene.item(Some(id)))])
    }

    fn label(&self, input: &Value) -> Result<Shown, Refusal> {
        let wanted: inputs::NewLabel = read(input)?;
        let (id, scene) = self.commit(|draft| labels::create(draft, &wanted))?;
        let label = queries::label(&scene.world, id);
        Ok(vec![("label", Out::optional(label))])
    }

    fn note(&self, input: &Value) -> Result<Shown, Refusal> {
        let wanted: inputs::NewNote = read(input)?;
        let (posted, scene) = self.commit(|draft| notes::create(draft, &wanted))?;
        let status = Node::plain(
            "QuickActionsStatus",
            vec![
                ("commandNames", Out::leaf(command_names(&posted.commands))),
                ("commandsOnly", Out::leaf(posted.note.is_none())),
                ("errorMessages", Out::null()),
                ("messages", Out::null()),
            ],
        );
        let status = (!posted.commands.is_empty()).then_some(status);
        Ok(vec![
            ("note", Out::optional(shown_note(&scene, posted.item, posted.note))),
            ("quickActionsStatus", Out::optional(status)),
        ])
    }

    fn link(&self, input: &Value) -> Result<Shown, Refusal> {
        let wanted: inputs::AddLinks = read(input)?;
        let (id, scene) = self.commit(|draft| {
            let id = draft.writable(&wanted.id)?;
            links::add(draft, id, wanted.link_type, &wanted.work_items_ids)?;
            Ok(id)
        })?;
        let message = format!("Successfully linked ID(s): {}.", wanted.work_items_ids.len());
        Ok(vec![("workItem", scene.item(Some(id))), ("message", Out::leaf(message))])
    }

    fn unlink(&self, input: &Value) -> Result<Shown, Refusal> {
        let wanted: inputs::RemoveLinks = read(input)?;
        let (id, scene) = self.commit(|draft| {
            let id = draft.writable(&wanted.id)?;
            links::remove(draft, id, &wanted.work_items_ids)?;
            Ok(id)
        })?;
        let message = format!("Successfully unlinked ID(s): {}.", wanted.work_items_ids.len());
        Ok(vec![("workItem", scene.item(Some(id))), ("message", Out::leaf(message))])
    }

    fn reorder(&self, input: &Value) -> Result<Shown, Refusal> {
        let wanted: inputs::Reorder = read(input)?;
        let ((id, adjacent, parent), scene) =
            self.commit(|draft| hierarchy::reorder(draft, &wanted))?;
        Ok(vec![
            ("workItem", scene.item(Some(id))),
            ("adjacentWorkItem", scene.item(adjacent)),
            ("parentWorkItem", scene.item(parent)),
        ])
    }
}

fn shown_note(scene: &Arc<Scene>, id: Id, note: Option<Id>) -> Option<Node> {
    let item = scene.world.items.get(id)?;
    let note = item.notes.iter().find(|row| Some(row.id) == note)?;
    Some(threads::note(scene, id, item, note))
}

fn command_names(commands: &[String]) -> Vec<&str> {
    commands
        .iter()
        .filter_map(|line| line.trim_start_matches('/').split_whitespace().next())
        .collect()
}
