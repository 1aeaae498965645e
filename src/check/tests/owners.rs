//! Who owns what: `owners.toml` and GitLab's `stages.yml` with a people file.

use super::super::*;
use super::support::{Case, messages};

const STAGES: &str = "stages:\n  secure:\n    pm: Pat Director\n    groups:\n      one:\n        pm: Alex Product\n        em: [Sam Manager, Alex Product]\n      two:\n        pm: Kim Other\n";

fn case(people: &str) -> Case {
    let mut case = Case {
        stages: Some(STAGES.into()),
        people: Some(people.into()),
        owners: "[groups.'group::zero']\npm = []\n".into(),
        ..Case::default()
    };
    case.workspace += "stages = 'stages.yml'\npeople = 'people.toml'\n";
    case
}

fn part_one(loaded: &Loaded) -> String {
    loaded.trees[0].nodes[1].body.fill(|_| String::new())
}

#[test]
fn names_become_handles_by_the_people_file() {
    let loaded = case("'Alex Product' = '@alex'\n'Sam Manager' = '@sam'\n").load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert!(part_one(&loaded).contains("`@alex`"), "{}", part_one(&loaded));
}

#[test]
fn the_owners_file_wins_for_a_role() {
    let mut case = case("'Alex Product' = '@alex'\n'Sam Manager' = '@sam'\n");
    case.owners = "[groups.'group::one']\npm = ['@own']\n".into();
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert!(part_one(&loaded).contains("`@own`"), "{}", part_one(&loaded));
    assert_eq!(loaded.owners.unwrap().groups["group::one"].em, ["@sam", "@alex"]);
}

#[test]
fn somebody_without_a_handle_is_named_once_and_only_if_their_group_is_used() {
    let mut case = case("'Sam Manager' = '@sam'\n");
    case.tool = case.tool.replacen("name = \"Two\"", "name = \"Two\"\ngroup = 'group::one'", 1);
    let loaded = case.load();
    assert_eq!(
        messages(&loaded),
        [
            "stages.yml:6: `Alex Product` has no handle in people.toml, so nobody is shown or mentioned there"
        ]
    );
    let problem = loaded.problems.sorted()[0].clone();
    assert_eq!(problem.severity, Severity::Warning);
    assert!(problem.hint.unwrap().contains("\"Alex Product\" = \"@user-name\" into people.toml"));
    case.tool += "[waive]\nperson-unknown = 'she has left'\n";
    assert_eq!(messages(&case.load()), [""; 0]);
}

#[test]
fn a_group_in_neither_file_names_the_nearest_of_both() {
    let mut case = case("'Alex Product' = '@alex'\n'Sam Manager' = '@sam'\n");
    case.tool = case.tool.replace("group::one", "group::on");
    let loaded = case.load();
    assert_eq!(
        messages(&loaded),
        ["tools/hunter.toml:9: group `group::on` is not in owners.toml or stages.yml"]
    );
    assert_eq!(loaded.problems.sorted()[0].patch.as_deref(), Some("\"group::one\""));
}

#[test]
fn files_that_cannot_be_read_are_named_by_their_setting() {
    let mut case = case("");
    case.stages = None;
    case.people = None;
    let found = messages(&case.load());
    assert!(
        found.contains(
            &"epictree.toml:11: the file `stages.yml` cannot be read as one of this workspace"
                .into()
        ),
        "{found:#?}"
    );
    assert!(found.contains(
        &"epictree.toml:12: the file `people.toml` cannot be read as one of this workspace".into()
    ));
}

#[test]
fn no_cut_of_the_files_panics() {
    let people = "'Alex Product' = '@alex'\n";
    for cut in 0..STAGES.len() {
        let _ = Case { stages: Some(STAGES[..cut].into()), ..case(people) }.load();
    }
    for cut in 0..people.len() {
        let _ = case(&people[..cut]).load();
    }
}
