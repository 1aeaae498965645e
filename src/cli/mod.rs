//! The command line: one file a subcommand, with its arguments and its run.

mod apply;
mod bounded;
mod check;
mod choices;
mod connect;
mod completions;
mod design_doc;
mod failure;
mod files;
mod glab;
mod import;
mod interrupt;
mod help;
mod man;
mod near;
mod new;
mod plan;
mod preflight;
mod pull;
mod sandbox;
mod saved;
mod schema;
mod seed;
mod session;
mod status;
mod target;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::ui;

pub use failure::{Exit, Failure};

/// What the binary is called.
const NAME: &str = "epictree";

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree new package-hunter", "asks a few questions and writes a tool file to fill in"),
    ("epictree check", "all that is wrong in the files, with the next step"),
    ("epictree plan --offline", "the whole tree with every text; no network, no token"),
    ("epictree apply --sandbox", "a rehearsal on a GitLab of this machine"),
    ("GITLAB_TOKEN=… epictree apply", "shows the difference, asks, and carries it out"),
];

/// Keep a tree of GitLab epics and issues as a TOML file describes it
///
/// epictree plans the tree, shows the difference, applies it, and on every later run reconciles
/// what has moved on either side. It never makes a duplicate, never overwrites what people wrote,
/// and never notifies anyone unannounced.
#[derive(Debug, Parser)]
#[command(
    name = NAME,
    version = version::short(),
    long_version = version::long(),
    after_long_help = help::topics(EXAMPLES, &Exit::ALL, &[help::GITLAB, help::OUTPUT]),
    arg_required_else_help = true,
    max_term_width = 100,
)]
pub struct Cli {
    /// When to colour: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "Output",
        global = true
    )]
    color: ColorArg,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Tell of each request, and where the token is from
    #[arg(short, long, global = true, help_heading = "Output")]
    verbose: bool,
    /// Print long plans at once, not page by page
    #[arg(long, help_heading = "Output", global = true, hide_short_help = true)]
    no_pager: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::Args),
    Check(check::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Status(status::Args),
    Pull(pull::Args),
    Import(import::Args),
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Says whose an option is that a command does not know, where clap would offer the nearest of
/// the command's own: the nearest of `--format` is `--force`, and nobody is to be led to that.
fn mend_suggestion(error: &mut clap::Error) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return };
    let name = unknown.trim_start_matches('-').split('=').next().unwrap_or_default().to_owned();
    let cli = Cli::command();
    let knows = |command: &&clap::Command| {
        command.get_arguments().any(|arg| arg.get_long() == Some(name.as_str()))
    };
    let owners: Vec<String> =
        cli.get_subcommands().filter(knows).map(|c| format!("`{}`", c.get_name())).collect();
    if owners.is_empty() {
        return;
    }
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::Usage);
    let said = format!("`--{name}` is an option of {}", owners.join(" and "));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![said.into()]));
}

/// Runs the command line and answers its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(mut error) => {
            mend_suggestion(&mut error);
            let asked = !error.use_stderr();
            let _ = error.print();
            return code(if asked { Exit::Done } else { Exit::Usage });
        }
    };
    ui::set_color(match cli.color {
        ColorArg::Auto => ui::Color::Auto,
        ColorArg::Always => ui::Color::Always,
        ColorArg::Never => ui::Color::Never,
    });
    ui::set_talk(match (cli.quiet, cli.verbose) {
        (true, _) => ui::Talk::Quiet,
        (false, true) => ui::Talk::Verbose,
        (false, false) => ui::Talk::Usual,
    });
    if cli.no_pager {
        ui::pager::forbid();
    }
    code(match run(cli.command) {
        Ok(exit) => exit,
        Err(failure) => {
            ui::failed(&failure.message, failure.hint.as_deref());
            failure.exit
        }
    })
}

fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::New(args) => {
            interrupt::listen();
            new::run(&args)
        }
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => {
            interrupt::listen();
            block_on(plan::run(&args))
        }
        Command::Apply(args) => {
            interrupt::listen();
            block_on(apply::run(&args))
        }
        Command::Status(args) => {
            interrupt::listen();
            block_on(status::run(&args))
        }
        Command::Pull(args) => {
            interrupt::listen();
            block_on(pull::run(args))
        }
        Command::Import(args) => {
            interrupt::listen();
            block_on(import::run(&args))
        }
        Command::Sandbox(args) => block_on(sandbox::run(&args)),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// The command line as clap knows it, for documents that are held against it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}
