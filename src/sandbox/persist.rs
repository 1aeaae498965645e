//! Keeps a world in a folder: a snapshot and a journal of committed changes. Must not know what
//! the rows mean.
//!
//! One line of the journal is one committed mutation. A last line without its end was never
//! answered, so it is cut off. A line that the snapshot already holds is skipped, so a crash
//! between writing the snapshot and emptying the journal does no harm.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::store::World;

const FORMAT: u32 = 1;
const SNAPSHOT: &str = "snapshot.json";
const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "lock";

/// The file form of a whole world.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    format: u32,
    world: World,
}

/// An open folder, held by its lock.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    journal: File,
    /// Bytes of the journal that are whole lines.
    length: u64,
    _lock: File,
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> SandboxError + '_ {
    |source| SandboxError::File { path: path.to_owned(), source }
}

impl Folder {
    /// Opens a folder, creating it if needed, and reads the world in it.
    pub(super) fn open(path: &Path) -> Result<(Self, World), SandboxError> {
        fs::create_dir_all(path).map_err(at(path))?;
        let lock = lock(path)?;
        remove_leftovers(path)?;
        let mut world = read_snapshot(&path.join(SNAPSHOT))?;
        let file = path.join(JOURNAL);
        let mut journal = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .map_err(at(&file))?;
        let length = replay(&mut journal, &file, &mut world)?;
        journal.set_len(length).map_err(at(&file))?;
        let folder = Self { path: path.to_owned(), journal, length, _lock: lock };
        Ok((folder, world))
    }

    /// Writes a change to the disk before it is answered.
    pub(super) fn append(&mut self, change: &World) -> Result<(), SandboxError> {
        let file = self.path.join(JOURNAL);
        let mut line = to_json(change, &file)?;
        line.push(b'\n');
        let written = self
            .journal
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.journal.write_all(&line))
            .and_then(|()| self.journal.sync_data());
        match written {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a line must not stay in front of the next one.
                self.journal.set_len(self.length).map_err(at(&file))?;
                Err(at(&file)(error))
            }
        }
    }

    /// Writes the whole world as a snapshot and empties the journal.
    pub(super) fn compact(&mut self, world: &World) -> Result<(), SandboxError> {
        let file = self.path.join(SNAPSHOT);
        let snapshot = Snapshot { format: FORMAT, world: world.clone() };
        let bytes = to_json(&snapshot, &file)?;
        let mut fresh = tempfile::Builder::new()
            .prefix(".tmp")
            .tempfile_in(&self.path)
            .map_err(at(&self.path))?;
        fresh.write_all(&bytes).map_err(at(&file))?;
        fresh.as_file().sync_all().map_err(at(&file))?;
        fresh.persist(&file).map_err(|error| at(&file)(error.error))?;
        sync_folder(&self.path)?;
        let journal = self.path.join(JOURNAL);
        self.journal.set_len(0).map_err(at(&journal))?;
        self.journal.sync_all().map_err(at(&journal))?;
        self.length = 0;
        Ok(())
    }

    /// Tells whether the journal holds anything.
    pub(super) fn has_changes(&self) -> bool {
        self.length > 0
    }
}

fn to_json(value: &impl Serialize, file: &Path) -> Result<Vec<u8>, SandboxError> {
    serde_json::to_vec(value).map_err(|error| at(file)(error.into()))
}

/// How often the lock is tried, and the time between.
const PATIENCE: usize = 25;
const MOMENT: std::time::Duration = std::time::Duration::from_millis(20);

fn lock(path: &Path) -> Result<File, SandboxError> {
    let file = path.join(LOCK);
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&file)
        .map_err(at(&file))?;
    // A process that has just ended, or forked, may hold it for a moment longer.
    for _ in 0..PATIENCE {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(MOMENT),
            Err(TryLockError::Error(error)) => return Err(at(&file)(error)),
        }
    }
    Err(SandboxError::InUse(path.to_owned()))
}

/// Removes what a killed compaction left.
fn remove_leftovers(path: &Path) -> Result<(), SandboxError> {
    for entry in fs::read_dir(path).map_err(at(path))? {
        let entry = entry.map_err(at(path))?;
        if entry.file_name().to_string_lossy().starts_with(".tmp") {
            let file = entry.path();
            fs::remove_file(&file).map_err(at(&file))?;
        }
    }
    Ok(())
}

fn read_snapshot(file: &Path) -> Result<World, SandboxError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(World::default()),
        Err(error) => return Err(at(file)(error)),
    };
    let snapshot: Snapshot =
        serde_json::from_str(&text).map_err(|error| damaged(file, error.line(), &error))?;
    if snapshot.format != FORMAT {
        let reason = format!("format {} is not known here", snapshot.format);
        return Err(damaged(file, 1, &reason));
    }
    Ok(snapshot.world)
}

fn damaged(file: &Path, line: usize, reason: &impl ToString) -> SandboxError {
    SandboxError::Damaged { path: file.to_owned(), line, reason: reason.to_string() }
}

/// Takes the whole lines of the journal in; returns how many bytes they are.
fn replay(journal: &mut File, file: &Path, world: &mut World) -> Result<u64, SandboxError> {
    let mut bytes = Vec::new();
    journal.read_to_end(&mut bytes).map_err(at(file))?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |at| at + 1);
    let lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n');
    for (index, line) in lines.enumerate() {
        let change: World =
            serde_json::from_slice(line).map_err(|error| damaged(file, index + 1, &error))?;
        if change.sequence > world.sequence {
            world.take_in(change);
        }
    }
    Ok(whole as u64)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), SandboxError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), SandboxError> {
    Ok(())
}
