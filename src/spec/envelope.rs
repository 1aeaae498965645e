//! The envelope: the keys that epictree itself gives to every tool file, whatever the blueprint.
//!
//! `entry` and `tool` read them; the schema of a tool file and the file to
//! start from say what stands here about them.

/// What a key of the envelope takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Lower-case words joined by dashes.
    Id,
    /// One id, or many.
    Ids,
    /// One line.
    Line,
    /// Many lines of Markdown.
    Text,
    /// Titles.
    Lines,
    /// One title, or many.
    LineOrLines,
    /// True or false.
    Truth,
    /// A day.
    Day,
    /// Users, as `@name`.
    Handles,
    /// A place of the workspace that is a group or project.
    Place,
    /// An item that exists.
    Reference,
    /// A weight, of the blueprint's scale or above it.
    Weight,
    /// A priority of the blueprint's scale.
    Priority,
}

/// A key of the envelope.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As files write it.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it is for.
    pub help: &'static str,
}

const fn key(name: &'static str, takes: Takes, help: &'static str) -> Key {
    Key { name, takes, help }
}

const ID: Key = key("id", Takes::Id, "identity, never changes");
const NAME: Key = key("name", Takes::Line, "may change");
const LABELS: Key = key("labels", Takes::Lines, "titles of labels, beside those of the blueprint");
const CONFIDENTIAL: Key =
    key("confidential", Takes::Truth, "true: only members may read any of it");
const WAS: Key = key("was", Takes::Ids, "ids it had before; carries it and all below it over");
const MILESTONE: Key = key("milestone", Takes::Line, "title of a milestone");

/// What an issue has for a name.
pub const TITLE: Key = key("title", Takes::Line, "may change; or `item`, work that exists");

/// The keys that every entry of every list may have.
pub const ENTRY: [Key; 16] = [
    ID,
    NAME,
    key("summary", Takes::Text, "what it is, in a few words of Markdown"),
    key("item", Takes::Reference, "work that exists and stands for this entry"),
    key("place", Takes::Place, "place of the workspace where it is created instead"),
    key("group", Takes::LineOrLines, "label of who will own it, or a list of candidates"),
    LABELS,
    key("weight", Takes::Weight, "how much work it is"),
    key("priority", Takes::Priority, "becomes the label that the blueprint has for it"),
    MILESTONE,
    key("assignees", Takes::Handles, "who works on it"),
    key("start", Takes::Day, "first day"),
    key("due", Takes::Day, "last day"),
    key("depends-on", Takes::Lines, "ids of this list"),
    CONFIDENTIAL,
    WAS,
];

/// The keys that every `[tool]` may have.
pub const TOOL: [Key; 8] = [
    ID,
    NAME,
    key("summary", Takes::Text, "what the tool does, in one sentence"),
    key(
        "rewrite",
        Takes::Truth,
        "false: descriptions that exist are people's, only new items get one",
    ),
    CONFIDENTIAL,
    MILESTONE,
    LABELS,
    WAS,
];

/// The names of keys.
pub fn names(keys: &[Key]) -> impl Iterator<Item = &'static str> + '_ {
    keys.iter().map(|key| key.name)
}

/// What a key of an entry is for.
#[must_use]
pub fn help(keys: &[Key], name: &str) -> &'static str {
    keys.iter().find(|key| key.name == name).map_or("", |key| key.help)
}
