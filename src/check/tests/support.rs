//! A small workspace that every case changes a little.

use super::super::*;
use crate::problem::Problem;

pub(super) const WORKSPACE: &str = r#"schema = 1
id = "w"
blueprint = "base"
source = "https://x.example/tools"
[places]
root = "g&1"
epics = "g/e"
issues = "g/p"
"#;

pub(super) const OWNERS: &str = "[groups.'group::one']\npm = ['@pm']\n";

pub(super) const BLUEPRINT: &str = r##"schema = 1
name = "base"
[scale]
weight = [1, 2, 3]
priority = { 1 = "prio::1", 2 = "prio::2" }
[tool.fields]
repository = "url"
path = { one-of = ["integrate", "sunset"], default = "integrate" }
first = { list = { ref = "part" } }
doc = { any-of = ["url", { table = { size = { one-of = ["S", "M"] } } }] }
dri = "handle"
[table.sunset.fields]
facts = { list = "string" }
waive = { map = "string", keys = "requirement" }
[list.part.fields]
value = "text"
gap = { one-of = ["unknown", "exists", "drop"], default = "unknown" }
[[data.requirement]]
id = "infra"
name = "Infrastructure"
when = "'infra' in sunset.facts"
[[data.requirement]]
id = "docs"
name = "Docs"
[[label]]
title = "made"
create = true
color = "#8fbc8f"
[[node]]
key = "top"
type = "epic"
parent = "@root"
place = "epics"
title = "{{ tool.name }} integration"
template = "top.md"
labels = ["made", { label = "cond", when = "tool.path == 'sunset'" }]
[[node]]
key = "part/{{ each.id }}"
type = "epic"
for-each = "part"
when = "each.gap != 'drop'"
entry = true
parent = "top"
place = "epics"
issue-place = "issues"
title = "{{ tool.name }} - {{ each.name }}"
template = "part.md"
labels-once = ["flow::new"]
[[node]]
key = "part/{{ outer.id }}/{{ each.id }}"
type = "issue"
for-each = "part.issue"
when = "outer.gap != 'drop'"
entry = true
parent = "part/{{ outer.id }}"
place = "issues"
title = "{{ each.title }}"
[[node]]
key = "sunset/{{ each.id }}"
type = "issue"
for-each = "requirement"
parent = "top"
place = "issues"
title = "{{ each.name }}"
depends-on = [{ for-each = "part", key = "part/{{ item.id }}", when = "item.gap != 'drop'" }]
[[table-row]]
item = "@root"
node = "top"
heading = "Tools"
cells = { "Tool" = "{{ tool.name | cell }}", "Epic" = "{{ ref(key='top') }}+" }
"##;

pub(super) const TOP: &str = "{{ tool.summary }}\n\n\n\n{% for p in part -%}\n{% if p.key %}- [{{ tick(key=p.key) }}] {{ ref(key=p.key) }}+\n{% endif %}{% endfor %}\n";
pub(super) const PART: &str =
    "{{ each.summary }}\n{{ each.value }}\n{% include \"part/owner.md\" %}\n";
pub(super) const OWNER: &str =
    "{% for g in groups %}{{ g.label | md }} {{ g.pm | join(sep=\" \") | code }} {% endfor %}";

pub(super) const TOOL: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
[[part]]
id = "one"
name = "One"
group = "group::one"
priority = 1
[[part.issue]]
id = "a"
title = "Do a"
weight = 2
[[part.issue]]
id = "b"
item = "g/p#7"
depends-on = ["a"]
[[part]]
id = "two"
name = "Two"
gap = "drop"
[[part.issue]]
id = "c"
title = "Do c"
"#;

pub(super) struct Case {
    pub(super) workspace: String,
    pub(super) owners: String,
    pub(super) stages: Option<String>,
    pub(super) people: Option<String>,
    pub(super) blueprint: String,
    pub(super) assets: Vec<(String, String)>,
    pub(super) tool: String,
    /// Further tool files of the folder, by name.
    pub(super) others: Vec<(&'static str, String)>,
}

impl Default for Case {
    fn default() -> Self {
        let asset = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        Self {
            workspace: WORKSPACE.to_owned() + "[owners]\nfile = 'owners.toml'\n",
            owners: OWNERS.to_owned(),
            stages: None,
            people: None,
            blueprint: BLUEPRINT.to_owned(),
            assets: vec![
                asset("templates/base/top.md", TOP),
                asset("templates/base/part.md", PART),
                asset("templates/part/owner.md", OWNER),
            ],
            tool: TOOL.to_owned(),
            others: Vec::new(),
        }
    }
}

impl Case {
    pub(super) fn load(&self) -> Loaded {
        let mut assets = Assets::default();
        assets.insert("blueprints/base.toml", &self.blueprint);
        for (path, text) in &self.assets {
            assets.insert(path, text);
        }
        let file = |name: &str, text: &Option<String>| {
            text.as_ref().map(|text| (name.to_owned(), text.clone().into_bytes()))
        };
        let files = Files {
            workspace: ("epictree.toml".into(), self.workspace.clone().into_bytes()),
            owners: Some(("owners.toml".into(), self.owners.clone().into_bytes())),
            stages: file("stages.yml", &self.stages),
            people: file("people.toml", &self.people),
            assets,
            tools: std::iter::once(("hunter", &self.tool))
                .chain(self.others.iter().map(|(name, text)| (*name, text)))
                .map(|(name, text)| (format!("tools/{name}.toml"), text.clone().into_bytes()))
                .collect(),
            ..Files::default()
        };
        workspace(&files, Problems::default())
    }
}

/// Every problem as `file:line: message`.
pub(super) fn messages(loaded: &Loaded) -> Vec<String> {
    let line = |p: &Problem| {
        let text = loaded.sources.get(&p.file).unwrap_or_default();
        p.span.as_ref().map_or(0, |s| text[..s.start].matches('\n').count() + 1)
    };
    loaded
        .problems
        .sorted()
        .iter()
        .map(|p| format!("{}:{}: {}", p.file, line(p), p.message))
        .collect()
}
