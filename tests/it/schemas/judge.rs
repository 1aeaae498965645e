//! The two that judge a file: the parser, and a validator with the schema that is printed.

use std::path::Path;
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use epictree::assets::Assets;
use epictree::blueprint::{self, Blueprint};
use epictree::problem::{Problem, Problems, Severity, Sources};
use epictree::spec::{Owners, ToolFile, Workspace, owners, waive, workspace};
use serde_json::{Map, Value as Json};

use crate::env::{Output, epictree};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A tool file of `prodseceng`.
    Tool,
    Workspace,
    Owners,
    Blueprint,
}

pub(super) const ALL: [Kind; 4] = [Kind::Tool, Kind::Workspace, Kind::Owners, Kind::Blueprint];

/// What `epictree schema` prints in a folder.
pub(super) fn printed(folder: &Path, args: &[&str]) -> String {
    Output::of(epictree(folder).arg("schema").args(args).output().unwrap()).ends_with(0).stdout
}

impl Kind {
    /// The schema as the project has it.
    pub(super) fn schema(self) -> &'static str {
        match self {
            Self::Tool => panic!("that of tool files is made for a blueprint"),
            Self::Workspace => workspace::JSON_SCHEMA,
            Self::Owners => owners::JSON_SCHEMA,
            Self::Blueprint => blueprint::JSON_SCHEMA,
        }
    }

    /// The errors that reading a file finds.
    pub(super) fn problems(self, text: &str) -> Vec<Problem> {
        let mut out = Problems::default();
        match self {
            Self::Tool => {
                static BLUEPRINT: LazyLock<Blueprint> = LazyLock::new(|| {
                    load("prodseceng", &Assets::embedded(), &mut Problems::default()).unwrap()
                });
                let spec = ToolFile::parse("t.toml", text, &BLUEPRINT.schema, &mut out);
                let lints = BLUEPRINT.lints.iter().map(|lint| lint.id.as_str());
                spec.inspect(|spec| waive::check(spec, &lints.collect::<Vec<_>>(), &mut out));
            }
            Self::Workspace => drop(Workspace::parse("epictree.toml", text, &mut out)),
            Self::Owners => drop(Owners::parse("owners.toml", text, &mut out)),
            Self::Blueprint => {
                let mut assets = Assets::embedded();
                assets.insert("blueprints/b.toml", text);
                load("b", &assets, &mut out);
            }
        }
        let errors = out.sorted().into_iter().filter(|p| p.severity == Severity::Error);
        errors.cloned().collect()
    }
}

fn load(name: &str, assets: &Assets, out: &mut Problems) -> Option<Blueprint> {
    Blueprint::load(name, None, assets, out, &mut Sources::default())
}

/// A validator with one schema.
pub(super) struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    pub(super) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Tool => {
                let home = tempfile::tempdir().unwrap();
                Self::printed(&printed(home.path(), &["tool", "--blueprint", "prodseceng"]))
            }
            _ => Self::printed(kind.schema()),
        }
    }

    pub(super) fn printed(schema: &str) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("s.json", serde_json::from_str(schema).unwrap()).unwrap();
        let index = compiler.compile("s.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    /// Why a file is not valid; empty if it is.
    pub(super) fn fault(&self, file: &toml::Table) -> String {
        let json = json(&toml::Value::Table(file.clone()));
        self.schemas.validate(&json, self.index).err().map_or_else(String::new, |e| e.to_string())
    }

    #[track_caller]
    pub(super) fn accepts(&self, text: &str) {
        assert_eq!(self.fault(&text.parse().unwrap()), "", "{text}");
    }

    #[track_caller]
    pub(super) fn refuses(&self, text: &str) {
        assert_ne!(self.fault(&text.parse().unwrap()), "", "valid by its schema:\n{text}");
    }
}

/// A TOML value as editors hand it to a validator: a date becomes a string.
pub(super) fn json(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::from(text.as_str()),
        toml::Value::Integer(number) => Json::from(*number),
        toml::Value::Float(number) => Json::from(*number),
        toml::Value::Boolean(truth) => Json::from(*truth),
        toml::Value::Datetime(moment) => Json::from(moment.to_string()),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.clone(), json(value))).collect())
        }
    }
}

/// The keys of a schema that say nothing of themselves.
pub(super) fn unexplained(schema: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![(String::new(), schema)];
    while let Some((path, node)) = left.pop() {
        let properties = node.get("properties").and_then(Json::as_object);
        // `then` says more about keys that are explained elsewhere; a table explains itself by its keys.
        let ours = properties.filter(|_| !path.starts_with("/then")).into_iter().flatten();
        for (key, value) in ours.filter(|(_, value)| value.get("properties").is_none()) {
            if value.get("description").and_then(Json::as_str).is_none_or(str::is_empty) {
                found.push(format!("{path}/{key}"));
            }
        }
        match node {
            Json::Object(below) => left.extend(paths(&path, below)),
            Json::Array(items) => left.extend(items.iter().map(|item| (path.clone(), item))),
            _ => {}
        }
    }
    found
}

fn paths<'j>(path: &str, below: &'j Map<String, Json>) -> Vec<(String, &'j Json)> {
    below.iter().map(|(key, value)| (format!("{path}/{key}"), value)).collect()
}
