//! The sandbox as its users hold it: open, ask, break, look. Must not know how any of that works.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::dump::{self, ItemView};
use super::error::SandboxError;
use super::faults::{Fault, FaultKind, Logged, Progress};
use super::graphql::{self, Delivery, Engine, Reply, Summary};
use super::http::{self, Served};
use super::limits::{self, Clock, Limits, Meter};
use super::people::{self, Edit};
use super::persist::Folder;
use super::places::Config;
use super::references;
use super::rules::{Draft, Refusal};
use super::seed::Seed;
use super::sow::sow;
use super::store::{Id, Notification, QuickActionRun, World};
use super::trouble;

/// A small GitLab. Clones share one world.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) state: Arc<State>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let items = self.state.world().items.iter().count();
        write!(formatter, "Sandbox({items} items)")
    }
}

/// What all handles of a sandbox share.
pub(super) struct State {
    pub(super) engine: Arc<Engine>,
    pub(super) config: Arc<Config>,
    memory: Mutex<Memory>,
    traffic: Mutex<Traffic>,
    meter: Mutex<Option<Meter>>,
    progress: watch::Sender<Progress>,
    /// How many mutations made the current world.
    changes: watch::Sender<u64>,
    url: Mutex<String>,
    /// Held while a request or an edit runs: one after another.
    turn: Mutex<()>,
}

struct Memory {
    world: Arc<World>,
    /// The world before the last mutation, for stale reads.
    before: Arc<World>,
    folder: Option<Folder>,
}

#[derive(Default)]
struct Traffic {
    log: Vec<Logged>,
    faults: Vec<Fault>,
    received: usize,
    /// What stale queries see, from the first of them on.
    frozen: Option<Arc<World>>,
}

/// Locks, whatever a panicking test left behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Returns the world as it is.
    pub(super) fn world(&self) -> Arc<World> {
        Arc::clone(&lock(&self.memory).world)
    }

    /// Makes a world the current one, after it is safe on the disk.
    pub(super) fn commit(&self, world: World) -> Result<Arc<World>, SandboxError> {
        let mut memory = lock(&self.memory);
        let change = world.changes_since(&memory.world);
        if let Some(folder) = &mut memory.folder {
            folder.append(&change)?;
        }
        let world = Arc::new(world);
        memory.before = std::mem::replace(&mut memory.world, Arc::clone(&world));
        self.changes.send_replace(world.sequence);
        Ok(world)
    }

    /// Watches the number of mutations grow.
    pub(super) fn on_change(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Returns the address that the items' pages are under.
    pub(super) fn url(&self) -> String {
        lock(&self.url).clone()
    }

    fn viewer(&self, token: Option<&str>) -> Result<Option<Id>, Reply> {
        let name = match token {
            None => return Ok(None),
            // A longer token too, so that tests can search for theirs in whatever is left behind.
            Some(token) if token == "sandbox" || token.starts_with("sandbox-") => {
                &self.config.seed.bot
            }
            Some(token) => token.strip_prefix("as:").unwrap_or_default(),
        };
        let world = self.world();
        match (world.user_named(name), name) {
            (Some(id), _) => Ok(Some(id)),
            (None, "") => Err(Reply::error(401, "Invalid token")),
            (None, name) => {
                let known: Vec<&str> =
                    world.users.iter().map(|(_, user)| user.username.as_str()).take(10).collect();
                let message = format!(
                    "the sandbox knows no user `{name}`; among those it knows: {}",
                    known.join(", ")
                );
                Err(Reply::error(401, &message))
            }
        }
    }
}

impl Sandbox {
    /// Opens the sandbox of a folder, adding what the seed has and the folder lacks.
    pub fn open(dir: &Path, seed: &Seed) -> Result<Self, SandboxError> {
        let (mut folder, stored) = Folder::open(dir)?;
        let mut world = stored.clone();
        sow(&mut world, seed)?;
        if folder.has_changes() || !world.changes_since(&stored).is_empty() {
            folder.compact(&world)?;
        }
        Self::with(world, Some(folder), seed)
    }

    /// Makes a sandbox that is gone when its last handle is.
    pub fn in_memory(seed: &Seed) -> Result<Self, SandboxError> {
        let mut world = World::default();
        sow(&mut world, seed)?;
        Self::with(world, None, seed)
    }

    /// Makes another one in memory that starts where this one is, without its faults and log.
    pub fn copy(&self) -> Result<Self, SandboxError> {
        let (world, before) = {
            let memory = lock(&self.state.memory);
            (Arc::clone(&memory.world), Arc::clone(&memory.before))
        };
        let copy = Self::with(World::clone(&world), None, &self.state.config.seed)?;
        lock(&copy.state.memory).before = before;
        Ok(copy)
    }

    fn with(world: World, folder: Option<Folder>, seed: &Seed) -> Result<Self, SandboxError> {
        let changes = watch::Sender::new(world.sequence);
        let world = Arc::new(world);
        let memory = Memory { before: Arc::clone(&world), world, folder };
        let state = State {
            changes,
            engine: Engine::of(&seed.edition)?,
            config: Arc::new(Config { seed: seed.clone() }),
            memory: Mutex::new(memory),
            traffic: Mutex::default(),
            meter: Mutex::new(None),
            progress: watch::Sender::new(Progress::default()),
            url: Mutex::new("http://sandbox.test".to_owned()),
            turn: Mutex::new(()),
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Serves the sandbox on an address; port 0 picks a free one.
    pub async fn serve(&self, address: SocketAddr) -> Result<Served, SandboxError> {
        http::serve(self.clone(), address).await
    }

    pub(super) fn set_url(&self, url: String) {
        *lock(&self.state.url) = url;
    }

    /// Answers the body of a POST with a token, faults and log included, without HTTP.
    pub fn execute(&self, token: Option<&str>, body: &[u8]) -> Reply {
        self.answer(self.arrive(), token, body, false)
    }

    /// Runs one document as the bot and returns the answer's JSON.
    pub fn query(&self, document: &str, variables: Value) -> Value {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let reply = self.execute(Some("sandbox"), body.as_bytes());
        serde_json::from_str(&reply.body).unwrap_or(Value::Null)
    }

    /// Answers a request that has arrived.
    pub(super) fn answer(
        &self,
        fault: Option<FaultKind>,
        token: Option<&str>,
        body: &[u8],
        by_get: bool,
    ) -> Reply {
        let (reply, summary) = {
            let _turn = lock(&self.state.turn);
            self.carry_out(token, body, by_get, fault.as_ref())
        };
        self.leave(body.len(), &reply, summary, fault);
        reply
    }

    /// Counts a request in and returns the fault that hits it.
    pub(super) fn arrive(&self) -> Option<FaultKind> {
        let mut traffic = lock(&self.state.traffic);
        traffic.received += 1;
        let number = traffic.received;
        self.state.progress.send_modify(|progress| progress.received = number);
        let hit = traffic.faults.iter().find(|fault| fault.hits(number));
        hit.map(|fault| fault.kind.clone())
    }

    /// Counts a request against the limits; an answer is a refusal.
    fn refused(&self, body: &[u8]) -> Option<(Reply, Summary)> {
        let mut meter = lock(&self.state.meter);
        let meter = meter.as_mut()?;
        let summary = graphql::outline(&self.state, body);
        let refusal = meter.count(&summary.fields)?;
        Some((refusal, summary))
    }

    /// Tells whether the next request is to find nothing that listens.
    pub(super) fn refuses_next(&self) -> bool {
        let traffic = lock(&self.state.traffic);
        let next = traffic.received + 1;
        traffic.faults.iter().any(|fault| fault.kind == FaultKind::Refuse && fault.hits(next))
    }

    /// The world that stale queries see.
    fn frozen(&self) -> Arc<World> {
        let mut traffic = lock(&self.state.traffic);
        let before = || Arc::clone(&lock(&self.state.memory).before);
        Arc::clone(traffic.frozen.get_or_insert_with(before))
    }

    fn carry_out(
        &self,
        token: Option<&str>,
        body: &[u8],
        by_get: bool,
        fault: Option<&FaultKind>,
    ) -> (Reply, Summary) {
        if let Some(reply) = fault.and_then(trouble::instead) {
            return (reply, graphql::outline(&self.state, body));
        }
        if let Some(refused) = self.refused(body) {
            return refused;
        }
        let viewer = match self.state.viewer(token) {
            Ok(viewer) => viewer,
            Err(reply) => return (reply, Summary::default()),
        };
        let requests = match graphql::read(body) {
            Ok(requests) => requests,
            Err(reply) => return (reply, Summary::default()),
        };
        let stale = matches!(fault, Some(FaultKind::Stale { .. }));
        let reading = stale.then(|| self.frozen());
        let (mut reply, summary) =
            graphql::run(&self.state, &requests, viewer, reading.as_ref(), by_get);
        if let Some(meter) = &*lock(&self.state.meter) {
            reply.headers = meter.headers();
        }
        if let Some(fault) = fault {
            trouble::spoil(&mut reply, fault, summary.mutation);
        }
        (reply, summary)
    }

    /// Logs a request and counts it out.
    fn leave(&self, bytes: usize, reply: &Reply, summary: Summary, fault: Option<FaultKind>) {
        let status = match reply.delivery {
            Delivery::Whole | Delivery::Truncated => reply.status,
            Delivery::Severed | Delivery::Hanging => 0,
        };
        lock(&self.state.traffic).log.push(Logged {
            operation: summary.operation,
            mutation: summary.mutation,
            fields: summary.fields,
            status,
            request_bytes: bytes,
            response_bytes: reply.body.len(),
            fault,
        });
        self.state.progress.send_modify(|progress| progress.done += 1);
    }

    /// Returns all requests since the last `clear_log`.
    pub fn log(&self) -> Vec<Logged> {
        lock(&self.state.traffic).log.clone()
    }

    /// Forgets the logged requests.
    pub fn clear_log(&self) {
        lock(&self.state.traffic).log.clear();
    }

    /// Replaces the faults; requests are counted from 1 again.
    pub fn faults(&self, faults: Vec<Fault>) {
        let mut traffic = lock(&self.state.traffic);
        traffic.faults = faults;
        traffic.received = 0;
        traffic.frozen = None;
        self.state.progress.send_replace(Progress::default());
    }

    /// Sets how much is taken in a minute, by the clock of this machine.
    pub fn limit(&self, limits: Limits) {
        self.limit_by(limits, limits::system_clock());
    }

    /// The same by another clock.
    pub fn limit_by(&self, limits: Limits, clock: Clock) {
        *lock(&self.state.meter) = Some(Meter::new(limits, clock));
    }

    /// Watches requests come and go.
    pub fn on_request(&self) -> watch::Receiver<Progress> {
        self.state.progress.subscribe()
    }

    /// Waits until the nth request has arrived.
    pub async fn received(&self, nth: usize) {
        self.wait(|progress| progress.received >= nth).await;
    }

    /// Waits until n requests are done with, committed if they were to be.
    pub async fn done(&self, nth: usize) {
        self.wait(|progress| progress.done >= nth).await;
    }

    async fn wait(&self, enough: impl FnMut(&Progress) -> bool) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.on_request().wait_for(enough).await;
    }

    /// Returns a picture of all items for comparing two worlds.
    pub fn dump(&self) -> Value {
        dump::dump(&self.state.world())
    }

    /// Returns all about one item, by full reference.
    pub fn item(&self, reference: &str) -> Option<ItemView> {
        let world = self.state.world();
        dump::view(&world, references::find(&world, reference, "")?)
    }

    /// Returns all about all items, oldest first.
    pub fn items(&self) -> Vec<ItemView> {
        let world = self.state.world();
        let views = world.items.iter().map(|(id, _)| dump::view(&world, id));
        views.flatten().collect()
    }

    /// Plays a colleague: the same rules as the API, but no request and no fault.
    pub fn edit(&self, as_user: &str, reference: &str, edit: Edit) -> Result<(), SandboxError> {
        let no = |what: &str, name: &str| SandboxError::Edit(format!("there is no {what} {name}"));
        if self.state.world().user_named(as_user).is_none() {
            return Err(no("user", as_user));
        }
        let id = references::find(&self.state.world(), reference, "");
        let id = id.ok_or_else(|| no("item", reference))?;
        self.play(as_user, |draft| people::apply(draft, id, &[edit]))
    }

    /// Commits what a person does, who need not be known yet, unless it is refused.
    pub(super) fn play<T>(
        &self,
        as_user: &str,
        work: impl FnOnce(&mut Draft<'_>) -> Result<T, Refusal>,
    ) -> Result<T, SandboxError> {
        let refused = |refusal: Refusal| SandboxError::Edit(refusal.texts().join("; "));
        let _turn = lock(&self.state.turn);
        let mut world = World::clone(&self.state.world());
        let user = people::known_or_new(&mut world, as_user).map_err(refused)?;
        let mut draft = Draft::new(&world, &self.state.config, user);
        let done = work(&mut draft).map_err(refused)?;
        self.state.commit(draft.world)?;
        Ok(done)
    }

    /// Returns the usernames of people, who can all be acted as with the token `as:NAME`.
    pub fn people(&self) -> Vec<String> {
        let world = self.state.world();
        let people = world.users.iter().filter(|(_, user)| !user.bot);
        people.map(|(_, user)| user.username.clone()).collect()
    }

    /// Returns everyone who was told of anything, oldest first.
    pub fn notifications(&self) -> Vec<Notification> {
        let world = self.state.world();
        world.notifications.iter().map(|(_, row)| row.clone()).collect()
    }

    /// Returns all quick actions that were cut out of texts, oldest first.
    pub fn quick_actions(&self) -> Vec<QuickActionRun> {
        let world = self.state.world();
        world.quick_actions.iter().map(|(_, row)| row.clone()).collect()
    }
}
