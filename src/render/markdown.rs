//! As much Markdown as it takes to know what GitLab would run or notify.
//!
//! Finds paragraphs outside code, quotes and HTML; it does not render. Where
//! it is unsure it takes a line for text, so that a doubt becomes a message.

/// A line of text that GitLab reads as prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from one.
    pub(super) number: usize,
    /// The line without code spans: their bytes are blanks.
    pub(super) prose: String,
    /// The line as it stands.
    pub(super) text: &'a str,
    /// Whether it stands in an HTML block, where no quick action is run.
    pub(super) html: bool,
}

/// All lines of prose, code taken out.
pub(super) fn prose(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut paragraph: Vec<(usize, &str)> = Vec::new();
    let mut state = State::default();
    for (at, line) in text.lines().enumerate() {
        match state.read(line, !paragraph.is_empty()) {
            Read::Prose => paragraph.push((at + 1, line)),
            Read::Html => {
                flush(&mut paragraph, &mut lines, false);
                paragraph.push((at + 1, line));
                flush(&mut paragraph, &mut lines, true);
            }
            Read::Skip => flush(&mut paragraph, &mut lines, false),
        }
    }
    flush(&mut paragraph, &mut lines, false);
    lines
}

/// The line that opens a comment or a code block which the text does not close, and what would.
pub(super) fn unclosed(text: &str) -> Option<(&str, String)> {
    let mut state = State::default();
    let (mut opened, mut in_paragraph) = (None, false);
    for line in text.lines() {
        let before = state.closing();
        in_paragraph = matches!(state.read(line, in_paragraph), Read::Prose);
        if state.closing() != before {
            opened = state.closing().map(|close| (line, close));
        }
    }
    opened
}

enum Read {
    Prose,
    Html,
    Skip,
}

#[derive(Default)]
struct State {
    fence: Option<(char, usize)>,
    html: Option<Html>,
    quote: bool,
    list: bool,
}

#[derive(PartialEq)]
enum Html {
    UntilBlank,
    UntilComment,
}

impl State {
    /// What would end the comment or the code block that the text is in.
    fn closing(&self) -> Option<String> {
        match (self.fence, &self.html) {
            (Some((mark, length)), _) => Some(mark.to_string().repeat(length)),
            (None, Some(Html::UntilComment)) => Some("-->".to_owned()),
            (None, Some(Html::UntilBlank) | None) => None,
        }
    }

    fn read(&mut self, line: &str, in_paragraph: bool) -> Read {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let rest = line.trim();
        if let Some((mark, length)) = self.fence {
            let closes = rest.chars().all(|c| c == mark) && rest.len() >= length;
            if closes {
                self.fence = None;
            }
            return Read::Skip;
        }
        match &self.html {
            Some(Html::UntilComment) => {
                if line.contains("-->") {
                    self.html = None;
                }
                return Read::Skip;
            }
            Some(Html::UntilBlank) if !rest.is_empty() => return Read::Html,
            Some(Html::UntilBlank) | None => self.html = None,
        }
        if rest.is_empty() {
            self.quote = false;
            return Read::Skip;
        }
        let item = list_item(rest);
        if let Some(fence) = fence(item.unwrap_or(rest)) {
            self.fence = Some(fence);
            return Read::Skip;
        }
        if indent >= 4 && !in_paragraph && !self.list {
            return Read::Skip;
        }
        if rest.starts_with('>') {
            self.quote = true;
            return Read::Skip;
        }
        if self.quote && item.is_none() && !rest.starts_with('#') {
            return Read::Skip;
        }
        self.quote = false;
        self.list = item.is_some() || (self.list && indent > 0);
        if rest.starts_with("<!--") {
            if !rest.contains("-->") {
                self.html = Some(Html::UntilComment);
            }
            return Read::Skip;
        }
        if !in_paragraph && html_block(rest) {
            self.html = Some(Html::UntilBlank);
            return Read::Html;
        }
        Read::Prose
    }
}

/// The text of a list item.
fn list_item(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+'])?,
        1..=9 => line[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| *c == '`' || *c == '~')?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3 && !(mark == '`' && line[length..].contains('`'))).then_some((mark, length))
}

/// Whether a line opens a block of HTML.
fn html_block(line: &str) -> bool {
    const TAGS: [&str; 12] = [
        "details",
        "summary",
        "div",
        "p",
        "table",
        "ul",
        "ol",
        "section",
        "center",
        "pre",
        "h1",
        "blockquote",
    ];
    let Some(rest) = line.strip_prefix('<') else {
        return false;
    };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    TAGS.contains(&name.to_ascii_lowercase().as_str())
}

/// Blanks the code spans of a paragraph and hands out its lines.
fn flush<'a>(paragraph: &mut Vec<(usize, &'a str)>, lines: &mut Vec<Line<'a>>, html: bool) {
    let joined = paragraph.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
    let blanked = without_code(&joined);
    let prose = blanked.split('\n').map(str::to_owned);
    for ((number, text), prose) in paragraph.drain(..).zip(prose) {
        lines.push(Line { number, prose, text, html });
    }
}

/// The text with its code spans as blanks, line ends kept.
fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let run = from.len() - from.trim_start_matches('`').len();
        let escaped = before.ends_with('\\') && !before.ends_with("\\\\");
        let close = if escaped { None } else { closing(&from[run..], run) };
        let end = close.map_or(if escaped { 1 } else { run }, |close| run + close + run);
        match close {
            Some(_) => out.extend(from[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
            None => out.push_str(&from[..end]),
        }
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

/// Where a run of exactly so many backticks begins.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        prose(text).into_iter().filter(|l| !l.html).map(|l| l.prose.trim().to_owned()).collect()
    }

    #[test]
    fn code_quotes_and_comments_are_no_prose() {
        let cases: [(&str, &[&str]); 9] = [
            ("a\n```\n/close\n```\nb", &["a", "b"]),
            ("~~~~\n/x\n~~~\n/y\n~~~~\nb", &["b"]),
            ("a\n\n    /close\n", &["a"]),
            ("> /close\nlazy\n\nb", &["b"]),
            ("<!--\n/close\n-->\nb", &["b"]),
            ("a `@x` b", &["a      b"]),
            ("a `x\n/close` b", &["a", "b"]),
            ("- a\n\n    b", &["- a", "b"]),
            ("- ```\n  /x\n  ```\nb", &["b"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(seen(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_html_block_ends_at_a_blank_line() {
        assert_eq!(seen("<details>\n/close\n\n/close"), ["/close"]);
    }

    #[test]
    fn an_open_backtick_is_no_code() {
        assert_eq!(seen("a ` b ``c"), ["a ` b ``c"]);
        assert_eq!(seen("a \\`@x`"), ["a \\`@x`"]);
    }
}
