//! The items of the tree, each with what its marker says.

use std::collections::BTreeMap;

use super::{Ask, Refusal};
use crate::key::NodeKey;
use crate::marker::{self, Base, Reading, Record};
use crate::tree::{Item, Reference, WorkItemId};

/// An item, and the node it is if its marker says so.
pub(super) struct Seen<'a> {
    pub(super) item: &'a Item,
    /// Its key without the tool's id, and what the files wanted last.
    pub(super) ours: Option<(String, Base)>,
    /// Whether it carries a marker that is not ours to read, or was moved elsewhere.
    pub(super) others: bool,
}

/// All of them, what is above before what is below.
pub(super) struct Items<'a> {
    pub(super) all: Vec<Seen<'a>>,
    at: BTreeMap<WorkItemId, usize>,
    /// What the first item hangs under.
    pub(super) above: Option<&'a Reference>,
    /// The id of the tool that the first item's marker names.
    pub(super) tool: Option<String>,
    /// What the first item knows of the tool.
    pub(super) record: Record,
}

impl<'a> Items<'a> {
    /// Reads the markers.
    pub(super) fn read(ask: &Ask<'a>) -> Result<Self, Refusal> {
        let top = &ask.tree.top;
        let (tool, record) = match marker::read(&top.description).marker {
            Reading::One(marker) => {
                owned(ask, top, &marker.workspace, &marker.key)?;
                (Some(marker.key.tool().to_owned()), marker.record)
            }
            Reading::Damaged { workspace, key } => {
                owned(ask, top, &workspace, &key)?;
                (Some(key.tool().to_owned()), Record::default())
            }
            Reading::Newer(_) => return Err(Refusal::Newer(top.reference.clone())),
            Reading::None | Reading::Duplicate => (None, Record::default()),
        };
        let seen = |item: &'a Item| seen(item, &ask.workspace.id, tool.as_deref());
        let all: Vec<Seen<'a>> = ask.tree.items().into_iter().map(seen).collect();
        let ids = all.iter().enumerate().map(|(at, seen)| (seen.item.id.clone(), at));
        Ok(Self { at: ids.collect(), all, above: ask.tree.above.as_ref(), tool, record })
    }

    /// The first item.
    pub(super) fn top(&self) -> &'a Item {
        self.all[0].item
    }

    /// The item that another hangs under, if it is in the tree.
    pub(super) fn parent(&self, item: &Item) -> Option<&Seen<'a>> {
        Some(&self.all[*self.at.get(item.parent.as_ref()?)?])
    }

    /// An item of the tree.
    pub(super) fn get(&self, id: &WorkItemId) -> Option<&Seen<'a>> {
        Some(&self.all[*self.at.get(id)?])
    }

    /// Items that no marker gives to a node.
    pub(super) fn unmarked(&self) -> impl Iterator<Item = &'a Item> + '_ {
        let free = |seen: &&Seen<'_>| seen.ours.is_none() && !seen.others;
        self.all.iter().filter(free).map(|seen| seen.item)
    }
}

fn owned(ask: &Ask<'_>, top: &Item, workspace: &str, key: &NodeKey) -> Result<(), Refusal> {
    if workspace != ask.workspace.id {
        return Err(Refusal::Workspace(top.reference.clone(), workspace.to_owned()));
    }
    match ask.id {
        Some(id) if id != key.tool() => {
            Err(Refusal::Id(top.reference.clone(), key.tool().to_owned()))
        }
        _ => Ok(()),
    }
}

fn seen<'a>(item: &'a Item, workspace: &str, tool: Option<&str>) -> Seen<'a> {
    let none = Seen { item, ours: None, others: item.moved_to.is_some() };
    let (of, key, base) = match marker::read(&item.description).marker {
        Reading::One(marker) => (marker.workspace, marker.key, marker.base),
        Reading::Damaged { workspace, key } => (workspace, key, Base::default()),
        Reading::Newer(_) => return Seen { others: true, ..none },
        Reading::None | Reading::Duplicate => return none,
    };
    if of == workspace && Some(key.tool()) == tool {
        return Seen { ours: Some((key.local().to_owned(), base)), others: false, item };
    }
    Seen { others: true, ..none }
}
