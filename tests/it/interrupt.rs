//! Ctrl-C: it answers at once, also while something is waited for, and says what is left.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use epictree::sandbox::{Fault, FaultKind};

use crate::env::{Output, TestEnv};

const A_WHILE: u64 = 600;

/// A run of the binary that is listened to.
struct Running {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Running {
    fn start(env: &TestEnv, args: &[&str]) -> Self {
        let url = env.url();
        let mut command = env.command(&[args, &["--url", &url]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new() }
    }

    /// Waits until stderr says this.
    #[track_caller]
    fn until(&mut self, text: &str) {
        while !self.said.contains(text) {
            let read = self.stderr.read_line(&mut self.said).unwrap();
            assert!(read > 0, "it ended without {text:?}:\n{}", self.said);
        }
    }

    fn interrupt(&self) {
        self.signal("INT");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn end(mut self) -> Output {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let mut output = self.child.wait_with_output().unwrap();
        output.stderr = self.said.into_bytes();
        Output::of(output)
    }
}

/// Everything from the nth request on is refused for a while.
fn refuse_from(env: &TestEnv, nth: usize) {
    let kind = FaultKind::RateLimited { retry_after: Some(A_WHILE), text: true };
    env.sandbox.faults((nth..nth + 500).map(|nth| Fault { nth, kind: kind.clone() }).collect());
}

#[test]
fn a_wait_while_reading_ends_at_once_and_nothing_was_written() {
    let env = TestEnv::package_hunter();
    for (args, signal) in [(&["plan"][..], "INT"), (&["apply", "--yes"], "TERM")] {
        refuse_from(&env, 2);
        let mut running = Running::start(&env, args);
        running.until("waiting 600 s: no more requests are taken for now");
        running.signal(signal);
        let output = running.end().ends_with(130).says("interrupted, and nothing was written");
        assert_eq!(output.stdout, "");
    }
    assert_eq!(env.mutations(), Vec::<String>::new());
}

#[test]
fn a_wait_while_writing_ends_at_once_and_the_report_says_what_is_left() {
    let env = TestEnv::package_hunter();
    let done = |env: &TestEnv| env.sandbox.log().iter().filter(|one| one.mutation).count();
    env.plan(&[]).ends_with(0);
    let reading = env.sandbox.log().len();
    env.sandbox.clear_log();
    refuse_from(&env, reading + 12);
    let mut running = Running::start(&env, &["apply", "--yes"]);
    running.until("waiting 600 s");
    running.interrupt();
    let output = running.end().ends_with(130).says("Ending; ");
    assert!(done(&env) > 0, "{output}");
    let output = output.says("Interrupted: ").says(" created. Left: ").says(" to create");
    output.says("Run the same command again to finish.").does_not_say("failed");
    env.sandbox.faults(Vec::new());
    env.settle();
    let mut titles: Vec<_> = env.sandbox.items().into_iter().map(|item| item.title).collect();
    let all = titles.len();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), all, "no duplicates");
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_write_in_flight() {
    let env = TestEnv::package_hunter();
    env.plan(&[]).ends_with(0);
    let reading = env.sandbox.log().len();
    let first = (reading + 1..reading + 100)
        .map(|nth| Fault { nth, kind: FaultKind::HangAfterCommit })
        .collect();
    env.sandbox.faults(first);
    let mut running = Running::start(&env, &["apply", "--yes"]);
    env.wait(env.sandbox.received(reading + 1));
    running.interrupt();
    running.until("Ending; ");
    running.until("Press Ctrl-C again to stop at once.");
    running.interrupt();
    running.end().ends_with(130).says("stopped at once; run the same command again to finish");
    env.sandbox.faults(Vec::new());
    env.settle();
}
