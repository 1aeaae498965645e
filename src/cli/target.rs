//! Which GitLab, and as whom: the rules for addresses and tokens.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::SecretString;

use super::Failure;
use super::glab;
use crate::gitlab::{Address, Client, Connection, Login, Pace, Settings, Target};
use crate::ui;

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
    /// File that holds the access token, or - for standard input; goes before GITLAB_TOKEN and the like
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(super) token_file: Option<PathBuf>,
    /// Requests under way at the same time
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=32),
        hide_short_help = true
    )]
    pub(super) parallelism: u16,
}

/// Variables that may hold the token, the first that is set.
const TOKENS: [&str; 3] = ["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN"];
/// Variables that may name the instance where the workspace does not.
const HOSTS: [&str; 4] = ["GITLAB_HOST", "GITLAB_URI", "GL_HOST", "CI_SERVER_URL"];
/// The token that a sandbox takes for its own user; no secret.
const SANDBOX_TOKEN: &str = "sandbox";
/// The longest token file, in bytes.
const LONGEST: u64 = 4_096;

/// A client of an instance, with the token for it; nothing is sent yet.
pub(super) fn client(args: &TargetArgs, url: &str) -> Result<Client, Failure> {
    let address = Address::parse(url)?;
    let (token, connection) = access(args, &address)?;
    if ui::talks(ui::Talk::Verbose) {
        let source = &connection.login.source;
        ui::say(&ui::clean(&format!("{}, with the token from {source}", address.url)));
    }
    connected(args, Target { url: address.url, token: Some(token) }, connection)
}

/// A client of a sandbox that this process serves.
pub(super) fn sandbox_client(args: &TargetArgs, url: String) -> Result<Client, Failure> {
    let token = Some(SANDBOX_TOKEN.to_owned().into());
    connected(args, Target { url, token }, Connection::default())
}

fn connected(args: &TargetArgs, target: Target, connection: Connection) -> Result<Client, Failure> {
    let settings = Settings { parallelism: usize::from(args.parallelism), pace: Pace::default() };
    let client = Client::connected(&target, settings, connection)?;
    ui::verbose::follow(&client);
    Ok(client)
}

/// The address: the command line's, else the workspace's, else the environment's.
pub(super) fn url(args: &TargetArgs, workspace: Option<&str>) -> Result<String, Failure> {
    let ambient = || HOSTS.iter().find_map(|name| variable(name));
    let url = args.url.clone().or_else(|| workspace.map(str::to_owned)).or_else(ambient);
    let url = url.ok_or_else(|| {
        Failure::new("no GitLab instance is named")
            .hint("set `url` under [gitlab] in epictree.toml, or give --url; --sandbox needs none, --offline neither")
    })?;
    Ok(if url.contains("://") { url } else { format!("https://{url}") })
}

/// The token: the command line's, else the environment's, else glab's, else, on this machine, the sandbox's.
fn access(args: &TargetArgs, address: &Address) -> Result<(SecretString, Connection), Failure> {
    let from = |source: String| Connection {
        login: Login { source, renewal: None },
        ..Connection::default()
    };
    if let Some(file) = &args.token_file {
        let (token, source) = from_file(file)?;
        return Ok((token, from(source)));
    }
    let variable = TOKENS.iter().find_map(|name| Some((variable(name)?, *name)));
    if let Some((token, name)) = variable {
        return Ok((token.into(), from(name.to_owned())));
    }
    if let Some(login) = glab::login(&address.host)? {
        return from_glab(login, address);
    }
    if address.loopback {
        return Ok((SANDBOX_TOKEN.to_owned().into(), from("the sandbox's own user".to_owned())));
    }
    Err(Failure::new(format!("there is no token for {}", address.url)).hint(
        "set GITLAB_TOKEN to an access token with scope api (read_api is enough to plan), \
         or try it out with --sandbox or --offline",
    ))
}

fn from_glab(login: glab::Login, address: &Address) -> Result<(SecretString, Connection), Failure> {
    let authorities = match &login.ca_cert {
        Some(file) => std::fs::read(file)
            .with_context(|| format!("cannot read {}, glab's ca_cert", file.display()))?,
        None => Vec::new(),
    };
    let source = format!("glab's login for {} ({})", address.host, login.file.display());
    let renewal = login.oauth.then(|| glab::RENEW.to_owned());
    Ok((login.token, Connection { login: Login { source, renewal }, authorities }))
}

/// The token that a file, a pipe or standard input holds.
fn from_file(file: &Path) -> Result<(SecretString, String), Failure> {
    let shown = match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => format!("the token file `{}`", file.display()),
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(LONGEST + 1).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file).inspect(|open| warn_of_readers(open, &shown));
        opened.and_then(|open| open.take(LONGEST + 1).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read {shown}"))?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) || text.len() as u64 > LONGEST {
        return Err(Failure::new(format!("{shown} does not hold one token"))
            .hint("put the token on a line of its own, and nothing else"));
    }
    Ok((token.to_owned().into(), shown))
}

/// Warns of a token that others of this machine may read. Not refused, as ssh would: the
/// files that pipelines and containers mount are open to all, and their owner cannot help it.
#[cfg(unix)]
fn warn_of_readers(open: &std::fs::File, shown: &str) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(known) = open.metadata() else { return };
    let mode = known.permissions().mode() & 0o777;
    if known.is_file() && mode & 0o077 != 0 {
        ui::warn(&format!(
            "{shown} can be read by others (mode {mode:03o}); chmod 600 keeps it yours"
        ));
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &std::fs::File, _: &str) {}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
