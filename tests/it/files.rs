//! From a folder with a blueprint and templates of its own to the wanted tree.

use std::fs;

use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::problem::Problems;

const BLUEPRINT: &str = "schema = 1\nname = 'own'\n[list.piece.fields]\nowner = 'handle'\n[[node]]\nkey = 'top'\ntype = 'epic'\nplace = 'epics'\ntitle = '{{ tool.name }}'\ntemplate = 'top.md'\n[[node]]\nkey = 'piece/{{ each.id }}'\nfor-each = 'piece'\nentry = true\ntype = 'issue'\nparent = 'top'\nplace = 'code'\ntitle = '{{ each.name }}'\n";
const WORKSPACE: &str =
    "schema = 1\nid = 'w'\nblueprint = 'own'\n[places]\nepics = 'g'\ncode = 'g/p'\n";
const TOOL: &str = "schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 'S'\n[[piece]]\nid = 'a'\nname = 'A'\nowner = '@x'\n";

#[test]
fn a_workspace_with_its_own_blueprint_becomes_a_tree() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("blueprints")).unwrap();
    fs::create_dir_all(home.path().join("templates/own")).unwrap();
    fs::write(home.path().join("blueprints/own.toml"), BLUEPRINT).unwrap();
    let template = "{% for p in piece %}- {{ ref(key=p.key) }}+ {{ p.owner | code }}\n{% endfor %}";
    fs::write(home.path().join("templates/own/top.md"), template).unwrap();
    let mut problems = Problems::default();
    let files = Files {
        workspace: ("epictree.toml".into(), WORKSPACE.into()),
        assets: Assets::overlaid(home.path(), &mut problems),
        tools: vec![("t.toml".into(), TOOL.into())],
        ..Files::default()
    };
    let loaded = check::workspace(&files, problems);
    assert!(!loaded.problems.has_errors(), "{:#?}", loaded.problems);
    let top = &loaded.trees[0].nodes[0];
    let body = top.body.fill(|slot| slot.key().map(ToString::to_string).unwrap_or_default());
    assert_eq!(
        body,
        "- t/piece/a+ `@x`\n\nKept by epictree from `t.toml`; edit freely, your words stay."
    );
    assert_eq!(loaded.trees[0].nodes[1].namespace, "g/p");
}
