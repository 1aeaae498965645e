//! What stands below the long help of a command, and as sections in its man page.

use std::fmt::Write as _;

use super::Exit;

/// Names of environment variables and what they are for.
type Variables = [(&'static str, &'static str)];

/// Variables of every command.
pub(super) const OUTPUT: &Variables = &[
    ("NO_COLOR, CLICOLOR_FORCE", "never colour; colour in a pipe as well"),
    ("EPICTREE_PAGER, PAGER", "what shows a long plan; empty for none [default: less -FRX]"),
];

/// Variables of commands that speak to GitLab.
pub(super) const GITLAB: &Variables = &[
    (
        "GITLAB_TOKEN, GITLAB_ACCESS_TOKEN, OAUTH_TOKEN",
        "the access token, scope api (read_api is enough to plan)",
    ),
    (
        "GITLAB_HOST, GITLAB_URI, GL_HOST, CI_SERVER_URL",
        "the instance, if neither --url nor the workspace names one",
    ),
    ("HTTPS_PROXY, NO_PROXY", "the proxy, and which hosts go without it"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the authorities to trust instead of the system's"),
];

/// Renders examples, each a command line and what it does, exit codes and variables.
pub(super) fn topics(
    examples: &[(&str, &str)],
    exits: &[Exit],
    variables: &[&Variables],
) -> String {
    let mut out = String::from("Examples:\n");
    for (command, what) in examples {
        let _ = writeln!(out, "  {command}\n      {what}");
    }
    out.push_str("\nExit codes, the first that applies:\n");
    for exit in exits {
        let _ = writeln!(out, "  {:>3}  {}", *exit as u8, exit.meaning());
    }
    if !variables.is_empty() {
        out.push_str("\nEnvironment:\n");
    }
    for (name, what) in variables.iter().copied().flatten() {
        let _ = writeln!(out, "  {name}\n      {what}");
    }
    out
}
