//! `epictree completions`

use clap_complete::Shell;

use super::{Exit, Failure, NAME, help};
use crate::ui;

const EXAMPLES: &[(&str, &str)] = &[
    (
        "epictree completions bash > ~/.local/share/bash-completion/completions/epictree",
        "for bash, from the next shell on",
    ),
    ("epictree completions zsh > ~/.zfunc/_epictree", "for zsh, with ~/.zfunc in its fpath"),
    ("epictree completions fish > ~/.config/fish/completions/epictree.fish", "for fish"),
    ("epictree completions powershell >> $PROFILE", "for PowerShell"),
];

/// Print a shell's script that completes commands and options
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &Exit::OFFLINE, &[]))]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), NAME, &mut script);
    ui::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
