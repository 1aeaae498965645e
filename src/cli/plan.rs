//! `epictree plan`

use std::path::PathBuf;

use clap::ValueEnum;

use super::session::{self, Choices, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help};
use crate::plan::Plan;
use crate::ui::{self, plan::Look};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree plan --offline", "the whole tree with every text; no network, no token"),
    ("epictree plan tools/package-hunter.toml", "what an apply of one tool would do"),
    ("epictree plan --show-drift", "also lists what people changed in GitLab and keep"),
    (
        "epictree plan --detailed-exitcode",
        "for a scheduled pipeline: 2 when something is to be done",
    ),
    ("epictree plan --format json", "all there is to know, for other programs"),
];
/// All but those of a run that writes.
const EXITS: [Exit; 5] = [Exit::Usage, Exit::Failed, Exit::Undecided, Exit::Pending, Exit::Done];

/// Show the difference between the files and GitLab; writes nothing
///
/// One line a node in tree order: + creates, ~ updates, = adopts, - closes, ? waits for people,
/// ! has a conflict, » posts a comment. Below it stand the fields that change.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Plan against nothing, with every text; no network, no token
    #[arg(long, conflicts_with_all = ["sandbox", "url", "token_file"], help_heading = "Target")]
    offline: bool,
    #[command(flatten)]
    choices: Choices,
    /// End with exit code 2 when an apply would write something
    #[arg(long, help_heading = "Output")]
    detailed_exitcode: bool,
    /// List what people changed in GitLab and keep
    #[arg(long, help_heading = "Output")]
    show_drift: bool,
    /// How to print the plan
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    args.choices.check(&loaded)?;
    let (plan, links) = if args.offline {
        (session::offline(&loaded, &args.choices), false)
    } else {
        let session = Session::open(&loaded, &args.target, &args.choices).await?;
        (session.plan, session.served.is_none())
    };
    match args.format {
        Format::Json => ui::print(&ui::json::render(&plan))?,
        Format::Text => {
            let (show_drift, texts) = (args.show_drift, args.offline);
            let look = Look { show_drift, texts, ..Look::here(links) };
            super::answer_interrupts().await;
            ui::pager::show(&ui::plan::render(&plan, look))?;
        }
    }
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
