//! The rows of the small GitLab and the world that holds them. Must not know of requests, rules
//! or files.
//!
//! Rows are shared between worlds, so a clone of a whole world is cheap: a mutation works on a
//! clone, and what it changed is found by comparing row pointers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Number of a row.
pub(super) type Id = u64;

/// Seconds of the sandbox's own clock since it was created.
pub(super) type Tick = u64;

/// Rows of one kind by number.
#[derive(Debug)]
pub(super) struct Table<T>(BTreeMap<Id, Arc<T>>);

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Table<T> {
    /// Returns a row.
    pub(super) fn get(&self, id: Id) -> Option<&T> {
        self.0.get(&id).map(Arc::as_ref)
    }

    /// Walks all rows by ascending number.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Id, &T)> {
        self.0.iter().map(|(id, row)| (*id, row.as_ref()))
    }

    /// Tells whether there is no row.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number that the next row gets; the first is `base`.
    pub(super) fn next_id(&self, base: Id) -> Id {
        self.0.last_key_value().map_or(base, |(id, _)| id + 1)
    }

    /// Puts a row in.
    pub(super) fn put(&mut self, id: Id, row: T) {
        self.0.insert(id, Arc::new(row));
    }

    /// Returns the rows of `self` that `before` does not share.
    fn changes_since(&self, before: &Self) -> Self {
        let changed =
            |(id, row): &(&Id, &Arc<T>)| !before.0.get(id).is_some_and(|old| Arc::ptr_eq(old, row));
        Self(self.0.iter().filter(changed).map(|(id, row)| (*id, Arc::clone(row))).collect())
    }
}

impl<T: Clone> Table<T> {
    /// Returns a row to change; the other worlds keep theirs.
    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.0.get_mut(&id).map(Arc::make_mut)
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = BTreeMap::<Id, T>::deserialize(deserializer)?;
        Ok(Self(rows.into_iter().map(|(id, row)| (id, Arc::new(row))).collect()))
    }
}

/// Tells whether a field need not be written.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// All that exists. Also the form of a change: the rows that are new or different.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct World {
    /// How many mutations made it.
    pub(super) sequence: u64,
    /// What the clock says.
    pub(super) clock: Tick,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) places: Table<Place>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) users: Table<User>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) labels: Table<Label>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) milestones: Table<Milestone>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) items: Table<Item>,
    /// What descriptions said before they were saved anew.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) texts: Table<String>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) notifications: Table<Notification>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub(super) quick_actions: Table<QuickActionRun>,
}

impl World {
    /// Returns what turns `before` into `self`.
    pub(super) fn changes_since(&self, before: &Self) -> Self {
        Self {
            sequence: self.sequence,
            clock: self.clock,
            places: self.places.changes_since(&before.places),
            users: self.users.changes_since(&before.users),
            labels: self.labels.changes_since(&before.labels),
            milestones: self.milestones.changes_since(&before.milestones),
            items: self.items.changes_since(&before.items),
            texts: self.texts.changes_since(&before.texts),
            notifications: self.notifications.changes_since(&before.notifications),
            quick_actions: self.quick_actions.changes_since(&before.quick_actions),
        }
    }

    /// Takes the rows of a change in.
    pub(super) fn take_in(&mut self, change: Self) {
        self.sequence = change.sequence;
        self.clock = change.clock;
        self.places.0.extend(change.places.0);
        self.users.0.extend(change.users.0);
        self.labels.0.extend(change.labels.0);
        self.milestones.0.extend(change.milestones.0);
        self.items.0.extend(change.items.0);
        self.texts.0.extend(change.texts.0);
        self.notifications.0.extend(change.notifications.0);
        self.quick_actions.0.extend(change.quick_actions.0);
    }

    /// Tells whether the change holds no row.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
            && self.users.is_empty()
            && self.labels.is_empty()
            && self.milestones.is_empty()
            && self.items.is_empty()
            && self.texts.is_empty()
            && self.notifications.is_empty()
            && self.quick_actions.is_empty()
    }

    /// Finds a person by username.
    pub(super) fn user_named(&self, username: &str) -> Option<Id> {
        self.users
            .iter()
            .find(|(_, user)| user.username.eq_ignore_ascii_case(username))
            .map(|(id, _)| id)
    }

    /// Finds a group or project by full path.
    pub(super) fn place_at(&self, path: &str) -> Option<Id> {
        self.places
            .iter()
            .find(|(_, place)| place.path.eq_ignore_ascii_case(path))
            .map(|(id, _)| id)
    }

    /// Finds an item by its number within a place.
    pub(super) fn item_at(&self, place: Id, iid: u64) -> Option<Id> {
        self.items.iter().find(|(_, item)| item.place == place && item.iid == iid).map(|(id, _)| id)
    }
}

/// Whether a place is a group or a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PlaceKind {
    Group,
    Project,
}

/// A group or a project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) kind: PlaceKind,
    pub(super) path: String,
    pub(super) last_iid: u64,
}

impl Place {
    /// Returns the last segment of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&*self.path, |(_, name)| name)
    }
}

/// A person or a bot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) username: String,
    pub(super) bot: bool,
}

/// A label of one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) place: Id,
    pub(super) title: String,
    pub(super) color: String,
    pub(super) description: Option<String>,
    pub(super) at: Tick,
}

impl Label {
    /// Returns the scope of a `scope::name` label.
    pub(super) fn scope(&self) -> Option<&str> {
        self.title.rsplit_once("::").map(|(scope, _)| scope)
    }
}

/// A milestone of one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Milestone {
    pub(super) place: Id,
    pub(super) title: String,
    pub(super) at: Tick,
}

/// The type of a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    Issue,
    Incident,
    Task,
    Epic,
}

/// A work item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) iid: u64,
    pub(super) place: Id,
    pub(super) kind: Kind,
    pub(super) title: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) description: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) closed_at: Option<Tick>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) confidential: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) lock_version: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) labels: Vec<Id>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) parent: Option<Id>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) children: Vec<Id>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) weight: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) health: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) milestone: Option<Id>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) start: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) due: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) fixed_dates: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) assignees: Vec<Id>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) links: Vec<Link>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) notes: Vec<Note>,
    pub(super) author: Id,
    pub(super) created_at: Tick,
    pub(super) updated_at: Tick,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) edits: Vec<TextEdit>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) moved_to: Option<Id>,
}

/// A save of the description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TextEdit {
    pub(super) by: Id,
    pub(super) at: Tick,
    /// The row of the text before, if the save changed it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) before: Option<Id>,
}

/// How one item stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LinkKind {
    Related,
    Blocks,
    BlockedBy,
}

impl LinkKind {
    /// Returns the same link seen from the other end.
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Related => Self::Related,
            Self::Blocks => Self::BlockedBy,
            Self::BlockedBy => Self::Blocks,
        }
    }

    /// Returns the word that GitLab answers with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Related => "relates_to",
            Self::Blocks => "blocks",
            Self::BlockedBy => "is_blocked_by",
        }
    }
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) id: Id,
    pub(super) to: Id,
    pub(super) kind: LinkKind,
    pub(super) at: Tick,
}

/// A comment, or a note that GitLab itself wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) id: Id,
    pub(super) thread: Id,
    pub(super) body: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) system: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) internal: bool,
    pub(super) author: Id,
    pub(super) at: Tick,
}

/// A person was told of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Username, or full path of a mentioned group.
    pub user: String,
    /// Full reference of the item.
    pub item: String,
    /// `mentioned in description` or `mentioned in comment`.
    pub cause: String,
    /// Username of the writer.
    #[serde(default)]
    pub by: String,
    /// Second of the sandbox's clock.
    #[serde(default)]
    pub at: u64,
}

/// GitLab found a quick action in a text, cut it out, and maybe did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickActionRun {
    /// Username of the writer.
    pub user: String,
    /// Full reference of the item.
    pub item: String,
    /// The line as written.
    pub command: String,
    /// Second of the sandbox's clock.
    #[serde(default)]
    pub at: u64,
}
