//! What holds between the tools of a workspace: each piece of work and each place in GitLab is one tool's.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Problem, Problems, Sources};
use crate::source::{At, Span, Value};
use crate::spec::entry::line_of;
use crate::spec::schema::{Schema, Type};
use crate::spec::waive::{SHARED, waivable};
use crate::spec::{Entry, Spec};
use crate::tree::{DesiredTree, Parent};

/// Checks the tools against each other.
pub(super) fn check(
    specs: &[Spec],
    trees: &[Arc<DesiredTree>],
    schema: Option<&Schema>,
    sources: &Sources,
    out: &mut Problems,
) {
    ids(specs, out);
    items(specs, sources, out);
    titles(specs, trees, out);
    rows(specs, trees, out);
    if let Some(schema) = schema {
        addresses(specs, schema, sources, out);
        entries(specs, schema, sources, out);
    }
}

/// Where something was met first.
fn first_at(sources: &Sources, file: &str, span: &Span) -> String {
    let line = sources.get(file).map_or(0, |text| line_of(text, span.range.start));
    format!("first used at {file}:{line}")
}

/// Reports tools of one id in two files.
fn ids(specs: &[Spec], out: &mut Problems) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for spec in specs {
        for id in std::iter::once(&spec.id).chain(&spec.was) {
            match seen.get(id.as_str()) {
                Some(file) if *file != spec.file => {
                    let message = format!("the id `{}` is that of the tool in {file}", id.value);
                    let problem: Problem = id.span.error(message);
                    out.push(problem.hint("give each tool an id of its own"));
                }
                _ => {
                    seen.insert(&id.value, &spec.file);
                }
            }
        }
    }
}

/// Reports an item that stands under two ids: both would be its parent, its labels and its record.
fn items(specs: &[Spec], sources: &Sources, out: &mut Problems) {
    let mut seen: BTreeMap<String, (&str, &str, &Span)> = BTreeMap::new();
    for spec in specs {
        let entries = spec.entries().into_iter().filter_map(|(_, _, entry)| {
            Some((entry.id.as_str(), &entry.id.span, entry.item.as_ref()?))
        });
        let nodes = spec.items.iter().map(|(key, item)| (key.as_str(), &item.span, item));
        for (id, span, item) in entries.chain(nodes) {
            let name = item.value.to_string();
            let Some((file, other, first)) = seen.get(&name) else {
                seen.insert(name, (&spec.file, id, span));
                continue;
            };
            let message = format!("the item {name} stands under `{other}` too");
            let problem = item.span.error(message).label(first_at(sources, file, first));
            out.push(problem.hint("keep it under one id; let the other depend on that"));
        }
    }
}

/// The tool file of a tree: its errors point there.
fn spec_of<'s>(specs: &'s [Spec], tree: &DesiredTree) -> Option<&'s Spec> {
    specs.iter().find(|spec| spec.file == tree.file && spec.id.value == tree.tool)
}

/// Reports two tools that want one title under one item: each would be taken for the other.
fn titles(specs: &[Spec], trees: &[Arc<DesiredTree>], out: &mut Problems) {
    let mut seen: BTreeMap<(String, &str, &str), &DesiredTree> = BTreeMap::new();
    for tree in trees {
        for node in tree.nodes.iter().filter(|node| node.item.is_none() && node.creates) {
            let Parent::Item(parent) = &node.parent else { continue };
            let at = (parent.to_string(), node.namespace.as_str(), node.title.as_str());
            match (seen.get(&at), spec_of(specs, tree)) {
                (Some(other), Some(spec)) if other.tool != tree.tool => {
                    let message = format!(
                        "{} would be {:?} under {parent}, as {} of {} is",
                        node.key, node.title, other.tool, other.file
                    );
                    out.push(spec.name.span.error(message).hint("give the tools different names"));
                }
                _ => drop(seen.insert(at, tree)),
            }
        }
    }
}

/// Reports two tools whose rows in one table are known by one link: each would take the other's.
fn rows(specs: &[Spec], trees: &[Arc<DesiredTree>], out: &mut Problems) {
    let mut seen: BTreeMap<(String, &str, &str), &DesiredTree> = BTreeMap::new();
    for tree in trees {
        for row in &tree.rows {
            let Some(link) = row.link.as_deref().filter(|link| !link.is_empty()) else { continue };
            let at = (row.item.to_string(), row.heading.as_str(), link);
            match (seen.get(&at), spec_of(specs, tree)) {
                (Some(other), Some(spec)) if other.tool != tree.tool => {
                    let message = format!(
                        "its row under {:?} in {} is known by {link}, and so is that of {} in {}",
                        row.heading, row.item, other.tool, other.file
                    );
                    let own = spec.fields.values().find(|at| at.value.as_str() == Some(link));
                    let span = own.map_or(&spec.id.span, |at| &at.span);
                    out.push(span.error(message).hint("give each tool an address of its own"));
                }
                _ => drop(seen.insert(at, tree)),
            }
        }
    }
}

/// Advises against one address in a field of two tools, such as their repository.
fn addresses(specs: &[Spec], schema: &Schema, sources: &Sources, out: &mut Problems) {
    let urls = schema.tool.iter().filter(|(_, field)| field.ty == Type::Url);
    for name in urls.map(|(name, _)| name) {
        let mut seen: BTreeMap<&str, (&Spec, &At<Value>)> = BTreeMap::new();
        for spec in specs {
            let at = spec.fields.get(name).filter(|at| !at.span.range.is_empty());
            let Some((at, url)) = at.and_then(|at| Some((at, at.value.as_str()?))) else {
                continue;
            };
            let Some((other, first)) = seen.get(url.trim_end_matches('/')) else {
                seen.insert(url.trim_end_matches('/'), (spec, at));
                continue;
            };
            let message = format!("`{name}` is that of the tool `{}` too", other.id.value);
            advise(
                spec,
                &at.span,
                (other, &first.span),
                message,
                "make them one tool",
                sources,
                out,
            );
        }
    }
}

/// Advises against entries of two tools that are one thing, where the blueprint says that a list
/// has each only once: then its work would be done twice.
fn entries(specs: &[Spec], schema: &Schema, sources: &Sources, out: &mut Problems) {
    for list in schema.lists.iter().filter(|(_, list)| list.unique).map(|(list, _)| list) {
        let mut seen: BTreeMap<String, (&Spec, &Entry)> = BTreeMap::new();
        for spec in specs {
            for entry in spec.lists.get(list).into_iter().flatten() {
                let name = entry.name.as_ref().map(|name| name.value.trim().to_lowercase());
                let names = [Some(format!("`{}`", entry.id.value)), name];
                let mut known = names.iter().flatten().filter_map(|name| seen.get(name));
                match known.find(|(other, _)| other.id.value != spec.id.value).copied() {
                    Some((other, first)) => {
                        let message = format!(
                            "the {list} `{}` is one of the tool `{}` too",
                            entry.id.value, other.id.value
                        );
                        let hint = "keep it in one of them, and link to it from the other";
                        let first = (other, &first.id.span);
                        advise(spec, &entry.id.span, first, message, hint, sources, out);
                    }
                    None => {
                        seen.extend(names.into_iter().flatten().map(|name| (name, (spec, entry))));
                    }
                }
            }
        }
    }
}

fn advise(
    spec: &Spec,
    span: &Span,
    (other, first): (&Spec, &Span),
    message: String,
    hint: &str,
    sources: &Sources,
    out: &mut Problems,
) {
    if !spec.waive.contains_key(SHARED) && !other.waive.contains_key(SHARED) {
        let label = first_at(sources, &other.file, first);
        out.push(waivable(span.error(message).label(label), SHARED, hint));
    }
}
