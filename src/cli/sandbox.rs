//! `epictree sandbox`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::session;
use super::{Exit, Failure};
use crate::sandbox::Limits;
use crate::ui;

/// Serve the GitLab of this machine, for rehearsals
///
/// It holds the workspace's places and keeps its state between runs. Point other commands at it with
/// --url; without a token they act as its own user, with GITLAB_TOKEN=as:NAME as somebody else.
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
    /// How much it takes in a minute, such as requests=600,creations=20,notes=5
    #[arg(long, value_name = "LIMITS")]
    limit: Option<Limits>,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = session::ready(&args.paths)?;
    let (sandbox, dir) = session::sandbox(&loaded, args.dir.as_deref())?;
    if let Some(limits) = args.limit {
        sandbox.limit(limits);
    }
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    ui::print(&format!(
        "{}\n\n  epictree plan --url {}\n\nCtrl-C ends it; its state stays in {}.\n",
        served.url(),
        served.url(),
        dir.display()
    ))?;
    tokio::signal::ctrl_c().await?;
    served.shutdown().await;
    Ok(Exit::Done)
}
