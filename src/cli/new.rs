//! `epictree new`

mod origin;
mod places;
mod settle;
pub(super) mod workspace;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use self::settle::{Settler, Want};
use self::workspace::NewWorkspace;
use super::{Exit, Failure, design_doc, files, help, schema};
use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::key::{is_id, slug};
use crate::problem::{Problems, Sources};
use crate::render::Size;
use crate::spec::{Start, Workspace, address_fault, skeleton};
use crate::ui;

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree new", "asks all it has to know"),
    (
        "epictree new package-hunter --name 'Package Hunter' --place epics=group/subgroup",
        "asks the rest; without a terminal, leaves the rest to fill in",
    ),
    ("epictree new --design-doc M package-hunter", "the skeleton of its design document"),
];

/// Write a commented tool file, and the workspace file if there is none
///
/// Asks for what no flag gives, if there is a terminal, and shows what it is going to write.
/// Beside the tool file goes tool.schema.json, by which editors know its keys.
/// Nothing that exists is overwritten. Then fill the tool file in, and run check, plan --offline
/// and apply.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[]))]
pub(super) struct Args {
    /// The tool's id, its identity for good: lower-case words joined by dashes
    ///
    /// With --design-doc the id or the file of a tool that there is; the only one may be left out.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The tool's name, which may change [default: made from the id]
    #[arg(long)]
    name: Option<String>,
    /// What the tool does, in one sentence
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Address of its code
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Do not ask; what no flag gives is left to fill in
    #[arg(long)]
    yes: bool,
    /// Write the skeleton of a design document instead: S, M or L
    ///
    /// It is filled with what the tool file knows.
    #[arg(
        long,
        value_name = "SIZE",
        value_enum,
        ignore_case = true,
        hide_possible_values = true,
        conflicts_with_all = ["name", "summary", "repository", "blueprint", "workspace", "url", "place", "yes"]
    )]
    design_doc: Option<DocSize>,
    #[command(flatten)]
    workspace: WorkspaceArgs,
}

const EXITS: [Exit; 4] = [Exit::Interrupted, Exit::Usage, Exit::Failed, Exit::Done];

/// What a new workspace file says; where there is one, it speaks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "New workspace")]
struct WorkspaceArgs {
    /// The blueprint: a name or a path [default: prodseceng]
    #[arg(long, value_name = "NAME")]
    blueprint: Option<String>,
    /// Its id, in the marker of every item [default: made from the folder]
    #[arg(long, value_name = "ID")]
    workspace: Option<String>,
    /// Root of the GitLab instance
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A place that the blueprint names; may be repeated
    #[arg(long, value_name = "NAME=PATH", value_parser = workspace::place)]
    place: Vec<(String, String)>,
}

impl WorkspaceArgs {
    fn is_empty(&self) -> bool {
        let Self { blueprint, workspace, url, place } = self;
        blueprint.is_none() && workspace.is_none() && url.is_none() && place.is_empty()
    }
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

/// A file to write.
struct File {
    path: PathBuf,
    text: String,
}

/// Where a new tool file goes: the workspace's `tools/` if there is one, else the current folder.
pub(super) fn home(folder: &Path, here: &Path) -> PathBuf {
    let tools = folder.join("tools");
    if tools.is_dir() { tools } else { here.to_owned() }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(size) = args.design_doc {
        return design_doc::run(size.into(), args.id.as_deref());
    }
    let mut settler = Settler::new(!args.yes && ui::prompt::is_possible());
    if !settler.asks() && args.id.is_none() {
        return Err(Failure::new("the tool has no id, and there is no terminal to ask on")
            .hint("name it: `epictree new ID`")
            .ends_with(Exit::Usage));
    }
    let here = std::env::current_dir()?;
    let found = files::workspace_above(&here);
    let folder = found.clone().unwrap_or_else(|| here.clone());
    let mut written = Vec::new();
    let mut is_open = false;
    let blueprint = match &found {
        Some(folder) => {
            if !args.workspace.is_empty() {
                let file = files::shorten(&folder.join(files::WORKSPACE));
                settler.fault(format!("--blueprint, --workspace, --url and --place are for a new workspace, and there is `{}`", file.display()));
            }
            load(folder, &blueprint_of(folder)?)?
        }
        None => {
            let workspace = NewWorkspace::settle(&here, &args.workspace, &mut settler)?;
            is_open = workspace.is_open();
            written.push(File { path: here.join(files::WORKSPACE), text: workspace.text() });
            workspace.blueprint
        }
    };
    let home = home(&folder, &here);
    let tool = tool(args, &home, &blueprint, &mut settler)?;
    let shown = files::shorten(&tool.path).display().to_string();
    let beside = tool.path.with_file_name(schema::TOOL_SCHEMA);
    written.push(tool);
    let asks = settler.asks();
    settler.finish()?;
    if asks && !agreed(&written, Some(beside.as_path()).filter(|path| !path.exists()))? {
        ui::say("Nothing was written.");
        return Ok(Exit::Done);
    }
    for File { path, text } in &written {
        write(path, text)?;
    }
    if !beside.exists() {
        write(&beside, &schema::of_folder(&home, None)?)?;
    }
    let first = if is_open { "Fill in the places in epictree.toml, then:" } else { "Next:" };
    ui::say(&format!(
        "\n{first}\n  epictree check {shown}\n  epictree plan {shown} --offline\n  epictree apply {shown} --sandbox"
    ));
    Ok(Exit::Done)
}

/// Comes to know the tool.
fn tool(
    args: &Args,
    home: &Path,
    blueprint: &Blueprint,
    settler: &mut Settler,
) -> Result<File, Failure> {
    let file = |id: &str| home.join(format!("{id}.toml"));
    let check_id = |text: &str| {
        checked_id(text)?;
        match file(text) {
            path if path.exists() => Err(format!(
                "`{}` exists already, and nothing is overwritten",
                files::shorten(&path).display()
            )),
            _ => Ok(()),
        }
    };
    let one_line = |text: &str| match text {
        "" => Err("it is empty".to_owned()),
        text if text.chars().any(char::is_control) => Err("it must be one line".to_owned()),
        _ => Ok(()),
    };
    let mut settle = |flag, given: &Option<String>, question, default: Option<&str>, check| {
        let (given, about) = (given.as_deref(), "");
        let answer = settler.settle(&Want { flag, given, about, question, default, check })?;
        Ok::<String, Failure>(answer.unwrap_or_default())
    };
    let id = settle("ID", &args.id, "Id of the tool, for good", None, &check_id)?;
    let title = title_of(&id);
    let name = settle("--name", &args.name, "Its name", Some(&title), &one_line)?;
    let purpose = format!("What {name} does, in one sentence.");
    let asked = "What it does, in one sentence";
    let summary = settle("--summary", &args.summary, asked, Some(&purpose), &one_line)?;
    let mut fields = BTreeMap::new();
    let has_repository = blueprint.schema.tool.contains_key("repository");
    if has_repository {
        let check = |text: &str| match address_fault(text) {
            Some(why) if !text.is_empty() => Err(format!("it {why}")),
            _ => Ok(()),
        };
        let asked = "Address of its code, or nothing";
        let repository = settle("--repository", &args.repository, asked, None, &check)?;
        if !repository.is_empty() {
            fields.insert("repository".to_owned(), quoted(&repository));
        }
    } else if args.repository.is_some() {
        settler.fault(format!("--repository: tool files of `{}` have none", blueprint.name));
    }
    let start = Start { id: &id, name: &name, summary: &summary, fields: &fields };
    Ok(File { path: file(&id), text: skeleton(&start, &blueprint.schema) })
}

/// Says what is wrong with a text that is to be an id.
pub(super) fn checked_id(text: &str) -> Result<(), String> {
    match slug(text) {
        _ if is_id(text) => Ok(()),
        near => {
            let near = if near.is_empty() { "package-hunter" } else { &near };
            Err(format!("`{text}` is not an id: lower-case words joined by `-`, such as `{near}`"))
        }
    }
}

/// Shows what would be written, the long tool file by its beginning only, and asks.
fn agreed(written: &[File], schema: Option<&Path>) -> Result<bool, Failure> {
    const SHOWN: usize = 24;
    let shown = |line: &str| ui::clean::fit(&ui::clean(line), ui::width().saturating_sub(2));
    for File { path, text } in written {
        let rows: Vec<String> =
            text.lines().take(SHOWN).map(|line| format!("  {}\n", shown(line))).collect();
        let more = text.lines().count().saturating_sub(SHOWN);
        let more = if more > 0 {
            format!("  … and {}\n", ui::count(more, "line"))
        } else {
            String::new()
        };
        ui::say(&format!("\n{}\n{}{more}", files::shorten(path).display(), rows.concat()));
    }
    if let Some(path) = schema {
        ui::say(&format!("\n{}\n  what editors know of it", files::shorten(path).display()));
    }
    Ok(ui::prompt::agreement("Write this?", true)?)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
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

/// Writes a file that is not there yet.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = files::shorten(path).display().to_string();
    let mut file =
        std::fs::File::create_new(path).with_context(|| format!("cannot write `{shown}`"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{shown}`"))?;
    ui::say(&format!("Wrote {shown}"));
    Ok(())
}
