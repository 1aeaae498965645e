//! What templates may name: the declared shape of every value in a context.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::blueprint::{Blueprint, ForEach};
use crate::spec::schema::{Fields, Schema, Type, URLS, snake};

/// The shape of a value.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Not known; everything goes.
    Any,
    /// A value without parts.
    Scalar,
    /// Many of a shape.
    List(Rc<Self>),
    /// Parts by name.
    Record(Rc<BTreeMap<String, Self>>),
}

/// Shapes by name.
pub(super) type Names = BTreeMap<String, Shape>;

fn record(names: Names) -> Shape {
    Shape::Record(Rc::new(names))
}

fn scalars(words: &str) -> Names {
    words.split(' ').map(|word| (word.to_owned(), Shape::Scalar)).collect()
}

fn list(of: Shape) -> Shape {
    Shape::List(Rc::new(of))
}

fn of_type(ty: &Type) -> Shape {
    match ty {
        Type::Table(declared) => record(fields(declared)),
        Type::List(inner) => list(of_type(inner)),
        Type::Map(..) => Shape::Any,
        Type::AnyOf(types) => {
            let part = types
                .iter()
                .find(|ty| matches!(ty, Type::Table(_) | Type::Map(..) | Type::List(_)));
            part.map_or(Shape::Scalar, of_type)
        }
        Type::String
        | Type::Text
        | Type::Bool
        | Type::Integer
        | Type::Date
        | Type::Url
        | Type::Handle
        | Type::Place
        | Type::OneOf(_)
        | Type::Ref(_) => Shape::Scalar,
    }
}

fn fields(declared: &Fields) -> Names {
    declared.iter().map(|(name, field)| (snake(name), of_type(&field.ty))).collect()
}

fn entry(declared: &Fields) -> Names {
    let mut names = fields(declared);
    names.extend(scalars("id name title summary item place group weight priority milestone start due confidential key"));
    for many in ["groups", "labels", "assignees", "depends_on", "was"] {
        names.insert(many.to_owned(), list(Shape::Scalar));
    }
    names
}

/// The shape of one entry of a list.
fn element(schema: &Schema, name: &str) -> Shape {
    let (first, nested) = name.split_once('.').map_or((name, false), |(first, _)| (first, true));
    if first == "groups" {
        let mut names = scalars("id label name known slack key");
        names.insert("pm".into(), list(Shape::Scalar));
        names.insert("em".into(), list(Shape::Scalar));
        names.insert("entries".into(), list(record(scalars("list id name key"))));
        return record(names);
    }
    if first == URLS {
        return record(scalars("id key url host private"));
    }
    if let Some(list_schema) = schema.lists.get(first) {
        let issue = record(entry(&list_schema.issue_fields));
        if nested {
            return issue;
        }
        let mut names = entry(&list_schema.fields);
        names.insert("issue".into(), list(issue));
        return record(names);
    }
    let Some(entries) = schema.data.get(first) else {
        return Shape::Any;
    };
    let mut names = scalars("key");
    for (key, value) in entries.iter().flat_map(|entry| &entry.values) {
        let many = matches!(value, crate::source::Value::Array(_));
        names.insert(snake(key), if many { list(Shape::Scalar) } else { Shape::Scalar });
    }
    record(names)
}

/// What every text of a blueprint may name.
pub(super) fn common(blueprint: &Blueprint) -> Names {
    let schema = &blueprint.schema;
    let mut names = Names::new();
    let mut tool = fields(&schema.tool);
    tool.extend(scalars("id name summary confidential milestone"));
    tool.insert("labels".into(), list(Shape::Scalar));
    tool.insert("was".into(), list(Shape::Scalar));
    names.insert("tool".into(), record(tool));
    names.insert("workspace".into(), record(scalars("id source url")));
    for (name, declared) in &schema.tables {
        names.insert(snake(name), record(fields(declared)));
    }
    for name in schema.lists.keys().chain(schema.data.keys()) {
        names.insert(snake(name), list(element(schema, name)));
    }
    names.insert("groups".into(), list(element(schema, "groups")));
    names
}

/// What the texts of a rule may name.
pub(super) fn of_each(blueprint: &Blueprint, for_each: &ForEach, common: &Names) -> Names {
    let schema = &blueprint.schema;
    let mut names = common.clone();
    match for_each {
        ForEach::Once => {}
        ForEach::List(name) => {
            names.insert("each".into(), element(schema, name));
            if let Some((outer, _)) = name.split_once('.') {
                names.insert("outer".into(), element(schema, outer));
            }
        }
        ForEach::Pair(outer, each) => {
            names.insert("outer".into(), element(schema, outer));
            names.insert("each".into(), element(schema, each));
        }
    }
    names
}

/// Adds `node`, which conditions and keys cannot see.
pub(super) fn with_node(mut names: Names) -> Names {
    names.insert("node".into(), record(scalars("key title type")));
    names
}

/// Adds `item`, the entry that a dependency is made for.
pub(super) fn with_item(blueprint: &Blueprint, mut names: Names, list: Option<&str>) -> Names {
    if let Some(list) = list {
        names.insert("item".into(), element(&blueprint.schema, list));
    }
    names
}
