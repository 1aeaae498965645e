//! Fills the slots of a text with what GitLab holds.

use crate::key::NodeKey;
use crate::text::{NOT_YET, Piece, Slot, Text};
use crate::tree::Item;

/// What an open reference reads in a plan.
pub const AFTER_APPLY: &str = "(known after apply)";

/// Fills a text; an item that does not exist leaves what `open` says, and takes
/// the `+` behind it along, which asks GitLab for a title it cannot have. A box is
/// ticked for what is closed, and for what `closing` says will be.
pub fn resolve<'a>(
    text: &Text,
    open: impl Fn(&NodeKey) -> String,
    item: impl Fn(&NodeKey) -> Option<&'a Item>,
    closing: impl Fn(&NodeKey) -> bool,
) -> String {
    let mut out = String::new();
    let mut after_open = false;
    for piece in text.pieces() {
        match piece {
            Piece::Literal(literal) => {
                let rest = literal.strip_prefix("+s").or_else(|| literal.strip_prefix('+'));
                out.push_str(rest.filter(|_| after_open).unwrap_or(literal));
                after_open = false;
            }
            Piece::Slot(Slot::Ref(key)) => {
                let found = item(key);
                after_open = found.is_none();
                match found {
                    Some(item) => out.push_str(&item.reference.to_string()),
                    None => out.push_str(&open(key)),
                }
            }
            // Those of a comment were filled before.
            Piece::Slot(Slot::Mention(_) | Slot::About(_)) => {}
            Piece::Slot(Slot::Tick(key)) => {
                let closed = closing(key) || item(key).is_some_and(|item| !item.open);
                out.push(if closed { 'x' } else { ' ' });
                after_open = false;
            }
        }
    }
    out
}

/// Tells whether a text is what the files wanted before references in it became known.
#[must_use]
pub fn was_open<'a>(
    text: &Text,
    before: &str,
    item: impl Fn(&NodeKey) -> Option<&'a Item>,
) -> bool {
    let mut rest = before;
    let mut after_open = false;
    for piece in text.pieces() {
        let found = match piece {
            Piece::Literal(literal) => {
                let bare = literal.strip_prefix("+s").or_else(|| literal.strip_prefix('+'));
                let literal = bare.filter(|_| after_open).unwrap_or(literal);
                after_open = false;
                rest.strip_prefix(literal)
            }
            Piece::Slot(Slot::Ref(key)) => {
                let open = rest.strip_prefix(NOT_YET);
                after_open = open.is_some();
                let filled = || rest.strip_prefix(&item(key)?.reference.to_string());
                open.or_else(filled)
            }
            Piece::Slot(Slot::Mention(_) | Slot::About(_)) => Some(rest),
            Piece::Slot(Slot::Tick(_)) => {
                after_open = false;
                rest.strip_prefix([' ', 'x'])
            }
        };
        let Some(found) = found else { return false };
        rest = found;
    }
    rest.is_empty()
}
