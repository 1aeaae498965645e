//! The owners file: which people stand behind a `group::` label.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Problems;
use crate::source::{self, At, Fields, Table, Value};

/// The JSON Schema of the owners file.
pub const JSON_SCHEMA: &str = include_str!("owners.schema.json");

/// What a person is to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A product manager.
    Pm,
    /// An engineering manager.
    Em,
}

/// Somebody whose handle no file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// What they are to the group.
    pub role: Role,
    /// Their name, and where it stands first.
    pub name: At<String>,
}

/// The people of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Product managers, as `@name`.
    pub pm: Vec<String>,
    /// Engineering managers, as `@name`.
    pub em: Vec<String>,
    /// Their channel.
    pub slack: Option<String>,
    /// Those who cannot be mentioned.
    pub strangers: Vec<Stranger>,
}

/// All groups by label title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// The files that list groups, as the user would name them.
    pub files: Vec<String>,
    /// The file that gives people their handles, if there is one.
    pub people: Option<String>,
    /// Groups by label title.
    pub groups: BTreeMap<String, Group>,
    /// Which roles the owners file itself speaks about, be it to say that there is nobody.
    stated: BTreeSet<(String, Role)>,
}

impl Owners {
    /// Makes owners of the groups that another file lists.
    #[must_use]
    pub(super) fn of(file: &str, people: Option<String>, groups: BTreeMap<String, Group>) -> Self {
        Self { files: vec![file.to_owned()], people, groups, stated: BTreeSet::new() }
    }

    /// Reads the owners file.
    pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<Self> {
        let root = source::parse(file, text, out)?;
        let mut fields = Fields::of(&root, "the owners file");
        if root.entries.contains_key("schema") {
            fields.schema(out);
        }
        let mut owners = Self { files: vec![file.to_owned()], ..Self::default() };
        if let Some(table) = fields.table_at("groups", out) {
            owners.read(table, out);
        }
        fields.finish(out);
        Some(owners)
    }

    /// Fills up what this file does not say, group by group and role by role, from another.
    #[must_use]
    pub fn over(mut self, under: Self) -> Self {
        for (label, other) in under.groups {
            let says = |role| self.stated.contains(&(label.clone(), role));
            let (pm, em) = (says(Role::Pm), says(Role::Em));
            let group = self.groups.entry(label).or_default();
            if !pm {
                group.pm = other.pm;
            }
            if !em {
                group.em = other.em;
            }
            group.slack = group.slack.take().or(other.slack);
            let silent = |stranger: &Stranger| match stranger.role {
                Role::Pm => !pm,
                Role::Em => !em,
            };
            group.strangers.extend(other.strangers.into_iter().filter(silent));
        }
        self.files.extend(under.files);
        self.people = self.people.or(under.people);
        self
    }

    fn read(&mut self, table: &Table, out: &mut Problems) {
        for (label, entry) in table.in_order() {
            let Value::Table(table) = &entry.value.value else {
                let message =
                    format!("group `{label}` must be a table, not {}", entry.value.value.kind());
                let problem = entry.value.span.error(message);
                out.push(problem.hint("write `pm`, `em` and `slack` below it"));
                continue;
            };
            for (key, role) in [("pm", Role::Pm), ("em", Role::Em)] {
                if table.entries.contains_key(key) {
                    self.stated.insert((label.to_owned(), role));
                }
            }
            let mut fields = Fields::of(table, format!("[groups.\"{label}\"]"));
            let group = Group {
                pm: handles("pm", &mut fields, out),
                em: handles("em", &mut fields, out),
                slack: fields.string("slack", out).map(|at| at.value),
                strangers: Vec::new(),
            };
            fields.finish(out);
            self.groups.insert(label.to_owned(), group);
        }
    }
}

fn handles(key: &str, fields: &mut Fields<'_>, out: &mut Problems) -> Vec<String> {
    let all = fields.string_or_list(key, out);
    all.into_iter().filter_map(|at| handle(key, at, out)).map(|at| at.value).collect()
}

/// Takes a text as a handle, `@name`.
pub(crate) fn handle(key: &str, at: At<String>, out: &mut Problems) -> Option<At<String>> {
    if at.value.strip_prefix('@').is_some_and(is_user_name) {
        return Some(at);
    }
    let problem = at.span.error(format!("`{}` in `{key}` is not a handle", at.value));
    out.push(match is_user_name(&at.value) {
        true => problem.hint("write it with an `@`").patch(format!("\"@{}\"", at.value)),
        false => problem.hint("write it as `@user-name`"),
    });
    None
}

/// Tells whether a text may be the name of a user.
pub(super) fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with(['-', '.'])
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_with_their_people_are_read() {
        let mut out = Problems::default();
        let text = "[groups.'group::a']\npm = ['@x']\nem = '@y'\nslack = '#g_a'\n";
        let owners = Owners::parse("owners.toml", text, &mut out).unwrap();
        assert_eq!(owners.groups["group::a"].pm, ["@x"]);
        assert_eq!(owners.groups["group::a"].em, ["@y"]);
        assert!(!out.has_errors());
    }

    #[test]
    fn a_handle_without_its_sign_is_mended() {
        let mut out = Problems::default();
        Owners::parse("owners.toml", "[groups.'g']\npm = ['x', 'a b']\nbm = 1\n", &mut out)
            .unwrap();
        let all = out.sorted();
        assert_eq!(all[0].patch.as_deref(), Some("\"@x\""));
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn the_owners_file_wins_by_group_and_role() {
        let mut out = Problems::default();
        let text = "[groups.a]\npm = []\n[groups.b]\nem = '@own'\n";
        let own = Owners::parse("owners.toml", text, &mut out).unwrap();
        let group = |pm: &str, em: &str| Group {
            pm: vec![pm.into()],
            em: vec![em.into()],
            slack: Some("#s".into()),
            strangers: [Role::Pm, Role::Em]
                .map(|role| Stranger { role, name: At::default() })
                .into(),
        };
        let groups = ["a", "b", "c"].map(|label| (label.to_owned(), group("@p", "@e")));
        let all = own.over(Owners::of("stages.yml", None, groups.into()));
        let seen = |label: &str| {
            let group = &all.groups[label];
            (group.pm.join(" "), group.em.join(" "), group.strangers.len())
        };
        assert_eq!(seen("a"), ("".into(), "@e".into(), 1));
        assert_eq!(seen("b"), ("@p".into(), "@own".into(), 1));
        assert_eq!(seen("c"), ("@p".into(), "@e".into(), 2));
        assert_eq!(all.files, ["owners.toml", "stages.yml"]);
    }
}
