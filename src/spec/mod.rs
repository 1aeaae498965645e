//! What a user wrote: the workspace, the owners and one tool, as plain typed data.
//!
//! Which fields a tool file may hold is the blueprint's business and comes in
//! as a [`schema::Schema`]; this module knows only the envelope.

pub mod entry;
pub mod envelope;
mod json_schema;
pub mod owners;
pub mod people;
pub mod references;
pub mod schema;
mod skeleton;
pub mod stages;
pub mod tool;
pub mod values;
pub mod waive;
pub mod workspace;

pub use entry::Entry;
pub use json_schema::{Around, json_schema};
pub use owners::{Group, Owners};
pub use people::People;
pub use schema::Schema;
pub use skeleton::{Start, skeleton};
pub(crate) use skeleton::{beside, example};
pub use tool::{Spec, ToolFile};
pub use workspace::{OwnersFiles, Place, Workspace, address_fault};
