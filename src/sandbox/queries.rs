//! The fields of the query root, of places, and of the small objects around them. Must not know
//! how things change.

use std::sync::Arc;

use apollo_compiler::resolvers::FieldError;
use apollo_compiler::response::JsonMap;

use super::connection::page;
use super::items::Widget;
use super::node::{Node, Out, Scene};
use super::references::{self, gid, read_gid, time};
use super::rules::kind_name;
use super::store::{Id, Kind, Label, Place, PlaceKind, World};
use super::{hierarchy, places, search};

type Found = Result<Option<Out>, FieldError>;

/// Reads a string argument.
pub(super) fn text<'a>(arguments: &'a JsonMap, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(|value| value.as_str())
}

/// Reads a list of strings.
pub(super) fn texts<'a>(arguments: &'a JsonMap, name: &str) -> Option<Vec<&'a str>> {
    let list = arguments.get(name)?.as_array()?;
    Some(list.iter().filter_map(|value| value.as_str()).collect())
}

/// Reads a flag that is off unless given.
pub(super) fn flag(arguments: &JsonMap, name: &str) -> bool {
    arguments.get(name).and_then(|value| value.as_bool()) == Some(true)
}

/// Returns a field of the query root.
pub(super) fn query(scene: &Arc<Scene>, name: &str, arguments: &JsonMap) -> Found {
    let out = match name {
        "currentUser" => scene.viewer.map_or_else(Out::null, |id| user(scene, "CurrentUser", id)),
        "metadata" => metadata(scene),
        "queryComplexity" => {
            let (score, limit) = scene.complexity;
            let fields = vec![("score", Out::leaf(score)), ("limit", Out::leaf(limit))];
            Out::Node(Node::plain("QueryComplexity", fields))
        }
        "namespace" => Out::optional(
            visible_place(scene, arguments).map(|(id, _)| Node::Namespace(Arc::clone(scene), id)),
        ),
        "group" => Out::optional(place_of_kind(scene, arguments, PlaceKind::Group)),
        "project" => Out::optional(place_of_kind(scene, arguments, PlaceKind::Project)),
        "workItem" => {
            let text = text(arguments, "id").unwrap_or_default();
            let id = read_gid(&["WorkItem"], text).ok_or_else(|| FieldError {
                message: format!("\"{text}\" does not represent an instance of WorkItem"),
            })?;
            scene.item(Some(id))
        }
        "workItemsByReference" => by_reference(scene, arguments)?,
        "users" => users(scene, arguments)?,
        _ => return Ok(None),
    };
    Ok(Some(out))
}

fn metadata(scene: &Scene) -> Out {
    let edition = &scene.config.seed.edition;
    if scene.viewer.is_none() {
        return Out::null();
    }
    Out::Node(Node::plain(
        "Metadata",
        vec![
            ("version", Out::leaf(&edition.version)),
            ("revision", Out::leaf("5a4db0c")),
            ("enterprise", Out::leaf(edition.enterprise)),
        ],
    ))
}

fn visible_place<'a>(scene: &'a Scene, arguments: &JsonMap) -> Option<(Id, &'a Place)> {
    let id = scene.world.place_at(text(arguments, "fullPath")?)?;
    let place = scene.world.places.get(id)?;
    scene.sees_place(id).then_some((id, place))
}

fn place_of_kind(scene: &Arc<Scene>, arguments: &JsonMap, kind: PlaceKind) -> Option<Node> {
    let (id, place) = visible_place(scene, arguments)?;
    (place.kind == kind).then(|| Node::Place(Arc::clone(scene), kind, id))
}

fn by_reference(scene: &Arc<Scene>, arguments: &JsonMap) -> Result<Out, FieldError> {
    let context = text(arguments, "contextNamespacePath").unwrap_or_default();
    let refs = texts(arguments, "refs").unwrap_or_default();
    let ids =
        refs.into_iter().filter_map(|reference| references::find(&scene.world, reference, context));
    page("WorkItemConnection", scene.item_rows(ids), arguments)
}

fn users(scene: &Arc<Scene>, arguments: &JsonMap) -> Result<Out, FieldError> {
    let names = texts(arguments, "usernames");
    let ids = texts(arguments, "ids");
    let search = text(arguments, "search").map(str::to_lowercase);
    let rows = scene.world.users.iter().filter(|(id, user)| {
        let named =
            |names: &Vec<&str>| names.iter().any(|name| name.eq_ignore_ascii_case(&user.username));
        names.as_ref().is_none_or(named)
            && ids.as_ref().is_none_or(|ids| ids.contains(&gid("User", *id).as_str()))
            && search
                .as_ref()
                .is_none_or(|search| user.username.to_lowercase().contains(search.as_str()))
    });
    let rows = rows.filter(|_| scene.viewer.is_some());
    let rows = rows.map(|(id, _)| (id, user_node(scene, "UserCore", id)));
    page("UserCoreConnection", rows.collect(), arguments)
}

/// Returns a field of a group or project seen as a namespace.
pub(super) fn namespace(scene: &Arc<Scene>, id: Id, name: &str, arguments: &JsonMap) -> Found {
    let out = match name {
        "availableFeatures" => features(scene),
        "userPermissions" => permissions(scene, id),
        "workItem" => {
            let iid = text(arguments, "iid").and_then(|iid| iid.parse().ok());
            scene.item(iid.and_then(|iid| scene.world.item_at(id, iid)))
        }
        "workItems" => {
            let found = search::work_items(scene, id, arguments)?;
            page("WorkItemConnection", scene.item_rows(found), arguments)?
        }
        "workItemTypes" => types(scene, scene.config.kinds(), arguments)?,
        "id" => {
            let kind = scene.world.places.get(id).map(|place| place.kind);
            match kind {
                Some(PlaceKind::Project) => Out::leaf(gid("Namespaces::ProjectNamespace", id)),
                Some(PlaceKind::Group) | None => Out::leaf(gid("Group", id)),
            }
        }
        _ => return Ok(about(scene, id, name)),
    };
    Ok(Some(out))
}

/// Returns a field of a group or project.
pub(super) fn place(
    scene: &Arc<Scene>,
    kind: PlaceKind,
    id: Id,
    name: &str,
    arguments: &JsonMap,
) -> Found {
    let out = match name {
        "id" => match kind {
            PlaceKind::Group => Out::leaf(gid("Group", id)),
            PlaceKind::Project => Out::leaf(gid("Project", id)),
        },
        "labels" => labels(scene, id, arguments)?,
        "milestones" => milestones(scene, id, arguments)?,
        _ => return Ok(about(scene, id, name)),
    };
    Ok(Some(out))
}

/// Returns a field that every form of a place has.
fn about(scene: &Scene, id: Id, name: &str) -> Option<Out> {
    let place = scene.world.places.get(id)?;
    let out = match name {
        "fullPath" => Out::leaf(&place.path),
        "path" | "name" => Out::leaf(place.name()),
        "fullName" | "nameWithNamespace" => Out::leaf(place.path.replace('/', " / ")),
        "description" => Out::null(),
        "visibility" => Out::leaf("private"),
        "webUrl" => match place.kind {
            PlaceKind::Group => Out::leaf(format!("{}/groups/{}", scene.url, place.path)),
            PlaceKind::Project => Out::leaf(format!("{}/{}", scene.url, place.path)),
        },
        _ => return None,
    };
    Some(out)
}

fn features(scene: &Scene) -> Out {
    let edition = &scene.config.seed.edition;
    Out::Node(Node::plain(
        "NamespaceAvailableFeatures",
        vec![
            ("hasBlockedIssuesFeature", Out::leaf(edition.blocked)),
            ("hasEpicsFeature", Out::leaf(edition.epics)),
            ("hasIssuableHealthStatusFeature", Out::leaf(edition.health())),
            ("hasIssueWeightsFeature", Out::leaf(edition.weights)),
            ("hasScopedLabelsFeature", Out::leaf(edition.scoped_labels)),
            ("hasSubepicsFeature", Out::leaf(edition.subepics)),
        ],
    ))
}

fn permissions(scene: &Scene, id: Id) -> Out {
    let write = scene.config.writable(&scene.world, id, scene.viewer);
    let group = scene.world.places.get(id).map(|place| place.kind) == Some(PlaceKind::Group);
    let epics = group && scene.config.seed.edition.epics;
    Out::Node(Node::plain(
        "NamespacePermissions",
        vec![
            ("adminIssue", Out::leaf(write)),
            ("adminLabel", Out::leaf(write)),
            ("createEpic", Out::leaf(write && epics)),
            ("createWorkItem", Out::leaf(write && (epics || !group))),
            ("importWorkItems", Out::leaf(write && !group)),
            ("readNamespace", Out::leaf(true)),
            ("setNewWorkItemMetadata", Out::leaf(write)),
        ],
    ))
}

fn labels(scene: &Scene, id: Id, arguments: &JsonMap) -> Result<Out, FieldError> {
    let (title, term) = (text(arguments, "title"), text(arguments, "searchTerm"));
    if title.is_some() && term.is_some() {
        let message = "`title` and `searchTerm` cannot be used together".to_owned();
        return Err(FieldError { message });
    }
    let term = term.map(str::to_lowercase);
    let homes = homes(scene, id, arguments, "includeAncestorGroups", "includeDescendantGroups");
    let only_groups = flag(arguments, "onlyGroupLabels");
    let shown = |label: &Label| {
        let home = scene.world.places.get(label.place).map(|place| place.kind);
        homes.contains(&label.place)
            && (!only_groups || home == Some(PlaceKind::Group))
            && title.is_none_or(|title| label.title == title)
            && term.as_ref().is_none_or(|term| label.title.to_lowercase().contains(term.as_str()))
    };
    let mut rows: Vec<_> = scene
        .world
        .labels
        .iter()
        .filter(|(_, row)| shown(row))
        .map(|(id, row)| (&row.title, id))
        .collect();
    rows.sort();
    let rows = rows.into_iter().filter_map(|(_, id)| Some((id, label(&scene.world, id)?)));
    page("LabelConnection", rows.collect(), arguments)
}

fn homes(scene: &Scene, id: Id, arguments: &JsonMap, above: &str, below: &str) -> Vec<Id> {
    let mut homes = vec![id];
    if flag(arguments, above) {
        homes.extend(places::with_ancestors(&scene.world, id));
    }
    if flag(arguments, below) {
        homes.extend(places::with_descendants(&scene.world, id));
    }
    homes.retain(|home| scene.sees_place(*home));
    homes
}

fn milestones(scene: &Scene, id: Id, arguments: &JsonMap) -> Result<Out, FieldError> {
    let title = text(arguments, "title");
    let term = text(arguments, "searchTitle").map(str::to_lowercase);
    let homes = homes(scene, id, arguments, "includeAncestors", "includeDescendants");
    let rows = scene.world.milestones.iter().filter(|(_, row)| {
        homes.contains(&row.place)
            && title.is_none_or(|title| row.title == title)
            && term.as_ref().is_none_or(|term| row.title.to_lowercase().contains(term.as_str()))
    });
    let rows = rows.filter_map(|(id, _)| Some((id, milestone(scene, id)?)));
    page("MilestoneConnection", rows.collect(), arguments)
}

/// Returns a label as a node.
pub(super) fn label(world: &World, id: Id) -> Option<Node> {
    let label = world.labels.get(id)?;
    let class = match world.places.get(label.place)?.kind {
        PlaceKind::Group => "GroupLabel",
        PlaceKind::Project => "ProjectLabel",
    };
    let at = time(label.at);
    Some(Node::plain(
        "Label",
        vec![
            ("id", Out::leaf(gid(class, id))),
            ("title", Out::leaf(&label.title)),
            ("color", Out::leaf(&label.color)),
            ("textColor", Out::leaf("#FFFFFF")),
            ("description", Out::leaf(&label.description)),
            ("createdAt", Out::leaf(&at)),
            ("updatedAt", Out::leaf(&at)),
        ],
    ))
}

/// Returns a milestone as a node.
pub(super) fn milestone(scene: &Scene, id: Id) -> Option<Node> {
    let milestone = scene.world.milestones.get(id)?;
    let group = scene.world.places.get(milestone.place)?.kind == PlaceKind::Group;
    let at = time(milestone.at);
    Some(Node::plain(
        "Milestone",
        vec![
            ("id", Out::leaf(gid("Milestone", id))),
            ("iid", Out::leaf(id.to_string())),
            ("title", Out::leaf(&milestone.title)),
            ("state", Out::leaf("active")),
            ("description", Out::null()),
            ("startDate", Out::null()),
            ("dueDate", Out::null()),
            ("expired", Out::leaf(false)),
            ("groupMilestone", Out::leaf(group)),
            ("projectMilestone", Out::leaf(!group)),
            ("createdAt", Out::leaf(&at)),
            ("updatedAt", Out::leaf(&at)),
        ],
    ))
}

/// Returns a person, or null.
pub(super) fn user(scene: &Scene, type_name: &'static str, id: Id) -> Out {
    match scene.world.users.get(id) {
        Some(_) => Out::Node(user_node(scene, type_name, id)),
        None => Out::null(),
    }
}

/// Returns a person as a node.
pub(super) fn user_node(scene: &Scene, type_name: &'static str, id: Id) -> Node {
    let user = scene.world.users.get(id);
    let username = user.map_or("", |user| user.username.as_str());
    Node::plain(
        type_name,
        vec![
            ("id", Out::leaf(gid("User", id))),
            ("username", Out::leaf(username)),
            ("name", Out::leaf(username)),
            ("bot", Out::leaf(user.is_some_and(|user| user.bot))),
            ("webUrl", Out::leaf(format!("{}/{username}", scene.url))),
        ],
    )
}

fn types(scene: &Arc<Scene>, kinds: Vec<Kind>, arguments: &JsonMap) -> Result<Out, FieldError> {
    let row = |kind: Kind| (scene.config.type_id(kind), type_node(scene, kind));
    let rows = kinds.into_iter().map(row).collect();
    page("WorkItemTypeConnection", rows, arguments)
}

/// Returns a type of work items.
pub(super) fn work_item_type(scene: &Arc<Scene>, kind: Kind) -> Out {
    Out::Node(type_node(scene, kind))
}

fn type_node(scene: &Arc<Scene>, kind: Kind) -> Node {
    let name = kind_name(kind);
    let icon = format!("work-item-{}", name.to_lowercase());
    let definitions =
        Widget::of(scene, kind).into_iter().map(|widget| definition(scene, kind, widget)).collect();
    Node::plain(
        "WorkItemType",
        vec![
            ("id", Out::leaf(gid("WorkItems::Type", scene.config.type_id(kind)))),
            ("name", Out::leaf(name)),
            ("iconName", Out::leaf(icon)),
            ("widgetDefinitions", Out::List(definitions)),
        ],
    )
}

fn definition(scene: &Arc<Scene>, kind: Kind, widget: Widget) -> Node {
    let word = ("type", Out::leaf(widget.word()));
    match widget {
        Widget::Hierarchy => Node::HierarchyDefinition(Arc::clone(scene), kind),
        Widget::Labels => {
            let scoped = scene.config.seed.edition.scoped_labels;
            let fields = vec![word, ("allowsScopedLabels", Out::leaf(scoped))];
            Node::plain("WorkItemWidgetDefinitionLabels", fields)
        }
        Widget::Assignees
        | Widget::Description
        | Widget::HealthStatus
        | Widget::LinkedItems
        | Widget::Milestone
        | Widget::Notes
        | Widget::StartAndDueDate
        | Widget::Weight => Node::plain("WorkItemWidgetDefinitionGeneric", vec![word]),
    }
}

/// Returns a field of what a type's definition says about parents and children.
pub(super) fn hierarchy_definition(
    scene: &Arc<Scene>,
    kind: Kind,
    name: &str,
    arguments: &JsonMap,
) -> Found {
    let known = scene.config.kinds();
    let under = |parent: Kind| hierarchy::child_kinds(&scene.config, parent);
    let kinds = match name {
        "type" => return Ok(Some(Out::leaf(Widget::Hierarchy.word()))),
        "allowedChildTypes" => under(kind),
        "allowedParentTypes" => {
            known.iter().copied().filter(|parent| under(*parent).contains(&kind)).collect()
        }
        _ => return Ok(None),
    };
    types(scene, kinds, arguments).map(Some)
}
