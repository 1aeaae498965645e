//! Choices that belong to a plan, as the command line takes them.

use super::{Exit, Failure};
use crate::key::NodeKey;
use crate::merge::OnConflict;
use crate::plan::{Action, Options, Plan};
use crate::problem::nearest;
use crate::tree::DesiredTree;
use crate::ui;

/// Choices that belong to a plan.
#[derive(Debug, Clone, clap::Args)]
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
        }
    }

    /// Tells whether conflicts are settled by what GitLab has: the plan is to show what that is.
    pub(super) fn keeps(&self) -> bool {
        self.on_conflict == Some(Settle::Keep)
    }

    /// Says which nodes are not made anew, as their items are there.
    pub(super) fn say_needless(&self, plan: &Plan) {
        let made = |key: &NodeKey| {
            let changes = plan.tools.iter().filter_map(|tool| tool.change(key));
            changes.into_iter().any(|change| change.action == Action::Create)
        };
        for key in self.recreate.iter().filter(|key| !made(key)) {
            ui::warn(&format!("--recreate {key} does nothing: its item is there"));
        }
    }

    /// Checks that each node to make anew is one of the files.
    pub(super) fn check(&self, trees: &[DesiredTree]) -> Result<(), Failure> {
        let known = || trees.iter().flat_map(|tree| &tree.nodes).map(|node| &node.key);
        let Some(key) = self.recreate.iter().find(|key| !known().any(|other| other == *key)) else {
            return Ok(());
        };
        let keys: Vec<String> = known().map(NodeKey::to_string).collect();
        let hint = match nearest(&key.to_string(), keys.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a plan with --format json lists all keys".to_owned(),
        };
        Err(Failure::new(format!("--recreate names `{key}`, which no file wants"))
            .hint(hint)
            .ends_with(Exit::Usage))
    }
}
