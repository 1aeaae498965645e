//! Signs that stand in for words, and where they come out in a rendered line.
//!
//! A sign ends in a star: a filter that makes Markdown literal puts a backslash before that, and
//! so tells that what is read there has to have its backslashes taken out again.

use super::align::Part;

/// What a sign stands for: a key of a leaf, at a place, and which of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sign {
    /// The leaf, or [`NAME`].
    pub(super) leaf: usize,
    pub(super) place: usize,
    pub(super) item: usize,
}

/// Stands for the name of an entry that is not there.
pub(super) const NAME: usize = 9_999;

/// Where words stand in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// The first, if there are several.
    pub(super) sign: Sign,
    /// What stands between several.
    pub(super) between: Option<String>,
    escaped: bool,
}

/// Words that stand nowhere in the texts, and that no filter changes.
pub(super) struct Signs(String);

impl Signs {
    /// Signs that none of these texts holds.
    pub(super) fn new<'t>(texts: impl IntoIterator<Item = &'t String>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(|text| text.to_lowercase()).collect();
        let mut stem = "qz".to_owned();
        while texts.iter().any(|text| text.contains(&stem)) {
            stem.push_str("qz");
        }
        Self(stem)
    }

    /// A sign.
    pub(super) fn of(&self, sign: Sign) -> String {
        let Sign { leaf, place, item } = sign;
        format!("{}{leaf}x{place}x{item}y*", self.0)
    }

    /// The id of an entry that is not there.
    pub(super) fn id(&self, item: usize) -> String {
        format!("{}i{item}", self.0)
    }

    /// A line cut at its signs; several values of one key become one hole.
    pub(super) fn cut(&self, line: &str, together: impl Fn(Sign, Sign) -> bool) -> Vec<Part<Hole>> {
        let mut parts: Vec<Part<Hole>> = Vec::new();
        let mut words = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(&self.0) {
            words.push_str(before);
            match read(after) {
                Some((sign, escaped, after)) => {
                    let hole = Hole { sign, between: None, escaped };
                    push(&mut parts, std::mem::take(&mut words), hole, &together);
                    rest = after;
                }
                None => {
                    words.push_str(&self.0);
                    rest = after;
                }
            }
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        parts
    }
}

fn push(
    parts: &mut Vec<Part<Hole>>,
    words: String,
    hole: Hole,
    together: &impl Fn(Sign, Sign) -> bool,
) {
    if let Some(Part::Hole(last)) = parts.last_mut() {
        // An address with a path that asks for more behind it.
        if last.sign == hole.sign && words == ADDRESS.1 {
            let at = parts.len().checked_sub(2);
            if let Some(Part::Words(before)) = at.and_then(|at| parts.get_mut(at)) {
                let kept = before.strip_suffix(ADDRESS.0).map_or(before.len(), str::len);
                before.truncate(kept);
            }
            return;
        }
        if together(last.sign, hole.sign) && !words.is_empty() {
            last.between = Some(words);
            return;
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    parts.push(Part::Hole(hole));
}

/// What an address of an item or a file in GitLab has around its sign.
pub(super) const ADDRESS: (&str, &str) = ("https://", "/-/");

fn read(text: &str) -> Option<(Sign, bool, &str)> {
    let (numbers, after) = text.split_once('y')?;
    let mut numbers = numbers.split('x').map(|number| number.parse::<usize>().ok());
    let sign = Sign { leaf: numbers.next()??, place: numbers.next()??, item: numbers.next()?? };
    if numbers.next().is_some() {
        return None;
    }
    match after.strip_prefix("\\*") {
        Some(after) => Some((sign, true, after)),
        None => Some((sign, false, after.strip_prefix('*').unwrap_or(after))),
    }
}

impl Hole {
    /// The values that words in its place stand for.
    pub(super) fn values(&self, said: &str) -> Vec<String> {
        let all: Vec<&str> = match &self.between {
            Some(between) if !said.is_empty() => said.split(between.as_str()).collect(),
            Some(_) => Vec::new(),
            None => vec![said],
        };
        all.into_iter()
            .map(|one| if self.escaped { literal(one) } else { one.to_owned() })
            .collect()
    }
}

/// A text without the backslashes that make it literal, each line of a cell on its own.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '\\' && next.is_ascii_punctuation() => {
                out.extend(letters.next());
            }
            _ => out.push(letter),
        }
    }
    out.replace("<br>", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_place_of_signs_is_read_back() {
        let signs = Signs::new([&"a text with qz in it".to_owned()]);
        let sign = |item| Sign { leaf: 3, place: 1, item };
        let (one, other) = (signs.of(sign(0)), signs.of(sign(1)));
        let cut = |line: &str| signs.cut(line, |a, b| a.leaf == b.leaf);
        let parts = cut(&format!("- **A:** {one}; {other}!"));
        let [Part::Words(before), Part::Hole(hole), Part::Words(after)] = parts.as_slice() else {
            panic!("{parts:?}")
        };
        assert_eq!((before.as_str(), after.as_str()), ("- **A:** ", "!"));
        assert_eq!(hole.values("x; y; z"), ["x", "y", "z"]);
        assert_eq!(hole.values(""), [""; 0]);
        let escaped = one.replace('*', "\\*");
        let parts = cut(&format!("| {escaped} |"));
        let Some(Part::Hole(hole)) = parts.get(1) else { panic!("{parts:?}") };
        assert_eq!(hole.values("a \\| b\\_c"), ["a | b_c"]);
        let parts = cut(&format!("- <https://{one}/-/{one}+>"));
        let words: Vec<&Part<Hole>> =
            parts.iter().filter(|part| matches!(part, Part::Words(_))).collect();
        assert_eq!(words, [&Part::Words("- <".into()), &Part::Words("+>".into())]);
    }
}
