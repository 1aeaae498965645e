//! What can go wrong when a sandbox is opened, served or edited. Must not know of GraphQL errors:
//! those are answers, not failures.

use std::path::PathBuf;

/// A failure of the sandbox itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Another process (or another handle of this one) holds the folder.
    #[error("the sandbox in {} is in use by another epictree", .0.display())]
    InUse(PathBuf),
    /// A file of the folder could not be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the folder does not hold what the sandbox wrote.
    #[error("{} is damaged at line {line}: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The 1-based line.
        line: usize,
        /// What was found.
        reason: String,
    },
    /// The seed contradicts itself.
    #[error("the sandbox cannot be seeded: {0}")]
    Seed(String),
    /// The built-in schema does not parse.
    #[error("the sandbox's schema is broken: {0}")]
    Schema(String),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The wanted address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An edit names an item, a person or a place that is not there, or breaks a rule.
    #[error("{0}")]
    Edit(String),
}

impl SandboxError {
    /// Returns what to do next, if that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::InUse(_) => Some(
                "end the other one, or, if it is `epictree sandbox`, work on what it serves: \
                 --url with its address instead of --sandbox",
            ),
            Self::Listen { .. } => {
                Some("choose another port with --port, or any free one with --port 0")
            }
            Self::Damaged { .. } => Some("restore the folder, or delete it to begin anew"),
            Self::File { .. } => Some(
                "name a folder that may be written: --sandbox=DIR, or --dir of `epictree sandbox`",
            ),
            Self::Seed(_) | Self::Schema(_) | Self::Edit(_) => None,
        }
    }
}
