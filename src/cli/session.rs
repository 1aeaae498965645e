//! From paths to a plan: load the files, connect, look, compare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rayon::prelude::*;

use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::check::{self, Files, Loaded};
use crate::gitlab::{Client, Lack, Named, Reader};
use crate::observe::{self, observe};
use crate::plan::change::Needs;
use crate::plan::needs::Found;
use crate::plan::places::lost;
use crate::plan::saved::SavedPlan;
use crate::plan::{Action, Instance, Options, Plan, Snapshot, Subject, ToolPlan, build};
use crate::problem::{Problems, Severity, Sources};
use crate::render::{Engine, Pulse};
use crate::sandbox::{Sandbox, Seed, Served};
use crate::spec::{Owners, Place, Workspace};
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
    pub(super) trees: Vec<Arc<DesiredTree>>,
    pub(super) rules: Rules,
}

/// What tool files are read with, and their texts.
pub(super) struct Rules {
    pub(super) owners: Option<Owners>,
    pub(super) blueprint: Blueprint,
    pub(super) engine: Engine,
    pub(super) sources: Sources,
}

/// A workspace, and the trees that its sandbox is to hold the places of.
#[derive(Clone, Copy)]
pub(super) struct Base<'a> {
    pub(super) folder: &'a Path,
    pub(super) workspace: &'a Workspace,
    pub(super) trees: &'a [Arc<DesiredTree>],
}

impl Ready {
    pub(super) fn base(&self) -> Base<'_> {
        Base { folder: &self.folder, workspace: &self.workspace, trees: &self.trees }
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
    let Loaded { workspace, owners, blueprint, engine, trees, problems, sources, specs: _ } =
        loaded;
    if problems.count(Severity::Error) + problems.count(Severity::Warning) > 0 {
        let text = ui::problems::render(&problems, &sources, ui::width());
        let say = if problems.has_errors() { ui::insist } else { ui::say };
        say(text.trim_end());
    }
    match (workspace, blueprint, engine) {
        (Some(workspace), Some(blueprint), Some(engine)) if !problems.has_errors() => {
            let rules = Rules { owners, blueprint, engine, sources };
            Ok(Ready { folder, workspace, trees, rules })
        }
        _ => Err(Failure::new("the files have errors, and nothing was planned")
            .hint("mend them, then run again")),
    }
}

/// The plan against nothing.
pub(super) fn offline(ready: &Ready, choices: &Choices) -> Plan {
    let options = choices.options(&ready.workspace.id);
    let nothing = ObservedTree::default();
    let tools = ready.trees.par_iter().map(|tree| build(tree, &nothing, &options)).collect();
    Plan { target: "offline".into(), caller: None, tools }
}

/// Opens the sandbox in a folder, or where the workspace keeps it, out of sight of Git.
pub(super) fn sandbox(base: Base<'_>, dir: Option<&Path>) -> Result<(Sandbox, PathBuf), Failure> {
    let own = files::shorten(base.folder).join(OWN_DIR);
    let dir = dir.map_or_else(|| own.join(SANDBOX_DIR), Path::to_path_buf);
    let sandbox = Sandbox::open(&dir, &seed(base))?;
    let ignore = own.join(".gitignore");
    if dir.starts_with(&own) && !ignore.exists() {
        std::fs::write(&ignore, "*\n")
            .with_context(|| format!("cannot write `{}`", ignore.display()))?;
    }
    Ok((sandbox, dir))
}

/// What a workspace's sandbox starts with.
fn seed(base: Base<'_>) -> Seed {
    let places = base.workspace.places.values().filter_map(|place| match place {
        Place::Item(reference) => Some(reference.clone()),
        Place::Namespace(_) => None,
    });
    seed::of(base.workspace.nested_epics, places, base.trees)
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
        let connected = connect::to_workspace(ready.base(), args).await?;
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
        let preflight = preflight(&client, &ready.trees).await?;
        let reader = Reader::new(&client);
        let mut snapshot = snapshot(ready, &preflight, &reader, instance).await;
        let mut plan = snapshot.build(&ready.trees, &options);
        if let Some(failure) = failed_as_one(&plan) {
            return Err(failure);
        }
        choices.check_only(&ready.trees, |tool| snapshot.trees.get(tool))?;
        snapshot.looked_up = plan.needs();
        snapshot.found = look_up(&reader, &snapshot.looked_up).await?;
        plan.settle(&snapshot.found);
        choices.say_needless(&plan);
        let Preflight { types, lacks, .. } = preflight;
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
        let preflight = preflight(&client, &desired).await?;
        if let Some(refusal) = desired.iter().find_map(|tree| preflight.refuses(tree)) {
            return Err(refusal.clone());
        }
        let Preflight { caller, types, lacks, .. } = preflight;
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

    /// Holds back the tools for which the token may not do what the plan wants.
    pub(super) fn hold_what_may_not_be_written(&mut self) {
        let creates = |tool: &ToolPlan, path: &str, lack: &Lack| {
            let new = tool.changes.iter().filter(|change| change.action == Action::Create);
            let mut here = new.filter(|change| change.namespace == path);
            here.any(|change| match lack {
                Lack::Create(kind) => change.subject == Subject::Node(*kind),
                _ => true,
            })
        };
        for tool in &mut self.plan.tools {
            if let Some((path, lack)) = self.lacks.iter().find(|(p, l)| creates(tool, p, l)) {
                let failure = Failure::new(format!("{path}: {lack}")).hint(lack.hint());
                tool.notices.push(failure.into());
            }
        }
    }
}

/// Looks at every tool, and keeps of those that cannot be looked at the reason.
pub(super) async fn snapshot(
    ready: &Ready,
    preflight: &Preflight,
    reader: &Reader,
    instance: Instance,
) -> Snapshot {
    let ground = Ground {
        workspace: ready.workspace.id.clone(),
        places: places(ready),
        capabilities: preflight.capabilities,
        caller: preflight.caller.clone(),
        missing: preflight.missing.clone(),
    };
    let (mut trees, mut unread) = (BTreeMap::new(), BTreeMap::new());
    let refused = |tree: &Arc<DesiredTree>| preflight.refuses(tree).is_some();
    let (refused, fit): (Vec<_>, Vec<_>) = ready.trees.iter().cloned().partition(refused);
    for tree in refused {
        unread.extend(preflight.refuses(&tree).map(|why| (tree.tool.clone(), why.clone().into())));
    }
    for (tree, seen) in fit.iter().zip(observe(reader, &ground, &fit).await) {
        match seen {
            Ok(seen) => drop(trees.insert(tree.tool.clone(), seen)),
            Err(error) => {
                let why = lost(tree, &ground.missing);
                unread
                    .insert(tree.tool.clone(), why.unwrap_or_else(|| Failure::from(error).into()));
            }
        }
    }
    let (looked_up, found) = (Needs::default(), Found::default());
    Snapshot { instance, ground, trees, unread, looked_up, found }
}

/// Why nothing at all could be planned, if all tools failed for one reason.
fn failed_as_one(plan: &Plan) -> Option<Failure> {
    let mut failures = plan.tools.iter().map(ToolPlan::failure);
    let first = failures.next()??;
    failures.all(|other| other == Some(first)).then(|| first.into())
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
    let (labels, milestones) = (named(&needs.labels), named(&needs.milestones));
    let users: Vec<String> = needs.users.iter().cloned().collect();
    let (labels, milestones, users) = futures_util::try_join!(
        reader.label_ids(&labels),
        reader.milestone_ids(&milestones),
        reader.user_ids(&users)
    )?;
    Ok(Found { labels, milestones, users })
}
