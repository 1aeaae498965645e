//! Finds the login that the `glab` command keeps for a host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, civil, tz};
use secrecy::SecretString;
use serde::Deserialize;

use super::Failure;

/// How glab writes the end of an OAuth login, without its time zone.
const EXPIRY: &str = "%d %b %y %H:%M";
/// No clock is further from UTC than this.
const FURTHEST_ZONE: SignedDuration = SignedDuration::from_hours(14);

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    hosts: BTreeMap<String, Host>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Host {
    token: Option<String>,
    api_host: Option<String>,
    ca_cert: Option<PathBuf>,
    is_oauth2: Option<String>,
    oauth2_expiry_date: Option<String>,
    use_keyring: Option<String>,
}

/// A login that can be used.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) token: SecretString,
    /// Whether glab alone can renew it.
    pub(super) oauth: bool,
    /// The authority that glab trusts for that host.
    pub(super) ca_cert: Option<PathBuf>,
    /// The file it stands in.
    pub(super) file: PathBuf,
}

/// The login of a host, such as `gitlab.example.com` or `localhost:3000`; `None` if glab knows none.
///
/// # Errors
/// glab's file is broken, or it knows the host and its token cannot be used.
pub(super) fn login(host: &str) -> Result<Option<Login>, Failure> {
    let read = |path: PathBuf| Some((std::fs::read_to_string(&path).ok()?, path));
    match candidates().into_iter().find_map(read) {
        Some((text, file)) => find(&text, &file, host, Timestamp::now()),
        None => Ok(None),
    }
}

fn find(text: &str, file: &Path, host: &str, now: Timestamp) -> Result<Option<Login>, Failure> {
    // glab marks tokens `!!null glpat-…`, which a YAML reader takes for nothing.
    let Ok(config) = serde_saphyr::from_str::<Config>(&text.replace("!!null ", "")) else {
        // Not the reader's own words: they quote the line, which may hold a token.
        let message = format!("glab's file {} is not the YAML that glab writes", file.display());
        return Err(Failure::new(message).hint("mend it, or set GITLAB_TOKEN instead"));
    };
    let is = |name: &str| name.eq_ignore_ascii_case(host);
    let serves = |known: &Host| known.api_host.as_deref().is_some_and(is);
    let by_name = config.hosts.iter().find(|(name, _)| is(name));
    let Some((_, known)) = by_name.or_else(|| config.hosts.iter().find(|(_, h)| serves(h))) else {
        return Ok(None);
    };
    let yes = |flag: &Option<String>| flag.as_deref() == Some("true");
    let oauth = yes(&known.is_oauth2);
    match known.token.as_deref().filter(|token| !token.is_empty()) {
        Some(_) if oauth && known.oauth2_expiry_date.as_deref().is_some_and(|at| past(at, now)) => {
            Err(Failure::new(format!(
                "glab's OAuth login for {host} has ended, and only glab can renew it"
            ))
            .hint(format!("{RENEW}, or set GITLAB_TOKEN instead")))
        }
        Some(token) => Ok(Some(Login {
            token: token.to_owned().into(),
            oauth,
            ca_cert: known.ca_cert.clone().filter(|path| !path.as_os_str().is_empty()),
            file: file.to_owned(),
        })),
        None if yes(&known.use_keyring) => Err(Failure::new(format!(
            "glab keeps the token for {host} in the system's keyring, which epictree does not open"
        ))
        .hint("set GITLAB_TOKEN instead; `glab auth status --show-token` shows the token")),
        None => Ok(None),
    }
}

/// How an OAuth login is renewed.
pub(super) const RENEW: &str = "run `glab api user`, which renews it, then run this again";

/// Whether an OAuth login has certainly ended: a time zone may be given by a name that says nothing.
fn past(text: &str, now: Timestamp) -> bool {
    if let Ok(at) = text.parse::<Timestamp>() {
        return at <= now;
    }
    let Some((time, zone)) = text.trim().rsplit_once(' ') else { return false };
    let Ok(time) = civil::DateTime::strptime(EXPIRY, time) else { return false };
    let Ok(at) = tz::TimeZone::UTC.to_timestamp(time) else { return false };
    let slack = if matches!(zone, "UTC" | "GMT") { SignedDuration::ZERO } else { FURTHEST_ZONE };
    at.checked_add(slack).is_ok_and(|at| at <= now)
}

/// Where glab looks for its file, in its order.
fn candidates() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = folder("HOME");
    let mut paths: Vec<PathBuf> = folder("GLAB_CONFIG_DIR").into_iter().collect();
    let mut below = |base: Option<PathBuf>| paths.extend(base.map(|base| base.join("glab-cli")));
    below(home.as_ref().map(|home| home.join(".config")));
    below(folder("XDG_CONFIG_HOME"));
    below(home.map(|home| home.join("Library/Application Support")));
    below(folder("APPDATA"));
    let shared = folder("XDG_CONFIG_DIRS").unwrap_or_default();
    std::env::split_paths(&shared).for_each(|base| below(Some(base)));
    paths.into_iter().map(|folder| folder.join("config.yml")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const FILE: &str = r#"
host: gitlab.com
hosts:
  gitlab.com:
    token: !!null glpat-abc
    api_host: api.gitlab.test
    ca_cert: /etc/ca.pem
  ended.test:
    token: x
    is_oauth2: "true"
    oauth2_expiry_date: 13 Mar 23 15:47 GMT
  lasts.test:
    token: oauth
    is_oauth2: "true"
    oauth2_expiry_date: "01 Jan 50 00:00 CET"
  ring.test:
    use_keyring: "true"
"#;

    fn found(text: &str, host: &str) -> Result<Option<Login>, Failure> {
        find(text, Path::new("config.yml"), host, "2026-11-24T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_the_token_of_that_host_is_taken() {
        for host in ["gitlab.com", "GitLab.com", "api.gitlab.test"] {
            let login = found(FILE, host).unwrap().unwrap();
            assert_eq!(login.token.expose_secret(), "glpat-abc", "{host}");
            assert_eq!(login.ca_cert.as_deref(), Some(Path::new("/etc/ca.pem")));
        }
        for host in ["gitlab.example.com", "gitlab.com:8443", "gitlab.com.example.com"] {
            assert!(found(FILE, host).unwrap().is_none(), "{host}");
        }
    }

    #[test]
    fn a_login_that_cannot_be_used_says_why_and_what_to_do() {
        for (host, why, next) in
            [("ended.test", "has ended", "glab api user"), ("ring.test", "keyring", "GITLAB_TOKEN")]
        {
            let failure = found(FILE, host).unwrap_err();
            assert!(failure.message.contains(why), "{}", failure.message);
            assert!(failure.hint.unwrap().contains(next), "{host}");
        }
        let broken = found("hosts: [\n  token: glpat-abc", "gitlab.com").unwrap_err();
        assert!(!broken.message.contains("glpat-abc"), "{}", broken.message);
    }

    #[test]
    fn an_oauth_login_is_used_while_it_may_last() {
        assert!(found(FILE, "lasts.test").unwrap().unwrap().oauth);
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        assert!(past("24 Nov 26 11:59 UTC", now) && !past("24 Nov 26 12:01 UTC", now));
        assert!(past("23 Nov 26 21:00 PST", now) && !past("24 Nov 26 11:59 PST", now));
        assert!(past("2026-11-24T11:00:00Z", now) && !past("2026-11-24T13:00:00Z", now));
        assert!(!past("soon", now) && !past("", now));
    }
}
