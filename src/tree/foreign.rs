//! A tree that is in GitLab and perhaps in no tool file.

use std::collections::BTreeMap;

use super::{Item, Reference, WorkItemId};

/// An item with all below it, as GitLab holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where it begins.
    pub top: Item,
    /// What that hangs under.
    pub above: Option<Reference>,
    /// The children of each item, in GitLab's order.
    pub below: BTreeMap<WorkItemId, Vec<Item>>,
    /// Items that the tree's record names and that lie elsewhere.
    pub elsewhere: Vec<Item>,
}

impl Foreign {
    /// Every item, what is above before what is below, those that lie elsewhere last.
    #[must_use]
    pub fn items(&self) -> Vec<&Item> {
        let mut all = vec![&self.top];
        let mut at = 0;
        while let Some(item) = all.get(at) {
            all.extend(self.below.get(&item.id).into_iter().flatten());
            at += 1;
        }
        all.extend(&self.elsewhere);
        all
    }
}
