//! A mutation in the making, and the rules that every kind of mutation shares. Must not know of
//! GraphQL or of files.
//!
//! A draft is a clone of the world: a refusal drops it, and with it all that was half done.

use super::places::Config;
use super::quick_actions::{self, Effects};
use super::references::{self, gid, read_gid};
use super::store::{
    Id, Item, Kind, Note, Notification, PlaceKind, QuickActionRun, TextEdit, World,
};
use super::text;

/// Number of the first work item; unlike any iid, so that the two cannot be mixed up unseen.
pub(super) const FIRST_ITEM: Id = 5001;

const TITLE_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 1_048_576;
const NOTE_MAX: usize = 1_000_000;
const FIRST_NOTE: Id = 9001;

/// GitLab's answer to a mutation on something absent or forbidden.
pub(super) const UNAVAILABLE: &str = "The resource that you are attempting to access does not \
     exist or you don't have permission to perform this action";

/// Why a mutation did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A top-level GraphQL error.
    Top(String),
    /// `errors` of the payload.
    Payload(Vec<String>),
    /// `errors` of the payload, although the work was done.
    DoneAnyway(Vec<String>),
}

impl Refusal {
    /// Returns the refusal that neither confirms nor denies that something exists.
    pub(super) fn unavailable() -> Self {
        Self::Top(UNAVAILABLE.to_owned())
    }

    /// Returns a refusal with one payload error.
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::Payload(vec![text.into()])
    }

    /// Returns the texts, wherever they would have stood.
    pub(super) fn texts(self) -> Vec<String> {
        match self {
            Self::Top(text) => vec![text],
            Self::Payload(texts) | Self::DoneAnyway(texts) => texts,
        }
    }
}

/// The world as one caller is about to leave it.
pub(super) struct Draft<'a> {
    pub(super) world: World,
    pub(super) config: &'a Config,
    pub(super) actor: Id,
}

impl<'a> Draft<'a> {
    /// Starts a mutation: the clock moves by one second.
    pub(super) fn new(world: &World, config: &'a Config, actor: Id) -> Self {
        let mut world = world.clone();
        world.sequence += 1;
        world.clock += 1;
        Self { world, config, actor }
    }

    /// Returns an item that must exist.
    pub(super) fn item(&self, id: Id) -> Result<&Item, Refusal> {
        self.world.items.get(id).ok_or_else(Refusal::unavailable)
    }

    /// Returns an item to change, which must exist.
    pub(super) fn item_mut(&mut self, id: Id) -> Result<&mut Item, Refusal> {
        self.world.items.get_mut(id).ok_or_else(Refusal::unavailable)
    }

    /// Finds an item by global id that the actor may read.
    pub(super) fn readable(&self, text: &str) -> Result<Id, Refusal> {
        let id = read_gid(&["WorkItem"], text).ok_or_else(|| wrong_class(text, "WorkItem"))?;
        let place = self.item(id)?.place;
        if self.config.readable(&self.world, place, Some(self.actor)) {
            Ok(id)
        } else {
            Err(Refusal::unavailable())
        }
    }

    /// Finds an item by global id that the actor may change.
    pub(super) fn writable(&self, text: &str) -> Result<Id, Refusal> {
        let id = self.readable(text)?;
        if self.may_write(id) { Ok(id) } else { Err(Refusal::unavailable()) }
    }

    /// Tells whether the actor may change the item.
    pub(super) fn may_write(&self, id: Id) -> bool {
        self.world
            .items
            .get(id)
            .is_some_and(|item| self.config.writable(&self.world, item.place, Some(self.actor)))
    }

    /// Writes a note in GitLab's own voice.
    pub(super) fn system_note(&mut self, id: Id, body: String) -> Result<(), Refusal> {
        let note = self.next_note(body, true);
        self.item_mut(id)?.notes.push(note);
        Ok(())
    }

    /// Makes a note that starts its own thread.
    pub(super) fn next_note(&self, body: String, system: bool) -> Note {
        let id = self
            .world
            .items
            .iter()
            .filter_map(|(_, item)| item.notes.last())
            .map(|note| note.id + 1)
            .max()
            .unwrap_or(FIRST_NOTE);
        Note {
            id,
            thread: id,
            body,
            system,
            internal: false,
            author: self.actor,
            at: self.world.clock,
        }
    }

    /// Tells everyone whom `after` mentions and `before` did not.
    pub(super) fn notify(&mut self, id: Id, cause: &str, before: &str, after: &str) {
        let known = text::mentions(before);
        let item = references::full(&self.world, id);
        let author = self.username();
        for handle in text::mentions(after) {
            let new = !known.contains(&handle) && handle != author;
            if new && self.is_addressee(&handle) {
                let notification = Notification {
                    user: handle,
                    item: item.clone(),
                    cause: cause.to_owned(),
                    by: author.clone(),
                    at: self.world.clock,
                };
                let id = self.world.notifications.next_id(1);
                self.world.notifications.put(id, notification);
            }
        }
    }

    fn is_addressee(&self, handle: &str) -> bool {
        let group = |id| self.world.places.get(id).map(|place| place.kind);
        handle == "all"
            || self.world.user_named(handle).is_some()
            || self.world.place_at(handle).and_then(group) == Some(PlaceKind::Group)
    }

    /// Returns the actor's username.
    pub(super) fn username(&self) -> String {
        self.world.users.get(self.actor).map_or_else(String::new, |user| user.username.clone())
    }

    /// Puts quick actions on record.
    pub(super) fn record_commands(&mut self, id: Id, commands: &[String]) {
        let item = references::full(&self.world, id);
        for command in commands {
            let run = QuickActionRun {
                user: self.username(),
                item: item.clone(),
                command: command.clone(),
                at: self.world.clock,
            };
            let id = self.world.quick_actions.next_id(1);
            self.world.quick_actions.put(id, run);
        }
    }

    /// Sets the title as GitLab does: stripped, one to 255 characters.
    pub(super) fn set_title(&mut self, id: Id, title: &str) -> Result<bool, Refusal> {
        let title = checked_title(title)?;
        let before = self.item(id)?.title.clone();
        if before == title {
            return Ok(false);
        }
        self.item_mut(id)?.title.clone_from(&title);
        let note = format!("changed title from **{before}** to **{title}**");
        self.system_note(id, note)?;
        Ok(true)
    }

    /// Saves a description on update; tells what its quick actions ask for.
    pub(super) fn set_description(
        &mut self,
        id: Id,
        description: &str,
    ) -> Result<(bool, Effects), Refusal> {
        let extracted = quick_actions::extract(&checked_description(description)?);
        let before = self.item(id)?.description.clone();
        let fresh: Vec<String> = extracted
            .commands
            .into_iter()
            .filter(|command| !before.lines().any(|line| line.trim_end() == command))
            .collect();
        let changed = before != extracted.text;
        let earlier = changed.then(|| self.keep_text(&before));
        let edit = TextEdit { by: self.actor, at: self.world.clock, before: earlier };
        let item = self.item_mut(id)?;
        item.description.clone_from(&extracted.text);
        item.edits.push(edit);
        if changed {
            self.system_note(id, "changed the description".to_owned())?;
            self.notify(id, "mentioned in description", &before, &extracted.text);
        }
        self.record_commands(id, &fresh);
        Ok((changed, quick_actions::effects(&fresh)))
    }

    fn keep_text(&mut self, text: &str) -> Id {
        let id = self.world.texts.next_id(1);
        self.world.texts.put(id, text.to_owned());
        id
    }

    /// Closes or reopens; an item that already is so stays as it is.
    pub(super) fn set_closed(&mut self, id: Id, closed: bool) -> Result<(), Refusal> {
        if self.item(id)?.closed_at.is_some() == closed {
            return Ok(());
        }
        let at = self.world.clock;
        self.item_mut(id)?.closed_at = closed.then_some(at);
        let word = if closed { "closed" } else { "reopened" };
        self.system_note(id, word.to_owned())
    }

    /// Makes confidential or public, without looking at parent and children.
    pub(super) fn set_confidential(&mut self, id: Id, confidential: bool) -> Result<(), Refusal> {
        if self.item(id)?.confidential == confidential {
            return Ok(());
        }
        self.item_mut(id)?.confidential = confidential;
        let name = kind_name(self.item(id)?.kind).to_lowercase();
        let note = if confidential {
            format!("made the {name} confidential")
        } else {
            format!("made the {name} visible to everyone")
        };
        self.system_note(id, note)
    }
}

/// Returns the refusal of a global id of another class.
pub(super) fn wrong_class(text: &str, class: &str) -> Refusal {
    Refusal::Top(format!("\"{text}\" does not represent an instance of {class}"))
}

/// Returns an item with nothing but what every item has.
pub(super) fn new_item(kind: Kind, place: Id, iid: u64, title: &str, author: Id, now: u64) -> Item {
    Item {
        iid,
        place,
        kind,
        title: title.to_owned(),
        description: String::new(),
        closed_at: None,
        confidential: false,
        lock_version: 0,
        labels: Vec::new(),
        parent: None,
        children: Vec::new(),
        weight: None,
        health: None,
        milestone: None,
        start: None,
        due: None,
        fixed_dates: false,
        assignees: Vec::new(),
        links: Vec::new(),
        notes: Vec::new(),
        author,
        created_at: now,
        updated_at: now,
        edits: Vec::new(),
        moved_to: None,
    }
}

/// Returns the stock name of a type.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Issue => "Issue",
        Kind::Incident => "Incident",
        Kind::Task => "Task",
        Kind::Epic => "Epic",
    }
}

/// Returns the global id of an item.
pub(super) fn item_gid(id: Id) -> String {
    gid("WorkItem", id)
}

/// Strips and checks a title.
pub(super) fn checked_title(title: &str) -> Result<String, Refusal> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Refusal::invalid("Title can't be blank"));
    }
    if title.chars().count() > TITLE_MAX {
        let text = format!("Title is too long (maximum is {TITLE_MAX} characters)");
        return Err(Refusal::invalid(text));
    }
    Ok(title.to_owned())
}

/// Normalises and checks a description. The limit counts bytes.
pub(super) fn checked_description(description: &str) -> Result<String, Refusal> {
    let text = text::normalise(description);
    if text.len() > DESCRIPTION_MAX {
        let text =
            format!("Description is too long ({} bytes). The maximum size is 1 MiB.", text.len());
        return Err(Refusal::invalid(text));
    }
    Ok(text)
}

/// Normalises and checks the body of a note.
pub(super) fn checked_note(body: &str) -> Result<String, Refusal> {
    let body = text::normalise(body);
    if body.is_empty() {
        return Err(Refusal::invalid("Note can't be blank"));
    }
    if body.chars().count() > NOTE_MAX {
        let text = format!("Note is too long (maximum is {NOTE_MAX} characters)");
        return Err(Refusal::invalid(text));
    }
    Ok(body)
}
