//! `epictree apply`

use std::path::PathBuf;
use std::sync::Arc;

use super::session::{self, Choices, Session};
use super::target::TargetArgs;
use super::{Exit, Failure};
use crate::apply::{Job, Report, Stop, apply, steps};
use crate::gitlab::Writer;
use crate::plan::{Plan, guard};
use crate::ui;

/// Show the plan, ask, and carry it out
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tool files, or folders of them [default: the workspace's tools/, else this folder]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    choices: Choices,
    /// Do not ask; for pipelines
    #[arg(long)]
    yes: bool,
    /// Carry out what the brake refuses: very large changes, and lowered confidentiality
    #[arg(long)]
    force: bool,
    /// List what people changed in GitLab and keep
    #[arg(long)]
    show_drift: bool,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    args.choices.check(&loaded)?;
    let session = Session::open(&loaded, &args.target, &args.choices).await?;
    let look = ui::plan::Look {
        width: ui::width(),
        cut: ui::is_terminal(),
        show_drift: args.show_drift,
        texts: false,
    };
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
    if !args.yes && !agreed(&session)? {
        ui::say("Nothing was written.");
        return Ok(Exit::Done);
    }
    let (plan, is_sandbox) = (session.plan.clone(), session.served.is_some());
    let report = carry_out(session).await;
    ui::print(&ui::report::render(&report, !is_sandbox))?;
    Ok(Exit::of(&report, &plan))
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

impl Exit {
    /// The code with which an apply ends that carried this plan out.
    #[must_use]
    pub fn of(report: &Report, plan: &Plan) -> Self {
        if report.interrupted {
            Self::Interrupted
        } else if report.incomplete() {
            if report.wrote() { Self::Partly } else { Self::Failed }
        } else if report.moved() {
            Self::Moved
        } else {
            super::plan::exit(plan, false)
        }
    }
}
