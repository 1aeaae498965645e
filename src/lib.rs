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
//! prints, and the sandbox knows nothing of the rest: the seam is the wire.

// -- words --------------------------------------------------------------------
pub mod canonical;
pub mod key;
pub mod marker;
pub mod problem;
pub mod text;
pub mod source;
pub mod tree;

// -- pure core: from files to the wanted tree ----------------------------------
pub mod assets;
pub mod blueprint;
pub mod check;
pub mod render;
pub mod spec;

// -- pure core: from two trees to a plan ----------------------------------------
pub mod identity;
pub mod merge;
pub mod plan;

// -- IO -----------------------------------------------------------------------
pub mod apply;
pub mod gitlab;
pub mod observe;
pub mod sandbox;

// -- shell --------------------------------------------------------------------
pub mod cli;
pub mod ui;
