//! The command line: one file a subcommand, with its arguments and its run.

mod apply;
mod bounded;
mod check;
mod choices;
mod connect;
mod design_doc;
mod failure;
mod files;
mod glab;
mod interrupt;
mod new;
mod plan;
mod preflight;
mod sandbox;
mod saved;
mod schema;
mod seed;
mod session;
mod target;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::ui;

pub use failure::{Exit, Failure};

const AFTER_HELP: &str = "\
Exit codes, the first that applies:
  130 interrupted   64 wrong usage   1 failed   5 applied in part
  4 items moved since the plan   3 conflicts or adoptions left
  2 changes pending (plan --detailed-exitcode only)   0 done, or nothing to do

Environment:
  GITLAB_TOKEN, GITLAB_ACCESS_TOKEN, OAUTH_TOKEN   the access token, scope api (read_api to plan)
  HTTPS_PROXY, NO_PROXY                            the proxy
  SSL_CERT_FILE, SSL_CERT_DIR                      the authorities to trust instead of the system's
  GITLAB_HOST, GITLAB_URI, GL_HOST, CI_SERVER_URL  the instance, if the workspace names none
  NO_COLOR, CLICOLOR_FORCE                         colour
";

/// Keep a tree of GitLab epics and issues as a TOML file describes it
///
/// epictree plans the tree, shows the difference, applies it, and on every later run reconciles
/// what has moved on either side. It never makes a duplicate, never overwrites what people wrote,
/// and never notifies anyone unannounced.
#[derive(Debug, Parser)]
#[command(name = "epictree", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct Cli {
    /// When to colour
    #[arg(long, value_enum, default_value = "auto", global = true)]
    color: ColorArg,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say of each request its operation, status, time and size, and where the token is from
    #[arg(short, long, global = true)]
    verbose: bool,
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
    Sandbox(sandbox::Args),
    Schema(schema::Args),
}

/// Runs the command line and answers its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
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
        Command::New(args) => new::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => {
            interrupt::listen();
            block_on(plan::run(&args))
        }
        Command::Apply(args) => {
            interrupt::listen();
            block_on(apply::run(&args))
        }
        Command::Sandbox(args) => block_on(sandbox::run(&args)),
        Command::Schema(args) => schema::run(&args),
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
