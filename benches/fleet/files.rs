//! What the measured program is given, and what it is measured against.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::problem::Problems;
use serde_json::Value;

/// The smallest program that Rust makes; nothing where there is no compiler.
pub(crate) fn empty_program(folder: &Path) -> Option<PathBuf> {
    let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
    std::fs::write(&source, "fn main() {}\n").unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let made = Command::new(rustc).arg("-O").arg("-o").arg(&program).arg(&source).status();
    made.is_ok_and(|status| status.success()).then_some(program)
}

/// How many texts the plan of a tool has, and the mean of their bytes.
pub(crate) fn texts(plan: &Output) -> (usize, usize) {
    assert!(plan.status.success(), "{plan:?}");
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let changes = plan["tools"][0]["changes"].as_array().unwrap();
    let fields = changes.iter().filter_map(|change| change["fields"].as_array()).flatten();
    let bodies = fields.filter(|field| field["name"] == "body");
    let sizes: Vec<usize> = bodies.filter_map(|body| Some(body["after"].as_str()?.len())).collect();
    (sizes.len(), sizes.iter().sum::<usize>() / sizes.len())
}

/// How many templates and expressions the check of one tool renders, texts among them.
pub(crate) fn rendered(folder: &Path) -> usize {
    let file = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).unwrap());
    let assets = Assets::overlaid(folder, &mut Problems::default());
    let (workspace, tools) = (file("epictree.toml"), vec![file("t0.toml")]);
    let files = Files { workspace, tools, assets, ..Files::default() };
    assert_eq!(check::workspace(&files, Problems::default()).trees.len(), 1);
    let beats = files.pulse.look();
    usize::try_from(beats.iter().map(|beat| beat.nth).sum::<u64>()).unwrap()
}

/// Renders texts as large with Jinja2, and expressions, each compiled once: the least of three runs.
///
/// # Errors
/// Python or Jinja2 is not there.
pub(crate) fn jinja(
    folder: &Path,
    (texts, bytes): (usize, usize),
    expressions: usize,
) -> Result<Duration, String> {
    let script = folder.join("jinja.py");
    std::fs::write(&script, include_str!("jinja.py")).unwrap();
    let times: Result<Vec<Duration>, String> = (0..3)
        .map(|_| {
            let start = Instant::now();
            let mut python = Command::new("python3");
            python.arg(&script).args([texts, bytes, expressions].map(|n| n.to_string()));
            let output = python.output().map_err(|error| error.to_string())?;
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default().to_owned();
            if output.status.success() { Ok(start.elapsed()) } else { Err(last) }
        })
        .collect();
    Ok(times?.into_iter().min().unwrap())
}

/// Lines a second that a disk takes if each must be safe on it before the next.
pub(crate) fn disk(folder: &Path, lines: usize) -> f64 {
    let mut file = std::fs::File::create(folder.join("disk")).unwrap();
    let start = Instant::now();
    for _ in 0..lines {
        file.write_all(&[b'x'; 1024]).unwrap();
        file.sync_data().unwrap();
    }
    lines as f64 / start.elapsed().as_secs_f64()
}
