//! Holds every template and expression of a blueprint against what its node may name.

use std::collections::BTreeSet;

use super::Engine;
use super::comments::comment_pieces;
use super::document::{DOCUMENT, SIZE};
use super::engine::{Piece, node_pieces, row_pieces};
use super::lints::lint_pieces;
use super::measures::measure_pieces;
use super::scan::Scan;
use super::shape::{Names, Shape, common, of_each, with_item, with_node};
use crate::blueprint::{Blueprint, ForEach};
use crate::problem::{Problem, Problems, nearest};
use crate::source::{At, offer, offer_quoted};

/// Reports names that nothing declares, and templates that do not exist.
pub(super) fn check(blueprint: &Blueprint, engine: &Engine, out: &mut Problems) {
    let common = common(blueprint);
    let mut scan = Scan { templates: &engine.templates, found: BTreeSet::new(), included: 0 };
    for rule in &blueprint.nodes {
        let plain = of_each(blueprint, &rule.for_each, &common);
        let full = with_node(plain.clone());
        for piece in node_pieces(rule) {
            let what = piece.what.rsplit_once("}, ").map_or(piece.what.as_str(), |(_, what)| what);
            let what = what
                .rsplit_once(&format!("node {}, ", rule.key.value))
                .map_or(what, |(_, what)| what);
            let names = match what {
                "key" | "when" | "creates" | "was" => &plain,
                _ if what.starts_with("depends-on") => continue,
                _ => &full,
            };
            piece_names(engine, &mut scan, &piece, names);
        }
        for depends in &rule.depends_on {
            let list = depends.for_each.as_ref().map(|at| at.value.as_str());
            let item = with_item(blueprint, full.clone(), list);
            let key = Piece { what: String::new(), code: &depends.key, condition: false };
            piece_names(engine, &mut scan, &key, &item);
            if let Some(code) = &depends.when {
                let when = Piece { what: String::new(), code, condition: true };
                piece_names(engine, &mut scan, &when, &item);
            }
        }
        if let Some(at) = &rule.template {
            template(blueprint, engine, &mut scan, at, &full, out);
        }
        debug_assert!(rule.for_each != ForEach::Once || !plain.contains_key("each"));
    }
    for rule in &blueprint.comments {
        let names = of_each(blueprint, &rule.for_each, &common);
        for piece in comment_pieces(rule) {
            piece_names(engine, &mut scan, &piece, &names);
        }
        for at in std::iter::once(&rule.template).chain(&rule.reply) {
            template(blueprint, engine, &mut scan, at, &names, out);
        }
    }
    for rule in &blueprint.lints {
        let names = of_each(blueprint, &rule.for_each, &common);
        for piece in lint_pieces(rule) {
            piece_names(engine, &mut scan, &piece, &names);
        }
    }
    for rule in &blueprint.measures {
        let names = of_each(blueprint, &rule.for_each, &common);
        for piece in measure_pieces(rule) {
            piece_names(engine, &mut scan, &piece, &names);
        }
    }
    for piece in blueprint.rows.iter().flat_map(row_pieces) {
        piece_names(engine, &mut scan, &piece, &common);
    }
    for entry in blueprint.schema.data.values().flatten() {
        if let Some(code) = &entry.when {
            piece_names(
                engine,
                &mut scan,
                &Piece { what: String::new(), code, condition: true },
                &common,
            );
        }
    }
    document(blueprint, engine, &mut scan, common);
    for unknown in scan.found {
        let range = unknown.range.0..unknown.range.1;
        let in_file = engine.templates.contains_key(&unknown.template);
        let problem = engine.problem(&unknown.template, Some(range), unknown.message);
        let otherwise = || "declare the field in the blueprint, or mend the name".to_owned();
        out.push(match (in_file, unknown.near) {
            (true, near) => offer(problem, near.as_deref(), otherwise),
            (false, Some(near)) => problem.hint(format!("did you mean `{near}`?")),
            (false, None) => problem.hint(otherwise()),
        });
    }
}

/// Reads the template of the design document, if there is one.
fn document(blueprint: &Blueprint, engine: &Engine, scan: &mut Scan<'_>, mut known: Names) {
    known.insert(SIZE.to_owned(), Shape::Scalar);
    let names = blueprint.template_names(DOCUMENT);
    let found = names.iter().find_map(|name| Some((name, engine.templates.get(name)?)));
    if let Some((name, text)) = found {
        scan.template(name, text, &known, 0);
    }
}

fn template(
    blueprint: &Blueprint,
    engine: &Engine,
    scan: &mut Scan<'_>,
    at: &At<String>,
    known: &Names,
    out: &mut Problems,
) {
    let names = blueprint.template_names(&at.value);
    match names.iter().find_map(|name| Some((name, engine.templates.get(name)?))) {
        Some((name, text)) => scan.template(name, text, known, 0),
        None => out.push(missing(engine, at, &names)),
    }
}

fn piece_names(engine: &Engine, scan: &mut Scan<'_>, piece: &Piece<'_>, names: &Names) {
    let name = engine.name(piece.code);
    if piece.condition {
        scan.condition(name, &piece.code.value, names);
    } else {
        scan.template(name, &piece.code.value, names, 0);
    }
}

fn missing(engine: &Engine, at: &At<String>, names: &[String]) -> Problem {
    let problem = at.span.error(format!("there is no template `{}`", at.value));
    let folders: Vec<&str> =
        names.iter().filter_map(|name| name.split_once('/').map(|(folder, _)| folder)).collect();
    let known = engine.templates.keys().filter_map(|name| {
        let (folder, file) = name.split_once('/')?;
        folders.contains(&folder).then_some(file)
    });
    let near = nearest(&at.value, known);
    offer_quoted(problem, near, || {
        let name = names.first().map_or("", String::as_str);
        match at.value.starts_with('/') || at.value.contains("..") || at.value.contains('\\') {
            true => format!("name a file below templates/{}", folders.first().unwrap_or(&"")),
            false => format!("write templates/{name}"),
        }
    })
}
