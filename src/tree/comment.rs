//! Comments: what the files want said, and what was said.

use serde::{Deserialize, Serialize};

use crate::key::NodeKey;
use crate::marker::note::Told;
use crate::text::{Slot, Text};

/// One wanted comment, posted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredComment {
    /// Its identity.
    pub key: NodeKey,
    /// Keys under which it was known before.
    pub was: Vec<NodeKey>,
    /// The node it is posted on.
    pub on: NodeKey,
    /// The whole comment.
    pub text: Text,
    /// What is said in its thread when there are new people or entries; nothing if absent.
    pub reply: Option<Text>,
    /// Whether the files ask to say it once more.
    pub again: bool,
    /// The label of the group that it is for, if nobody is known there.
    pub unowned: Option<String>,
}

impl DesiredComment {
    /// User names that it mentions to begin with, without `@`.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.text
            .slots()
            .flat_map(|slot| match slot {
                Slot::Mention(people) => people.as_slice(),
                Slot::Ref(_) | Slot::Tick(_) | Slot::About(_) => &[],
            })
            .map(String::as_str)
    }

    /// Tells whether nothing is left to say in a thread that has said this.
    #[must_use]
    pub fn is_told(&self, told: &Told) -> bool {
        let again = !self.again || told.again;
        again
            && self.reply.as_ref().is_none_or(|reply| reply.slots().all(|slot| is_old(slot, told)))
    }
}

/// Tells whether a slot of a comment holds nothing that its thread has not said.
#[must_use]
pub fn is_old(slot: &Slot, told: &Told) -> bool {
    match slot {
        Slot::Mention(people) => people.iter().all(|name| knows(told, name)),
        Slot::About(names) => names.iter().any(|name| told.entries.contains(name)),
        Slot::Ref(_) | Slot::Tick(_) => true,
    }
}

/// Tells whether a thread has mentioned somebody. GitLab takes no notice of the case of a name.
#[must_use]
pub fn knows(told: &Told, name: &str) -> bool {
    told.handles.contains(&name.to_ascii_lowercase())
}

/// A thread of ours as GitLab holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// Its global id, to reply to.
    pub discussion: String,
    /// What was said there.
    pub told: Told,
}
