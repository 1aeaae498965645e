//! The client of GitLab's work items: the only part that speaks to an instance.
//!
//! `Client` carries requests and their limits, `Reader` asks, `Writer` changes;
//! the documents they send are listed by `documents::all`. Nothing in here
//! knows of plans, markers or files.

pub mod documents;

mod answer;
mod ask;
mod client;
mod error;
mod find;
mod input;
mod kinds;
mod limiter;
mod lookup;
mod outcome;
mod pace;
mod page;
mod places;
mod quota;
mod read;
mod target;
mod transport;
mod types;
mod watch;
mod write;

pub use ask::Metadata;
pub use client::{Client, Counters};
pub use error::{GitlabError, WriteError};
pub use find::Comment;
pub use input::{NewItem, NewLinks, Side, Update};
pub use lookup::Named;
pub use pace::Pace;
pub use places::{
    Features, Lack, NamespaceInfo, NamespaceKind, Permissions, PlaceQuery, TypeInfo, type_id,
};
pub use quota::{Amounts, Limited, Rates, Slow};
pub use read::Reader;
pub use target::{Address, Connection, Settings, Target};
pub use watch::{Exchange, Login, Wait, WaitCause};
pub use write::{Created, Posted, Writer};
