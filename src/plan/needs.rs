//! Titles that must exist before a plan can be applied, and what becomes of those that do not.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::tree::{DesiredNode, Kind, TitleIn};

use super::change::{
    Action, Cause, Change, FieldChange, Needs, Notice, Plan, Subject, ToolPlan, Value,
};
use super::decide::decide;
use super::scene::{For, Scene};

/// What was found of the titles that a plan needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Global ids of labels, by namespace and title.
    #[serde(with = "pairs")]
    pub labels: BTreeMap<TitleIn, String>,
    /// Global ids of milestones, by namespace and title.
    #[serde(with = "pairs")]
    pub milestones: BTreeMap<TitleIn, String>,
    /// Global ids of users, by name.
    pub users: BTreeMap<String, String>,
}

/// A map whose keys are no texts, as JSON writes it.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::tree::TitleIn;

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<TitleIn, String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<TitleIn, String>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Plan {
    /// All titles that its tools need.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut all = Needs::default();
        for Needs { labels, milestones, users, groups } in self.tools.iter().map(|t| &t.needs) {
            all.labels.extend(labels.iter().cloned());
            all.milestones.extend(milestones.iter().cloned());
            all.users.extend(users.iter().cloned());
            all.groups.extend(groups.iter().cloned());
        }
        all
    }

    /// Settles what comes of the titles that its tools need.
    pub fn settle(&mut self, found: &Found) {
        self.tools.iter_mut().for_each(|tool| settle(tool, found));
    }
}

/// Collects the titles that the changes of a plan name.
pub(super) fn of(scene: &Scene<'_>, plan: &ToolPlan) -> Needs {
    let mut needs = Needs::default();
    for change in &plan.changes {
        if change.action == Action::Comment {
            needs.users.extend(change.notifies().into_iter().map(str::to_owned));
        }
        let Some(node) = NodeKey::parse(&change.key).and_then(|key| scene.desired.node(&key))
        else {
            continue;
        };
        match change.action {
            Action::Create => new_item(node, &mut needs),
            Action::Update | Action::Adopt => existing(scene, node, &mut needs),
            Action::Close | Action::Comment | Action::Record | Action::Wait | Action::None => {}
        }
    }
    needs
}

fn new_item(node: &DesiredNode, needs: &mut Needs) {
    let namespace = node.namespace.clone();
    if node.kind == Kind::Epic {
        needs.groups.insert(namespace.clone());
    }
    let labels = [&node.labels.enforced, &node.labels.shared, &node.labels.once];
    needs
        .labels
        .extend(labels.into_iter().flatten().map(|title| (namespace.clone(), title.clone())));
    needs.milestones.extend(node.milestone.iter().map(|title| (namespace.clone(), title.clone())));
    needs.users.extend(node.assignees.iter().flatten().cloned());
}

fn existing(scene: &Scene<'_>, node: &DesiredNode, needs: &mut Needs) {
    let Some(item) = scene.item(&node.key) else {
        return;
    };
    let namespace = item.reference.namespace.clone();
    if item.kind == Some(Kind::Epic) {
        needs.groups.insert(namespace.clone());
    }
    let update = decide(scene, node, item, For::Writing).update;
    needs.labels.extend(update.add_labels.into_iter().map(|title| (namespace.clone(), title)));
    needs.milestones.extend(update.milestone.flatten().map(|title| (namespace.clone(), title)));
    needs.users.extend(update.assignees.into_iter().flatten());
}

/// Announces the labels that will be created, and reports every title that is
/// missing and must not be.
pub fn settle(plan: &mut ToolPlan, found: &Found) {
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (namespace, title) in &plan.needs.labels {
        if !found.labels.contains_key(&(namespace.clone(), title.clone())) {
            missing.entry(title.clone()).or_default().insert(namespace.clone());
        }
    }
    let mut created = Vec::new();
    for (title, namespaces) in missing {
        match plan.desired.labels.iter().find(|rule| rule.title == title && rule.create) {
            Some(rule) => created.extend(new_labels(
                &namespaces,
                &plan.needs.groups,
                &title,
                rule.color.as_deref(),
            )),
            None => plan.notices.push(Notice {
                blocks: true,
                message: format!(
                    "the label {title:?} does not exist in {} or above",
                    list(&namespaces)
                ),
                hint:
                    "create it there, or let the blueprint create it with [[label]] create = true"
                        .into(),
            }),
        }
    }
    plan.changes.splice(0..0, created);
    for (namespace, title) in plan.needs.milestones.clone() {
        if !found.milestones.contains_key(&(namespace.clone(), title.clone())) {
            plan.notices.push(Notice {
                blocks: true,
                message: format!("the milestone {title:?} does not exist in {namespace} or above"),
                hint: "create it there, or take `milestone` out of the tool file".into(),
            });
        }
    }
    for user in plan.needs.users.clone() {
        if !found.users.contains_key(&user) {
            plan.notices.push(Notice {
                blocks: true,
                message: format!("there is no user @{user}"),
                hint: "correct the handle in the tool file or the owners file".into(),
            });
        }
    }
}

fn list(namespaces: &BTreeSet<String>) -> String {
    namespaces.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// One label for all namespaces below one top-level group: in the nearest group
/// above them all, or in the one namespace that wants it.
fn new_labels(
    namespaces: &BTreeSet<String>,
    groups: &BTreeSet<String>,
    title: &str,
    color: Option<&str>,
) -> Vec<Change> {
    let top = |path: &String| path.split('/').next().unwrap_or_default().to_owned();
    let mut by_top: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for namespace in namespaces {
        by_top.entry(top(namespace)).or_default().push(namespace);
    }
    by_top
        .into_values()
        .map(|namespaces| {
            let home = common_home(&namespaces, groups);
            Change {
                key: title.to_owned(),
                subject: Subject::Label,
                action: Action::Create,
                cause: Cause::New,
                title: title.to_owned(),
                reference: None,
                url: None,
                parent: None,
                namespace: home,
                depth: 0,
                fields: vec![FieldChange::new("color", Value::None, color.map(str::to_owned))],
                kept: Vec::new(),
                conflicts: Vec::new(),
            }
        })
        .collect()
}

fn common_home(namespaces: &[&String], groups: &BTreeSet<String>) -> String {
    if let [one] = namespaces {
        return (*one).clone();
    }
    let group_of = |path: &String| match groups.contains(path) {
        true => path.clone(),
        false => path.rsplit_once('/').map_or_else(|| path.clone(), |(group, _)| group.to_owned()),
    };
    let mut home: Vec<String> = group_of(namespaces[0]).split('/').map(str::to_owned).collect();
    for path in namespaces {
        let group = group_of(path);
        let common =
            home.iter().zip(group.split('/')).take_while(|(a, b)| a.as_str() == *b).count();
        home.truncate(common);
    }
    home.join("/")
}
