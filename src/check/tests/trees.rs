//! What a right workspace becomes.

use super::support::{Case, messages};
use crate::text::{SLOT_CLOSE, SLOT_OPEN, Slot};
use crate::tree::{Kind, Parent};

fn filled(text: &crate::text::Text) -> String {
    text.fill(|slot| match slot {
        Slot::Ref(key) => format!("<{}>", key.local()),
        Slot::Tick(_) => "?".into(),
        Slot::Mention(people) => format!("<@{}>", people.join(" @")),
        Slot::About(names) => format!("<about {}>", names.join(" ")),
    })
}

#[test]
fn a_workspace_becomes_a_tree() {
    let loaded = Case::default().load();
    assert_eq!(messages(&loaded), [""; 0]);
    let tree = &loaded.trees[0];
    let keys: Vec<_> = tree.nodes.iter().map(|n| n.key.local()).collect();
    assert_eq!(keys, ["top", "part/one", "part/one/a", "part/one/b", "sunset/docs"]);
    let top = &tree.nodes[0];
    assert_eq!(top.title, "Hunter integration");
    assert!(matches!(&top.parent, Parent::Item(r) if r.to_string() == "g&1"));
    assert_eq!(
        filled(&top.body),
        "Hunts.\n\n- [?] <part/one>+\n\nKept by epictree from [`hunter.toml`](https://x.example/tools/hunter.toml); edit freely, your words stay."
    );
    assert_eq!(top.labels.enforced, ["made"]);
    let part = &tree.nodes[1];
    assert_eq!(part.labels.shared, ["prio::1", "group::one"]);
    assert_eq!(part.labels.once, ["flow::new"]);
    assert!(filled(&part.body).contains("group::one `@pm`"));
    assert_eq!(tree.nodes[2].weight, Some(2));
    let item = &tree.nodes[3];
    assert_eq!(item.item.as_ref().unwrap().to_string(), "g/p#7");
    assert_eq!(filled(&item.body), "");
    assert_eq!(item.depends_on[0].local(), "part/one/a");
    assert_eq!(tree.nodes[4].depends_on[0].local(), "part/one");
    assert_eq!(tree.rows[0].cells[1].0, "Epic");
    assert_eq!(tree.labels[0].title, "made");
    assert!(!format!("{tree:?}").contains([SLOT_OPEN, SLOT_CLOSE]));
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let first = format!("{:?}", Case::default().load().trees);
    for _ in 0..5 {
        assert_eq!(format!("{:?}", Case::default().load().trees), first);
    }
}

#[test]
fn without_nested_epics_parts_become_issues_and_issues_tasks() {
    let mut case = Case::default();
    case.workspace += "[gitlab]\nnested-epics = false\n";
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let tree = &loaded.trees[0];
    let kinds: Vec<_> =
        tree.nodes.iter().map(|n| (n.key.local(), n.kind, n.namespace.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("top", Kind::Epic, "g/e"),
            ("part/one", Kind::Issue, "g/p"),
            ("part/one/a", Kind::Task, "g/p"),
            ("part/one/b", Kind::Task, "g/p"),
            ("sunset/docs", Kind::Issue, "g/p"),
        ]
    );
    assert_eq!(tree.nodes[0].parent, Parent::None);
    assert_eq!(tree.related.as_ref().unwrap().to_string(), "g&1");
}
