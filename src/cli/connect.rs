//! Opens a command's connection: to the instance that is named, or to a sandbox in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use super::Failure;
use super::session::{Ready, sandbox_dir, seed};
use super::target::{self, SANDBOX_TOKEN, TargetArgs};
use crate::gitlab::{Client, Connection, Pace, Settings, Target};
use crate::sandbox::{Sandbox, Served};
use crate::ui;

/// A connection and what it needs to go on.
pub(super) struct Link {
    pub(super) client: Client,
    /// The other side, as a plan names it.
    pub(super) target: String,
    /// Keeps the sandbox serving.
    pub(super) served: Option<Served>,
    began: Instant,
}

/// Connects; nothing is sent yet.
pub(super) async fn connect(ready: &Ready, args: &TargetArgs) -> Result<Link, Failure> {
    let began = Instant::now();
    let settings = Settings { parallelism: usize::from(args.parallelism), pace: Pace::default() };
    let Some(dir) = &args.sandbox else {
        let (target, connection) = target::target(args, ready.url())?;
        let source = connection.login.source.clone();
        let client = watched(Client::connected(&target, settings, connection)?);
        if ui::talks(ui::Talk::Verbose) {
            ui::say(&ui::clean(&format!("{}, with the token from {source}", target.url)));
        }
        return Ok(Link { client, target: target.url, served: None, began });
    };
    let dir = dir.clone().unwrap_or_else(|| sandbox_dir(ready));
    let sandbox = Sandbox::open(&dir, &seed(ready))?;
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let target = Target { url: served.url(), token: Some(SANDBOX_TOKEN.to_owned().into()) };
    let client = watched(Client::connected(&target, settings, Connection::default())?);
    let target = format!("the sandbox in {}", dir.display());
    Ok(Link { client, target, served: Some(served), began })
}

fn watched(client: Client) -> Client {
    if ui::talks(ui::Talk::Verbose) {
        client.on_exchange(|exchange| ui::say(&ui::verbose::exchange(exchange)));
    }
    client
}

impl Drop for Link {
    /// However a command ends, its sums are the last that is said of requests.
    fn drop(&mut self) {
        if ui::talks(ui::Talk::Verbose) {
            ui::say(&ui::verbose::sums(&self.client.counters(), self.began.elapsed()));
        }
    }
}
