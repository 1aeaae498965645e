//! What the folder's git remote says of the GitLab it lies on: only proposals come from here.

use std::process::Command;

use crate::tree::is_path;

/// Where the folder's own repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) url: String,
    /// Full path of its project.
    pub(super) project: String,
}

impl Origin {
    /// Asks git, if there is one and it knows.
    pub(super) fn here() -> Option<Self> {
        let output = Command::new("git").args(["remote", "get-url", "origin"]).output().ok()?;
        output.status.success().then_some(())?;
        Self::parse(std::str::from_utf8(&output.stdout).ok()?.trim())
    }

    /// Full path of the group its project is in.
    pub(super) fn group(&self) -> Option<&str> {
        self.project.rsplit_once('/').map(|(group, _)| group)
    }

    /// Reads `https://host/group/project.git`, `ssh://git@host/…` and `git@host:…`.
    fn parse(remote: &str) -> Option<Self> {
        let (host, path) = match remote.split_once("://") {
            Some(("https" | "ssh", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => remote.split_once(':')?,
        };
        // Whatever stands before the `@` may be a password.
        let host = host.rsplit('@').next()?;
        let host = host.split(':').next().filter(|host| is_path(host) && host.contains('.'))?;
        let project = path.trim_start_matches('/').trim_end_matches('/').trim_end_matches(".git");
        let is_project = is_path(project) && project.contains('/');
        is_project.then(|| Self { url: format!("https://{host}"), project: project.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_tells_host_and_project_and_no_password() {
        for remote in [
            "https://gitlab.example.com/a/b/tools.git",
            "https://me:secret@gitlab.example.com/a/b/tools",
            "ssh://git@gitlab.example.com:2222/a/b/tools.git",
            "git@gitlab.example.com:a/b/tools.git",
        ] {
            let origin = Origin::parse(remote).unwrap();
            assert_eq!(origin.url, "https://gitlab.example.com", "{remote}");
            assert_eq!(origin.project, "a/b/tools", "{remote}");
            assert_eq!(origin.group(), Some("a/b"));
        }
        for remote in ["", "/srv/git/tools.git", "file:///a/b", "git@host", "https://x.example/a"] {
            assert_eq!(Origin::parse(remote), None, "{remote}");
        }
    }
}
