//! Which GitLab the client speaks to, as whom, and over what kind of connection.
//!
//! The token goes to that host only, and never in the clear.

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::answer;
use super::error::GitlabError;
use super::pace::Pace;
use super::watch::Login;

/// Which GitLab, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// Root of the instance; it may have a path.
    pub url: String,
    /// The access token; without one the caller is anonymous.
    pub token: Option<SecretString>,
}

/// The address of an instance, made sure of before anything is looked up for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Root of the instance, without a slash at the end.
    pub url: String,
    /// The host, with its port if it is not the usual one.
    pub host: String,
    /// Whether it is this machine.
    pub loopback: bool,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// Fails on what is no address of an instance, or holds a name or password.
    pub fn parse(text: &str) -> Result<Self, GitlabError> {
        let root = root_of(text)?;
        let host = root.host_str().unwrap_or_default();
        let host = root.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let url = root.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, host, loopback: is_loopback(&root) })
    }
}

/// How hard the client may press.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Requests under way at the same time.
    pub parallelism: usize,
    /// All waits.
    pub pace: Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self { parallelism: 4, pace: Pace::default() }
    }
}

/// What is known of the way to an instance beside its address.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Where the token came from.
    pub login: Login,
    /// Certificates, as PEM, that vouch for the instance beside the system's own.
    pub authorities: Vec<u8>,
}

pub(super) fn http_client(
    token: Option<&SecretString>,
    pace: &Pace,
    root: &Url,
    authorities: &[u8],
) -> Result<reqwest::Client, GitlabError> {
    // Fails only if a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, bearer(token)?);
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("epictree/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(pace.connect)
        .timeout(pace.timeout)
        .gzip(true);
    if is_loopback(root) {
        builder = builder.no_proxy();
    } else {
        builder = builder.https_only(true);
    }
    if root.scheme() == "http" {
        // Nothing to vouch for, and the system's many certificates take long to read.
        builder = builder.tls_certs_only([]);
    }
    let unusable = |e| GitlabError::Setup { detail: answer::tidy(&innermost(&e)) };
    if !authorities.is_empty() {
        let more = reqwest::Certificate::from_pem_bundle(authorities).map_err(unusable)?;
        builder = builder.tls_certs_merge(more);
    }
    builder.build().map_err(unusable)
}

fn bearer(token: &SecretString) -> Result<HeaderValue, GitlabError> {
    let token = token.expose_secret().trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(GitlabError::MalformedToken);
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| GitlabError::MalformedToken)?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn root_of(text: &str) -> Result<Url, GitlabError> {
    let wrong = |url: &str, why| GitlabError::Url { url: answer::tidy(url), why };
    let text = text.trim();
    let Ok(mut url) = Url::parse(text) else {
        // What follows an `@` is the host; what precedes it may be a secret.
        return Err(wrong(text.rsplit('@').next().unwrap_or_default(), "it cannot be parsed"));
    };
    let named = !url.username().is_empty() || url.password().is_some();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let queried = url.query().is_some();
    url.set_query(None);
    let why = if !matches!(url.scheme(), "http" | "https") {
        "it starts with neither https:// nor http://"
    } else if named {
        "it holds a user name or password"
    } else if queried {
        "it holds a query"
    } else if url.host_str().is_none_or(str::is_empty) {
        "it names no host"
    } else {
        return Ok(url);
    };
    Err(wrong(url.as_str(), why))
}

/// Whether the host is this machine by its very name or number.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let number = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || number.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

/// The innermost reason of a network error, which is the one that tells something.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
