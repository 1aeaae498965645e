//! Short patterns said again and again: whatever is done with a text of people's takes time in
//! proportion to its length.
#![no_main]

use epictree::canonical::canonical;
use epictree::marker::{self, BaseText, note};
use epictree::merge::OnConflict;
use epictree::merge::table::locate;
use epictree::merge::text::decide_text;
use epictree::page;
use epictree_fuzz::texts::{Side, text};
use epictree_fuzz::work::grows_in_a_straight_line;

/// Bytes of the smaller text.
const BYTES: usize = 16 << 10;
/// Lines of the smaller three texts that are merged: so many that the merge no longer tries the
/// alignments whose time grows with the square, which it bounds by a number of lines.
const LINES: usize = 2_500;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((what, pattern)) = bytes.split_first() else { return };
    match what % 6 {
        0 => merge(pattern),
        1 => long(pattern, "canonical", |text| drop(canonical(text))),
        2 => long(pattern, "marker::read", |text| drop(marker::read(text))),
        3 => long(pattern, "note::read", |text| drop(note::read(text))),
        4 => long(pattern, "table", |text| {
            let page = format!("# T\n\n| A | B |\n|---|---|\n{text}");
            if let Ok(table) = locate(&page, "T", &["A"]) {
                drop(table.find(&page, "T", &["g&1".into(), "https://x".into()]));
                drop(table.with_row(&page, &[]));
            }
        }),
        _ => long(pattern, "page::markdown", |text| drop(page::markdown(text))),
    }
});

/// A head, a pattern that is repeated, and a tail.
fn long(bytes: &[u8], what: &str, work: impl Fn(&str)) {
    let pattern = String::from_utf8_lossy(bytes);
    let mut parts = pattern.splitn(3, '\0');
    let mut part = || parts.next().unwrap_or_default();
    let (again, head, tail) = (part(), part(), part());
    if again.is_empty() {
        return;
    }
    grows_in_a_straight_line(what, BYTES, |size| {
        work(&format!("{head}{}{tail}", again.repeat(size / again.len() + 1)));
    });
}

fn merge(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (base, gitlab, spec) = (part(), part(), part());
    let repeated = |bytes: &[u8], side, lines: usize| {
        let one = text(bytes, side) + "\n";
        one.repeat(lines / bytes.len().max(1))
    };
    grows_in_a_straight_line("merge", LINES, |lines| {
        let base = BaseText::Text(repeated(base, Side::Base, lines));
        let gitlab = repeated(gitlab, Side::People, lines);
        let spec = repeated(spec, Side::Files, lines);
        drop(decide_text(Some(&base), &gitlab, &spec, OnConflict::Report));
    });
}
