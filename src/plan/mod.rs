//! The whole difference between the files and GitLab, before anything is written.
//!
//! Pure: takes the two trees, gives the changes. `apply` alone carries them out,
//! with the same functions on freshly read items.

pub mod build;
pub mod change;
pub mod compare;
pub mod guard;
pub mod needs;
pub mod resolve;
pub mod rows;

pub use build::{Options, build};
pub use change::{Action, Cause, Change, FieldChange, Plan, Subject, Summary, ToolPlan, Value};
