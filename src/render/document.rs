//! The skeleton of a tool's design document: a file for people to go on with, not a description.

use std::fmt;

use tera::{Map, Value as Tera};

use super::about::About;
use super::expand::Outline;
use super::filters::KEYS;
use super::{Engine, Scene, lint};
use crate::problem::Problem;

/// The file name of its template.
pub const DOCUMENT: &str = "design-document-skeleton.md";
/// The name under which the template sees the size.
pub(super) const SIZE: &str = "size";

/// How much a design document has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Why, and what not.
    S,
    /// Also what and how.
    M,
    /// Also what may go wrong, and what was decided.
    L,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
        })
    }
}

/// Renders the skeleton; nothing if the blueprint has no template for it.
///
/// It stands outside GitLab, so that its template can refer to no node.
///
/// # Errors
///
/// What is wrong with the template.
pub fn document(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    size: Size,
) -> Result<Option<String>, Box<Problem>> {
    let names = scene.blueprint.template_names(DOCUMENT);
    let Some(name) = names.iter().find(|name| engine.templates.contains_key(*name)) else {
        return Ok(None);
    };
    let mut context = outline.context.clone();
    context.insert_value(KEYS, Tera::from(Map::new()));
    context.insert_value(SIZE, size.to_string().into());
    let about = About { what: "the design", name: "document", file: &scene.spec.file };
    let text = engine.template(name, &context, about)?;
    Ok(Some(lint::tidy(&text) + "\n"))
}
