//! Trouble on demand, and the record of what was asked. Plain data; who causes the trouble is
//! `handle`, `trouble` and `http`.

use serde::{Deserialize, Serialize};

/// One failure, at one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which request, counted from 1 since the faults were set.
    pub nth: usize,
    /// What happens to it.
    pub kind: FaultKind,
}

/// What can happen to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// Nothing is done, and from then on nothing listens: connections are refused.
    Refuse,
    /// The work is done; the connection is closed without an answer.
    DropAfterCommit,
    /// Nothing is done; the connection is closed without an answer.
    DropBeforeCommit,
    /// Nothing is done; status 429.
    RateLimited {
        /// Seconds for `Retry-After`, if it is sent.
        retry_after: Option<u64>,
        /// Whether the body is plain text instead of JSON.
        text: bool,
    },
    /// Nothing is done; this status with an HTML page.
    Status(u16),
    /// The work is done; this status with an HTML page, as of a proxy that did not wait.
    StatusAfterCommit(u16),
    /// Nothing is done; this status with GitLab's own JSON.
    Error {
        /// The status.
        status: u16,
        /// The message in the body.
        message: String,
    },
    /// Nothing is done; a redirect to this address.
    Redirect(String),
    /// The work is done; half of the answer arrives.
    Truncate,
    /// Nothing is done; a top-level GraphQL error with this message.
    GraphqlError(String),
    /// The work is done; a top-level error with this message stands beside the data.
    ErrorBeside(String),
    /// The work is done; answering failed below each field, so an error stands there instead.
    ErrorAfterCommit(String),
    /// The work is done; a mutation complains with this message beside its object.
    Complaint(String),
    /// The work is done; a mutation complains with this message and shows no object.
    ComplaintAlone(String),
    /// The work is done; no answer ever comes.
    HangAfterCommit,
    /// Nothing is done; no answer ever comes.
    HangBeforeCommit,
    /// Queries see the state before the last mutation before the nth request, in this and the
    /// following requests.
    Stale {
        /// For how many requests, the nth included.
        requests: usize,
    },
    /// The request is taken up late and answered late. Only over HTTP.
    Slow {
        /// Milliseconds before the work.
        before: u64,
        /// Milliseconds between the work and the answer.
        after: u64,
    },
}

impl Fault {
    /// Tells whether the fault hits the request with this number.
    pub(super) fn hits(&self, request: usize) -> bool {
        let hit_from =
            |requests| request >= self.nth && request < self.nth.saturating_add(requests);
        match self.kind {
            FaultKind::Stale { requests } => hit_from(requests),
            FaultKind::Refuse => hit_from(usize::MAX),
            _ => hit_from(1),
        }
    }
}

/// A request that the sandbox was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The operation's name, empty if it has none.
    pub operation: String,
    /// Whether it was a mutation.
    pub mutation: bool,
    /// Names of the top-level fields, those of a whole batch together.
    pub fields: Vec<String>,
    /// HTTP status; 0 if the connection closed or hangs without an answer.
    pub status: u16,
    /// Size of the request body.
    pub request_bytes: usize,
    /// Size of the response body, as if nothing had been cut.
    pub response_bytes: usize,
    /// The fault that hit it.
    pub fault: Option<FaultKind>,
}

/// How many requests have come how far, since the sandbox was opened or faults were last set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Requests that have arrived whole.
    pub received: usize,
    /// Requests of those that are done with: carried out, refused or failed by a fault.
    pub done: usize,
}
