//! `--only`: which nodes a run is about.
//!
//! A glob selects nodes by their keys. What is above them and does not exist yet comes along;
//! everything else is left as it is.

use std::collections::BTreeSet;

use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::tree::{DesiredComment, DesiredTree, ObservedTree, Parent};

/// `*` stays within one segment of a key, `**` stands for any number of them.
const BY_SEGMENT: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A glob over keys, such as `package-hunter/functionality/*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob(Pattern);

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Pattern::new(text).map(Self).map_err(|error| error.msg.to_owned())
    }

    /// The glob as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Tells whether it takes a key; `a/**` takes `a` too.
    #[must_use]
    pub fn takes(&self, key: &NodeKey) -> bool {
        let top = self.as_str().strip_suffix("/**").and_then(|top| Pattern::new(top).ok());
        self.0.matches_with(key.as_str(), BY_SEGMENT)
            || top.is_some_and(|top| top.matches_with(key.as_str(), BY_SEGMENT))
    }

    /// Tells whether it may take a key of a tool.
    #[must_use]
    pub fn concerns(&self, tool: &str) -> bool {
        let first = self.as_str().split('/').next().unwrap_or_default();
        let first = Pattern::new(first).ok();
        first.is_none_or(|first| first.as_str() == "**" || first.matches_with(tool, BY_SEGMENT))
    }
}

impl TryFrom<String> for Glob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.as_str().to_owned()
    }
}

/// What a run is about: everything, or what one of these globs takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Only(Vec<Glob>);

impl Only {
    /// Restricts a run to what one of the globs takes; without any it is about everything.
    #[must_use]
    pub fn new(globs: Vec<Glob>) -> Self {
        Self(globs)
    }

    /// The globs; none if the run is about everything.
    #[must_use]
    pub fn globs(&self) -> &[Glob] {
        &self.0
    }

    /// Tells whether a key is taken.
    #[must_use]
    pub fn takes(&self, key: &NodeKey) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.takes(key))
    }

    /// Tells whether a key of a tool may be taken.
    #[must_use]
    pub fn concerns(&self, tool: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.concerns(tool))
    }

    /// Tells whether a comment is taken: by its own key, or by that of the node it is on.
    #[must_use]
    pub fn takes_comment(&self, comment: &DesiredComment) -> bool {
        self.takes(&comment.key) || self.takes(&comment.on)
    }

    /// The nodes that a run may write, with those above that do not exist yet; `None` is all.
    pub(super) fn selection(
        &self,
        desired: &DesiredTree,
        observed: &ObservedTree,
    ) -> Option<BTreeSet<NodeKey>> {
        if self.0.is_empty() {
            return None;
        }
        let nodes = desired.nodes.iter().map(|node| &node.key).filter(|key| self.takes(key));
        let mut selection: BTreeSet<NodeKey> = nodes.cloned().collect();
        let comments = desired.comments.iter().filter(|comment| self.takes_comment(comment));
        let bearers = comments.map(|comment| &comment.on);
        // Parents stand before their children, so that one way up meets them all.
        for node in desired.nodes.iter().rev() {
            let bears = || bearers.clone().any(|key| *key == node.key) && !observed.holds(node);
            if !selection.contains(&node.key) && !bears() {
                continue;
            }
            selection.insert(node.key.clone());
            let Parent::Node(parent) = &node.parent else { continue };
            if desired.node(parent).is_some_and(|parent| !observed.holds(parent)) {
                selection.insert(parent.clone());
            }
        }
        Some(selection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_segment_and_two_do_not() {
        let key = NodeKey::parse("hunter/part/one").unwrap();
        for (glob, takes) in [
            ("hunter/part/one", true),
            ("hunter/part/*", true),
            ("hunter/*", false),
            ("hunter/**", true),
            ("**/one", true),
            ("*/part/?ne", true),
            ("hunter", false),
            ("**", true),
        ] {
            assert_eq!(Glob::parse(glob).unwrap().takes(&key), takes, "{glob}");
        }
        assert!(Glob::parse("hunter/[a").is_err());
    }

    #[test]
    fn a_glob_tells_which_tools_it_may_be_about() {
        for (glob, concerns) in [("hunter/**", true), ("*/x", true), ("**/x", true), ("h/x", false)]
        {
            assert_eq!(Glob::parse(glob).unwrap().concerns("hunter"), concerns, "{glob}");
        }
    }
}
