//! What nobody sane would write, and what somebody hostile might: files, templates, and a GitLab
//! that others write to.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

mod fields;
mod files;
mod gitlab;
mod table;
