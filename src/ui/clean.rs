//! Makes foreign text safe for a terminal.

use crate::unseen::is_unseen;

/// Takes out everything that could move a cursor, colour a screen or turn text
/// around; line ends and tabs stay.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !is_unseen(*c)).collect()
}

/// The same on one line.
#[must_use]
pub fn clean_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_unseen(*c))
        .collect()
}

/// Cuts a line to a number of columns; what is cut shows as `…`.
#[must_use]
pub fn fit(line: &str, columns: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if line.width() <= columns {
        return line.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in line.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_reaches_the_terminal() {
        assert_eq!(clean("a\x1b[31mred\u{202e}\r\nb\u{9b}"), "a[31mred\nb");
        assert_eq!(clean_line("a\nb\x07"), "a b");
    }

    #[test]
    fn a_line_is_cut_by_columns_not_by_bytes() {
        assert_eq!(fit("äöü", 3), "äöü");
        assert_eq!(fit("äöüß", 3), "äö…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
    }
}
