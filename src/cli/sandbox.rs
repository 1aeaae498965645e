//! `epictree sandbox`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::session;
use super::{Exit, Failure, help};
use crate::sandbox::Limits;
use crate::ui;

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree sandbox tools", "serves what the tool files in a folder need, until Ctrl-C"),
    ("epictree apply --url http://127.0.0.1:8080", "works on it, from another terminal"),
];
/// Usernames said at the start; the page lists all.
const SAID: usize = 8;

/// Serve the GitLab of this machine, for rehearsals
///
/// It holds the workspace's places and keeps its state between runs. Its address is a page: the tree,
/// live while an apply runs, each item with its history and who was notified, and forms to play a
/// colleague. Point other commands at it with --url: without a token they act as its own user, with
/// GITLAB_TOKEN=as:NAME as somebody it knows; the page takes new people in.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &Exit::OFFLINE, &[help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders, whose places it is to hold
    paths: Vec<PathBuf>,
    /// Where its state is kept [default: .epictree/sandbox]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The port to listen on; any free one if 0
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How much it takes in a minute, such as requests=600,creations=20,notes=5
    #[arg(long, value_name = "LIMITS")]
    limit: Option<Limits>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    let (sandbox, dir) = session::sandbox(loaded.base(), args.dir.as_deref())?;
    if let Some(limits) = args.limit {
        sandbox.limit(limits);
    }
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    let url = served.url();
    ui::print(&format!(
        "{url}\n\n  \
         epictree apply --url {url}\n  \
         GITLAB_TOKEN=as:NAME acts as somebody: {}\n\n\
         Ctrl-C ends it; its state stays in {}.\n",
        people(&sandbox.people()),
        dir.display()
    ))?;
    if args.open
        && let Err(error) = open::that_detached(&url)
    {
        ui::say(&format!("The browser could not be opened ({error}); the page is at {url}"));
    }
    tokio::signal::ctrl_c().await?;
    served.shutdown().await;
    Ok(Exit::Done)
}

fn people(names: &[String]) -> String {
    match names {
        [] => "nobody yet; the page takes people in".to_owned(),
        few if few.len() <= SAID => few.join(", "),
        many => format!("{} and {} more", many[..SAID].join(", "), many.len() - SAID),
    }
}
