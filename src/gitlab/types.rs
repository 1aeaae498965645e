//! The shapes of answers, and how they become the items of `tree`.
//!
//! Everything the schema lets be null is an `Option`; a widget is one struct
//! with the fields of all, so that a type unknown here is simply empty.

use jiff::civil::Date;
use serde::Deserialize;

use crate::tree::{Item, Kind, Label, Link, LinkKind, Reference, WorkItemId, usernames};

use super::kinds::kind_of;
use super::page::Connection;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawId {
    pub(super) id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawNamed {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawUser {
    pub(super) id: Option<String>,
    pub(super) username: Option<String>,
    pub(super) bot: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawType {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) icon_name: Option<String>,
    pub(super) widget_definitions: Option<Vec<RawWidgetDefinition>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawWidgetDefinition {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawLink {
    link_type: Option<String>,
    work_item_state: Option<String>,
    work_item: Option<RawId>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawItemPermissions {
    update_work_item: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawNote {
    pub(super) id: Option<String>,
    pub(super) body: Option<String>,
    pub(super) system: Option<bool>,
    pub(super) author: Option<RawUser>,
    pub(super) discussion: Option<RawId>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawDiscussion {
    pub(super) id: Option<String>,
    pub(super) notes: Option<Connection<RawNote>>,
}

/// The fields of all widgets that are asked for; those of other types stay empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawWidget {
    pub(super) parent: Option<RawId>,
    pub(super) children: Option<Connection<RawItem>>,
    pub(super) labels: Option<Connection<RawNamed>>,
    pub(super) assignees: Option<Connection<RawUser>>,
    pub(super) linked_items: Option<Connection<RawLink>>,
    pub(super) discussions: Option<Connection<RawDiscussion>>,
    milestone: Option<RawNamed>,
    start_date: Option<String>,
    due_date: Option<String>,
    is_fixed: Option<bool>,
    weight: Option<i64>,
}

/// A work item as an answer shows it, or as much of it as was asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawItem {
    id: Option<String>,
    title: Option<String>,
    description: Option<String>,
    state: Option<String>,
    confidential: Option<bool>,
    lock_version: Option<i64>,
    reference: Option<String>,
    web_url: Option<String>,
    moved_to_work_item_url: Option<String>,
    promoted_to_epic_url: Option<String>,
    author: Option<RawUser>,
    user_permissions: Option<RawItemPermissions>,
    work_item_type: Option<RawType>,
    widgets: Option<Vec<Option<RawWidget>>>,
}

/// The lists of an item that may be longer than one page.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    pub(super) labels: Vec<Label>,
    pub(super) assignees: Vec<String>,
    pub(super) links: Vec<Link>,
}

impl RawItem {
    /// The widgets that were answered.
    pub(super) fn into_widgets(self) -> Vec<RawWidget> {
        self.widgets.unwrap_or_default().into_iter().flatten().collect()
    }

    /// Whether one of its lists goes on after the first page.
    pub(super) fn is_cut(&self) -> bool {
        self.widgets.iter().flatten().flatten().any(|widget| {
            widget.labels.as_ref().is_some_and(Connection::more)
                || widget.assignees.as_ref().is_some_and(Connection::more)
                || widget.linked_items.as_ref().is_some_and(Connection::more)
        })
    }

    /// Makes the item; the error says which field is missing or odd.
    pub(super) fn into_item(self) -> Result<Item, String> {
        let id = self.id.as_deref().and_then(WorkItemId::parse).ok_or("no work item id")?;
        let reference = self
            .reference
            .as_deref()
            .and_then(Reference::parse)
            .ok_or_else(|| format!("{} has no full reference", id.as_str()))?;
        let open = match self.state.as_deref() {
            Some("OPEN") => true,
            Some("CLOSED") => false,
            _ => return Err(format!("{reference} is in no known state")),
        };
        let kind = self.work_item_type.as_ref().and_then(kind_of);
        let mut item = Item {
            id,
            reference,
            url: self.web_url.clone().unwrap_or_default(),
            kind,
            title: self.title.clone().unwrap_or_default(),
            description: self.description.clone().unwrap_or_default(),
            open,
            confidential: self.confidential.unwrap_or_default(),
            labels: Vec::new(),
            parent: None,
            weight: None,
            milestone: None,
            assignees: Vec::new(),
            start: None,
            due: None,
            lock_version: self.lock_version.and_then(|n| n.try_into().ok()).unwrap_or_default(),
            moved_to: self
                .moved_to_work_item_url
                .clone()
                .or_else(|| self.promoted_to_epic_url.clone()),
            links: Vec::new(),
            author: self.author.as_ref().and_then(|user| user.username.clone()).unwrap_or_default(),
            can_update: self
                .user_permissions
                .as_ref()
                .and_then(|p| p.update_work_item)
                .unwrap_or_default(),
        };
        let mut lists = Lists::default();
        for widget in self.into_widgets() {
            fill(&mut item, &widget);
            lists.add(widget);
        }
        lists.put_into(&mut item);
        Ok(item)
    }
}

/// Takes over the single values of one widget.
fn fill(item: &mut Item, widget: &RawWidget) {
    let parent = widget.parent.as_ref().and_then(|parent| parent.id.as_deref());
    if let Some(parent) = parent.and_then(WorkItemId::parse) {
        item.parent = Some(parent);
    }
    if let Some(weight) = widget.weight.and_then(|n| u64::try_from(n).ok()) {
        item.weight = Some(weight);
    }
    if let Some(milestone) = &widget.milestone {
        item.milestone.clone_from(&milestone.title);
    }
    // The dates of an epic that are not fixed are rolled up from below: nobody set them.
    if widget.is_fixed == Some(true) || item.kind != Some(Kind::Epic) {
        item.start = item.start.or_else(|| date(widget.start_date.as_deref()));
        item.due = item.due.or_else(|| date(widget.due_date.as_deref()));
    }
}

fn date(text: Option<&str>) -> Option<Date> {
    text?.parse().ok()
}

impl Lists {
    /// Adds the pages of one widget; answers the cursors of labels, assignees and links.
    pub(super) fn add(&mut self, widget: RawWidget) -> [Option<String>; 3] {
        let page = |connection: Option<Connection<RawNamed>>| {
            connection.map(Connection::into_page).unwrap_or_default()
        };
        let (labels, more_labels) = page(widget.labels);
        let (users, more_users) = widget.assignees.map(Connection::into_page).unwrap_or_default();
        let (links, more_links) =
            widget.linked_items.map(Connection::into_page).unwrap_or_default();
        self.labels.extend(labels.into_iter().filter_map(label));
        self.assignees.extend(users.into_iter().filter_map(|user| user.username));
        self.links.extend(links.into_iter().filter_map(link));
        [more_labels, more_users, more_links]
    }

    /// Appends a page of labels, assignees and links, of those that are still open.
    pub(super) fn append(&mut self, page: Self, [labels, assignees, links]: [bool; 3]) {
        self.labels.extend(page.labels.into_iter().filter(|_| labels));
        self.assignees.extend(page.assignees.into_iter().filter(|_| assignees));
        self.links.extend(page.links.into_iter().filter(|_| links));
    }

    /// Puts the whole lists into an item, in a fixed order.
    pub(super) fn put_into(self, item: &mut Item) {
        let Self { mut labels, assignees, mut links } = self;
        labels.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
        labels.dedup();
        links.sort_by(|a, b| (a.kind, &a.to).cmp(&(b.kind, &b.to)));
        item.labels = labels;
        item.assignees = usernames(&assignees);
        item.links = links;
    }
}

fn label(raw: RawNamed) -> Option<Label> {
    Some(Label { id: raw.id?, title: raw.title? })
}

fn link(raw: RawLink) -> Option<Link> {
    let kind = match raw.link_type.as_deref()? {
        "relates_to" => LinkKind::Related,
        "blocks" => LinkKind::Blocks,
        "is_blocked_by" => LinkKind::BlockedBy,
        _ => return None,
    };
    let id = raw.work_item.and_then(|item| item.id);
    let open = raw.work_item_state.as_deref() != Some("CLOSED");
    Some(Link { kind, to: id.as_deref().and_then(WorkItemId::parse), open })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn raw(value: Value) -> RawItem {
        serde_json::from_value(value).unwrap()
    }

    fn epic(widgets: Value) -> Value {
        json!({
            "id": "gid://gitlab/WorkItem/7", "title": "T", "description": null, "state": "OPEN",
            "confidential": true, "lockVersion": 3, "reference": "a/b&4", "webUrl": "https://x/4",
            "author": { "username": "ana" }, "userPermissions": { "updateWorkItem": true },
            "workItemType": { "id": "gid://gitlab/WorkItems::Type/8", "name": "Epic", "iconName": "work-item-epic" },
            "movedToWorkItemUrl": null, "promotedToEpicUrl": null, "widgets": widgets
        })
    }

    #[test]
    fn an_item_is_gathered_from_its_widgets() {
        let item = raw(epic(json!([
            {},
            null,
            { "parent": { "id": "gid://gitlab/WorkItem/1" } },
            { "labels": { "nodes": [
                { "id": "gid://gitlab/GroupLabel/2", "title": "b" }, null,
                { "id": "gid://gitlab/GroupLabel/1", "title": "a" }
            ], "pageInfo": { "hasNextPage": false } } },
            { "assignees": { "nodes": [{ "username": "zoe" }, { "username": "bob" }] } },
            { "milestone": { "title": "18.7" } },
            { "weight": 3 },
            { "linkedItems": { "nodes": [
                { "linkType": "blocks", "workItem": null },
                { "linkType": "relates_to", "workItemState": "CLOSED", "workItem": { "id": "gid://gitlab/WorkItem/9" } },
                { "linkType": "new_kind", "workItem": null }
            ] } }
        ])))
        .into_item()
        .unwrap();
        assert_eq!(item.parent, Some(WorkItemId::from_number(1)));
        assert_eq!(item.labels.iter().map(|l| l.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(item.assignees, ["bob", "zoe"]);
        assert_eq!(item.milestone.as_deref(), Some("18.7"));
        assert_eq!((item.weight, item.lock_version, item.kind), (Some(3), 3, Some(Kind::Epic)));
        assert_eq!(
            item.links,
            [
                Link { kind: LinkKind::Related, to: Some(WorkItemId::from_number(9)), open: false },
                Link { kind: LinkKind::Blocks, to: None, open: true }
            ]
        );
        assert!(item.can_update && item.confidential && item.open);
    }

    #[test]
    fn dates_that_an_epic_rolls_up_are_not_its_own() {
        let dates =
            |fixed: bool| json!([{ "startDate": "2027-01-02", "dueDate": null, "isFixed": fixed }]);
        let day = "2027-01-02".parse().ok();
        assert_eq!(raw(epic(dates(false))).into_item().unwrap().start, None);
        assert_eq!(raw(epic(dates(true))).into_item().unwrap().start, day);
        let mut issue = epic(dates(false));
        issue["workItemType"] = json!({ "id": "gid://gitlab/WorkItems::Type/1", "name": "Issue" });
        assert_eq!(raw(issue).into_item().unwrap().start, day);
    }

    #[test]
    fn an_item_that_moved_says_where() {
        let mut moved = epic(json!([]));
        moved["promotedToEpicUrl"] = json!("https://x/groups/a/-/epics/1");
        moved["duplicatedToWorkItemUrl"] = json!("https://x/other");
        let item = raw(moved).into_item().unwrap();
        assert_eq!(item.moved_to.as_deref(), Some("https://x/groups/a/-/epics/1"));
    }

    #[test]
    fn an_item_with_a_further_page_is_cut() {
        let more = json!([{ "labels": { "nodes": [], "pageInfo": { "hasNextPage": true } } }]);
        assert!(raw(epic(more)).is_cut());
        assert!(!raw(epic(json!([]))).is_cut());
    }

    #[test]
    fn an_item_without_identity_or_state_is_an_error_not_a_guess() {
        for field in ["id", "reference", "state"] {
            let mut value = epic(json!([]));
            value[field] = Value::Null;
            assert!(raw(value).into_item().is_err(), "{field}");
        }
    }

    /// Every place in a JSON value, as a pointer.
    fn places(value: &Value, here: &str, all: &mut Vec<String>) {
        all.push(here.to_owned());
        match value {
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, value)| places(value, &format!("{here}/{name}"), all)),
            Value::Array(values) => {
                values
                    .iter()
                    .enumerate()
                    .for_each(|(i, value)| places(value, &format!("{here}/{i}"), all));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn an_item_with_any_field_replaced_by_anything_never_panics() {
        let page = |node: Value| json!({ "nodes": [node], "pageInfo": { "hasNextPage": true, "endCursor": "c" } });
        let whole = epic(json!([
            { "parent": { "id": "gid://gitlab/WorkItem/1" }, "weight": 3, "milestone": { "title": "18.7" } },
            { "labels": page(json!({ "id": "gid://gitlab/GroupLabel/2", "title": "b" })) },
            { "assignees": page(json!({ "username": "zoe" })) },
            { "startDate": "2027-01-02", "dueDate": "2027-01-03", "isFixed": true },
            { "linkedItems": page(json!({ "linkType": "blocks", "workItem": { "id": "gid://gitlab/WorkItem/9" } })) }
        ]));
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        let odd = [
            json!(null),
            json!(-1),
            json!(1e300),
            json!(""),
            json!("gid://gitlab/WorkItem/x"),
            json!([]),
            json!({}),
            json!(true),
        ];
        for place in &all {
            for odd in &odd {
                let mut value = whole.clone();
                *value.pointer_mut(place).unwrap() = odd.clone();
                if let Ok(raw) = serde_json::from_value::<RawItem>(value) {
                    let _ = raw.is_cut();
                    let _ = raw.into_item();
                }
            }
        }
        assert!(all.len() > 40);
    }
}
