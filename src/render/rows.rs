//! The rows a tool has in tables of items that people own.

use super::about::About;
use super::expand::Outline;
use super::{Engine, Scene, lint, no_place};
use crate::blueprint::RowRule;
use crate::key::NodeKey;
use crate::problem::{Problem, Problems, nearest};
use crate::source::offer_quoted;
use crate::spec::Place;
use crate::text::Text;
use crate::tree::{DesiredRow, Reference};

/// Makes the rows.
pub(super) fn rows(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Vec<DesiredRow> {
    let mut rows = Vec::new();
    for rule in &scene.blueprint.rows {
        let about = About { what: "table-row", name: &rule.node.value, file: &scene.spec.file };
        match engine.holds(rule.when.as_ref(), &outline.context, about) {
            Ok(true) => rows.extend(row(scene, outline, engine, rule, about, out)),
            Ok(false) => {}
            Err(problem) => out.push(*problem),
        }
    }
    rows
}

fn row(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    rule: &RowRule,
    about: About<'_>,
    out: &mut Problems,
) -> Option<DesiredRow> {
    let item = item(scene, rule, about, out)?;
    let mut keep = |result: Result<String, Box<Problem>>| {
        result.map_err(|problem| out.push(*problem)).ok().map(|text| text.trim().to_owned())
    };
    let local = keep(engine.text(&rule.node, &outline.context, about))?;
    let heading = keep(engine.text(&rule.heading, &outline.context, about))?;
    let link = rule.link.as_ref().and_then(|code| keep(engine.text(code, &outline.context, about)));
    let cells: Vec<_> = rule
        .cells
        .iter()
        .map(|(column, code)| (column, keep(engine.text(code, &outline.context, about))))
        .collect();
    let Some(node) = NodeKey::of(&scene.spec.id, &local).filter(|key| outline.has(key)) else {
        let near = nearest(&local, outline.nodes.iter().map(|n| n.key.local()));
        let problem = rule
            .node
            .span
            .error(format!("{about} is about the node `{local}`, which this tool does not have"));
        out.push(offer_quoted(problem, near, || "guard it with `when`".to_owned()));
        return None;
    };
    let mut texts = Vec::new();
    for (column, cell) in cells {
        let cell = cell?.replace('\n', "<br>");
        lint::cell(rule, column, &cell, about, out);
        texts.push((column.clone(), Text::parse(&scene.spec.id, &cell).ok()?));
    }
    Some(DesiredRow {
        item,
        heading,
        node,
        link: link.filter(|link| !link.is_empty()),
        cells: texts,
        write_once: rule.write_once.iter().map(|at| at.value.clone()).collect(),
    })
}

fn item(
    scene: &Scene<'_>,
    rule: &RowRule,
    about: About<'_>,
    out: &mut Problems,
) -> Option<Reference> {
    let name = rule.item.value.trim_start_matches('@');
    match scene.workspace.places.get(name) {
        Some(Place::Item(reference)) => Some(reference.clone()),
        Some(Place::Namespace(path)) => {
            let message =
                format!("place `{name}` is {path}, but {about} stands in an epic or issue");
            out.push(
                scene
                    .workspace
                    .problem(&format!("places.{name}"), message)
                    .hint("give a reference such as `group&12`"),
            );
            None
        }
        None => {
            let at = &rule.item.span;
            out.push(no_place(scene, at, name, "group&12", about, |near| format!("@{near}")));
            None
        }
    }
}
