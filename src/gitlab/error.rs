//! What can go wrong between epictree and GitLab, told in one sentence each.
//!
//! Texts that come from the other side are cleaned before they get here; a
//! token never does.

use std::time::Duration;

use thiserror::Error;

use super::watch::Login;

/// The failure of one request, or of a target that cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GitlabError {
    /// The address of the instance is not usable.
    #[error("`{url}` is not the address of a GitLab instance: {why}")]
    Url {
        /// What was given, without user name and password.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address would send the token in the clear.
    #[error("plain http to {host} would send the token unprotected")]
    PlainHttp {
        /// The host that was named.
        host: String,
    },
    /// The token cannot stand in a header.
    #[error("the token holds characters that no GitLab token has")]
    MalformedToken,
    /// The HTTP client could not be set up.
    #[error("the https client cannot be set up: {detail}")]
    Setup {
        /// The reason given by the TLS or proxy settings.
        detail: String,
    },
    /// No connection came about, so nothing was sent.
    #[error("{host} cannot be reached: {detail}")]
    Connect {
        /// The host.
        host: String,
        /// The reason given by the network.
        detail: String,
    },
    /// No answer within the time allowed.
    #[error("no answer from {host} within {} s", after.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the whole answer was there.
    #[error("the answer of {host} was cut short: {detail}")]
    Broken {
        /// The host.
        host: String,
        /// The reason given by the network or the parser.
        detail: String,
    },
    /// The answer is larger than epictree reads.
    #[error("the answer is larger than {} MiB", limit >> 20)]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// The answer is a page, not JSON.
    #[error("a page answered instead of GitLab's API (status {status}, {content_type})")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// The content type, or `no content type`.
        content_type: String,
    },
    /// The answer sends elsewhere, which is never followed.
    #[error("the address answers with a redirect to {to}, which is not followed")]
    Redirect {
        /// Scheme and host of the other address.
        to: String,
    },
    /// A status without a meaning of its own.
    #[error("the instance answered with status {status}{}", after_colon(detail))]
    Http {
        /// The HTTP status.
        status: u16,
        /// The message in the body, if it was JSON.
        detail: String,
    },
    /// Too many requests.
    #[error("the instance refuses more requests for now{}", wait(*after))]
    RateLimited {
        /// How long it asks to wait, if it says.
        after: Option<Duration>,
    },
    /// The token is missing, wrong or expired.
    #[error("the instance does not accept the token{}{}", from(login), after_colon(detail))]
    Unauthorized {
        /// The instance's own words.
        detail: String,
        /// Where the token came from.
        login: Login,
    },
    /// The token is known but may not do this.
    #[error("the instance forbids this{}", after_colon(detail))]
    Forbidden {
        /// The instance's own words.
        detail: String,
    },
    /// Absent, or hidden from this token: GitLab does not say which.
    #[error("{what} does not exist, or this token may not see or change it")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The request itself was refused: unknown field, wrong type, too costly.
    #[error("the instance does not understand the request: {}", messages.join("; "))]
    Invalid {
        /// The instance's own words.
        messages: Vec<String>,
    },
    /// The request was understood and refused by GitLab's rules.
    #[error("the instance refuses: {}", messages.join("; "))]
    Payload {
        /// The instance's own words.
        messages: Vec<String>,
    },
    /// The licence or the edition does not have it.
    #[error("the instance does not offer this: {message}")]
    Unlicensed {
        /// The instance's own words.
        message: String,
    },
    /// The text was taken for spam.
    #[error("the instance takes this for spam{}", if *captcha { " and asks for a captcha" } else { "" })]
    Spam {
        /// Whether a captcha would let it pass.
        captcha: bool,
    },
    /// The instance failed while working on the request.
    #[error("the instance failed while working: {}", messages.join("; "))]
    Failed {
        /// The instance's own words.
        messages: Vec<String>,
    },
    /// The user stopped before it was sent.
    #[error("stopped before it was sent")]
    Interrupted,
    /// JSON, but not what the schema promises.
    #[error("the instance answered `{operation}` in an unexpected way: {detail}")]
    Unexpected {
        /// The operation's name.
        operation: String,
        /// What was missing or different.
        detail: String,
    },
}

fn after_colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

fn from(login: &Login) -> String {
    if login.source.is_empty() { String::new() } else { format!(" from {}", login.source) }
}

fn wait(after: Option<Duration>) -> String {
    after.map_or_else(String::new, |d| format!(" and asks to wait {} s", d.as_secs()))
}

/// GitLab's text for a transient failure behind parent links of epics.
const FLAKY_LINK: &str = "due to an internal error";

impl GitlabError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Url { .. } => "give the root of the instance, such as https://gitlab.example.com".into(),
            Self::PlainHttp { .. } => "use https; plain http is only for this machine".into(),
            Self::MalformedToken => "check the token for stray blanks, quotes or line breaks".into(),
            Self::Setup { .. } => "check the proxy and certificate variables of the environment".into(),
            Self::Connect { detail, .. } => connect_hint(detail).into(),
            Self::Timeout { .. } | Self::Broken { .. } | Self::Failed { .. } | Self::Interrupted => {
                "run the same command again; what is done is not done twice".into()
            }
            Self::TooLarge { .. } => "select less with --only".into(),
            Self::NotJson { .. } => "a proxy or login page answered: check the address, the VPN and the proxy".into(),
            Self::Redirect { .. } => "if that address is right, set it as the instance's url".into(),
            Self::Http { status: 500.., .. } => "run the same command again in some minutes".into(),
            Self::Http { status: 404, .. } => "check the instance's url, with its path if it has one".into(),
            Self::Http { status: 407, .. } => "the proxy wants a login: check HTTPS_PROXY".into(),
            Self::Http { .. } => "check the instance's url".into(),
            Self::RateLimited { .. } => "wait a minute, then run the same command again, or lower --parallelism".into(),
            Self::Unauthorized { login: Login { renewal: Some(renewal), .. }, .. } => {
                renewal.clone()
            }
            Self::Unauthorized { .. } => {
                "set GITLAB_TOKEN to a valid token with scope api (read_api is enough to plan); a CI job token does not work".into()
            }
            Self::Forbidden { .. } => "the token needs scope api to write and read_api to read".into(),
            Self::NotFound { .. } => {
                "check the path and that the token's user is a member with role Planner or Reporter".into()
            }
            Self::Invalid { .. } => "epictree needs GitLab 18.1 or newer".into(),
            Self::Payload { messages } => payload_hint(messages).into(),
            Self::Unlicensed { .. } => {
                "epics need Premium, epics under epics Ultimate; see `nested-epics` for instances without".into()
            }
            Self::Spam { .. } => "create the item by hand once, or ask the instance's administrators".into(),
            Self::Unexpected { .. } => "check the instance's version: epictree needs GitLab 18.1 or newer".into(),
        }
    }

    /// Tells whether the same read may well succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http { status, .. } | Self::NotJson { status, .. } => {
                *status >= 500 || *status == 408
            }
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::RateLimited { .. }
            | Self::Failed { .. } => true,
            Self::Payload { messages } => messages.iter().any(|m| m.contains(FLAKY_LINK)),
            Self::Url { .. }
            | Self::PlainHttp { .. }
            | Self::MalformedToken
            | Self::Setup { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Unlicensed { .. }
            | Self::Spam { .. }
            | Self::Interrupted
            | Self::Unexpected { .. } => false,
        }
    }

    /// Tells whether a mutation that ended this way certainly changed nothing.
    #[must_use]
    pub fn certainly_not_done(&self) -> bool {
        match self {
            Self::Http { status, .. } => *status < 500 && *status != 408,
            Self::Payload { .. } => !self.is_transient(),
            Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. }
            | Self::NotJson { .. }
            | Self::Failed { .. }
            | Self::Unexpected { .. } => false,
            Self::Url { .. }
            | Self::PlainHttp { .. }
            | Self::MalformedToken
            | Self::Setup { .. }
            | Self::Connect { .. }
            | Self::Redirect { .. }
            | Self::RateLimited { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Unlicensed { .. }
            | Self::Interrupted
            | Self::Spam { .. } => true,
        }
    }
}

fn connect_hint(detail: &str) -> &'static str {
    if detail.contains("certificate") {
        "the certificate is not trusted here: add the authority to the system's store or name it in SSL_CERT_FILE"
    } else {
        "check the address, the network or VPN, and the proxy if one is set"
    }
}

fn payload_hint(messages: &[String]) -> &'static str {
    let says = |word: &str| messages.iter().any(|m| m.contains(word));
    if says("maximum depth") {
        "epics nest seven levels deep, issues one: place the tree higher up"
    } else if says("non-confidential") {
        "make the children confidential before or together with their parent"
    } else if says("No matching") {
        "the caller needs rights on both the parent and the child"
    } else {
        "change what the message names, then run the same command again"
    }
}

/// The failure of a mutation, by what is known of its effect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteError {
    /// Certainly nothing was written.
    #[error("{0}")]
    Refused(GitlabError),
    /// The answer was lost, so it may have been written: look before trying again.
    #[error("{0}; it may have been written all the same")]
    Uncertain(GitlabError),
}

impl WriteError {
    /// The failure itself.
    #[must_use]
    pub fn error(&self) -> &GitlabError {
        match self {
            Self::Refused(error) | Self::Uncertain(error) => error,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        self.error().hint()
    }

    /// Tells whether the write may have happened.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain(_))
    }
}

impl From<GitlabError> for WriteError {
    fn from(error: GitlabError) -> Self {
        if error.certainly_not_done() { Self::Refused(error) } else { Self::Uncertain(error) }
    }
}
