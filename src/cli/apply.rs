//! `epictree apply`

use std::path::PathBuf;
use std::sync::Arc;

use super::session::{self, Choices, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, interrupt};
use crate::apply::{Job, Report, Stop, apply, steps};
use crate::gitlab::{Amounts, Writer};
use crate::plan::{Action, Plan, Subject, guard};
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
    if let Some(slow) = session.client.rates().slowest(&work(&session.plan)) {
        ui::say(&ui::progress::slow(&slow));
    }
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

/// Requests that a step takes, as counted with the examples: it is looked for, written, and often
/// written once more when what it refers to exists.
const REQUESTS_A_STEP: u64 = 2;

/// What a plan asks of an instance that counts.
fn work(plan: &Plan) -> Amounts<u64> {
    let requests = REQUESTS_A_STEP * steps(plan) as u64;
    let mut work = Amounts { requests, ..Amounts::default() };
    for change in plan.tools.iter().flat_map(|tool| &tool.changes) {
        match (change.action, change.subject) {
            (Action::Create, Subject::Node(_)) => work.creations += 1,
            (Action::Comment, _) => work.notes += 1,
            _ => {}
        }
    }
    work
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
    session.client.on_wait(move |wait| waits.waiting(wait));
    let stop = Stop::default();
    let writing = interrupt::writing(&session.client, &stop);
    let writer = Writer::new(&session.client);
    let Session {
        plan, observed, options, ground, found, types, client: _, served: _served, ..
    } = session;
    let job = Job { plan: &plan, observed, options: &options, ground: &ground, found, types };
    let report = apply(job, &writer, &|event| progress.on(event), &stop).await;
    drop(writing);
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
