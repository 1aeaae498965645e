//! What fields might say: every value that a blueprint's rules could depend on.

use std::collections::BTreeSet;

use toml::Value;

use super::draft::{At, Draft, Keys};
use crate::blueprint::Blueprint;
use crate::spec::schema::{Field, Fields, GROUPS, Type, snake};

/// What stands where somebody has to say why.
pub(super) const REASON: &str = "not in GitLab when this file was imported";

/// Values that were found in the tree.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) handles: BTreeSet<String>,
    pub(super) days: BTreeSet<jiff::civil::Date>,
    pub(super) addresses: BTreeSet<String>,
    pub(super) lines: BTreeSet<String>,
    pub(super) milestones: BTreeSet<String>,
    /// Whether reasons are made up where somebody has to give one.
    pub(super) reasons: bool,
}

impl Found {
    /// One of each, to see what a rule makes of it.
    pub(super) fn anything() -> Self {
        let text = |text: &str| BTreeSet::from([text.to_owned()]);
        Self {
            handles: text("@somebody"),
            days: BTreeSet::from([jiff::civil::date(2000, 1, 1)]),
            addresses: text("https://example.com"),
            reasons: true,
            ..Self::default()
        }
    }
}

/// Whose field it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    Tool,
    Table(String),
    List(String),
    Issue(String),
}

impl Scope {
    /// Tells whether there is one of it in a tool file.
    pub(super) fn is_one(&self) -> bool {
        matches!(self, Self::Tool | Self::Table(_))
    }

    /// Where it stands in a draft: entries, or nothing for the tool and its tables.
    pub(super) fn places(&self, draft: &Draft) -> Vec<Option<At>> {
        let of = |at: &At| match self {
            Self::Tool | Self::Table(_) => false,
            Self::List(list) => at.list == *list && at.issue.is_none(),
            Self::Issue(list) => at.list == *list && at.issue.is_some(),
        };
        match self {
            Self::Tool | Self::Table(_) => vec![None],
            Self::List(_) | Self::Issue(_) => {
                draft.places().into_iter().filter(of).map(Some).collect()
            }
        }
    }

    /// The keys of a place.
    pub(super) fn keys<'d>(&self, draft: &'d mut Draft, at: Option<&At>) -> Option<&'d mut Keys> {
        match (self, at) {
            (Self::Tool, _) => Some(&mut draft.tool),
            (Self::Table(name), _) => Some(draft.tables.entry(name.clone()).or_default()),
            (Self::List(_) | Self::Issue(_), Some(at)) => Some(&mut draft.make(at).keys),
            (Self::List(_) | Self::Issue(_), None) => None,
        }
    }
}

/// A value that a field might have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub(super) scope: Scope,
    name: String,
    value: Value,
    /// Whether it is one of many.
    adds: bool,
}

impl Setting {
    /// Tells whether it is one of many values that its field may have.
    pub(super) fn adds(&self) -> bool {
        self.adds
    }

    /// Tells whether it is of the same field, and of the same value if that is given.
    pub(super) fn is_like(&self, other: &Self, value: bool) -> bool {
        let same = self.scope == other.scope && self.name == other.name;
        same && (!value || self.value == other.value)
    }

    /// Tells whether it is one of a few values that entries of a list may have.
    pub(super) fn is_choice_of(&self, list: &str) -> bool {
        self.scope == Scope::List(list.to_owned()) && !self.adds
    }

    /// The value, if it is a text.
    pub(super) fn word(&self) -> Option<&str> {
        self.value.as_str()
    }

    /// Where it may be set: entries, or nothing for the tool and its tables.
    pub(super) fn places(&self, draft: &Draft) -> Vec<Option<At>> {
        self.scope.places(draft)
    }

    /// Takes it out again where it is one of many.
    pub(super) fn take_back(&self, draft: &mut Draft) {
        let Some(keys) = self.scope.keys(draft, None) else { return };
        let all = keys.get_mut(&self.name).and_then(Value::as_array_mut);
        all.into_iter().for_each(|all| all.retain(|value| *value != self.value));
    }

    /// Sets it.
    pub(super) fn apply(&self, draft: &mut Draft, at: Option<&At>) {
        let Some(keys) = self.scope.keys(draft, at) else { return };
        match keys.get_mut(&self.name) {
            Some(Value::Array(all)) if self.adds => {
                if !all.contains(&self.value) {
                    all.push(self.value.clone());
                }
            }
            _ if self.adds => {
                keys.insert(self.name.clone(), Value::Array(vec![self.value.clone()]));
            }
            _ => {
                keys.insert(self.name.clone(), self.value.clone());
            }
        }
    }
}

/// Every value worth trying, in the order of the blueprint.
pub(super) fn settings(
    blueprint: &Blueprint,
    draft: &Draft,
    found: &Found,
    words: &BTreeSet<String>,
) -> Vec<Setting> {
    let schema = &blueprint.schema;
    let all = Values { blueprint, draft, found };
    let mut out = Vec::new();
    for (name, values) in [("milestone", &found.milestones), ("summary", &found.lines)] {
        for value in values.iter().filter(|_| words.contains(name)) {
            let (name, value) = (name.to_owned(), Value::String(value.clone()));
            out.push(Setting { scope: Scope::Tool, name, value, adds: false });
        }
    }
    let mut add = |scope: Scope, fields: &Fields| {
        let mut in_order: Vec<_> = fields.iter().collect();
        in_order.sort_by_key(|(_, field)| field.span.range.start);
        for (name, field) in in_order.into_iter().filter(|(n, _)| words.contains(&snake(n))) {
            for (value, adds) in all.of_field(field) {
                out.push(Setting { scope: scope.clone(), name: name.clone(), value, adds });
            }
        }
    };
    add(Scope::Tool, &schema.tool);
    for (name, fields) in &schema.tables {
        add(Scope::Table(name.clone()), fields);
    }
    for (name, list) in &schema.lists {
        add(Scope::List(name.clone()), &list.fields);
        add(Scope::Issue(name.clone()), &list.issue_fields);
    }
    out
}

/// Every word of the blueprint's expressions.
pub(super) fn words(blueprint: &Blueprint) -> BTreeSet<String> {
    let mut texts: Vec<&str> = Vec::new();
    for rule in &blueprint.nodes {
        let plain = [&rule.when, &rule.creates, &rule.parent, &rule.weight, &rule.milestone];
        let plain = plain.into_iter().chain([&rule.start, &rule.due]).flatten();
        texts.extend(plain.map(|code| code.value.as_str()));
        texts.extend([rule.key.value.as_str(), rule.title.value.as_str()]);
        texts.extend(rule.assignees.iter().map(|code| code.value.as_str()));
        for label in rule.labels.iter().chain(&rule.labels_once) {
            texts.push(&label.title.value);
            texts.extend(label.when.iter().map(|code| code.value.as_str()));
        }
        for depends in &rule.depends_on {
            texts.push(&depends.key.value);
            texts.extend(depends.when.iter().map(|code| code.value.as_str()));
        }
    }
    for row in &blueprint.rows {
        texts.extend(row.cells.iter().map(|(_, code)| code.value.as_str()));
        texts.extend(row.when.iter().chain(&row.link).map(|code| code.value.as_str()));
        texts.push(&row.heading.value);
    }
    let data = blueprint.schema.data.values().flatten().filter_map(|entry| entry.when.as_ref());
    texts.extend(data.map(|code| code.value.as_str()));
    words_of(texts)
}

/// Every word of texts.
pub(super) fn words_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    let word = |c: char| !c.is_alphanumeric() && c != '_';
    texts.into_iter().flat_map(|text| text.split(word)).map(str::to_owned).collect()
}

struct Values<'a> {
    blueprint: &'a Blueprint,
    draft: &'a Draft,
    found: &'a Found,
}

impl Values<'_> {
    /// What a field might say, and whether that is one of many.
    fn of_field(&self, field: &Field) -> Vec<(Value, bool)> {
        match &field.ty {
            Type::List(inner) => {
                self.of_type(inner).into_iter().map(|value| (value, true)).collect()
            }
            ty => self.of_type(ty).into_iter().map(|value| (value, false)).collect(),
        }
    }

    fn of_type(&self, ty: &Type) -> Vec<Value> {
        let texts = |all: &BTreeSet<String>| all.iter().cloned().map(Value::String).collect();
        match ty {
            Type::Bool => vec![Value::Boolean(true), Value::Boolean(false)],
            Type::OneOf(words) => words.iter().cloned().map(Value::String).collect(),
            Type::Handle => texts(&self.found.handles),
            Type::Url => texts(&self.found.addresses),
            Type::Date => {
                let day = |day: &jiff::civil::Date| day.to_string().parse().ok();
                self.found.days.iter().filter_map(day).map(Value::Datetime).collect()
            }
            Type::String if self.found.reasons => vec![Value::String(REASON.to_owned())],
            Type::Ref(lists) => lists.iter().flat_map(|list| self.ids(list)).collect(),
            Type::Table(fields) => {
                let one = |(name, field): (&String, &Field)| {
                    let values = self.of_type(&field.ty).into_iter();
                    let table = |value| Value::Table([(name.clone(), value)].into_iter().collect());
                    values.map(table).collect::<Vec<_>>()
                };
                fields.iter().flat_map(one).collect()
            }
            Type::AnyOf(types) => types.iter().flat_map(|ty| self.of_type(ty)).collect(),
            Type::String
            | Type::Text
            | Type::Integer
            | Type::Place
            | Type::List(_)
            | Type::Map(..) => Vec::new(),
        }
    }

    fn ids(&self, list: &str) -> Vec<Value> {
        if list == GROUPS {
            return Vec::new();
        }
        let data = self.blueprint.schema.data.get(list).into_iter().flatten();
        let own = self.draft.lists.get(list).into_iter().flatten();
        let ids = data.map(|entry| &entry.id).chain(own.map(|entry| &entry.id));
        ids.cloned().map(Value::String).collect()
    }
}
