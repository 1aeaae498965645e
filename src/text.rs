//! A rendered text with slots: holes that only GitLab can fill.
//!
//! Templates never see what GitLab holds. They emit `ref(key)` where the
//! reference of another item belongs, and `tick(key)` where a box should be
//! ticked once that item is closed. `plan::resolve` fills them. Comments have two
//! more: `mention(handles)` and `about(entry)`, which `plan::comments` fills.

use serde::{Deserialize, Serialize};

use crate::key::NodeKey;

/// Opens a slot in rendered template output; a private-use character that no input may contain.
pub const SLOT_OPEN: char = '\u{F0000}';
/// Closes a slot.
pub const SLOT_CLOSE: char = '\u{F0001}';
/// What an open reference reads in GitLab until the item exists.
pub const NOT_YET: &str = "(not created yet)";

/// What a slot wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The full reference of the item with that key, `group&12`.
    Ref(NodeKey),
    /// `x` once the item with that key is closed, else a blank.
    Tick(NodeKey),
    /// Those of these people, without `@`, who are to be told; in comments only.
    Mention(Vec<String>),
    /// Nothing: its line is about this entry of the tool file, known by any of these names, the
    /// present one first; in comments only.
    About(Vec<String>),
}

impl Slot {
    /// The key the slot refers to.
    #[must_use]
    pub fn key(&self) -> Option<&NodeKey> {
        match self {
            Self::Ref(key) | Self::Tick(key) => Some(key),
            Self::Mention(_) | Self::About(_) => None,
        }
    }
}

/// A literal or a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Text as it stands.
    Literal(String),
    /// A hole.
    Slot(Slot),
}

/// A rendered text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text {
    pieces: Vec<Piece>,
}

/// A slot that is not what the functions `ref` and `tick` write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSlot(pub String);

impl FromIterator<Piece> for Text {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        Self { pieces: pieces.into_iter().collect() }
    }
}

impl Text {
    /// A text without slots.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Literal(text.into())] }
    }

    /// Parses template output, in which a slot stands as `SLOT_OPEN ref:local-key SLOT_CLOSE`.
    ///
    /// # Errors
    /// The text of the first slot that is not well formed.
    pub fn parse(tool: &str, rendered: &str) -> Result<Self, BadSlot> {
        let mut pieces = Vec::new();
        let mut rest = rendered;
        while let Some((before, after)) = rest.split_once(SLOT_OPEN) {
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            let (slot, after) = after
                .split_once(SLOT_CLOSE)
                .ok_or_else(|| BadSlot(after.chars().take(40).collect()))?;
            pieces
                .push(Piece::Slot(parse_slot(tool, slot).ok_or_else(|| BadSlot(slot.to_owned()))?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The pieces in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The nodes whose end ticks a box in it.
    pub fn ticks(&self) -> impl Iterator<Item = &NodeKey> {
        self.slots().filter_map(|slot| match slot {
            Slot::Tick(key) => Some(key),
            Slot::Ref(_) | Slot::Mention(_) | Slot::About(_) => None,
        })
    }

    /// Its size in bytes, slots left out.
    #[must_use]
    pub fn size(&self) -> usize {
        let of = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            Piece::Slot(_) => 0,
        };
        self.pieces.iter().map(of).sum()
    }

    /// The text cut at its line ends.
    #[must_use]
    pub fn lines(&self) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        for piece in &self.pieces {
            let Piece::Literal(literal) = piece else {
                lines.last_mut().into_iter().for_each(|line| line.pieces.push(piece.clone()));
                continue;
            };
            for (at, part) in literal.split('\n').enumerate() {
                if at > 0 {
                    lines.push(Self::default());
                }
                if !part.is_empty() {
                    let part = Piece::Literal(part.to_owned());
                    lines.last_mut().into_iter().for_each(|line| line.pieces.push(part.clone()));
                }
            }
        }
        lines
    }

    /// The slots in order.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => Some(slot),
            Piece::Literal(_) => None,
        })
    }

    /// The whole text, each slot filled by `fill`.
    pub fn fill(&self, mut fill: impl FnMut(&Slot) -> String) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Slot(slot) => fill(slot),
            })
            .collect()
    }

    /// The text followed by a literal.
    #[must_use]
    pub fn followed_by(mut self, literal: &str) -> Self {
        self.pieces.push(Piece::Literal(literal.to_owned()));
        self
    }
}

fn parse_slot(tool: &str, slot: &str) -> Option<Slot> {
    let (what, rest) = slot.split_once(':')?;
    match what {
        "ref" => Some(Slot::Ref(NodeKey::of(tool, rest)?)),
        "tick" => Some(Slot::Tick(NodeKey::of(tool, rest)?)),
        "mention" => Some(Slot::Mention(words(rest))),
        "about" => Some(Slot::About(words(rest))),
        _ => None,
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_parsed_and_filled() {
        let rendered =
            format!("see {SLOT_OPEN}ref:a/b{SLOT_CLOSE}+, [{SLOT_OPEN}tick:c{SLOT_CLOSE}]");
        let text = Text::parse("t", &rendered).unwrap();
        assert_eq!(text.slots().count(), 2);
        let filled = text.fill(|slot| match slot {
            Slot::Ref(key) => format!("<{key}>"),
            Slot::Tick(_) => "x".into(),
            Slot::Mention(_) | Slot::About(_) => unreachable!("it holds none"),
        });
        assert_eq!(filled, "see <t/a/b>+, [x]");
    }

    #[test]
    fn a_text_is_cut_at_its_line_ends() {
        let rendered =
            format!("a {SLOT_OPEN}ref:b{SLOT_CLOSE}\n\n{SLOT_OPEN}mention:x y{SLOT_CLOSE}");
        let lines = Text::parse("t", &rendered).unwrap().lines();
        assert_eq!(lines.iter().map(|line| line.pieces.len()).collect::<Vec<_>>(), [2, 0, 1]);
        let people = Slot::Mention(vec!["x".into(), "y".into()]);
        assert_eq!(lines[2].slots().collect::<Vec<_>>(), [&people]);
        assert_eq!(Text::default().lines().len(), 1);
    }

    #[test]
    fn a_broken_slot_is_an_error_not_a_panic() {
        for bad in ["ref", "ref:", "ref:A", "what:a", "ref:a\u{F0000}"] {
            assert!(Text::parse("t", &format!("{SLOT_OPEN}{bad}{SLOT_CLOSE}")).is_err(), "{bad}");
        }
        assert!(Text::parse("t", &format!("{SLOT_OPEN}ref:a")).is_err());
    }
}
