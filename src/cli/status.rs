//! `epictree status`

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::choices::Choices;
use super::session::{self, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help, interrupt, saved};
use crate::plan::Snapshot;
use crate::status::{Status, status};
use crate::ui::{self, plan::Look};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree status", "how far each tool of the workspace is, and what comes next"),
    ("epictree status tools/package-hunter.toml --format html > status.html", "one page to send"),
    ("epictree status --format markdown", "to paste into a weekly update; mentions nobody"),
];
/// Those of a command that only looks.
const EXITS: [Exit; 4] = [Exit::Interrupted, Exit::Usage, Exit::Failed, Exit::Done];

/// Show how far each tool is: what is done, who owns it, what comes next
///
/// What is counted is what the blueprint's [[measure]] say. A closed item is done; one is blocked
/// while it waits for another that is not. Of several tools, the sum stands first.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Look at what `plan --snapshot` recorded; no network, no token
    #[arg(
        long,
        value_name = "SNAPSHOT",
        conflicts_with_all = ["sandbox", "url", "token_file"],
        help_heading = "Target"
    )]
    against: Option<PathBuf>,
    /// Count days from this one [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = day, help_heading = "Output", hide_short_help = true)]
    today: Option<Date>,
    /// How to print the status
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Text,
    /// For machines: versioned, one document
    Json,
    /// One page to send, with a burndown: needs nothing but a browser
    Html,
    /// To paste into an issue; mentions nobody
    Markdown,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let ready = session::ready(&args.paths)?;
    let snapshot = match &args.against {
        Some(file) => saved::snapshot(file, &ready)?,
        None => Session::open(&ready, &args.target, &Choices::default()).await?.snapshot,
    };
    let status = taken(&snapshot, &ready, args.today.unwrap_or_else(today));
    match args.format {
        Format::Json => ui::print(&ui::status::json::render(&status))?,
        Format::Html => ui::print(&ui::status::html::render(&status))?,
        Format::Markdown => ui::print(&ui::status::markdown::render(&status))?,
        Format::Text => {
            let look = Look::here(args.against.is_none() && args.target.sandbox.is_none());
            let _paging = interrupt::paging();
            ui::pager::show(&ui::status::render(&status, look))?;
        }
    }
    for (tool, why) in &snapshot.unread {
        ui::failed(&format!("{tool}: {}", why.message), Some(&why.hint));
    }
    Ok(if snapshot.unread.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The status of all tools that could be looked at.
fn taken(snapshot: &Snapshot, ready: &session::Ready, today: Date) -> Status {
    let seen =
        ready.trees.iter().filter_map(|tree| Some((&**tree, snapshot.trees.get(&tree.tool)?)));
    status(&snapshot.instance.to_string(), seen, today)
}

fn day(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "write it as YYYY-MM-DD")
}

fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}
