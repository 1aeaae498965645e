//! What a plan says: changes, their fields, and the sums.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::tree::{DesiredTree, Kind, Reference, TitleIn};

/// What is to be done with one item, label, comment or row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// Some of its fields are written.
    Update,
    /// People made it; it becomes ours.
    Adopt,
    /// It is closed: the files no longer want it, or it is done.
    Close,
    /// Something is said in its thread.
    Comment,
    /// Nothing but its base is written.
    Record,
    /// It waits: for an adoption above it, or because it cannot be settled.
    Wait,
    /// Nothing.
    None,
}

impl Action {
    /// One character for the margin of a plan.
    #[must_use]
    pub fn glyph(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Adopt => '=',
            Self::Close => '-',
            Self::Comment => '\u{bb}',
            Self::Record => '\u{b7}',
            Self::Wait => '?',
            Self::None => ' ',
        }
    }

    /// The word in machine-readable plans.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Close => "close",
            Self::Comment => "comment",
            Self::Record => "record",
            Self::Wait => "wait",
            Self::None => "none",
        }
    }
}

/// Which side moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It is new in the files.
    New,
    /// The files changed.
    SpecChanged,
    /// GitLab changed and the blueprint enforces the field.
    Drifted,
    /// A reference that was open has become known.
    Filled,
    /// The files no longer have it.
    Removed,
    /// It is a second item for its node, and nobody touched it.
    Duplicate,
    /// All that it asks for is done.
    Fulfilled,
    /// Nothing moved.
    None,
}

impl Cause {
    /// The word in machine-readable plans.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::SpecChanged => "spec-changed",
            Self::Drifted => "drifted",
            Self::Filled => "filled",
            Self::Removed => "removed",
            Self::Duplicate => "duplicate",
            Self::Fulfilled => "fulfilled",
            Self::None => "none",
        }
    }
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A work item.
    Node(Kind),
    /// A label in a namespace.
    Label,
    /// A comment on a work item.
    Comment,
    /// A row in a table of an item that people own.
    TableRow,
}

impl Subject {
    /// The word that plans use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node(kind) => kind.as_str(),
            Self::Label => "label",
            Self::Comment => "comment",
            Self::TableRow => "table-row",
        }
    }
}

/// A value as plans show it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Empty or absent.
    #[default]
    None,
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(u64),
    /// One or many lines.
    Text(String),
    /// A set.
    List(Vec<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        if list.is_empty() { Self::None } else { Self::List(list) }
    }
}

impl From<jiff::civil::Date> for Value {
    fn from(date: jiff::civil::Date) -> Self {
        Self::Text(date.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// One field, before and after; of a conflict, GitLab's side and the files'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// `title`, `body`, `labels`, …; of a table row, the column.
    pub name: String,
    /// What GitLab holds.
    pub before: Value,
    /// What it will hold, or what the files want.
    pub after: Value,
}

impl FieldChange {
    /// Names a field and its two values.
    pub fn new(name: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        Self { name: name.to_owned(), before: before.into(), after: after.into() }
    }
}

/// The difference of one node, label, comment or row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// A node's or comment's key, a label's title, or the item that holds the row.
    pub key: String,
    /// What it is about.
    pub subject: Subject,
    /// What is done.
    pub action: Action,
    /// Which side moved.
    pub cause: Cause,
    /// The title people know it by.
    pub title: String,
    /// Where it is, once it exists.
    pub reference: Option<Reference>,
    /// Where people look at it, once it exists.
    pub url: Option<String>,
    /// Key or reference of its parent.
    pub parent: Option<String>,
    /// Full path of the group or project it is or will be in.
    pub namespace: String,
    /// How deep it stands below the tool's first node.
    pub depth: usize,
    /// What is written.
    pub fields: Vec<FieldChange>,
    /// What people changed and keep.
    pub kept: Vec<FieldChange>,
    /// What both sides changed: reported until it is settled.
    pub conflicts: Vec<FieldChange>,
}

impl Change {
    /// User names of everyone whom this change would notify.
    #[must_use]
    pub fn notifies(&self) -> BTreeSet<&str> {
        fn names(value: &Value) -> BTreeSet<&str> {
            match value {
                Value::List(names) => names.iter().map(String::as_str).collect(),
                Value::None | Value::Flag(_) | Value::Number(_) | Value::Text(_) => BTreeSet::new(),
            }
        }
        let told = |field: &&FieldChange| matches!(field.name.as_str(), "assignees" | "mentions");
        self.fields
            .iter()
            .filter(told)
            .flat_map(|field| &names(&field.after) - &names(&field.before))
            .collect()
    }
}

/// Something people should know that is not a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Whether the tool cannot be applied while it stands.
    pub blocks: bool,
    /// One sentence without a full stop.
    pub message: String,
    /// The next step, without a full stop.
    pub hint: String,
}

/// Titles that must exist before the changes can be applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Labels by namespace and title.
    pub labels: BTreeSet<TitleIn>,
    /// Milestones by namespace and title.
    pub milestones: BTreeSet<TitleIn>,
    /// User names without `@`.
    pub users: BTreeSet<String>,
    /// Namespaces among those above that are groups.
    pub groups: BTreeSet<String>,
}

/// The difference of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolPlan {
    /// What the files want.
    pub desired: Arc<DesiredTree>,
    /// In tree order, comments below their nodes; labels first, rows last.
    pub changes: Vec<Change>,
    /// Open items that the files no longer want and that are left alone.
    pub orphans: Vec<Change>,
    /// What else people should know.
    pub notices: Vec<Notice>,
    /// Titles to look up.
    pub needs: Needs,
    /// Keys whose items may be written.
    pub touched: BTreeSet<NodeKey>,
    /// How many of the tool's items are open.
    pub open_items: usize,
    /// Nodes that the plan is about; `None` is all.
    pub selection: Option<BTreeSet<NodeKey>>,
    /// What would be done besides, were it about all.
    pub left_out: Summary,
}

/// The difference of all tools in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The instance, `sandbox`, or `offline`.
    pub target: String,
    /// Who the token acts as.
    pub caller: Option<String>,
    /// In the order of the files.
    pub tools: Vec<ToolPlan>,
}

/// The sums of one or more tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Items, labels and rows to create.
    pub create: usize,
    /// Items and rows to update.
    pub update: usize,
    /// Items to adopt, or proposed for it.
    pub adopt: usize,
    /// Items to close.
    pub close: usize,
    /// Comments to post.
    pub comment: usize,
    /// Items whose base alone is written.
    pub record: usize,
    /// Items with nothing to do.
    pub unchanged: usize,
    /// Fields that people changed and keep.
    pub drift: usize,
    /// Fields that both sides changed.
    pub conflict: usize,
    /// Open items that the files no longer want.
    pub orphan: usize,
}

impl Summary {
    /// Counts one more change.
    pub fn note(&mut self, action: Action) {
        match action {
            Action::Create => self.create += 1,
            Action::Update => self.update += 1,
            Action::Adopt => self.adopt += 1,
            Action::Close => self.close += 1,
            Action::Comment => self.comment += 1,
            Action::Record => self.record += 1,
            Action::Wait => {}
            Action::None => self.unchanged += 1,
        }
    }
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        let Self {
            create,
            update,
            adopt,
            close,
            comment,
            record,
            unchanged,
            drift,
            conflict,
            orphan,
        } = other;
        self.create += create;
        self.update += update;
        self.adopt += adopt;
        self.close += close;
        self.comment += comment;
        self.record += record;
        self.unchanged += unchanged;
        self.drift += drift;
        self.conflict += conflict;
        self.orphan += orphan;
    }
}

impl ToolPlan {
    /// The plan of a tool that could not be looked at: nothing is done, and it says why.
    #[must_use]
    pub fn failed(desired: &Arc<DesiredTree>, why: Notice) -> Self {
        Self {
            desired: desired.clone(),
            changes: Vec::new(),
            orphans: Vec::new(),
            notices: vec![why],
            needs: Needs::default(),
            touched: BTreeSet::new(),
            open_items: 0,
            selection: None,
            left_out: Summary::default(),
        }
    }

    /// Why nothing could be planned, if that is so.
    #[must_use]
    pub fn failure(&self) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.blocks && self.changes.is_empty())
    }

    /// Tells whether something stands in the way of applying it.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.notices.iter().any(|notice| notice.blocks)
    }

    /// The sums of this tool.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = Summary { orphan: self.orphans.len(), ..Summary::default() };
        for change in &self.changes {
            sum.drift += change.kept.len();
            sum.conflict += change.conflicts.len();
            sum.note(change.action);
        }
        sum.adopt += self.proposals().count();
        sum
    }

    /// Items that could be adopted and are not, for want of `--adopt`.
    pub fn proposals(&self) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(|change| change.action == Action::Wait && change.reference.is_some())
    }

    /// User names of everyone whom an apply would notify: those newly assigned or mentioned.
    #[must_use]
    pub fn notifies(&self) -> BTreeSet<&str> {
        self.changes.iter().flat_map(Change::notifies).collect()
    }

    /// The change of a node.
    #[must_use]
    pub fn change(&self, key: &NodeKey) -> Option<&Change> {
        self.changes.iter().find(|change| change.key == key.as_str())
    }

    /// Tells whether an apply would write anything, a base alone included.
    #[must_use]
    pub fn writes(&self) -> bool {
        let Summary { create, update, adopt: _, close, comment, record, .. } = self.summary();
        create + update + close + comment + record > 0
            || self.changes.iter().any(|change| change.action == Action::Adopt)
    }

    /// Tells whether people have to decide something.
    #[must_use]
    pub fn undecided(&self) -> bool {
        self.summary().conflict > 0 || self.proposals().next().is_some()
    }
}

impl Plan {
    /// Tells whether something stands in the way of applying one of its tools.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.tools.iter().any(ToolPlan::blocked)
    }

    /// The plan of those tools in whose way nothing stands: one that fails stops no other.
    #[must_use]
    pub fn unblocked(&self) -> Self {
        let tools = self.tools.iter().filter(|tool| !tool.blocked()).cloned().collect();
        Self { tools, ..self.clone() }
    }

    /// The sums of all tools.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = Summary::default();
        for tool in &self.tools {
            sum += tool.summary();
        }
        sum
    }

    /// User names of everyone whom an apply would notify.
    #[must_use]
    pub fn notifies(&self) -> BTreeSet<&str> {
        self.tools.iter().flat_map(ToolPlan::notifies).collect()
    }

    /// Tells whether an apply would write something other than a base.
    #[must_use]
    pub fn pending(&self) -> bool {
        let Summary { create, update, close, comment, .. } = self.summary();
        let adopts =
            || self.tools.iter().flat_map(|t| &t.changes).any(|c| c.action == Action::Adopt);
        create + update + close + comment > 0 || adopts()
    }

    /// Tells whether an apply would write anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.tools.iter().any(ToolPlan::writes)
    }
}
