//! `epictree sandbox`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::session;
use super::{Exit, Failure};
use crate::sandbox::Sandbox;
use crate::ui;

/// Usernames said at the start; the page lists all.
const SAID: usize = 8;

/// Serve the GitLab of this machine, for rehearsals
///
/// It holds the workspace's places and keeps its state between runs. Its address is a page: the tree,
/// live while an apply runs, each item with its history and who was notified, and forms to play a
/// colleague. Point other commands at it with --url and GITLAB_TOKEN=sandbox, or act as somebody it
/// knows with GITLAB_TOKEN=as:NAME; the page takes new people in.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tool files, or folders of them, whose places it is to hold
    paths: Vec<PathBuf>,
    /// Where its state is kept [default: .epictree/sandbox]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The port to listen on; any free one if 0
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    let dir = args.dir.clone().unwrap_or_else(|| session::sandbox_dir(&loaded));
    let sandbox = Sandbox::open(&dir, &session::seed(&loaded))?;
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    let url = served.url();
    ui::print(&format!(
        "{url}\n\n  \
         GITLAB_TOKEN=sandbox epictree apply --url {url}\n  \
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
