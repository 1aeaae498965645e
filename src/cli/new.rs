//! `epictree new`
use super::{Exit, Failure};
/// Write a commented tool file, and the workspace file if there is none
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tool's id: lower-case words joined by dashes
    id: String,
}
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let _ = &args.id;
    Ok(Exit::Done)
}
