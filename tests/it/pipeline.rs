//! The CI/CD component of `examples/gitlab-ci`: it is well formed, its command lines are right, and
//! its scripts do what they are for.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::env::{Output, TestEnv};

const COMPONENT: &str = include_str!("../../examples/gitlab-ci/templates/epictree.yml");
const README: &str = include_str!("../../examples/gitlab-ci/README.md");
/// The stages of a project that declares none.
const STAGES: [&str; 5] = [".pre", "build", "test", "deploy", ".post"];
const JOB: [&str; 11] = [
    "allow_failure",
    "artifacts",
    "before_script",
    "extends",
    "image",
    "interruptible",
    "needs",
    "resource_group",
    "rules",
    "script",
    "stage",
];
const ARTIFACTS: [&str; 6] = ["access", "expire_in", "expose_as", "paths", "reports", "when"];

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The header and the body.
fn documents() -> (Value, &'static str) {
    let (header, body) = COMPONENT.split_once("\n---\n").unwrap();
    assert!(!body.contains("\n---\n"));
    (yaml(header), body)
}

/// Names of the inputs that a text uses.
fn used(text: &str) -> BTreeSet<&str> {
    let uses = text.split("$[[").skip(1).map(|rest| rest.split_once("]]").unwrap().0.trim());
    uses.map(|name| name.strip_prefix("inputs.").unwrap()).collect()
}

/// The jobs as GitLab makes them of the defaults, `image` and `path` given.
fn jobs() -> Value {
    let (header, body) = documents();
    let mut body = body.to_owned();
    for (name, input) in header["spec"]["inputs"].as_object().unwrap() {
        let value = match name.as_str() {
            "image" => "some/image:1",
            "path" => "work",
            _ => input["default"].as_str().unwrap(),
        };
        body = body.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!body.contains("$[["), "{body}");
    let mut jobs = yaml(&body);
    let common = jobs[".epictree"].clone();
    for (name, job) in jobs.as_object_mut().unwrap() {
        if let Some(extends) = job.get("extends") {
            assert_eq!(extends, ".epictree", "{name}");
            for (key, value) in common.as_object().unwrap() {
                job.as_object_mut().unwrap().entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    jobs.as_object_mut().unwrap().remove(".epictree");
    jobs
}

fn lines<'a>(job: &'a Value, key: &str) -> Vec<&'a str> {
    job[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

#[test]
fn every_input_is_declared_described_and_used() {
    let (header, body) = documents();
    assert_eq!(keys(&header), ["spec"].into());
    let inputs = &header["spec"]["inputs"];
    assert_eq!(keys(inputs), used(body));
    for (name, input) in inputs.as_object().unwrap() {
        assert!(keys(input).is_subset(&["description", "default", "options"].into()), "{name}");
        assert!(input["description"].is_string(), "{name}");
        if let Some(options) = input.get("options") {
            assert!(options.as_array().unwrap().contains(&input["default"]), "{name}");
        }
    }
}

#[test]
fn every_job_has_a_stage_a_rule_and_only_keywords_that_gitlab_knows() {
    let jobs = jobs();
    let stage = |name: &str| STAGES.iter().position(|stage| jobs[name]["stage"] == *stage).unwrap();
    assert_eq!(keys(&jobs).len(), 4);
    for (name, job) in jobs.as_object().unwrap() {
        assert!(keys(job).is_subset(&JOB.into()), "{name}: {:?}", keys(job));
        for rule in job["rules"].as_array().unwrap() {
            assert!(keys(rule).is_subset(&["if", "when"].into()), "{name}");
        }
        for need in job.get("needs").and_then(Value::as_array).into_iter().flatten() {
            let needed = need["job"].as_str().unwrap();
            assert!(stage(needed) <= stage(name), "{name} needs {needed}");
            assert_eq!(jobs[needed]["rules"][0]["if"], job["rules"][0]["if"], "both run or none");
        }
        if let Some(artifacts) = job.get("artifacts") {
            assert!(keys(artifacts).is_subset(&ARTIFACTS.into()), "{name}");
            assert_eq!(artifacts["when"], "always", "exit code 3 would leave nothing");
        }
        let codes = job["allow_failure"]["exit_codes"].as_array().unwrap();
        assert_eq!(codes, &[Value::from(3)], "{name}");
    }
    let groups =
        jobs.as_object().unwrap().values().filter(|job| job.get("resource_group").is_some());
    assert!(groups.eq([&jobs["epictree:apply"]]), "what writes runs one at a time, and only that");
}

#[test]
fn every_command_line_is_one_that_epictree_knows() {
    let mut seen = BTreeSet::new();
    let jobs = jobs();
    for job in jobs.as_object().unwrap().values() {
        for line in lines(job, "script").into_iter().filter(|line| line.starts_with("epictree ")) {
            let command = line.split([';', '|', '>', '&']).next().unwrap();
            let words: Vec<&str> = command.split_whitespace().collect();
            epictree::cli::command()
                .try_get_matches_from(&words)
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            seen.insert(words[1]);
        }
    }
    assert_eq!(seen, ["apply", "plan"].into());
}

#[test]
fn the_readme_tells_of_every_job_variable_and_of_inputs_that_there_are() {
    let (header, body) = documents();
    for name in keys(&jobs()) {
        assert!(
            README.contains(&format!("| `{}` |", name.trim_start_matches("epictree:"))),
            "{name}"
        );
    }
    let variables: BTreeSet<&str> = body
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once(":?"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(variables.len(), 2);
    for name in variables {
        assert!(README.contains(&format!("| `{name}` |")), "{name}");
    }
    let (_, sample) = README.split_once("```yaml\n").unwrap();
    let sample = yaml(sample.split_once("```").unwrap().0);
    let given = keys(&sample["include"][0]["inputs"]);
    assert!(given.is_subset(&keys(&header["spec"]["inputs"])), "{given:?}");
}

/// Runs a job as a runner would: every line in one shell, which ends at the first that fails.
fn run(env: &TestEnv, name: &str, token: &str) -> Output {
    let job = &jobs()[name];
    let script = [lines(job, "before_script"), lines(job, "script")].concat().join("\n");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_epictree")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-eo", "pipefail", "-c", &script]).current_dir(env.folder.path()).env_clear();
    shell.env("PATH", path).env("CI", "true").env("CI_PROJECT_DIR", env.folder.path());
    shell.env("CI_SERVER_URL", env.url()).env(token, "sandbox");
    Output::of(shell.output().unwrap())
}

/// A project with the workspace in a folder, which names no instance.
fn project() -> TestEnv {
    let env = TestEnv::package_hunter();
    let workspace = std::fs::read_to_string(env.folder.path().join("epictree.toml")).unwrap();
    let lines = workspace.lines().filter(|line| !line.starts_with("url = "));
    let workspace = lines.collect::<Vec<_>>().join("\n");
    env.write("epictree.toml", &workspace);
    std::fs::create_dir(env.folder.path().join("work")).unwrap();
    for name in ["epictree.toml", "owners.toml", "package-hunter.toml"] {
        let (from, to) = (env.folder.path().join(name), env.folder.path().join("work").join(name));
        std::fs::rename(from, to).unwrap();
    }
    env
}

fn read(env: &TestEnv, name: &str) -> String {
    std::fs::read_to_string(env.folder.path().join(name)).unwrap()
}

#[test]
fn the_jobs_plan_apply_and_find_no_drift_afterwards() {
    let env = project();
    run(&env, "epictree:plan", "EPICTREE_READ_TOKEN").ends_with(0).says("37 to create");
    assert_eq!(read(&env, "report.json"), "{\"create\":37,\"update\":1,\"delete\":0}\n");
    assert!(read(&env, "plan.md").starts_with("### epictree plan: 37 to create"));
    assert_eq!(env.mutations(), [""; 0]);
    run(&env, "epictree:drift", "EPICTREE_TOKEN").ends_with(2);
    run(&env, "epictree:save", "EPICTREE_TOKEN").ends_with(0);
    assert_eq!(env.mutations(), [""; 0]);
    run(&env, "epictree:apply", "EPICTREE_TOKEN").ends_with(0).says("Applied: 37 created");
    run(&env, "epictree:drift", "EPICTREE_TOKEN").ends_with(0).says("No changes");
}

#[test]
fn a_job_without_its_token_says_so_and_one_with_errors_fails() {
    let env = project();
    for job in ["epictree:plan", "epictree:save", "epictree:apply", "epictree:drift"] {
        run(&env, job, "OTHER").says("set it under Settings, CI/CD, Variables");
    }
    env.write("work/package-hunter.toml", "nonsense = 1\n");
    run(&env, "epictree:plan", "EPICTREE_READ_TOKEN").ends_with(1).says("unknown key");
}

#[test]
fn what_is_left_for_people_is_a_warning_with_the_plan_beside_it() {
    let env = project();
    run(&env, "epictree:save", "EPICTREE_TOKEN").ends_with(0);
    run(&env, "epictree:apply", "EPICTREE_TOKEN").ends_with(0);
    let key = "package-hunter/functionality/results";
    env.by_hand(key, epictree::sandbox::Edit::Title("People's title".into()));
    env.edit(
        "work/package-hunter.toml",
        "name = \"Retrieval of results\"",
        "name = \"Fetching of results\"",
    );
    run(&env, "epictree:plan", "EPICTREE_READ_TOKEN").ends_with(3);
    assert!(read(&env, "plan.md").contains("1 conflict"));
    run(&env, "epictree:save", "EPICTREE_TOKEN").ends_with(3);
    assert!(!read(&env, "saved.epictree").is_empty());
}
