//! Connects to an instance, or serves the sandbox in its place.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::session::{self, Base};
use super::target::{self, TargetArgs};
use super::{Exit, Failure, seed};
use crate::gitlab::Client;
use crate::plan::Instance;
use crate::plan::saved::SavedPlan;
use crate::sandbox::{Sandbox, Seed, Served};
use crate::tree::{Kind, Parent};

/// A connection, and to what.
pub(super) struct Connected {
    pub(super) client: Client,
    /// Keeps the sandbox serving.
    pub(super) served: Option<Served>,
    pub(super) instance: Instance,
}

/// Connects to where the command line or the workspace says.
pub(super) async fn to_workspace(base: Base<'_>, args: &TargetArgs) -> Result<Connected, Failure> {
    match &args.sandbox {
        None => to_url(&target::url(args, base.workspace.url.as_deref())?, args),
        Some(dir) => {
            let (sandbox, dir) = session::sandbox(base, dir.as_deref())?;
            to_sandbox(&sandbox, &dir, args).await
        }
    }
}

/// Connects to where a saved plan was made, and nowhere else.
pub(super) async fn to_saved(saved: &SavedPlan, args: &TargetArgs) -> Result<Connected, Failure> {
    let made_for = &saved.snapshot.instance;
    let elsewhere = |hint: String| {
        Err(Failure::new(format!("the plan was made for {made_for}"))
            .hint(hint)
            .ends_with(Exit::Usage))
    };
    match (made_for, &args.sandbox) {
        (Instance::Url(url), None) => {
            let connected = to_url(&target::url(args, Some(url))?, args)?;
            if connected.instance != *made_for {
                return elsewhere(format!(
                    "leave --url out, or plan again for {}",
                    connected.instance
                ));
            }
            Ok(connected)
        }
        (Instance::Url(_), Some(_)) => {
            elsewhere("leave --sandbox out, or plan again with it".into())
        }
        (Instance::Sandbox(_), None) => {
            elsewhere("apply it with --sandbox, or plan again without it".into())
        }
        (Instance::Sandbox(made_in), Some(named)) => {
            let dir = named.as_deref().unwrap_or(Path::new(made_in));
            if !dir.is_dir() {
                let message = format!("there is no sandbox in {}", dir.display());
                return Err(Failure::new(message)
                    .hint("go where the plan was made, or name its folder with --sandbox=DIR"));
            }
            to_sandbox(&Sandbox::open(dir, &seed_of(saved))?, dir, args).await
        }
    }
}

/// What a sandbox is served with that was sown before.
fn seed_of(saved: &SavedPlan) -> Seed {
    let mut nodes = saved.desired.iter().flat_map(|tree| &tree.nodes);
    let nested = nodes.any(|node| node.kind == Kind::Epic && node.parent != Parent::None);
    seed::of(nested, std::iter::empty(), &saved.desired)
}

fn to_url(url: &str, args: &TargetArgs) -> Result<Connected, Failure> {
    let client = target::client(args, url)?;
    let instance = Instance::Url(client.url().to_owned());
    Ok(Connected { client, served: None, instance })
}

async fn to_sandbox(
    sandbox: &Sandbox,
    dir: &Path,
    args: &TargetArgs,
) -> Result<Connected, Failure> {
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let client = target::sandbox_client(args, served.url())?;
    let instance = Instance::Sandbox(dir.display().to_string());
    Ok(Connected { client, served: Some(served), instance })
}
