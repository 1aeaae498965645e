//! In which order a tool file has its keys: as `new` writes them.

use super::draft::Keys;
use crate::spec::schema::Fields;

/// Keys of the envelope that stand before the blueprint's fields.
const BEFORE: [&str; 7] = ["id", "name", "title", "item", "summary", "rewrite", "confidential"];
/// Keys of the envelope that stand after them, in this order.
const AFTER: [&str; 10] = [
    "group",
    "place",
    "labels",
    "weight",
    "priority",
    "milestone",
    "assignees",
    "start",
    "due",
    "depends-on",
];

/// The keys that have a value, in order.
pub(super) fn in_order<'k>(keys: &'k Keys, fields: &Fields) -> Vec<(&'k str, &'k toml::Value)> {
    let rank = |name: &str| {
        let of = |all: &[&str]| all.iter().position(|known| *known == name);
        let field = fields.get(name).map(|field| (1, field.span.range.start));
        let before = of(&BEFORE).map(|at| (0, at));
        let after = of(&AFTER).map(|at| (2, at));
        before.or(field).or(after).unwrap_or((3, 0))
    };
    let mut all: Vec<(&str, &toml::Value)> =
        keys.iter().map(|(name, value)| (name.as_str(), value)).collect();
    all.sort_by_key(|(name, _)| rank(name));
    all
}
