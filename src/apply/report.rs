//! What came of an apply.

use crate::plan::Subject;
use crate::plan::change::Summary;

/// What came of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was created.
    Created,
    /// Its fields were written.
    Updated,
    /// It became ours.
    Adopted,
    /// Nothing but its base was written.
    Recorded,
    /// It was closed.
    Closed,
    /// It was posted.
    Posted,
    /// GitLab already held what was wanted.
    Done,
    /// It moved since the plan and was left alone.
    Moved,
    /// It was not tried, for this reason.
    Skipped(String),
    /// It failed: what went wrong, and the next step.
    Failed(String, String),
}

impl Outcome {
    /// The word that reports use.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Adopted => "adopted",
            Self::Recorded => "recorded",
            Self::Closed => "closed",
            Self::Posted => "posted",
            Self::Done => "already there",
            Self::Moved => "moved since the plan",
            Self::Skipped(_) => "skipped",
            Self::Failed(..) => "failed",
        }
    }

    /// Tells whether GitLab was changed.
    #[must_use]
    pub fn wrote(&self) -> bool {
        matches!(
            self,
            Self::Created
                | Self::Updated
                | Self::Adopted
                | Self::Recorded
                | Self::Closed
                | Self::Posted
        )
    }
}

/// One change and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The tool's id.
    pub tool: String,
    /// The change's key.
    pub key: String,
    /// What it is about.
    pub subject: Subject,
    /// The title people know it by.
    pub title: String,
    /// Where people look at it.
    pub url: Option<String>,
    /// Its reference, once it exists.
    pub reference: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What happens while a plan is carried out.
#[derive(Debug)]
pub enum Event<'a> {
    /// A change is done, one way or another.
    Finished(&'a Line),
}

/// What came of a whole apply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// One line a change, in the order they were finished.
    pub lines: Vec<Line>,
    /// What people should know although it worked.
    pub warnings: Vec<String>,
    /// Whether it was cut short by the user.
    pub interrupted: bool,
    /// What was not come to.
    pub left: Summary,
}

impl Report {
    /// Counts the lines with an outcome.
    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.lines.iter().filter(|line| is(&line.outcome)).count()
    }

    /// Tells whether a change failed or was skipped.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.count(|o| matches!(o, Outcome::Failed(..) | Outcome::Skipped(_))) > 0
    }

    /// Tells whether an item moved since the plan.
    #[must_use]
    pub fn moved(&self) -> bool {
        self.count(|o| *o == Outcome::Moved) > 0
    }

    /// Tells whether GitLab was changed.
    #[must_use]
    pub fn wrote(&self) -> bool {
        self.count(Outcome::wrote) > 0
    }
}
