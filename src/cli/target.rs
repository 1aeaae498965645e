//! Which GitLab, and as whom: the rules for addresses and tokens.

use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::SecretString;

use super::Failure;
use super::glab;

/// Where to, as the command line says.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// Work on a GitLab of this machine [default: .epictree/sandbox]
    ///
    /// Its state is kept in DIR, between runs.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "url")]
    pub(super) sandbox: Option<Option<PathBuf>>,
    /// Root of the GitLab instance [default: the workspace's]
    ///
    /// Without both, GITLAB_HOST, GITLAB_URI, GL_HOST or CI_SERVER_URL names it.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// File that holds the access token
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(super) token_file: Option<PathBuf>,
    /// Requests under way at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(super) parallelism: u16,
}

/// Variables that may hold the token, the first that is set.
const TOKENS: [&str; 3] = ["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN"];
/// Variables that may name the instance where the workspace does not.
const HOSTS: [&str; 4] = ["GITLAB_HOST", "GITLAB_URI", "GL_HOST", "CI_SERVER_URL"];

/// The instance: the command line's, else the workspace's, else the environment's.
pub(super) fn url(args: &TargetArgs, workspace: Option<&str>) -> Result<String, Failure> {
    let ambient = || HOSTS.iter().find_map(|name| variable(name));
    let url = args.url.clone().or_else(|| workspace.map(str::to_owned)).or_else(ambient);
    let url = url.ok_or_else(|| {
        Failure::new("no GitLab instance is named")
            .hint("set `url` under [gitlab] in epictree.toml, or give --url; --sandbox needs none, --offline neither")
    })?;
    Ok(if url.contains("://") { url } else { format!("https://{url}") })
}

/// The token for an instance, and where it came from.
pub(super) fn token(args: &TargetArgs, url: &str) -> Result<SecretString, Failure> {
    for name in TOKENS {
        if let Some(token) = variable(name) {
            return Ok(token.into());
        }
    }
    if let Some(file) = &args.token_file {
        return from_file(file);
    }
    match glab::token(url) {
        Ok(Some(token)) => return Ok(token),
        Ok(None) => {}
        Err(why) => return Err(Failure::new(why).hint("set GITLAB_TOKEN instead")),
    }
    Err(Failure::new(format!("there is no token for {url}")).hint(
        "set GITLAB_TOKEN to an access token with scope api (read_api is enough to plan), \
         or try it out with --sandbox or --offline",
    ))
}

fn from_file(file: &Path) -> Result<SecretString, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the token file `{shown}`"))?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(Failure::new(format!("the token file `{shown}` does not hold one token"))
            .hint("put the token on a line of its own, and nothing else"));
    }
    Ok(token.to_owned().into())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
