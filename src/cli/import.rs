//! `epictree import`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bounded::within_bounds;
use super::new::workspace::NewWorkspace;
use super::preflight::preflight;
use super::session::Base;
use super::target::{self, TargetArgs};
use super::{Exit, Failure, connect, files, help, new, schema};
use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::check;
use crate::gitlab::{Address, Reader};
use crate::import::{Ask, Imported, Refusal, import};
use crate::observe::foreign;
use crate::problem::{Problems, Sources};
use crate::render::{Engine, Pulse, Scene};
use crate::spec::{Owners, Workspace};
use crate::tree::{Foreign, Reference};
use crate::ui::{self, progress::Progress};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree import 'gitlab-com/gl-security&412'", "an epic, and all below it"),
    (
        "epictree import https://gitlab.example.com/groups/g/-/epics/12 --out tools/hunter.toml",
        "by its address; the file goes where --out says",
    ),
];
const EXITS: [Exit; 4] = [Exit::Interrupted, Exit::Usage, Exit::Failed, Exit::Done];

/// Write a tool file from an epic tree that people made
///
/// Reads the tree and works out what a tool file would have to say to want it: by the markers of
/// an epictree that made it and the descriptions that it wanted, else by titles, places and
/// labels. What has the title and the place
/// that the blueprint gives it is taken over by `apply --adopt`; other items are named in the
/// file and keep all but missing labels. Guesses are marked by `?`. Writes nothing in GitLab, and
/// overwrites no file. Where there is no workspace, one is written around the tree.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB]))]
pub(super) struct Args {
    /// Where the tree begins: a reference such as group&12, or an address
    #[arg(value_name = "REF")]
    reference: String,
    /// The file to write [default: ID.toml where `new` would put it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The tool's id, for good [default: the one in the items, else made from the name]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The blueprint of a new workspace [default: prodseceng]
    #[arg(long, value_name = "NAME", help_heading = "New workspace")]
    blueprint: Option<String>,
    /// A place that the tree does not show; may be repeated
    #[arg(long, value_name = "NAME=PATH", value_parser = new::workspace::place, help_heading = "New workspace")]
    place: Vec<(String, String)>,
    #[command(flatten)]
    target: TargetArgs,
}

/// The workspace that the file will belong to.
enum Home {
    There(Box<Workspace>),
    New(Box<NewWorkspace>),
}

/// What is needed to make the file.
struct Material {
    folder: PathBuf,
    workspace: Workspace,
    owners: Option<Owners>,
    blueprint: Blueprint,
    tree: Foreign,
    id: Option<String>,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(why) = args.id.as_deref().and_then(|id| new::checked_id(id).err()) {
        return Err(Failure::new(format!("--id: {why}")).ends_with(Exit::Usage));
    }
    let here = std::env::current_dir()?;
    let found = files::workspace_above(&here);
    let folder = found.clone().unwrap_or_else(|| here.clone());
    let out = args.out.clone().or_else(|| Some(named(&folder, &here, args.id.as_deref()?)));
    out.as_deref().map_or(Ok(()), free)?;
    let (home, workspace) = match &found {
        Some(folder) => there(args, folder)?,
        None => around(args, &folder)?,
    };
    let tree = read(args, &folder, workspace).await?;
    let (workspace, blueprint, written) = match home {
        Home::There(workspace) => {
            let blueprint = new::load(&folder, &workspace.blueprint)?;
            (*workspace, blueprint, None)
        }
        Home::New(mut new) => {
            let missing = new.fill(&tree);
            if !missing.is_empty() {
                let message = format!("the tree does not show the places {}", missing.join(", "));
                let hint = format!("name them: --place {}=…", missing.join("=… --place "));
                return Err(Failure::new(message).hint(hint).ends_with(Exit::Usage));
            }
            let text = new.text();
            (parsed(&text)?, new.blueprint, Some(text))
        }
    };
    let owners = owners(&folder, &workspace);
    let (folder_of, id) = (folder.clone(), args.id.clone());
    let material = Material { folder: folder_of, workspace, owners, blueprint, tree, id };
    let file = out.as_ref().map_or_else(|| "tool.toml".to_owned(), |out| out.display().to_string());
    let pulse = Pulse::default();
    let imported = within_bounds(&pulse.clone(), move || make(&material, &file, &pulse))??;
    let out = out.unwrap_or_else(|| named(&folder, &here, &imported.id));
    free(&out)?;
    new::write(&out, &imported.text)?;
    if let Some(text) = written {
        new::write(&here.join(files::WORKSPACE), &text)?;
    }
    let beside = out.with_file_name(schema::TOOL_SCHEMA);
    if !beside.exists() {
        new::write(&beside, &schema::of_folder(&folder, None)?)?;
    }
    report(&imported, &out);
    Ok(Exit::Done)
}

fn named(folder: &Path, here: &Path, id: &str) -> PathBuf {
    new::home(folder, here).join(format!("{id}.toml"))
}

/// Fails if there is something at a path.
fn free(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        return Ok(());
    }
    let shown = files::shorten(path).display().to_string();
    Err(Failure::new(format!("`{shown}` exists already, and nothing is overwritten"))
        .hint("name another file with --out"))
}

fn there(args: &Args, folder: &Path) -> Result<(Home, Workspace), Failure> {
    if args.blueprint.is_some() || !args.place.is_empty() {
        let file = files::shorten(&folder.join(files::WORKSPACE)).display().to_string();
        let message =
            format!("--blueprint and --place are for a new workspace, and there is `{file}`");
        return Err(Failure::new(message).hint("leave them out").ends_with(Exit::Usage));
    }
    let workspace = new::workspace_of(folder)?;
    Ok((Home::There(Box::new(workspace.clone())), workspace))
}

/// A workspace that is not written yet, for the instance that the command line names.
fn around(args: &Args, folder: &Path) -> Result<(Home, Workspace), Failure> {
    if args.target.sandbox.is_some() {
        let message = format!("there is no {} here or above, and so no sandbox", files::WORKSPACE);
        return Err(Failure::new(message).hint("`epictree new ID` writes one"));
    }
    let root = args.reference.split("/groups/").next().filter(|root| root.contains("://"));
    let url = target::url(&args.target, root)?;
    let url = Address::parse(&url)?.url;
    let new = NewWorkspace::around(folder, args.blueprint.as_deref(), &url, &args.place)?;
    let workspace = parsed(&new.text())?;
    Ok((Home::New(Box::new(new)), workspace))
}

fn parsed(text: &str) -> Result<Workspace, Failure> {
    let mut problems = Problems::default();
    Workspace::parse(files::WORKSPACE, text, &mut problems).ok_or_else(|| {
        Failure::new("no workspace can be made of this tree").hint("write one with `epictree new`")
    })
}

async fn read(args: &Args, folder: &Path, workspace: Workspace) -> Result<Foreign, Failure> {
    let base = Base { folder, workspace: &workspace, trees: &[] };
    let connected = connect::to_workspace(base, &args.target).await?;
    let reader = Reader::new(&connected.client);
    let text = args.reference.trim();
    let reference = Reference::parse(text).or_else(|| reader.reference_of_url(text));
    let Some(reference) = reference else {
        return Err(Failure::new(format!(
            "`{}` is no item of {}",
            ui::clean(text),
            connected.instance
        ))
        .hint("write a full reference such as `group/subgroup&12`, or the address of the epic")
        .ends_with(Exit::Usage));
    };
    let progress = Arc::new(Progress::reading(&format!("reading {}", connected.instance)));
    let waits = Arc::clone(&progress);
    connected.client.on_wait(move |wait| waits.waiting(wait));
    preflight(&connected.client, &[]).await?;
    let tree = foreign(&reader, &reference).await;
    progress.end();
    Ok(tree?)
}

/// Makes the text, and holds it against `check`.
fn make(material: &Material, file: &str, pulse: &Pulse) -> Result<Imported, Failure> {
    let Material { folder, workspace, owners, blueprint, tree, id } = material;
    let owners = owners.as_ref();
    let (mut problems, mut sources) = (Problems::default(), Sources::default());
    let assets = Assets::overlaid(folder, &mut problems);
    let engine = Engine::new(blueprint, &assets, pulse, &mut problems, &mut sources);
    let Some(engine) = engine.filter(|_| !problems.has_errors()) else {
        return Err(broken(&problems, &sources, "the blueprint cannot be used"));
    };
    // Anybody may write into a marker: what was read there may be what no file may say.
    for reads in [true, false] {
        problems = Problems::default();
        let ask =
            Ask { workspace, owners, blueprint, engine: &engine, tree, id: id.as_deref(), reads };
        let imported = import(&ask)?;
        sources.insert(file, &imported.text);
        if let Some(spec) = check::spec(file, &imported.text, blueprint, &mut problems) {
            let scene = Scene { workspace, owners, blueprint, spec: &spec };
            check::tool(&scene, &engine, &mut problems);
        }
        if !problems.has_errors() {
            return Ok(imported);
        }
    }
    Err(broken(&problems, &sources, "no tool file can be made of this tree"))
}

/// Who owns what: descriptions name them. What is wrong with the files, `check` says.
fn owners(folder: &Path, workspace: &Workspace) -> Option<Owners> {
    let file = files::read(&folder.join(files::WORKSPACE)).ok()?;
    let named = files::owners_files(folder, &file);
    let read = |key: &str| files::read(named.get(key)?).ok().map(|file| (file.name, file.bytes));
    let (owners, stages, people) = (read("file"), read("stages"), read("people"));
    let files = check::Files { owners, stages, people, ..check::Files::default() };
    check::owners(&files, Some(workspace), &mut Sources::default(), &mut Problems::default())
}

fn broken(problems: &Problems, sources: &Sources, message: &str) -> Failure {
    ui::insist(ui::problems::render(problems, sources, ui::width()).trim_end());
    Failure::new(message).hint("nothing was written")
}

/// Says it loudly where the blueprint seems to be another process's.
fn doubtful(imported: &Imported) {
    let Imported { placed, left, blueprint, .. } = imported;
    let (placed, below) = (placed.saturating_sub(1), placed.saturating_sub(1) + left);
    if 4 * placed < below {
        ui::warn(&format!(
            "only {placed} of {} below the first {} of the blueprint `{blueprint}`",
            ui::count(below, "item"),
            if placed == 1 { "is a node" } else { "are nodes" },
        ));
        ui::insist(
            "hint: name the blueprint that fits, by --blueprint for a new workspace or in \
             epictree.toml (see epictree import --help);\n      or give an entry an item by hand, \
             `item = \"group&12\"`, or a node under [items]: the file lists what is left",
        );
    }
}

fn report(imported: &Imported, out: &Path) {
    let Imported { placed, doubts, left, .. } = imported;
    doubtful(imported);
    let shown = files::shorten(out).display().to_string();
    let mut said = format!("\n{} in it", ui::count(*placed, "item"));
    if *doubts > 0 {
        said.push_str(&format!(", {} marked `?`", ui::count(*doubts, "line")));
    }
    if *left > 0 {
        said.push_str(&format!(", {} left alone", ui::count(*left, "item")));
    }
    ui::say(&format!("{said}. Look it through, then:\n  epictree plan --adopt {shown}"));
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let hint = match &refusal {
            Refusal::Kind(..) | Refusal::Below(..) => {
                "name the item that the whole tree hangs under"
            }
            Refusal::Workspace(..) => {
                "import it there; a workspace never touches the items of another"
            }
            Refusal::Newer(_) => "use that one",
            Refusal::Id(..) => "leave --id out",
            Refusal::Empty(_) => "`epictree check` tells what it lacks, such as a place",
        };
        Self::new(refusal.to_string()).hint(hint)
    }
}
