//! From a tree that people made, or that an epictree without its file made, to a tool file.
//!
//! Nothing here knows a process. The blueprint is rendered with stand-ins for
//! what a tool file would say ([`shape`]); its titles and keys, read backwards,
//! tell which item is which node ([`place`]). Then fields are tried until the
//! rendered tree comes closest to the one that is there ([`search`]). What only
//! descriptions say is read out of those that the files wanted last, if an epictree
//! made the tree ([`reading`]). What is written says of each doubt that it is one
//! ([`write`]). Nothing reads or writes GitLab here.

mod align;
mod candidates;
mod compare;
mod draft;
mod finish;
mod items;
mod keys;
mod leaves;
mod names;
mod place;
mod probe;
mod reading;
mod search;
mod shape;
mod signs;
mod texts;
mod workshop;
mod write;

use crate::blueprint::Blueprint;
use crate::render::Engine;
use crate::spec::{Owners, Workspace};
use crate::tree::{Foreign, Kind, Reference};

/// What an import is made from.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The workspace that the tool file will belong to.
    pub workspace: &'a Workspace,
    /// Who owns what, if the workspace says.
    pub owners: Option<&'a Owners>,
    /// The blueprint.
    pub blueprint: &'a Blueprint,
    /// The blueprint's expressions, compiled.
    pub engine: &'a Engine,
    /// The tree.
    pub tree: &'a Foreign,
    /// The tool's id; made from its name where it is absent.
    pub id: Option<&'a str>,
    /// Whether keys are read out of the descriptions that the files wanted last.
    pub reads: bool,
}

/// A tool file, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The tool's id.
    pub id: String,
    /// The blueprint's name.
    pub blueprint: String,
    /// The text of the tool file.
    pub text: String,
    /// Items that stand in it.
    pub placed: usize,
    /// Lines with a guess, each marked by `?` in the text.
    pub doubts: usize,
    /// Items that are no part of it.
    pub left: usize,
}

/// Why a tree cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The first item is no epic, and the blueprint's first node is one.
    #[error("{0} is no {1}, and a tree of this blueprint begins with one")]
    Kind(Reference, Kind),
    /// The item is not the first of its tool.
    #[error("{0} is `{1}` of its tool, and an import begins with the first item")]
    Below(Reference, String),
    /// The tree belongs to another workspace.
    #[error("{0} belongs to the workspace `{1}`")]
    Workspace(Reference, String),
    /// A newer epictree made it.
    #[error("{0} was written by a newer epictree")]
    Newer(Reference),
    /// The tree belongs to a tool of another id.
    #[error("{0} is of the tool `{1}`, and its items keep that id")]
    Id(Reference, String),
    /// The blueprint cannot be rendered without a tool file to go by.
    #[error("the blueprint `{0}` makes no first item, whatever a tool file says")]
    Empty(String),
}

/// Makes a tool file of a tree.
///
/// # Errors
/// The tree is another's, or does not begin as the blueprint's trees do.
pub fn import(ask: &Ask<'_>) -> Result<Imported, Refusal> {
    let items = items::Items::read(ask)?;
    let shop = workshop::Workshop::new(ask);
    let shapes = shape::shapes(&shop, items.tool.as_deref().or(ask.id));
    let Some(first) = shapes.all.iter().find(|shape| shape.first) else {
        return Err(Refusal::Empty(ask.blueprint.name.clone()));
    };
    if let Some((key, _)) = items.all[0].ours.as_ref().filter(|(key, _)| *key != first.key) {
        return Err(Refusal::Below(items.top().reference.clone(), key.clone()));
    }
    if items.top().kind != Some(first.kind) {
        return Err(Refusal::Kind(items.top().reference.clone(), first.kind));
    }
    let name = names::tool(&shapes.all, &items);
    let mut placed = place::place(ask, &shapes.all, &items, name);
    finish::begin(&shop, &items, &mut placed);
    search::search(&shop, &shapes, &items, &mut placed);
    finish::finish(&shop, &items, &mut placed);
    if ask.reads && reading::read(&shop, &items, &mut placed) {
        finish::is_whole(&mut placed);
    }
    Ok(write::write(ask, &items, &placed))
}
