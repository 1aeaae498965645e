//! The owners file: which people stand behind a `group::` label.

use std::collections::BTreeMap;

use crate::problem::Problems;
use crate::source::{self, At, Fields, Table, Value};

/// The people of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Product managers, as `@name`.
    pub pm: Vec<String>,
    /// Engineering managers, as `@name`.
    pub em: Vec<String>,
    /// Their channel.
    pub slack: Option<String>,
}

/// All groups by label title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// The file, as the user would name it; empty if there is none.
    pub file: String,
    /// Groups by label title.
    pub groups: BTreeMap<String, Group>,
}

impl Owners {
    /// Reads the owners file.
    pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<Self> {
        let root = source::parse(file, text, out)?;
        let mut fields = Fields::of(&root, "the owners file");
        if root.entries.contains_key("schema") {
            fields.schema(out);
        }
        let groups = fields.table_at("groups", out).map(|table| read_groups(table, out));
        fields.finish(out);
        Some(Self { file: file.to_owned(), groups: groups.unwrap_or_default() })
    }
}

fn read_groups(table: &Table, out: &mut Problems) -> BTreeMap<String, Group> {
    let mut groups = BTreeMap::new();
    for (label, entry) in table.in_order() {
        let Value::Table(table) = &entry.value.value else {
            let message =
                format!("group `{label}` must be a table, not {}", entry.value.value.kind());
            out.push(entry.value.span.error(message).hint("write `pm`, `em` and `slack` below it"));
            continue;
        };
        let mut fields = Fields::of(table, format!("[groups.\"{label}\"]"));
        let group = Group {
            pm: handles("pm", &mut fields, out),
            em: handles("em", &mut fields, out),
            slack: fields.string("slack", out).map(|at| at.value),
        };
        fields.finish(out);
        groups.insert(label.to_owned(), group);
    }
    groups
}

fn handles(key: &str, fields: &mut Fields<'_>, out: &mut Problems) -> Vec<String> {
    let all = fields.string_or_list(key, out);
    all.into_iter().filter_map(|at| handle(key, at, out)).map(|at| at.value).collect()
}

/// Takes a text as a handle, `@name`.
pub(crate) fn handle(key: &str, at: At<String>, out: &mut Problems) -> Option<At<String>> {
    let good = |name: &str| {
        !name.is_empty()
            && name.len() <= 255
            && !name.starts_with(['-', '.'])
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    if at.value.strip_prefix('@').is_some_and(good) {
        return Some(at);
    }
    let problem = at.span.error(format!("`{}` in `{key}` is not a handle", at.value));
    out.push(match good(&at.value) {
        true => problem.hint("write it with an `@`").patch(format!("\"@{}\"", at.value)),
        false => problem.hint("write it as `@user-name`"),
    });
    None
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
}
