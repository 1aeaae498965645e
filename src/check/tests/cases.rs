//! One wrong thing each: what is changed in the right workspace, and what is said.

use super::support::{Case, messages};

enum In {
    Workspace,
    Tool,
    Blueprint,
    Template(&'static str),
}

fn changed(place: &In, from: &str, to: &str) -> Case {
    let mut case = Case::default();
    let text = match place {
        In::Workspace => &mut case.workspace,
        In::Tool => &mut case.tool,
        In::Blueprint => &mut case.blueprint,
        In::Template(name) => {
            &mut case.assets.iter_mut().find(|(path, _)| path.ends_with(name)).unwrap().1
        }
    };
    assert!(text.contains(from), "{from}");
    *text = text.replacen(from, to, 1);
    case
}

fn all(cases: &[(In, &str, &str, &str)]) {
    for (place, from, to, wanted) in cases {
        let loaded = changed(place, from, to).load();
        let messages = messages(&loaded);
        assert!(
            messages.iter().any(|m| m == wanted),
            "{from:?} -> {to:?}\nwanted {wanted}\ngot {messages:#?}"
        );
    }
}

#[test]
fn mistakes_in_a_tool_file_are_named() {
    all(&[
        (In::Tool, "summary =", "sumary =", "tools/hunter.toml:5: unknown key `sumary` in [tool]"),
        (In::Tool, "summary = \"Hunts.\"", "", "tools/hunter.toml:2: [tool] has no `summary`"),
        (
            In::Tool,
            "id = \"hunter\"",
            "id = \"Hunter\"",
            "tools/hunter.toml:3: `Hunter` is not an id",
        ),
        (
            In::Tool,
            "weight = 2",
            "weight = \"2\"",
            "tools/hunter.toml:14: `weight` must be a whole number of zero or more, not a string",
        ),
        (
            In::Tool,
            "weight = 2",
            "weight = 0",
            "tools/hunter.toml:14: weight 0 is not on the blueprint's scale",
        ),
        (
            In::Tool,
            "priority = 1",
            "priority = 9",
            "tools/hunter.toml:10: priority 9 is not on the blueprint's scale",
        ),
        (
            In::Tool,
            "id = \"two\"",
            "id = \"one\"",
            "tools/hunter.toml:20: duplicate id `one` in [[part]]",
        ),
        (
            In::Tool,
            "id = \"b\"",
            "id = \"a\"",
            "tools/hunter.toml:16: duplicate id `a` in the issues of `one`",
        ),
        (
            In::Tool,
            "depends-on = [\"a\"]",
            "depends-on = [\"x\"]",
            "tools/hunter.toml:18: `depends-on` names `x`, which is not in the issues of `one`",
        ),
        (
            In::Tool,
            "weight = 2",
            "depends-on = [\"b\"]",
            "tools/hunter.toml:18: entries of the issues of `one` wait for each other: a → b → a",
        ),
        (
            In::Blueprint,
            "title = \"{{ each.title }}\"",
            "title = \"{{ each.title }}\"\ndepends-on = [{ for-each = \"part\", key = \"part/one\", when = \"each.id == 'a'\" }]",
            "tools/hunter.toml:12: node part/one/a: it waits for part/one, its own parent, and GitLab cannot link the two",
        ),
        (
            In::Blueprint,
            "template = \"part.md\"",
            "template = \"part.md\"\ndepends-on = [{ for-each = \"part.issue\", key = \"part/one/{{ item.id }}\", when = \"item.id == 'a'\" }]",
            "tools/hunter.toml:7: node part/one: it waits for part/one/a, its own child, and GitLab cannot link the two",
        ),
        (
            In::Tool,
            "gap = \"drop\"",
            "gap = \"dropp\"",
            "tools/hunter.toml:22: `dropp` is not a value of `gap`",
        ),
        (
            In::Tool,
            "[[part]]",
            "first = ['won']\n[[part]]",
            "tools/hunter.toml:6: `first` names `won`, which is no part here",
        ),
        (
            In::Tool,
            "[[part]]",
            "[sunset]\nwaive = { inffra = 'x' }\n[[part]]",
            "tools/hunter.toml:7: `waive` names `inffra`, which is no requirement here",
        ),
        (
            In::Tool,
            "[[part]]",
            "repository = 'x'\n[[part]]",
            "tools/hunter.toml:6: `repository` is not an address",
        ),
        (
            In::Tool,
            "[[part]]",
            "doc = 1\n[[part]]",
            "tools/hunter.toml:6: `doc` must be an address (a string) or a table, not an integer",
        ),
        (
            In::Tool,
            "[[part]]",
            "doc = { size = 'L' }\n[[part]]",
            "tools/hunter.toml:6: `L` is not a value of `size`",
        ),
        (
            In::Tool,
            "[[part]]",
            "dri = 'me'\n[[part]]",
            "tools/hunter.toml:6: `me` in `dri` is not a handle",
        ),
        (
            In::Tool,
            "group::one",
            "group::on",
            "tools/hunter.toml:9: group `group::on` is not in owners.toml",
        ),
        (
            In::Tool,
            "weight = 2",
            "place = \"isues\"",
            "tools/hunter.toml:14: the workspace has no place `isues`",
        ),
        (
            In::Tool,
            "weight = 2",
            "place = \"root\"",
            "tools/hunter.toml:14: place `root` is the item g&1, and work is created in a group or project",
        ),
        (
            In::Tool,
            "weight = 2",
            "labels = ['x::a', 'x::b']",
            "tools/hunter.toml:14: node part/one/a: labels `x::a` and `x::b` are of one scope, and an item can have one of them",
        ),
        (
            In::Tool,
            "weight = 2",
            "start = 2027-02-01\ndue = 2027-01-01",
            "tools/hunter.toml:15: `due` 2027-01-01 is before `start` 2027-02-01",
        ),
        (
            In::Tool,
            "weight = 2",
            "start = '2027-02-01'",
            "tools/hunter.toml:14: `start` must be a date such as 2027-06-30, without quotes, not a string",
        ),
        (
            In::Tool,
            "g/p#7",
            "g&7",
            "tools/hunter.toml:17: node part/one/b: g&7 is an epic, but the node is an issue",
        ),
        (In::Tool, "g/p#7", "g/p7", "tools/hunter.toml:17: `g/p7` is not a full reference"),
        (In::Tool, "title = \"Do a\"", "", "tools/hunter.toml:11: [[part.issue]] has no `title`"),
        (
            In::Tool,
            "title = \"Do a\"",
            "title = \"a\\nb\"",
            "tools/hunter.toml:13: `title` must be one line",
        ),
        (
            In::Tool,
            "name = \"One\"",
            "name = \"One\"\nvalue = \"\"\"\nx\n/close\n\"\"\"",
            "tools/hunter.toml:9: GitLab would run `/close` in line 2 of the description of node part/one of tools/hunter.toml",
        ),
        (
            In::Tool,
            "name = \"One\"",
            "name = \"One\"\nvalue = 'ask @me'",
            "tools/hunter.toml:9: `@me` in line 1 of the description of node part/one of tools/hunter.toml would notify people",
        ),
        (
            In::Tool,
            "name = \"One\"",
            "name = \"One\"\nvalue = '<!--epictree:1 x-->'",
            "tools/hunter.toml:9: this text holds the opening of an epictree marker",
        ),
        (
            In::Tool,
            "name = \"One\"",
            "name = \"One\"\nvalue = \"\\U000F0000\"",
            "tools/hunter.toml:9: this text holds a private-use character that epictree keeps for itself",
        ),
        (
            In::Tool,
            "gap = \"drop\"",
            "was = 'one'",
            "tools/hunter.toml:20: `was` of hunter/part/two names `hunter/part/one`, which is a node of its own",
        ),
        (
            In::Tool,
            "schema = 1",
            "schema = 2",
            "tools/hunter.toml:1: `schema = 2` is newer than this epictree knows",
        ),
    ]);
}

#[test]
fn mistakes_in_a_workspace_are_named() {
    all(&[(In::Workspace, "\"base\"", "\"bse\"", "epictree.toml:3: there is no blueprint `bse`")]);
    let messages_of = |from: &str, to: &str| messages(&changed(&In::Workspace, from, to).load());
    let lost = messages_of("root = \"g&1\"\n", "");
    assert!(
        lost.contains(&"epictree.toml:5: blueprint `base` needs a place `root`".to_owned()),
        "{lost:#?}"
    );
    let wrong = messages_of("root = \"g&1\"", "root = \"g\"");
    assert!(wrong.contains(&"epictree.toml:6: place `root` is g, and nothing can hang under a group or project (node top of tools/hunter.toml)".to_owned()), "{wrong:#?}");
    let item = messages_of("epics = \"g/e\"", "epics = \"g&3\"");
    assert!(item.contains(&"epictree.toml:7: place `epics` is the item g&3, but node top of tools/hunter.toml is created in a group or project".to_owned()), "{item:#?}");
    let bare = messages_of("issues = \"g/p\"", "issues = \"p\"");
    let said = "epictree.toml:8: place `issues` is `p`, which no project can be called";
    assert_eq!(bare, [said]);
}

#[test]
fn mistakes_in_a_blueprint_are_named() {
    let b = "blueprints/base.toml";
    let cases = [
        ("template = \"top.md\"", "template = \"tpo.md\"", "there is no template `tpo.md`"),
        (
            "parent = \"top\"",
            "parent = \"topp\"",
            "node part/one of tools/hunter.toml hangs under `topp`, which this tool does not have",
        ),
        (
            "parent = \"top\"",
            "parent = \"@rot\"",
            "the workspace has no place `rot` (node part/one of tools/hunter.toml)",
        ),
        ("for-each = \"part\"\n", "for-each = \"prat\"\n", "there is no list `prat`"),
        ("ref = \"part\"", "ref = \"prat\"", "there is no list `prat`"),
        ("repository = \"url\"", "repository = \"urk\"", "`urk` is not a type of a field"),
        (
            "repository = \"url\"",
            "repository = { type = \"url\", list = \"url\" }",
            "`repository` has two types, `type` and `list`",
        ),
        ("each.gap != 'drop'", "each.gpa != 'drop'", "`each` has no field `gpa`"),
        ("tool.path == 'sunset'", "tool.paht == 'sunset'", "`tool` has no field `paht`"),
        ("in sunset.facts", "in sunset.fatcs", "`sunset` has no field `fatcs`"),
        ("{{ tool.name | cell }}", "{{ tool.nmae | cell }}", "`tool` has no field `nmae`"),
        ("type = \"epic\"", "type = \"epik\"", "`epik` is not a type of work item"),
        (
            "key = \"sunset/{{ each.id }}\"",
            "key = \"part/one\"",
            "two nodes of tools/hunter.toml have the key `part/one`",
        ),
        (
            "key = \"sunset/{{ each.id }}\"",
            "key = \"{{ each.name }}\"",
            "`Docs` is not a key (node {{ each.name }} of tools/hunter.toml)",
        ),
        (
            "type = \"issue\"\nfor-each = \"part.issue\"",
            "type = \"task\"\nfor-each = \"part.issue\"",
            "node part/one/a of tools/hunter.toml: GitLab has no task under an epic",
        ),
        ("color = \"#8fbc8f\"", "color = \"green\"", "`green` is not a colour"),
        (
            "item = \"@root\"",
            "item = \"@rot\"",
            "the workspace has no place `rot` (table-row top of tools/hunter.toml)",
        ),
        (
            "title = \"{{ each.title }}\"",
            "title = \"{{ ref(key='top') }}\"",
            "the title of node part/one/a of tools/hunter.toml holds a reference, and titles have no slots",
        ),
        (
            "[list.part.fields]\nvalue",
            "[list.part.fields]\nname",
            "field `name` is one that every entry has already",
        ),
        (
            "when = \"each.gap != 'drop'\"",
            "when = \"each.gap !=\"",
            "found `%}` but expected one of",
        ),
        (
            "place = \"issues\"\ntitle = \"{{ each.name }}\"",
            "place = \"isues\"\ntitle = \"{{ each.name }}\"",
            "the workspace has no place `isues` (node sunset/docs of tools/hunter.toml)",
        ),
    ];
    for (from, to, wanted) in cases {
        let found = messages(&changed(&In::Blueprint, from, to).load());
        let hit = |m: &&String| m.starts_with(b) && m.contains(wanted);
        assert!(
            found.iter().any(|m| hit(&m)),
            "{from:?} -> {to:?}\nwanted {wanted}\ngot {found:#?}"
        );
    }
}

#[test]
fn mistakes_in_a_template_are_named_with_their_line() {
    all(&[
        (
            In::Template("top.md"),
            "p.key %}",
            "p.kye %}",
            "templates/base/top.md:6: `p` has no field `kye`",
        ),
        (
            In::Template("top.md"),
            "{{ tool.summary }}",
            "{{ tol.summary }}",
            "templates/base/top.md:1: nothing is named `tol` here",
        ),
        (
            In::Template("owner.md"),
            "g.label",
            "g.lable",
            "templates/part/owner.md:1: `g` has no field `lable`",
        ),
        (
            In::Template("part.md"),
            "{{ each.value }}",
            "ask @you",
            "templates/base/part.md:2: `@you` in line 1 of the description of node part/one of tools/hunter.toml would notify people",
        ),
        (
            In::Template("part.md"),
            "{{ each.value }}",
            "\n/label x",
            "templates/base/part.md:3: GitLab would run `/label` in line 1 of the description of node part/one of tools/hunter.toml",
        ),
        (
            In::Template("part.md"),
            "{{ each.value }}",
            "{{ ref(key='tpo') }}",
            "templates/base/part.md:2: `ref` names the node `tpo`, which this tool does not have; did you mean `top`?; guard it with `has` (for node part/one of tools/hunter.toml)",
        ),
    ]);
    for (from, to) in [
        ("{{ each.value }}", "{{ each.value | nofilter }}"),
        ("part/owner.md", "part/ownr.md"),
        ("{{ each.value }}", "{% if %}"),
    ] {
        let found = messages(&changed(&In::Template("part.md"), from, to).load());
        assert!(
            found.iter().any(|m| m.starts_with("templates/base/part.md:")),
            "{from} {to} {found:#?}"
        );
    }
}
