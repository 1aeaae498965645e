//! `epictree apply`

use std::path::PathBuf;
use std::sync::Arc;

use super::choices::Choices;
use super::saved;
use super::session::{self, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help, interrupt};
use crate::apply::{Job, Report, Stop, apply, steps};
use crate::gitlab::{Amounts, Writer};
use crate::merge::OnConflict;
use crate::plan::saved::SavedPlan;
use crate::plan::{Action, Plan, Snapshot, Subject, guard};
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

/// What a saved plan brings along.
const SAVED: [&str; 2] = ["plan", "checksum"];
const CHOICES: [&str; 6] = ["adopt", "prune", "close_fulfilled", "recreate", "only", "on_conflict"];

/// Show the plan, ask, and carry it out
///
/// An apply that was cut off, at any point, is finished by the same command. The same command
/// right after it writes nothing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    #[arg(conflicts_with_all = SAVED)]
    paths: Vec<PathBuf>,
    /// Carry out what `plan --out` saved, where and as whom it was planned; reads no tool files
    #[arg(long, value_name = "FILE", conflicts_with_all = CHOICES)]
    plan: Option<PathBuf>,
    /// Refuse a saved plan with another checksum than `plan --out` told
    #[arg(long, value_name = "CHECKSUM", requires = "plan")]
    checksum: Option<String>,
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
    let mut session = session(args).await?;
    session.hold_what_may_not_be_written();
    let show_drift = args.show_drift || session.options.on_conflict == OnConflict::Keep;
    let look = Look { show_drift, ..Look::here(session.served.is_none()) };
    ui::print(&ui::plan::render(&session.plan, look))?;
    let conflicts = session.plan.summary().conflict;
    if session.options.on_conflict == OnConflict::Fail && conflicts > 0 {
        return Err(Failure::new(format!(
            "{}, and nothing was written",
            ui::count(conflicts, "conflict")
        ))
        .hint("settle them in GitLab or in the files, or say --on-conflict keep or spec")
        .ends_with(Exit::Undecided));
    }
    let plan = session.plan.unblocked();
    if !plan.writes() && session.plan.blocked() {
        return Err(
            Failure::new("nothing was written").hint("settle the errors above, then run again")
        );
    }
    if !plan.writes() {
        return Ok(super::plan::exit(&plan, false));
    }
    brake(&plan, args.force)?;
    if let Some(slow) = session.client.rates().slowest(&work(&plan)) {
        ui::say(&ui::progress::slow(&slow));
    }
    if !args.yes && !agreed(&session)? {
        ui::say("Nothing was written.");
        return Ok(Exit::Done);
    }
    let (whole, is_sandbox) = (session.plan.clone(), session.served.is_some());
    let report = carry_out(session, &plan).await;
    ui::print(&ui::report::render(&report, &whole, !is_sandbox))?;
    if is_sandbox {
        let paths = args.paths.iter().map(|path| format!("{} ", path.display()));
        let dir = args.target.sandbox.clone().flatten();
        let dir = dir.map_or_else(String::new, |dir| format!("--dir {} ", dir.display()));
        ui::say(&format!("`epictree sandbox {}{dir}--open` shows it.", paths.collect::<String>()));
    }
    Ok(Exit::of(&report, &whole))
}

async fn session(args: &Args) -> Result<Session, Failure> {
    let Some(file) = &args.plan else {
        let mut ready = session::ready(&args.paths)?;
        args.choices.check(&ready.trees)?;
        args.choices.narrow(&mut ready.trees)?;
        return Session::open(&ready, &args.target, &args.choices).await;
    };
    let (saved, sum): (SavedPlan, _) = saved::read(file)?;
    if args.checksum.as_ref().is_some_and(|wanted| !wanted.trim().eq_ignore_ascii_case(&sum)) {
        return Err(Failure::new(format!("`{}` has the checksum {sum}", file.display()))
            .hint("it is not the plan that you want to apply; get that one, or plan again"));
    }
    let plan = saved.plan().map_err(|error| saved::refused(file, error))?;
    Session::resume(saved, plan, &args.target).await
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

async fn carry_out(session: Session, plan: &Plan) -> Report {
    let progress = Arc::new(ui::progress::Progress::new(steps(plan)));
    let waits = Arc::clone(&progress);
    session.client.on_wait(move |wait| waits.waiting(wait));
    let stop = Stop::default();
    let writing = interrupt::writing(&session.client, &stop);
    let writer = Writer::new(&session.client);
    let Session { snapshot, options, types, client: _, served: _served, .. } = session;
    let Snapshot { ground, mut trees, found, .. } = snapshot;
    let seen = plan.tools.iter().map(|tool| trees.remove(&tool.desired.tool).unwrap_or_default());
    let job =
        Job { plan, observed: seen.collect(), options: &options, ground: &ground, found, types };
    let report = apply(job, &writer, &|event| progress.on(event), &stop).await;
    drop(writing);
    progress.end();
    report
}

impl Exit {
    /// The code with which an apply ends that carried this plan out.
    #[must_use]
    pub fn of(report: &Report, plan: &Plan) -> Self {
        if report.interrupted {
            Self::Interrupted
        } else if report.incomplete() || plan.blocked() {
            if report.wrote() { Self::Partly } else { Self::Failed }
        } else if report.moved() {
            Self::Moved
        } else {
            super::plan::exit(plan, false)
        }
    }
}
