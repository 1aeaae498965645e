//! The workspace file that `new` writes where there is none.

use std::collections::BTreeMap;
use std::path::Path;

use super::origin::Origin;
use super::places::{self, Sort, Wanted};
use super::settle::{Settler, Want};
use super::{WorkspaceArgs, load, quoted};
use crate::assets::Assets;
use crate::blueprint::Blueprint;
use crate::cli::Failure;
use crate::key::{is_id, slug};
use crate::problem::{Problems, nearest};
use crate::spec::address_fault;
use crate::tree::{Foreign, Reference};
use crate::ui;

/// The blueprint of whoever chooses none.
const BLUEPRINT: &str = "prodseceng";

/// What goes into a new workspace file.
pub(in crate::cli) struct NewWorkspace {
    id: String,
    pub(in crate::cli) blueprint: Blueprint,
    url: Option<String>,
    /// Those that are known, and those left to fill in.
    places: BTreeMap<String, (Wanted, Option<String>)>,
}

impl NewWorkspace {
    /// Comes to know all of it.
    pub(super) fn settle(
        folder: &Path,
        args: &WorkspaceArgs,
        settler: &mut Settler,
    ) -> Result<Self, Failure> {
        let name = folder.file_name().map(|name| slug(&name.to_string_lossy())).unwrap_or_default();
        let id = settler.settle(&Want {
            flag: "--workspace",
            given: args.workspace.as_deref(),
            about: "There is no epictree.toml here or above, so this begins with one: which GitLab, and where things go in it. Its id stands in the marker of every item, for good.",
            question: "Id of the workspace",
            default: Some(if name.is_empty() { "my-workspace" } else { &name }),
            check: &super::checked_id,
        })?;
        let blueprint = load(folder, &blueprint(folder, args, settler)?)?;
        let origin = settler.asks().then(Origin::here).flatten();
        let url = settler.settle(&Want {
            flag: "--url",
            given: args.url.as_deref(),
            about: "",
            question: "Address of the GitLab",
            default: match (&origin, settler.asks()) {
                (Some(origin), _) => Some(origin.url.as_str()),
                (None, true) => Some("https://gitlab.com"),
                (None, false) => None,
            },
            check: &|text| match address_fault(text.trim_end_matches('/')) {
                Some(why) => Err(format!("it {why}")),
                None => Ok(()),
            },
        })?;
        let places = settle_places(&blueprint, args, origin.as_ref(), settler)?;
        Ok(Self { id: id.unwrap_or_default(), blueprint, url, places })
    }

    /// A workspace for a tree that is there: its groups and projects are the places.
    pub(in crate::cli) fn around(
        folder: &Path,
        blueprint: Option<&str>,
        url: &str,
        given: &[(String, String)],
    ) -> Result<Self, Failure> {
        let name = folder.file_name().map(|name| slug(&name.to_string_lossy())).unwrap_or_default();
        let id = if name.is_empty() { "my-workspace".to_owned() } else { name };
        let blueprint = load(folder, blueprint.unwrap_or(BLUEPRINT))?;
        let mut settler = Settler::new(false);
        let args =
            WorkspaceArgs { blueprint: None, workspace: None, url: None, place: given.to_vec() };
        let places = settle_places(&blueprint, &args, None, &mut settler)?;
        settler.finish()?;
        Ok(Self { id, blueprint, url: Some(url.to_owned()), places })
    }

    /// Fills in the places that a tree shows, and names those that it does not.
    pub(in crate::cli) fn fill(&mut self, tree: &Foreign) -> Vec<String> {
        let mut projects: BTreeMap<&str, usize> = BTreeMap::new();
        for item in tree.items().into_iter().filter(|item| item.reference.sigil == '#') {
            *projects.entry(&item.reference.namespace).or_default() += 1;
        }
        let most = projects.into_iter().max_by_key(|(path, n)| (*n, std::cmp::Reverse(*path)));
        let project = most.map(|(path, _)| path.to_owned());
        for (wanted, path) in self.places.values_mut() {
            let found = match wanted.sort {
                Sort::Item => tree.above.as_ref().map(Reference::to_string),
                Sort::Group => Some(tree.top.reference.namespace.clone()),
                Sort::Project => project.clone(),
            };
            *path = path.take().or(found);
        }
        let open = self.places.iter().filter(|(_, (_, path))| path.is_none());
        open.map(|(name, _)| name.clone()).collect()
    }

    /// Whether a place is left to fill in.
    pub(super) fn is_open(&self) -> bool {
        self.places.values().any(|(_, path)| path.is_none())
    }

    /// The text of the file.
    pub(in crate::cli) fn text(&self) -> String {
        let url = match &self.url {
            Some(url) => format!("url = {}", quoted(url)),
            None => "# url = \"https://gitlab.example.com\"".to_owned(),
        };
        let mut out = format!(
            "# One GitLab, one set of places, for every tool file in this folder and below.\n\
             schema = 1\n\n\
             # In the marker of every item. Choose it once: a workspace never touches the items of another.\n\
             id = {}\nblueprint = {}\n\n[gitlab]\n{url}\n\
             # nested-epics = false    # where the licence has no epics under epics: those become issues\n\n\
             # Full paths; `&` and `#` name an item that exists.\n[places]\n",
            quoted(&self.id),
            quoted(&self.blueprint.name)
        );
        for (name, (wanted, path)) in &self.places {
            out.push_str(&match path {
                Some(path) => format!("{name} = {}\n", quoted(path)),
                None => format!("# {name} = {}\n", quoted(wanted.sort.example())),
            });
        }
        out
    }
}

/// Which blueprint, with what each says of when to choose it.
fn blueprint(
    folder: &Path,
    args: &WorkspaceArgs,
    settler: &mut Settler,
) -> Result<String, Failure> {
    let assets = Assets::overlaid(folder, &mut Problems::default());
    let known: Vec<(&str, &str)> = assets
        .under("blueprints/")
        .filter_map(|(path, text)| {
            Some((path.strip_prefix("blueprints/")?.strip_suffix(".toml")?, text))
        })
        .collect();
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    if let Some(given) = &args.blueprint {
        if !given.ends_with(".toml") && !names.contains(&given.as_str()) {
            let instead = offer(given, &names);
            settler.fault(format!("--blueprint: there is no blueprint `{given}`; {instead}"));
            settler.finish()?;
        }
        return Ok(given.clone());
    }
    if !settler.asks() {
        return Ok(BLUEPRINT.to_owned());
    }
    settler.finish()?;
    for (name, text) in &known {
        ui::say(&format!("\n{}", ui::clean(name)));
        for paragraph in when_to_choose(text) {
            ui::say(ui::paragraph(&ui::clean(&paragraph), 2, ui::width()).trim_end());
        }
    }
    let default = names.iter().position(|name| *name == BLUEPRINT).unwrap_or_default();
    let chosen = ui::prompt::choice("\nBlueprint", &names, default)?;
    Ok(names[chosen].to_owned())
}

/// The first two paragraphs of the comment that a blueprint begins with: what it is, and when to
/// choose it. Points of a list and further choices are paragraphs of their own.
fn when_to_choose(text: &str) -> Vec<String> {
    let comment: Vec<&str> =
        text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    let mut paragraphs: Vec<String> = Vec::new();
    for part in comment.split(|line| line.is_empty()).take(2) {
        for (n, line) in part.iter().enumerate() {
            let begins = n == 0 || line.starts_with("- ") || line.starts_with("Choose ");
            match paragraphs.last_mut().filter(|_| !begins) {
                Some(paragraph) => paragraph.extend([" ", line]),
                None => paragraphs.push((*line).to_owned()),
            }
        }
    }
    paragraphs
}

fn settle_places(
    blueprint: &Blueprint,
    args: &WorkspaceArgs,
    origin: Option<&Origin>,
    settler: &mut Settler,
) -> Result<BTreeMap<String, (Wanted, Option<String>)>, Failure> {
    let wanted = places::of(blueprint);
    for (name, _) in args.place.iter().filter(|(name, _)| !wanted.contains_key(name)) {
        let known: Vec<&str> = wanted.keys().map(String::as_str).collect();
        let instead = offer(name, &known);
        settler.fault(format!("--place: `{}` has no place `{name}`; {instead}", blueprint.name));
    }
    let mut places = BTreeMap::new();
    // Items first: the group of one is a good guess for the other places.
    let mut in_order: Vec<(String, Wanted)> = wanted.into_iter().collect();
    in_order.sort_by_key(|(_, wanted)| wanted.sort != Sort::Item);
    let mut group = origin.and_then(Origin::group).map(str::to_owned);
    let project = origin.map(|origin| origin.project.clone());
    for (name, wanted) in in_order {
        let given = args.place.iter().find(|(given, _)| *given == name);
        let default = match wanted.sort {
            Sort::Group => group.as_deref(),
            Sort::Project => project.as_deref(),
            Sort::Item => None,
        };
        let path = settler.settle(&Want {
            flag: &format!("--place {name}"),
            given: given.map(|(_, path)| path.as_str()),
            about: &wanted.about(&name),
            question: &name,
            default: default.filter(|_| settler.asks()),
            check: &|text| wanted.sort.check(text),
        })?;
        let of_item = path.as_deref().filter(|_| wanted.sort == Sort::Item);
        group = of_item.and_then(|path| path.split(['&', '#']).next()).map(str::to_owned).or(group);
        places.insert(name, (wanted, path));
    }
    Ok(places)
}

/// What may have been meant by a name that is not known.
fn offer(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// Reads `NAME=PATH`.
pub(in crate::cli) fn place(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, path)) if is_id(name.trim()) => {
            Ok((name.trim().to_owned(), path.trim().to_owned()))
        }
        _ => Err("write NAME=PATH, such as epics=group/subgroup".to_owned()),
    }
}
