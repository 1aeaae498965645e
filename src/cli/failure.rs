//! How a command ends: an exit code, and what went wrong in one sentence with the next step.

use crate::gitlab::GitlabError;
use crate::observe::ObserveError;
use crate::plan::change::Notice;
use crate::plan::saved::SavedError;
use crate::sandbox::SandboxError;

/// The exit codes, the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// `plan --detailed-exitcode`: changes are pending.
    Pending = 2,
    /// Conflicts or adoptions are left for people.
    Undecided = 3,
    /// Items moved since the plan.
    Moved = 4,
    /// Applied in part.
    Partly = 5,
    /// Wrong usage.
    Usage = 64,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// All of them, the first that applies first.
    pub(super) const ALL: [Self; 8] = [
        Self::Interrupted,
        Self::Usage,
        Self::Failed,
        Self::Partly,
        Self::Moved,
        Self::Undecided,
        Self::Pending,
        Self::Done,
    ];
    /// Those of a command that asks no GitLab.
    pub(super) const OFFLINE: [Self; 3] = [Self::Usage, Self::Failed, Self::Done];

    /// What it tells whoever ran the command.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "failed",
            Self::Pending => "changes pending (plan --detailed-exitcode only)",
            Self::Undecided => "conflicts or adoptions are left",
            Self::Moved => "items moved since the plan",
            Self::Partly => "applied in part; the same command finishes the work",
            Self::Usage => "wrong usage",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Why a command stopped.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong, without a full stop; empty when it was already said.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

impl Failure {
    /// Fails with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into(), hint: None }
    }

    /// Ends with a code after everything was said.
    #[must_use]
    pub fn said(exit: Exit) -> Self {
        Self { exit, message: String::new(), hint: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends with another exit code.
    #[must_use]
    pub fn ends_with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl From<Failure> for Notice {
    fn from(Failure { exit: _, message, hint }: Failure) -> Self {
        Self { blocks: true, message, hint: hint.unwrap_or_default() }
    }
}

impl From<&Notice> for Failure {
    fn from(Notice { blocks: _, message, hint }: &Notice) -> Self {
        Self::new(message).hint(hint)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::Interrupted => {
                Self::new("interrupted, and nothing was written").ends_with(Exit::Interrupted)
            }
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<GitlabError> for Failure {
    fn from(error: GitlabError) -> Self {
        Self::new(error.to_string()).hint(error.hint())
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self { hint, ..Self::new(error.to_string()) }
    }
}

impl From<SavedError> for Failure {
    fn from(error: SavedError) -> Self {
        let hint = match &error {
            SavedError::Foreign => "name a file that `plan --out` or `plan --snapshot` wrote",
            SavedError::Kind(..) => {
                "`plan --out` saves plans, which `apply --plan` carries out; `plan --snapshot` saves snapshots for `plan --against`"
            }
            SavedError::Version(_) => "use the epictree that saved it, or save it anew",
            SavedError::Changed | SavedError::Large | SavedError::Content(_) => {
                "get it again from where it was saved, or save it anew"
            }
            SavedError::Incomplete(_) => "record a new snapshot with these files",
            SavedError::Otherwise { .. } => "plan again with this one, and look at the plan",
        };
        Self::new(error.to_string()).hint(hint)
    }
}

impl From<ObserveError> for Failure {
    fn from(error: ObserveError) -> Self {
        let hint = match &error {
            ObserveError::Gitlab(error) => error.hint(),
            ObserveError::Missing(_) => {
                "check [places] and `item` in your files (of a group or project that was renamed or transferred, name the new path), and that the token's user is a member there".into()
            }
            ObserveError::Unlisted(_) => "ask for access to it; what hangs below must be seen before anything is created".into(),
            ObserveError::TooMany(..) => "name an epic further down".into(),
            ObserveError::Endless(_) => "look at it in GitLab: items hang deeper than GitLab allows, or moved again and again".into(),
            ObserveError::Task(_) => "run the same command again".into(),
        };
        Self::new(error.to_string()).hint(hint)
    }
}
