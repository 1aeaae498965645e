//! Who may import whom, and which module may touch which part of the world.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module and what it may import: all of it stands above it in `src/lib.rs`.
const LAYERS: &[(&str, &[&str])] = &[
    ("canonical", &[]),
    ("key", &[]),
    ("marker", &["canonical", "key"]),
    ("page", &[]),
    ("problem", &[]),
    ("text", &["key"]),
    ("unseen", &[]),
    ("source", &["key", "problem", "text", "unseen"]),
    ("tree", &["key", "marker", "text"]),
    ("spec", &["key", "problem", "source", "tree"]),
    ("assets", &["problem", "source"]),
    ("blueprint", &["assets", "key", "problem", "source", "spec", "tree"]),
    (
        "render",
        &["assets", "blueprint", "key", "problem", "source", "spec", "text", "tree", "unseen"],
    ),
    ("check", &["assets", "blueprint", "problem", "render", "source", "spec", "text", "tree"]),
    ("merge", &["canonical", "marker", "text"]),
    ("identity", &["key", "marker", "tree"]),
    ("plan", &["canonical", "key", "marker", "merge", "text", "tree"]),
    ("status", &["key", "page", "tree"]),
    (
        "pull",
        &["blueprint", "canonical", "check", "plan", "problem", "render", "source", "spec", "tree"],
    ),
    (
        "import",
        &[
            "blueprint",
            "canonical",
            "identity",
            "key",
            "marker",
            "plan",
            "problem",
            "render",
            "spec",
            "text",
            "tree",
            "unseen",
        ],
    ),
    ("gitlab", &["tree", "unseen"]),
    ("observe", &["gitlab", "identity", "key", "marker", "merge", "text", "tree"]),
    ("apply", &["gitlab", "identity", "key", "marker", "observe", "plan", "tree", "unseen"]),
    ("sandbox", &["page"]),
    (
        "ui",
        &["apply", "gitlab", "key", "page", "plan", "problem", "pull", "status", "tree", "unseen"],
    ),
    (
        "cli",
        &[
            "apply",
            "assets",
            "blueprint",
            "check",
            "gitlab",
            "identity",
            "import",
            "key",
            "merge",
            "observe",
            "plan",
            "problem",
            "pull",
            "render",
            "sandbox",
            "source",
            "spec",
            "status",
            "tree",
            "ui",
            "unseen",
        ],
    ),
];

/// A path prefix and the modules that may name it.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("tokio", &["gitlab", "observe", "apply", "sandbox", "cli"]),
    ("reqwest", &["gitlab"]),
    ("axum", &["sandbox"]),
    ("apollo_compiler", &["sandbox"]),
    ("tera", &["render"]),
    ("toml_edit", &["pull"]),
    ("comrak", &["merge", "page", "render"]),
    ("clap", &["cli"]),
    ("dialoguer", &["ui"]),
    ("indicatif", &["ui"]),
    ("similar", &["import", "merge", "page", "pull", "ui"]),
    ("std::fs", &["assets", "sandbox", "cli"]),
    // `ui` asks whether it runs in a pipeline, and for the pager.
    ("std::env", &["cli", "ui"]),
    // `ui` starts the pager.
    ("std::process", &["cli", "ui"]),
    ("std::time::SystemTime", &["gitlab", "sandbox"]),
];

/// The source of each module, all of its files together, without comments and strings.
fn sources() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&src).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&src).unwrap();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let module =
            path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let code = bare(&std::fs::read_to_string(entry.path()).unwrap());
        sources.entry(module).or_default().push_str(&code);
    }
    sources
}

/// Cuts comments and the insides of strings out.
fn bare(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").unwrap() + 2
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").unwrap() + 2
        } else if c == '"' {
            1 + end_of_string(&rest[1..])
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').unwrap() + 2
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    out
}

/// Length of the rest of a string literal, its last quote included.
fn end_of_string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a string without an end");
}

/// Modules named by `crate::name` and `crate::{name, name::{…}}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_of(group)),
            None => found.extend(first_name(rest)),
        }
    }
    found
}

fn first_name(code: &str) -> Option<String> {
    let name: String =
        code.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some(name).filter(|name| !name.is_empty())
}

/// The first names of a group's parts, up to its closing brace.
fn names_of(group: &str) -> Vec<String> {
    let mut names: Vec<String> = first_name(group).into_iter().collect();
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(first_name(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

/// Tells whether code names a path or something below it.
fn names(code: &str, path: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: usize| {
        let (before, after) = (&code[..at], &code[at + path.len()..]);
        !before.ends_with(word)
            && !before.ends_with("::")
            && !before.ends_with('.')
            && after.starts_with("::")
    };
    let direct = code.match_indices(path).any(|(at, _)| whole(at));
    let used = code.contains(&format!("use {path};")) || code.contains(&format!("#[{path}("));
    // `use std::{env, fs};`
    let grouped = path.strip_prefix("std::").is_some_and(|last| {
        let groups = code.match_indices("std::{").map(|(at, open)| &code[at + open.len()..]);
        groups.flat_map(names_of).any(|name| name == last)
    });
    direct || used || grouped
}

#[test]
fn the_table_holds_every_module_in_the_order_of_the_map() {
    let map = include_str!("../../src/lib.rs");
    let modules: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let table: Vec<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    assert_eq!(table, modules);
}

#[test]
fn a_module_may_import_only_from_above() {
    for (n, (module, allowed)) in LAYERS.iter().enumerate() {
        let above: Vec<&str> = LAYERS[..n].iter().map(|(module, _)| *module).collect();
        for name in *allowed {
            assert!(above.contains(name), "{module} may not import {name}, which stands below it");
        }
    }
}

#[test]
fn no_module_imports_what_the_table_does_not_grant() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (module, allowed) in LAYERS {
        let code = sources.get(*module).unwrap_or_else(|| panic!("no source of {module}"));
        for name in imports(code) {
            if name != *module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{module} imports {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_outside_world_is_touched_only_where_the_table_says() {
    let mut wrong = Vec::new();
    for (module, code) in sources().iter().filter(|(module, _)| *module != "main") {
        for (path, allowed) in OUTSIDE {
            if names(code, path) && !allowed.contains(&module.as_str()) {
                wrong.push(format!("{module} uses {path}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn reading_imports_sees_groups_and_not_comments() {
    let code = bare(
        "// crate::no\nuse crate::one::{A, B};\nuse crate::{two, three::{C, four}, five};\n\
         let _ = (\"crate::six \\\" crate::six\", '\"', crate::seven::f(), mycrate::eight);",
    );
    let found: Vec<String> = imports(&code).into_iter().collect();
    assert_eq!(found, ["five", "one", "seven", "three", "two"]);
    assert!(names("use std::{env, fs::File};", "std::fs"));
    assert!(names("let x = std::fs::read(p);", "std::fs"));
    assert!(!names("let x = my::std::fsx::read(p);", "std::fs"));
    assert!(names("#[derive(clap::Args)]", "clap"));
}
