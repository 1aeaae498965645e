//! GitLab's `stages.yml`: the people of each group, by display name.
//!
//! The format is that of `data/stages.yml` in gitlab-com/www-gitlab-com, read with the liberties
//! that its copies take: names as a string, a list, `TBD` or nothing, `(Interim)` behind them,
//! a channel in place of a person, keys with `-` or `_`, groups commented out.

use std::collections::BTreeMap;

use super::owners::{Group, Owners, Role, Stranger, is_user_name};
use super::people::People;
use crate::problem::Problems;
use crate::source::{At, Span, Table, Value, wrong, yaml};

/// What stands where a person is still looked for.
const NOBODY: [&str; 5] = ["tbd", "tbh", "n/a", "none", "vacant"];

/// Reads a stages file; names become handles by the people file.
pub fn parse(file: &str, text: &str, people: &People, out: &mut Problems) -> Option<Owners> {
    let root = yaml::parse(file, text, out)?;
    let stages = match &root.value {
        Value::Table(table) => part(table, "stages"),
        Value::Other(_) => None,
        other => return wrong("the file", &root, other, "a mapping", out),
    };
    let Some(stages) = stages else {
        let problem = root.span.error(format!("{file} has no `stages`"));
        out.push(problem.hint("name GitLab's data/stages.yml, or a file of the same shape"));
        return None;
    };
    let mut reader = Reader { people, groups: BTreeMap::new(), first: BTreeMap::new(), out };
    for (key, stage) in table("stages", stages, reader.out).map(Table::in_order).unwrap_or_default()
    {
        if let Some(stage) = table(key, &stage.value, reader.out) {
            reader.stage(stage);
        }
    }
    Some(Owners::of(file, people.file.clone(), reader.groups))
}

struct Reader<'a> {
    people: &'a People,
    groups: BTreeMap<String, Group>,
    /// Where each person without a handle stands first.
    first: BTreeMap<String, Span>,
    out: &'a mut Problems,
}

impl Reader<'_> {
    fn stage(&mut self, stage: &Table) {
        let Some(groups) = part(stage, "groups").filter(|at| !nothing(at)) else { return };
        let groups = table("groups", groups, self.out).map(Table::in_order).unwrap_or_default();
        for (key, entry) in groups {
            let empty = Table::default();
            let group = match nothing(&entry.value) {
                true => Some(&empty),
                false => table(key, &entry.value, self.out),
            };
            if let Some(group) = group {
                self.group(key, group, stage);
            }
        }
    }

    fn group(&mut self, key: &str, group: &Table, stage: &Table) {
        let mut made = Group { slack: slack(group).or_else(|| slack(stage)), ..Group::default() };
        let pm = self.first_of(&[(group, &["pm"]), (stage, &["pm"])]);
        let em = self.first_of(&[
            (group, &["em"]),
            (group, &["backend_engineering_manager", "frontend_engineering_manager"]),
            (group, &["fullstack_managers"]),
            (stage, &["em"]),
        ]);
        self.take(pm, Role::Pm, &mut made);
        self.take(em, Role::Em, &mut made);
        let label = label(key, group);
        // Old copies write `group:x` where the label is `group::x`.
        let usual = label.split_once(':').filter(|(_, rest)| !rest.contains(':'));
        if let Some((scope, rest)) = usual {
            let usual = format!("{scope}::{rest}");
            self.groups.entry(usual).or_insert_with(|| made.clone());
        }
        self.groups.entry(label).or_insert(made);
    }

    /// The people of the first source that names any; the keys of one source belong together.
    fn first_of(&mut self, sources: &[(&Table, &[&str])]) -> Vec<At<String>> {
        for (table, keys) in sources {
            let mut found = Vec::new();
            for key in *keys {
                found.extend(part(table, key).into_iter().flat_map(|at| names(key, at, self.out)));
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn take(&mut self, names: Vec<At<String>>, role: Role, group: &mut Group) {
        for name in names {
            let own = name.value.strip_prefix('@').filter(|user| is_user_name(user));
            let handle = match own {
                Some(_) => Some(name.value.as_str()),
                None => self.people.handle(&name.value),
            };
            let all = match role {
                Role::Pm => &mut group.pm,
                Role::Em => &mut group.em,
            };
            match handle {
                Some(handle) if all.iter().any(|known| known == handle) => {}
                Some(handle) => all.push(handle.to_owned()),
                None => {
                    let first = self.first.entry(name.value.clone()).or_insert(name.span);
                    let name = At { value: name.value, span: first.clone() };
                    group.strangers.push(Stranger { role, name });
                }
            }
        }
    }
}

fn table<'v>(key: &str, at: &'v At<Value>, out: &mut Problems) -> Option<&'v Table> {
    match &at.value {
        Value::Table(table) => Some(table),
        _ if nothing(at) => None,
        other => wrong(key, at, other, "a mapping", out),
    }
}

fn nothing(at: &At<Value>) -> bool {
    matches!(at.value, Value::Other(_))
}

/// The value of a key, written with `_` or `-`.
fn part<'t>(table: &'t Table, key: &str) -> Option<&'t At<Value>> {
    let own = table.entries.get(key).or_else(|| table.entries.get(&key.replace('_', "-")));
    own.map(|entry| &entry.value)
}

fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    part(table, key)?.value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn label(key: &str, group: &Table) -> String {
    if let Some(label) = text(group, "label") {
        return label.to_owned();
    }
    let name = text(group, "name").map_or_else(|| key.replace(['_', '-'], " "), str::to_owned);
    format!("group::{}", name.to_lowercase())
}

fn slack(table: &Table) -> Option<String> {
    let at = part(table, "slack")?;
    let channel = match &at.value {
        Value::Table(table) => text(table, "channel")?,
        other => other.as_str()?.trim(),
    };
    let channel = channel.trim_start_matches('#');
    (!channel.is_empty()).then(|| format!("#{channel}"))
}

/// The people that a value names, each without what stands in brackets behind.
fn names(key: &str, at: &At<Value>, out: &mut Problems) -> Vec<At<String>> {
    match &at.value {
        Value::String(text) => {
            person(text).map(|value| At { value, span: at.span.clone() }).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| names(key, item, out)).collect(),
        Value::Other(_) => Vec::new(),
        other => wrong(key, at, other, "a name or a list of names", out).unwrap_or_default(),
    }
}

fn person(text: &str) -> Option<String> {
    let mut name = text.trim();
    while let Some(open) = name.strip_suffix(')').and_then(|inner| inner.rfind('(')) {
        name = name[..open].trim_end();
    }
    let nobody =
        name.is_empty() || name.starts_with('#') || NOBODY.contains(&name.to_lowercase().as_str());
    (!nobody).then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &str = "'Pat Director' = '@pat'\n'Erin Stagelead' = '@erin'\n'Alex Product' = '@alex'\n'Sam Manager' = '@sam'\n'Kim Frontend' = '@kim'\n";

    fn read(text: &str) -> (Option<Owners>, Vec<String>) {
        let mut out = Problems::default();
        let people = People::parse("people.toml", PEOPLE, &mut out).unwrap();
        let owners = parse("stages.yml", text, &people, &mut out);
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let said = |p: &&crate::problem::Problem| {
            format!("{}: {}", p.span.as_ref().map_or(0, |s| line(s.start)), p.message)
        };
        (owners, out.sorted().iter().map(said).collect())
    }

    /// One group in a stage with `pm: Pat Director` and `em: [Erin Stagelead]`.
    fn group(body: &str) -> (String, Group) {
        let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
        let (owners, problems) = read(&format!(
            "stages:\n  secure:\n    pm: Pat Director\n    em: [ \"Erin Stagelead\" ]\n    slack: {{ channel: s_secure }}\n    groups:\n      secret_detection:\n{body}"
        ));
        assert_eq!(problems, [""; 0]);
        let mut groups = owners.unwrap().groups.into_iter();
        groups.next().unwrap()
    }

    #[test]
    fn people_are_found_whatever_the_shape() {
        let cases = [
            ("pm: Alex Product\nem: Sam Manager", "@alex", "@sam"),
            ("pm: Alex Product (Interim)\nem: Sam Manager (Acting)", "@alex", "@sam"),
            ("pm: [Alex Product, Pat Director]\nem: [ ]", "@alex @pat", "@erin"),
            ("pm: TBD\nem: tbd", "@pat", "@erin"),
            ("pm:\nem: ''", "@pat", "@erin"),
            ("pm: '#docs Slack channel'\nem: TBD (Interim)", "@pat", "@erin"),
            ("name: X", "@pat", "@erin"),
            (
                "backend_engineering_manager: Sam Manager\nfrontend_engineering_manager: Kim Frontend",
                "@pat",
                "@sam @kim",
            ),
            (
                "backend-engineering-manager: Sam Manager\nfullstack_managers: [Kim Frontend]",
                "@pat",
                "@sam",
            ),
            (
                "em: TBD\nbackend_engineering_manager: TBD\nfullstack_managers: [Kim Frontend]",
                "@pat",
                "@kim",
            ),
            (
                "em: [Sam Manager, sam  manager]\nbackend_engineering_manager: Kim Frontend",
                "@pat",
                "@sam",
            ),
            ("em: '@direct'", "@pat", "@direct"),
            (
                "support: []\ntech_writer: ['Lee Writer']\ninternal_customers: [{department: x}]",
                "@pat",
                "@erin",
            ),
        ];
        for (body, pm, em) in cases {
            let (_, group) = group(body);
            assert_eq!((group.pm.join(" "), group.em.join(" ")), (pm.into(), em.into()), "{body}");
            assert_eq!(group.strangers, [], "{body}");
        }
    }

    #[test]
    fn labels_follow_the_name() {
        let cases = [
            ("name: Secret Detection", "group::secret detection"),
            ("name: Import & Integrate", "group::import & integrate"),
            ("pm: TBD", "group::secret detection"),
            ("name: X\nlabel: 'group::other'", "group::other"),
        ];
        for (body, label) in cases {
            assert_eq!(group(body).0, label, "{body}");
        }
        let (owners, _) =
            read("stages:\n  s:\n    groups:\n      c:\n        label: 'group:certify'\n");
        let labels: Vec<_> = owners.unwrap().groups.into_keys().collect();
        assert_eq!(labels, ["group::certify", "group:certify"]);
    }

    #[test]
    fn channels_are_taken_from_the_group_or_its_stage() {
        assert_eq!(group("slack: { channel: g_x }").1.slack.as_deref(), Some("#g_x"));
        assert_eq!(group("slack: '#g_y'").1.slack.as_deref(), Some("#g_y"));
        assert_eq!(group("pm: TBD").1.slack.as_deref(), Some("#s_secure"));
    }

    #[test]
    fn a_person_without_a_handle_is_a_stranger_where_first_named() {
        let (owners, problems) = read(
            "stages:\n  s:\n    groups:\n      a:\n        pm: New Person\n      b-c:\n        pm: New Person\n",
        );
        assert_eq!(problems, [""; 0]);
        let groups = owners.unwrap().groups;
        let (a, b) = (&groups["group::a"], &groups["group::b c"]);
        assert_eq!(a.pm, [""; 0]);
        assert_eq!(a.strangers[0].name.value, "New Person");
        assert_eq!(a.strangers, b.strangers);
    }

    #[test]
    fn commented_out_groups_are_not_there() {
        let (owners, problems) = read(
            "stages:\n  s:\n    pm: Pat Director\n    groups:\n      # a:\n      #   pm: X\n  t:\n    groups: {}\n  u:\n  v:\n    groups:\n      w:\n        # pm: X\n",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(owners.unwrap().groups.into_keys().collect::<Vec<_>>(), ["group::w"]);
    }

    #[test]
    fn what_is_no_stages_file_is_named_with_its_place() {
        let cases = [
            ("", "1: stages.yml has no `stages`"),
            ("a: 1", "1: stages.yml has no `stages`"),
            ("- a", "1: `the file` must be a mapping, not an array"),
            ("stages:\n  - a", "2: `stages` must be a mapping, not an array"),
            ("stages:\n  s: x", "2: `s` must be a mapping, not a string"),
            ("stages:\n  s:\n    groups: [a]", "3: `groups` must be a mapping, not an array"),
            (
                "stages:\n  s:\n    groups:\n      g:\n        pm: 7",
                "5: `pm` must be a name or a list of names, not an integer",
            ),
            ("stages:\n  s: [\n", "2: not valid YAML: "),
        ];
        for (text, wanted) in cases {
            let (_, problems) = read(text);
            assert!(problems[0].starts_with(wanted), "{text}\n{problems:#?}");
        }
    }
}
