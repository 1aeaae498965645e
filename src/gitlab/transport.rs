//! Carries one document to the instance and its answer back: bounds, retries,
//! counters. It knows nothing of what documents mean.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::answer::{self, Answer};
use super::ask::Metadata;
use super::documents::Document;
use super::error::GitlabError;
use super::limiter::Limiter;
use super::pace::Pace;
use super::target::{Settings, Target, http_client, innermost, is_loopback, root_of};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// How many times a connection is tried again: an address that is wrong stays wrong.
const CONNECT_RETRIES: usize = 2;

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
struct Counted {
    requests: AtomicU64,
    mutations: AtomicU64,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
}

/// A connection to one instance; clones share it with its limits.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    root: Url,
    endpoint: Url,
    host: String,
    token: Option<SecretString>,
    pace: Pace,
    limiter: Limiter,
    counted: Counted,
    metadata: OnceCell<Metadata>,
    warnings: Mutex<Vec<String>>,
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
        let root = root_of(&target.url)?;
        let host = root.host_str().unwrap_or_default().to_owned();
        let loopback = is_loopback(&root);
        if root.scheme() == "http" && !loopback {
            return Err(GitlabError::PlainHttp { host });
        }
        let mut endpoint = root.clone();
        endpoint.set_path(&format!("{}/api/graphql", root.path().trim_end_matches('/')));
        Ok(Self {
            inner: Arc::new(Inner {
                http: http_client(target.token.as_ref(), &settings.pace, loopback)?,
                root,
                endpoint,
                host,
                token: target.token.clone(),
                pace: settings.pace,
                limiter: Limiter::new(settings.parallelism, settings.pace.sleeps),
                counted: Counted::default(),
                metadata: OnceCell::new(),
                warnings: Mutex::default(),
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

    /// Sets who is told when requests pause, and for how long.
    pub fn on_wait(&self, hook: impl Fn(Duration) + Send + Sync + 'static) {
        self.inner.limiter.on_wait(Arc::new(hook));
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

    /// Sends a query; any top-level error is an error of the whole.
    pub(super) async fn query(
        &self,
        document: &Document,
        variables: Value,
    ) -> Result<Value, GitlabError> {
        self.send(document, &variables).await.map(|answer| answer.data)
    }

    /// Sends a mutation; top-level errors are left to the caller, who knows what the data mean.
    pub(super) async fn mutate(
        &self,
        document: &Document,
        input: Value,
    ) -> Result<Answer, GitlabError> {
        self.send(document, &json!({ "input": input })).await
    }

    /// Sends a document until it is answered or there is no use in going on.
    async fn send(&self, document: &Document, variables: &Value) -> Result<Answer, GitlabError> {
        let body = json!({
            "operationName": document.name,
            "query": document.text,
            "variables": variables,
        })
        .to_string();
        let pace = &self.inner.pace;
        let mut waits = pace.backoff().enumerate();
        loop {
            let permit = self.inner.limiter.enter().await;
            let error = match self.once(document, body.clone()).await {
                Ok(answer) => {
                    permit.succeeded();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let next = waits.next();
            if let GitlabError::RateLimited { after } = error {
                let pause = after.unwrap_or(pace.rate_limit);
                let patient = next.is_some() && pause <= pace.longest;
                permit.limited(if patient { pause } else { Duration::ZERO });
                if !patient {
                    return Err(error);
                }
                continue;
            }
            drop(permit);
            let Some((tried, wait)) = next.filter(|(tried, _)| may_retry(document, &error, *tried))
            else {
                return Err(error);
            };
            if tried > 0 {
                self.inner.limiter.announce(wait);
            }
            pace.sleep(wait).await;
        }
    }

    async fn once(&self, document: &Document, body: String) -> Result<Answer, GitlabError> {
        self.count(document, body.len());
        let request = self.inner.http.post(self.inner.endpoint.clone()).body(body);
        let response = request.send().await.map_err(|e| self.network_error(&e))?;
        let clean = |text: &str| self.clean(text);
        let status = response.status();
        let content_type = header(response.headers(), CONTENT_TYPE.as_str())
            .unwrap_or("no content type")
            .to_owned();
        let json = is_json(&content_type);
        if status.is_redirection() {
            return Err(self.redirect(response.headers()));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(GitlabError::RateLimited { after: asked_wait(response.headers()) });
        }
        if !status.is_success() || !json {
            // A body that cannot be read takes nothing away from the status.
            let bytes = self.read(response).await.unwrap_or_default();
            return Err(answer::of_status(status.as_u16(), json, &content_type, &bytes, &clean));
        }
        let bytes = self.read(response).await?;
        let answer = answer::parse(&bytes, &clean).map_err(|detail| self.broken(detail))?;
        match answer::verdict(&answer.errors, &format!("what `{}` asks for", document.name)) {
            Some(error @ GitlabError::RateLimited { .. }) => Err(error),
            Some(error) if !document.mutation => Err(error),
            Some(_) | None => Ok(answer),
        }
    }

    fn count(&self, document: &Document, bytes: usize) {
        let counted = &self.inner.counted;
        counted.requests.fetch_add(1, Ordering::Relaxed);
        counted.mutations.fetch_add(u64::from(document.mutation), Ordering::Relaxed);
        counted.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Reads a body up to the bound.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, GitlabError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.network_error(&e))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(GitlabError::TooLarge { limit: LARGEST_ANSWER });
            }
            self.inner.counted.bytes_in.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn network_error(&self, error: &reqwest::Error) -> GitlabError {
        let host = self.inner.host.clone();
        if error.is_connect() {
            GitlabError::Connect { host, detail: self.clean(&innermost(error)) }
        } else if error.is_timeout() {
            GitlabError::Timeout { host, after: self.inner.pace.timeout }
        } else {
            self.broken(innermost(error))
        }
    }

    fn broken(&self, detail: String) -> GitlabError {
        GitlabError::Broken { host: self.inner.host.clone(), detail: self.clean(&detail) }
    }

    fn redirect(&self, headers: &HeaderMap) -> GitlabError {
        let there =
            header(headers, LOCATION.as_str()).and_then(|to| self.inner.endpoint.join(to).ok());
        let to = there.map_or_else(|| "nowhere".into(), |url| url.origin().ascii_serialization());
        GitlabError::Redirect { to: self.clean(&to) }
    }

    /// Makes a text from the other side fit to be shown: without the token, without control characters.
    pub(super) fn clean(&self, text: &str) -> String {
        let secret = self.inner.token.as_ref().map(|token| token.expose_secret().trim());
        let hide = |text: &str| match secret {
            Some(secret) if !secret.is_empty() => text.replace(secret, "[token]"),
            Some(_) | None => text.to_owned(),
        };
        hide(&answer::tidy(&hide(text)))
    }
}

/// Reads are harmless; a mutation is sent again only if it was certainly not received.
fn may_retry(document: &Document, error: &GitlabError, tried: usize) -> bool {
    match error {
        GitlabError::Connect { .. } => tried < CONNECT_RETRIES,
        _ => !document.mutation && error.is_transient(),
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind == "application/graphql-response+json"
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    answer::wait_asked(
        header(headers, RETRY_AFTER.as_str()),
        header(headers, "ratelimit-reset"),
        now,
    )
}
