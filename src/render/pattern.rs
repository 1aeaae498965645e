//! Reads a title backwards: which values its template was given.
//!
//! Only for templates of words and plain holes; whatever has a filter or a
//! statement is nobody's to guess. Runs no template and knows no field.

use std::collections::BTreeMap;

use super::tokens::{Word, tags, words};

/// What a hole shows, as the template names it: `tool.name`.
pub type Path = String;

/// The most steps of one inversion: titles are short, but a blueprint may be anybody's.
const MAX_STEPS: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Hole(Path),
}

/// A title template of words and plain holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a template; `None` if it has anything but words and holes such as `{{ each.name }}`.
    #[must_use]
    pub fn of(template: &str) -> Option<Self> {
        if template.contains("{#") {
            return None;
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        for tag in tags(template) {
            if tag.statement || tag.end + 2 > template.len() {
                return None;
            }
            pieces.push(Piece::Words(template[at..tag.start - 2].to_owned()));
            pieces.push(Piece::Hole(path(template, tag.start, tag.end)?));
            at = tag.end + 2;
        }
        pieces.push(Piece::Words(template[at..].to_owned()));
        Some(Self { pieces }.joined())
    }

    /// What its holes show, in order; one that stands twice is named twice.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(path) => Some(path),
            Piece::Words(_) => None,
        })
    }

    /// The pattern with words in place of the holes whose values are known.
    #[must_use]
    pub fn knowing(&self, known: &BTreeMap<Path, String>) -> Self {
        let filled = |piece: &Piece| match piece {
            Piece::Hole(path) if known.contains_key(path) => Piece::Words(known[path].clone()),
            Piece::Hole(_) | Piece::Words(_) => piece.clone(),
        };
        Self { pieces: self.pieces.iter().map(filled).collect() }.joined()
    }

    /// The title it always gives; `None` if it has a hole.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Words(words)] => Some(words),
            _ => None,
        }
    }

    /// The words before and after its only hole; `None` if it has none, or several.
    #[must_use]
    pub fn around(&self) -> Option<(&str, &str)> {
        match self.pieces.as_slice() {
            [Piece::Hole(_)] => Some(("", "")),
            [Piece::Words(before), Piece::Hole(_)] => Some((before, "")),
            [Piece::Hole(_), Piece::Words(after)] => Some(("", after)),
            [Piece::Words(before), Piece::Hole(_), Piece::Words(after)] => Some((before, after)),
            _ => None,
        }
    }

    /// The values that give exactly this title, each path once; `None` where there are none, or several.
    ///
    /// No value is empty, or has a blank at either end.
    #[must_use]
    pub fn invert(&self, title: &str) -> Option<Vec<(Path, String)>> {
        let mut search = Search { found: None, steps: 0 };
        let clear = search.from(&self.pieces, title, &mut Vec::new());
        search.found.filter(|_| clear)
    }

    /// Joins words that touch; the ends of a title have no blanks.
    fn joined(self) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in self.pieces {
            match (pieces.last_mut(), piece) {
                (Some(Piece::Words(before)), Piece::Words(more)) => before.push_str(&more),
                (_, piece) => pieces.push(piece),
            }
        }
        if let Some(Piece::Words(first)) = pieces.first_mut() {
            *first = first.trim_start().to_owned();
        }
        if let Some(Piece::Words(last)) = pieces.last_mut() {
            *last = last.trim_end().to_owned();
        }
        pieces.retain(|piece| *piece != Piece::Words(String::new()));
        Self { pieces }
    }
}

/// The path between two bytes, if there is nothing else.
fn path(template: &str, start: usize, end: usize) -> Option<Path> {
    let mut path = Path::new();
    for (n, (_, word)) in words(template, start, end).into_iter().enumerate() {
        match (n % 2, word) {
            (0, Word::Name(name)) => path.push_str(name),
            (1, Word::Sign('.')) => path.push('.'),
            _ => return None,
        }
    }
    (!path.is_empty() && !path.ends_with('.')).then_some(path)
}

/// A walk through all readings of a title, which ends at the second one.
struct Search {
    found: Option<Vec<(Path, String)>>,
    steps: usize,
}

impl Search {
    /// Tries the rest of a title; `false` if it has more than one reading, or too many to try.
    fn from(&mut self, pieces: &[Piece], title: &str, given: &mut Vec<(Path, String)>) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return false;
        }
        match pieces {
            [] if title.is_empty() => match &self.found {
                Some(found) => found == given,
                None => {
                    self.found = Some(given.clone());
                    true
                }
            },
            [] => true,
            [Piece::Words(words), rest @ ..] => match title.strip_prefix(words.as_str()) {
                Some(title) => self.from(rest, title, given),
                None => true,
            },
            [Piece::Hole(path), rest @ ..] => {
                if let Some((_, value)) = given.iter().find(|(known, _)| known == path) {
                    return match title.strip_prefix(value.as_str()) {
                        Some(title) => self.from(rest, title, given),
                        None => true,
                    };
                }
                let ends = title.char_indices().map(|(at, c)| at + c.len_utf8());
                for end in ends.collect::<Vec<_>>() {
                    let (value, title) = title.split_at(end);
                    if value.trim() != value || (rest.is_empty() && !title.is_empty()) {
                        continue;
                    }
                    given.push((path.clone(), value.to_owned()));
                    let clear = self.from(rest, title, given);
                    given.pop();
                    if !clear {
                        return false;
                    }
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inverted(template: &str, title: &str) -> Option<String> {
        let values = Pattern::of(template).unwrap().invert(title)?;
        let shown = values.into_iter().map(|(path, value)| format!("{path}={value}"));
        Some(shown.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn a_title_gives_back_what_its_template_was_given() {
        let all = [
            ("{{ each.title }}", "Any title: at all", "each.title=Any title: at all"),
            ("Retire {{ tool.name }}", "Retire Mail Relay", "tool.name=Mail Relay"),
            ("{{tool.name}} Tooling Handover", "A B Tooling Handover", "tool.name=A B"),
            ("Move {{ a.b }} off {{ c }}", "Move X off Y", "a.b=X, c=Y"),
            ("{{ a }}: {{ a }} - {{ b }}", "X: X - Y", "a=X, b=Y"),
            (" Ünder {{ a }} ", "Ünder ſ", "a=ſ"),
            ("Fixed", "Fixed", ""),
        ];
        for (template, title, values) in all {
            assert_eq!(inverted(template, title).as_deref(), Some(values), "{template}");
        }
    }

    #[test]
    fn a_title_with_no_reading_or_several_gives_nothing() {
        let all = [
            ("Retire {{ a }}", "Retire "),
            ("Retire {{ a }}", "retire X"),
            ("Fixed", "Fixed too"),
            ("{{ a }}: {{ a }}", "X: Y"),
            ("{{ a }} {{ b }}", "X Y Z"),
            ("{{ a }}{{ b }}", "XYZ"),
            ("Move {{ a }} off {{ b }}", "Move X off Y off Z"),
        ];
        for (template, title) in all {
            assert_eq!(inverted(template, title), None, "{template} and {title}");
        }
    }

    #[test]
    fn known_values_settle_what_is_ambiguous() {
        let pattern = Pattern::of("{{ tool.name }}: {{ each.name }}").unwrap();
        assert_eq!(pattern.paths().collect::<Vec<_>>(), ["tool.name", "each.name"]);
        assert_eq!(pattern.invert("A: B: C"), None);
        let known = BTreeMap::from([("tool.name".to_owned(), "A: B".to_owned())]);
        let values = pattern.knowing(&known).invert("A: B: C").unwrap();
        assert_eq!(values, [("each.name".to_owned(), "C".to_owned())]);
        assert_eq!(pattern.knowing(&known).invert("B: C"), None);
    }

    #[test]
    fn filters_statements_and_broken_tags_are_no_pattern() {
        for template in [
            "{{ each.name | lower }}",
            "{% if a %}b{% endif %}",
            "{{ a ~ b }}",
            "{{ 'a' }}",
            "{{ a[0] }}",
            "{{- a }}",
            "{{ a. }}",
            "{{ }}",
            "{{ a",
            "a {# b #}",
        ] {
            assert_eq!(Pattern::of(template), None, "{template}");
        }
    }

    #[test]
    fn a_hostile_title_ends_in_bounded_time() {
        let template = (0..12).map(|n| format!("a{{{{ p{n} }}}}")).collect::<String>();
        let pattern = Pattern::of(&format!("{template}!")).unwrap();
        assert_eq!(pattern.invert(&"a".repeat(255)), None);
    }
}
