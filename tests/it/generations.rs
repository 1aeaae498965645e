//! The later generation of the process: the tree of the first with other labels, and what it adds and leaves out.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::sync::Arc;

use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::problem::Problems;
use epictree::tree::{DesiredTree, Kind};

const TOOL: &str = "schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 'S'\n\
    [[functionality]]\nid = 'a'\nname = 'A'\npriority = 4\ncomponents = ['c']\nsteps = ['rollout']\n\
    [[functionality.issue]]\nid = 'x'\ntitle = 'X'\nweight = 8\n\
    [[functionality]]\nid = 'b'\nname = 'B'\n\
    [[component]]\nid = 'c'\nname = 'C'\nepic = true\n[sunset]\nown-issue = ['retro']\n";

/// What the header of the blueprint tells small teams to write.
const SMALL: &str = "schema = 1\nname = 'small'\nextends = 'prodseceng-2026'\n\
    [[node]]\nkey = 'handover'\ntype = 'issue'\nplace = 'sunset'\n";

fn load(blueprint: &str, tool: &str) -> (Vec<Arc<DesiredTree>>, Vec<String>) {
    let workspace = format!(
        "schema = 1\nid = 'w'\nblueprint = '{blueprint}'\n[places]\nroot = 'g&1'\nepics = 'g'\nsunset = 'g/team'\nissues = 'g/p'\n"
    );
    let mut assets = Assets::embedded();
    assets.insert("blueprints/small.toml", SMALL);
    let files = Files {
        workspace: ("epictree.toml".into(), workspace.into_bytes()),
        assets,
        tools: vec![("t.toml".into(), tool.into())],
        ..Files::default()
    };
    let loaded = check::workspace(&files, Problems::default());
    let problems = loaded.problems.sorted().iter().map(|problem| problem.message.clone()).collect();
    (loaded.trees, problems)
}

fn tree(blueprint: &str, tool: &str) -> Arc<DesiredTree> {
    let (mut trees, problems) = load(blueprint, tool);
    assert_eq!(problems, [""; 0]);
    trees.pop().unwrap()
}

fn labels(tree: &DesiredTree) -> Vec<&str> {
    let lists =
        tree.nodes.iter().flat_map(|n| [&n.labels.enforced, &n.labels.shared, &n.labels.once]);
    let mut titles: Vec<&str> = lists.flatten().map(String::as_str).collect();
    titles.sort_unstable();
    titles.dedup();
    titles
}

#[test]
fn the_tree_of_2026_is_that_of_2025_and_an_inventory_entry() {
    // On both scales.
    let tool = TOOL.replace("weight = 8", "weight = 5").replace("priority = 4", "priority = 3");
    let (old, new) = (tree("prodseceng", &tool), tree("prodseceng-2026", &tool));
    let keys = |tree: &DesiredTree| -> Vec<String> {
        tree.nodes.iter().map(|node| node.key.local().to_owned()).collect()
    };
    let mut expected = keys(&old);
    expected.push("inventory".to_owned());
    assert_eq!(keys(&new), expected);
    assert_eq!((old.rows.len(), new.rows.len()), (1, 0));
    for (old, new) in old.nodes.iter().zip(&new.nodes) {
        assert_eq!((old.kind, &old.title, &old.parent), (new.kind, &new.title, &new.parent));
    }
}

#[test]
fn the_labels_of_2026_are_its_own_and_no_issue_has_a_workflow_label() {
    let tree = tree("prodseceng-2026", TOOL);
    assert_eq!(
        labels(&tree),
        [
            "ProdSecEngMetric::Internal",
            "ProdSecEngMetric::Pending",
            "ProdSecEngMetric::Sunsetting",
            "ProdSecEngMetric::Tooling Integration",
            "Product Security Engineering Team",
            "feature flag",
            "priority::4",
        ]
    );
    for node in &tree.nodes {
        let team = "Product Security Engineering Team".to_owned();
        assert!(node.labels.enforced.contains(&team), "{:?}", node.key);
    }
    let rules: Vec<&str> = tree.labels.iter().map(|rule| rule.title.as_str()).collect();
    assert_eq!(rules.iter().filter(|title| title.contains("workflow")).count(), 0);
    assert!(rules.contains(&"priority::4"));
}

#[test]
fn the_scales_of_2026_are_its_own() {
    let complains = |blueprint: &str, tool: &str, of: &str| {
        load(blueprint, tool).1.iter().any(|message| message.contains(of))
    };
    assert!(complains("prodseceng-2026", &TOOL.replace("weight = 8", "weight = 4"), "weight 4"));
    assert!(complains("prodseceng", TOOL, "weight 8"));
    assert!(complains("prodseceng", TOOL, "priority 4"));
}

#[test]
fn the_inventory_issue_says_what_becomes_of_the_tool() {
    for (path, words) in [
        ("integrate", "it becomes part of GitLab, see …+"),
        ("sunset", "it goes away, see …+"),
        ("transfer", "it gets another owner, see …+"),
    ] {
        let tool =
            format!("schema = 1\n[tool]\nid = 't'\nname = 'T'\nsummary = 'S'\npath = '{path}'\n");
        let tree = tree("prodseceng-2026", &tool);
        let inventory = tree.nodes.iter().find(|node| node.key.local() == "inventory").unwrap();
        assert_eq!((inventory.kind, inventory.namespace.as_str()), (Kind::Issue, "g/team"));
        let body = inventory.body.fill(|_| "…".to_owned());
        assert!(body.contains(words), "{body}");
        assert_eq!(tree.rows.len(), 0);
    }
}

#[test]
fn a_small_tool_is_handed_over_in_an_issue() {
    let tree = tree("small", TOOL);
    let handover = tree.nodes.iter().find(|node| node.key.local() == "handover").unwrap();
    assert_eq!((handover.kind, handover.namespace.as_str()), (Kind::Issue, "g/team"));
    assert_eq!(tree.nodes[0].kind, Kind::Epic);
}
