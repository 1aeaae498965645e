//! The whole difference between the files and GitLab, before anything is written.
//!
//! Pure: takes the two trees, gives the changes. `apply` alone carries them out,
//! with the same functions on freshly read items.

pub mod build;
pub mod change;
pub mod comments;
pub mod compare;
pub mod decide;
pub mod description;
pub mod fulfilled;
pub mod guard;
pub mod needs;
mod notices;
mod orphans;
pub mod resolve;
pub mod rows;
pub mod saved;
pub mod scene;
pub mod snapshot;

pub use build::build;
pub use change::{Action, Cause, Change, FieldChange, Plan, Subject, Summary, ToolPlan, Value};
pub use scene::Options;
pub use snapshot::{Instance, Snapshot};
