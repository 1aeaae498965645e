//! What a form asks for, done by the functions that the API does it by. Must not know of pages.

use crate::page::flipped;

use super::super::inputs::{Create, Description, Hierarchy, Widgets};
use super::super::people::{self, Edit};
use super::super::references::gid;
use super::super::rules::{Draft, Refusal, item_gid};
use super::super::store::Id;
use super::super::{create, notes};
use super::ask::Pairs;
use super::form::Fields;

/// What one form asks for.
pub(super) enum Deed<'a> {
    /// To save what was typed.
    Edit { seen: &'a str, fields: Fields },
    /// To flip a task box of the description, counted from 0.
    Flip { seen: &'a str, nth: Option<usize> },
    /// To close or reopen.
    State(Edit),
    /// To comment, in a thread or in a new one.
    Comment { body: &'a str, thread: Option<Id> },
    /// To make an item below.
    Child { title: &'a str, description: &'a str, home: &'a str },
    /// Nothing that is known here.
    Unknown,
}

impl<'a> Deed<'a> {
    /// Reads a form.
    pub(super) fn read(sent: &'a Pairs) -> Self {
        let seen = sent.one("seen");
        match sent.one("deed") {
            "edit" => Self::Edit { seen, fields: Fields::read(sent) },
            "flip" => Self::Flip { seen, nth: sent.one("box").parse().ok() },
            "close" => Self::State(Edit::Close),
            "reopen" => Self::State(Edit::Reopen),
            "comment" => {
                Self::Comment { body: sent.one("body"), thread: sent.one("thread").parse().ok() }
            }
            "child" => Self::Child {
                title: sent.one("title"),
                description: sent.one("description"),
                home: sent.one("home"),
            },
            _ => Self::Unknown,
        }
    }

    /// Does it; returns the item to look at afterwards.
    pub(super) fn carry_out(&self, draft: &mut Draft<'_>, id: Id) -> Result<Id, Refusal> {
        match self {
            Self::Edit { seen, fields } => {
                unmoved(seen, draft.item(id)?.updated_at)?;
                let now = Fields::of(&draft.world, draft.item(id)?);
                people::apply(draft, id, &fields.edits_since(&now)?)?;
            }
            Self::Flip { seen, nth } => {
                let item = draft.item(id)?;
                unmoved(seen, item.updated_at)?;
                let text = nth.and_then(|nth| flipped(&item.description, nth));
                let text = text.ok_or_else(|| Refusal::invalid("There is no such task box."))?;
                people::apply(draft, id, &[Edit::Description(text)])?;
            }
            Self::State(edit) => people::apply(draft, id, std::slice::from_ref(edit))?,
            Self::Comment { body, thread } => {
                let known = |thread: &Id| {
                    let item = draft.world.items.get(id);
                    item.is_some_and(|item| item.notes.iter().any(|note| note.thread == *thread))
                };
                let thread = thread.filter(known);
                notes::comment(draft, id, body, thread, false)?;
            }
            Self::Child { title, description, home } => {
                return child(draft, id, title, description, home);
            }
            Self::Unknown => return Err(Refusal::invalid("This form is not known here.")),
        }
        Ok(id)
    }
}

/// Refuses what was typed before somebody else's change.
fn unmoved(seen: &str, now: u64) -> Result<(), Refusal> {
    if seen.parse() == Ok(now) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "Somebody changed this item after the form was opened. What you entered is still in it: \
         compare it with what is there now, and save again.",
    ))
}

/// Creates an item below another; `home` is its type's number and its place, as the form offers.
fn child(
    draft: &mut Draft<'_>,
    parent: Id,
    title: &str,
    description: &str,
    home: &str,
) -> Result<Id, Refusal> {
    let (kind, path) = home.split_once(' ').unwrap_or_default();
    let wanted = Create {
        title: title.to_owned(),
        work_item_type_id: gid("WorkItems::Type", kind.parse().unwrap_or_default()),
        namespace_path: Some(path.to_owned()),
        confidential: Some(draft.item(parent)?.confidential),
        hierarchy_widget: Some(Hierarchy {
            parent_id: Some(Some(item_gid(parent))),
            ..Hierarchy::default()
        }),
        labels_widget: None,
        linked_items_widget: None,
    };
    let description = Some(description.to_owned()).filter(|text| !text.is_empty());
    let description_widget = description.map(|text| Description { description: Some(text) });
    let widgets = Widgets { description_widget, ..Widgets::default() };
    create::create(draft, &wanted, &widgets).map_err(|(refusal, _)| refusal)
}
