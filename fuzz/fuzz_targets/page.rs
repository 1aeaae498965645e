//! Any text as HTML: nothing in it runs, loads or leads where no reader expects.
#![no_main]

use epictree::page;
use epictree_fuzz::html::{harmless, plain};

libfuzzer_sys::fuzz_target!(|text: &str| {
    harmless(&page::markdown(text));
    let escaped = page::escape(text);
    assert!(!escaped.contains(['<', '>', '"', '\'']), "{escaped}");
    let shown = |c: &char| !page::escape(&c.to_string()).is_empty();
    assert_eq!(plain(&escaped), text.chars().filter(shown).collect::<String>());
});
