//! A connection to one instance: what it knows and counts, and who watches it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::ask::Metadata;
use super::error::GitlabError;
use super::limiter::Limiter;
use super::pace::Pace;
use super::quota::Rates;
use super::target::{Connection, Settings, Target, http_client, is_loopback, root_of};
use super::watch::{Exchange, Login, Wait};

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Those of them that carried a mutation.
    pub mutations: u64,
    /// Bytes of bodies sent.
    pub bytes_out: u64,
    /// Bytes of bodies received, after decompression.
    pub bytes_in: u64,
}

#[derive(Default)]
pub(super) struct Counted {
    pub(super) requests: AtomicU64,
    pub(super) mutations: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    pub(super) bytes_in: AtomicU64,
}

type Watcher = Box<dyn Fn(&Exchange) + Send + Sync>;

/// A connection to one instance; clones share it with its limits.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    root: Url,
    pub(super) endpoint: Url,
    pub(super) host: String,
    pub(super) token: Option<SecretString>,
    pub(super) login: Login,
    pub(super) pace: Pace,
    pub(super) limiter: Limiter,
    pub(super) counted: Counted,
    metadata: OnceCell<Metadata>,
    warnings: Mutex<Vec<String>>,
    pub(super) watcher: OnceLock<Watcher>,
    /// Mutations sent and not yet answered, by operation.
    in_flight: Mutex<BTreeMap<&'static str, usize>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.inner.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// Fails on an address that is none, on plain HTTP to another machine, and
    /// on a token that cannot be one.
    pub fn new(target: &Target, settings: Settings) -> Result<Self, GitlabError> {
        Self::connected(target, settings, Connection::default())
    }

    /// The same with what is known of the way there.
    ///
    /// # Errors
    /// As `new`, and on certificates that are none.
    pub fn connected(
        target: &Target,
        settings: Settings,
        connection: Connection,
    ) -> Result<Self, GitlabError> {
        let root = root_of(&target.url)?;
        let host = root.host_str().unwrap_or_default().to_owned();
        let loopback = is_loopback(&root);
        if root.scheme() == "http" && !loopback {
            return Err(GitlabError::PlainHttp { host });
        }
        let http =
            http_client(target.token.as_ref(), &settings.pace, &root, &connection.authorities)?;
        let limiter = Limiter::new(settings.parallelism, &settings.pace, Rates::of_host(&host));
        let mut endpoint = root.clone();
        endpoint.set_path(&format!("{}/api/graphql", root.path().trim_end_matches('/')));
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                root,
                endpoint,
                host,
                token: target.token.clone(),
                login: connection.login,
                pace: settings.pace,
                limiter,
                counted: Counted::default(),
                metadata: OnceCell::new(),
                warnings: Mutex::default(),
                watcher: OnceLock::new(),
                in_flight: Mutex::default(),
            }),
        })
    }

    /// Root of the instance, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.root.as_str().trim_end_matches('/')
    }

    /// All waits of this client.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.inner.pace
    }

    /// Sets who is told when requests pause, why, and for how long.
    pub fn on_wait(&self, hook: impl Fn(&Wait) + Send + Sync + 'static) {
        self.inner.limiter.on_wait(Arc::new(hook));
    }

    /// Sets, once, who is told of each request.
    pub fn on_exchange(&self, watcher: impl Fn(&Exchange) + Send + Sync + 'static) {
        // Whoever watches already keeps watching.
        let _ = self.inner.watcher.set(Box::new(watcher));
    }

    /// Ends all waits and lets no request wait any more; what is under way ends by itself.
    pub fn stop(&self) {
        self.inner.limiter.stop();
    }

    /// The mutations that were sent and are not yet answered, by operation.
    #[must_use]
    pub fn in_flight(&self) -> BTreeMap<&'static str, usize> {
        self.flying().clone()
    }

    pub(super) fn flying(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.inner.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rates that are known: those of the host, and what its answers said.
    #[must_use]
    pub fn rates(&self) -> Rates {
        self.inner.limiter.rates()
    }

    /// How many requests may be under way now: lowered by itself on 429.
    #[must_use]
    pub fn parallelism(&self) -> usize {
        self.inner.limiter.limit()
    }

    /// What was sent and received so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let counted = &self.inner.counted;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            requests: read(&counted.requests),
            mutations: read(&counted.mutations),
            bytes_out: read(&counted.bytes_out),
            bytes_in: read(&counted.bytes_in),
        }
    }

    /// Takes what GitLab complained of beside writes that it did.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn warn(&self, text: String) {
        self.inner.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    pub(super) fn known_metadata(&self) -> &OnceCell<Metadata> {
        &self.inner.metadata
    }
}
