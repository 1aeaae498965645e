//! Who owns what, from GitLab's `stages.yml`, through the real binary.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::path::Path;

use tempfile::TempDir;

use crate::env::{Output, copy, epictree, example};

const STAGES: &str = r#"stages:
  secure:
    display_name: "Secure"
    pm: Pat Director
    em: [ "Erin Stagelead" ]
    slack: { channel: s_secure }
    groups:
      composition_analysis:
        name: Composition Analysis
        pm: Alex Product (Interim)
        backend_engineering_manager: Sam Manager
        frontend_engineering_manager: TBD
        slack: { channel: g_composition-analysis, alias: composition-analysis }
      vulnerability-management:
        pm: "TBD"
        em: []
"#;

const PEOPLE: &str = "\"Alex Product\" = \"@alex\"\n\"Sam Manager\" = \"@sam\"\n\"Pat Director\" = \"@pat\"\n\"Erin Stagelead\" = \"@erin\"\n";

fn folder(people: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("package-hunter"), folder.path());
    let file = folder.path().join("epictree.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let named = "stages = \"stages.yml\"\npeople = \"people.toml\"";
    std::fs::write(&file, text.replace("file = \"owners.toml\"", named)).unwrap();
    std::fs::remove_file(folder.path().join("owners.toml")).unwrap();
    std::fs::write(folder.path().join("stages.yml"), STAGES).unwrap();
    std::fs::write(folder.path().join("people.toml"), people).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Output::of(epictree(folder).args(args).output().unwrap())
}

#[test]
fn people_of_a_stages_file_stand_in_the_texts() {
    let folder = folder(PEOPLE);
    run(folder.path(), &["check"]).ends_with(0).does_not_say("warning").says("1 tool");
    run(folder.path(), &["plan", "--offline"])
        .ends_with(0)
        .says("`@alex`")
        .says("`@sam`")
        .says("`@pat`")
        .says("`@erin`")
        .does_not_say("Alex Product");
}

#[test]
fn a_missing_handle_is_a_warning_with_the_next_step() {
    let folder = folder(&PEOPLE.replace("\"Sam Manager\" = \"@sam\"\n", ""));
    run(folder.path(), &["check"])
        .ends_with(0)
        .says("warning: `Sam Manager` has no handle in people.toml")
        .says("stages.yml:11:")
        .says("write \"Sam Manager\" = \"@user-name\" into people.toml");
}

#[test]
fn broken_yaml_is_an_error_with_its_line() {
    let folder = folder(PEOPLE);
    std::fs::write(folder.path().join("stages.yml"), "stages:\n  a: [\n").unwrap();
    run(folder.path(), &["check"]).ends_with(1).says("not valid YAML").says("stages.yml:2:");
}
