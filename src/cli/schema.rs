//! `epictree schema`

use std::path::Path;

use super::{Exit, Failure, files, help, new};
use crate::blueprint::{self, Blueprint};
use crate::spec::{Around, Place, Workspace, json_schema, owners, waive, workspace};
use crate::ui;

/// The file that the first line of a new tool file names.
pub(super) const TOOL_SCHEMA: &str = "tool.schema.json";

const EXAMPLES: &[(&str, &str)] = &[
    (
        "epictree schema tool > tool.schema.json",
        "beside the tool files; again whenever the blueprint or the places change",
    ),
    ("epictree schema workspace", "that of epictree.toml"),
];

/// Print the JSON Schema of a kind of file, by which editors complete, explain and check it
///
/// That of tool files knows the fields of the blueprint in use and the workspace's places. An
/// editor finds it by the first line that `epictree new` writes, `#:schema ./tool.schema.json`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help::topics(EXAMPLES, &Exit::OFFLINE, &[]))]
pub(super) struct Args {
    /// The kind of file
    #[arg(value_enum)]
    file: Kind,
    /// The blueprint, by name or path [default: the workspace's]
    #[arg(long, value_name = "NAME")]
    blueprint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// A tool file
    Tool,
    /// epictree.toml
    Workspace,
    /// A blueprint
    Blueprint,
    /// The owners file
    Owners,
    /// What `plan --format json` prints
    Plan,
    /// What `status --format json` prints
    Status,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if args.blueprint.is_some() && args.file != Kind::Tool {
        return Err(Failure::new("only the schema of tool files depends on a blueprint")
            .hint("leave --blueprint out")
            .ends_with(Exit::Usage));
    }
    match args.file {
        Kind::Tool => {
            let here = std::env::current_dir()?;
            ui::print(&of_folder(&here, args.blueprint.as_deref())?)?;
        }
        Kind::Workspace => ui::print(workspace::JSON_SCHEMA)?,
        Kind::Blueprint => ui::print(blueprint::JSON_SCHEMA)?,
        Kind::Owners => ui::print(owners::JSON_SCHEMA)?,
        Kind::Plan => ui::print(ui::json::SCHEMA)?,
        Kind::Status => ui::print(ui::status::json::SCHEMA)?,
    }
    Ok(Exit::Done)
}

/// The schema of the tool files in a folder.
pub(super) fn of_folder(here: &Path, blueprint: Option<&str>) -> Result<String, Failure> {
    let folder = files::workspace_above(here);
    let workspace = folder.as_deref().map(new::workspace_of).transpose()?;
    let named = blueprint.or(workspace.as_ref().map(|workspace| workspace.blueprint.as_str()));
    let Some(named) = named else {
        return Err(Failure::new(format!("no {} in this folder or above", files::WORKSPACE))
            .hint("give --blueprint NAME, or go to a workspace")
            .ends_with(Exit::Usage));
    };
    let blueprint = new::load(folder.as_deref().unwrap_or(here), named)?;
    Ok(of_tools(&blueprint, workspace.as_ref()))
}

/// The schema of the tool files of a blueprint, in a workspace if it has places yet.
fn of_tools(blueprint: &Blueprint, workspace: Option<&Workspace>) -> String {
    let places = workspace.iter().flat_map(|workspace| &workspace.places);
    let places: Vec<&str> = places
        .filter(|(_, place)| matches!(place, Place::Namespace(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    let own = blueprint.lints.iter().map(|lint| (lint.id.as_str(), prose(&lint.message)));
    let engine = waive::LINTS.iter().map(|(id, about)| (*id, (*about).to_owned()));
    let lints: Vec<(&str, String)> = engine.chain(own).collect();
    let around = Around { blueprint: &blueprint.name, places: &places, lints: &lints };
    format!("{:#}\n", json_schema(&blueprint.schema, &around))
}

/// What a template says whatever its values are.
fn prose(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (close, stands) = match after.chars().next() {
            Some('{') => ("}}", "…"),
            Some('%') => ("%}", ""),
            _ => ("", "{"),
        };
        out.push_str(stands);
        rest = after.split_once(close).map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn the_words_of_a_template_are_left() {
        assert_eq!(prose("`{{ each.id }}` is {% if x %}so {% endif %}{1}"), "`…` is so {1}");
        assert_eq!(prose("cut {{ off"), "cut …");
    }
}
