//! Styles and small phrases that several outputs share.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
pub(super) const NOTE: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub(super) fn styled(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// `1 item`, `2 items`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Parts side by side, one blank between them, on as many rows as it takes;
/// a part that is wider than a row is broken at its blanks.
pub(super) fn rows<'a>(parts: impl IntoIterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let broken = |part: &'a str| match part.width() > width {
        true => part.split(' ').collect(),
        false => vec![part],
    };
    for part in parts.into_iter().flat_map(broken) {
        match rows.last_mut() {
            Some(row) if row.width() + 1 + part.width() <= width => row.extend([" ", part]),
            _ => rows.push(part.to_owned()),
        }
    }
    rows
}

/// A text on rows that stand in by some columns.
#[must_use]
pub fn paragraph(text: &str, indent: usize, width: usize) -> String {
    let rows = rows(text.split_whitespace(), width.saturating_sub(indent));
    rows.iter().map(|row| format!("{}{row}\n", " ".repeat(indent))).collect()
}

/// A word in a style and a text beside it, whose rows stand below each other.
pub(super) fn hanging(style: Style, word: &str, text: &str, width: usize) -> String {
    let indent = word.width() + 1;
    let rows = rows(text.split(' '), width.saturating_sub(indent));
    let text = rows.join(&format!("\n{}", " ".repeat(indent)));
    format!("{} {text}\n", styled(style, word))
}

/// A text that leads to an address, on a terminal that knows how. Only an address of the
/// web is taken, and none that could end the sequence that holds it.
pub(super) fn linked(url: &str, text: &str) -> String {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || text.is_empty() || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    format!("\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\")
}

/// A long path with its middle left out: `gitlab-com/…/team#4`.
pub(super) fn shortened(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [first, .., last] if path.len() > 34 => format!("{first}/…/{last}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_by_columns() {
        assert_eq!(rows("aa bb 漢字 c".split(' '), 7), ["aa bb", "漢字 c"]);
        assert_eq!(rows(["aa bb", "longest", "cc"], 5), ["aa bb", "longest", "cc"]);
        assert_eq!(rows(["a sentence of many", "x"], 10), ["a sentence", "of many x"]);
        let hint = anstream::adapter::strip_str(&hanging(NOTE, "hint:", "one two", 10)).to_string();
        assert_eq!(hint, "hint: one\n      two\n");
    }

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        assert_eq!(
            linked("https://x.example/a?b#c", "t"),
            "\x1b]8;;https://x.example/a?b#c\x1b\\t\x1b]8;;\x1b\\"
        );
        for url in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://x.example/\x1b\\\x1b[2J",
            "https://x.example/\x07",
            "https://x.example/\u{9c}",
            "https://x.example/a b",
            "",
        ] {
            assert_eq!(linked(url, "t"), "t", "{url:?}");
        }
    }
}
