//! `epictree new`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Exit, Failure, design_doc, files, schema};
use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::key::is_id;
use crate::problem::{Problems, Sources};
use crate::render::Size;
use crate::spec::{Workspace, skeleton};
use crate::tree::Kind;
use crate::ui;

/// The blueprint of a workspace that is written along.
const BLUEPRINT: &str = "prodseceng";

/// Write a commented tool file, and the workspace file if there is none
///
/// Nothing that exists is overwritten. Fill both in, then run check, plan --offline and apply.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tool's id, its identity for good: lower-case words joined by dashes
    ///
    /// With --design-doc the id or the file of a tool that there is; the only one may be left out.
    #[arg(value_name = "ID", required_unless_present = "design_doc")]
    id: Option<String>,
    /// The tool's name, which may change [default: made from the id]
    #[arg(long)]
    name: Option<String>,
    /// The blueprint of a new workspace: a name or a path
    #[arg(long, default_value = BLUEPRINT)]
    blueprint: String,
    /// Write the skeleton of a tool's design document instead, filled with what its tool file knows
    #[arg(long, value_name = "SIZE", value_enum, ignore_case = true, conflicts_with_all = ["name", "blueprint"])]
    design_doc: Option<DocSize>,
}

/// How much a design document has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DocSize {
    /// Summary and motivation
    #[value(name = "S")]
    S,
    /// Proposal, design and alternatives as well
    #[value(name = "M")]
    M,
    /// A threat model and a record of decisions as well
    #[value(name = "L")]
    L,
}

impl From<DocSize> for Size {
    fn from(size: DocSize) -> Self {
        match size {
            DocSize::S => Self::S,
            DocSize::M => Self::M,
            DocSize::L => Self::L,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(size) = args.design_doc {
        return design_doc::run(size.into(), args.id.as_deref());
    }
    let id = args.id.as_deref().unwrap_or_default();
    if !is_id(id) {
        return Err(Failure::new(format!("`{id}` is not an id"))
            .hint(format!("use lower-case words joined by `-`, such as `{}`", suggestion(id)))
            .ends_with(Exit::Usage));
    }
    let here = std::env::current_dir()?;
    let workspace = files::workspace_above(&here);
    let (folder, blueprint) = match &workspace {
        Some(folder) => (folder.clone(), blueprint_of(folder)?),
        None => (here.clone(), args.blueprint.clone()),
    };
    let blueprint = load(&folder, &blueprint)?;
    let tools = folder.join("tools");
    let file = if tools.is_dir() { tools } else { here.clone() }.join(format!("{id}.toml"));
    let name = args.name.clone().unwrap_or_else(|| title_of(id));
    if file.exists() {
        return Err(Failure::new(format!("`{}` exists already", files::shorten(&file).display()))
            .hint("nothing is overwritten; choose another id"));
    }
    if workspace.is_none() {
        let file = here.join(files::WORKSPACE);
        write(&file, &workspace_file(&here, &blueprint))?;
        ui::say("Fill in its places, then:");
    }
    write(&file, &skeleton(id, &name, &blueprint.schema))?;
    schema::write_beside(&file)?;
    let shown = files::shorten(&file).display().to_string();
    ui::say(&format!(
        "\n  epictree check {shown}\n  epictree plan {shown} --offline\n  epictree apply {shown} --sandbox"
    ));
    Ok(Exit::Done)
}

fn suggestion(id: &str) -> String {
    let slug = crate::key::slug(id);
    if slug.is_empty() { "package-hunter".to_owned() } else { slug }
}

fn title_of(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

fn blueprint_of(folder: &Path) -> Result<String, Failure> {
    Ok(workspace_of(folder)?.blueprint)
}

/// Reads the workspace file of a folder.
pub(super) fn workspace_of(folder: &Path) -> Result<Workspace, Failure> {
    let file = files::read(&folder.join(files::WORKSPACE))?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let mut problems = Problems::default();
    match Workspace::parse(&file.name, &text, &mut problems) {
        Some(workspace) => Ok(workspace),
        None => {
            Err(Failure::new(format!("`{}` has errors", file.name))
                .hint("`epictree check` lists them"))
        }
    }
}

/// Loads a blueprint with what the workspace in a folder lays over it.
pub(super) fn load(folder: &Path, name: &str) -> Result<Blueprint, Failure> {
    let (mut problems, mut sources) = (Problems::default(), Sources::default());
    let assets = Assets::overlaid(folder, &mut problems);
    Blueprint::load(name, None, &assets, &mut problems, &mut sources)
        .filter(|_| !problems.has_errors())
        .ok_or_else(|| {
            ui::say(ui::problems::render(&problems, &sources, ui::width()).trim_end());
            Failure::new(format!("the blueprint `{name}` cannot be used"))
        })
}

/// A workspace file whose places are left to fill in.
fn workspace_file(folder: &Path, blueprint: &Blueprint) -> String {
    let name =
        folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let id = Some(crate::key::slug(&name))
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| "my-workspace".into());
    let mut out = format!(
        "# One GitLab, one set of places, for every tool file in this folder and below.\nschema = 1\n\n\
         # In the marker of every item. Choose it once: a workspace never touches the items of another.\n\
         id = \"{id}\"\nblueprint = \"{}\"\n\n[gitlab]\n\
         # url = \"https://gitlab.example.com\"\n\
         # nested-epics = false    # where the licence has no epics under epics: those become issues\n\n\
         # Full paths; `&` and `#` name an item that exists.\n[places]\n",
        blueprint.name
    );
    for (place, example) in places(blueprint) {
        out.push_str(&format!("# {place} = \"{example}\"\n"));
    }
    out
}

/// The places a blueprint names, each with an example of what it is.
fn places(blueprint: &Blueprint) -> BTreeMap<String, &'static str> {
    let mut places = BTreeMap::new();
    for node in &blueprint.nodes {
        let home = if node.kind == Kind::Epic { "group/subgroup" } else { "group/project" };
        places.extend(node.place.iter().map(|place| (place.value.clone(), home)));
        places.extend(node.issue_place.iter().map(|place| (place.value.clone(), "group/project")));
        let parent = node.parent.as_ref().and_then(|parent| parent.value.strip_prefix('@'));
        places.extend(parent.map(|place| (place.to_owned(), "group&1")));
    }
    let rows = blueprint.rows.iter().map(|row| row.item.value.trim_start_matches('@').to_owned());
    places.extend(rows.map(|place| (place, "group&1")));
    places
}

/// Writes a file that is not there yet.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = files::shorten(path).display().to_string();
    let mut file =
        std::fs::File::create_new(path).with_context(|| format!("cannot write `{shown}`"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{shown}`"))?;
    ui::say(&format!("Wrote {shown}"));
    Ok(())
}
