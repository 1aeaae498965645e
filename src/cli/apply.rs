//! `epictree apply`

use std::path::PathBuf;
use std::sync::Arc;

use super::session::{self, Choices, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help};
use crate::apply::{Job, Report, Stop, apply, steps};
use crate::gitlab::Writer;
use crate::plan::{Plan, guard};
use crate::ui::{self, plan::Look};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree apply --sandbox", "a rehearsal on a GitLab of this machine"),
    ("GITLAB_TOKEN=… epictree apply", "shows the plan, asks, and carries it out"),
    ("epictree apply --yes --token-file token", "in a pipeline, where nobody can be asked"),
    ("epictree apply --on-conflict keep", "settles conflicts: GitLab's side stays"),
    ("epictree apply --prune", "closes what the files no longer want; nothing is ever deleted"),
];
/// All but that of `plan --detailed-exitcode`.
const EXITS: [Exit; 7] = [
    Exit::Interrupted,
    Exit::Usage,
    Exit::Failed,
    Exit::Partly,
    Exit::Moved,
    Exit::Undecided,
    Exit::Done,
];

/// Show the plan, ask, and carry it out
///
/// An apply that was cut off, at any point, is finished by the same command. The same command
/// right after it writes nothing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    choices: Choices,
    /// Do not ask; for pipelines
    #[arg(long)]
    yes: bool,
    /// Do what the brake refuses: very large changes, lowered confidentiality
    #[arg(long)]
    force: bool,
    /// List what people changed in GitLab and keep
    #[arg(long, help_heading = "Output")]
    show_drift: bool,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    args.choices.check(&loaded)?;
    let session = Session::open(&loaded, &args.target, &args.choices).await?;
    let look = Look { show_drift: args.show_drift, ..Look::here(session.served.is_none()) };
    ui::print(&ui::plan::render(&session.plan, look))?;
    if session::blocked(&session.plan) {
        return Err(
            Failure::new("nothing was written").hint("settle the errors above, then run again")
        );
    }
    let conflicts = session.plan.summary().conflict;
    if args.choices.fails_on_conflict() && conflicts > 0 {
        return Err(Failure::new(format!(
            "{}, and nothing was written",
            ui::count(conflicts, "conflict")
        ))
        .hint("settle them in GitLab or in the files, or say --on-conflict keep or spec")
        .ends_with(Exit::Undecided));
    }
    if !session.plan.writes() {
        return Ok(super::plan::exit(&session.plan, false));
    }
    brake(&session.plan, args.force)?;
    session.may_write()?;
    super::answer_interrupts().await;
    if !args.yes && !agreed(&session)? {
        ui::say("Nothing was written.");
        return Ok(Exit::Done);
    }
    let (plan, is_sandbox) = (session.plan.clone(), session.served.is_some());
    let report = carry_out(session).await;
    ui::print(&ui::report::render(&report, !is_sandbox))?;
    Ok(exit(&report, &plan))
}

fn brake(plan: &Plan, force: bool) -> Result<(), Failure> {
    let objections: Vec<String> = plan.tools.iter().flat_map(guard::objections).collect();
    if objections.is_empty() || force {
        return Ok(());
    }
    Err(Failure::new(format!("refused: {}", objections.join("; ")))
        .hint("look at the plan; if it is what you want, run again with --force"))
}

fn agreed(session: &Session) -> Result<bool, Failure> {
    let who =
        session.plan.caller.as_ref().map(|caller| format!(" as @{caller}")).unwrap_or_default();
    let question = format!("Apply this to {}{who}?", session.plan.target);
    ui::ask(&question)?.ok_or_else(|| {
        Failure::new("there is no terminal to ask on, and nothing was written")
            .hint("look at the plan, then run again with --yes")
            .ends_with(Exit::Usage)
    })
}

async fn carry_out(session: Session) -> Report {
    let progress = Arc::new(ui::progress::Progress::new(steps(&session.plan)));
    let waits = Arc::clone(&progress);
    session.client.on_wait(move |pause| waits.waiting(pause));
    let stop = Stop::default();
    let asked = stop.clone();
    let listener = tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if asked.asked() {
                // Asked twice: whoever presses again does not want to wait.
                std::process::abort();
            }
            ui::say("Ending after the writes in flight; press Ctrl-C again to stop at once.");
            asked.now();
        }
    });
    let writer = Writer::new(&session.client);
    let Session {
        plan, observed, options, ground, found, types, client: _, served: _served, ..
    } = session;
    let job = Job { plan: &plan, observed, options: &options, ground: &ground, found, types };
    let report = apply(job, &writer, &|event| progress.on(event), &stop).await;
    listener.abort();
    progress.end();
    report
}

fn exit(report: &Report, plan: &Plan) -> Exit {
    if report.interrupted {
        Exit::Interrupted
    } else if report.incomplete() {
        if report.wrote() { Exit::Partly } else { Exit::Failed }
    } else if report.moved() {
        Exit::Moved
    } else {
        super::plan::exit(plan, false)
    }
}
