//! What a mutation is given, and its JSON.
//!
//! GitLab tells null (clear it) from absent (leave it), so each optional field
//! of an update says which: `None` is absent, `Some(None)` is null. Fields of
//! the Enterprise schema are named only when they are set.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::tree::{LinkKind, WorkItemId};

/// An item to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewItem {
    /// Full path of the group or project.
    pub namespace: String,
    /// Id of its type there.
    pub type_id: String,
    /// Title.
    pub title: String,
    /// Description with the marker.
    pub description: String,
    /// Under what.
    pub parent: Option<WorkItemId>,
    /// Its labels' ids.
    pub label_ids: Vec<String>,
    /// Whether only members may read it.
    pub confidential: bool,
    /// Weight.
    pub weight: Option<u64>,
    /// Milestone's id.
    pub milestone_id: Option<String>,
    /// Ids of those assigned.
    pub assignee_ids: Vec<String>,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub due: Option<Date>,
}

/// Links of an item to others, all of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLinks {
    /// Which item.
    pub id: WorkItemId,
    /// What the others are to it.
    pub kind: LinkKind,
    /// The others.
    pub to: Vec<WorkItemId>,
}

/// What to change of an item; whatever is left out stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Which item.
    pub id: WorkItemId,
    /// Title.
    pub title: Option<String>,
    /// Description with the marker.
    pub description: Option<String>,
    /// Ids of labels to add.
    pub add_label_ids: Vec<String>,
    /// Ids of labels to remove.
    pub remove_label_ids: Vec<String>,
    /// New parent, or none; only when it changes, as GitLab refuses the one it has.
    pub parent: Option<Option<WorkItemId>>,
    /// Whether only members may read it.
    pub confidential: Option<bool>,
    /// Weight.
    pub weight: Option<Option<u64>>,
    /// Milestone's id.
    pub milestone_id: Option<Option<String>>,
    /// Ids of all those assigned.
    pub assignee_ids: Option<Vec<String>>,
    /// First day.
    pub start: Option<Option<Date>>,
    /// Last day.
    pub due: Option<Option<Date>>,
    /// Whether to close it.
    pub close: bool,
}

impl Update {
    /// Starts with an update that changes nothing.
    #[must_use]
    pub fn of(id: WorkItemId) -> Self {
        Self {
            id,
            title: None,
            description: None,
            add_label_ids: Vec::new(),
            remove_label_ids: Vec::new(),
            parent: None,
            confidential: None,
            weight: None,
            milestone_id: None,
            assignee_ids: None,
            start: None,
            due: None,
            close: false,
        }
    }

    /// Tells whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::of(self.id.clone())
    }
}

/// On which side of a sibling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Above it.
    Before,
    /// Below it.
    After,
}

pub(super) fn create(new: &NewItem) -> Value {
    let NewItem {
        namespace,
        type_id,
        title,
        description,
        parent,
        label_ids,
        confidential,
        weight,
        milestone_id,
        assignee_ids,
        start,
        due,
    } = new;
    let mut input = Input::default();
    input.set("namespacePath", json!(namespace));
    input.set("workItemTypeId", json!(type_id));
    input.set("title", json!(title));
    input.set("descriptionWidget", json!({ "description": description }));
    input.set("confidential", json!(confidential));
    input.set_if(parent.as_ref(), "hierarchyWidget", |id| json!({ "parentId": id.as_str() }));
    input.set_if(some(label_ids), "labelsWidget", |ids| json!({ "labelIds": ids }));
    input.set_if(weight.as_ref(), "weightWidget", |weight| json!({ "weight": weight }));
    input.set_if(milestone_id.as_ref(), "milestoneWidget", |id| json!({ "milestoneId": id }));
    input.set_if(some(assignee_ids), "assigneesWidget", |ids| json!({ "assigneeIds": ids }));
    input.set_if(dates(start.map(Some), due.map(Some)), "startAndDueDateWidget", |dates| dates);
    Value::Object(input.0)
}

pub(super) fn update(update: &Update) -> Value {
    let Update {
        id,
        title,
        description,
        add_label_ids,
        remove_label_ids,
        parent,
        confidential,
        weight,
        milestone_id,
        assignee_ids,
        start,
        due,
        close,
    } = update;
    let mut labels = Input::default();
    labels.set_if(some(add_label_ids), "addLabelIds", |ids| json!(ids));
    labels.set_if(some(remove_label_ids), "removeLabelIds", |ids| json!(ids));
    let mut input = Input::default();
    input.set("id", json!(id.as_str()));
    input.set_if(title.as_ref(), "title", |title| json!(title));
    input.set_if(description.as_ref(), "descriptionWidget", |text| json!({ "description": text }));
    input.set_if(some(&labels.0), "labelsWidget", |labels| json!(labels));
    input.set_if(
        parent.as_ref(),
        "hierarchyWidget",
        |parent| json!({ "parentId": parent.as_ref().map(WorkItemId::as_str) }),
    );
    input.set_if(confidential.as_ref(), "confidential", |flag| json!(flag));
    input.set_if(weight.as_ref(), "weightWidget", |weight| json!({ "weight": weight }));
    input.set_if(milestone_id.as_ref(), "milestoneWidget", |id| json!({ "milestoneId": id }));
    input.set_if(assignee_ids.as_ref(), "assigneesWidget", |ids| json!({ "assigneeIds": ids }));
    input.set_if(dates(*start, *due), "startAndDueDateWidget", |dates| dates);
    input.set_if(close.then_some(()), "stateEvent", |()| json!("CLOSE"));
    Value::Object(input.0)
}

pub(super) fn links(id: &WorkItemId, kind: LinkKind, to: &[WorkItemId]) -> Value {
    let to: Vec<_> = to.iter().map(WorkItemId::as_str).collect();
    json!({ "id": id.as_str(), "linkType": link_type(kind), "workItemsIds": to })
}

fn link_type(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Related => "RELATED",
        LinkKind::Blocks => "BLOCKS",
        LinkKind::BlockedBy => "BLOCKED_BY",
    }
}

pub(super) fn position(side: Side) -> &'static str {
    match side {
        Side::Before => "BEFORE",
        Side::After => "AFTER",
    }
}

/// Without `isFixed` an epic's dates could be rolled up again from below.
fn dates(start: Option<Option<Date>>, due: Option<Option<Date>>) -> Option<Value> {
    let mut dates = Input::default();
    let text = |date: Option<Date>| json!(date.map(|date| date.to_string()));
    dates.set_if(start, "startDate", text);
    dates.set_if(due, "dueDate", text);
    if dates.0.is_empty() {
        return None;
    }
    dates.set("isFixed", json!(true));
    Some(Value::Object(dates.0))
}

/// An input object under way.
#[derive(Default)]
struct Input(Map<String, Value>);

impl Input {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn set_if<T>(&mut self, given: Option<T>, name: &str, value: impl FnOnce(T) -> Value) {
        if let Some(given) = given {
            self.set(name, value(given));
        }
    }
}

/// Things that can be empty, and are then left out.
trait Emptiable {
    fn is_nothing(&self) -> bool;
}

impl Emptiable for Vec<String> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Emptiable for Map<String, Value> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

fn some<T: Emptiable>(value: &T) -> Option<&T> {
    (!value.is_nothing()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_names_only_what_changes() {
        let id = WorkItemId::from_number(7);
        let mut change = Update::of(id);
        assert!(change.is_empty());
        assert_eq!(update(&change), json!({ "id": "gid://gitlab/WorkItem/7" }));
        change.title = Some("T".into());
        change.close = true;
        assert_eq!(
            update(&change),
            json!({ "id": "gid://gitlab/WorkItem/7", "title": "T", "stateEvent": "CLOSE" })
        );
    }

    #[test]
    fn clearing_is_null_and_leaving_is_absent() {
        let change = Update {
            parent: Some(None),
            weight: Some(None),
            milestone_id: Some(None),
            due: Some(None),
            assignee_ids: Some(Vec::new()),
            ..Update::of(WorkItemId::from_number(7))
        };
        assert_eq!(
            update(&change),
            json!({
                "id": "gid://gitlab/WorkItem/7",
                "hierarchyWidget": { "parentId": null },
                "weightWidget": { "weight": null },
                "milestoneWidget": { "milestoneId": null },
                "startAndDueDateWidget": { "dueDate": null, "isFixed": true },
                "assigneesWidget": { "assigneeIds": [] }
            })
        );
    }

    #[test]
    fn a_plain_item_names_nothing_of_the_enterprise_schema() {
        let new = NewItem {
            namespace: "a/b".into(),
            type_id: "gid://gitlab/WorkItems::Type/1".into(),
            title: "T".into(),
            start: "2027-01-02".parse().ok(),
            ..NewItem::default()
        };
        assert_eq!(
            create(&new),
            json!({
                "namespacePath": "a/b", "workItemTypeId": "gid://gitlab/WorkItems::Type/1", "title": "T",
                "descriptionWidget": { "description": "" }, "confidential": false,
                "startAndDueDateWidget": { "startDate": "2027-01-02", "isFixed": true }
            })
        );
    }
}
