//! Mistakes that would swallow text, take an item twice, or lay something over nothing.

use super::super::*;
use super::support::{Case, messages};

/// The tool file with a text for `value` of its first part, at line 9.
fn with_value(value: &str) -> Loaded {
    let mut case = Case::default();
    let line = format!("name = \"One\"\nvalue = {value}");
    case.tool = case.tool.replacen("name = \"One\"", &line, 1);
    case.load()
}

#[test]
fn what_a_text_opens_it_closes() {
    let comment = "this text opens an HTML comment and never closes it";
    let block = "this text opens a code block and never closes it";
    let cases = [
        ("'''\na\n<!-- note\nb'''", 11, comment),
        ("'''\na\n\n```rust\nb'''", 12, block),
        ("'''\n~~~\n```\n'''", 10, block),
        ("'''\n- a\n  ```\n  b\n'''", 11, block),
        ("'''\n<!-- a -->\nx\n<!--\n'''", 12, comment),
        ("\"a\\n<!-- b\"", 9, comment),
        ("'<!-- x'", 9, comment),
    ];
    for (value, line, wanted) in cases {
        let loaded = with_value(value);
        let wanted = format!("tools/hunter.toml:{line}: {wanted}");
        assert!(messages(&loaded).contains(&wanted), "{value}\n{:#?}", messages(&loaded));
        assert!(loaded.problems.has_errors());
    }
    for value in [
        "'''\n<!-- a\nb -->\n'''",
        "'''\n```\n<!-- a\n```\n'''",
        "'a `<!--` b'",
        "'a <!-- b'",
        "'''\n````\n```\n````\n'''",
    ] {
        assert_eq!(messages(&with_value(value)), [""; 0], "{value}");
    }
}

#[test]
fn an_item_stands_under_one_id() {
    let mut case = Case::default();
    case.tool = case.tool.replace("title = \"Do a\"", "item = 'g/p#7'");
    let loaded = case.load();
    assert!(
        messages(&loaded)
            .contains(&"tools/hunter.toml:17: the item g/p#7 stands under `a` too".to_owned()),
        "{:#?}",
        messages(&loaded)
    );
    let labels: Vec<_> = loaded.problems.sorted().iter().map(|p| p.label.clone()).collect();
    assert!(labels.contains(&"first used at tools/hunter.toml:12".to_owned()), "{labels:?}");
}

#[test]
fn an_item_stands_in_one_tool() {
    let case = Case::default();
    let other = case.tool.replacen("id = \"hunter\"", "id = \"other\"", 1);
    let other = other.replacen("\"Hunter\"", "\"Other\"", 1);
    let mut assets = Assets::default();
    assets.insert("blueprints/base.toml", &case.blueprint);
    for (path, text) in &case.assets {
        assets.insert(path, text);
    }
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let files = Files {
        workspace: file("epictree.toml", &case.workspace),
        owners: Some(file("owners.toml", &case.owners)),
        tools: vec![file("a.toml", &case.tool), file("b.toml", &other)],
        assets,
        ..Files::default()
    };
    let found = messages(&workspace(&files, Problems::default()));
    assert_eq!(found, ["b.toml:17: the item g/p#7 stands under `b` too"]);
}

fn extended(child: &str, template: &str) -> Vec<(String, Option<String>, Severity)> {
    let mut case = Case::default();
    let head = "schema = 1\nname = 'child'\nextends = 'base'\n";
    case.workspace = case.workspace.replace("\"base\"", "\"child\"");
    case.assets.push(("blueprints/child.toml".into(), format!("{head}{child}")));
    case.assets.push((format!("templates/{template}"), "x".into()));
    let loaded = case.load();
    let all = messages(&loaded);
    let sorted = loaded.problems.sorted();
    all.into_iter().zip(sorted).map(|(m, p)| (m, p.hint.clone(), p.severity)).collect()
}

#[test]
fn what_a_child_changes_or_skips_is_there() {
    let cases = [
        (
            "[[node]]\nkey = 'tpo'\nskip = true\n",
            "it skips the node `tpo`, which no blueprint it extends has",
            "did you mean `top`?",
        ),
        (
            "[[node]]\nkey = 'part/{{ eahc.id }}'\ntitle = 'x'\n",
            "it changes the node `part/{{ eahc.id }}`, which no blueprint it extends has",
            "did you mean `part/{{ each.id }}`?",
        ),
        (
            "[[lint]]\nid = 'nothing-like-it'\nskip = true\n",
            "it skips the lint `nothing-like-it`, which no blueprint it extends has",
            "take it out, or give it when, message, hint",
        ),
    ];
    for (child, wanted, hint) in cases {
        let found = extended(child, "child/top.md");
        let wanted = format!("blueprints/child.toml:5: {wanted}");
        let hit = (wanted, Some(hint.to_owned()), Severity::Warning);
        assert!(found.contains(&hit), "{child}\n{found:#?}");
    }
    let own = "[[node]]\nkey = 'new'\ntype = 'issue'\nparent = 'top'\nplace = 'issues'\ntitle = 'New'\n[[node]]\nkey = 'sunset/{{ each.id }}'\nskip = true\n";
    assert_eq!(extended(own, "child/top.md"), []);
}

#[test]
fn a_template_of_the_workspace_replaces_or_is_named() {
    let cases = [
        ("child/tpo.md", "did you mean templates/child/top.md?"),
        ("chidl/top.md", "did you mean templates/child/top.md?"),
        ("part/unheard-of.md", "rename it to what it replaces, or take it out"),
        ("loose.md", "rename it to what it replaces, or take it out"),
    ];
    for (template, hint) in cases {
        let wanted = format!(
            "templates/{template}:0: no blueprint in use and no other template names this template"
        );
        let found = extended("", template);
        assert_eq!(found, [(wanted, Some(hint.to_owned()), Severity::Warning)]);
    }
    for template in ["child/top.md", "part/owner.md"] {
        assert_eq!(extended("", template), [], "{template}");
    }
}

#[test]
fn a_place_that_is_not_there_says_which_are() {
    let mut case = Case::default();
    case.tool = case.tool.replace("weight = 2", "place = 'isues'");
    let loaded = case.load();
    let problem = loaded.problems.sorted()[0].clone();
    assert_eq!(problem.label, "epictree.toml has: epics, issues, root");
    assert_eq!(problem.patch.as_deref(), Some("\"issues\""));
}
