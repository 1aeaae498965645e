//! What a blueprint may do to the labels of the one it extends.

use super::super::*;
use super::support::{Case, messages};

fn extended(child: &str) -> Loaded {
    let mut case = Case::default();
    case.assets.push(("blueprints/child.toml".into(), child.to_owned()));
    case.workspace = case.workspace.replace("\"base\"", "\"child\"");
    case.load()
}

#[test]
fn a_child_relabels_every_use_and_takes_labels_out() {
    let relabel = "schema = 1\nname = 'child'\nextends = 'base'\n[relabel]\n'made' = 'ours'\n'flow::new' = false\n'prio::1' = 'urgent'\n'prio::2' = false\n";
    let loaded = extended(relabel);
    assert_eq!(messages(&loaded), [""; 0]);
    let tree = &loaded.trees[0];
    assert_eq!(tree.nodes[0].labels.enforced, ["ours"]);
    assert_eq!(tree.labels[0].title, "ours");
    assert_eq!(tree.labels[0].color.as_deref(), Some("#8fbc8f"));
    assert_eq!(tree.nodes[1].labels.once, [""; 0]);
    assert!(tree.nodes[1].labels.shared.contains(&"urgent".to_owned()));
    let priorities = loaded.blueprint.unwrap().schema.priorities;
    assert_eq!(priorities.into_iter().collect::<Vec<_>>(), [(1, "urgent".to_owned())]);
}

#[test]
fn a_child_may_relabel_only_what_its_parent_has() {
    let loaded = extended(
        "schema = 1\nname = 'child'\nextends = 'base'\n[relabel]\n'mad' = 'ours'\n'made' = 1\n",
    );
    assert_eq!(
        messages(&loaded),
        [
            "blueprints/child.toml:5: the blueprint that this one extends has no label `mad`",
            "blueprints/child.toml:6: `made` must be another title, or false to take the label out, not an integer",
        ]
    );
    let mut case = Case::default();
    case.blueprint.push_str("\n[relabel]\n'made' = 'ours'\n");
    let message =
        "`relabel` changes labels of a blueprint that is extended, and this one extends none";
    assert!(messages(&case.load())[0].ends_with(message));
}
