//! Labels that are nearly one of the blueprint's: another case, a missing colon, a plural.

use std::collections::BTreeSet;

use super::Scene;
use crate::problem::{Problem, Problems};
use crate::source::{At, offer_quoted};
use crate::spec::waive::{LABEL_NEAR, waivable};

/// How long a title is for each letter that may differ.
const LETTERS: usize = 8;

/// Advises against labels, of the tool file and of the blueprint, that were probably meant otherwise.
pub(super) fn labels(scene: &Scene<'_>, out: &mut Problems) {
    let (spec, blueprint) = (scene.spec, scene.blueprint);
    if spec.waive.contains_key(LABEL_NEAR) {
        return;
    }
    let uses = || blueprint.nodes.iter().flat_map(|n| n.labels.iter().chain(&n.labels_once));
    let ruled = blueprint.labels.iter().map(|rule| rule.title.as_str());
    let ruled: BTreeSet<&str> =
        ruled.chain(blueprint.schema.priorities.values().map(String::as_str)).collect();
    let fixed = || uses().map(|used| &used.title).filter(|title| !title.value.contains('{'));
    let mut known = ruled.clone();
    known.extend(fixed().map(|title| title.value.as_str()));
    let own = spec.entries().into_iter().flat_map(|(_, _, entry)| &entry.labels);
    for at in spec.labels.iter().chain(own) {
        out.extend(one(at, &known));
    }
    for at in fixed() {
        out.extend(one(at, &ruled));
    }
}

fn one(at: &At<String>, known: &BTreeSet<&str>) -> Option<Problem> {
    let meant = meant(&at.value, known)?;
    let message = format!("label `{}` is nearly `{meant}`", at.value);
    let problem = offer_quoted(at.span.error(message), Some(&meant), String::new);
    Some(waivable(problem, LABEL_NEAR, &format!("write `{meant}`")))
}

/// What was probably meant by a label that is not known.
fn meant(label: &str, known: &BTreeSet<&str>) -> Option<String> {
    if known.contains(label) {
        return None;
    }
    if let Some(title) = known.iter().find(|title| alike(label, title)) {
        return Some((*title).to_owned());
    }
    let (scope, value) = label.rsplit_once("::")?;
    let scopes: BTreeSet<&str> =
        known.iter().filter_map(|title| Some(title.rsplit_once("::")?.0)).collect();
    if scopes.contains(scope) {
        return None;
    }
    let scope = scopes.iter().find(|known| alike(scope, known))?;
    Some(format!("{scope}::{value}"))
}

/// Whether two titles differ by case, signs, a plural or a slip only; never by a number.
fn alike(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (x, y) = (squashed(a), squashed(b));
    let slips = (x.len().min(y.len()) / LETTERS).min(2);
    digits(a) == digits(b) && (x == y || strsim::damerau_levenshtein(&x, &y) <= slips)
}

/// Letters and digits only, lower-case, each part in the singular.
fn squashed(title: &str) -> String {
    let parts = title.split(':').map(|part| {
        let part: String =
            part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        part.strip_suffix('s').map_or(part.clone(), str::to_owned)
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slips_are_taken_for_another_label() {
        let known: BTreeSet<&str> =
            ["ProdSecEngMetric::Sunsetting", "priority::1", "workflow::validation backlog", "made"]
                .into();
        let cases = [
            ("ProdSecEngMetric::Sunsetting", None),
            ("ProdSecEngMetrics::Sunsetting", Some("ProdSecEngMetric::Sunsetting")),
            ("prodsecengmetric::sunsetting", Some("ProdSecEngMetric::Sunsetting")),
            ("ProdSecEngMetric:Sunsetting", Some("ProdSecEngMetric::Sunsetting")),
            ("ProdSecEngMetric Sunsetting", Some("ProdSecEngMetric::Sunsetting")),
            ("ProdSecEngMetrics::Other", Some("ProdSecEngMetric::Other")),
            ("ProdSecEngMetric::Other", None),
            ("Made", Some("made")),
            ("mode", None),
            ("priority::2", None),
            ("Priority::1", Some("priority::1")),
            ("priorities::2", None),
            ("workflow::in dev", None),
            ("workflow::validation backlg", Some("workflow::validation backlog")),
            ("", None),
        ];
        for (label, wanted) in cases {
            assert_eq!(meant(label, &known).as_deref(), wanted, "{label}");
        }
    }
}
