//! `epictree plan`

use std::path::PathBuf;

use clap::ValueEnum;

use super::session::{self, Choices, Session};
use super::target::TargetArgs;
use super::{Exit, Failure};
use crate::plan::Plan;
use crate::ui;

/// Show the difference between the files and GitLab; writes nothing
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tool files, or folders of them [default: the workspace's tools/, else this folder]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Plan against nothing, with the text of every item; no network, no token
    #[arg(long, conflicts_with_all = ["sandbox", "url", "token_file"])]
    offline: bool,
    #[command(flatten)]
    choices: Choices,
    /// End with exit code 2 when an apply would write something
    #[arg(long)]
    detailed_exitcode: bool,
    /// List what people changed in GitLab and keep
    #[arg(long)]
    show_drift: bool,
    /// How to print the plan
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    args.choices.check(&loaded)?;
    let plan = if args.offline {
        session::offline(&loaded, &args.choices)
    } else {
        Session::open(&loaded, &args.target, &args.choices).await?.plan
    };
    ui::print(&match args.format {
        Format::Json => ui::json::render(&plan),
        Format::Html => ui::html::render(&plan),
        Format::Text => ui::plan::render(
            &plan,
            ui::plan::Look {
                width: ui::width(),
                cut: ui::is_terminal(),
                show_drift: args.show_drift,
                texts: args.offline,
            },
        ),
    })?;
    Ok(exit(&plan, args.detailed_exitcode))
}

/// The exit code of a plan that was only shown.
pub(super) fn exit(plan: &Plan, detailed: bool) -> Exit {
    if session::blocked(plan) {
        Exit::Failed
    } else if plan.tools.iter().any(crate::plan::ToolPlan::undecided) {
        Exit::Undecided
    } else if detailed && plan.pending() {
        Exit::Pending
    } else {
        Exit::Done
    }
}
