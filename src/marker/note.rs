//! The hidden line at the end of a comment: which comment it is, and what it told whom.
//!
//! `<!--epictree-comment:1 WORKSPACE KEY PAYLOAD-->`, alone on the last line. The sign is another
//! than that of items, so that an item that people make of a comment, its hidden line included,
//! is not taken for one of ours.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Engine, STANDARD_NO_PAD, decode, deflate};
use crate::key::{NodeKey, is_id};

const OPEN: &str = "<!--epictree-comment:1 ";
const CLOSE: &str = "-->";

/// What was said in a thread: whom it mentioned, and about what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Told {
    /// User names that were mentioned, without `@`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub handles: BTreeSet<String>,
    /// Entries of the tool file that it was about.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub entries: BTreeSet<String>,
    /// How often it was said again because the files asked for it.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeats: u32,
    /// Whether the files asked to say it again, and that has been done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Told {
    /// Takes in what else was said.
    pub fn add(&mut self, later: &Self) {
        let Self { handles, entries, repeats, again } = later;
        self.handles.extend(handles.iter().cloned());
        self.entries.extend(entries.iter().cloned());
        // A repeat that is not known yet is the answer to what the files ask now.
        self.again |= *again && *repeats > self.repeats;
        self.repeats = self.repeats.max(*repeats);
    }
}

/// What a comment of ours says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The workspace's id.
    pub workspace: String,
    /// The comment's key.
    pub key: NodeKey,
    /// What it told whom.
    pub told: Told,
}

/// Puts a comment together: the text, a blank line, the hidden line.
#[must_use]
pub fn write(text: &str, note: &Note) -> String {
    let Note { workspace, key, told } = note;
    let payload = STANDARD_NO_PAD.encode(deflate(told));
    format!("{}\n\n{OPEN}{workspace} {key} {payload}{CLOSE}", text.trim_end())
}

/// Reads the hidden line of a comment; `None` if there is none, or if it is damaged.
///
/// Only the last line counts, and only whole: a quoted comment carries it too.
#[must_use]
pub fn read(body: &str) -> Option<Note> {
    let line = body.trim_end().lines().next_back()?;
    let inner = line.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
    let words: Vec<&str> = inner.split(' ').collect();
    let [workspace, key, payload] = words.as_slice() else { return None };
    let workspace = Some(*workspace).filter(|id| is_id(id))?.to_owned();
    Some(Note { workspace, key: NodeKey::parse(key)?, told: decode(payload)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(handles: &[&str], repeats: u32, again: bool) -> Told {
        let handles = handles.iter().map(|name| (*name).to_owned()).collect();
        Told { handles, entries: BTreeSet::from(["part/one".to_owned()]), repeats, again }
    }

    fn note() -> Note {
        let key = NodeKey::parse("hunter/questions/group-a").unwrap();
        Note { workspace: "w".into(), key, told: told(&["pm", "em"], 0, false) }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let body = write("Whose is it?\n", &note());
        assert!(
            body.starts_with(
                "Whose is it?\n\n<!--epictree-comment:1 w hunter/questions/group-a eN"
            )
        );
        assert_eq!(read(&body), Some(note()));
        assert_eq!(read(&format!("{body}\n")), Some(note()));
    }

    #[test]
    fn a_comment_that_was_made_an_item_is_not_taken_for_ours() {
        let body = write("Whose is it?", &note());
        assert_eq!(super::super::read(&body).marker, super::super::Reading::None);
    }

    #[test]
    fn quoted_changed_and_damaged_lines_do_not_count() {
        let body = write("Whose is it?", &note());
        let quoted: String = body.lines().map(|line| format!("> {line}\n")).collect();
        for other in [
            quoted,
            format!("{body}\n\nMine."),
            body.replace("-->", " x-->"),
            body.replace(" eN", " eM"),
            body.replace("hunter/", "hunter//"),
            body.replace(":1 ", ":2 "),
            "<!--epictree-comment:1 -->".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }

    #[test]
    fn a_repeat_that_nobody_recorded_answers_what_the_files_ask() {
        let mut all = told(&["pm"], 1, false);
        all.add(&told(&["em"], 1, true));
        assert_eq!(all, told(&["pm", "em"], 1, false), "that one was another time");
        all.add(&told(&[], 2, true));
        assert_eq!(all, told(&["pm", "em"], 2, true));
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(body in "(\\PC|\n|<!--epictree-comment:1 w a/b |eN|-->| ){0,40}") {
            let _ = read(&body);
        }
    }
}
