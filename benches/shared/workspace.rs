//! The workspace that is measured, and what its sandbox holds before.

use std::path::Path;

use epictree::sandbox::{Seed, SeedItem, SeedLabel};

/// Every label of the blueprint that no plan creates.
const LABELS: [&str; 5] = [
    "team::Product Security Engineering",
    "ProdSecEngMetric::Tooling Integration",
    "workflow::validation backlog",
    "workflow::ready for development",
    "ProdSecEngMetric::Pending",
];

/// A workspace of tools in one group, each with 9 items and 5 more a piece.
pub(crate) fn write(folder: &Path, tools: usize, pieces: usize) {
    let workspace = "schema = 1\nid = \"bench\"\nblueprint = \"prodseceng\"\n[places]\nroot = \"g&1\"\n\
        epics = \"g/epics\"\nsunset = \"g/team\"\nissues = \"g/product\"\n";
    std::fs::write(folder.join("epictree.toml"), workspace).unwrap();
    for tool in 0..tools {
        let head = format!(
            "schema = 1\n[tool]\nid = \"t{tool}\"\nname = \"Tool {tool}\"\nsummary = \"It works.\"\n"
        );
        std::fs::write(folder.join(format!("t{tool}.toml")), head + &functionality(pieces))
            .unwrap();
    }
}

fn functionality(pieces: usize) -> String {
    let issue = |n: usize, i: usize| {
        format!("[[functionality.issue]]\nid = \"i{i}\"\ntitle = \"Do {n}.{i}\"\nweight = 1\n")
    };
    let piece = |n: usize| {
        let issues: String = (0..3).map(|i| issue(n, i)).collect();
        format!("[[functionality]]\nid = \"f{n}\"\nname = \"Piece {n}\"\n{issues}")
    };
    (0..pieces).map(piece).collect()
}

/// What the sandbox holds before.
pub(crate) fn seed() -> Seed {
    let label = |title: &str| SeedLabel {
        namespace: "g".into(),
        title: title.into(),
        color: "#123456".into(),
    };
    let root = SeedItem {
        reference: "g&1".into(),
        title: "Root".into(),
        description: "# Tools we're actively working to integrate\n\n| Tool Name + link | Brief Description | Integration Priority | Integration Epic | Status |\n|---|---|---|---|---|\n".into(),
        parent: None,
        labels: Vec::new(),
    };
    Seed {
        groups: vec!["g/epics".into()],
        projects: vec!["g/team".into(), "g/product".into()],
        labels: LABELS.map(label).into(),
        items: vec![root],
        ..Seed::default()
    }
}
