//! What is said beside the result: nothing, the usual, or each request.

use epictree::sandbox::Limits;

use crate::env::TestEnv;

#[test]
fn quiet_leaves_results_and_errors() {
    let env = TestEnv::package_hunter();
    let output = env.apply(&["--quiet"]).ends_with(0).says("Applied: ");
    assert_eq!(output.stderr, "", "{output}");
    let output = env.run(&["plan", "-q", "--url", "https://me:x@gitlab.invalid"]).ends_with(1);
    assert_eq!(output.stdout, "");
    output.says("error: ").says("hint: ");
    env.run(&["plan", "-q", "-v"]).ends_with(64);
}

#[test]
fn verbose_says_of_each_request_what_it_was_and_then_the_sums() {
    let env = TestEnv::package_hunter();
    let output = env.apply(&["--verbose"]).ends_with(0).says("with the token from GITLAB_TOKEN");
    let log = env.sandbox.log();
    let said: Vec<Vec<&str>> = output
        .stderr
        .lines()
        .filter(|line| line.contains(" out ") && line.ends_with(" in"))
        .map(|line| line.trim_start_matches(['!', ' ']).split_whitespace().collect())
        .collect();
    let mut said: Vec<_> = said.iter().map(|words| (words[0], words[1])).collect();
    let statuses: Vec<_> = log.iter().map(|one| one.status.to_string()).collect();
    let mut held: Vec<_> =
        log.iter().zip(&statuses).map(|(one, s)| (one.operation.as_str(), s.as_str())).collect();
    // Answers to requests under way together may overtake each other.
    said.sort_unstable();
    held.sort_unstable();
    assert_eq!(said, held);
    let mutations = log.iter().filter(|one| one.mutation).count();
    output.says(&format!("{} requests ({mutations} mutations) in ", log.len()));
}

#[test]
fn a_limit_that_makes_an_apply_long_is_told_before_it_begins() {
    let env = TestEnv::package_hunter();
    env.sandbox.limit(Limits { requests: Some(40), ..Limits::default() });
    let url = env.url();
    // There is no terminal to be asked on, so that nothing begins.
    let output =
        env.run(&["apply", "--url", &url]).ends_with(64).says("This takes about 2 minutes");
    let told = output.says("requests are to be sent, and the instance takes 40 a minute.");
    told.says("nothing was written");
    env.sandbox.limit(Limits { requests: Some(4_000), ..Limits::default() });
    env.run(&["apply", "--url", &url]).ends_with(64).does_not_say("This takes");
    assert_eq!(env.mutations(), Vec::<String>::new());
}
