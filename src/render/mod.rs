//! From a blueprint and a tool file to the wanted tree: conditions, keys, titles, descriptions.
//!
//! The only module that knows Tera. One [`Engine`] serves all tools of a
//! workspace. Nothing here knows what GitLab holds: texts keep slots.

mod about;
mod advice;
mod bounded;
mod comments;
mod context;
mod desired;
mod document;
mod engine;
mod entry_fields;
mod expand;
mod filters;
mod kinds;
mod lint;
mod lints;
mod markdown;
mod measures;
mod names;
mod near;
mod order;
pub mod pattern;
mod pulse;
mod rows;
mod scan;
mod secret;
mod shape;
mod tokens;
mod unclosed;
mod urls;
mod verify;
mod words;

pub use advice::advise;
pub use document::{DOCUMENT, Size, document};
pub use engine::Engine;
pub use expand::{Outline, OutlineNode, fits};
pub use pulse::{Beat, Pulse, THREADS};

use about::About;

use crate::blueprint::Blueprint;
use crate::problem::{Problem, nearest};
use crate::source::{Span, offer_quoted};
use crate::spec::{Owners, Spec, Workspace};

/// What is the same for all nodes of one tool.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Who owns what, if the workspace says.
    pub owners: Option<&'a Owners>,
    /// The blueprint.
    pub blueprint: &'a Blueprint,
    /// The tool file.
    pub spec: &'a Spec,
}

pub use desired::{KEPT, render};
pub use expand::expand;
pub use unclosed::unclosed;

/// Reports that the workspace lacks a place: a slip where a place has nearly that
/// name, else once for the workspace, however many rules name it.
fn no_place(
    scene: &Scene<'_>,
    at: &Span,
    name: &str,
    example: &str,
    about: About<'_>,
    write: impl Fn(&str) -> String,
) -> Problem {
    let places = scene.workspace.places.keys().map(String::as_str);
    match nearest(name, places) {
        Some(near) => {
            let message = format!("the workspace has no place `{name}` ({about})");
            offer_quoted(at.error(message), Some(&write(near)), String::new)
        }
        None => {
            let message = format!("blueprint `{}` needs a place `{name}`", scene.blueprint.name);
            scene
                .workspace
                .problem("places", message)
                .hint(format!("add `{name} = \"{example}\"` under [places]"))
        }
    }
}
