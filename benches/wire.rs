//! What a plan and an apply cost on the wire: requests, bytes and time against a sandbox that takes
//! 50 ms for every answer:
//!
//! ```console
//! $ cargo bench --bench wire
//! ```
//!
//! Fails if a plan takes more requests, or an apply more time or writes, than its goal.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a report that fails loudly")]

#[path = "shared/workspace.rs"]
mod workspace;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use epictree::sandbox::{Fault, FaultKind, Logged, Sandbox, Served};
use serde_json::Value;

/// How late every answer is.
const LATENCY: Duration = Duration::from_millis(50);
/// More requests than any run sends.
const REQUESTS: usize = 2_000;
/// What an apply may take, as a multiple of its longest chain of requests.
const OF_CHAIN: f64 = 1.3;
/// How much faster it is than the same requests one after another, at least.
const OF_SERIAL: f64 = 2.5;
/// How many writes go at once, unless the command line says otherwise.
const PARALLEL: usize = 4;
/// Pieces of each tool, which make 59 items.
const PIECES: usize = 10;

fn main() {
    let mut report = Report::default();
    let folder = tempfile::tempdir().unwrap();
    workspace::write(folder.path(), 1, PIECES);
    let world = World::new();
    let nodes = world.plan(folder.path());
    let (time, log) = world.run(folder.path(), &["apply", "--yes"]);
    let chain = Chain::of(&nodes, &log);
    report.apply(&nodes, &chain, time, &log);
    let (quiet, log) = world.run(folder.path(), &["plan"]);
    report.plan("plan, nothing to do", nodes.len(), quiet, &log, 4);
    let serial = World::new();
    let (slow, _) = serial.run(folder.path(), &["apply", "--yes", "--parallelism", "1"]);
    report.serial(slow, time);
    let fleet = tempfile::tempdir().unwrap();
    workspace::write(fleet.path(), 10, PIECES);
    let world = World::new();
    let nodes = world.plan(fleet.path());
    world.run(fleet.path(), &["apply", "--yes"]);
    let (quiet, log) = world.run(fleet.path(), &["plan"]);
    report.plan("plan of ten tools", nodes.len(), quiet, &log, nodes.len() / 100 + 3);
    assert!(report.missed.is_empty(), "{:#?}", report.missed);
}

/// A sandbox that answers late.
struct World {
    sandbox: Sandbox,
    url: String,
    _served: Served,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::in_memory(&workspace::seed()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let served =
            runtime.block_on(sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        Self { url: served.url(), sandbox, _served: served, _runtime: runtime }
    }

    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_epictree"));
        command.current_dir(folder).args(args).args(["--url", &self.url]);
        command.env("GITLAB_TOKEN", "sandbox").env("NO_PROXY", "*");
        command
    }

    /// Keys of the nodes a plan wants, each with its parent's.
    fn plan(&self, folder: &Path) -> Vec<Node> {
        let output = self.command(folder, &["plan", "--format", "json"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let changes = plan["tools"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|tool| tool["changes"].as_array().unwrap());
        let is_node =
            |change: &&Value| matches!(change["type"].as_str(), Some("epic" | "issue" | "task"));
        changes.filter(is_node).map(Node::of).collect()
    }

    /// Runs the binary, each answer late.
    fn run(&self, folder: &Path, args: &[&str]) -> (Duration, Vec<Logged>) {
        let late = u64::try_from(LATENCY.as_millis()).unwrap();
        let slow = |nth| Fault { nth, kind: FaultKind::Slow { before: late, after: 0 } };
        self.sandbox.faults((1..=REQUESTS).map(slow).collect());
        self.sandbox.clear_log();
        let start = Instant::now();
        let output = self.command(folder, args).output().unwrap();
        let time = start.elapsed();
        assert!(output.status.success(), "{output:?}");
        self.sandbox.faults(Vec::new());
        (time, self.sandbox.log())
    }
}

struct Node {
    key: String,
    parent: String,
}

impl Node {
    fn of(change: &Value) -> Self {
        let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        Self { key: text("key"), parent: text("parent") }
    }
}

/// The longest chain of requests that must wait for each other.
struct Chain {
    /// Levels, and on each siblings one after another, the last first.
    creates: usize,
    /// Items that are written a second time, when all others exist, the table's among them.
    updates: usize,
}

impl Chain {
    fn of(nodes: &[Node], log: &[Logged]) -> Self {
        let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for node in nodes {
            below.entry(&node.parent).or_default().push(&node.key);
        }
        // An item is made after its parent, and after the siblings behind it.
        fn made(below: &BTreeMap<&str, Vec<&str>>, parent: &str, at: usize) -> usize {
            let children = below.get(parent).map(Vec::as_slice).unwrap_or_default();
            let ends = children.iter().rev().enumerate();
            ends.map(|(n, child)| made(below, child, at + n + 1)).max().unwrap_or(at)
        }
        let is_node = |key: &str| nodes.iter().any(|node| node.key == key);
        let roots = below.keys().filter(|parent| !is_node(parent));
        let creates = roots.map(|root| made(&below, root, 0)).max().unwrap_or(0);
        let updates = log.iter().filter(|request| request.operation == "UpdateItem").count();
        Self { creates, updates }
    }

    /// Three rounds to look, one to search for a tool that is new, one for titles, one for a label
    /// that is missing; the creates; two for the row of a table; the pass over what is written
    /// again, which begins with one more look.
    fn rounds(&self) -> usize {
        6 + self.creates + 2 + 1 + self.updates.div_ceil(PARALLEL)
    }
}

#[derive(Default)]
struct Report {
    missed: Vec<String>,
}

impl Report {
    fn line(&mut self, what: &str, measured: f64, sign: &str, goal: f64, unit: &str) {
        let holds = if sign == "<=" { measured <= goal } else { measured >= goal };
        let mark = if holds { "" } else { "   MISSED" };
        let line = format!("  {what:<34}{measured:>9.2} {unit:<4} goal {sign} {goal:.2}{mark}");
        println!("{line}");
        if !holds {
            self.missed.push(line);
        }
    }

    fn head(what: &str, nodes: usize, time: Duration, log: &[Logged]) {
        let sum = |of: fn(&Logged) -> usize| log.iter().map(of).sum::<usize>() as f64 / 1024.0;
        println!(
            "{what}: {nodes} items, {} requests, {:.0} KiB out, {:.0} KiB in, {:.2} s",
            log.len(),
            sum(|request| request.request_bytes),
            sum(|request| request.response_bytes),
            time.as_secs_f64()
        );
    }

    fn apply(&mut self, nodes: &[Node], chain: &Chain, time: Duration, log: &[Logged]) {
        Self::head("apply, new", nodes.len(), time, log);
        let writes = log.iter().filter(|request| request.mutation).count() as f64;
        let chain_time = LATENCY.as_secs_f64() * chain.rounds() as f64;
        println!("  longest chain: {} rounds, {chain_time:.2} s", chain.rounds());
        self.line(
            "time, of the longest chain",
            time.as_secs_f64() / chain_time,
            "<=",
            OF_CHAIN,
            "x",
        );
        self.line("writes", writes, "<=", (nodes.len() + chain.updates + 2) as f64, "");
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        log.iter().for_each(|request| *kinds.entry(&request.operation).or_default() += 1);
        println!("  {kinds:?}");
    }

    fn serial(&mut self, slow: Duration, fast: Duration) {
        self.line(
            "one after another, of that",
            slow.as_secs_f64() / fast.as_secs_f64(),
            ">=",
            OF_SERIAL,
            "x",
        );
    }

    fn plan(&mut self, what: &str, nodes: usize, time: Duration, log: &[Logged], most: usize) {
        Self::head(what, nodes, time, log);
        self.line("requests", log.len() as f64, "<=", most as f64, "");
        println!(
            "  {:.1} rounds of {} ms",
            time.as_secs_f64() / LATENCY.as_secs_f64(),
            LATENCY.as_millis()
        );
    }
}
