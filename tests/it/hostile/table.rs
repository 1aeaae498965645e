//! Bad files as data: what `epictree check` says of each, and how it ends.

use crate::env::{Output, epictree};
use crate::world::{Shape, TOOL};

/// A file of cases.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// See the head of `tests/cases/hostile.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    file: Option<String>,
    old: Option<String>,
    new: String,
    times: Option<usize>,
    close: Option<String>,
    says: String,
    hint: Option<String>,
}

/// The files of the small workspace, by path.
pub(super) fn workspace() -> Vec<(String, String)> {
    let Shape { workspace, blueprint, templates } = Shape::small();
    let mut files = vec![
        ("epictree.toml".to_owned(), workspace),
        ("blueprints/small.toml".to_owned(), blueprint),
        ("hunter.toml".to_owned(), TOOL.to_owned()),
    ];
    files.extend(
        templates.into_iter().map(|(name, text)| (format!("templates/small/{name}"), text)),
    );
    files
}

/// A folder with the small workspace.
pub(super) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in workspace() {
        write(folder.path(), &path, text.as_bytes());
    }
    folder
}

pub(super) fn write(folder: &std::path::Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(super) fn run(folder: &std::path::Path, args: &[&str]) -> Output {
    Output::of(epictree(folder).args(args).output().unwrap())
}

impl Case {
    fn run(&self) -> Output {
        let folder = folder();
        let file = self.file.as_deref().unwrap_or("hunter.toml");
        let times = self.times.unwrap_or(1);
        let close = self.close.as_deref().unwrap_or_default().repeat(times);
        let new: String = (0..times).map(|n| self.new.replace("%n", &n.to_string())).collect();
        let new = format!("{new}{close}");
        let text = match &self.old {
            None => new,
            Some(old) => {
                let path = folder.path().join(file);
                let text = std::fs::read_to_string(path).unwrap();
                assert!(text.contains(old.as_str()), "{}: no {old:?}", self.name);
                text.replacen(old, &new, 1)
            }
        };
        write(folder.path(), file, text.as_bytes());
        run(folder.path(), &["check"])
    }
}

/// What is not as the case says.
fn faults(case: &Case, output: &Output) -> Vec<String> {
    let errors: Vec<&str> =
        output.stdout.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    let mut faults = Vec::new();
    if !errors.iter().any(|said| said.starts_with(&case.says)) {
        faults.push(format!("says {:#?}", &errors[..errors.len().min(3)]));
    }
    if case.hint.as_ref().is_some_and(|hint| !output.stdout.contains(&format!("help: {hint}"))) {
        let hints = output.stdout.lines().filter(|line| line.starts_with("help: "));
        faults.push(format!("hints {:#?}", hints.take(3).collect::<Vec<_>>()));
    }
    if output.code != Some(1) || output.stdout.len() > 200_000 {
        faults.push(format!("ends with {:?} after {} bytes", output.code, output.stdout.len()));
    }
    let unseen = |c: &char| epictree::unseen::is_unseen(*c) && *c != '\n';
    if let Some(c) = output.stdout.chars().chain(output.stderr.chars()).find(unseen) {
        faults.push(format!("prints {}", epictree::unseen::name_of(c)));
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", case.name)).collect()
}

#[test]
fn each_bad_file_gets_its_sentence_and_its_next_step() {
    let cases: Cases = toml::from_str(include_str!("../../cases/hostile.toml")).unwrap();
    let faults: Vec<String> =
        cases.case.iter().flat_map(|case| faults(case, &case.run())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
