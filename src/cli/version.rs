//! Which epictree this is.

use std::sync::LazyLock;

use super::preflight::OLDEST;

/// The version, and in a release the commit it was built from.
static SHORT: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("EPICTREE_COMMIT") {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
});

/// The same with what it runs on and what it speaks to.
static LONG: LazyLock<String> = LazyLock::new(|| {
    let (major, minor) = OLDEST;
    let target = env!("EPICTREE_TARGET");
    format!("{}\ntarget: {target}\nGitLab: {major}.{minor} or newer", short())
});

/// One line.
pub(super) fn short() -> &'static str {
    &SHORT
}

/// A few lines.
pub(super) fn long() -> &'static str {
    &LONG
}
