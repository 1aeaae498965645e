//! What shells and packagers take: help, completions, man pages, the version.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use crate::env::{Output, epictree};

/// A command's help without options, at 80 columns.
const SCREEN: usize = 40;

/// The main command and each subcommand, as they are after clap has settled them.
fn commands() -> Vec<clap::Command> {
    let mut command = epictree::cli::command().term_width(80).disable_help_subcommand(true);
    command.build();
    let mut all: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    all.push(command);
    assert!(all.len() > 6, "{all:?}");
    all
}

/// Runs in a folder that is empty.
fn run(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Output::of(epictree(folder.path()).args(args).output().unwrap())
}

/// The command lines of the examples in a help.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_long_help().unwrap().to_string();
    let (_, rest) = help.split_once("Examples:\n").unwrap();
    let (examples, _) = rest.split_once("\n\n").unwrap();
    let lines = examples.lines().filter(|line| !line.starts_with("   "));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_argument_has_help_of_its_own() {
    for command in commands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{} {}", command.get_name(), argument.get_id());
            assert!(!help.ends_with('.'), "{} {}: {help}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn no_line_of_any_help_is_wider_than_its_terminal_and_a_short_one_fits_a_screen() {
    for mut command in commands() {
        let short = command.render_help().to_string();
        let long = command.render_long_help().to_string();
        for line in short.lines().chain(long.lines()) {
            assert!(line.width() <= 80, "{}: {line}", command.get_name());
        }
        let lines = short.lines().count();
        assert!(lines <= SCREEN, "{}: {lines} lines\n{short}", command.get_name());
    }
}

#[test]
fn each_help_has_examples_that_the_command_line_takes_and_its_exit_codes() {
    for command in commands() {
        let help = command.get_after_long_help().unwrap().to_string();
        assert!(help.contains("Exit codes"), "{}", command.get_name());
        let examples = examples(&command);
        assert!(!examples.is_empty(), "{}", command.get_name());
        for example in examples {
            let words = shell_words::split(&example).unwrap();
            let words = words.iter().skip_while(|word| word.contains('='));
            let words = words.take_while(|word| !["|", ">", ">>"].contains(&word.as_str()));
            let taken = epictree::cli::command().try_get_matches_from(words);
            assert!(taken.is_ok(), "{example}: {}", taken.unwrap_err());
        }
    }
}

#[test]
fn a_wrong_word_is_answered_with_the_right_one() {
    run(&["pln"]).ends_with(64).says("'plan'");
    run(&["plan", "--ofline"]).ends_with(64).says("'--offline'");
    run(&["plan", "--on-conflict", "kep"]).ends_with(64).says("'keep'");
}

/// Whether a shell, if it is here, reads a script without complaint.
fn parses(shell: &str, check: &str, script: &str) {
    let mut command = Command::new(shell);
    command.arg(check).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, script).unwrap();
    let Ok(output) = command.arg(file).output() else { return };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{shell}: {stderr}");
}

#[test]
fn completions_know_every_command_and_are_scripts_of_their_shells() {
    let names: BTreeSet<String> =
        commands().iter().map(|command| command.get_name().to_owned()).collect();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]).ends_with(0);
        assert_eq!(output.stderr, "");
        for name in &names {
            assert!(output.stdout.contains(name.as_str()), "{shell} does not know {name}");
        }
        assert!(output.stdout.contains("on-conflict"), "{shell}");
        match shell {
            "bash" | "zsh" => parses(shell, "-n", &output.stdout),
            "fish" => parses(shell, "--no-execute", &output.stdout),
            _ => {}
        }
    }
    run(&["completions", "tcsh"]).ends_with(64).says("powershell");
}

#[test]
fn man_pages_are_there_for_every_command_and_hold_what_the_help_says() {
    let main = run(&["man"]).ends_with(0).stdout;
    for heading in ["NAME", "SYNOPSIS", "SUBCOMMANDS", "EXAMPLES", "ENVIRONMENT"] {
        assert!(main.contains(&format!(".SH {heading}\n")), "{heading}\n{main}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = epictree(folder.path()).args(["man", "share/man1"]).output().unwrap();
    Output::of(output).ends_with(0).says("share/man1");
    let pages = folder.path().join("share/man1");
    for command in commands() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH EXAMPLES\n"), "{name}");
        for example in examples(&command) {
            assert!(plain(&page).contains(&example), "{name}: {example}\n{page}");
        }
        rendered(&pages.join(format!("{name}.1")));
    }
}

/// A page without what roff puts before characters that it would read otherwise.
fn plain(page: &str) -> String {
    page.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\(aq", "'")
}

/// Renders a page, if there is a man here, without a warning.
fn rendered(page: &Path) {
    let mut command = Command::new("man");
    command.args(["--warnings", "-l"]).arg(page).stdin(Stdio::null());
    command.env("MANROFFOPT", "").env("MANPAGER", "cat").env("LC_ALL", "C.UTF-8");
    let Ok(output) = command.output() else { return };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{}: {stderr}", page.display());
}

#[test]
fn the_version_says_which_build_it_is_and_what_it_speaks_to() {
    let short = run(&["-V"]).ends_with(0).stdout;
    let version = env!("CARGO_PKG_VERSION");
    assert!(short.starts_with(&format!("epictree {version}")), "{short}");
    assert_eq!(short.lines().count(), 1, "{short}");
    let long = run(&["--version"]).ends_with(0).stdout;
    assert!(long.starts_with(&short), "{long}");
    assert!(long.contains("\ntarget: ") && long.contains("\nGitLab: 18.1 or newer"), "{long}");
}
