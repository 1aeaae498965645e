//! SECURITY.md names tests and fuzz targets; each of them is there.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeSet;
use std::path::Path;

const SECURITY: &str = include_str!("../../SECURITY.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What stands in code spans in the last column of the table.
fn named() -> BTreeSet<&'static str> {
    let rows = SECURITY.lines().filter(|line| line.starts_with("| ")).skip(1);
    let shown = rows.map(|row| row.trim_end_matches('|').rsplit(" | ").next().unwrap());
    shown.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Every test as `file::name`, by the file or folder it stands in.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests/it"] {
        for entry in walkdir::WalkDir::new(Path::new(ROOT).join(folder)) {
            let path = entry.unwrap().into_path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let homes = [path.file_stem(), path.parent().unwrap().file_name()];
            let code = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = code.lines().map(str::trim).collect();
            let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
            let marked = lines.windows(2).filter(|pair| is_test(pair[0]));
            for name in marked.filter_map(|pair| pair[1].split_once("fn ")?.1.split('(').next()) {
                let home = homes.iter().map(|home| home.unwrap().to_str().unwrap());
                found.extend(home.map(|home| format!("{home}::{name}")));
            }
        }
    }
    found
}

#[test]
fn every_test_and_fuzz_target_that_is_named_is_there() {
    let tests = tests();
    assert!(tests.len() > 500 && named().len() > 30);
    let is_target =
        |name: &str| Path::new(ROOT).join(format!("fuzz/fuzz_targets/{name}.rs")).is_file();
    let missing: Vec<&str> =
        named().into_iter().filter(|name| !tests.contains(*name) && !is_target(name)).collect();
    assert_eq!(missing, [""; 0]);
}
