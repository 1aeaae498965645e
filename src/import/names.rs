//! The tool's name, and names that are nearly there.

use std::collections::BTreeMap;

use super::items::Items;
use super::shape::{Named, Shape};
use crate::render::pattern::Pattern;

/// How many letters of its own a title must have to tell a name.
const TELLING: usize = 5;
/// How much alike two titles are that mean the same.
const ALIKE: f64 = 0.82;
/// The longest title that is compared letter by letter.
const LONGEST: usize = 300;

/// The tool's name, and whether that is a guess.
pub(super) fn tool(shapes: &[Shape], items: &Items<'_>) -> (String, bool) {
    let top = &items.all[0];
    let wanted = top.ours.as_ref().and_then(|(_, base)| base.title.as_deref());
    let title = wanted.unwrap_or(&top.item.title);
    let firsts = || shapes.iter().filter(|shape| shape.first);
    if let Some(name) = firsts().find_map(|shape| tool_in(shape, title)) {
        return (name, false);
    }
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for seen in &items.all {
        let telling = shapes.iter().filter(|shape| shape.letters >= TELLING);
        if let Some(name) = telling.filter_map(|shape| tool_in(shape, &seen.item.title)).next() {
            *votes.entry(name).or_default() += 1;
        }
    }
    let most = votes.iter().max_by_key(|(name, votes)| (**votes, std::cmp::Reverse(*name)));
    let in_title = |name: &str| title.to_lowercase().contains(&name.to_lowercase());
    if let Some((name, _)) = most.filter(|(name, votes)| **votes > 1 || in_title(name)) {
        return (name.clone(), true);
    }
    let near = firsts().find_map(|shape| nearly(&shape.title, title));
    let voted = || most.map(|(name, _)| name.clone());
    (near.or_else(voted).unwrap_or_else(|| without_common(firsts(), title)), true)
}

fn tool_in(shape: &Shape, title: &str) -> Option<String> {
    shape.names_in(title)?.into_iter().find_map(|named| match named {
        Named::Tool(name) => Some(name),
        Named::Entry(..) | Named::Issue(_) => None,
    })
}

/// A title without the words that stand in the blueprint's title at either end.
fn without_common<'s>(mut firsts: impl Iterator<Item = &'s Shape>, title: &str) -> String {
    let Some((before, after)) = firsts.next().and_then(|shape| shape.title.around()) else {
        return title.to_owned();
    };
    let common: Vec<String> =
        format!("{before} {after}").split_whitespace().map(str::to_lowercase).collect();
    let is_common = |word: &&str| common.contains(&word.to_lowercase());
    let words: Vec<&str> = title.split_whitespace().skip_while(is_common).collect();
    let kept = words.iter().rposition(|word| !is_common(word)).map_or(0, |last| last + 1);
    if kept == 0 { title.to_owned() } else { words[..kept].join(" ") }
}

/// Tells whether two titles are meant to be the same.
pub(super) fn alike(one: &str, other: &str) -> Option<f64> {
    if one.len() > LONGEST || other.len() > LONGEST {
        return None;
    }
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    Some(strsim::normalized_damerau_levenshtein(&one, &other)).filter(|alike| *alike >= ALIKE)
}

/// The name in a title whose words around it are nearly those of the blueprint.
pub(super) fn nearly(pattern: &Pattern, title: &str) -> Option<String> {
    let (before, after) = pattern.around()?;
    let from = cut(title, before)?;
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let rest: String = reversed(&title[from..]);
    let to = cut(&rest, &reversed(after))?;
    let name = reversed(&rest[to..]).trim().to_owned();
    (!name.is_empty() && before.len() + after.len() > 0).then_some(name)
}

/// Where a title goes on after its beginning that is nearly these words.
fn cut(title: &str, words: &str) -> Option<usize> {
    /// How many letters the words may be longer or shorter.
    const SLACK: usize = 3;
    if words.trim().is_empty() {
        return Some(0);
    }
    let length = words.chars().count();
    let ends = title.char_indices().map(|(at, _)| at).chain([title.len()]);
    let in_word = |at: usize| {
        title[..at].ends_with(char::is_alphanumeric)
            && title[at..].starts_with(char::is_alphanumeric)
    };
    let near = ends.enumerate().filter(|(n, at)| n.abs_diff(length) <= SLACK && !in_word(*at));
    let scored = near.filter_map(|(_, at)| Some((alike(&title[..at], words)?, at)));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_among_words_with_a_slip() {
        let pattern = Pattern::of("Hunter Functionality - {{ name }}").unwrap();
        let all = [
            ("Hunter Functionalty - Submission", Some("Submission")),
            ("hunter functionality: Submission", Some("Submission")),
            ("Hunter Functionality -Submission", Some("Submission")),
            ("Submission of packages", None),
            ("", None),
        ];
        for (title, name) in all {
            assert_eq!(nearly(&pattern, title).as_deref(), name, "{title}");
        }
        let pattern = Pattern::of("{{ name }} Tooling Handover").unwrap();
        assert_eq!(nearly(&pattern, "Hunter Toolin Handover").as_deref(), Some("Hunter"));
    }
}
