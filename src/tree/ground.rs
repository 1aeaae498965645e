//! What holds for all tools of a run.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What the instance and the licence allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Whether `blocks` links are licensed.
    pub blocked_items: bool,
    /// Whether weights are licensed.
    pub weights: bool,
}

/// What holds for all tools of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The workspace's id.
    pub workspace: String,
    /// Full paths of its places.
    pub places: BTreeSet<String>,
    /// What the instance and the licence allow.
    pub capabilities: Capabilities,
    /// User name of who the token acts as.
    pub caller: String,
    /// Those of the places that cannot be found.
    #[serde(default)]
    pub missing: BTreeSet<String>,
}
