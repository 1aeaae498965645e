//! What a blueprint lets a tool file hold: fields with types, lists, tables, scales.

use std::collections::BTreeMap;

use crate::source::{Span, Value};

/// The type of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// One line.
    String,
    /// Many lines of Markdown.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Integer,
    /// A day.
    Date,
    /// An address, http or https.
    Url,
    /// A user, `@name`.
    Handle,
    /// A place of the workspace.
    Place,
    /// One of these words.
    OneOf(Vec<String>),
    /// Many of a type.
    List(Box<Self>),
    /// The id of an entry of one of these lists.
    Ref(Vec<String>),
    /// Values by key; the keys are ids of a list if one is named.
    Map(Box<Self>, Option<String>),
    /// A table with fields of its own.
    Table(Fields),
    /// The first of these that takes the kind of value.
    AnyOf(Vec<Self>),
}

/// A field: its type, and what happens when it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// Whether it must be there.
    pub required: bool,
    /// Its value when it is not there.
    pub default: Option<Value>,
    /// Its value once the entry's item is closed.
    pub done: Option<Value>,
    /// What it is for.
    pub help: Option<String>,
    /// Where the blueprint declares it.
    pub span: Span,
}

/// Fields by name, as files write it.
pub type Fields = BTreeMap<String, Field>;

/// A list of a tool file, `[[functionality]]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListSchema {
    /// What the list is for.
    pub summary: Option<String>,
    /// Fields of its entries beyond the envelope.
    pub fields: Fields,
    /// Fields of its entries' issues beyond the envelope.
    pub issue_fields: Fields,
    /// Whether one and the same entry in two tools is advised against.
    pub unique: bool,
    /// Where the blueprint declares it.
    pub span: Span,
}

/// An entry of a list that the blueprint itself holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DataEntry {
    /// Its id.
    pub id: String,
    /// All its values, `id` included and `when` left out.
    pub values: BTreeMap<String, Value>,
    /// The condition under which a tool has it, with its place.
    pub when: Option<crate::source::At<String>>,
}

/// The shape of a tool file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {
    /// The weights that may be given; any if empty.
    pub weights: Vec<u64>,
    /// Labels by priority.
    pub priorities: BTreeMap<u64, String>,
    /// Fields of `[tool]` beyond the envelope.
    pub tool: Fields,
    /// Extra tables.
    pub tables: BTreeMap<String, Fields>,
    /// Lists.
    pub lists: BTreeMap<String, ListSchema>,
    /// The blueprint's own lists.
    pub data: BTreeMap<String, Vec<DataEntry>>,
}

/// The list that epictree derives from the groups that entries name.
pub const GROUPS: &str = "groups";
/// The list that epictree derives, for lints, from the addresses in a tool file.
pub const URLS: &str = "urls";

/// The name of a field in templates: `_` for `-`.
#[must_use]
pub fn snake(name: &str) -> String {
    name.replace('-', "_")
}
