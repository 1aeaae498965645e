//! From paths to a plan: load the files, connect, look, compare.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::assets::Assets;
use crate::check::{self, Files, Loaded};
use crate::gitlab::{Client, Lack, Named, Pace, Reader, Settings, Target};
use crate::key::NodeKey;
use crate::merge::OnConflict;
use crate::observe::{Ground, observe};
use crate::plan::Options;
use crate::plan::change::Needs;
use crate::plan::needs::{self, Found};
use crate::plan::{Action, Plan, Subject, ToolPlan, build};
use crate::problem::{Problems, Severity, nearest};
use crate::sandbox::{Sandbox, Seed, Served};
use crate::spec::{Place, Workspace};
use crate::tree::{DesiredTree, Kind, ObservedTree, TitleIn};
use crate::ui;

use super::preflight::{Preflight, preflight};
use super::target::{self, TargetArgs};
use super::{Exit, Failure, files, seed};

/// The token that the sandbox takes for its own user.
const SANDBOX_TOKEN: &str = "sandbox";
/// Where a workspace keeps its sandbox.
const SANDBOX_DIR: &str = ".epictree/sandbox";

/// Choices that belong to a plan.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Choices")]
pub(super) struct Choices {
    /// Take over items that people made under a wanted title
    ///
    /// They get what is missing; all else that differs is a conflict.
    #[arg(long)]
    adopt: bool,
    /// Close items that the files no longer want
    #[arg(long)]
    prune: bool,
    /// Create this node anew: its item is gone for good
    ///
    /// Without it, a recorded item that cannot be read is an error.
    #[arg(long, value_name = "KEY", value_parser = key)]
    recreate: Vec<NodeKey>,
    /// Settle what both sides changed: keep, spec or fail
    #[arg(long, value_name = "HOW", value_enum)]
    on_conflict: Option<Settle>,
}

/// How to settle what both sides changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Settle {
    /// GitLab's side stays, and is no conflict any more
    Keep,
    /// The files' side is written
    Spec,
    /// Nothing is written while there is a conflict
    Fail,
}

fn key(text: &str) -> Result<NodeKey, String> {
    NodeKey::parse(text)
        .ok_or_else(|| "a key reads like package-hunter/functionality/rules".to_owned())
}

impl Choices {
    fn options(&self, workspace: &str) -> Options {
        Options {
            workspace: workspace.to_owned(),
            adopt: self.adopt,
            prune: self.prune,
            recreate: self.recreate.iter().cloned().collect(),
            on_conflict: match self.on_conflict {
                None | Some(Settle::Fail) => OnConflict::Report,
                Some(Settle::Keep) => OnConflict::Keep,
                Some(Settle::Spec) => OnConflict::Spec,
            },
        }
    }

    /// Checks that each node to make anew is one of the files.
    pub(super) fn check(&self, ready: &Ready) -> Result<(), Failure> {
        let known = || ready.trees.iter().flat_map(|tree| &tree.nodes).map(|node| &node.key);
        let Some(key) = self.recreate.iter().find(|key| !known().any(|other| other == *key)) else {
            return Ok(());
        };
        let keys: Vec<String> = known().map(NodeKey::to_string).collect();
        let hint = match nearest(&key.to_string(), keys.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a plan with --format json lists all keys".to_owned(),
        };
        Err(Failure::new(format!("--recreate names `{key}`, which no file wants"))
            .hint(hint)
            .ends_with(Exit::Usage))
    }

    /// Whether a conflict stops everything.
    pub(super) fn fails_on_conflict(&self) -> bool {
        self.on_conflict == Some(Settle::Fail)
    }
}

/// The files of a run without errors, and where they lie.
pub(super) struct Ready {
    folder: PathBuf,
    workspace: Workspace,
    trees: Vec<DesiredTree>,
}

/// Loads the files and checks them.
pub(super) fn load(paths: &[PathBuf]) -> Result<(PathBuf, Loaded), Failure> {
    let mut found = files::find(paths)?;
    let mut problems = Problems::default();
    let assets = Assets::overlaid(&found.folder, &mut problems);
    let file = |file: files::File| (file.name, file.bytes);
    let mut named = |key: &str| found.owners.remove(key).map(file);
    let (owners, stages, people) = (named("file"), named("stages"), named("people"));
    let tools = found.tools.into_iter().map(file).collect();
    let workspace = file(found.workspace);
    let files = Files { workspace, owners, stages, people, assets, tools };
    Ok((found.folder, check::workspace(&files, problems)))
}

/// Loads the files; an error in any of them ends it, after all were said.
pub(super) fn ready(paths: &[PathBuf]) -> Result<Ready, Failure> {
    let (folder, loaded) = load(paths)?;
    let Loaded { workspace, trees, problems, sources, .. } = loaded;
    if problems.count(Severity::Error) + problems.count(Severity::Warning) > 0 {
        ui::say(ui::problems::render(&problems, &sources, ui::width()).trim_end());
    }
    match workspace.filter(|_| !problems.has_errors()) {
        Some(workspace) => Ok(Ready { folder, workspace, trees }),
        None => Err(Failure::new("the files have errors, and nothing was planned")
            .hint("mend them, then run again")),
    }
}

/// The plan against nothing.
pub(super) fn offline(ready: &Ready, choices: &Choices) -> Plan {
    let options = choices.options(&ready.workspace.id);
    let nothing = ObservedTree::default();
    let tools = ready.trees.iter().map(|tree| build(tree, &nothing, &options)).collect();
    Plan { target: "offline".into(), caller: None, tools }
}

/// Tells whether something stands in the way of applying a plan.
pub(super) fn blocked(plan: &Plan) -> bool {
    plan.tools.iter().flat_map(|tool| &tool.notices).any(|notice| notice.blocks)
}

/// Where a workspace keeps its sandbox.
pub(super) fn sandbox_dir(ready: &Ready) -> PathBuf {
    files::shorten(&ready.folder).join(SANDBOX_DIR)
}

/// What a workspace's sandbox starts with.
pub(super) fn seed(ready: &Ready) -> Seed {
    seed::of(&ready.workspace, &ready.trees)
}

/// A connection, what was seen through it, and the plan.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) plan: Plan,
    pub(super) observed: Vec<ObservedTree>,
    pub(super) options: Options,
    pub(super) ground: Ground,
    pub(super) found: Found,
    pub(super) types: BTreeMap<(String, Kind), String>,
    /// Keeps the sandbox serving.
    pub(super) served: Option<Served>,
    lacks: Vec<(String, Lack)>,
}

impl Session {
    /// Connects, looks and compares.
    pub(super) async fn open(
        ready: &Ready,
        args: &TargetArgs,
        choices: &Choices,
    ) -> Result<Self, Failure> {
        let (client, served, target) = connect(ready, args).await?;
        let progress = ui::progress::Progress::reading(&format!("reading {target}"));
        let session = Self::look(ready, choices, client, served, target).await;
        progress.end();
        session
    }

    async fn look(
        ready: &Ready,
        choices: &Choices,
        client: Client,
        served: Option<Served>,
        target: String,
    ) -> Result<Self, Failure> {
        let options = choices.options(&ready.workspace.id);
        let Preflight { caller, capabilities, types, lacks } =
            preflight(&client, &ready.trees).await?;
        let ground = Ground {
            workspace: ready.workspace.id.clone(),
            places: places(ready),
            capabilities,
            caller: caller.clone(),
        };
        let reader = Reader::new(&client);
        let observed = observe(&reader, &ground, &ready.trees).await?;
        let mut tools: Vec<ToolPlan> = ready
            .trees
            .iter()
            .zip(&observed)
            .map(|(tree, seen)| build(tree, seen, &options))
            .collect();
        let found = look_up(&reader, &tools).await?;
        tools.iter_mut().for_each(|tool| needs::settle(tool, &found));
        let plan = Plan { target, caller: Some(caller), tools };
        Ok(Self { client, plan, observed, options, ground, found, types, served, lacks })
    }

    /// Fails if the token may not do what the plan wants.
    pub(super) fn may_write(&self) -> Result<(), Failure> {
        let creates = |path: &str, lack: &Lack| {
            let new = self
                .plan
                .tools
                .iter()
                .flat_map(|tool| &tool.changes)
                .filter(|c| c.action == Action::Create);
            let mut here = new.filter(|change| change.namespace == path);
            here.any(|change| match lack {
                Lack::Create(kind) => change.subject == Subject::Node(*kind),
                _ => true,
            })
        };
        match self.lacks.iter().find(|(path, lack)| creates(path, lack)) {
            Some((path, lack)) => Err(Failure::new(format!("{path}: {lack}")).hint(lack.hint())),
            None => Ok(()),
        }
    }
}

async fn connect(
    ready: &Ready,
    args: &TargetArgs,
) -> Result<(Client, Option<Served>, String), Failure> {
    let settings = Settings { parallelism: usize::from(args.parallelism), pace: Pace::default() };
    let Some(dir) = &args.sandbox else {
        let url = target::url(args, ready.workspace.url.as_deref())?;
        let token = Some(target::token(args, &url)?);
        return Ok((Client::new(&Target { url: url.clone(), token }, settings)?, None, url));
    };
    let dir = dir.clone().unwrap_or_else(|| sandbox_dir(ready));
    let sandbox = Sandbox::open(&dir, &seed(ready))?;
    let served = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let target = Target { url: served.url(), token: Some(SANDBOX_TOKEN.to_owned().into()) };
    Ok((Client::new(&target, settings)?, Some(served), format!("the sandbox in {}", dir.display())))
}

fn places(ready: &Ready) -> BTreeSet<String> {
    let of = |place: &Place| match place {
        Place::Namespace(path) => Some(path.clone()),
        Place::Item(_) => None,
    };
    ready.workspace.places.values().filter_map(of).collect()
}

/// Looks up every title that the plans need, each once.
async fn look_up(reader: &Reader, tools: &[ToolPlan]) -> Result<Found, Failure> {
    let named = |of: fn(&Needs) -> &BTreeSet<TitleIn>| -> Vec<Named> {
        let all: BTreeSet<(String, bool, String)> = tools
            .iter()
            .flat_map(|tool| {
                of(&tool.needs)
                    .iter()
                    .map(|(ns, title)| (ns, tool.needs.groups.contains(ns), title))
            })
            .map(|(ns, is_group, title)| (ns.clone(), is_group, title.clone()))
            .collect();
        all.into_iter()
            .map(|(namespace, is_group, title)| Named { namespace, is_group, title })
            .collect()
    };
    let users: BTreeSet<String> =
        tools.iter().flat_map(|tool| tool.needs.users.iter().cloned()).collect();
    Ok(Found {
        labels: reader.label_ids(&named(|needs| &needs.labels)).await?,
        milestones: reader.milestone_ids(&named(|needs| &needs.milestones)).await?,
        users: reader.user_ids(&users.into_iter().collect::<Vec<_>>()).await?,
    })
}
