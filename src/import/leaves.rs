//! Keys whose words may stand in texts: those of the blueprint, and what the envelope says in words.

use std::collections::BTreeSet;

use toml::Value;

use super::candidates::{REASON, Scope};
use super::draft::{At, Draft, Keys};
use crate::blueprint::Blueprint;
use crate::spec::schema::{Fields, GROUPS, Schema, Type, snake};

/// What a key holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Holds {
    /// One value.
    One(Type),
    /// Many of a type.
    Many(Type),
    /// One or many of the labels of groups.
    Groups,
    /// The id of an entry of the tool file, or many.
    Ids {
        /// Its list.
        list: String,
        /// Whether it may be many.
        many: bool,
    },
}

/// A key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) scope: Scope,
    path: Vec<String>,
    pub(super) holds: Holds,
    /// What is meant where it is absent.
    default: Option<String>,
}

/// All keys of which the blueprint's texts speak.
pub(super) fn leaves(blueprint: &Blueprint, words: &BTreeSet<String>) -> Vec<Leaf> {
    let schema = &blueprint.schema;
    let mut all = Leaves { schema, words, found: Vec::new() };
    all.own(&Scope::Tool, &schema.tool);
    for (name, fields) in &schema.tables {
        all.fields(&Scope::Table(name.clone()), &[], fields);
    }
    for (name, list) in &schema.lists {
        all.own(&Scope::List(name.clone()), &list.fields);
        all.own(&Scope::Issue(name.clone()), &list.issue_fields);
    }
    all.found
}

struct Leaves<'a> {
    schema: &'a Schema,
    words: &'a BTreeSet<String>,
    found: Vec<Leaf>,
}

impl Leaves<'_> {
    fn own(&mut self, scope: &Scope, declared: &Fields) {
        self.fields(scope, &[], declared);
        let mut own = vec![("summary", Holds::One(Type::Text))];
        match scope {
            Scope::Tool | Scope::Table(_) => {}
            Scope::List(list) => {
                let ids = Holds::Ids { list: list.clone(), many: true };
                own.extend([("group", Holds::Groups), ("depends-on", ids)]);
            }
            Scope::Issue(_) => own.push(("group", Holds::Groups)),
        }
        for (name, holds) in own {
            if !declared.contains_key(name) && self.words.contains(&snake(name)) {
                self.add(scope, &[name.to_owned()], holds, None);
            }
        }
    }

    fn add(&mut self, scope: &Scope, path: &[String], holds: Holds, default: Option<String>) {
        self.found.push(Leaf { scope: scope.clone(), path: path.to_vec(), holds, default });
    }

    fn fields(&mut self, scope: &Scope, above: &[String], declared: &Fields) {
        let mut in_order: Vec<_> = declared.iter().collect();
        in_order.sort_by_key(|(_, field)| field.span.range.start);
        for (name, field) in in_order {
            if self.words.contains(&snake(name)) {
                let default = field.default.as_ref().and_then(|value| value.as_str());
                let path = [above, std::slice::from_ref(name)].concat();
                self.of_type(scope, &path, &field.ty, default.map(str::to_owned));
            }
        }
    }

    fn of_type(&mut self, scope: &Scope, path: &[String], ty: &Type, default: Option<String>) {
        match ty {
            Type::String
            | Type::Text
            | Type::Integer
            | Type::Date
            | Type::Url
            | Type::Handle
            | Type::OneOf(_) => self.add(scope, path, Holds::One(ty.clone()), default),
            Type::Ref(lists) => self.ids(scope, path, lists, false),
            Type::List(inner) => match &**inner {
                Type::Ref(lists) => self.ids(scope, path, lists, true),
                Type::Bool
                | Type::Place
                | Type::List(_)
                | Type::Map(..)
                | Type::Table(_)
                | Type::AnyOf(_) => {}
                Type::String
                | Type::Text
                | Type::Integer
                | Type::Date
                | Type::Url
                | Type::Handle
                | Type::OneOf(_) => self.add(scope, path, Holds::Many((**inner).clone()), None),
            },
            Type::Map(inner, Some(list)) => {
                let ids = self.schema.data.get(list).into_iter().flatten();
                for id in ids.map(|entry| entry.id.clone()) {
                    self.of_type(scope, &[path, &[id]].concat(), inner, None);
                }
            }
            Type::Table(declared) => self.fields(scope, path, declared),
            Type::AnyOf(types) => {
                types.iter().for_each(|ty| self.of_type(scope, path, ty, default.clone()));
            }
            Type::Bool | Type::Place | Type::Map(_, None) => {}
        }
    }

    /// Of several lists nobody knows whose entry a name is.
    fn ids(&mut self, scope: &Scope, path: &[String], lists: &[String], many: bool) {
        if let [list] = lists
            && list != GROUPS
            && self.schema.lists.contains_key(list)
        {
            self.add(scope, path, Holds::Ids { list: list.clone(), many }, None);
        }
    }
}

impl Leaf {
    /// Where it may stand: entries, or nothing for the tool and its tables.
    pub(super) fn places(&self, draft: &Draft) -> Vec<Option<At>> {
        self.scope.places(draft)
    }

    /// Whether it is a text of many lines.
    pub(super) fn is_text(&self) -> bool {
        self.holds == Holds::One(Type::Text)
    }

    /// What it says at a place.
    pub(super) fn get<'d>(&self, draft: &'d Draft, at: Option<&At>) -> Option<&'d Value> {
        let keys = match (&self.scope, at) {
            (Scope::Tool, _) => &draft.tool,
            (Scope::Table(name), _) => draft.tables.get(name)?,
            (Scope::List(_) | Scope::Issue(_), at) => &draft.get(at?)?.keys,
        };
        let (first, rest) = self.path.split_first()?;
        rest.iter().try_fold(keys.get(first)?, |value, key| value.as_table()?.get(key))
    }

    /// Tells whether what stands in its key in any place was made up.
    pub(super) fn is_made_up(&self, draft: &Draft) -> bool {
        let first = Self { path: self.path.iter().take(1).cloned().collect(), ..self.clone() };
        let places = self.places(draft);
        let mut all = places.iter().filter_map(|at| first.get(draft, at.as_ref()));
        all.any(|value| value.to_string().contains(REASON))
    }

    /// Sets it at a place.
    pub(super) fn set(&self, draft: &mut Draft, at: Option<&At>, value: Value) {
        if let Some(keys) = self.scope.keys(draft, at) {
            put(keys, &self.path, value);
        }
    }

    /// Takes it out at a place, with the table that held nothing else.
    pub(super) fn take(&self, draft: &mut Draft, at: Option<&At>) {
        let Some(keys) = self.scope.keys(draft, at) else { return };
        let Some((first, rest)) = self.path.split_first() else { return };
        let Some((last, between)) = rest.split_last() else {
            keys.remove(first);
            return;
        };
        let table = keys.get_mut(first).and_then(Value::as_table_mut);
        let mut tables = between.iter();
        let inner = tables.try_fold(table, |table, key| {
            Some(table.and_then(|table| table.get_mut(key)).and_then(Value::as_table_mut))
        });
        inner.flatten().and_then(|table| table.remove(last));
        if keys.get(first).and_then(Value::as_table).is_some_and(toml::Table::is_empty) {
            keys.remove(first);
        }
    }

    /// The value that words in a text stand for, if it may be one.
    pub(super) fn value(&self, words: &[String]) -> Option<Value> {
        match &self.holds {
            Holds::One(ty) => match words {
                [one] if self.default.as_ref() != Some(one) => parse(ty, one),
                _ => None,
            },
            Holds::Many(ty) => {
                let all: Option<Vec<Value>> = words.iter().map(|word| parse(ty, word)).collect();
                all.filter(|all| !all.is_empty()).map(Value::Array)
            }
            Holds::Groups => match words {
                [] => None,
                [one] => parse(&Type::String, one),
                many => {
                    let all = many.iter().map(|word| parse(&Type::String, word));
                    all.collect::<Option<Vec<Value>>>().map(Value::Array)
                }
            },
            Holds::Ids { many, .. } => match (many, words) {
                (_, []) => None,
                (true, all) => Some(Value::Array(all.iter().cloned().map(Value::String).collect())),
                (false, [one]) => Some(Value::String(one.clone())),
                (false, _) => None,
            },
        }
    }
}

fn put(keys: &mut Keys, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some((last, between)) = rest.split_last() else {
        keys.insert(first.clone(), value);
        return;
    };
    let empty = || Value::Table(toml::Table::new());
    let mut at = keys.entry(first.clone()).or_insert_with(empty);
    for key in between.iter().chain(std::iter::once(last)) {
        if !at.is_table() {
            *at = empty();
        }
        let Some(table) = at.as_table_mut() else { return };
        at = table.entry(key.clone()).or_insert_with(empty);
    }
    *at = value;
}

fn parse(ty: &Type, words: &str) -> Option<Value> {
    let text = || Value::String(words.to_owned());
    let is_line = !words.trim().is_empty() && !words.contains('\n');
    match ty {
        Type::Text => (!words.trim().is_empty()).then(text),
        Type::String => is_line.then(text),
        Type::Url => {
            let is_one = words.starts_with("https://") || words.starts_with("http://");
            (is_line && is_one && !words.contains(char::is_whitespace)).then(text)
        }
        Type::Handle => (is_line && words.starts_with('@')).then(text),
        Type::OneOf(known) => known.iter().any(|word| word == words).then(text),
        Type::Integer => words.parse().ok().map(Value::Integer),
        Type::Date => {
            let day = words.parse::<jiff::civil::Date>().ok()?.to_string();
            day.parse().ok().map(Value::Datetime)
        }
        Type::Bool
        | Type::Place
        | Type::List(_)
        | Type::Ref(_)
        | Type::Map(..)
        | Type::Table(_)
        | Type::AnyOf(_) => None,
    }
}

/// A schema that takes any word where it wants a certain one.
pub(super) fn loose(schema: &Schema) -> Schema {
    let mut loose = schema.clone();
    let mut all: Vec<&mut Fields> = vec![&mut loose.tool];
    all.extend(loose.tables.values_mut());
    for list in loose.lists.values_mut() {
        all.extend([&mut list.fields, &mut list.issue_fields]);
    }
    for field in all.into_iter().flat_map(|fields| fields.values_mut()) {
        field.ty = loose_type(&field.ty);
    }
    loose
}

fn loose_type(ty: &Type) -> Type {
    match ty {
        Type::Url | Type::Handle | Type::OneOf(_) => Type::String,
        Type::Integer | Type::Date => Type::AnyOf(vec![ty.clone(), Type::String]),
        Type::List(inner) => Type::List(Box::new(loose_type(inner))),
        Type::Map(inner, list) => Type::Map(Box::new(loose_type(inner)), list.clone()),
        Type::Table(fields) => {
            let mut fields = fields.clone();
            fields.values_mut().for_each(|field| field.ty = loose_type(&field.ty));
            Type::Table(fields)
        }
        Type::AnyOf(types) => Type::AnyOf(types.iter().map(loose_type).collect()),
        Type::String | Type::Text | Type::Bool | Type::Place | Type::Ref(_) => ty.clone(),
    }
}
