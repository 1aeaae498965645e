//! `epictree check`

use std::path::PathBuf;

use super::session::load;
use super::{Exit, Failure};
use crate::ui;

/// Report every problem of every file, without a network
///
/// Errors stand in the way of a plan (exit code 1); warnings can be waived under [waive] with a reason.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tool files, or folders of them [default: the workspace's tools/, else this folder]
    paths: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let (_, loaded) = load(&args.paths)?;
    ui::print(&ui::problems::render(&loaded.problems, &loaded.sources, ui::width()))?;
    if loaded.problems.has_errors() {
        return Ok(Exit::Failed);
    }
    let items: usize = loaded.trees.iter().map(|tree| tree.nodes.len()).sum();
    let (tools, items) = (ui::count(loaded.trees.len(), "tool"), ui::count(items, "item"));
    ui::print(&format!("{tools} with {items}: ready to plan\n"))?;
    Ok(Exit::Done)
}
