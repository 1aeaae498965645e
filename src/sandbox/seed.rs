//! What a sandbox starts with, and what its licence gives. Plain data: how it becomes rows is the
//! business of `sow`.

use serde::{Deserialize, Serialize};

/// What exists in the sandbox from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seed {
    /// Version and licence to play.
    pub edition: Edition,
    /// Full paths of groups; ancestors come by themselves.
    pub groups: Vec<String>,
    /// Full paths of projects; their groups come by themselves.
    pub projects: Vec<String>,
    /// Labels of groups and projects.
    pub labels: Vec<SeedLabel>,
    /// Usernames.
    pub users: Vec<String>,
    /// Milestones of groups and projects.
    pub milestones: Vec<SeedMilestone>,
    /// Epics and issues.
    pub items: Vec<SeedItem>,
    /// Username that the token `sandbox` acts as.
    pub bot: String,
    /// Namespaces, with all below them, that callers may read but not write.
    pub read_only: Vec<String>,
    /// Namespaces, with all below them, that callers cannot see.
    pub hidden: Vec<String>,
    /// Added to the stock number of every work item type.
    pub type_ids_offset: u64,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            edition: Edition::ultimate(),
            groups: Vec::new(),
            projects: Vec::new(),
            labels: Vec::new(),
            users: Vec::new(),
            milestones: Vec::new(),
            items: Vec::new(),
            bot: "sandbox-bot".to_owned(),
            read_only: Vec::new(),
            hidden: Vec::new(),
            type_ids_offset: 0,
        }
    }
}

/// A label to seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedLabel {
    /// Full path of its group or project.
    pub namespace: String,
    /// Its title.
    pub title: String,
    /// Its colour, such as `#6699cc`.
    pub color: String,
}

/// A milestone to seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedMilestone {
    /// Full path of its group or project.
    pub namespace: String,
    /// Its title.
    pub title: String,
}

/// An epic (`group&291`) or issue (`group/project#12`) to seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedItem {
    /// Its full reference; `&` makes an epic, `#` an issue.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Its description, stored as it stands.
    pub description: String,
    /// Full reference of its parent, which must exist or stand earlier in the list.
    pub parent: Option<String>,
    /// Titles of labels that its namespace can use; a missing one is made there.
    pub labels: Vec<String>,
}

/// Which GitLab the sandbox plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// As in `metadata.version`, such as `18.4.0-ee`.
    pub version: String,
    /// Whether it is an Enterprise build, licensed or not.
    pub enterprise: bool,
    /// Whether epics are licensed.
    pub epics: bool,
    /// Whether epics under epics (and health status) are licensed.
    pub subepics: bool,
    /// Whether scoped labels exclude each other.
    pub scoped_labels: bool,
    /// Whether items can block items.
    pub blocked: bool,
    /// Whether items have weights.
    pub weights: bool,
}

impl Edition {
    /// Returns an Enterprise build with everything.
    pub fn ultimate() -> Self {
        Self {
            version: "18.4.0-ee".to_owned(),
            enterprise: true,
            epics: true,
            subepics: true,
            scoped_labels: true,
            blocked: true,
            weights: true,
        }
    }

    /// Returns an Enterprise build with epics, but none below another.
    pub fn premium() -> Self {
        Self { subepics: false, ..Self::ultimate() }
    }

    /// Returns an Enterprise build without a licence.
    pub fn free() -> Self {
        Self {
            epics: false,
            subepics: false,
            scoped_labels: false,
            blocked: false,
            weights: false,
            ..Self::ultimate()
        }
    }

    /// Returns a Community build.
    pub fn community() -> Self {
        Self { version: "18.4.0".to_owned(), enterprise: false, ..Self::free() }
    }

    /// Tells whether health status is licensed: it comes with the plan that has sub-epics.
    pub(super) fn health(&self) -> bool {
        self.subepics
    }
}

impl Default for Edition {
    fn default() -> Self {
        Self::ultimate()
    }
}
