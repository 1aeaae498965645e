//! What names a work item: its kind, its reference, its id.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The type of a work item that epictree creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An epic: lives in a group.
    Epic,
    /// An issue: lives in a project.
    Issue,
    /// A task: lives in a project, under an issue.
    Task,
}

impl Kind {
    /// The word that files, plans and errors use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epic => "epic",
            Self::Issue => "issue",
            Self::Task => "task",
        }
    }

    /// The kind a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Epic, Self::Issue, Self::Task].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A full reference: `group/subgroup&12` or `group/project#34`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// Full path of the group or project.
    pub namespace: String,
    /// `&` for epics, `#` for everything else.
    pub sigil: char,
    /// The number within the namespace.
    pub iid: u64,
}

impl Reference {
    /// Parses a full reference; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.find(['&', '#'])?;
        let (namespace, rest) = text.split_at(at);
        let sigil = rest.chars().next()?;
        let digits = &rest[1..];
        let iid = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
        (is_path(namespace) && iid > 0).then(|| Self {
            namespace: namespace.to_owned(),
            sigil,
            iid,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.namespace, self.sigil, self.iid)
    }
}

impl TryFrom<String> for Reference {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no full reference"))
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

/// Tells whether a text is a full path of a group or project: segments of
/// letters, digits, `_`, `-` and `.`, joined by `/`.
#[must_use]
pub fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 500
        && text.split('/').all(|segment| {
            !segment.is_empty()
                && !segment.starts_with(['.', '-'])
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        })
}

/// User names as they are compared, sorted: GitLab takes small and capital letters as one.
#[must_use]
pub fn usernames<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let small = |name: &String| name.trim_start_matches('@').to_ascii_lowercase();
    let names: BTreeSet<String> = names.into_iter().map(small).collect();
    names.into_iter().collect()
}

/// A work item's global id, `gid://gitlab/WorkItem/42`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkItemId(String);

impl WorkItemId {
    /// Takes a global id as GitLab sent it; `None` if it is not a work item's.
    #[must_use]
    pub fn parse(gid: &str) -> Option<Self> {
        let number = gid.strip_prefix("gid://gitlab/WorkItem/")?;
        // One spelling: ids are told apart as texts and ordered as numbers.
        number.parse().ok().map(Self::from_number)
    }

    /// Makes the id of a number, as records keep it.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(format!("gid://gitlab/WorkItem/{number}"))
    }

    /// The number within the instance.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or_default()
    }

    /// The whole global id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WorkItemId {
    type Error = String;

    fn try_from(gid: String) -> Result<Self, String> {
        Self::parse(&gid).ok_or_else(|| format!("{gid:?} is no global id of a work item"))
    }
}

impl From<WorkItemId> for String {
    fn from(id: WorkItemId) -> Self {
        id.0
    }
}

impl PartialOrd for WorkItemId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Ids are ordered by number: of two siblings with one key the smaller is the elder.
impl Ord for WorkItemId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}
