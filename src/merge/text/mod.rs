//! A description: what the files changed is written into what people made of it.
//!
//! Both are compared with the base, line by line in canonical form, and inside a
//! line word by word. What the files changed becomes hunks; a hunk is written
//! unless people changed the same words, or put other lines at the same spot.
//! The text that a hunk is written into is GitLab's, so nothing that people
//! wrote is lost, and GitLab's bytes stay for every line that says the same.

mod align;
mod decide;
mod hunk;
mod page;
mod patch;
mod weave;
mod words;

pub use decide::{Merged, Sides, decide_text};
