//! Measures: what the process counts of a tool's tree, and by what.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::key::NodeKey;

/// Something that is counted of a tool's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredMeasure {
    /// Its identity: measures of one id add up over a fleet.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it counts, in the blueprint's order.
    pub parts: Vec<Part>,
    /// The field by which parts are told apart.
    pub by: Option<By>,
    /// Whether the boxes in the parts' texts count as well.
    pub boxes: bool,
    /// Whether to say which parts come next.
    pub next: bool,
    /// The day by which it shall be complete.
    pub date: Option<Date>,
    /// Labels that say of an open part that it waits for something.
    pub blocked: Vec<String>,
    /// By what an open part is known to be worked on, if that is what counts.
    pub in_flight: Option<InFlight>,
    /// How many parts shall at least be worked on, in the fleet.
    pub at_least: Option<u64>,
}

/// One thing that a measure counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The node whose item says how far it is.
    pub key: NodeKey,
    /// Whether it was decided to do without it.
    pub dropped: bool,
    /// Its word of `by`.
    pub word: Option<String>,
}

/// A field of entries that takes one of some words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// Its name, as files write it.
    pub field: String,
    /// The words, in the blueprint's order.
    pub words: Vec<String>,
}

/// By what an open item is known to be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InFlight {
    /// It has one of these labels.
    Labels(Vec<String>),
    /// Somebody is assigned whom the files do not name.
    Assigned,
}
