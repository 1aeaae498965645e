//! `epictree check`

use std::path::PathBuf;

use super::session::load;
use super::{Exit, Failure, help};
use crate::ui;

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree check", "every tool file of the workspace"),
    ("epictree check tools/package-hunter.toml", "one of them"),
];

/// Report every problem of every file, without a network
///
/// Errors stand in the way of a plan (exit code 1); warnings can be waived under [waive] with a reason.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &Exit::OFFLINE, &[help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
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
