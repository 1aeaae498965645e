//! What a group or project allows, asked before anything is written.

use std::fmt;

use serde::Deserialize;

use crate::tree::Kind;

use super::kinds::kind_of;
use super::page::{Connection, entries};
use super::types::RawType;

/// A place, and what a tree needs of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceQuery {
    /// Full path of the group or project.
    pub path: String,
    /// Kinds that will be created there.
    pub creates: Vec<Kind>,
    /// Whether epics there go under other epics.
    pub subepics: bool,
    /// Whether labels will be created there.
    pub labels: bool,
}

/// Group or project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceKind {
    /// Holds epics.
    Group,
    /// Holds issues and tasks.
    Project,
}

/// What the licence gives a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// Epics (Premium).
    pub epics: bool,
    /// Epics under epics (Ultimate).
    pub subepics: bool,
    /// One label of a scope replaces another (Premium).
    pub scoped_labels: bool,
    /// `blocks` links (Premium).
    pub blocked: bool,
    /// Weights (Premium).
    pub weights: bool,
}

/// What the caller may do in a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Create epics.
    pub create_epic: bool,
    /// Create other work items.
    pub create_work_item: bool,
    /// Create labels.
    pub admin_label: bool,
    /// Set labels and the like on new items; without it GitLab drops them silently.
    pub set_metadata: bool,
}

/// One type of work item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeInfo {
    /// Global id.
    pub id: String,
    /// Name, which an instance can change.
    pub name: String,
    /// Icon.
    pub icon_name: String,
    /// Which of the kinds that epictree creates it is.
    pub kind: Option<Kind>,
    /// Names of its widgets.
    pub widgets: Vec<String>,
}

/// What is known of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceInfo {
    /// Full path as GitLab spells it.
    pub path: String,
    /// Group or project.
    pub kind: NamespaceKind,
    /// What the licence gives.
    pub features: Features,
    /// What the caller may do.
    pub permissions: Permissions,
    /// Types of work items there.
    pub types: Vec<TypeInfo>,
}

/// Something that a place lacks for what a tree needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The kind of namespace that a kind of item needs.
    WrongKind(Kind),
    /// Licence for epics.
    Epics,
    /// Licence for epics under epics.
    Subepics,
    /// A type to create the kind with.
    Type(Kind),
    /// Permission to create the kind.
    Create(Kind),
    /// Permission to set labels on new items.
    Metadata,
    /// Permission to create labels.
    Labels,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind(Kind::Epic) => {
                f.write_str("epics live in groups, and this is a project")
            }
            Self::WrongKind(kind) => write!(f, "{kind}s live in projects, and this is a group"),
            Self::Epics => f.write_str("its licence has no epics (Premium has)"),
            Self::Subepics => f.write_str("its licence has no epics under epics (Ultimate has)"),
            Self::Type(kind) => write!(f, "it has no work item type for {kind}s"),
            Self::Create(kind) => write!(f, "this token may not create {kind}s there"),
            Self::Metadata => f.write_str(
                "this token may not set labels there, and GitLab would drop them silently",
            ),
            Self::Labels => f.write_str("this token may not create labels there"),
        }
    }
}

impl Lack {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WrongKind(_) => "name another place in epictree.toml",
            Self::Epics => "use a group with a Premium licence",
            Self::Subepics => "set `nested-epics = false` in epictree.toml",
            Self::Type(_) => "ask the instance's administrators which types are enabled",
            Self::Create(_) | Self::Metadata | Self::Labels => {
                "give the token's user the role Planner or Reporter there"
            }
        }
    }
}

impl NamespaceInfo {
    /// Lists what the place lacks for what is needed of it.
    #[must_use]
    pub fn lacks(&self, query: &PlaceQuery) -> Vec<Lack> {
        let mut lacks = Vec::new();
        for &kind in &query.creates {
            lacks.extend(self.lacks_for(kind));
        }
        if query.subepics && self.features.epics && !self.features.subepics {
            lacks.push(Lack::Subepics);
        }
        if !query.creates.is_empty() && !self.permissions.set_metadata {
            lacks.push(Lack::Metadata);
        }
        if query.labels && !self.permissions.admin_label {
            lacks.push(Lack::Labels);
        }
        lacks
    }

    fn lacks_for(&self, kind: Kind) -> Option<Lack> {
        let (home, permitted) = match kind {
            Kind::Epic => (NamespaceKind::Group, self.permissions.create_epic),
            Kind::Issue | Kind::Task => (NamespaceKind::Project, self.permissions.create_work_item),
        };
        if self.kind != home {
            Some(Lack::WrongKind(kind))
        } else if kind == Kind::Epic && !self.features.epics {
            Some(Lack::Epics)
        } else if !permitted {
            Some(Lack::Create(kind))
        } else if type_id(self, kind).is_none() {
            Some(Lack::Type(kind))
        } else {
            None
        }
    }
}

/// Finds the id of the type that a kind is created with.
///
/// A type that looks like the kind counts; for epics, failing that, the only
/// type with a colour, which no other stock type has.
#[must_use]
pub fn type_id(place: &NamespaceInfo, kind: Kind) -> Option<String> {
    let found = place.types.iter().find(|t| t.kind == Some(kind));
    let coloured = || {
        let mut coloured = place
            .types
            .iter()
            .filter(|t| t.kind.is_none() && t.widgets.iter().any(|w| w == "COLOR"));
        coloured.next().filter(|_| kind == Kind::Epic && coloured.next().is_none())
    };
    found.or_else(coloured).map(|t| t.id.clone())
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawNamespace {
    full_path: Option<String>,
    available_features: Option<RawFeatures>,
    user_permissions: Option<RawPermissions>,
    work_item_types: Option<Connection<RawType>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct RawFeatures {
    #[serde(rename = "hasEpicsFeature")]
    epics: Option<bool>,
    #[serde(rename = "hasSubepicsFeature")]
    subepics: Option<bool>,
    #[serde(rename = "hasScopedLabelsFeature")]
    scoped_labels: Option<bool>,
    #[serde(rename = "hasBlockedIssuesFeature")]
    blocked: Option<bool>,
    #[serde(rename = "hasIssueWeightsFeature")]
    weights: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPermissions {
    create_epic: Option<bool>,
    create_work_item: Option<bool>,
    admin_label: Option<bool>,
    set_new_work_item_metadata: Option<bool>,
}

impl RawNamespace {
    pub(super) fn into_info(self, asked: &str, kind: NamespaceKind) -> NamespaceInfo {
        let features = self.available_features.unwrap_or_default();
        let permissions = self.user_permissions.unwrap_or_default();
        NamespaceInfo {
            path: self.full_path.unwrap_or_else(|| asked.to_owned()),
            kind,
            features: Features {
                epics: features.epics.unwrap_or_default(),
                subepics: features.subepics.unwrap_or_default(),
                scoped_labels: features.scoped_labels.unwrap_or_default(),
                blocked: features.blocked.unwrap_or_default(),
                weights: features.weights.unwrap_or_default(),
            },
            permissions: Permissions {
                create_epic: permissions.create_epic.unwrap_or_default(),
                create_work_item: permissions.create_work_item.unwrap_or_default(),
                admin_label: permissions.admin_label.unwrap_or_default(),
                set_metadata: permissions.set_new_work_item_metadata.unwrap_or_default(),
            },
            types: entries(self.work_item_types).into_iter().filter_map(type_info).collect(),
        }
    }
}

fn type_info(raw: RawType) -> Option<TypeInfo> {
    let kind = kind_of(&raw);
    let widgets = raw.widget_definitions.unwrap_or_default();
    Some(TypeInfo {
        id: raw.id?,
        name: raw.name.unwrap_or_default(),
        icon_name: raw.icon_name.unwrap_or_default(),
        kind,
        widgets: widgets.into_iter().filter_map(|w| w.kind).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn group(types: Value, epics: bool) -> NamespaceInfo {
        let raw: RawNamespace = serde_json::from_value(json!({
            "fullPath": "a/b",
            "availableFeatures": { "hasEpicsFeature": epics, "hasSubepicsFeature": false },
            "userPermissions": { "createEpic": true, "setNewWorkItemMetadata": true },
            "workItemTypes": { "nodes": types }
        }))
        .unwrap();
        raw.into_info("a/b", NamespaceKind::Group)
    }

    fn typed(id: u64, name: &str, widgets: &[&str]) -> Value {
        let widgets: Vec<_> = widgets.iter().map(|w| json!({ "type": w })).collect();
        json!({ "id": format!("gid://gitlab/WorkItems::Type/{id}"), "name": name, "iconName": null, "widgetDefinitions": widgets })
    }

    #[test]
    fn an_epic_type_without_telling_name_or_id_is_known_by_its_colour() {
        let place = group(
            json!([typed(41, "Vorgang", &["LABELS"]), typed(42, "Vorhaben", &["COLOR"])]),
            true,
        );
        assert_eq!(type_id(&place, Kind::Epic).as_deref(), Some("gid://gitlab/WorkItems::Type/42"));
        assert_eq!(type_id(&place, Kind::Task), None);
    }

    #[test]
    fn a_place_says_what_it_lacks() {
        let needs = PlaceQuery {
            path: "a/b".into(),
            creates: vec![Kind::Epic],
            subepics: true,
            labels: true,
        };
        let place = group(json!([typed(8, "Epic", &[])]), true);
        assert_eq!(place.lacks(&needs), [Lack::Subepics, Lack::Labels]);
        assert_eq!(group(json!([]), false).lacks(&needs), [Lack::Epics, Lack::Labels]);
        let issue = PlaceQuery { creates: vec![Kind::Issue], ..PlaceQuery::default() };
        assert_eq!(place.lacks(&issue), [Lack::WrongKind(Kind::Issue)]);
    }
}
