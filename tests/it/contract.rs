//! The schema file against the specification and against the project's sheet of the real schema.

use std::collections::BTreeMap;

use apollo_compiler::ast::{Definition, Document, FieldDefinition, InputValueDefinition};
use apollo_compiler::{ExecutableDocument, Schema};
use epictree::sandbox::{SDL, community_sdl};

/// Every named thing of a schema with its type, such as `WorkItem.reference(full:)`.
type Facts = BTreeMap<String, String>;

fn facts(sdl: &str) -> Facts {
    let document = Document::parse(sdl, "schema.graphql").expect("the SDL should parse");
    let mut facts = Facts::new();
    for definition in &document.definitions {
        match definition {
            Definition::ScalarTypeDefinition(it) => note(&mut facts, &it.name, "scalar"),
            Definition::ObjectTypeDefinition(it) => {
                note(&mut facts, &it.name, "type");
                for name in &it.implements_interfaces {
                    note(&mut facts, &format!("{} implements {name}", it.name), "");
                }
                fields(&mut facts, &it.name, &it.fields);
            }
            Definition::InterfaceTypeDefinition(it) => {
                note(&mut facts, &it.name, "interface");
                fields(&mut facts, &it.name, &it.fields);
            }
            Definition::EnumTypeDefinition(it) => {
                note(&mut facts, &it.name, "enum");
                for value in &it.values {
                    note(&mut facts, &format!("{}.{}", it.name, value.value), "value");
                }
            }
            Definition::InputObjectTypeDefinition(it) => {
                note(&mut facts, &it.name, "input");
                for field in &it.fields {
                    input(&mut facts, &format!("{}.{}", it.name, field.name), field);
                }
            }
            _ => {}
        }
    }
    facts
}

fn note(facts: &mut Facts, name: &str, what: &str) {
    facts.insert(name.to_owned(), what.to_owned());
}

fn fields(facts: &mut Facts, owner: &str, fields: &[apollo_compiler::Node<FieldDefinition>]) {
    for field in fields {
        let name = format!("{owner}.{}", field.name);
        note(facts, &name, &field.ty.to_string());
        for argument in &field.arguments {
            input(facts, &format!("{name}({}:)", argument.name), argument);
        }
    }
}

fn input(facts: &mut Facts, name: &str, value: &InputValueDefinition) {
    let default = value.default_value.as_ref();
    let default = default.map_or_else(String::new, |value| format!(" = {value}"));
    note(facts, name, &format!("{}{default}", value.ty));
}

#[test]
fn both_editions_have_a_valid_schema() {
    for sdl in [SDL.to_owned(), community_sdl(SDL)] {
        if let Err(error) = Schema::parse_and_validate(&sdl, "schema.graphql") {
            panic!("{}", error.errors);
        }
    }
}

#[test]
fn the_community_schema_lacks_exactly_what_is_marked() {
    let all = facts(SDL);
    let community = facts(&community_sdl(SDL));
    assert!(community.iter().all(|(name, what)| all.get(name) == Some(what)));
    assert!(all.contains_key("WorkItemWidgetWeight.weight"));
    assert!(!community.contains_key("WorkItemWidgetWeight.weight"));
    assert!(!community.contains_key("WorkItemCreateInput.weightWidget"));
    assert!(!community.contains_key("NamespacePermissions.createEpic"));
    assert!(community.contains_key("NamespacePermissions.createWorkItem"));
    assert!(!community_sdl(SDL).lines().any(|line| line.ends_with("# EE")));
}

#[test]
fn everything_in_the_schema_is_in_the_real_one() {
    let sheet = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/gitlab/schema.graphql");
    let Ok(sheet) = std::fs::read_to_string(sheet) else {
        return;
    };
    let real = facts(&sheet);
    let differences: Vec<String> = facts(SDL)
        .into_iter()
        .filter(|(name, what)| real.get(name) != Some(what))
        .map(|(name, what)| format!("{name}: {what:?} here, {:?} there", real.get(&name)))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_only_enterprise_has_is_marked_here_as_there() {
    let sheet = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/gitlab/schema.graphql");
    let Ok(sheet) = std::fs::read_to_string(sheet) else {
        return;
    };
    let lines = sheet.lines().filter(|line| !line.trim_start().starts_with('"'));
    let bare: String = lines.map(|line| format!("{line}\n")).collect();
    let real = facts(&community_sdl(&bare));
    let unmarked: Vec<String> =
        facts(&community_sdl(SDL)).into_keys().filter(|name| !real.contains_key(name)).collect();
    assert!(unmarked.is_empty(), "{}", unmarked.join("\n"));
}

#[test]
fn every_document_of_the_client_holds_to_the_schema_of_its_edition() {
    use epictree::gitlab::documents::{Edition, all};
    let schema = |sdl: &str| Schema::parse_and_validate(sdl, "schema.graphql").expect("valid");
    let (enterprise, community) = (schema(SDL), schema(&community_sdl(SDL)));
    let documents = all();
    for edition in [Edition::Community, Edition::Enterprise] {
        assert!(documents.iter().filter(|(_, _, of)| *of == edition).count() > 20);
    }
    for (name, text, edition) in documents {
        let schema = match edition {
            Edition::Community => &community,
            Edition::Enterprise => &enterprise,
        };
        let document = ExecutableDocument::parse_and_validate(schema, &text, name);
        let document = document.unwrap_or_else(|e| panic!("{name} ({edition:?}): {}", e.errors));
        assert!(document.operations.get(Some(name)).is_ok(), "{name} is its operation's name");
        assert!(text.len() < 10_000, "{name} ({edition:?}) has {} characters", text.len());
    }
}
