//! Renders a draft: the tree it would want, with or without the texts.

use std::collections::BTreeMap;

use super::Ask;
use super::draft::Draft;
use super::leaves::loose;
use super::write::plain;
use crate::blueprint::{Blueprint, ForEach};
use crate::problem::{Problems, Severity};
use crate::render::{self, Scene};
use crate::spec::ToolFile;
use crate::tree::DesiredTree;

/// The blueprint in all the forms in which it is rendered.
pub(super) struct Workshop<'a> {
    pub(super) ask: Ask<'a>,
    bare: Blueprint,
    whole: Blueprint,
    loose: Blueprint,
}

/// Which form of the blueprint is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Without the texts.
    Bare,
    /// With the texts.
    Whole,
    /// With the texts, and any word where the blueprint wants a certain one.
    Loose,
}

/// What a draft comes to.
pub(super) struct Rendered {
    pub(super) tree: DesiredTree,
    /// The list of each node that is an entry, by the node's key without the tool's id.
    pub(super) entries: BTreeMap<String, String>,
    /// How much is wrong with the draft.
    pub(super) errors: usize,
}

impl<'a> Workshop<'a> {
    /// Takes off what no description says, and all of them for the bare form.
    pub(super) fn new(ask: &Ask<'a>) -> Self {
        let mut whole = ask.blueprint.clone();
        whole.comments.clear();
        whole.lints.clear();
        whole.measures.clear();
        let mut bare = whole.clone();
        bare.nodes.iter_mut().for_each(|rule| rule.template = None);
        let loose = Blueprint { schema: loose(&whole.schema), ..whole.clone() };
        Self { ask: *ask, bare, whole, loose }
    }

    /// Renders a draft; what is wrong with it is only counted.
    pub(super) fn render(&self, draft: &Draft, form: Form) -> Option<Rendered> {
        let Ask { workspace, owners, engine, .. } = self.ask;
        let blueprint = match form {
            Form::Bare => &self.bare,
            Form::Whole => &self.whole,
            Form::Loose => &self.loose,
        };
        let mut problems = Problems::default();
        let text = plain(draft, &blueprint.schema);
        let spec = ToolFile::parse("tool.toml", &text, &blueprint.schema, &mut problems)?;
        let scene = Scene { workspace, owners, blueprint, spec: &spec };
        let outline = render::expand(&scene, engine, &mut problems);
        let tree = render::render(&scene, &outline, engine, &mut problems)?;
        let entries = outline.nodes.iter().filter(|node| node.entry.is_some());
        let entries = entries.filter_map(|node| match &node.rule.for_each {
            ForEach::List(list) => Some((node.key.local().to_owned(), list.value.clone())),
            ForEach::Once | ForEach::Pair(..) => None,
        });
        let errors = problems.count(Severity::Error);
        Some(Rendered { entries: entries.collect(), tree, errors })
    }
}
