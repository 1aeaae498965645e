//! What was seen of GitLab before a plan was made: enough to make it again, without GitLab.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::tree::{DesiredTree, Ground, ObservedTree};

use super::build::build;
use super::change::{Needs, Notice, Plan, ToolPlan};
use super::needs::Found;
use super::places;
use super::scene::Options;

/// Which GitLab was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instance {
    /// Root of the instance, without a slash at the end.
    Url(String),
    /// The folder of a sandbox on this machine.
    Sandbox(String),
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Sandbox(folder) => write!(f, "the sandbox in {folder}"),
        }
    }
}

/// All that was seen for one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Where.
    pub instance: Instance,
    /// What holds for all tools.
    pub ground: Ground,
    /// What GitLab holds of each tool, by the tool's id.
    pub trees: BTreeMap<String, ObservedTree>,
    /// Why a tool could not be looked at, by its id.
    #[serde(default)]
    pub unread: BTreeMap<String, Notice>,
    /// Titles that were looked up.
    pub looked_up: Needs,
    /// Those of them that exist.
    pub found: Found,
}

impl Snapshot {
    /// Builds the plan of trees against it; what comes of the titles it needs is still open.
    #[must_use]
    pub fn build(&self, desired: &[Arc<DesiredTree>], options: &Options) -> Plan {
        Plan {
            target: self.instance.to_string(),
            caller: Some(self.ground.caller.clone()),
            tools: desired.par_iter().map(|tree| self.tool(tree, options)).collect(),
        }
    }

    fn tool(&self, tree: &Arc<DesiredTree>, options: &Options) -> ToolPlan {
        if let Some(why) = self.unread.get(&tree.tool) {
            return ToolPlan::failed(tree, why.clone());
        }
        let nothing = ObservedTree::default();
        let seen = self.trees.get(&tree.tool).unwrap_or(&nothing);
        places::missing(build(tree, seen, options), seen, &self.ground.missing)
    }

    /// Plans trees against it, perhaps other ones than those it was made for; it must lack nothing
    /// that they need.
    #[must_use]
    pub fn plan(&self, desired: &[Arc<DesiredTree>], options: &Options) -> Plan {
        let mut plan = self.build(desired, options);
        let mut found = self.found.clone();
        for tool in &mut plan.tools {
            assume(tool, &self.looked_up, &mut found);
        }
        plan.settle(&found);
        plan
    }

    /// What some trees need of GitLab that nobody read.
    #[must_use]
    pub fn lacks(&self, desired: &[Arc<DesiredTree>]) -> Vec<String> {
        desired.iter().flat_map(|tree| self.tree_lacks(tree)).collect()
    }

    fn tree_lacks(&self, tree: &DesiredTree) -> Vec<String> {
        if self.unread.contains_key(&tree.tool) {
            return Vec::new();
        }
        let Some(seen) = self.trees.get(&tree.tool) else {
            return vec![format!("the tool {}", tree.tool)];
        };
        let wanted = tree.refers_to().into_iter();
        wanted.filter(|at| !seen.existing.contains_key(at)).map(|at| at.to_string()).collect()
    }
}

/// Takes the titles that nobody looked up for there, and says so.
fn assume(tool: &mut ToolPlan, looked_up: &Needs, found: &mut Found) {
    let needs = &tool.needs;
    let mut unknown = Vec::new();
    for at in needs.labels.difference(&looked_up.labels) {
        unknown.push(format!("the label {:?} in {}", at.1, at.0));
        found.labels.insert(at.clone(), String::new());
    }
    for at in needs.milestones.difference(&looked_up.milestones) {
        unknown.push(format!("the milestone {:?} in {}", at.1, at.0));
        found.milestones.insert(at.clone(), String::new());
    }
    for name in needs.users.difference(&looked_up.users) {
        unknown.push(format!("the user @{name}"));
        found.users.insert(name.clone(), String::new());
    }
    if !unknown.is_empty() {
        tool.notices.push(Notice {
            blocks: false,
            message: format!(
                "the snapshot does not say whether these exist: {}",
                unknown.join(", ")
            ),
            hint: "a plan against GitLab finds out".into(),
        });
    }
}
