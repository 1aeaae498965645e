//! What many tools cost: time, processor time and memory of a plan and of checks, how fast the
//! program starts, how fast the sandbox serves:
//!
//! ```console
//! $ cargo bench --bench fleet
//! ```
//!
//! Goals that are ratios within one run fail it. Goals in seconds are told, not judged: they hold
//! for a quiet machine.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a report that fails loudly")]

#[path = "fleet/files.rs"]
mod files;
#[path = "fleet/run.rs"]
mod run;
#[path = "shared/workspace.rs"]
mod workspace;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use epictree::sandbox::Sandbox;
use serde_json::json;

use run::{Cost, best};

const RUNS: usize = 3;
/// Pieces of each tool, which make 49 items.
const PIECES: usize = 8;
const MIB: f64 = 1024.0 * 1024.0;
/// Items that the sandbox holds while it is asked.
const HELD: usize = 1_000;
const READS: usize = 2_000;
const CREATES: usize = 500;

fn main() {
    let mut report = Report::default();
    println!("{:<44}{:>10}      goal", "", "measured");
    start(&mut report);
    offline(&mut report);
    sandbox(&mut report);
    online(&mut report);
    assert!(report.missed.is_empty(), "{:#?}", report.missed);
}

fn epictree(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epictree"));
    command.current_dir(folder).args(args).env("GITLAB_TOKEN", "sandbox").env("NO_PROXY", "*");
    command
}

fn start(report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    workspace::write(folder.path(), 1, PIECES);
    let empty = files::empty_program(folder.path());
    let fastest = |command: &dyn Fn() -> Command| best(20, command).wall.as_secs_f64() * 1000.0;
    let version = fastest(&|| epictree(folder.path(), &["--version"]));
    report.told("--version", version, "<=", f64::INFINITY, "ms");
    match empty {
        Some(empty) => {
            let nothing = fastest(&|| Command::new(&empty));
            report.judged("--version, of an empty program", version / nothing, "<=", 2.0, "x");
        }
        None => println!("  there is no rustc: no empty program to compare with"),
    }
    let check = fastest(&|| epictree(folder.path(), &["check"]));
    report.told("check of one tool", check, "<=", 20.0, "ms");
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_epictree")).unwrap().len();
    report.judged("size of the binary", size as f64 / MIB, "<=", 15.0, "MiB");
}

/// Checks and plans without a network.
fn offline(report: &mut Report) {
    let [one, two] = [1_000, 2_000].map(|tools| {
        let folder = tempfile::tempdir().unwrap();
        workspace::write(folder.path(), tools, PIECES);
        let plan = ["plan", "--offline", "--format", "gitlab-report"];
        (best(RUNS, &|| epictree(folder.path(), &plan)), folder)
    });
    report.cost("1,000 tools offline", &one.0, 2.0, 300.0);
    let growth = two.0.cpu.as_secs_f64() / one.0.cpu.as_secs_f64();
    report.judged("2,000 tools, of that, processor", growth, "<=", 2.2, "x");
    let (texts, bytes) = files::texts(
        &epictree(one.1.path(), &["plan", "--offline", "t0.toml", "--format", "json"])
            .output()
            .unwrap(),
    );
    let expressions = files::rendered(one.1.path()) - texts;
    println!("  {texts} texts a tool, {bytes} bytes each, and {expressions} expressions");
    match files::jinja(one.1.path(), (texts * 1_000, bytes), expressions * 1_000) {
        Ok(jinja) => {
            report.told("Jinja2, as many of that size", jinja.as_secs_f64(), ">=", 0.0, "s");
            let faster = jinja.as_secs_f64() / one.0.wall.as_secs_f64();
            report.judged("Jinja2, of that", faster, ">=", 20.0, "x");
        }
        Err(why) => println!("  no comparison with Jinja2: {why}"),
    }
}

/// Asks the sandbox for items and has it write some, as one client does after another.
fn sandbox(report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(folder.path(), &workspace::seed()).unwrap();
    let create = |n: usize| {
        let document = "mutation($input: WorkItemCreateInput!) { workItemCreate(input: $input) \
            { workItem { id } errors } }";
        let input = json!({ "namespacePath": "g/epics", "title": format!("Item {n}"),
            "workItemTypeId": "gid://gitlab/WorkItems::Type/8",
            "descriptionWidget": { "description": "Some words to read.\n".repeat(50) } });
        let answer = sandbox.query(document, json!({ "input": input }));
        let id = answer["data"]["workItemCreate"]["workItem"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let ids: Vec<String> = (0..HELD).map(create).collect();
    let read = |n: usize| {
        let document = "query($id: WorkItemID!) { workItem(id: $id) { id title state \
            widgets { type ... on WorkItemWidgetDescription { description } } } }";
        let answer = sandbox.query(document, json!({ "id": ids[n % HELD] }));
        assert!(answer["data"]["workItem"]["title"].is_string(), "{answer}");
    };
    report.told("sandbox, items read", rate(READS, read), ">=", 2_000.0, "/s");
    let written = rate(CREATES, |n| drop(create(HELD + n)));
    report.told("sandbox, items made and on the disk", written, ">=", 500.0, "/s");
    println!("  the disk alone: {:.0} synced lines/s", files::disk(folder.path(), CREATES));
}

fn rate(times: usize, work: impl FnMut(usize)) -> f64 {
    let start = Instant::now();
    (0..times).for_each(work);
    times as f64 / start.elapsed().as_secs_f64()
}

/// Plans what is applied already, against a server without latency.
fn online(report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    workspace::write(folder.path(), 100, PIECES);
    let sandbox = Sandbox::in_memory(&workspace::seed()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
    let url = served.url();
    let apply = best(1, &|| epictree(folder.path(), &["apply", "--yes", "--url", &url]));
    println!("  applied {} items in {:.1} s", sandbox.items().len(), apply.wall.as_secs_f64());
    let snapshot = folder.path().join("snapshot.json");
    let snapshot = snapshot.to_str().unwrap();
    best(1, &|| epictree(folder.path(), &["plan", "--snapshot", snapshot, "--url", &url]));
    sandbox.clear_log();
    let plan =
        best(RUNS, &|| epictree(folder.path(), &["plan", "--detailed-exitcode", "--url", &url]));
    let log = sandbox.log();
    report.cost("100 tools, nothing to do", &plan, 1.0, 100.0);
    let bytes: usize = log.iter().map(|request| request.response_bytes).sum();
    let (requests, mib) = (log.len() / RUNS, bytes as f64 / RUNS as f64 / MIB);
    println!("  {requests} requests, {mib:.1} MiB in");
    let core = best(RUNS, &|| epictree(folder.path(), &["plan", "--against", snapshot]));
    let share = core.wall.as_secs_f64() / plan.wall.as_secs_f64();
    report.judged("the same against a snapshot, of that", share, "<=", 1.0 / 3.0, "x");
}

#[derive(Default)]
struct Report {
    missed: Vec<String>,
}

impl Report {
    fn cost(&mut self, what: &str, cost: &Cost, time: f64, memory: f64) {
        self.told(what, cost.wall.as_secs_f64(), "<=", time, "s");
        self.told("  its processor time", seconds(cost.cpu), "<=", f64::INFINITY, "s");
        self.judged("  its memory", cost.peak as f64 / MIB, "<=", memory, "MiB");
    }

    fn judged(&mut self, what: &str, measured: f64, sign: &str, goal: f64, unit: &str) {
        if !self.told(what, measured, sign, goal, unit) {
            self.missed.push(format!("{what}: {measured:.2} {unit}, goal {sign} {goal:.2}"));
        }
    }

    fn told(&mut self, what: &str, measured: f64, sign: &str, goal: f64, unit: &str) -> bool {
        let holds = if sign == "<=" { measured <= goal } else { measured >= goal };
        let ratio = if sign == "<=" { measured / goal } else { goal / measured };
        let judged = format!("{sign} {goal:.2}, {ratio:.2} of it");
        let goal = if goal.is_finite() && goal > 0.0 { judged } else { String::new() };
        let mark = if holds { "" } else { "   MISSED" };
        println!("{what:<44}{measured:>10.2} {unit:<4} {goal}{mark}");
        holds
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
