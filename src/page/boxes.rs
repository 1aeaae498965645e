//! The task boxes of a text, in the order in which they are rendered.

use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};

use super::markdown::options;

/// How many task boxes of a text are ticked, and how many there are; one that does not apply
/// (`[~]`) counts for neither.
#[must_use]
pub fn boxes(text: &str) -> (u64, u64) {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    let mut counts = (0, 0);
    for node in root.descendants() {
        if let NodeValue::TaskItem(item) = &node.data().value {
            let ticked = matches!(item.symbol, Some('x' | 'X'));
            counts.0 += u64::from(ticked);
            counts.1 += u64::from(ticked || item.symbol.is_none());
        }
    }
    counts
}

/// Flips the nth task box of a text, counted from 0; nothing if it has no such box, or if the box
/// does not apply (`[~]`).
#[must_use]
pub fn flipped(text: &str, nth: usize) -> Option<String> {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    let boxes = root.descendants().filter_map(|node| match &node.data().value {
        NodeValue::TaskItem(item) => Some((item.symbol, item.symbol_sourcepos.start)),
        _ => None,
    });
    let mut boxes = boxes.filter(|(symbol, _)| matches!(symbol, None | Some('x' | 'X' | '~')));
    let (symbol, place) = boxes.nth(nth)?;
    let flip = match symbol {
        None => "x",
        Some('x' | 'X') => " ",
        Some(_) => return None,
    };
    let line = place.line.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let at = start + place.column.checked_sub(1)?;
    let boxed = text.get(at.checked_sub(1)?..at + 2)?;
    (boxed.starts_with('[') && boxed.ends_with(']'))
        .then(|| format!("{}{flip}{}", &text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_flipped_where_it_stands_and_nothing_else() {
        let text = "é [ ] no box\n\n- [ ] one\n  1. [x] *two*\n\n```\n- [ ] code\n```\n> - [ ] three\n\n\
                    - [~] four\n- [-] no box\n\n| a |\n|---|\n| [X] |\n";
        let boxes = ["- [x] one", "1. [ ] *two*", "> - [x] three"];
        for (nth, now) in boxes.into_iter().enumerate() {
            let flipped = flipped(text, nth).unwrap_or_default();
            assert!(flipped.contains(now) && flipped.len() == text.len(), "{nth}: {flipped}");
        }
        assert_eq!(flipped(text, 3), None, "it does not apply");
        assert!(flipped(text, 4).unwrap_or_default().contains("| [ ] |"));
        assert_eq!(flipped(text, 5), None, "there are no more");
    }

    #[test]
    fn ticked_boxes_are_told_from_all_that_apply() {
        let text = "- [ ] a\n- [x] b\n  - [X] c\n- [~] d\n\n```\n- [x] code\n```\n";
        assert_eq!(boxes(text), (2, 3));
        assert_eq!(boxes(""), (0, 0));
    }

    #[test]
    fn boxes_are_counted_as_they_are_rendered() {
        let text = "- [ ] a\n- [x] b\n  - [~] c\n- [?] d\n\n<input type=\"checkbox\"> `<input type=\"checkbox\">`\n\n- [ ] e\n";
        let rendered = crate::page::markdown(text).matches("<input type=\"checkbox\"").count();
        assert_eq!(rendered, 4);
        assert!(flipped(text, 3).unwrap_or_default().contains("- [x] e"));
        assert_eq!(flipped(text, 4), None);
    }
}
