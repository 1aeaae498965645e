//! The people file: the handle of everybody whom `stages.yml` calls by a display name.
//!
//! TOML, `"Alex Product" = "@alex"`, or the list of `name` and `gitlab` that GitLab's handbook builds.

use std::collections::BTreeMap;

use super::owners::{handle, is_user_name};
use crate::problem::Problems;
use crate::source::{self, At, Fields, Value, string_of, wrong, yaml};

/// Handles by display name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// The file, as the user would name it.
    pub file: Option<String>,
    /// Handles by name, as [`same`] writes it.
    handles: BTreeMap<String, String>,
}

impl People {
    /// Reads the people file, YAML or TOML by its ending.
    pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<Self> {
        let mut people = Self { file: Some(file.to_owned()), handles: BTreeMap::new() };
        match file.ends_with(".yml") || file.ends_with(".yaml") {
            true => people.listed(&yaml::parse(file, text, out)?, out),
            false => people.mapped(file, text, out)?,
        }
        Some(people)
    }

    /// The handle of a person.
    #[must_use]
    pub fn handle(&self, name: &str) -> Option<&str> {
        self.handles.get(&same(name)).map(String::as_str)
    }

    fn mapped(&mut self, file: &str, text: &str, out: &mut Problems) -> Option<()> {
        let root = source::parse(file, text, out)?;
        let numbered =
            root.entries.get("schema").is_some_and(|e| matches!(e.value.value, Value::Integer(_)));
        if numbered {
            Fields::of(&root, "the people file").schema(out);
        }
        for (name, entry) in root.in_order() {
            if name == "schema" && numbered {
                continue;
            }
            let at = string_of(name, &entry.value, out).and_then(|at| handle(name, at, out));
            self.handles.extend(at.map(|at| (same(name), at.value)));
        }
        Some(())
    }

    fn listed(&mut self, root: &At<Value>, out: &mut Problems) {
        let Value::Array(all) = &root.value else {
            let wanted = "a list of people with `name` and `gitlab`";
            return wrong("the people file", root, &root.value, wanted, out).unwrap_or_default();
        };
        for item in all {
            let Value::Table(table) = &item.value else { continue };
            let text = |key: &str| table.entries.get(key).and_then(|e| e.value.value.as_str());
            if let (Some(name), Some(user)) = (text("name"), text("gitlab")) {
                let user = user.trim().trim_start_matches('@');
                if is_user_name(user) {
                    self.handles.insert(same(name), format!("@{user}"));
                }
            }
        }
    }
}

/// A name without what two files may write differently: case and blanks.
fn same(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_give_handles() {
        let mut out = Problems::default();
        let toml = "schema = 1\n\"Alex Product\" = \"@alex\"\n";
        let yaml = "- name: Alex  Product\n  gitlab: alex\n- name: Nobody\n- slug: x\n  name: Kim\n  gitlab: a b\n";
        for (file, text) in [("people.toml", toml), ("team.yml", yaml)] {
            let people = People::parse(file, text, &mut out).unwrap();
            assert_eq!(people.handle("alex product"), Some("@alex"), "{file}");
            assert_eq!(people.handle("Nobody"), None);
            assert_eq!(people.handle("Kim"), None);
        }
        assert!(!out.has_errors());
    }

    #[test]
    fn what_is_no_handle_is_named() {
        let mut out = Problems::default();
        People::parse("people.toml", "'A B' = 'a'\n'C' = 1\n", &mut out).unwrap();
        let all: Vec<_> = out.sorted().iter().map(|p| p.message.clone()).collect();
        assert_eq!(all, ["`a` in `A B` is not a handle", "`C` must be a string, not an integer"]);
        let mut out = Problems::default();
        People::parse("people.yml", "a: b\n", &mut out).unwrap();
        assert_eq!(out.sorted().len(), 1);
    }
}
