//! What the fuzz targets share: a workspace to put hostile files into, texts made of few
//! different lines, and what must hold of everything that is shown.

pub mod html;
pub mod texts;
pub mod work;

use epictree::assets::Assets;
use epictree::check::{self, File, Files, Loaded};
use epictree::plan::{self, Options, Plan};
use epictree::problem::{Problems, Severity};
use epictree::tree::ObservedTree;
use epictree::ui;

/// A workspace that the embedded blueprint is content with.
pub const WORKSPACE: &str = r#"schema = 1
id = "w"
blueprint = "prodseceng"
source = "https://x.example/tools"
[places]
root = "g/s&1"
epics = "g/s"
sunset = "g/s/team"
issues = "g/p"
"#;

/// A small tool file.
pub const TOOL: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
[[functionality]]
id = "one"
name = "One"
[[functionality.issue]]
id = "a"
title = "Do a"
"#;

/// A small blueprint with a bit of everything, and its templates.
const BLUEPRINT: [(&str, &str); 3] = [
    ("blueprints/b.toml", include_str!("small/b.toml")),
    ("templates/b/top.md", include_str!("small/top.md")),
    ("templates/part/owner.md", include_str!("small/owner.md")),
];

/// A file by its name and bytes.
pub fn file(name: &str, bytes: &[u8]) -> File {
    (name.to_owned(), bytes.to_owned())
}

/// The files of a workspace with one tool, on the embedded blueprints.
pub fn files(tool: &[u8]) -> Files {
    Files {
        workspace: file("epictree.toml", WORKSPACE.as_bytes()),
        assets: Assets::embedded(),
        tools: vec![file("hunter.toml", tool)],
        ..Files::default()
    }
}

/// The same on a blueprint that is loaded in no time.
pub fn small(tool: &[u8]) -> Files {
    let mut assets = Assets::default();
    BLUEPRINT.iter().for_each(|(path, text)| assets.insert(*path, *text));
    let workspace = WORKSPACE.replace("prodseceng", "b");
    Files { workspace: file("epictree.toml", workspace.as_bytes()), assets, ..files(tool) }
}

/// Checks files, plans what they want, shows all of it, and holds what must hold of any.
pub fn checked(files: &Files) -> Loaded {
    let loaded = check::workspace(files, Problems::default());
    let errors = loaded.problems.count(Severity::Error);
    assert!(errors > 0 || loaded.trees.len() == files.tools.len(), "no tree and no reason");
    for problem in loaded.problems.sorted() {
        let next_step = problem.hint.is_some() || problem.patch.is_some();
        assert!(!problem.message.is_empty() && next_step, "{problem:?}");
        if let (Some(span), Some(text)) = (&problem.span, loaded.sources.get(&problem.file)) {
            assert!(text.get(span.clone()).is_some(), "a place that is none: {problem:?}");
        }
    }
    shown(&ui::problems::render(&loaded.problems, &loaded.sources, 100));
    let options = Options { workspace: "w".into(), ..Options::default() };
    let offline = |tree| plan::build(tree, &ObservedTree::default(), &options);
    let tools = loaded.trees.iter().map(offline).collect();
    let plan = Plan { target: "offline".into(), caller: None, tools };
    planned(&plan);
    loaded
}

/// Shows a plan in each way, and holds what must hold of any.
pub fn planned(plan: &Plan) {
    let look =
        ui::plan::Look { width: 100, cut: true, show_drift: true, texts: true, links: false };
    shown(&ui::plan::render(plan, look));
    shown(&ui::json::render(plan));
}

/// Holds that nothing in an output steers a terminal but the colours that are ours.
pub fn shown(text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let style = rest[at + 1..]
            .strip_prefix('[')
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        let style = style.and_then(|rest| rest.strip_prefix('m'));
        plain(&rest[..at]);
        rest = style.unwrap_or_else(|| panic!("an escape sequence in {text:?}"));
    }
    plain(rest);
}

fn plain(text: &str) {
    let steers = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(steers), "a control character in {text:?}");
}
