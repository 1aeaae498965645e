//! Carries one document to the instance and its answer back: bounds, retries,
//! counters. It knows nothing of what documents mean.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::client::Client;
use super::documents::{self, Document};
use super::error::GitlabError;
use super::quota::{Heard, Limited};
use super::target::innermost;
use super::watch::{Exchange, WaitCause};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// How many times a connection is tried again: an address that is wrong stays wrong.
const CONNECT_RETRIES: usize = 2;
/// The shortest pause after a refusal: one that asks for none is not believed.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// What is seen of an answer, whatever becomes of it.
#[derive(Default)]
struct Seen {
    status: Option<u16>,
    bytes: usize,
    /// Whether a refusal said how long to wait.
    says_when: bool,
}

impl Client {
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
        variables: &Value,
    ) -> Result<Answer, GitlabError> {
        self.send(document, variables).await
    }

    /// Sends a document until it is answered or there is no use in going on.
    async fn send(&self, document: &Document, variables: &Value) -> Result<Answer, GitlabError> {
        let body = json!({
            "operationName": document.name,
            "query": document.text,
            "variables": variables,
        })
        .to_string();
        let (pace, limiter) = (&self.inner.pace, &self.inner.limiter);
        let limited = counted_as(document);
        let mut waits = pace.backoff().enumerate();
        let (mut sent, mut paused) = (0, Duration::ZERO);
        loop {
            let permit = limiter.enter(limited).await?;
            let (result, seen) = self.exchange(document, body.clone(), sent).await;
            sent += 1;
            let error = match result {
                Ok(answer) => {
                    permit.succeeded();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if let GitlabError::RateLimited { after } = error {
                let pause = after.unwrap_or(pace.rate_limit).max(SHORTEST_PAUSE);
                paused = pause.saturating_add(paused);
                let patient = paused <= pace.longest;
                // A throttle says when; a limit on one kind of work does not, and is that kind's.
                let limited = if seen.says_when { Limited::Requests } else { limited };
                permit.limited(limited, if patient { pause } else { Duration::ZERO });
                if !patient {
                    return Err(error);
                }
                continue;
            }
            drop(permit);
            let next = waits.next().filter(|(tried, _)| may_retry(document, &error, *tried));
            let Some((_, wait)) = next else { return Err(error) };
            limiter.wait(WaitCause::Retry(error.to_string()), wait).await?;
        }
    }

    /// Sends once, counts, and tells whoever watches.
    async fn exchange(
        &self,
        document: &Document,
        body: String,
        retry: usize,
    ) -> (Result<Answer, GitlabError>, Seen) {
        let (bytes_out, began, mut seen) = (body.len(), Instant::now(), Seen::default());
        self.count(document, bytes_out);
        if document.mutation {
            *self.flying().entry(document.name).or_default() += 1;
        }
        let result = self.once(document, body, &mut seen).await;
        if document.mutation
            && let Some(flying) = self.flying().get_mut(document.name)
        {
            *flying -= 1;
        }
        if let Some(watcher) = self.inner.watcher.get() {
            watcher(&Exchange {
                operation: document.name,
                mutation: document.mutation,
                retry,
                status: seen.status,
                error: result.as_ref().err().map(ToString::to_string),
                took: began.elapsed(),
                bytes_out,
                bytes_in: seen.bytes,
            });
        }
        (result, seen)
    }

    async fn once(
        &self,
        document: &Document,
        body: String,
        seen: &mut Seen,
    ) -> Result<Answer, GitlabError> {
        let request = self.inner.http.post(self.inner.endpoint.clone()).body(body);
        let response = request.send().await.map_err(|e| self.network_error(&e))?;
        let clean = |text: &str| self.clean(text);
        let status = response.status();
        seen.status = Some(status.as_u16());
        let (heard, retry_after) = limits(response.headers());
        self.inner.limiter.heard(heard);
        let content_type = header(response.headers(), CONTENT_TYPE.as_str())
            .unwrap_or("no content type")
            .to_owned();
        let json = is_json(&content_type);
        if status.is_redirection() {
            return Err(self.redirect(response.headers()));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let after = retry_after.or(heard.reset);
            seen.says_when = after.is_some();
            return Err(GitlabError::RateLimited { after });
        }
        if !status.is_success() || !json {
            // A body that cannot be read takes nothing away from the status.
            let bytes = self.read(response, seen).await.unwrap_or_default();
            let error = answer::of_status(status.as_u16(), json, &content_type, &bytes, &clean);
            return Err(match error {
                GitlabError::Unauthorized { detail, .. } => self.unauthorized(detail),
                error => error,
            });
        }
        let bytes = self.read(response, seen).await?;
        let answer = answer::parse(&bytes, &clean).map_err(|detail| self.broken(detail))?;
        match answer::verdict(&answer.errors, &format!("what `{}` asks for", document.name)) {
            Some(error @ GitlabError::RateLimited { .. }) => Err(error),
            Some(error) if !document.mutation => Err(error),
            Some(_) | None => Ok(answer),
        }
    }

    /// The error for a token that is not accepted, which says where the token came from.
    pub(super) fn unauthorized(&self, detail: String) -> GitlabError {
        GitlabError::Unauthorized { detail, login: self.inner.login.clone() }
    }

    fn count(&self, document: &Document, bytes: usize) {
        let counted = &self.inner.counted;
        counted.requests.fetch_add(1, Ordering::Relaxed);
        counted.mutations.fetch_add(u64::from(document.mutation), Ordering::Relaxed);
        counted.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Reads a body up to the bound.
    async fn read(&self, mut response: Response, seen: &mut Seen) -> Result<Vec<u8>, GitlabError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.network_error(&e))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(GitlabError::TooLarge { limit: LARGEST_ANSWER });
            }
            self.inner.counted.bytes_in.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            seen.bytes += chunk.len();
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

/// What an operation counts against.
fn counted_as(document: &Document) -> Limited {
    match document.name {
        documents::CREATE_ITEM_NAME => Limited::Creations,
        documents::POST_COMMENT_NAME => Limited::Notes,
        _ => Limited::Requests,
    }
}

/// What the headers say of limits, and how long they ask to wait.
fn limits(headers: &HeaderMap) -> (Heard, Option<Duration>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    answer::limits(|name| header(headers, name), now)
}
