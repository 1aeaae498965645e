//! Confidential entries whose names stand where everybody may read them.

use super::Scene;
use super::filters::escape;
use crate::problem::Problems;
use crate::spec::waive::{CONFIDENTIAL_NAMED, waivable};
use crate::tree::DesiredTree;

/// The shortest name that is looked for: shorter ones stand in other words.
const SHORTEST: usize = 4;

/// Advises against names of confidential entries in the titles and texts of items that are not.
pub(super) fn names(scene: &Scene<'_>, tree: &DesiredTree, out: &mut Problems) {
    let spec = scene.spec;
    if spec.confidential == Some(true) || spec.waive.contains_key(CONFIDENTIAL_NAMED) {
        return;
    }
    let open = tree.nodes.iter().filter(|node| node.confidential != Some(true));
    let texts: Vec<(&str, &str, String)> = open
        .filter(|node| node.item.is_none())
        .map(|node| (node.key.local(), node.title.as_str(), node.body.fill(|_| String::new())))
        .collect();
    for (_, _, entry) in spec.entries() {
        let Some(name) = entry.name.as_ref().filter(|_| entry.confidential == Some(true)) else {
            continue;
        };
        if name.chars().count() < SHORTEST {
            continue;
        }
        let escaped = escape(name);
        let told: Vec<&str> = texts
            .iter()
            .filter(|(_, title, body)| {
                title.contains(name.as_str())
                    || body.contains(name.as_str())
                    || body.contains(&escaped)
            })
            .map(|(key, ..)| *key)
            .collect();
        if let Some((first, more)) = told.split_first() {
            let more = match more.len() {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let message = format!(
                "`{}` is confidential, but stands in the text of {first}{more}, which everybody may read",
                name.value
            );
            let hint = "give it a name that tells nothing, or make the whole tool confidential";
            out.push(waivable(name.span.error(message), CONFIDENTIAL_NAMED, hint));
        }
    }
}
