//! Blueprints and templates: those in the binary, overlaid file by file by the workspace's.
//!
//! Knows file names and texts only, not what they mean.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

use crate::problem::{Problem, Problems};
use crate::source;

/// Lists the embedded files by their path in the project.
macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../", $path)))),*]
    };
}

/// The files in the binary, sorted by path.
pub const FILES: &[(&str, &str)] = embed![
    "blueprints/prodseceng-2026.toml",
    "blueprints/prodseceng.toml",
    "blueprints/service-retirement.toml",
    "templates/part/people.md",
    "templates/part/picture.md",
    "templates/part/pieces.md",
    "templates/part/public.md",
    "templates/part/questions.md",
    "templates/part/start.md",
    "templates/part/transfer.md",
    "templates/prodseceng-2026/inventory.md",
    "templates/prodseceng/component.md",
    "templates/prodseceng/design-document-skeleton.md",
    "templates/prodseceng/design-document.md",
    "templates/prodseceng/dropped.md",
    "templates/prodseceng/functionality.md",
    "templates/prodseceng/handover.md",
    "templates/prodseceng/integration.md",
    "templates/prodseceng/issue.md",
    "templates/prodseceng/questions-reply.md",
    "templates/prodseceng/questions.md",
    "templates/prodseceng/step.md",
    "templates/prodseceng/sunset-functionality.md",
    "templates/prodseceng/sunset-operation.md",
    "templates/prodseceng/sunset-requirement.md",
    "templates/prodseceng/sunset.md",
    "templates/service-retirement/check.md",
    "templates/service-retirement/consumer.md",
    "templates/service-retirement/dataset.md",
    "templates/service-retirement/endpoint.md",
    "templates/service-retirement/follow-up.md",
    "templates/service-retirement/retirement.md",
    "templates/service-retirement/task.md",
];

/// The folders that a workspace may overlay.
pub const FOLDERS: [&str; 2] = ["blueprints", "templates"];

/// The most files and folders that are looked at below one of them.
const MAX_FILES: usize = 2000;
/// The most that all files of a workspace may hold together, in bytes.
const MAX_TOTAL: usize = 32 << 20;

/// Blueprints and templates by path: `blueprints/x.toml`, `templates/x/y.md`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assets(BTreeMap<String, String>);

impl Assets {
    /// Those in the binary.
    #[must_use]
    pub fn embedded() -> Self {
        Self(FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Those in the binary, overlaid by the files of a workspace's folders.
    pub fn overlaid(workspace: &Path, out: &mut Problems) -> Self {
        let mut assets = Self::embedded();
        for folder in FOLDERS {
            assets.overlay(workspace, folder, out);
        }
        assets
    }

    /// Sets one file.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All paths that begin so, with their texts.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(prefix))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn overlay(&mut self, workspace: &Path, folder: &str, out: &mut Problems) {
        let root = workspace.join(folder);
        if !root.exists() {
            return;
        }
        let Ok(home) = workspace.canonicalize() else {
            out.push(
                Problem::error(folder, None, "the folder cannot be read")
                    .hint("check its permissions"),
            );
            return;
        };
        let walk = walkdir::WalkDir::new(&root).follow_links(true).max_depth(6).sort_by_file_name();
        let inside = |entry: &walkdir::DirEntry| {
            !entry.path_is_symlink()
                || entry.path().canonicalize().is_ok_and(|real| real.starts_with(&home))
        };
        let mut bytes = 0;
        for (n, entry) in walk.into_iter().filter_entry(inside).enumerate() {
            if n == MAX_FILES || bytes > MAX_TOTAL {
                let message = format!(
                    "the folder holds more than {MAX_FILES} files, or more than {} MiB",
                    MAX_TOTAL >> 20
                );
                out.push(
                    Problem::error(folder, None, message)
                        .hint("keep only blueprints and templates in it"),
                );
                return;
            }
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    bytes += self.read(workspace, entry.path(), out);
                }
                Ok(_) => {}
                Err(error) => {
                    let dangling = error.path().is_some_and(Path::is_symlink);
                    if !dangling {
                        out.push(
                            Problem::error(folder, None, format!("cannot be read: {error}"))
                                .hint("check its permissions"),
                        );
                    }
                }
            }
        }
    }

    /// Takes a file in if it is one of ours; answers how many bytes were read.
    fn read(&mut self, workspace: &Path, path: &Path, out: &mut Problems) -> usize {
        let Some(name) = name_of(workspace, path) else {
            return 0;
        };
        let wanted = match name.split('/').next() {
            Some("blueprints") => name.ends_with(".toml"),
            _ => name.ends_with(".md"),
        };
        if !wanted {
            return 0;
        }
        match read(path) {
            Ok(bytes) => {
                if let Some(text) = source::text(&name, &bytes, out) {
                    self.0.insert(name, text);
                }
                bytes.len()
            }
            Err(error) => {
                out.push(
                    Problem::error(&name, None, format!("cannot be read: {error}"))
                        .hint("check its permissions"),
                );
                0
            }
        }
    }
}

/// Reads a file up to one byte more than [`source::MAX_FILE`], so that too much is seen as such.
///
/// # Errors
/// It cannot be read, or it is a device, a pipe or a folder: those may have no end.
pub fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(source::MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A path below the workspace with `/` between its parts.
fn name_of(workspace: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(workspace).ok()?.components();
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_list_of_embedded_files_equals_the_folders() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found: Vec<String> = Vec::new();
        for folder in FOLDERS {
            let walk = walkdir::WalkDir::new(root.join(folder)).into_iter().filter_map(Result::ok);
            let files = walk.filter(|entry| entry.file_type().is_file());
            found.extend(files.filter_map(|entry| name_of(root, entry.path())));
        }
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, found);
    }

    #[test]
    fn a_workspace_overlays_file_by_file() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("templates/part")).unwrap();
        fs::create_dir_all(home.path().join("blueprints")).unwrap();
        fs::write(home.path().join("templates/part/x.md"), "x").unwrap();
        fs::write(home.path().join("templates/part/x.md~"), "no").unwrap();
        fs::write(home.path().join("blueprints/own.toml"), [0xff]).unwrap();
        let mut out = Problems::default();
        let assets = Assets::overlaid(home.path(), &mut out);
        assert_eq!(assets.get("templates/part/x.md"), Some("x"));
        assert_eq!(assets.get("templates/part/x.md~"), None);
        assert_eq!(out.sorted()[0].file, "blueprints/own.toml");
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_workspace_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.md"), "secret").unwrap();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("templates")).unwrap();
        fs::write(home.path().join("templates/a.md"), "a").unwrap();
        let link =
            |to: &Path, name: &str| std::os::unix::fs::symlink(to, home.path().join(name)).unwrap();
        link(&outside.path().join("secret.md"), "templates/s.md");
        link(outside.path(), "templates/folder");
        link(outside.path(), "blueprints");
        link(Path::new("a.md"), "templates/b.md");
        link(Path::new("."), "templates/loop");
        let assets = Assets::overlaid(home.path(), &mut Problems::default());
        let embedded = Assets::embedded();
        let own =
            assets.under("").map(|(path, _)| path).filter(|path| embedded.get(path).is_none());
        assert_eq!(own.collect::<Vec<_>>(), ["templates/a.md", "templates/b.md"]);
    }
}
