//! As much Markdown as it takes to know what GitLab would run or notify.
//!
//! Finds paragraphs outside code, quotes and HTML; it does not render. Where
//! it is unsure it takes a line for text, so that a doubt becomes a message.

use std::collections::BTreeMap;

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
    let blanked = match joined.lines().any(parts_columns) {
        true => joined.lines().map(without_code_in_cells).collect::<Vec<_>>().join("\n"),
        false => without_code(&joined),
    };
    let prose = blanked.split('\n').map(str::to_owned);
    for ((number, text), prose) in paragraph.drain(..).zip(prose) {
        lines.push(Line { number, prose, text, html });
    }
}

/// Whether a line stands between the head of a table and its rows.
fn parts_columns(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| "|-: \t".contains(c))
}

/// A row of a table with its code spans as blanks: none goes on in the next cell.
fn without_code_in_cells(row: &str) -> String {
    let mut out = String::with_capacity(row.len());
    let (mut cell, mut escaped) = (0, false);
    for (at, c) in row.char_indices() {
        if c == '|' && !escaped {
            out.push_str(&without_code(&row[cell..at]));
            out.push('|');
            cell = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    out.push_str(&without_code(&row[cell..]));
    out
}

/// The text with its code spans as blanks, line ends kept.
fn without_code(text: &str) -> String {
    let runs = runs(text);
    // Where each length of run stands last: a run that nothing closes must not read on to the end.
    let last: BTreeMap<usize, usize> = runs.iter().map(|(at, length)| (*length, *at)).collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut next) = (0, 0);
    while let Some(&(start, length)) = runs.get(next) {
        next += 1;
        // A backslash before it takes the first backtick out of the run.
        let before = &text[at..start];
        let escaped = before.ends_with('\\') && !before.ends_with("\\\\");
        let length = if escaped { length - 1 } else { length };
        let open = if escaped { start + 1 } else { start };
        out.push_str(&text[at..open]);
        at = open;
        if length == 0 || last.get(&length).is_none_or(|last| *last <= open) {
            continue;
        }
        let Some(skip) = runs[next..].iter().position(|(_, other)| *other == length) else {
            continue;
        };
        let end = runs[next + skip].0 + length;
        out.extend(text[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        (at, next) = (end, next + skip + 1);
    }
    out.push_str(&text[at..]);
    out
}

/// Where runs of backticks begin, and how long they are.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text.as_bytes()[start..].iter().take_while(|b| **b == b'`').count();
        runs.push((start, length));
        at = start + length;
    }
    runs
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
    fn a_code_span_ends_with_its_cell() {
        let table = "| a | b |\n|---|---|\n| `x | @y` |\n| `x \\| @z` | c |";
        assert_eq!(seen(table)[2..], ["| `x | @y` |", "|           | c |"]);
    }

    #[test]
    fn long_runs_of_backticks_are_read_in_a_straight_line() {
        let runs: String = (1..1400).map(|n| format!("{} ", "`".repeat(n))).collect();
        assert_eq!(without_code(&runs), runs);
        assert_eq!(without_code("`` a ` b `` c `` d"), "            c `` d");
    }

    #[test]
    fn an_open_backtick_is_no_code() {
        assert_eq!(seen("a ` b ``c"), ["a ` b ``c"]);
        assert_eq!(seen("a \\`@x`"), ["a \\`@x`"]);
    }
}
