//! Cuts a template into its tags, and a tag into words: enough to see what is named.

/// A tag of a template with the bytes of its inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    /// Whether it is `{% … %}`.
    pub(super) statement: bool,
    /// First byte of the inside.
    pub(super) start: usize,
    /// Byte after the inside.
    pub(super) end: usize,
}

/// A word of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word<'t> {
    /// A name.
    Name(&'t str),
    /// A string, without its quotes.
    Text(&'t str),
    /// A number.
    Number,
    /// Any other character.
    Sign(char),
}

/// The tags of a template, comments and raw parts left out.
pub(super) fn tags(text: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|n| at + n) {
        let statement = match text.as_bytes().get(open + 1) {
            Some(b'{') => false,
            Some(b'%') => true,
            Some(b'#') => {
                at = text[open..].find("#}").map_or(text.len(), |n| open + n + 2);
                continue;
            }
            _ => {
                at = open + 1;
                continue;
            }
        };
        let start = open + 2;
        let end = tag_end(text, start, if statement { "%}" } else { "}}" });
        tags.push(Tag { statement, start, end });
        at = (end + 2).min(text.len());
        let raw = statement && text[start..end].trim_matches(['-', ' ']) == "raw";
        if raw {
            at = text[at..].find("endraw").map_or(text.len(), |n| at + n);
        }
    }
    tags
}

fn tag_end(text: &str, start: usize, close: &str) -> usize {
    let bytes = text.as_bytes();
    let mut quote: Option<u8> = None;
    for at in start..bytes.len() {
        match (quote, bytes[at]) {
            (Some(open), b) if b == open => quote = None,
            (Some(_), _) => {}
            (None, b @ (b'"' | b'\'' | b'`')) => quote = Some(b),
            (None, _) if bytes[at..].starts_with(close.as_bytes()) => return at,
            (None, _) => {}
        }
    }
    bytes.len()
}

/// The words between two bytes, with where each begins.
pub(super) fn words(text: &str, start: usize, end: usize) -> Vec<(usize, Word<'_>)> {
    let mut words = Vec::new();
    let mut at = start;
    while let Some(c) = text[at..end].chars().next() {
        let rest = &text[at..end];
        let (length, word) = match c {
            _ if c.is_whitespace() => (c.len_utf8(), None),
            '"' | '\'' | '`' => {
                let inner = rest[1..].find(c).unwrap_or(rest.len() - 1);
                ((inner + 2).min(rest.len()), Some(Word::Text(&rest[1..=inner])))
            }
            _ if c.is_ascii_digit() => (
                rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len(),
                Some(Word::Number),
            ),
            _ if c.is_alphabetic() || c == '_' => {
                let name = &rest[..rest.len()
                    - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len()];
                (name.len(), Some(Word::Name(name)))
            }
            _ => (c.len_utf8(), Some(Word::Sign(c))),
        };
        words.extend(word.map(|word| (at, word)));
        at += length;
    }
    words
}
