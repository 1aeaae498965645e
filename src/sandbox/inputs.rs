//! The inputs of the mutations. Absent and null are told apart where GitLab does. Must not know
//! of the world.

use serde::{Deserialize, Deserializer};

/// Reads a present field, so that `Some(None)` is null and `None` is absent.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Widgets {
    pub(super) assignees_widget: Option<Assignees>,
    pub(super) description_widget: Option<Description>,
    pub(super) health_status_widget: Option<Health>,
    pub(super) milestone_widget: Option<MilestoneChoice>,
    pub(super) start_and_due_date_widget: Option<Dates>,
    pub(super) weight_widget: Option<Weight>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    pub(super) title: String,
    pub(super) work_item_type_id: String,
    pub(super) namespace_path: Option<String>,
    pub(super) confidential: Option<bool>,
    pub(super) hierarchy_widget: Option<Hierarchy>,
    pub(super) labels_widget: Option<NewLabels>,
    pub(super) linked_items_widget: Option<NewLinks>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Update {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) confidential: Option<bool>,
    pub(super) state_event: Option<StateEvent>,
    pub(super) hierarchy_widget: Option<Hierarchy>,
    pub(super) labels_widget: Option<LabelChanges>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum StateEvent {
    Close,
    Reopen,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assignees {
    pub(super) assignee_ids: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Description {
    pub(super) description: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Health {
    #[serde(deserialize_with = "given")]
    pub(super) health_status: Option<Option<String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MilestoneChoice {
    #[serde(deserialize_with = "given")]
    pub(super) milestone_id: Option<Option<String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Dates {
    pub(super) is_fixed: Option<bool>,
    #[serde(deserialize_with = "given")]
    pub(super) start_date: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    pub(super) due_date: Option<Option<String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Weight {
    #[serde(deserialize_with = "given")]
    pub(super) weight: Option<Option<i64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Side {
    After,
    Before,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Hierarchy {
    #[serde(deserialize_with = "given")]
    pub(super) parent_id: Option<Option<String>>,
    pub(super) children_ids: Option<Vec<String>>,
    pub(super) adjacent_work_item_id: Option<String>,
    pub(super) relative_position: Option<Side>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLabels {
    pub(super) label_ids: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LabelChanges {
    pub(super) add_label_ids: Option<Vec<String>>,
    pub(super) remove_label_ids: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum LinkType {
    Related,
    Blocks,
    BlockedBy,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLinks {
    pub(super) link_type: Option<LinkType>,
    pub(super) work_items_ids: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddLinks {
    pub(super) id: String,
    pub(super) link_type: Option<LinkType>,
    pub(super) work_items_ids: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoveLinks {
    pub(super) id: String,
    pub(super) work_items_ids: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reorder {
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) adjacent_work_item_id: Option<String>,
    pub(super) relative_position: Option<Side>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLabel {
    pub(super) title: String,
    pub(super) color: Option<String>,
    pub(super) description: Option<String>,
    pub(super) group_path: Option<String>,
    pub(super) project_path: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewNote {
    pub(super) noteable_id: String,
    pub(super) body: String,
    pub(super) discussion_id: Option<String>,
    pub(super) internal: Option<bool>,
}
