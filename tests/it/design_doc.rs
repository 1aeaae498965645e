//! `epictree new --design-doc`: a file for people to go on with, of the size that was asked for.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::path::Path;

use tempfile::TempDir;

use crate::env::{Output, copy, epictree, example};

const FILE: &str = "design-documents/package-hunter/_index.md";

fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("package-hunter"), folder.path());
    folder
}

fn new(folder: &Path, args: &[&str]) -> Output {
    Output::of(epictree(folder).args(["new", "--design-doc"]).args(args).output().unwrap())
}

fn written(size: &str) -> String {
    let folder = workspace();
    new(folder.path(), &[size, "package-hunter"]).ends_with(0).says(&format!("Wrote {FILE}"));
    std::fs::read_to_string(folder.path().join(FILE)).unwrap()
}

fn headings(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("## ")).collect()
}

#[test]
fn each_size_has_its_sections_and_what_the_tool_file_knows() {
    let small = written("S");
    assert_eq!(headings(&small), ["Summary", "Motivation"]);
    assert!(small.starts_with("---\ntitle: \"Package Hunter\"\nstatus: proposed\n"), "{small}");
    assert!(small.contains("  - \"@pm-composition-analysis\"\n"));
    assert!(small.contains("- Retrieval of results: report artifacts\n"));
    assert!(!small.contains("mermaid"));
    let medium = written("M");
    let parts = ["Proposal", "Design and implementation details", "Alternative Solutions"];
    assert_eq!(headings(&medium)[2..], parts);
    assert!(medium.contains("  f_submission --> f_results[\"Retrieval of results\"]\n"));
    let large = written("L");
    assert_eq!(headings(&large)[5..], ["Threat model", "Decisions"]);
    assert!(large.contains("- Isolated installation: A kernel is shared"));
    for text in [small, medium, large] {
        assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.contains("{{"), "{text}");
    }
}

#[test]
fn a_document_that_is_there_is_never_written_again() {
    let folder = workspace();
    let file = folder.path().join(FILE);
    new(folder.path(), &["s"]).ends_with(0);
    std::fs::write(&file, "Mine.").unwrap();
    new(folder.path(), &["L", "package-hunter.toml"]).ends_with(1).says("exists already");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "Mine.");
}

#[test]
fn a_workspace_has_a_skeleton_of_its_own() {
    let folder = workspace();
    let own = folder.path().join("templates/prodseceng");
    std::fs::create_dir_all(&own).unwrap();
    let own = own.join("design-document-skeleton.md");
    std::fs::write(&own, "{{ tool.name }}, {{ size }}{% if has(key=\"handover\") %}!{% endif %}")
        .unwrap();
    new(folder.path(), &["M"]).ends_with(0);
    assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "Package Hunter, M\n");
    std::fs::write(&own, "{{ tool.nmae }}").unwrap();
    new(folder.path(), &["M"]).ends_with(1).says("has no field `nmae`");
}

#[test]
fn what_cannot_be_written_says_what_to_do() {
    let folder = workspace();
    new(folder.path(), &["M", "other"]).ends_with(1).says("known: package-hunter");
    new(folder.path(), &["XL"]).ends_with(64).says("S, M, L");
    new(folder.path(), &["M", "--name", "x"]).ends_with(64);
    Output::of(epictree(folder.path()).arg("new").output().unwrap())
        .ends_with(64)
        .says("epictree new ID");
    let tool = folder.path().join("package-hunter.toml");
    let other = "schema = 1\n[tool]\nid = \"other\"\nname = \"Other\"\nsummary = \"Else.\"\n";
    std::fs::write(folder.path().join("other.toml"), other).unwrap();
    new(folder.path(), &["M"]).ends_with(64).says("other, package-hunter");
    std::fs::write(&tool, "schema = 1\n").unwrap();
    new(folder.path(), &["M", "other"]).ends_with(1).says("nothing was written");
    assert!(!folder.path().join("design-documents").exists());
}
