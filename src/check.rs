//! The whole check of a workspace's files: every problem of every file, and the trees they want.
//!
//! Takes texts, not paths; who reads the files is the caller's business.

mod across;

use std::sync::Arc;

use rayon::prelude::*;

use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::problem::{Problems, Severity, Sources};
use crate::render::{self, Engine, Pulse, Scene};
use crate::source;
use crate::spec::{Owners, People, Spec, ToolFile, Workspace, references, stages, waive};
use crate::tree::DesiredTree;

/// A file's name as the user would write it, and its bytes.
pub type File = (String, Vec<u8>);

/// How many tool files are read before their problems are put together.
const AT_ONCE: usize = 256;

/// The files of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// `epictree.toml`.
    pub workspace: File,
    /// The owners file, if the workspace names one and it was read.
    pub owners: Option<File>,
    /// GitLab's stages file, likewise.
    pub stages: Option<File>,
    /// The people file, likewise.
    pub people: Option<File>,
    /// Blueprints and templates.
    pub assets: Assets,
    /// The tool files, in the order to show them.
    pub tools: Vec<File>,
    /// Tells what is being rendered.
    pub pulse: Pulse,
}

/// What the files of a workspace hold and what is wrong with them.
#[derive(Debug)]
pub struct Loaded {
    /// The workspace, unless its file is broken.
    pub workspace: Option<Workspace>,
    /// Who owns what; absent if the workspace names no owners file.
    pub owners: Option<Owners>,
    /// The blueprint, unless it is broken.
    pub blueprint: Option<Blueprint>,
    /// Its templates and expressions, unless one of them is broken.
    pub engine: Option<Engine>,
    /// What each tool file says, broken ones left out.
    pub specs: Vec<Spec>,
    /// The wanted trees, in the order of the files; broken ones are left out.
    pub trees: Vec<Arc<DesiredTree>>,
    /// Everything that is wrong.
    pub problems: Problems,
    /// The texts that problems point into.
    pub sources: Sources,
}

/// Checks all files of a workspace.
#[must_use]
pub fn workspace(files: &Files, mut problems: Problems) -> Loaded {
    let mut sources = Sources::default();
    let out = &mut problems;
    let workspace = text(&files.workspace, &mut sources, out)
        .and_then(|text| Workspace::parse(&files.workspace.0, &text, out));
    let owners = owners(files, workspace.as_ref(), &mut sources, out);
    let blueprint = workspace.as_ref().and_then(|workspace| {
        let at = workspace.spans.get("blueprint");
        Blueprint::load(&workspace.blueprint, at, &files.assets, out, &mut sources)
    });
    let engine = blueprint.as_ref().and_then(|blueprint| {
        Engine::new(blueprint, &files.assets, &files.pulse, out, &mut sources)
    });
    let rules = Rules {
        workspace: workspace.as_ref(),
        owners: owners.as_ref(),
        blueprint: blueprint.as_ref(),
        engine: engine.as_ref(),
    };
    let mut specs = Vec::new();
    let mut trees = Vec::new();
    for some in files.tools.chunks(AT_ONCE) {
        let read = some.par_iter().map(|file| rules.read(file, out.beside()));
        for (file, read) in some.iter().zip(read.collect::<Vec<Read>>()) {
            out.append(read.problems);
            read.text.into_iter().for_each(|text| sources.insert(&file.0, text));
            specs.extend(read.spec);
            trees.extend(read.tree.map(Arc::new));
        }
    }
    let schema = blueprint.as_ref().map(|blueprint| &blueprint.schema);
    across::check(&specs, &trees, schema, &sources, out);
    Loaded { workspace, owners, blueprint, engine, specs, trees, problems, sources }
}

/// What tool files are read with, as far as it is sound.
#[derive(Clone, Copy)]
struct Rules<'a> {
    workspace: Option<&'a Workspace>,
    owners: Option<&'a Owners>,
    blueprint: Option<&'a Blueprint>,
    engine: Option<&'a Engine>,
}

/// One tool file, as far as it is sound, and what is wrong with it.
struct Read {
    text: Option<String>,
    spec: Option<Spec>,
    tree: Option<DesiredTree>,
    problems: Problems,
}

impl Rules<'_> {
    fn read(self, file: &File, problems: Problems) -> Read {
        let mut read = Read { text: None, spec: None, tree: None, problems };
        let out = &mut read.problems;
        read.text = source::text(&file.0, &file.1, out);
        let Some(text) = &read.text else { return read };
        let Some(blueprint) = self.blueprint else {
            source::parse(&file.0, text, out);
            return read;
        };
        read.spec = spec(&file.0, text, blueprint, out);
        if let (Some(spec), Some(workspace), Some(engine)) =
            (&read.spec, self.workspace, self.engine)
        {
            let scene = Scene { workspace, owners: self.owners, blueprint, spec };
            read.tree = tool(&scene, engine, out);
        }
        read
    }
}

/// Reads one tool file.
pub fn spec(file: &str, text: &str, blueprint: &Blueprint, out: &mut Problems) -> Option<Spec> {
    let spec = ToolFile::parse(file, text, &blueprint.schema, out)?;
    render::unclosed(&spec, text, out);
    Some(spec)
}

/// Checks one tool file that has been read, and makes its tree if nothing is wrong with it.
pub fn tool(scene: &Scene<'_>, engine: &Engine, out: &mut Problems) -> Option<DesiredTree> {
    let before = out.count(Severity::Error);
    if !render::fits(scene, out) {
        return None;
    }
    references::outward(scene.spec, &scene.blueprint.schema, scene.workspace, scene.owners, out);
    let lints: Vec<&str> = scene.blueprint.lints.iter().map(|rule| rule.id.as_str()).collect();
    waive::check(scene.spec, &lints, out);
    let outline = render::expand(scene, engine, out);
    let tree = render::render(scene, &outline, engine, out);
    render::advise(scene, &outline, tree.as_ref(), engine, out);
    tree.filter(|_| out.count(Severity::Error) == before)
}

fn text(file: &File, sources: &mut Sources, out: &mut Problems) -> Option<String> {
    let text = source::text(&file.0, &file.1, out)?;
    sources.insert(&file.0, &text);
    Some(text)
}

/// Who owns what, of what the workspace names; nothing where a part of it cannot be read.
pub fn owners(
    files: &Files,
    workspace: Option<&Workspace>,
    sources: &mut Sources,
    out: &mut Problems,
) -> Option<Owners> {
    let workspace = workspace?;
    let mut read = |setting: &str, file: &Option<File>, name: &Option<String>| match (file, name) {
        (Some(file), _) => Some((file.0.clone(), text(file, sources, out)?)),
        (None, Some(name)) => {
            let message = format!("the file `{name}` cannot be read as one of this workspace");
            let problem = workspace.problem(&format!("owners.{setting}"), message);
            out.push(problem.hint(format!("write it, or take `{setting}` out of [owners]")));
            None
        }
        (None, None) => None,
    };
    let names = &workspace.owners;
    let own = read("file", &files.owners, &names.file);
    let listed = read("stages", &files.stages, &names.stages);
    let people = read("people", &files.people, &names.people);
    let own = own.and_then(|(name, text)| Owners::parse(&name, &text, out));
    let people = people.and_then(|(name, text)| People::parse(&name, &text, out));
    let known = people.clone().unwrap_or_default();
    let listed = listed.and_then(|(name, text)| stages::parse(&name, &text, &known, out));
    // Half of what was named would make every group and person of the other half unknown.
    let lost = |name: &Option<String>, found: bool| name.is_some() && !found;
    if lost(&names.file, own.is_some())
        || lost(&names.stages, listed.is_some())
        || lost(&names.people, people.is_some())
    {
        return None;
    }
    match (own, listed) {
        (Some(own), Some(listed)) => Some(own.over(listed)),
        (own, listed) => own.or(listed),
    }
}

#[cfg(test)]
mod tests;
