//! What a GraphQL answer is made of: lazy nodes over one state of the world. Must not know of HTTP.

use std::sync::Arc;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use serde_json::json;

use super::places::Config;
use super::store::{Id, PlaceKind, World};
use super::{items, queries, threads};

/// What is the same for all nodes of one answer.
pub(super) struct Scene {
    pub(super) world: Arc<World>,
    pub(super) config: Arc<Config>,
    pub(super) viewer: Option<Id>,
    pub(super) url: String,
    /// Cost of the document and its limit.
    pub(super) complexity: (u64, u64),
}

impl Scene {
    /// Tells whether the viewer may see the item.
    pub(super) fn sees_item(&self, id: Id) -> bool {
        self.world.items.get(id).is_some_and(|item| self.sees_place(item.place))
    }

    /// Tells whether the viewer may see the place.
    pub(super) fn sees_place(&self, id: Id) -> bool {
        self.config.readable(&self.world, id, self.viewer)
    }

    /// Returns the item as a node, or null.
    pub(super) fn item(self: &Arc<Self>, id: Option<Id>) -> Out {
        match id.filter(|id| self.sees_item(*id)) {
            Some(id) => Out::Node(Node::Item(Arc::clone(self), id)),
            None => Out::null(),
        }
    }

    /// Returns the items as rows of a page, without those that the viewer may not see.
    pub(super) fn item_rows(
        self: &Arc<Self>,
        ids: impl IntoIterator<Item = Id>,
    ) -> Vec<(Id, Node)> {
        ids.into_iter()
            .filter(|id| self.sees_item(*id))
            .map(|id| (id, Node::Item(Arc::clone(self), id)))
            .collect()
    }
}

/// What a field holds.
#[derive(Clone)]
pub(super) enum Out {
    Leaf(serde_json::Value),
    Node(Node),
    List(Vec<Node>),
}

impl Out {
    /// Returns a scalar, or null for nothing.
    pub(super) fn leaf(value: impl serde::Serialize) -> Self {
        Self::Leaf(json!(value))
    }

    /// Returns null.
    pub(super) fn null() -> Self {
        Self::Leaf(serde_json::Value::Null)
    }

    /// Returns a node, or null.
    pub(super) fn optional(node: Option<Node>) -> Self {
        node.map_or_else(Self::null, Self::Node)
    }

    /// Hands the value to the executor.
    pub(super) fn resolved<'a>(self) -> ResolvedValue<'a> {
        match self {
            Self::Leaf(serde_json::Value::Array(values)) => ResolvedValue::list(
                values.into_iter().map(|value| ResolvedValue::leaf(JsonValue::from(value))),
            ),
            Self::Leaf(value) => ResolvedValue::leaf(JsonValue::from(value)),
            Self::Node(node) => ResolvedValue::object(node),
            Self::List(nodes) => ResolvedValue::list(nodes.into_iter().map(ResolvedValue::object)),
        }
    }
}

/// An object of the answer.
#[derive(Clone)]
pub(super) enum Node {
    /// The root of reading.
    Query(Arc<Scene>),
    /// A group or project, seen as a namespace.
    Namespace(Arc<Scene>, Id),
    /// A group or project, seen as such.
    Place(Arc<Scene>, PlaceKind, Id),
    /// A work item.
    Item(Arc<Scene>, Id),
    /// A widget of a work item.
    Widget(Arc<Scene>, items::Widget, Id),
    /// A thread of comments on a work item.
    Thread(Arc<Scene>, Id, Id),
    /// The hierarchy part of a type's definition: its children and parents.
    HierarchyDefinition(Arc<Scene>, super::store::Kind),
    /// An object whose fields are all known.
    Plain(Arc<Plain>),
}

/// An object whose fields are all known.
pub(super) struct Plain {
    type_name: &'static str,
    fields: Vec<(&'static str, Out)>,
}

impl Node {
    /// Returns an object with these fields.
    pub(super) fn plain(type_name: &'static str, fields: Vec<(&'static str, Out)>) -> Self {
        Self::Plain(Arc::new(Plain { type_name, fields }))
    }
}

impl ObjectValue for Node {
    fn type_name(&self) -> &str {
        match self {
            Self::Query(_) => "Query",
            Self::Namespace(..) => "Namespace",
            Self::Place(_, PlaceKind::Group, _) => "Group",
            Self::Place(_, PlaceKind::Project, _) => "Project",
            Self::Item(..) => "WorkItem",
            Self::Widget(_, widget, _) => widget.type_name(),
            Self::Thread(..) => "Discussion",
            Self::HierarchyDefinition(..) => "WorkItemWidgetDefinitionHierarchy",
            Self::Plain(plain) => plain.type_name,
        }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let (name, arguments) = (info.field_name(), info.arguments());
        let found = match self {
            Self::Query(scene) => queries::query(scene, name, arguments)?,
            Self::Namespace(scene, id) => queries::namespace(scene, *id, name, arguments)?,
            Self::Place(scene, kind, id) => queries::place(scene, *kind, *id, name, arguments)?,
            Self::Item(scene, id) => items::field(scene, *id, name, arguments),
            Self::Widget(scene, widget, id) => {
                items::widget_field(scene, *widget, *id, name, arguments)?
            }
            Self::Thread(scene, id, thread) => {
                threads::field(scene, *id, *thread, name, arguments)?
            }
            Self::HierarchyDefinition(scene, kind) => {
                queries::hierarchy_definition(scene, *kind, name, arguments)?
            }
            Self::Plain(plain) => {
                plain.fields.iter().find(|(field, _)| *field == name).map(|(_, out)| out.clone())
            }
        };
        found.map(Out::resolved).ok_or_else(|| self.unknown_field_error(info))
    }
}
