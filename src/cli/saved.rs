//! Saved plans and snapshots on the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context;

use super::Failure;
use super::session::Ready;
use crate::plan::Snapshot;
use crate::plan::saved::{self, Document, MAX_BYTES, SavedError};

/// How much of a file tells what it is.
const HEAD: u64 = 64;

/// Reads a document, bounded, and its checksum.
pub(super) fn read<T: Document>(path: &Path) -> Result<(T, String), Failure> {
    let bytes =
        first(path, MAX_BYTES + 1).with_context(|| format!("cannot read `{}`", path.display()))?;
    saved::read(&bytes).map_err(|error| refused(path, error))
}

/// Reads a snapshot of this workspace that holds all its trees need.
pub(super) fn snapshot(file: &Path, ready: &Ready) -> Result<Snapshot, Failure> {
    let (snapshot, _) = read::<Snapshot>(file)?;
    if snapshot.ground.workspace != ready.workspace.id {
        return Err(Failure::new(format!(
            "`{}` is of the workspace `{}`, and this one is `{}`",
            file.display(),
            snapshot.ground.workspace,
            ready.workspace.id
        ))
        .hint("name a snapshot of this workspace"));
    }
    match snapshot.lacks(&ready.trees) {
        lacks if lacks.is_empty() => Ok(snapshot),
        lacks => Err(refused(file, SavedError::Incomplete(lacks))),
    }
}

/// Why a file is not taken.
pub(super) fn refused(path: &Path, error: SavedError) -> Failure {
    let failure = Failure::from(error);
    Failure { message: format!("`{}`: {}", path.display(), failure.message), ..failure }
}

/// Writes a document that only its owner may read, all or nothing, and answers its checksum.
pub(super) fn write<T: Document>(path: &Path, document: &T) -> Result<String, Failure> {
    free::<T>(path)?;
    let (bytes, sum) = saved::write(document);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let place = || -> std::io::Result<()> {
        // A temporary file has mode 0600 from its first byte.
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    // What failed may name the temporary file, which nobody knows.
    let written = place().map_err(|error| std::io::Error::from(error.kind()));
    written.with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(sum)
}

/// Fails if there is something else under a name: it would be lost.
pub(super) fn free<T: Document>(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let is_file = match fs::symlink_metadata(path) {
        Ok(there) => there.is_file(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(anyhow::Error::new(error)
                .context(format!("cannot write `{shown}`"))
                .into());
        }
    };
    let head = if is_file { first(path, HEAD).ok() } else { None };
    if head.is_some_and(|head| head.is_empty() || saved::begins::<T>(&head)) {
        return Ok(());
    }
    Err(Failure::new(format!("`{shown}` is there, and is no {} that epictree saved", T::KIND))
        .hint("name another file, or move that one away"))
}

fn first(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
