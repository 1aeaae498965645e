//! From paths to a plan: load the files, connect, look, compare.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::gitlab::{Client, Lack, Named, Pace, Reader, Settings, Target};
use crate::key::NodeKey;
use crate::observe::{Ground, observe};
use crate::plan::build::Options;
use crate::plan::needs::{self, Found};
use crate::plan::{Plan, ToolPlan, build};
use crate::sandbox::{Sandbox, Seed, Served};
use crate::tree::{DesiredTree, Kind, ObservedTree};
use crate::ui;

use super::Failure;
use super::failure::Exit;
use super::preflight::{Preflight, preflight};
use super::target::{self, TargetArgs};
use super::{files, seed};

/// The token that the sandbox takes for its own user.
const SANDBOX_TOKEN: &str = "sandbox";
/// Where a workspace keeps its sandbox.
const SANDBOX_DIR: &str = ".epictree/sandbox";

/// Choices that belong to a plan.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Choices {
    /// Make items that people created and that look like ours ours
    #[arg(long)]
    adopt: bool,
    /// Close items that the files no longer want
    #[arg(long)]
    prune: bool,
    /// Create this node anew although its item is recorded and cannot be read
    #[arg(long, value_name = "KEY", value_parser = key)]
    recreate: Vec<NodeKey>,
}

fn key(text: &str) -> Result<NodeKey, String> {
    NodeKey::parse(text).ok_or_else(|| "a key reads like package-hunter/functionality/rules".to_owned())
}
