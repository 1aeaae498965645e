//! Filters for conditions: one field of many entries, the main word of a name.

use tera::{Kwargs, State, Tera, TeraResult, Value};

/// Words that end the part of a name in which its main word stands.
const LINKS: [&str; 16] = [
    "of", "for", "in", "on", "at", "to", "by", "with", "without", "from", "into", "via", "using",
    "between", "and", "that",
];

/// Registers them.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("pluck", pluck);
    tera.register_filter("main_word", |name: &Value, _: Kwargs, _: &State| {
        main_word(name.as_str().unwrap_or_default())
    });
}

/// One field of every entry; lists in it are joined, absent values left out.
fn pluck(entries: &Value, args: Kwargs, _: &State<'_>) -> TeraResult<Vec<Value>> {
    let attribute = args.must_get::<&str>("attribute")?;
    let mut found = Vec::new();
    for entry in entries.as_array().unwrap_or_default() {
        let Some(value) = entry.get_from_path(attribute) else { continue };
        match value.as_array() {
            Some(all) => found.extend(all.iter().cloned()),
            None if value.is_none() => {}
            None => found.push(value.clone()),
        }
    }
    Ok(found)
}

/// The main word of an English name, lower-case and singular: `worker` of "Queue workers for results".
fn main_word(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.map(str::to_lowercase);
    let part: Vec<String> = words.take_while(|word| !LINKS.contains(&word.as_str())).collect();
    let last = part.last().map_or("", String::as_str);
    let stem = |end: &str| last.strip_suffix(end).filter(|stem| stem.len() > 2);
    match (stem("ies"), stem("s").filter(|stem| !stem.ends_with(['s', 'u', 'i']))) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) => stem.to_owned(),
        (None, None) => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_word_stands_before_the_first_link() {
        let cases = [
            ("Queue workers for results", "worker"),
            ("API client", "client"),
            ("Retrieval of results from the database", "retrieval"),
            ("Library", "library"),
            ("Libraries", "library"),
            ("Data access", "access"),
            ("Status", "status"),
            ("System-call monitoring", "monitoring"),
            ("of", ""),
            ("", ""),
        ];
        for (name, wanted) in cases {
            assert_eq!(main_word(name), wanted, "{name}");
        }
    }
}
