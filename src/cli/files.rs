//! Finds the workspace and the tool files, and reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use walkdir::WalkDir;

use super::{Exit, Failure, near};
use crate::assets;
use crate::problem::Problems;
use crate::source::{self, Value};
use crate::unseen::is_unseen;

/// The workspace file's name.
pub(super) const WORKSPACE: &str = "epictree.toml";
/// The most tool files of one run.
const MAX_FILES: usize = 10_000;
/// The most that all tool files of one run may hold together, in bytes.
const MAX_TOTAL: usize = 64 << 20;

/// A file's name as the user would type it, and its bytes.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Everything that is on disk.
#[derive(Debug)]
pub(super) struct OnDisk {
    /// The folder with the workspace file.
    pub(super) folder: PathBuf,
    pub(super) workspace: File,
    /// The files that `[owners]` names and that can be read, by their keys there.
    pub(super) owners: BTreeMap<&'static str, File>,
    pub(super) tools: Vec<File>,
}

/// Finds the tool files that `paths` name and the workspace they belong to.
pub(super) fn find(paths: &[PathBuf]) -> Result<OnDisk, Failure> {
    let here = std::env::current_dir()?;
    let named: Vec<PathBuf> =
        if paths.is_empty() { vec![default_path(&here)] } else { paths.to_vec() };
    let mut folder: Option<PathBuf> = None;
    for path in &named {
        if !path.exists() {
            return Err(Failure::new(format!("there is no `{}`", path.display()))
                .hint(near::instead_of(path, &here)));
        }
        let found = workspace_above(path).ok_or_else(|| {
            let folder = match path.to_str() {
                Some(".") => "this folder".to_owned(),
                _ => format!("the folder of `{}`", path.display()),
            };
            Failure::new(format!("no {WORKSPACE} in {folder} or above")).hint(near::to_start(path))
        })?;
        if path.is_file() && path.file_name().is_some_and(|name| name == WORKSPACE) {
            let message = format!("`{}` is the workspace file, not a tool file", path.display());
            return Err(Failure::new(message)
                .hint("name a tool file or a folder of them")
                .ends_with(Exit::Usage));
        }
        match &folder {
            Some(other) if *other != found => {
                return Err(Failure::new("the paths belong to two workspaces")
                    .hint("name those of one at a time")
                    .ends_with(Exit::Usage));
            }
            _ => folder = Some(found),
        }
    }
    let folder = folder.unwrap_or(here);
    let workspace = read(&folder.join(WORKSPACE))?;
    let owners = owners_files(&folder, &workspace);
    let mut files: Vec<PathBuf> = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &named {
        for file in tool_files(path, &folder)? {
            if seen.insert(file.clone()) && (path.is_file() || !is_settings(&owners, &file)) {
                files.push(file);
            }
        }
    }
    if files.is_empty() {
        return Err(Failure::new("there are no tool files").hint("`epictree new ID` writes one"));
    }
    let mut tools = Vec::new();
    let mut bytes = 0;
    for file in &files {
        let tool = read(file)?;
        if tool.name.contains(is_unseen) {
            let message = format!("the name of `{}` holds an unseen character", tool.name);
            return Err(
                Failure::new(message).hint("rename the file; its name stands in every item")
            );
        }
        bytes += tool.bytes.len();
        if bytes > MAX_TOTAL {
            let message = format!("the tool files hold more than {} MiB", MAX_TOTAL >> 20);
            return Err(Failure::new(message).hint("name some of them, one run after another"));
        }
        tools.push(tool);
    }
    let owners = owners.into_iter().filter_map(|(key, path)| Some((key, read(&path).ok()?)));
    let owners = owners.collect();
    Ok(OnDisk { folder, workspace, owners, tools })
}

/// Tells whether a file of a workspace is no tool file: its own, or one that says who owns what.
pub(super) fn is_settings(owners: &BTreeMap<&str, PathBuf>, file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == WORKSPACE)
        || owners.values().any(|owners| owners.canonicalize().ok() == file.canonicalize().ok())
}

/// Without paths: the workspace's `tools/`, else the current folder.
fn default_path(here: &Path) -> PathBuf {
    let tools =
        workspace_above(here).map(|folder| folder.join("tools")).filter(|tools| tools.is_dir());
    tools.map_or_else(|| PathBuf::from("."), |tools| shorten(&tools))
}

/// The folder with the workspace file, at a path or above it.
pub(super) fn workspace_above(path: &Path) -> Option<PathBuf> {
    let absolute = path.canonicalize().ok()?;
    let folder = absolute.ancestors().find(|folder| folder.join(WORKSPACE).is_file())?;
    Some(folder.to_path_buf())
}

fn tool_files(path: &Path, workspace: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    if !path.is_dir() {
        let message = format!("`{}` is neither a file nor a folder", path.display());
        return Err(Failure::new(message).hint("name a tool file or a folder of them"));
    }
    let not_tools =
        |name: &str| matches!(name, "blueprints" | "templates" | "target") || name.starts_with('.');
    let mut files = Vec::new();
    let walk = WalkDir::new(path).sort_by_file_name().max_depth(16).into_iter();
    let walk =
        walk.filter_entry(|e| e.depth() == 0 || !not_tools(&e.file_name().to_string_lossy()));
    for entry in walk {
        let entry = entry.with_context(|| format!("cannot read `{}`", path.display()))?;
        let is_toml = entry.path().extension().is_some_and(|extension| extension == "toml");
        let own = entry.path().canonicalize().ok().and_then(|p| workspace_above(&p));
        if entry.file_type().is_file() && is_toml && own.as_deref() == Some(workspace) {
            files.push(entry.into_path());
        }
        if files.len() > MAX_FILES {
            return Err(
                anyhow!("more than {MAX_FILES} tool files below `{}`", path.display()).into()
            );
        }
    }
    Ok(files)
}

/// The files within the workspace's folder that its `[owners]` names, by key.
pub(super) fn owners_files(folder: &Path, workspace: &File) -> BTreeMap<&'static str, PathBuf> {
    let text = String::from_utf8_lossy(&workspace.bytes);
    // What is wrong with the file is said when it is read in earnest.
    let table = source::parse(&workspace.name, &text, &mut Problems::default());
    let Some(Value::Table(owners)) =
        table.as_ref().and_then(|table| table.entries.get("owners")).map(|e| &e.value.value)
    else {
        return BTreeMap::new();
    };
    let path = |key: &'static str| {
        let path = folder.join(owners.entries.get(key)?.value.value.as_str()?);
        let real = path.canonicalize().ok()?;
        real.starts_with(folder).then_some((key, path))
    };
    ["file", "stages", "people"].into_iter().filter_map(path).collect()
}

/// Reads a file, bounded.
pub(super) fn read(path: &Path) -> Result<File, Failure> {
    let name = shorten(path).display().to_string();
    let bytes = assets::read(path).with_context(|| format!("cannot read `{name}`"))?;
    Ok(File { name, bytes })
}

/// A path as seen from the current folder.
pub(super) fn shorten(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let relative = here.and_then(|here| absolute.strip_prefix(here).ok().map(Path::to_path_buf));
    match relative {
        Some(relative) if relative.as_os_str().is_empty() => PathBuf::from("."),
        Some(relative) => relative,
        None => path.to_path_buf(),
    }
}
