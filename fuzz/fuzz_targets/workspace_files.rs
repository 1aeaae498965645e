//! The workspace file and those it names: owners, stages, people; parted by NUL.
#![no_main]

use epictree::check::Files;
use epictree_fuzz::{TOOL, checked, file, small};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|byte| *byte == 0);
    let workspace = file("epictree.toml", parts.next().unwrap_or_default());
    let mut next = |name: &str| parts.next().map(|bytes| file(name, bytes));
    let (owners, stages) = (next("owners.toml"), next("stages.yml"));
    let people = next("people.toml").map(|(name, bytes)| match bytes.first() {
        Some(b'-') => ("team.yml".to_owned(), bytes),
        _ => (name, bytes),
    });
    checked(&Files { workspace, owners, stages, people, ..small(TOOL.as_bytes()) });
});
