//! `epictree plan`

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::choices::Choices;
use super::saved;
use super::session::{self, Ready, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help, interrupt};
use crate::plan::saved::{Document, SavedPlan};
use crate::plan::{Plan, Snapshot, ToolPlan, guard};
use crate::ui::{self, plan::Look};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree plan --offline", "the whole tree with every text; no network, no token"),
    ("epictree plan tools/package-hunter.toml", "what an apply of one tool would do"),
    ("epictree plan --only '*/handover/**'", "what lies below the handover of each tool"),
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
/// ! has a conflict, » posts a comment. Below it stand the fields that change. Where something is
/// to record, people see no difference: only the hidden line at the end of a description changes,
/// by which the next run tells who changed what.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Plan against nothing; no network, no token
    ///
    /// Shows the whole text of every item.
    #[arg(
        long,
        conflicts_with_all = ["sandbox", "url", "token_file", "out", "snapshot"],
        help_heading = "Target"
    )]
    offline: bool,
    /// Plan against what `plan --snapshot` recorded; no network, no token
    #[arg(
        long,
        value_name = "SNAPSHOT",
        conflicts_with_all = ["offline", "sandbox", "url", "token_file", "out", "snapshot"],
    )]
    against: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
    /// Save the plan, for `apply --plan`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Record what GitLab holds of these tools, for `plan --against`
    #[arg(long, value_name = "FILE", help_heading = "Output", hide_short_help = true)]
    snapshot: Option<PathBuf>,
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
    /// For people at a terminal
    Text,
    /// For machines: versioned, one document
    Json,
    /// One page to send: needs nothing but a browser
    Html,
    /// To paste into a merge request; mentions nobody
    Markdown,
    /// The sums that GitLab shows on a merge request: artifacts:reports:terraform
    GitlabReport,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let mut ready = session::ready(&args.paths)?;
    args.choices.check(&ready.trees)?;
    args.choices.narrow(&mut ready.trees)?;
    let (plan, kept) = if args.offline {
        args.choices.check_only(&ready.trees, |_| None)?;
        (session::offline(&ready, &args.choices), Vec::new())
    } else if let Some(file) = &args.against {
        (against(file, &ready, &args.choices)?, Vec::new())
    } else {
        online(args, &ready).await?
    };
    match args.format {
        Format::Json => ui::print(&ui::json::render(&plan))?,
        Format::Html => ui::print(&ui::html::render(&plan))?,
        Format::Markdown => {
            ui::print(&ui::markdown::render(&plan, args.show_drift || args.choices.keeps()))?;
        }
        Format::GitlabReport => ui::print(&ui::json::gitlab_report(&plan))?,
        Format::Text => {
            let leads = !args.offline && args.against.is_none() && args.target.sandbox.is_none();
            let (show_drift, texts) = (args.show_drift || args.choices.keeps(), args.offline);
            let look = Look { show_drift, texts, ..Look::here(leads) };
            let _paging = interrupt::paging();
            ui::pager::show(&ui::plan::render(&plan, look))?;
        }
    }
    kept.iter().for_each(|what| ui::say(what));
    for objection in plan.tools.iter().flat_map(guard::objections) {
        ui::warn(&format!("apply refuses this without --force: {objection}"));
    }
    Ok(exit(&plan, args.detailed_exitcode))
}

fn against(file: &Path, ready: &Ready, choices: &Choices) -> Result<Plan, Failure> {
    let snapshot = saved::snapshot(file, ready)?;
    choices.check_only(&ready.trees, |tool| snapshot.trees.get(tool))?;
    Ok(snapshot.plan(&ready.trees, &choices.options(&ready.workspace.id)))
}

/// Plans against GitLab, keeps what is to be kept, and tells of it.
async fn online(args: &Args, ready: &Ready) -> Result<(Plan, Vec<String>), Failure> {
    // What cannot be kept need not be asked for.
    args.out.iter().try_for_each(|file| saved::free::<SavedPlan>(file))?;
    args.snapshot.iter().try_for_each(|file| saved::free::<Snapshot>(file))?;
    let session = Session::open(ready, &args.target, &args.choices).await?;
    let mut kept = Vec::new();
    if let Some(file) = &args.snapshot {
        kept.push(keep(file, &session.snapshot, "plan against it with `plan --against`")?);
    }
    let Session { plan, snapshot, options, .. } = session;
    match &args.out {
        Some(_) if plan.tools.iter().all(ToolPlan::blocked) => {
            kept.push("The plan is not saved: it cannot be applied.".to_owned());
        }
        Some(file) => {
            let held = plan.tools.iter().filter(|tool| tool.blocked());
            let held: Vec<&str> = held.map(|tool| tool.desired.tool.as_str()).collect();
            let mut desired = ready.trees.clone();
            desired.retain(|tree| !held.contains(&tree.tool.as_str()));
            let saved = SavedPlan::new(snapshot, desired, options, &plan.unblocked());
            kept.push(keep(file, &saved, "carry it out with `apply --plan`")?);
            if !held.is_empty() {
                kept.push(format!("It leaves out what has errors: {}.", held.join(", ")));
            }
        }
        None => {}
    }
    Ok((plan, kept))
}

fn keep<T: Document>(file: &Path, document: &T, next: &str) -> Result<String, Failure> {
    let sum = saved::write(file, document)?;
    let (kind, file) = (T::KIND, file.display().to_string());
    Ok(format!("The {kind} is saved in `{}`; {next}. Checksum: {sum}", ui::clean(&file)))
}

/// The exit code of a plan that was only shown.
pub(super) fn exit(plan: &Plan, detailed: bool) -> Exit {
    if plan.blocked() {
        Exit::Failed
    } else if plan.tools.iter().any(ToolPlan::undecided) {
        Exit::Undecided
    } else if detailed && plan.pending() {
        Exit::Pending
    } else {
        Exit::Done
    }
}
