//! Overlays, what `extends` merges, limits, and what must not be said.

use super::super::*;
use super::support::{Case, messages};

fn extended(child: &str) -> Loaded {
    let mut case = Case::default();
    case.assets.push(("blueprints/child.toml".into(), child.to_owned()));
    case.workspace = case.workspace.replace("\"base\"", "\"child\"");
    case.load()
}

#[test]
fn a_blueprint_replaces_only_what_it_names() {
    let loaded = extended(
        "schema = 1\nname = 'child'\nextends = 'base'\n[scale]\nweight = [1, 2]\n[list.part.fields]\nextra = 'string'\n[[data.requirement]]\nid = 'docs'\nname = 'Papers'\n[[node]]\nkey = 'top'\ntitle = 'Mine {{ tool.name }}'\n[[node]]\nkey = 'new'\ntype = 'issue'\nparent = 'top'\nplace = 'issues'\ntitle = 'New'\n[[table-row]]\nitem = '@root'\nnode = 'top'\nheading = 'Other'\n",
    );
    assert_eq!(messages(&loaded), [""; 0]);
    let tree = &loaded.trees[0];
    assert_eq!(tree.nodes[0].title, "Mine Hunter");
    assert_eq!(tree.nodes[0].labels.enforced, ["made"]);
    let keys: Vec<_> = tree.nodes.iter().map(|n| n.key.local()).collect();
    assert_eq!(keys, ["top", "part/one", "part/one/a", "part/one/b", "sunset/docs", "new"]);
    assert_eq!(tree.nodes[4].title, "Papers");
    assert_eq!(tree.rows[0].heading, "Other");
    assert_eq!(tree.rows[0].cells.len(), 2);
    let schema = &loaded.blueprint.unwrap().schema;
    assert_eq!(schema.weights, [1, 2]);
    assert!(
        schema.lists["part"].fields.contains_key("extra")
            && schema.lists["part"].fields.contains_key("value")
    );
}

#[test]
fn a_skipped_node_is_gone() {
    let loaded = extended(
        "schema = 1\nname = 'child'\nextends = 'base'\n[[node]]\nkey = 'sunset/{{ each.id }}'\nskip = true\n",
    );
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.trees[0].nodes.len(), 4);
}

#[test]
fn what_is_not_made_holds_nothing_and_is_referred_to_by_nothing() {
    let part = "for-each = \"part\"\nwhen = \"each.gap != 'drop'\"";
    let mut case = Case::default();
    case.blueprint =
        case.blueprint.replacen(part, "for-each = \"part\"\ncreates = \"each.gap != 'drop'\"", 1);
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let two = loaded.trees[0].nodes.iter().find(|n| n.key.local() == "part/two").unwrap();
    assert!(!two.creates && two.body.pieces().is_empty());
    let top = loaded.trees[0].nodes[0].body.fill(|slot| format!("{slot:?}"));
    assert!(top.contains("part/one") && !top.contains("part/two"), "{top}");
    case.blueprint = case.blueprint.replacen("when = \"outer.gap != 'drop'\"\n", "", 1);
    let found = messages(&case.load());
    assert!(
        found[0].contains("hangs under `part/two`, which this tool does not have"),
        "{found:#?}"
    );
    let mut case = Case::default();
    case.blueprint =
        case.blueprint.replacen("key = \"top\"\n", "key = \"top\"\ncreates = \"true\"\n", 1);
    assert!(messages(&case.load())[0].contains("the first node is the tool's own"));
}

#[test]
fn a_blueprint_that_extends_itself_is_named() {
    let loaded = extended("schema = 1\nname = 'child'\nextends = 'child'\n");
    assert_eq!(messages(&loaded).len(), 1);
    let loaded = extended("schema = 1\nname = 'child'\nextends = 'bas'\n");
    assert_eq!(messages(&loaded), ["blueprints/child.toml:3: there is no blueprint `bas`"]);
    assert_eq!(loaded.problems.sorted()[0].patch.as_deref(), Some("\"base\""));
}

#[test]
fn a_template_of_the_child_wins() {
    let mut case = Case::default();
    case.assets.push((
        "blueprints/child.toml".into(),
        "schema = 1\nname = 'child'\nextends = 'base'\n".into(),
    ));
    case.assets.push(("templates/child/top.md".into(), "Child".into()));
    case.workspace = case.workspace.replace("\"base\"", "\"child\"");
    let loaded = case.load();
    let body = loaded.trees[0].nodes[0].body.fill(|_| String::new());
    assert!(body.starts_with("Child\n\nKept by"), "{body}");
}

#[test]
fn confidentiality_marks_all_below() {
    let mut case = Case::default();
    case.tool = case.tool.replacen("name = \"One\"", "name = \"One\"\nconfidential = true", 1);
    let said: Vec<_> = case.load().trees[0].nodes.iter().map(|n| n.confidential).collect();
    assert_eq!(said, [None, Some(true), Some(true), Some(true), None]);
    let mut case = Case::default();
    case.tool = case.tool.replacen("[[part]]", "confidential = true\n[[part]]", 1);
    assert!(case.load().trees[0].nodes.iter().all(|n| n.confidential == Some(true)));
}

#[test]
fn old_ids_carry_over_all_below() {
    let mut case = Case::default();
    case.tool = case.tool.replacen("id = \"one\"", "id = \"one\"\nwas = ['uno']", 1).replacen(
        "[[part]]",
        "was = ['seeker']\n[[part]]",
        1,
    );
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let was = |at: usize| {
        loaded.trees[0].nodes[at].was.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(was(0), ["seeker/top"]);
    assert_eq!(was(2), ["seeker/part/one/a", "hunter/part/uno/a", "seeker/part/uno/a"]);
}

#[test]
fn long_and_empty_titles_are_refused() {
    for (name, wanted) in
        [("x".repeat(250), "its title has 259 characters"), ("x".repeat(300), "its title has")]
    {
        let mut case = Case::default();
        case.tool = case.tool.replacen("name = \"One\"", &format!("name = \"{name}\""), 1);
        assert!(messages(&case.load()).iter().any(|m| m.contains(wanted)));
    }
    let mut case = Case::default();
    case.blueprint =
        case.blueprint.replacen("{{ each.name }}\"\ndepends", "{{ workspace.url }}\"\ndepends", 1);
    assert!(messages(&case.load()).iter().any(|m| m.contains("its title is empty")));
}

#[test]
fn a_description_over_the_limit_is_refused() {
    let mut case = Case::default();
    case.tool = case.tool.replacen(
        "name = \"One\"",
        &format!("name = \"One\"\nvalue = \"{}\"", "x".repeat(1024 * 1024)),
        1,
    );
    assert!(messages(&case.load()).iter().any(|m| m.contains("its description has")));
}

#[test]
fn epics_deeper_than_seven_are_refused() {
    let mut blueprint = "schema = 1\nname = 'base'\n".to_owned();
    for depth in 0..8 {
        let parent = if depth == 0 { "@root".to_owned() } else { format!("n{}", depth - 1) };
        blueprint += &format!(
            "[[node]]\nkey = 'n{depth}'\ntype = 'epic'\nparent = '{parent}'\nplace = 'epics'\ntitle = 'x'\n"
        );
    }
    let case = Case {
        blueprint,
        tool: "schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 's'\n".into(),
        ..Case::default()
    };
    let found = messages(&case.load());
    assert!(found.iter().any(|m| m.contains("node n6: epic 8 levels deep")), "{found:#?}");
}

#[test]
fn without_nested_epics_deeper_trees_are_refused() {
    let mut case = Case::default();
    case.workspace += "[gitlab]\nnested-epics = false\n";
    case.blueprint = case.blueprint.replacen(
        "type = \"issue\"\nfor-each = \"part.issue\"",
        "type = \"epic\"\nfor-each = \"part.issue\"",
        1,
    );
    let found = messages(&case.load());
    assert!(
        found
            .iter()
            .any(|m| m.contains("node part/one/a: it is too deep for `nested-epics = false`")),
        "{found:#?}"
    );
}

#[test]
fn the_group_warning_can_be_waived() {
    let mut case = Case { owners: "[groups.x]\npm = []\n".into(), ..Case::default() };
    assert!(!case.load().problems.has_errors());
    assert_eq!(messages(&case.load()).len(), 1);
    case.tool += "[waive]\ngroup-unknown = 'new group'\n";
    assert_eq!(messages(&case.load()), [""; 0]);
}

#[test]
fn problems_say_the_next_step_and_mend_near_words() {
    let mut case = Case::default();
    case.tool = case.tool.replacen("gap = \"drop\"", "gap = \"dorp\"\nnmae = 'x'", 1).replacen(
        "id = \"two\"",
        "id = \"one\"",
        1,
    );
    let loaded = case.load();
    let all = loaded.problems.sorted();
    assert!(all.iter().all(|p| p.hint.is_some() && p.span.is_some()), "{all:#?}");
    assert!(all.iter().any(|p| p.patch.as_deref() == Some("\"drop\"")));
    assert!(all.iter().any(|p| p.patch.as_deref() == Some("name")));
    assert!(all.iter().any(|p| p.label == "first used at line 7"), "{all:#?}");
}

#[test]
fn no_file_makes_it_panic() {
    let whole = Case::default();
    for cut in (0..whole.tool.len()).step_by(3) {
        let case = Case { tool: whole.tool[..cut].to_owned(), ..Case::default() };
        let _ = case.load();
    }
    for cut in (0..whole.blueprint.len()).step_by(23) {
        let case = Case { blueprint: whole.blueprint[..cut].to_owned(), ..Case::default() };
        let _ = case.load();
    }
    for cut in 0..super::support::TOP.len() {
        let mut case = Case::default();
        case.assets[0].1.truncate(cut);
        let _ = case.load();
    }
}

#[test]
fn items_are_named_for_nodes_that_there_are_once_and_of_their_kind() {
    let with = |items: &str| {
        let mut case = Case::default();
        case.tool.push_str(&format!("[items]\n{items}\n"));
        messages(&case.load())
    };
    assert_eq!(with("top = 'g&5'\n'sunset/docs' = 'g/p#9'"), [""; 0]);
    let all = [
        ("tops = 'g&5'", "the tool has no node `tops`"),
        ("top = 'g/p#5'", "node top: g/p#5 is an issue or task, but the node is an epic"),
        ("top = 'five'", "`five` is not a full reference"),
        ("'sunset/docs' = 'g/p#7'", "the item g/p#7 stands under `b` too"),
        ("'part/one/b' = 'g/p#8'", "`part/one/b` is an entry, which says `item = \"g/p#7\"`"),
    ];
    for (items, said) in all {
        let found = with(items);
        assert!(found.iter().any(|problem| problem.ends_with(said)), "{items}: {found:#?}");
    }
}
