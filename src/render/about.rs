//! What messages call a part of a tool.

use std::fmt;

/// A part of a tool, as in `node part/one of hunter.toml`; made into words only where they are said.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    /// What it is, such as `node`.
    pub(super) what: &'a str,
    /// Its key or name.
    pub(super) name: &'a str,
    /// The tool file.
    pub(super) file: &'a str,
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, file } = self;
        write!(f, "{what} {name} of {file}")
    }
}
