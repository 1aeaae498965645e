//! An apply that was cut off, at whatever request, is finished by the same command.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use epictree::apply::{Job, Report, Stop, apply};
use epictree::assets::Assets;
use epictree::check::{Files, workspace};
use epictree::gitlab::{
    Client, Named, Pace, PlaceQuery, Reader, Settings, Target, Writer, type_id,
};
use epictree::observe::observe;
use epictree::plan::Options;
use epictree::plan::needs::{Found, settle};
use epictree::plan::{Plan, build};
use epictree::problem::Problems;
use epictree::sandbox::{Fault, FaultKind};
use epictree::tree::{Capabilities, DesiredTree, Ground, Kind, Parent};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::env::{Output, TestEnv, example};
use crate::picture::{assert_same, picture};

// -- the same as the command line does, in this process, without its waits ------------------------

/// The wanted tree of `examples/package-hunter`.
static TREES: LazyLock<Vec<Arc<DesiredTree>>> = LazyLock::new(|| {
    let folder = example("package-hunter");
    let file = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).unwrap());
    let mut problems = Problems::default();
    let assets = Assets::overlaid(&folder, &mut problems);
    let files = Files {
        workspace: file("epictree.toml"),
        owners: Some(file("owners.toml")),
        assets,
        tools: vec![file("package-hunter.toml")],
        ..Files::default()
    };
    let loaded = workspace(&files, problems);
    assert!(!loaded.problems.has_errors());
    loaded.trees
});

/// Everything between the trees and an apply.
struct Session {
    client: Client,
    plan: Plan,
    observed: Vec<epictree::tree::ObservedTree>,
    options: Options,
    ground: Ground,
    types: BTreeMap<(String, Kind), String>,
    found: Found,
}

impl Session {
    async fn open(url: &str) -> Self {
        let target = Target { url: url.to_owned(), token: Some("sandbox".to_owned().into()) };
        let settings = Settings { parallelism: 1, pace: Pace::none() };
        let client = Client::new(&target, settings).unwrap();
        client.metadata().await.unwrap();
        let reader = Reader::new(&client);
        let queries = queries();
        let mut types = BTreeMap::new();
        for (query, place) in queries.iter().zip(reader.places(&queries).await.unwrap()) {
            let place = place.unwrap();
            for kind in &query.creates {
                types.insert((query.path.clone(), *kind), type_id(&place, *kind).unwrap());
            }
        }
        let ground = Ground {
            workspace: "prodsec-tools".to_owned(),
            places: queries.iter().map(|query| query.path.clone()).collect(),
            capabilities: Capabilities { blocked_items: true, weights: true },
            caller: "prodsec-bot".to_owned(),
            missing: BTreeSet::new(),
        };
        let options = Options { workspace: ground.workspace.clone(), ..Options::default() };
        let observed = observe(&reader, &ground, &TREES).await;
        let observed: Vec<_> = observed.into_iter().map(Result::unwrap).collect();
        let mut tool = build(&TREES[0], &observed[0], &options);
        let named = |titles: &BTreeSet<(String, String)>| {
            let of = |(namespace, title): &(String, String)| Named {
                namespace: namespace.clone(),
                is_group: tool.needs.groups.contains(namespace),
                title: title.clone(),
            };
            titles.iter().map(of).collect::<Vec<_>>()
        };
        let users: Vec<String> = tool.needs.users.iter().cloned().collect();
        let found = Found {
            labels: reader.label_ids(&named(&tool.needs.labels)).await.unwrap(),
            milestones: reader.milestone_ids(&named(&tool.needs.milestones)).await.unwrap(),
            users: reader.user_ids(&users).await.unwrap(),
        };
        settle(&mut tool, &found);
        let plan =
            Plan { target: url.to_owned(), caller: Some("prodsec-bot".into()), tools: vec![tool] };
        Self { client, plan, observed, options, ground, types, found }
    }

    async fn apply(self) -> Report {
        let Self { client, plan, observed, options, ground, types, found } = self;
        let job = Job { plan: &plan, observed, options: &options, ground: &ground, found, types };
        apply(job, &Writer::new(&client), &|_| {}, &Stop::default()).await
    }
}

fn queries() -> Vec<PlaceQuery> {
    let mut wanted: BTreeMap<String, (BTreeSet<Kind>, bool)> = BTreeMap::new();
    for node in TREES[0].nodes.iter().filter(|node| node.item.is_none()) {
        let (kinds, subepics) = wanted.entry(node.namespace.clone()).or_default();
        kinds.insert(node.kind);
        *subepics |= node.kind == Kind::Epic && node.parent != Parent::None;
    }
    let query = |(path, (kinds, subepics)): (String, (BTreeSet<Kind>, bool))| PlaceQuery {
        path,
        creates: kinds.into_iter().collect(),
        subepics,
        labels: false,
    };
    wanted.into_iter().map(query).collect()
}

/// Proves that nothing is left to do, not even to record.
#[track_caller]
fn assert_settled(env: &TestEnv, when: &str) {
    let plan = env.wait(Session::open(&env.url())).plan;
    assert!(!plan.writes(), "{when}: {}", epictree::ui::json::render(&plan));
}

/// What an undisturbed run leaves behind, and what it asked, request by request.
struct Undisturbed {
    picture: Vec<Value>,
    /// Of each request: its first field, if it was a mutation.
    requests: Vec<Option<String>>,
}

static UNDISTURBED: LazyLock<Undisturbed> = LazyLock::new(|| {
    let env = TestEnv::package_hunter();
    env.apply(&["--parallelism", "1"]).ends_with(0);
    let log = env.sandbox.log();
    let mutation = |one: &epictree::sandbox::Logged| one.mutation.then(|| one.fields.join(" "));
    Undisturbed { picture: picture(&env.sandbox), requests: log.iter().map(mutation).collect() }
});

// -- killed at any request ------------------------------------------------------------------------

/// Kills an apply that hangs at its nth request, finishes it, and compares what came of it.
fn killed_at(n: usize, kind: &FaultKind, parallelism: &str) {
    let when = format!("killed at request {n} ({kind:?}, parallelism {parallelism})");
    let mut env = TestEnv::package_hunter();
    env.sandbox.faults(vec![Fault { nth: n, kind: kind.clone() }]);
    let args = ["--parallelism", parallelism];
    let mut command = env.command(&["apply", "--yes", "--url", &env.url()]);
    let mut child =
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let sandbox = env.sandbox.clone();
    let reached = env.wait(async move {
        let ended = tokio::task::spawn_blocking(move || stdout.read_to_end(&mut Vec::new()));
        let reached = tokio::select! {
            () = sandbox.done(n) => true,
            _ = ended => false,
        };
        reached
    });
    assert!(reached, "{when}: it ended before");
    child.kill().unwrap();
    child.wait().unwrap();
    // Whatever was under way is done with before the next run begins.
    env.serve_elsewhere();
    env.sandbox.faults(Vec::new());
    let output = env.apply(&args);
    assert!(output.code == Some(0), "{when}:\n{output}");
    assert_same(&picture(&env.sandbox), &UNDISTURBED.picture, &when);
    assert_settled(&env, &when);
}

/// Runs the sweep on two threads.
fn sweep(numbers: &[usize], kind: &FaultKind, parallelism: &str) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(n) = numbers.get(next.fetch_add(1, Ordering::SeqCst)) {
                    killed_at(*n, kind, parallelism);
                }
            });
        }
    });
}

/// Numbers of the requests that are mutations.
fn mutations() -> Vec<usize> {
    let requests = UNDISTURBED.requests.iter().enumerate();
    requests.filter(|(_, request)| request.is_some()).map(|(n, _)| n + 1).collect()
}

#[test]
fn killed_after_any_request_the_same_command_finishes_the_work() {
    let all: Vec<usize> = (1..=UNDISTURBED.requests.len()).collect();
    assert!(all.len() >= 60, "{}", all.len());
    sweep(&all, &FaultKind::HangAfterCommit, "1");
}

/// A request that only reads leaves the same behind, committed or not.
#[test]
fn killed_before_any_write_the_same_command_finishes_the_work() {
    let writes = mutations();
    assert!(writes.len() >= 50, "{}", writes.len());
    sweep(&writes, &FaultKind::HangBeforeCommit, "1");
}

#[test]
fn killed_with_several_requests_under_way_the_same_command_finishes_the_work() {
    sweep(&mutations(), &FaultKind::HangAfterCommit, "4");
}

// -- interrupted ----------------------------------------------------------------------------------

/// A line to a server that can be held: no byte passes until it is opened again.
struct Gate {
    url: String,
    held: watch::Receiver<bool>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Holds the line by itself once `pieces` were sent through it.
    async fn before(server: std::net::SocketAddr, pieces: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (open, opened) = watch::channel(false);
        let (hold, held) = watch::channel(false);
        let (hold, count) = (Arc::new(hold), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { break };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let (mut opened, hold, count) =
                    (opened.clone(), Arc::clone(&hold), Arc::clone(&count));
                tokio::spawn(async move {
                    let mut bytes = vec![0; 1 << 16];
                    while let Ok(n @ 1..) = from_client.read(&mut bytes).await {
                        if count.fetch_add(1, Ordering::SeqCst) >= pieces {
                            hold.send_replace(true);
                            let _ = opened.wait_for(|open| *open).await;
                        }
                        if to_server.write_all(&bytes[..n]).await.is_err() {
                            break;
                        }
                    }
                });
                tokio::spawn(
                    async move { tokio::io::copy(&mut from_server, &mut to_client).await },
                );
            }
        });
        Self { url, held, open }
    }
}

#[test]
fn interrupted_it_ends_after_the_writes_in_flight_and_the_next_run_finishes() {
    let env = TestEnv::package_hunter();
    let mut gate = env.wait(Gate::before(env.address(), 40));
    let mut command = env.command(&["apply", "--yes", "--url", &gate.url]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    env.wait(gate.held.wait_for(|held| *held)).unwrap();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("Ending; in flight: ") {
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
    }
    gate.open.send_replace(true);
    stderr.read_to_string(&mut said).unwrap();
    let output = Output::of(child.wait_with_output().unwrap());
    assert_eq!(output.code, Some(130), "{output}{said}");
    let output = output.says("Interrupted: ").says("Run the same command again to finish.");
    let made = env.sandbox.items().len();
    assert!(made < UNDISTURBED.picture.len(), "{output}");
    assert!(made > 2, "{output}");
    env.apply(&[]).ends_with(0);
    assert_same(&picture(&env.sandbox), &UNDISTURBED.picture, "interrupted");
    env.quiet();
}

// -- lost answers ---------------------------------------------------------------------------------

/// Applies with one fault, in one run, and compares what came of it.
fn broken_at(n: usize, kind: FaultKind) {
    let when = format!("request {n}: {kind:?}");
    let env = TestEnv::package_hunter();
    env.sandbox.faults(vec![Fault { nth: n, kind }]);
    let report = env.wait(async { Session::open(&env.url()).await.apply().await });
    assert!(
        !report.incomplete() && !report.moved(),
        "{when}:\n{}",
        report.lines.iter().map(|line| format!("{line:?}\n")).collect::<String>()
    );
    env.sandbox.faults(Vec::new());
    assert_same(&picture(&env.sandbox), &UNDISTURBED.picture, &when);
    assert_settled(&env, &when);
}

/// Numbers of the requests with this mutation in a run of `Session`.
fn requests_of(field: &str) -> Vec<usize> {
    let env = TestEnv::package_hunter();
    let report = env.wait(async { Session::open(&env.url()).await.apply().await });
    assert!(!report.incomplete(), "{report:#?}");
    assert_same(&picture(&env.sandbox), &UNDISTURBED.picture, "in this process");
    let log = env.sandbox.log();
    let found =
        log.iter().enumerate().filter(|(_, one)| one.fields.iter().any(|name| name == field));
    found.map(|(n, _)| n + 1).collect()
}

#[test]
fn a_create_whose_answer_is_lost_is_found_again() {
    let creates = requests_of("workItemCreate");
    assert_eq!(creates.len(), UNDISTURBED.picture.len() - 2);
    for n in creates {
        broken_at(n, FaultKind::DropAfterCommit);
    }
}

#[test]
fn a_create_that_never_arrived_is_sent_again() {
    for n in requests_of("workItemCreate").into_iter().step_by(5) {
        broken_at(n, FaultKind::DropBeforeCommit);
    }
}

#[test]
fn a_create_whose_answer_is_cut_in_half_is_found_again() {
    for n in requests_of("workItemCreate").into_iter().step_by(5) {
        broken_at(n, FaultKind::Truncate);
    }
}

#[test]
fn an_update_whose_answer_is_lost_is_read_again() {
    let updates = requests_of("workItemUpdate");
    assert!(updates.len() >= 10, "{updates:?}");
    for n in updates {
        broken_at(n, FaultKind::DropAfterCommit);
    }
}

#[test]
fn a_label_or_a_link_whose_answer_is_lost_is_not_made_twice() {
    let labels = requests_of("labelCreate");
    assert_eq!(labels.len(), 1);
    let links = requests_of("workItemAddLinkedItems");
    assert!(!links.is_empty());
    for n in labels.into_iter().chain(links) {
        broken_at(n, FaultKind::DropAfterCommit);
    }
}
