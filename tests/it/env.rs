//! A workspace in a folder of its own, a served sandbox, and the real binary between them.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use epictree::sandbox::{Edit, ItemView, Sandbox, Seed, SeedItem, SeedLabel, Served};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The user who changes things by hand.
pub(crate) const COLLEAGUE: &str = "alice";
/// The epic that lists all tools.
pub(crate) const ROOT: &str = "gitlab-com/gl-security&291";
/// The token of every run here, which the sandbox takes for its own user's. No output and no
/// file that a run leaves behind may hold it.
pub(crate) const CANARY: &str = "sandbox-canary-4e2b7a91";
/// Work that exists before the tool's tree.
pub(crate) const EXISTING: &str = "gitlab-org/gitlab#321285";
/// Heading of the table in the root epic.
pub(crate) const HEADING: &str = "Tools we're actively working to integrate";

/// What a run of the binary left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        let Self { stdout, stderr, code: _ } = self;
        write!(f, "{stdout}------- stderr -------\n{stderr}[exit status: {code}]\n")
    }
}

impl Output {
    pub(crate) fn of(output: std::process::Output) -> Self {
        let output = Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        };
        let leaks = output.stdout.contains(CANARY) || output.stderr.contains(CANARY);
        assert!(!leaks, "the token is in:\n{output}");
        output
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert!(self.code == Some(code), "expected exit status {code}:\n{self}");
        self
    }

    /// Fails unless stdout or stderr says this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "no {text:?} in:\n{self}"
        );
        self
    }

    /// Fails if stdout or stderr says this.
    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "{text:?} in:\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{self}"))
    }
}

/// The binary with nothing of this process' environment, in a folder.
pub(crate) fn epictree(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epictree"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    // So that no configuration of whoever runs the tests is found.
    command.env("HOME", folder.join("nobody"));
    command
}

/// The folder of an example of this repository.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Copies the files of a folder; folders in it stay away.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// What the instance of `examples/package-hunter` holds before the first run.
pub(crate) fn seed() -> Seed {
    let label = |namespace: &str, title: &str| SeedLabel {
        namespace: namespace.to_owned(),
        title: title.to_owned(),
        color: "#6699cc".to_owned(),
    };
    let titles = [
        "team::Product Security Engineering",
        "ProdSecEngMetric::Tooling Integration",
        "ProdSecEngMetric::Pending",
        "ProdSecEngMetric::ProdSecRequirement",
        "ProdSecEngMetric::Paved Road",
        "ProdSecEngPriority::1",
        "ProdSecEngPriority::2",
        "ProdSecEngPriority::3",
        "workflow::validation backlog",
        "workflow::blocked",
        "workflow::in dev",
        "feature flag",
        "group::composition analysis",
        "group::vulnerability management",
    ];
    let labels =
        ["gitlab-com", "gitlab-org"].iter().flat_map(|top| titles.map(|title| label(top, title)));
    let item = |reference: &str, title: &str, description: &str| SeedItem {
        reference: reference.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        parent: None,
        labels: Vec::new(),
    };
    let epics = "gitlab-com/gl-security/product-security";
    Seed {
        groups: vec!["gitlab-com/gl-security".into(), epics.into()],
        projects: vec![
            format!("{epics}/product-security-engineering/product-security-engineering-team"),
            "gitlab-org/gitlab".into(),
        ],
        labels: labels.collect(),
        users: vec![COLLEAGUE.into(), "me-handle".into()],
        items: vec![
            item(ROOT, "Product Security Tooling Integration", &root_text()),
            item(EXISTING, "Package Hunter as a scanner", "Customers ask for it.\n\n- [ ] Decide"),
        ],
        bot: "prodsec-bot".into(),
        ..Seed::default()
    }
}

/// Tables with rows that people wrote, their padding uneven as people leave it.
fn root_text() -> String {
    format!(
        "# Context\n\nTools that are to become part of the product.  Ask @bob first.\n\n\
         # List of Tools\n\n## {HEADING}\n\n\
         | Tool Name + link | Brief Description | Integration Priority | Integration Epic | Status |\n\
         |---|:--|---|---|---|\n\
         | [Older Tool](https://example.com/older)   | Kept by people | 1 |  | Done |\n\n\
         ## Tools we're sunsetting\n\n\
         | Tool Name + link | Status |\n|---|---|\n| Oldest Tool | Gone |\n\n* Written by people."
    )
}

/// A workspace, its sandbox, and the server between them.
pub(crate) struct TestEnv {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
    served: Option<Served>,
    runtime: Runtime,
}

impl TestEnv {
    /// The workspace of an example, copied, with a fresh sandbox for it.
    pub(crate) fn of(name: &str) -> Self {
        Self::with(name, &seed())
    }

    pub(crate) fn package_hunter() -> Self {
        Self::of("package-hunter")
    }

    pub(crate) fn with(name: &str, seed: &Seed) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&example(name), folder.path());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = Sandbox::in_memory(seed).unwrap();
        let served = Some(serve(&runtime, &sandbox));
        Self { folder, sandbox, served, runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.served.as_ref().unwrap().url()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.served.as_ref().unwrap().address()
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Takes the address away, once everything that was sent there is done with, and serves on
    /// another one.
    pub(crate) fn serve_elsewhere(&mut self) {
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served.shutdown());
        }
        self.served = Some(serve(&self.runtime, &self.sandbox));
    }

    /// The binary in the workspace, with the canary as its token.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = epictree(self.folder.path());
        command.env("GITLAB_TOKEN", CANARY).args(args);
        command
    }

    /// Runs the binary with these arguments and no others.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Output::of(self.command(args).output().unwrap())
    }

    /// `plan`, against the sandbox.
    pub(crate) fn plan(&self, args: &[&str]) -> Output {
        let url = self.url();
        self.run(&[&["plan", "--url", &url], args].concat())
    }

    /// What an apply would do, as the JSON plan says.
    #[track_caller]
    pub(crate) fn planned(&self, args: &[&str]) -> Planned {
        let output = self.plan(&[&["--format", "json"], args].concat());
        Planned(output.json())
    }

    /// `apply --yes`, against the sandbox.
    pub(crate) fn apply(&self, args: &[&str]) -> Output {
        let url = self.url();
        self.run(&[&["apply", "--yes", "--url", &url], args].concat())
    }

    /// Applies, and proves that the run after it has nothing to do and writes nothing.
    #[track_caller]
    pub(crate) fn settle(&self) -> Output {
        let output = self.apply(&[]).ends_with(0);
        self.quiet();
        output
    }

    /// Proves that an apply has nothing to do and writes nothing.
    #[track_caller]
    pub(crate) fn quiet(&self) -> Output {
        self.sandbox.clear_log();
        let output = self.apply(&[]).ends_with(0).says("No changes");
        assert_eq!(self.mutations(), Vec::<String>::new(), "{output}");
        output
    }

    /// Names of the mutations since the log was cleared.
    pub(crate) fn mutations(&self) -> Vec<String> {
        let log = self.sandbox.log();
        log.iter().filter(|one| one.mutation).flat_map(|one| one.fields.clone()).collect()
    }

    /// Replaces the one place where a file has `old`.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {file}");
        std::fs::write(&path, text.replace(old, new)).unwrap();
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The items with a key, oldest first.
    pub(crate) fn all(&self, key: &str) -> Vec<ItemView> {
        let sign = format!("{key} ");
        let has = |item: &ItemView| {
            let at = item.description.find("<!--epictree:1 ")?;
            item.description[at..]
                .split_once(' ')?
                .1
                .split_once(' ')?
                .1
                .starts_with(&sign)
                .then_some(())
        };
        self.sandbox.items().into_iter().filter(|item| has(item).is_some()).collect()
    }

    /// The one item with a key.
    #[track_caller]
    pub(crate) fn item(&self, key: &str) -> ItemView {
        let mut found = self.all(key);
        assert_eq!(found.len(), 1, "items with key {key}");
        found.remove(0)
    }

    /// Changes the item with a key by hand.
    #[track_caller]
    pub(crate) fn by_hand(&self, key: &str, edit: Edit) {
        let reference = self.item(key).reference;
        self.sandbox.edit(COLLEAGUE, &reference, edit).unwrap();
    }

    /// Changes a description by hand: `old` becomes `new`, where it stands once.
    #[track_caller]
    pub(crate) fn rewrite(&self, reference: &str, old: &str, new: &str) {
        let text = self.sandbox.item(reference).unwrap().description;
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {reference}:\n{text}");
        let edit = Edit::Description(text.replace(old, new));
        self.sandbox.edit(COLLEAGUE, reference, edit).unwrap();
    }

    /// Makes an item by hand and returns its reference; type 8 is an epic, 1 an issue.
    #[track_caller]
    pub(crate) fn create(
        &self,
        path: &str,
        kind: u64,
        title: &str,
        parent: Option<&str>,
    ) -> String {
        let document = "mutation($input: WorkItemCreateInput!) {
            workItemCreate(input: $input) { errors workItem { reference(full: true) } }
        }";
        let mut input = json!({
            "namespacePath": path,
            "workItemTypeId": format!("gid://gitlab/WorkItems::Type/{kind}"),
            "title": title,
        });
        if let Some(parent) = parent {
            input["hierarchyWidget"] = json!({ "parentId": self.sandbox.item(parent).unwrap().id });
        }
        let answer = self.sandbox.query(document, json!({ "input": input }));
        let reference = &answer["data"]["workItemCreate"]["workItem"]["reference"];
        reference.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Moves a child below its sibling by hand.
    #[track_caller]
    pub(crate) fn reorder(&self, key: &str, below: &str) {
        let document = "mutation($input: workItemsHierarchyReorderInput!) {
            workItemsHierarchyReorder(input: $input) { errors }
        }";
        let input = json!({
            "id": self.item(key).id,
            "adjacentWorkItemId": self.item(below).id,
            "relativePosition": "AFTER",
        });
        let answer = self.sandbox.query(document, json!({ "input": input }));
        assert_eq!(answer["data"]["workItemsHierarchyReorder"]["errors"], json!([]), "{answer}");
    }

    /// Description of the root epic.
    pub(crate) fn root(&self) -> String {
        self.sandbox.item(ROOT).unwrap().description
    }
}

impl Drop for TestEnv {
    /// Searches everything that the runs left behind for the token.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let leaks = holding(self.folder.path(), CANARY);
            assert!(leaks.is_empty(), "the token is in {leaks:?}");
        }
    }
}

/// The files below a folder that hold a text.
pub(crate) fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    files.filter(holds).collect()
}

fn serve(runtime: &Runtime, sandbox: &Sandbox) -> Served {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    runtime.block_on(sandbox.serve(address)).unwrap()
}

/// A plan as machines read it.
pub(crate) struct Planned(pub(crate) Value);

impl Planned {
    /// What is written, in the plan's order: action, key, names of the fields.
    pub(crate) fn writes(&self) -> Vec<String> {
        let says = |change: &Value| {
            let word = |name: &str| change[name].as_str().unwrap().to_owned();
            let fields = change["fields"].as_array().unwrap();
            let names: Vec<&str> =
                fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
            match word("action").as_str() {
                "none" | "record" => None,
                "create" => Some(format!("create {}", word("key"))),
                action => Some(format!("{action} {}: {}", word("key"), names.join(" "))),
            }
        };
        self.changes().iter().filter_map(says).collect()
    }

    pub(crate) fn changes(&self) -> Vec<Value> {
        let tools = self.0["tools"].as_array().unwrap();
        tools.iter().flat_map(|tool| tool["changes"].as_array().unwrap().clone()).collect()
    }

    #[track_caller]
    pub(crate) fn change(&self, key: &str) -> Value {
        let found = self.changes().into_iter().find(|change| change["key"] == key);
        found.unwrap_or_else(|| panic!("no change of {key}"))
    }

    /// One of the sums of the first tool.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        self.0["tools"][0]["summary"][name].as_u64().unwrap()
    }
}
