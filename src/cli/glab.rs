//! Finds the token that the `glab` command keeps for a host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    hosts: BTreeMap<String, Host>,
}

#[derive(Deserialize)]
struct Host {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    is_oauth2: Option<String>,
    #[serde(default)]
    use_keyring: Option<String>,
}

/// The token of a host; `None` if glab knows none.
///
/// # Errors
/// One sentence: glab knows the host and its token cannot be used.
pub(super) fn token(url: &str) -> Result<Option<SecretString>, String> {
    let Some(text) = candidates().into_iter().find_map(|path| std::fs::read_to_string(path).ok())
    else {
        return Ok(None);
    };
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    read(&text, host.split('/').next().unwrap_or_default())
}

fn read(text: &str, host: &str) -> Result<Option<SecretString>, String> {
    // glab marks tokens `!!null glpat-…`, which a YAML reader takes for nothing.
    let config: Config = match serde_saphyr::from_str(&text.replace("!!null ", "")) {
        Ok(config) => config,
        Err(_) => return Ok(None),
    };
    let Some(known) = config.hosts.get(host) else { return Ok(None) };
    let yes = |flag: &Option<String>| flag.as_deref() == Some("true");
    match known.token.as_deref().filter(|token| !token.is_empty()) {
        Some(_) if yes(&known.is_oauth2) => {
            Err(format!("glab's login for {host} is an OAuth token, which only glab can renew"))
        }
        Some(token) => Ok(Some(token.to_owned().into())),
        None if yes(&known.use_keyring) => {
            Err(format!("glab keeps the token for {host} in the system's keyring"))
        }
        None => Ok(None),
    }
}

/// Where glab looks for its file, in its order.
fn candidates() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = folder("HOME");
    let mut paths: Vec<PathBuf> = folder("GLAB_CONFIG_DIR").into_iter().collect();
    paths.extend(home.iter().map(|home| home.join(".config/glab-cli")));
    paths.extend(folder("XDG_CONFIG_HOME").map(|config| config.join("glab-cli")));
    paths.extend(home.map(|home| home.join("Library/Application Support/glab-cli")));
    paths.extend(folder("APPDATA").map(|data| data.join("glab-cli")));
    paths.into_iter().map(|folder| folder.join("config.yml")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const FILE: &str = "host: gitlab.com\nhosts:\n  gitlab.com:\n    token: !!null glpat-abc\n  oauth.example.com:\n    \
        token: x\n    is_oauth2: \"true\"\n  ring.example.com:\n    use_keyring: \"true\"\n";

    #[test]
    fn only_the_token_of_that_host_is_taken() {
        let token = read(FILE, "gitlab.com").unwrap().unwrap();
        assert_eq!(token.expose_secret(), "glpat-abc");
        assert!(read(FILE, "gitlab.example.com").unwrap().is_none());
        assert!(read("nonsense: [", "gitlab.com").unwrap().is_none());
    }

    #[test]
    fn a_login_that_cannot_be_used_says_why() {
        assert!(read(FILE, "oauth.example.com").unwrap_err().contains("OAuth"));
        assert!(read(FILE, "ring.example.com").unwrap_err().contains("keyring"));
    }
}
