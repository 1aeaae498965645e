//! A blueprint and two templates of any bytes, parted by NUL, with a small tool file.
#![no_main]

use epictree_fuzz::{TOOL, checked, small};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut files = small(TOOL.as_bytes());
    let paths = ["blueprints/b.toml", "templates/b/top.md", "templates/part/owner.md"];
    for (path, text) in paths.into_iter().zip(text.split('\0')) {
        files.assets.insert(path, text);
    }
    checked(&files);
});
