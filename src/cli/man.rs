//! `epictree man`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Exit, Failure, NAME, files, help, version};
use crate::ui;

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree man | man -l -", "reads the page of epictree itself"),
    (
        "epictree man ~/.local/share/man/man1",
        "installs all pages; then `man epictree` and `man epictree-plan` find them",
    ),
];

/// Print the man page, or write those of all commands into a folder
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &Exit::OFFLINE, &[]))]
pub(super) struct Args {
    /// Folder for the pages of all commands; made if it is not there
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => ui::print(&page(&command)?)?,
        Some(dir) => write_all(&command, dir)?,
    }
    Ok(Exit::Done)
}

fn write_all(command: &clap::Command, dir: &Path) -> Result<(), Failure> {
    let cannot = |path: &Path| format!("cannot write `{}`", files::shorten(path).display());
    std::fs::create_dir_all(dir).with_context(|| cannot(dir))?;
    let mut pages = vec![command];
    pages.extend(command.get_subcommands());
    for command in &pages {
        let file = dir.join(Man::new((*command).clone()).get_filename());
        std::fs::write(&file, page(command)?).with_context(|| cannot(&file))?;
    }
    ui::say(&format!("Wrote {} to {}", ui::count(pages.len(), "page"), dir.display()));
    Ok(())
}

/// One page. The topics below the help become sections with their own lines, which
/// clap_mangen would run together.
fn page(command: &clap::Command) -> Result<String, Failure> {
    let man = Man::new(command.clone())
        // A page of the same version is the same page; an empty date would move what follows it.
        .date(" ")
        .source(format!("{NAME} {}", version::short()))
        .manual("Epictree Manual");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    let topics = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    sections(&topics).to_writer(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn sections(topics: &str) -> Roff {
    let mut roff = Roff::new();
    for topic in topics.split("\n\n") {
        let mut lines = topic.lines();
        let heading = lines.next().unwrap_or_default().trim_end_matches(':').to_uppercase();
        roff.control("SH", [heading.as_str()]).control("nf", []);
        for line in lines {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}
