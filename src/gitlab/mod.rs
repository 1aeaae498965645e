//! The client of GitLab's work items: the only part that speaks to an instance.
//!
//! `Client` carries requests and their limits, `Reader` asks, `Writer` changes;
//! the documents they send are listed by `documents::all`. Nothing in here
//! knows of plans, markers or files.

pub mod documents;

mod answer;
mod error;
mod input;
mod limiter;
mod lookup;
mod pace;
mod places;
mod read;
mod transport;
mod types;
mod write;

pub use error::{GitlabError, WriteError};
pub use input::{NewItem, Side, Update};
pub use lookup::Named;
pub use pace::Pace;
pub use places::{
    Features, Lack, NamespaceInfo, NamespaceKind, Permissions, PlaceQuery, TypeInfo, type_id,
};
pub use read::{Comment, Metadata, Reader};
pub use transport::{Client, Counters, Settings, Target};
pub use write::{Created, Posted, Writer};
