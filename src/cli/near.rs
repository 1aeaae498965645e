//! What somebody may have meant who named no tool file, or was nowhere near a workspace.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::files::{WORKSPACE, is_settings, owners_files, read, shorten, workspace_above};
use crate::problem::nearest;

/// How deep below a folder is looked for names.
const DEPTH: usize = 4;
/// The most names that are looked at.
const MAX_SEEN: usize = 5_000;
/// The most names that are listed.
const MAX_LISTED: usize = 5;

/// The next step where a path names nothing: a file of nearly that name or id, else those there are.
pub(super) fn instead_of(path: &Path, here: &Path) -> String {
    let folder = workspace_above(here).unwrap_or_else(|| here.to_path_buf());
    let workspace = read(&folder.join(WORKSPACE)).ok();
    let owners = workspace.map(|file| owners_files(&folder, &file)).unwrap_or_default();
    let known: Vec<PathBuf> = below(&folder)
        .filter(|file| file.extension().is_some_and(|extension| extension == "toml"))
        .filter(|file| workspace_above(file).is_some() && !is_settings(&owners, file))
        .map(|file| shorten(&file))
        .collect();
    let id = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let ids: Vec<String> = known.iter().filter_map(|file| id(file)).collect();
    let near = id(path)
        .and_then(|id| nearest(&id, ids.iter().map(String::as_str)))
        .and_then(|near| known.iter().find(|file| id(file).as_deref() == Some(near)));
    match near {
        Some(file) => format!("did you mean `{}`?", file.display()),
        None if known.is_empty() => {
            "name a tool file or a folder of them; `epictree new ID` writes one".to_owned()
        }
        None => format!("there is {}", listed(&known)),
    }
}

/// The next step where no workspace is in sight: one below, else to make one.
pub(super) fn to_start(path: &Path) -> String {
    const MAKE: &str = "`epictree new ID` makes a workspace here and writes a first tool file";
    let folders: Vec<PathBuf> = below(path)
        .filter(|file| file.ends_with(WORKSPACE))
        .filter_map(|file| file.parent().map(shorten))
        .collect();
    match folders.first() {
        Some(first) => format!(
            "there are workspaces below: {}; try `epictree apply {} --sandbox`, which needs no GitLab; {MAKE}",
            listed(&folders),
            first.display()
        ),
        None => format!("{MAKE}; `epictree apply --sandbox` then rehearses it without a GitLab"),
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let names: Vec<String> =
        paths.iter().take(MAX_LISTED).map(|path| format!("`{}`", path.display())).collect();
    let more = if paths.len() > MAX_LISTED { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

/// Files below a folder in the order of their names, hidden folders left out.
fn below(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let is_hidden = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name.starts_with('.') || name == "target" || name == "node_modules"
    };
    WalkDir::new(folder)
        .sort_by_file_name()
        .max_depth(DEPTH)
        .into_iter()
        .filter_entry(move |entry| entry.depth() == 0 || !is_hidden(entry.file_name()))
        .take(MAX_SEEN)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
}
