//! All integration tests in one binary, over HTTP against the sandbox.

mod adoption;
mod browser;
mod cases;
mod client;
mod colleagues;
mod comments;
mod contract;
mod credentials;
mod demands;
mod design_doc;
mod devtools;
mod dice;
mod drops;
mod durable;
mod edges;
mod env;
mod examples;
mod files;
mod fleet;
mod formats;
mod fulfilled;
mod generations;
mod hints;
mod hostile;
mod html;
mod identity;
mod imports;
mod interrupt;
mod layers;
mod lifecycle;
mod links;
mod look;
mod merge;
mod merging;
mod moves;
mod new;
mod only;
mod owners;
mod picture;
mod pipeline;
mod preflight;
mod prodseceng;
mod property;
mod pull;
mod readme;
mod record;
mod renames;
mod requests;
mod resume;
mod rows;
mod sandbox;
mod saved;
mod schemas;
mod security;
mod shells;
mod status;
mod sweep;
mod talk;
mod texts;
mod transfers;
mod twins;
mod world;
mod year;

/// A file that nobody lists is never compiled, and its tests never run.
#[test]
fn every_file_of_this_folder_is_listed() {
    let listed: Vec<&str> = include_str!("main.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        files.extend(name.strip_suffix(".rs").filter(|name| *name != "main").map(str::to_owned));
    }
    files.sort();
    assert_eq!(files, listed, "list each file of {folder} in main.rs, in order");
}
