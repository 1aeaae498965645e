//! Renders a draft: the tree it would want, without the texts.

use std::collections::BTreeMap;

use super::Ask;
use super::draft::Draft;
use super::write::plain;
use crate::blueprint::{Blueprint, ForEach};
use crate::problem::Problems;
use crate::render::{self, Scene};
use crate::spec::ToolFile;
use crate::tree::DesiredTree;

/// The blueprint without its texts, and all that is needed to render it.
pub(super) struct Workshop<'a> {
    pub(super) ask: Ask<'a>,
    bare: Blueprint,
}

/// What a draft comes to.
pub(super) struct Rendered {
    pub(super) tree: DesiredTree,
    /// The list of each node that is an entry, by the node's key without the tool's id.
    pub(super) entries: BTreeMap<String, String>,
}

impl<'a> Workshop<'a> {
    /// Takes the texts off.
    pub(super) fn new(ask: &Ask<'a>) -> Self {
        let mut bare = ask.blueprint.clone();
        bare.nodes.iter_mut().for_each(|rule| rule.template = None);
        bare.comments.clear();
        bare.lints.clear();
        Self { ask: *ask, bare }
    }

    /// Renders a draft; what is wrong with it is not looked at.
    pub(super) fn render(&self, draft: &Draft) -> Option<Rendered> {
        let Ask { workspace, owners, engine, .. } = self.ask;
        let mut problems = Problems::default();
        let text = plain(draft, &self.bare.schema);
        let spec = ToolFile::parse("tool.toml", &text, &self.bare.schema, &mut problems)?;
        let scene = Scene { workspace, owners, blueprint: &self.bare, spec: &spec };
        let outline = render::expand(&scene, engine, &mut problems);
        let tree = render::render(&scene, &outline, engine, &mut problems)?;
        let entries = outline.nodes.iter().filter(|node| node.entry.is_some());
        let entries = entries.filter_map(|node| match &node.rule.for_each {
            ForEach::List(list) => Some((node.key.local().to_owned(), list.value.clone())),
            ForEach::Once | ForEach::Pair(..) => None,
        });
        Some(Rendered { entries: entries.collect(), tree })
    }
}
