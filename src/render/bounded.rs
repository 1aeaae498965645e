//! A text that grows up to a bound.

use std::io::{Error, ErrorKind, Write};

/// The longest description GitLab takes, in bytes.
pub(super) const MAX_BODY: usize = 1024 * 1024;
/// The largest text that one template may give, in bytes: enough to say by how much it is too long.
pub(super) const MAX_TEXT: usize = 4 * MAX_BODY;
/// The most that all descriptions of one tool may hold together, in bytes.
pub(super) const MAX_TEXTS: usize = 64 * MAX_BODY;

/// How a text that is too large is told from other failures.
pub(super) const TOO_LARGE: ErrorKind = ErrorKind::FileTooLarge;

/// What was written so far.
#[derive(Default)]
pub(super) struct Bounded(pub(super) Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT {
            return Err(Error::from(TOO_LARGE));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
