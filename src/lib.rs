//! Plans, applies and reconciles trees of GitLab epics and issues from a TOML file.
//!
//! ```text
//! tool.toml ──spec──▶ Spec ─┐
//! blueprint ──blueprint────▶├─expand─▶ Outline ─render─▶ DesiredTree ─┐
//!                                                                     ├─plan─▶ Plan ─guard─▶ apply ─▶ Report
//! GitLab or sandbox ──observe──────────▶ ObservedTree ────────────────┘
//! ```
//!
//! Data flows down this list; a module imports only from above it (the table
//! is held by `tests/it/layers.rs`). The core is pure: no IO, no clock, no
//! environment, ordered maps only. `apply` alone writes to GitLab, `ui` alone
//! prints, and the sandbox knows nothing of the rest but how to draw a page: the
//! seam is the wire.

// -- words --------------------------------------------------------------------
pub mod canonical;
pub mod key;
pub mod marker;
pub mod page;
pub mod problem;
pub mod text;
pub mod unseen;
pub mod source;
pub mod tree;

// -- pure core: from files to the wanted tree ----------------------------------
pub mod spec;
pub mod assets;
pub mod blueprint;
pub mod render;
pub mod check;

// -- pure core: from two trees to a plan ----------------------------------------
pub mod merge;
pub mod identity;
pub mod plan;
pub mod status;
pub mod pull;
pub mod import;

// -- IO -----------------------------------------------------------------------
pub mod gitlab;
pub mod observe;
pub mod apply;
pub mod sandbox;

// -- shell --------------------------------------------------------------------
pub mod ui;
pub mod cli;
