//! `epictree pull`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::bounded::within_bounds;
use super::choices::Choices;
use super::session::{self, Ready, Session};
use super::target::TargetArgs;
use super::{Exit, Failure, help};
use crate::assets;
use crate::plan::{Options, Snapshot};
use crate::pull::{Ground, Take, pull};
use crate::tree::ObservedTree;
use crate::ui::{self, plan::Look, pull::Pulled};

const EXAMPLES: &[(&str, &str)] = &[
    ("epictree pull", "shows what people changed as a difference of the files, and asks"),
    ("epictree pull tools/package-hunter.toml --yes", "takes it without asking"),
    ("epictree pull --conflicts", "of what both sides changed, takes GitLab's side too"),
];
/// Those of a run that writes to no GitLab.
const EXITS: [Exit; 5] =
    [Exit::Interrupted, Exit::Usage, Exit::Failed, Exit::Undecided, Exit::Done];

/// Take into the files what people changed in GitLab; writes nothing to GitLab
///
/// Titles, weights, milestones, days, people, labels, priorities, and passages of descriptions that
/// a key of the file holds. Comments, order and layout of the file stay. Each change is tried before
/// it is shown: a plan of the new file shows none of that drift, and nothing else changes. What no
/// key can say stays in GitLab and is listed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &EXITS, &[help::GITLAB, help::OUTPUT]))]
pub(super) struct Args {
    /// Tool files or folders [default: the workspace's tools/, else here]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Of what both sides changed, take GitLab's side
    #[arg(long, help_heading = "Choices")]
    conflicts: bool,
    /// Do not ask; for pipelines
    #[arg(long, help_heading = "Choices")]
    yes: bool,
}

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let ready = session::ready(&args.paths)?;
    let Session { plan, snapshot, options, served, .. } =
        Session::open(&ready, &args.target, &Choices::default()).await?;
    // What stands in the way of an apply may hide drift.
    let notices = plan.tools.iter().flat_map(|tool| &tool.notices);
    notices.filter(|notice| notice.blocks).for_each(|notice| ui::warn(&notice.message));
    let unread = !snapshot.unread.is_empty();
    let take = if args.conflicts { Take::Conflicts } else { Take::Drift };
    let pulse = ready.rules.engine.pulse();
    let pulled = within_bounds(&pulse, move || all(&ready, snapshot, &options, take))??;
    let look = Look { show_drift: true, ..Look::here(served.is_none()) };
    ui::print(&ui::pull::render(&pulled, look))?;
    let undecided = pulled.iter().flat_map(|one| &one.pull.stays).any(|stay| stay.conflict);
    let done = match (unread, undecided) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Undecided,
        (false, false) => Exit::Done,
    };
    let changed: Vec<&Pulled> = pulled.iter().filter(|one| one.pull.text != one.before).collect();
    if changed.is_empty() {
        return Ok(done);
    }
    if !args.yes && !agreed(changed.len())? {
        ui::say("Nothing was written.");
        return Ok(Exit::Done);
    }
    // All or none, as far as a disk can promise.
    changed.iter().try_for_each(|one| unchanged(one).map(|_| ()))?;
    for one in changed {
        replace(one)?;
    }
    ui::say("`epictree plan` shows what an apply would do now.");
    Ok(done)
}

/// Pulls every tool, each against what was seen of it.
fn all(
    ready: &Ready,
    snapshot: Snapshot,
    options: &Options,
    take: Take,
) -> Result<Vec<Pulled>, Failure> {
    let Ready { workspace, trees, rules, .. } = ready;
    let mut seen: BTreeMap<String, ObservedTree> = snapshot.trees;
    let mut pulled = Vec::new();
    for tree in trees {
        let (Some(observed), Some(before)) =
            (seen.remove(&tree.tool), rules.sources.get(&tree.file))
        else {
            continue;
        };
        let ground = Ground {
            workspace,
            owners: rules.owners.as_ref(),
            blueprint: &rules.blueprint,
            engine: &rules.engine,
            observed: &observed,
            options,
        };
        let pull = pull(&ground, &tree.file, before, take)
            .map_err(|why| Failure::new(format!("`{}`: {why}", tree.file)))?;
        pulled.push(Pulled { file: tree.file.clone(), before: before.to_owned(), pull });
    }
    Ok(pulled)
}

fn agreed(files: usize) -> Result<bool, Failure> {
    let question = format!("Write this into {}?", ui::count(files, "file"));
    ui::ask(&question)?.ok_or_else(|| {
        Failure::new("there is no terminal to ask on, and nothing was written")
            .hint("look at the difference, then run again with --yes")
            .ends_with(Exit::Usage)
    })
}

/// The real place of a file that still holds what was read.
fn unchanged(one: &Pulled) -> Result<PathBuf, Failure> {
    let cannot = || format!("cannot read `{}`", one.file);
    let path = Path::new(&one.file).canonicalize().with_context(cannot)?;
    if assets::read(&path).with_context(cannot)? == one.before.as_bytes() {
        return Ok(path);
    }
    Err(Failure::new(format!("`{}` changed since it was read, and is left as it is", one.file))
        .hint("run the same command again"))
}

/// Writes a file, all or nothing.
fn replace(one: &Pulled) -> Result<(), Failure> {
    let path = unchanged(one)?;
    let place = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(one.pull.text.as_bytes())?;
        file.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    // What failed may name the temporary file, which nobody knows.
    let written = place().map_err(|error| std::io::Error::from(error.kind()));
    Ok(written.with_context(|| format!("cannot write `{}`", one.file))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::Pull;

    #[test]
    fn a_file_that_changed_meanwhile_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tool.toml");
        std::fs::write(&path, "a = 1\n").unwrap();
        let (taken, stays, follow) = (Vec::new(), Vec::new(), Vec::new());
        let pull = Pull { text: "a = 2\n".into(), taken, stays, follow };
        let file = path.to_str().unwrap().to_owned();
        let one = Pulled { file, before: "a = 1\n".into(), pull };
        std::fs::write(&path, "a = 3\n").unwrap();
        let failure = replace(&one).unwrap_err();
        assert!(failure.message.contains("changed since it was read"), "{}", failure.message);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 3\n");
        std::fs::write(&path, &one.before).unwrap();
        replace(&one).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), one.pull.text);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
