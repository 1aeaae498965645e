//! Plans, applies and reconciles trees of GitLab epics and issues.

pub mod sandbox;
