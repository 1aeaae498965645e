//! Any text: its canonical form is its own, and its lines keep their bytes.
#![no_main]

use epictree::canonical::{canonical, join, lines, split_cells, with_box};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let once = canonical(text);
    assert_eq!(canonical(&once.join("\n")), once);
    assert_eq!(canonical(&text.replace('\n', "\r\n")), once);
    let all = lines(text);
    let joined = join(all.iter().map(|line| line.raw));
    assert!(text.contains(&joined), "{joined:?}");
    assert_eq!(canonical(&joined), once);
    for line in all {
        for ticked in [true, false] {
            let raw = with_box(line.raw, ticked);
            assert_eq!(raw.len(), line.raw.len());
            if line.ticked.is_none() {
                continue;
            }
            let again = lines(&raw);
            assert_eq!(again[0].ticked, Some(ticked), "{raw:?}");
            assert_eq!(again[0].canonical, line.canonical);
        }
        let _ = split_cells(line.raw);
    }
});
