//! What the process counts of one tool: the nodes of each measure.

use std::collections::BTreeSet;

use jiff::civil::Date;
use tera::Context;

use super::about::About;
use super::engine::Piece;
use super::expand::{Outline, picks};
use super::{Engine, Scene};
use crate::blueprint::{Code, MeasureRule};
use crate::key::NodeKey;
use crate::problem::{Problem, Problems, nearest};
use crate::source::offer_quoted;
use crate::spec::schema::snake;
use crate::tree::{By, DesiredMeasure, DesiredNode, Parent, Part};

/// The texts and conditions of a measure.
pub(super) fn measure_pieces(rule: &MeasureRule) -> Vec<Piece<'_>> {
    let all = [
        ("node", rule.node.as_ref(), false),
        ("below", rule.below.as_ref(), false),
        ("when", rule.when.as_ref(), true),
        ("dropped", rule.dropped.as_ref(), true),
        ("date", rule.date.as_ref(), false),
    ];
    let pieces = all.into_iter().filter_map(|(what, code, condition)| {
        let what = format!("measure {}, {what}", rule.id.value);
        Some(Piece { what, code: code?, condition })
    });
    pieces.collect()
}

/// Makes the measures that have anything to count.
pub(super) fn measures(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    nodes: &[DesiredNode],
    out: &mut Problems,
) -> Vec<DesiredMeasure> {
    let mut measures = Vec::new();
    for rule in &scene.blueprint.measures {
        let about = About { what: "measure", name: &rule.id.value, file: &scene.spec.file };
        let one = One { scene, outline, engine, nodes, rule, about };
        match one.measure() {
            Ok(Some(measure)) => measures.push(measure),
            Ok(None) => {}
            Err(problem) => out.push(*problem),
        }
    }
    measures
}

/// A rule applied to one tool.
struct One<'a, 's> {
    scene: &'s Scene<'a>,
    outline: &'s Outline<'a>,
    engine: &'s Engine,
    nodes: &'s [DesiredNode],
    rule: &'a MeasureRule,
    about: About<'a>,
}

impl One<'_, '_> {
    fn measure(&self) -> Result<Option<DesiredMeasure>, Box<Problem>> {
        let Self { scene, rule, .. } = self;
        let parts = self.parts()?;
        if parts.is_empty() {
            return Ok(None);
        }
        let words = rule.by.as_ref().zip(scene.blueprint.words(rule));
        let by =
            words.map(|(field, words)| By { field: field.value.clone(), words: words.to_vec() });
        Ok(Some(DesiredMeasure {
            id: rule.id.value.clone(),
            title: rule.title.value.clone(),
            parts,
            by,
            boxes: rule.boxes,
            next: rule.next,
            date: self.date()?,
            blocked: rule.blocked.iter().map(|at| at.value.clone()).collect(),
            in_flight: rule.in_flight.clone(),
            at_least: rule.at_least.as_ref().map(|at| at.value),
        }))
    }

    fn parts(&self) -> Result<Vec<Part>, Box<Problem>> {
        let Self { scene, outline, engine, rule, about, .. } = self;
        let mut parts = Vec::new();
        for (_, context) in picks(scene, &rule.for_each, &outline.context) {
            if !engine.holds(rule.when.as_ref(), &context, *about)? {
                continue;
            }
            if let Some(below) = &rule.below {
                let top = self.key(below, &context)?;
                parts.extend(self.below(&top));
            }
            if let Some(node) = &rule.node {
                let dropped = rule.dropped.is_some()
                    && engine.holds(rule.dropped.as_ref(), &context, *about)?;
                let key = self.key(node, &context)?;
                parts.push(Part { key, dropped, word: self.word(&context) });
            }
        }
        Ok(parts)
    }

    /// The key of a node of this tool.
    fn key(&self, code: &Code, context: &Context) -> Result<NodeKey, Box<Problem>> {
        let local = self.engine.text(code, context, self.about)?;
        let mut keys = self.nodes.iter().map(|node| &node.key);
        let key = NodeKey::of(&self.scene.spec.id, local.trim());
        key.filter(|key| keys.clone().any(|known| known == key)).ok_or_else(|| {
            let near = nearest(local.trim(), keys.by_ref().map(NodeKey::local));
            let message = format!(
                "{} counts the node `{}`, which this tool does not have",
                self.about,
                local.trim()
            );
            let guard = || "guard it with `when`".to_owned();
            Box::new(offer_quoted(code.span.error(message), near, guard))
        })
    }

    /// Every node that hangs under one, at whatever depth; a parent stands before its children.
    ///
    /// What will not be made was given up.
    fn below(&self, top: &NodeKey) -> Vec<Part> {
        let mut above: BTreeSet<&NodeKey> = BTreeSet::from([top]);
        let mut found = Vec::new();
        for node in self.nodes {
            if matches!(&node.parent, Parent::Node(parent) if above.contains(parent)) {
                above.insert(&node.key);
                found.push(Part { key: node.key.clone(), dropped: !node.creates, word: None });
            }
        }
        found
    }

    fn word(&self, context: &Context) -> Option<String> {
        let field = snake(self.rule.by.as_ref()?);
        Some(context.get("each")?.get_from_path(&field)?.as_str()?.to_owned())
    }

    fn date(&self) -> Result<Option<Date>, Box<Problem>> {
        let Some(code) = &self.rule.date else { return Ok(None) };
        let text = self.engine.text(code, &self.outline.context, self.about)?;
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                let problem = code.span.error(format!("`{text}` is not a day ({})", self.about));
                Box::new(problem.hint("give it as 2027-06-30, or leave it empty"))
            }),
        }
    }
}
