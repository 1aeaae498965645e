//! `epictree new --design-doc`

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::bounded::within_bounds;
use super::{Exit, Failure, files, new, session};
use crate::assets::Assets;
use crate::check::Loaded;
use crate::problem::{Problems, Sources, nearest};
use crate::render::{self, DOCUMENT, Engine, Pulse, Scene, Size};
use crate::spec::Spec;
use crate::ui;

/// The folder of a workspace that holds the documents, each in a folder of its own.
const FOLDER: &str = "design-documents";
/// The name of a document in its folder.
const FILE: &str = "_index.md";

/// Writes the skeleton of the design document of a tool, given by id or file.
pub(super) fn run(size: Size, tool: Option<&str>) -> Result<Exit, Failure> {
    let named = tool.map(PathBuf::from).filter(|path| path.is_file());
    let id = tool.filter(|_| named.is_none());
    let paths: Vec<PathBuf> = named.into_iter().collect();
    let (folder, loaded) = session::load(&paths)?;
    if loaded.problems.has_errors() {
        return Err(broken(&loaded.problems, &loaded.sources));
    }
    let spec = choose(&loaded.specs, id)?.clone();
    let home = folder.join(FOLDER).join(spec.id.as_str());
    let pulse = Pulse::default();
    let text =
        within_bounds(&pulse.clone(), move || skeleton(&folder, &loaded, &spec, size, &pulse))??;
    let file = home.join(FILE);
    if file.exists() {
        return Err(Failure::new(format!("`{}` exists already", files::shorten(&file).display()))
            .hint("nothing is overwritten; go on in it, or put it elsewhere first"));
    }
    std::fs::create_dir_all(&home)
        .with_context(|| format!("cannot make `{}`", files::shorten(&home).display()))?;
    new::write(&file, &text)?;
    Ok(Exit::Done)
}

fn choose<'s>(specs: &'s [Spec], id: Option<&str>) -> Result<&'s Spec, Failure> {
    let known = || specs.iter().map(|spec| spec.id.as_str()).collect::<Vec<_>>().join(", ");
    match (id, specs) {
        (Some(id), _) => specs.iter().find(|spec| spec.id.as_str() == id).ok_or_else(|| {
            let ids = specs.iter().map(|spec| spec.id.as_str());
            let hint = match nearest(id, ids) {
                Some(near) => format!("did you mean `{near}`?"),
                None if specs.is_empty() => "`epictree new ID` writes one".to_owned(),
                None => format!("known: {}; or name the tool file itself", known()),
            };
            Failure::new(format!("there is no tool file with the id `{id}`")).hint(hint)
        }),
        (None, [spec]) => Ok(spec),
        (None, []) => {
            Err(Failure::new("there are no tool files").hint("`epictree new ID` writes one"))
        }
        (None, _) => Err(Failure::new("there is more than one tool file")
            .hint(format!("name one of them: {}", known()))
            .ends_with(Exit::Usage)),
    }
}

fn skeleton(
    folder: &Path,
    loaded: &Loaded,
    spec: &Spec,
    size: Size,
    pulse: &Pulse,
) -> Result<String, Failure> {
    let (mut problems, mut sources) = (Problems::default(), Sources::default());
    let assets = Assets::overlaid(folder, &mut problems);
    let (Some(workspace), Some(blueprint)) = (&loaded.workspace, &loaded.blueprint) else {
        return Err(broken(&problems, &sources));
    };
    let Some(engine) = Engine::new(blueprint, &assets, pulse, &mut problems, &mut sources) else {
        return Err(broken(&problems, &sources));
    };
    let scene = Scene { workspace, owners: loaded.owners.as_ref(), blueprint, spec };
    let outline = render::expand(&scene, &engine, &mut problems);
    match render::document(&scene, &outline, &engine, size) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(Failure::new(format!(
            "the blueprint `{}` has no template for a design document",
            blueprint.name
        ))
        .hint(format!("write templates/{}/{DOCUMENT}", blueprint.name))),
        Err(problem) => {
            problems.push(*problem);
            Err(broken(&problems, &sources))
        }
    }
}

/// Says what is wrong, and that this ends it.
fn broken(problems: &Problems, sources: &Sources) -> Failure {
    ui::say(ui::problems::render(problems, sources, ui::width()).trim_end());
    Failure::new("the files have errors, and nothing was written").hint("mend them, then run again")
}
