//! The fields of a work item and of its widgets. Must not know how an item came to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use apollo_compiler::resolvers::FieldError;
use apollo_compiler::response::JsonMap;

use super::connection::page;
use super::node::{Node, Out, Scene};
use super::queries;
use super::references::{self, gid, time};
use super::store::{Id, Item, Kind, PlaceKind};
use super::{hierarchy, text, threads};

/// A widget of a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Widget {
    Assignees,
    Description,
    HealthStatus,
    Hierarchy,
    Labels,
    LinkedItems,
    Milestone,
    Notes,
    StartAndDueDate,
    Weight,
}

impl Widget {
    /// Returns the name of the widget's object type.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Assignees => "WorkItemWidgetAssignees",
            Self::Description => "WorkItemWidgetDescription",
            Self::HealthStatus => "WorkItemWidgetHealthStatus",
            Self::Hierarchy => "WorkItemWidgetHierarchy",
            Self::Labels => "WorkItemWidgetLabels",
            Self::LinkedItems => "WorkItemWidgetLinkedItems",
            Self::Milestone => "WorkItemWidgetMilestone",
            Self::Notes => "WorkItemWidgetNotes",
            Self::StartAndDueDate => "WorkItemWidgetStartAndDueDate",
            Self::Weight => "WorkItemWidgetWeight",
        }
    }

    /// Returns the widget's value of `WorkItemWidgetType`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Assignees => "ASSIGNEES",
            Self::Description => "DESCRIPTION",
            Self::HealthStatus => "HEALTH_STATUS",
            Self::Hierarchy => "HIERARCHY",
            Self::Labels => "LABELS",
            Self::LinkedItems => "LINKED_ITEMS",
            Self::Milestone => "MILESTONE",
            Self::Notes => "NOTES",
            Self::StartAndDueDate => "START_AND_DUE_DATE",
            Self::Weight => "WEIGHT",
        }
    }

    /// Lists the widgets of a type under the instance's licence.
    pub(super) fn of(scene: &Scene, kind: Kind) -> Vec<Self> {
        let edition = &scene.config.seed.edition;
        let mut widgets = vec![
            Self::Assignees,
            Self::Description,
            Self::Hierarchy,
            Self::Labels,
            Self::LinkedItems,
            Self::Milestone,
            Self::Notes,
        ];
        if kind != Kind::Incident {
            widgets.push(Self::StartAndDueDate);
        }
        if edition.weights {
            widgets.push(Self::Weight);
        }
        if edition.health() {
            widgets.push(Self::HealthStatus);
        }
        widgets
    }
}

/// Returns a field of a work item.
pub(super) fn field(scene: &Arc<Scene>, id: Id, name: &str, arguments: &JsonMap) -> Option<Out> {
    let item = scene.world.items.get(id)?;
    let out = match name {
        "id" => Out::leaf(gid("WorkItem", id)),
        "iid" => Out::leaf(item.iid.to_string()),
        "title" | "name" => Out::leaf(&item.title),
        "description" => description(item),
        "state" => Out::leaf(state(item)),
        "confidential" => Out::leaf(item.confidential),
        "lockVersion" => Out::leaf(item.lock_version),
        "createdAt" => Out::leaf(time(item.created_at)),
        "updatedAt" => Out::leaf(time(item.updated_at)),
        "closedAt" => Out::leaf(item.closed_at.map(time)),
        "author" => queries::user(scene, "UserCore", item.author),
        "namespace" => Out::Node(Node::Namespace(Arc::clone(scene), item.place)),
        "project" => project(scene, item),
        "reference" => reference(scene, id, item, arguments),
        "webPath" => Out::leaf(references::web_path(&scene.world, item)),
        "webUrl" => url(scene, Some(item)),
        "movedToWorkItemUrl" => url(scene, gone_to(scene, item, |kind| kind == item.kind)),
        "promotedToEpicUrl" => url(scene, gone_to(scene, item, |kind| kind != item.kind)),
        "duplicatedToWorkItemUrl" => Out::null(),
        "userDiscussionsCount" => Out::leaf(item.notes.iter().filter(|n| !n.system).count()),
        "userPermissions" => permissions(scene, item),
        "workItemType" => queries::work_item_type(scene, item.kind),
        "widgets" => widgets(scene, id, item.kind, arguments),
        _ => return None,
    };
    Some(out)
}

/// Where an item was moved or promoted to, if that is of a fitting kind.
fn gone_to<'s>(scene: &'s Scene, item: &Item, fits: impl Fn(Kind) -> bool) -> Option<&'s Item> {
    let to = item.moved_to.and_then(|to| scene.world.items.get(to));
    to.filter(|to| fits(to.kind))
}

/// Returns the state word of an item.
pub(super) fn state(item: &Item) -> &'static str {
    if item.closed_at.is_some() { "CLOSED" } else { "OPEN" }
}

fn description(item: &Item) -> Out {
    let text = Some(&item.description).filter(|text| !text.is_empty());
    Out::leaf(text)
}

fn url(scene: &Scene, item: Option<&Item>) -> Out {
    Out::leaf(item.map(|item| {
        let path = references::web_path(&scene.world, item);
        format!("{}{path}", scene.url)
    }))
}

fn reference(scene: &Scene, id: Id, item: &Item, arguments: &JsonMap) -> Out {
    let full = arguments.get("full").and_then(|full| full.as_bool());
    if full == Some(true) {
        Out::leaf(references::full(&scene.world, id))
    } else {
        Out::leaf(references::short(item))
    }
}

fn project(scene: &Arc<Scene>, item: &Item) -> Out {
    let kind = scene.world.places.get(item.place).map(|place| place.kind);
    match kind {
        Some(PlaceKind::Project) => {
            Out::Node(Node::Place(Arc::clone(scene), PlaceKind::Project, item.place))
        }
        Some(PlaceKind::Group) | None => Out::null(),
    }
}

fn permissions(scene: &Scene, item: &Item) -> Out {
    let write = scene.config.writable(&scene.world, item.place, scene.viewer);
    let fields = [
        "adminParentLink",
        "adminWorkItem",
        "adminWorkItemLink",
        "deleteWorkItem",
        "moveWorkItem",
        "setWorkItemMetadata",
        "updateWorkItem",
    ];
    let mut fields: Vec<_> = fields.into_iter().map(|name| (name, Out::leaf(write))).collect();
    fields.push(("createNote", Out::leaf(true)));
    fields.push(("readWorkItem", Out::leaf(true)));
    Out::Node(Node::plain("WorkItemPermissions", fields))
}

fn widgets(scene: &Arc<Scene>, id: Id, kind: Kind, arguments: &JsonMap) -> Out {
    let named = |argument: &str| {
        let list = arguments.get(argument)?.as_array()?;
        Some(list.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>())
    };
    let (only, except) = (named("onlyTypes"), named("exceptTypes"));
    let wanted = |widget: &Widget| {
        only.as_ref().is_none_or(|only| only.contains(&widget.word()))
            && !except.as_ref().is_some_and(|except| except.contains(&widget.word()))
    };
    let nodes = Widget::of(scene, kind).into_iter().filter(wanted);
    Out::List(nodes.map(|widget| Node::Widget(Arc::clone(scene), widget, id)).collect())
}

/// Returns a field of a widget.
pub(super) fn widget_field(
    scene: &Arc<Scene>,
    widget: Widget,
    id: Id,
    name: &str,
    arguments: &JsonMap,
) -> Result<Option<Out>, FieldError> {
    let Some(item) = scene.world.items.get(id) else {
        return Ok(None);
    };
    let out = match (widget, name) {
        (_, "type") => Out::leaf(widget.word()),
        (Widget::Assignees, "assignees") => {
            let users = item.assignees.iter().copied();
            let rows = users.map(|user| (user, queries::user_node(scene, "UserCore", user)));
            page("UserCoreConnection", rows.collect(), arguments)?
        }
        (Widget::Description, "description") => description(item),
        (Widget::Description, _) => return Ok(description_field(scene, item, name)),
        (Widget::HealthStatus, "healthStatus") => Out::leaf(&item.health),
        (Widget::Hierarchy, _) => return hierarchy_field(scene, id, item, name, arguments),
        (Widget::Labels, "labels") => {
            page("LabelConnection", label_rows(scene, &item.labels), arguments)?
        }
        (Widget::LinkedItems, "blocked") => Out::leaf(is_blocked(scene, item)),
        (Widget::LinkedItems, "linkedItems") => linked(scene, item, arguments)?,
        (Widget::Milestone, "milestone") => {
            Out::optional(item.milestone.and_then(|id| queries::milestone(scene, id)))
        }
        (Widget::Notes, "discussions") => threads::list(scene, id, item, arguments)?,
        (Widget::StartAndDueDate, "startDate") => Out::leaf(&item.start),
        (Widget::StartAndDueDate, "dueDate") => Out::leaf(&item.due),
        (Widget::StartAndDueDate, "isFixed") => Out::leaf(item.fixed_dates),
        (Widget::StartAndDueDate, "rollUp") => Out::leaf(item.kind == Kind::Epic),
        (Widget::Weight, "weight") => Out::leaf(item.weight),
        (Widget::Weight, "rolledUpWeight") => Out::null(),
        _ => return Ok(None),
    };
    Ok(Some(out))
}

fn description_field(scene: &Arc<Scene>, item: &Item, name: &str) -> Option<Out> {
    let last = item.edits.last();
    let out = match name {
        "edited" => Out::leaf(last.is_some()),
        "lastEditedAt" => Out::leaf(last.map(|edit| time(edit.at))),
        "lastEditedBy" => {
            last.map_or_else(Out::null, |edit| queries::user(scene, "UserCore", edit.by))
        }
        "taskCompletionStatus" => {
            let (all, ticked) = text::tasks(&item.description);
            let fields = vec![("count", Out::leaf(all)), ("completedCount", Out::leaf(ticked))];
            Out::Node(Node::plain("TaskCompletionStatus", fields))
        }
        _ => return None,
    };
    Some(out)
}

fn hierarchy_field(
    scene: &Arc<Scene>,
    id: Id,
    item: &Item,
    name: &str,
    arguments: &JsonMap,
) -> Result<Option<Out>, FieldError> {
    let out = match name {
        "parent" => scene.item(item.parent),
        "hasParent" => Out::leaf(item.parent.is_some()),
        "hasChildren" => Out::leaf(!item.children.is_empty()),
        "children" => {
            let state_wanted = arguments.get("state").and_then(|state| state.as_str());
            let children = hierarchy::children(&scene.world, &scene.config, item);
            let mut rows = scene.item_rows(children);
            rows.retain(|(id, _)| {
                let child = scene.world.items.get(*id);
                state_wanted.is_none_or(|wanted| child.map(state) == Some(wanted))
            });
            page("WorkItemConnection", rows, arguments)?
        }
        "rolledUpCountsByType" => rolled_up(scene, item),
        "ancestors" => {
            let mut above = hierarchy::ancestors(&scene.world, id);
            above.reverse();
            page("WorkItemConnection", scene.item_rows(above), arguments)?
        }
        _ => return Ok(None),
    };
    Ok(Some(out))
}

/// Counts all that hangs below an item, by type, whoever may see it.
fn rolled_up(scene: &Scene, item: &Item) -> Out {
    let mut counts: BTreeMap<Kind, (usize, usize)> = BTreeMap::new();
    for below in hierarchy::below(&scene.world, item) {
        let (all, closed) = counts.entry(below.kind).or_default();
        *all += 1;
        *closed += usize::from(below.closed_at.is_some());
    }
    let row = |(all, closed): (usize, usize)| {
        let states = vec![
            ("all", Out::leaf(all)),
            ("closed", Out::leaf(closed)),
            ("opened", Out::leaf(all - closed)),
        ];
        let states = Out::Node(Node::plain("WorkItemStateCountsType", states));
        Node::plain("WorkItemTypeCountsByState", vec![("countsByState", states)])
    };
    Out::List(counts.into_values().map(row).collect())
}

fn label_rows(scene: &Scene, labels: &[Id]) -> Vec<(Id, Node)> {
    labels.iter().filter_map(|id| Some((*id, queries::label(&scene.world, *id)?))).collect()
}

fn is_blocked(scene: &Scene, item: &Item) -> bool {
    use super::store::LinkKind::BlockedBy;
    item.links.iter().any(|link| {
        let other = scene.world.items.get(link.to);
        link.kind == BlockedBy && other.is_some_and(|other| other.closed_at.is_none())
    })
}

fn linked(scene: &Arc<Scene>, item: &Item, arguments: &JsonMap) -> Result<Out, FieldError> {
    let wanted = match arguments.get("filter").and_then(|filter| filter.as_str()) {
        Some("BLOCKS") => Some("blocks"),
        Some("BLOCKED_BY") => Some("is_blocked_by"),
        Some("RELATED") => Some("relates_to"),
        _ => None,
    };
    let links = item.links.iter();
    let links = links.filter(|link| wanted.is_none_or(|word| link.kind.word() == word));
    let row = |link: &super::store::Link| {
        let at = time(link.at);
        let fields = vec![
            ("linkId", Out::leaf(gid("WorkItems::RelatedWorkItemLink", link.id))),
            ("linkType", Out::leaf(link.kind.word())),
            ("linkCreatedAt", Out::leaf(&at)),
            ("linkUpdatedAt", Out::leaf(&at)),
            ("workItem", scene.item(Some(link.to))),
            ("workItemState", Out::leaf(scene.world.items.get(link.to).map(state))),
        ];
        (link.id, Node::plain("LinkedWorkItemType", fields))
    };
    page("LinkedWorkItemTypeConnection", links.map(row).collect(), arguments)
}
