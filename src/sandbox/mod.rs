//! A small GitLab on this machine: real GraphQL over HTTP, real rules, durable state, faults on
//! demand.
//!
//! It is the embedded default for rehearsals and the only test double. It must not know anything
//! of the client: the one thing they share is the schema file.

mod community;
mod complexity;
mod connection;
mod create;
mod dump;
mod error;
mod faults;
mod graphql;
mod handle;
mod hierarchy;
mod http;
mod inputs;
mod items;
mod labels;
mod limits;
mod links;
mod mutations;
mod node;
mod notes;
mod page;
mod people;
mod persist;
mod places;
mod queries;
mod quick_actions;
mod references;
mod rename;
mod rules;
mod search;
mod seed;
mod sow;
mod store;
mod text;
mod threads;
mod trouble;
mod update;

pub use community::{community_sdl, older_sdl};
pub use dump::{ItemView, LinkView, NoteView};
pub use error::SandboxError;
pub use faults::{Fault, FaultKind, Logged, Progress};
pub use graphql::{Delivery, Reply, SDL};
pub use handle::Sandbox;
pub use http::Served;
pub use limits::{Clock, Limits};
pub use people::Edit;
pub use seed::{Edition, Seed, SeedItem, SeedLabel, SeedMilestone};
pub use store::{Notification, QuickActionRun};
