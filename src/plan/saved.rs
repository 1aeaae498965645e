//! Plans and snapshots as files: bytes in, bytes out.
//!
//! `{"epictree":"plan","format":1,"sha256":"…","content":{…}}` and a line end, nothing else. The
//! checksum covers every other byte, so that a file which was changed or cut short is never taken
//! for what was shown; it is no signature. A saved plan holds what was seen and what the files
//! wanted, not what is to be done: that is planned again, and must come to the same.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::tree::DesiredTree;

use super::change::{Plan, ToolPlan};
use super::scene::Options;
use super::snapshot::Snapshot;

/// The version of the format that this binary writes and reads.
pub const VERSION: u32 = 1;
/// No file may be larger, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;

const OPEN: &str = "{\"epictree\":\"";
const END: &[u8] = b"}\n";

/// What a file may hold.
pub trait Document: Serialize + DeserializeOwned {
    /// The word by which files and errors name it.
    const KIND: &'static str;
}

impl Document for Snapshot {
    const KIND: &'static str = "snapshot";
}

impl Document for SavedPlan {
    const KIND: &'static str = "plan";
}

/// A plan that can be carried out later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// The version of the epictree that made it.
    pub made_by: String,
    /// What was seen.
    pub snapshot: Snapshot,
    /// What the files wanted.
    pub desired: Vec<Arc<DesiredTree>>,
    /// The choices it was made with.
    pub options: Options,
    /// SHA-256 over the plan that was shown, in hex.
    pub fingerprint: String,
}

impl SavedPlan {
    /// Takes everything that a plan was made of.
    #[must_use]
    pub fn new(
        snapshot: Snapshot,
        desired: Vec<Arc<DesiredTree>>,
        options: Options,
        plan: &Plan,
    ) -> Self {
        let made_by = env!("CARGO_PKG_VERSION").to_owned();
        Self { made_by, snapshot, desired, options, fingerprint: fingerprint(&plan.tools) }
    }

    /// Makes the plan again.
    ///
    /// # Errors
    /// It comes out otherwise than what was shown when it was saved.
    pub fn plan(&self) -> Result<Plan, SavedError> {
        let lacks = self.snapshot.lacks(&self.desired);
        if !lacks.is_empty() {
            return Err(SavedError::Incomplete(lacks));
        }
        let plan = self.snapshot.plan(&self.desired, &self.options);
        if fingerprint(&plan.tools) == self.fingerprint {
            Ok(plan)
        } else {
            Err(SavedError::Otherwise { made_by: self.made_by.clone() })
        }
    }
}

fn fingerprint(tools: &[ToolPlan]) -> String {
    let json = serde_json::to_vec(tools).expect("a plan holds only texts, numbers and lists");
    hex(Sha256::digest(json).as_slice())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// Something else wrote it.
    #[error("it is nothing that epictree saved")]
    Foreign,
    /// It holds something else.
    #[error("it holds a {0}, not a {1}")]
    Kind(String, &'static str),
    /// It is of another version.
    #[error("it has format {0}, and this epictree reads format {VERSION}")]
    Version(u64),
    /// Its checksum is not right.
    #[error("it was changed or cut short after it was saved: its checksum is not right")]
    Changed,
    /// It is larger than any plan.
    #[error("it is larger than {} MiB", MAX_BYTES >> 20)]
    Large,
    /// Its checksum is right and its content is not.
    #[error("its content is not what it should be: {0}")]
    Content(String),
    /// It does not hold what the files refer to.
    #[error("it holds nothing of {}", .0.join(", "))]
    Incomplete(Vec<String>),
    /// The plan comes out otherwise.
    #[error("this epictree ({here}) plans otherwise than {made_by}, which saved it", here = env!("CARGO_PKG_VERSION"))]
    Otherwise {
        /// The version that saved it.
        made_by: String,
    },
}

/// Writes a document, and answers its checksum.
#[must_use]
pub fn write<T: Document>(document: &T) -> (Vec<u8>, String) {
    let content = serde_json::to_vec(document).expect("it holds only texts, numbers and lists");
    let sum = checksum(T::KIND, &content);
    let kind = T::KIND;
    let head = format!("{OPEN}{kind}\",\"format\":{VERSION},\"sha256\":\"{sum}\",\"content\":");
    ([head.as_bytes(), &content, END].concat(), sum)
}

/// Reads a document and its checksum.
///
/// # Errors
/// Something else wrote it, or it is not as it was written.
pub fn read<T: Document>(bytes: &[u8]) -> Result<(T, String), SavedError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SavedError::Large);
    }
    let (kind, rest) = kind(bytes).ok_or(SavedError::Foreign)?;
    if kind != T::KIND {
        return Err(SavedError::Kind(kind.to_owned(), T::KIND));
    }
    let (version, rest) = version(rest).ok_or(SavedError::Changed)?;
    if version != u64::from(VERSION) {
        return Err(SavedError::Version(version));
    }
    let (sum, content) = sealed(rest).ok_or(SavedError::Changed)?;
    if sum != checksum(T::KIND, content) {
        return Err(SavedError::Changed);
    }
    let document = serde_json::from_slice(content);
    let document = document.map_err(|error| SavedError::Content(error.to_string()))?;
    Ok((document, sum.to_owned()))
}

/// Tells whether the first bytes of a file are those of a document of a kind.
#[must_use]
pub fn begins<T: Document>(bytes: &[u8]) -> bool {
    kind(bytes).is_some_and(|(kind, _)| kind == T::KIND)
}

fn checksum(kind: &str, content: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{OPEN}{kind}\",\"format\":{VERSION},\"content\":"));
    hasher.update(content);
    hasher.update(END);
    hex(hasher.finalize().as_slice())
}

fn kind(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (kind, rest) = until(bytes.strip_prefix(OPEN.as_bytes())?, b'"')?;
    [Snapshot::KIND, SavedPlan::KIND].contains(&kind).then_some((kind, rest))
}

fn version(rest: &[u8]) -> Option<(u64, &[u8])> {
    let (version, rest) = until(rest.strip_prefix(b",\"format\":")?, b',')?;
    // As it was written: no sign, no leading zero.
    let number = version.parse::<u64>().ok().filter(|number| number.to_string() == version)?;
    Some((number, rest))
}

fn sealed(rest: &[u8]) -> Option<(&str, &[u8])> {
    let (sum, rest) = until(rest.strip_prefix(b"\"sha256\":\"")?, b'"')?;
    Some((sum, rest.strip_prefix(b",\"content\":")?.strip_suffix(END)?))
}

/// A short text up to a byte, and what follows that.
fn until(bytes: &[u8], end: u8) -> Option<(&str, &[u8])> {
    let at = bytes.iter().take(100).position(|byte| *byte == end)?;
    Some((std::str::from_utf8(&bytes[..at]).ok()?, &bytes[at + 1..]))
}
