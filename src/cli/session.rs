//! From paths to a plan: load the files, connect, look, compare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::assets::Assets;
use crate::check::{self, Files, Loaded};
use crate::gitlab::{Client, Lack, Named, Reader};
use crate::observe::{self, observe};
use crate::plan::change::Needs;
use crate::plan::needs::Found;
use crate::plan::saved::SavedPlan;
use crate::plan::{Action, Options, Plan, Snapshot, Subject, build};
use crate::problem::{Problems, Severity};
use crate::render::Pulse;
use crate::sandbox::{Sandbox, Seed, Served};
use crate::spec::{Place, Workspace};
use crate::tree::{DesiredTree, Ground, Kind, ObservedTree, TitleIn};
use crate::ui::{self, progress::Progress};

use super::bounded::within_bounds;
use super::choices::Choices;
use super::connect::{self, Connected};
use super::preflight::{Preflight, preflight};
use super::target::TargetArgs;
use super::{Failure, files, seed};

/// Where a workspace keeps what is of this machine only.
const OWN_DIR: &str = ".epictree";
/// Where in it the sandbox is.
const SANDBOX_DIR: &str = "sandbox";

/// The files of a run without errors, and where they lie.
pub(super) struct Ready {
    folder: PathBuf,
    pub(super) workspace: Workspace,
    pub(super) trees: Vec<DesiredTree>,
}

impl Ready {
    /// A workspace of which no tool file is read.
    pub(super) fn without_tools(folder: PathBuf, workspace: Workspace) -> Self {
        Self { folder, workspace, trees: Vec::new() }
    }
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
    let pulse = Pulse::default();
    let files = Files { workspace, owners, stages, people, assets, tools, pulse: pulse.clone() };
    let loaded = within_bounds(&pulse, move || check::workspace(&files, problems))?;
    Ok((found.folder, loaded))
}

/// Loads the files; an error in any of them ends it, after all were said.
pub(super) fn ready(paths: &[PathBuf]) -> Result<Ready, Failure> {
    let (folder, loaded) = load(paths)?;
    let Loaded { workspace, trees, problems, sources, .. } = loaded;
    if problems.count(Severity::Error) + problems.count(Severity::Warning) > 0 {
        let text = ui::problems::render(&problems, &sources, ui::width());
        let say = if problems.has_errors() { ui::insist } else { ui::say };
        say(text.trim_end());
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

/// Opens the sandbox in a folder, or where the workspace keeps it, out of sight of Git.
pub(super) fn sandbox(ready: &Ready, dir: Option<&Path>) -> Result<(Sandbox, PathBuf), Failure> {
    let own = files::shorten(&ready.folder).join(OWN_DIR);
    let dir = dir.map_or_else(|| own.join(SANDBOX_DIR), Path::to_path_buf);
    let sandbox = Sandbox::open(&dir, &seed(ready))?;
    let ignore = own.join(".gitignore");
    if dir.starts_with(&own) && !ignore.exists() {
        std::fs::write(&ignore, "*\n")
            .with_context(|| format!("cannot write `{}`", ignore.display()))?;
    }
    Ok((sandbox, dir))
}

/// What a workspace's sandbox starts with.
fn seed(ready: &Ready) -> Seed {
    let places = ready.workspace.places.values().filter_map(|place| match place {
        Place::Item(reference) => Some(reference.clone()),
        Place::Namespace(_) => None,
    });
    seed::of(ready.workspace.nested_epics, places, &ready.trees)
}

/// A connection, what was seen through it, and the plan.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) plan: Plan,
    pub(super) snapshot: Snapshot,
    pub(super) options: Options,
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
        let connected = connect::to_workspace(ready, args).await?;
        let progress = Arc::new(Progress::reading(&format!("reading {}", connected.instance)));
        let waits = Arc::clone(&progress);
        connected.client.on_wait(move |wait| waits.waiting(wait));
        let session = Self::look(ready, choices, connected).await;
        progress.end();
        session
    }

    async fn look(
        ready: &Ready,
        choices: &Choices,
        Connected { client, served, instance }: Connected,
    ) -> Result<Self, Failure> {
        let options = choices.options(&ready.workspace.id);
        let Preflight { caller, capabilities, types, lacks } =
            preflight(&client, &ready.trees).await?;
        let ground = Ground {
            workspace: ready.workspace.id.clone(),
            places: places(ready),
            capabilities,
            caller,
        };
        let reader = Reader::new(&client);
        let observed = observe(&reader, &ground, &ready.trees).await?;
        let tools = ready.trees.iter().map(|tree| tree.tool.clone());
        let mut snapshot = Snapshot {
            instance,
            ground,
            trees: tools.zip(observed).collect(),
            looked_up: Needs::default(),
            found: Found::default(),
        };
        let mut plan = snapshot.build(&ready.trees, &options);
        snapshot.looked_up = plan.needs();
        snapshot.found = look_up(&reader, &snapshot.looked_up).await?;
        plan.settle(&snapshot.found);
        choices.say_needless(&plan);
        Ok(Self { client, plan, snapshot, options, types, served, lacks })
    }

    /// Connects to where a saved plan was made, as the same user; `plan` is what it came to again.
    pub(super) async fn resume(
        saved: SavedPlan,
        mut plan: Plan,
        args: &TargetArgs,
    ) -> Result<Self, Failure> {
        let Connected { client, served, instance } = connect::to_saved(&saved, args).await?;
        plan.target = instance.to_string();
        let SavedPlan { made_by: _, mut snapshot, desired, options, fingerprint: _ } = saved;
        let Preflight { caller, capabilities: _, types, lacks } =
            preflight(&client, &desired).await?;
        if caller != snapshot.ground.caller {
            let planner = &snapshot.ground.caller;
            return Err(Failure::new(format!(
                "the plan was made as @{planner}, and this token is @{caller}'s"
            ))
            .hint("use a token of the same user, or plan again with this one"));
        }
        let reader = Reader::new(&client);
        // What another run made or said since is neither made nor said again.
        snapshot.found = look_up(&reader, &snapshot.looked_up).await?;
        observe::records(&reader, &desired, &mut snapshot.trees).await?;
        Ok(Self { client, plan, snapshot, options, types, served, lacks })
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

fn places(ready: &Ready) -> BTreeSet<String> {
    let of = |place: &Place| match place {
        Place::Namespace(path) => Some(path.clone()),
        Place::Item(_) => None,
    };
    ready.workspace.places.values().filter_map(of).collect()
}

/// Looks up every title that a plan needs, each once.
async fn look_up(reader: &Reader, needs: &Needs) -> Result<Found, Failure> {
    let named = |titles: &BTreeSet<TitleIn>| -> Vec<Named> {
        let named = |(namespace, title): &TitleIn| Named {
            namespace: namespace.clone(),
            is_group: needs.groups.contains(namespace),
            title: title.clone(),
        };
        titles.iter().map(named).collect()
    };
    Ok(Found {
        labels: reader.label_ids(&named(&needs.labels)).await?,
        milestones: reader.milestone_ids(&named(&needs.milestones)).await?,
        users: reader.user_ids(&needs.users.iter().cloned().collect::<Vec<_>>()).await?,
    })
}
