//! What a client tells those who watch it: waits and exchanges. Plain data.

use std::time::Duration;

use super::quota::Limited;

/// A pause that the client takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Why.
    pub cause: WaitCause,
    /// How long.
    pub length: Duration,
}

/// Why a client pauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitCause {
    /// The instance refused more of this.
    Refused(Limited),
    /// More of this would be refused.
    Spent(Limited),
    /// A request failed and will be sent again; why it failed.
    Retry(String),
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The operation's name.
    pub operation: &'static str,
    /// Whether it was a mutation.
    pub mutation: bool,
    /// How many times it was sent before.
    pub retry: usize,
    /// HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// From the first byte out to the last byte in.
    pub took: Duration,
    /// Size of the body sent.
    pub bytes_out: usize,
    /// Size of the body received, after decompression.
    pub bytes_in: usize,
}

/// Where the caller's token came from; never the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The source, such as `GITLAB_TOKEN`; empty if nobody said.
    pub source: String,
    /// How to renew it, if not by making a new token.
    pub renewal: Option<String>,
}
