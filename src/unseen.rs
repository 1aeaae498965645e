//! Characters that nobody sees, and that move a cursor, turn text around or hide a difference.
//!
//! Must not know where a text comes from or goes to.

/// Tells whether a character shows nothing of its own: controls, marks of direction, blanks
/// without width, line ends that are none in a file, and tags.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Tells whether no file may hold a character: unseen, and no part of writing any language.
///
/// Joiners and single marks of direction are such parts; so is the soft hyphen.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    is_unseen(c)
        && !matches!(c, '\n' | '\r' | '\t' | '\u{ad}' | '\u{61c}' | '\u{200c}'..='\u{200f}')
}

/// Names a character as `U+202E`.
#[must_use]
pub fn name_of(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_languages_need_is_unseen_and_allowed() {
        for c in ['\t', '\n', '\r', '\u{200d}', '\u{200c}', '\u{200f}', '\u{ad}'] {
            assert!(is_unseen(c) && !is_forbidden(c), "{}", name_of(c));
        }
        for c in ['\0', '\u{7}', '\u{1b}', '\u{85}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}'] {
            assert!(is_unseen(c) && is_forbidden(c), "{}", name_of(c));
        }
        for c in ['\u{2028}', '\u{feff}', '\u{e0041}', '\u{2060}'] {
            assert!(is_unseen(c) && is_forbidden(c), "{}", name_of(c));
        }
        for c in ['a', ' ', 'ß', '漢', '\u{fe0f}', '\u{f0000}', '😀'] {
            assert!(!is_unseen(c), "{}", name_of(c));
        }
    }
}
