//! Choices that belong to a plan, as the command line takes them.

use std::sync::Arc;

use super::{Exit, Failure};
use crate::key::NodeKey;
use crate::merge::OnConflict;
use crate::plan::{Action, Glob, Only, Options, Plan};
use crate::problem::nearest;
use crate::tree::{DesiredTree, ObservedTree};
use crate::ui;

/// Choices that belong to a plan.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Choices")]
pub(super) struct Choices {
    /// Take over items that people made under a wanted title
    ///
    /// They get what is missing; all else that differs is a conflict.
    #[arg(long)]
    adopt: bool,
    /// Close items that the files no longer want
    #[arg(long)]
    prune: bool,
    /// Close items in which all is done
    ///
    /// Those that the blueprint allows for, once every box is ticked and all they wait for is closed, with a comment that says why. One that people reopened stays open.
    #[arg(long)]
    close_fulfilled: bool,
    /// Create this node anew: its item is gone for good
    ///
    /// Without it, a recorded item that cannot be read is an error.
    #[arg(long, value_name = "KEY", value_parser = key)]
    recreate: Vec<NodeKey>,
    /// Only nodes whose keys match; leaves all else alone
    ///
    /// In a key such as my-tool/handover, * stands for one segment or a part of it, ** for any
    /// number of segments. What is above such a node and does not exist yet comes along.
    #[arg(long, value_name = "GLOB", value_parser = Glob::parse)]
    only: Vec<Glob>,
    /// Settle what both sides changed: keep, spec or fail
    #[arg(long, value_name = "HOW", value_enum)]
    on_conflict: Option<Settle>,
}

/// How to settle what both sides changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Settle {
    /// GitLab's side stays, and is no conflict any more
    Keep,
    /// The files' side is written
    Spec,
    /// Nothing is written while there is a conflict
    Fail,
}

fn key(text: &str) -> Result<NodeKey, String> {
    NodeKey::parse(text)
        .ok_or_else(|| "a key reads like package-hunter/functionality/rules".to_owned())
}

impl Choices {
    /// The choices as plans take them.
    pub(super) fn options(&self, workspace: &str) -> Options {
        Options {
            workspace: workspace.to_owned(),
            adopt: self.adopt,
            prune: self.prune,
            close_fulfilled: self.close_fulfilled,
            recreate: self.recreate.iter().cloned().collect(),
            on_conflict: match self.on_conflict {
                None => OnConflict::Report,
                Some(Settle::Fail) => OnConflict::Fail,
                Some(Settle::Keep) => OnConflict::Keep,
                Some(Settle::Spec) => OnConflict::Spec,
            },
            only: Only::new(self.only.clone()),
        }
    }

    /// Tells whether conflicts are settled by what GitLab has: the plan is to show what that is.
    pub(super) fn keeps(&self) -> bool {
        self.on_conflict == Some(Settle::Keep)
    }

    /// Says which nodes are not made anew, as their items are there.
    pub(super) fn say_needless(&self, plan: &Plan) {
        let is_there = |key: &&NodeKey| {
            let mut changes = plan.tools.iter().filter_map(|tool| tool.change(key));
            changes.any(|change| change.action != Action::Create)
        };
        for key in self.recreate.iter().filter(is_there) {
            ui::warn(&format!("--recreate {key} does nothing: its item is there"));
        }
    }

    /// Leaves the tools out that the run is not about, and says how many.
    pub(super) fn narrow(&self, trees: &mut Vec<Arc<DesiredTree>>) -> Result<(), Failure> {
        for glob in &self.only {
            if !trees.iter().any(|tree| glob.concerns(&tree.tool)) {
                return Err(takes_nothing(glob, trees));
            }
        }
        let only = Only::new(self.only.clone());
        let all = trees.len();
        trees.retain(|tree| only.concerns(&tree.tool));
        if trees.len() < all {
            ui::say(&format!("--only leaves out {} of {all} tools.", all - trees.len()));
        }
        Ok(())
    }

    /// Checks that each glob takes a node or a comment of the files, or an item that is there.
    pub(super) fn check_only<'o>(
        &self,
        trees: &[Arc<DesiredTree>],
        observed: impl Fn(&str) -> Option<&'o ObservedTree>,
    ) -> Result<(), Failure> {
        let takes = |glob: &Glob, tree: &DesiredTree| {
            let seen = observed(&tree.tool).into_iter().flat_map(|seen| seen.items.keys());
            let comments = tree.comments.iter().map(|comment| &comment.key);
            let mut keys = tree.nodes.iter().map(|node| &node.key).chain(comments).chain(seen);
            keys.any(|key| glob.takes(key))
        };
        match self.only.iter().find(|glob| !trees.iter().any(|tree| takes(glob, tree))) {
            None => Ok(()),
            Some(glob) => Err(takes_nothing(glob, trees)),
        }
    }

    /// Checks that each node to make anew is one of the files.
    pub(super) fn check(&self, trees: &[Arc<DesiredTree>]) -> Result<(), Failure> {
        let known = |key: &NodeKey| nodes(trees).any(|other| other == key);
        let Some(key) = self.recreate.iter().find(|key| !known(key)) else {
            return Ok(());
        };
        let hint = near(key.as_str(), trees);
        Err(Failure::new(format!("--recreate names `{key}`, which no file wants"))
            .hint(hint)
            .ends_with(Exit::Usage))
    }
}

fn takes_nothing(glob: &Glob, trees: &[Arc<DesiredTree>]) -> Failure {
    let glob = glob.as_str();
    let below = format!("{}/", glob.trim_end_matches('/'));
    let above = |key: &NodeKey| key.as_str().starts_with(&below);
    let hint = match nodes(trees).any(above) {
        true => format!("did you mean `{below}**`?"),
        false => near(glob, trees),
    };
    Failure::new(format!("--only takes no node: none has a key like `{glob}`"))
        .hint(hint)
        .ends_with(Exit::Usage)
}

fn nodes(trees: &[Arc<DesiredTree>]) -> impl Iterator<Item = &NodeKey> {
    trees.iter().flat_map(|tree| &tree.nodes).map(|node| &node.key)
}

/// The key that somebody may have meant.
fn near(text: &str, trees: &[Arc<DesiredTree>]) -> String {
    match nearest(text, nodes(trees).map(NodeKey::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a plan with --format json lists all keys".to_owned(),
    }
}
