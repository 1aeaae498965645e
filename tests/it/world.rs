//! A small workspace against a served sandbox, all in this process: texts in, plans and reports out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use epictree::apply::{Job, Outcome, Report, Stop, apply};
use epictree::assets::Assets;
use epictree::check::{self, Files, Loaded};
use epictree::gitlab::{
    Client, Named, Pace, PlaceQuery, Reader, Settings, Target, Writer, type_id,
};
use epictree::key::NodeKey;
use epictree::marker::{self, Base, Marker, Reading, Record};
use epictree::observe::{ObserveError, observe};
use epictree::plan::change::Needs;
use epictree::plan::needs::Found;
use epictree::plan::saved::{self, SavedPlan};
use epictree::plan::{Action, Change, FieldChange, Instance, Options, Plan, Snapshot, ToolPlan};
use epictree::problem::{Problems, Severity};
use epictree::pull::{self, Pull, Take};
use epictree::sandbox::{
    Edit, ItemView, Sandbox, Seed, SeedItem, SeedLabel, SeedMilestone, Served,
};
use epictree::spec::{Place, Workspace};
use serde_json::json;

use epictree::tree::{Capabilities, DesiredTree, Ground, Kind, TitleIn};

/// The workspace's id.
pub(crate) const WORKSPACE: &str = "w";
/// The epic that lists all tools.
pub(crate) const ROOT: &str = "g&1";

const WORKSPACE_FILE: &str = r#"schema = 1
id = "w"
blueprint = "small"
[places]
root = "g&1"
epics = "g/e"
issues = "g/p"
"#;

const BLUEPRINT: &str = r##"schema = 1
name = "small"
[tool.fields]
home = "url"
[list.part.fields]
value = "text"
[list.part.issue.fields]
value = "text"
under = "string"
boxes = { list = "string" }
ticks = "string"
[[label]]
title = "made"
create = true
color = "#8fbc8f"
[[node]]
key = "top"
type = "epic"
parent = "@root"
place = "epics"
title = "{{ tool.name }} integration"
template = "top.md"
labels = ["kept"]
[[node]]
key = "part/{{ each.id }}"
type = "epic"
for-each = "part"
entry = true
parent = "top"
place = "epics"
title = "Part {{ each.name }}"
template = "part.md"
[[node]]
key = "part/{{ outer.id }}/{{ each.id }}"
type = "issue"
for-each = "part.issue"
entry = true
parent = "part/{% if each.under %}{{ each.under }}{% else %}{{ outer.id }}{% endif %}"
place = "issues"
title = "{{ each.title }}"
template = "item.md"
labels = ["kept"]
labels-once = ["once"]
[[node]]
key = "sunset"
type = "epic"
parent = "top"
place = "epics"
title = "{{ tool.name }} sunset"
[[node]]
key = "sunset/{{ each.id }}"
type = "issue"
for-each = "part"
parent = "sunset"
place = "issues"
title = "Retire {{ each.name }}"
[[table-row]]
item = "@root"
node = "top"
link = "{{ tool.home }}"
heading = "Tools"
cells = { "Tool" = "[{{ tool.name | cell }}]({{ tool.home }})", "Epic" = "{{ ref(key='top') }}+", "Status" = "new" }
write-once = ["Status"]
"##;

const TOP: &str = "{{ tool.summary }}\n\n{% for p in part -%}\n- [{{ tick(key=p.key) }}] {{ ref(key=p.key) }}+\n{% endfor %}";

const PART: &str = "{{ each.value }}";

const ITEM: &str = "{{ each.value }}\n{% if each.boxes %}\n{% for box in each.boxes -%}\n- [ ] {{ box }}\n{% endfor %}{% endif %}{% if each.ticks %}\n- [{{ tick(key=each.ticks) }}] Other work\n{% endif %}";

/// A blueprint by the name of `small`, and its templates by name.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The workspace file's text.
    pub(crate) workspace: String,
    /// The blueprint's TOML.
    pub(crate) blueprint: String,
    /// File names and texts.
    pub(crate) templates: BTreeMap<&'static str, String>,
}

impl Shape {
    /// A blueprint with templates in the usual workspace.
    pub(crate) fn new(blueprint: &str, templates: &[(&'static str, &str)]) -> Self {
        Self {
            workspace: WORKSPACE_FILE.to_owned(),
            blueprint: blueprint.to_owned(),
            templates: templates.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
        }
    }

    /// The usual one.
    pub(crate) fn small() -> Self {
        Self::new(BLUEPRINT, &[("top.md", TOP), ("part.md", PART), ("item.md", ITEM)])
    }
}

/// A root epic as people wrote it.
const TABLE: &str = "All tools.\n\n# Tools\n\n| Tool | Epic | Status |\n|---|---|---|\n| [Older](https://example.com/older) | g/e&90 | Kept by people |\n\nThe end.";

/// Two parts, the first with an issue.
pub(crate) const TOOL: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
home = "https://example.com/hunter"
[[part]]
id = "one"
name = "One"
value = "The first part."
[[part.issue]]
id = "a"
title = "Do a"
value = "What to do."
[[part]]
id = "two"
name = "Two"
[[part]]
id = "three"
name = "Three"
"#;

/// The sandbox's contents for all tests of this workspace.
pub(crate) fn seed() -> Seed {
    let label = |title: &str| SeedLabel {
        namespace: "g".to_owned(),
        title: title.to_owned(),
        color: "#123456".to_owned(),
    };
    let milestone =
        |title: &str| SeedMilestone { namespace: "g".to_owned(), title: title.to_owned() };
    Seed {
        groups: vec!["g/e".into(), "g/other".into(), "far".into()],
        projects: vec!["g/p".into(), "g/q".into(), "far/p".into()],
        labels: ["kept", "once", "plain", "prio::1", "prio::2", "prio::3"].map(label).into(),
        users: ["alice", "bob", "carol"].map(str::to_owned).into(),
        milestones: ["m1", "m2", "m3"].map(milestone).into(),
        items: vec![
            item(ROOT, "Root", TABLE),
            item("g&2", "Roadmap of product", "Written by people."),
        ],
        ..Seed::default()
    }
}

/// An item to seed, without parent and labels.
pub(crate) fn item(reference: &str, title: &str, description: &str) -> SeedItem {
    SeedItem {
        reference: reference.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        parent: None,
        labels: Vec::new(),
    }
}

/// A workspace with one tool file, and the GitLab it is held against.
pub(crate) struct World {
    /// The tool file's text.
    pub(crate) tool: String,
    /// What the licence allows.
    pub(crate) capabilities: Capabilities,
    /// The owners file's text.
    pub(crate) owners: Option<String>,
    /// The choices of the next plans.
    pub(crate) options: Options,
    /// The GitLab.
    pub(crate) sandbox: Sandbox,
    /// What trees look like.
    pub(crate) shape: Shape,
    client: Client,
    served: Served,
}

/// Everything one look at GitLab gives.
pub(crate) struct Look {
    /// The plan that was made of it.
    pub(crate) plan: ToolPlan,
    snapshot: Snapshot,
    tree: Arc<DesiredTree>,
    types: BTreeMap<(String, Kind), String>,
}

impl World {
    /// Serves the usual sandbox.
    pub(crate) async fn new(tool: &str) -> Self {
        Self::of(&seed(), tool).await
    }

    /// Serves a sandbox with these contents.
    pub(crate) async fn of(seed: &Seed, tool: &str) -> Self {
        Self::with(Sandbox::in_memory(seed).unwrap(), tool).await
    }

    /// Serves a sandbox that is there already.
    pub(crate) async fn with(sandbox: Sandbox, tool: &str) -> Self {
        Self::paced(sandbox, tool, Settings { pace: Pace::none(), ..Settings::default() }).await
    }

    /// Serves the usual sandbox to a client that sends one request after another, so that the
    /// same edits make the same world; without a tool file yet.
    pub(crate) async fn in_order(shape: Shape) -> Self {
        let sandbox = Sandbox::in_memory(&seed()).unwrap();
        let settings = Settings { pace: Pace::none(), parallelism: 1 };
        Self { shape, ..Self::paced(sandbox, "", settings).await }
    }

    /// Serves a sandbox to a client with these settings.
    pub(crate) async fn paced(sandbox: Sandbox, tool: &str, settings: Settings) -> Self {
        let served = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let target = Target { url: served.url(), token: Some("sandbox".to_owned().into()) };
        let client = Client::new(&target, settings).unwrap();
        let options = Options { workspace: WORKSPACE.to_owned(), ..Options::default() };
        Self {
            tool: tool.to_owned(),
            capabilities: Capabilities { blocked_items: true, weights: true },
            options,
            sandbox,
            shape: Shape::small(),
            owners: None,
            client,
            served,
        }
    }

    /// Serves the usual sandbox and applies the tool file to it.
    pub(crate) async fn applied(tool: &str) -> Self {
        let world = Self::new(tool).await;
        world.apply().await;
        world.is_settled("after the first apply").await;
        world
    }

    /// Lets go of the sandbox's folder.
    pub(crate) async fn end(self) {
        self.served.shutdown().await;
    }

    /// The tree that the files want.
    pub(crate) fn tree(&self) -> (Workspace, Arc<DesiredTree>) {
        let Loaded { workspace, mut trees, .. } = self.loaded();
        (workspace.unwrap(), trees.remove(0))
    }

    /// The files, without an error.
    fn loaded(&self) -> Loaded {
        let mut assets = Assets::default();
        assets.insert("blueprints/small.toml", self.shape.blueprint.clone());
        for (name, text) in &self.shape.templates {
            assets.insert(format!("templates/small/{name}"), text.clone());
        }
        let owners = self.owners.as_ref().map(|text| text.clone().into_bytes());
        let files = Files {
            workspace: ("epictree.toml".into(), self.shape.workspace.clone().into_bytes()),
            owners: owners.map(|text| ("owners.toml".into(), text)),
            assets,
            tools: vec![("hunter.toml".into(), self.tool.clone().into_bytes())],
            ..Files::default()
        };
        let loaded = check::workspace(&files, Problems::default());
        let problems = loaded.problems.sorted().into_iter();
        let errors: Vec<_> = problems.filter(|p| p.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{}", self.tool);
        loaded
    }

    /// Pulls what people changed, into the tool file if there is anything.
    pub(crate) async fn pull(&mut self, take: Take) -> Pull {
        let Look { snapshot, .. } = self.look().await.unwrap();
        let loaded = self.loaded();
        let ground = pull::Ground {
            workspace: loaded.workspace.as_ref().unwrap(),
            owners: loaded.owners.as_ref(),
            blueprint: loaded.blueprint.as_ref().unwrap(),
            engine: loaded.engine.as_ref().unwrap(),
            observed: snapshot.trees.values().next().unwrap(),
            options: &self.options,
        };
        let pulled = pull::pull(&ground, "hunter.toml", &self.tool, take).unwrap();
        self.tool.clone_from(&pulled.text);
        pulled
    }

    /// Looks at GitLab and plans.
    pub(crate) async fn look(&self) -> Result<Look, ObserveError> {
        let (workspace, tree) = self.tree();
        let reader = Reader::new(&self.client);
        let places: BTreeSet<String> = workspace
            .places
            .values()
            .filter_map(|place| match place {
                Place::Namespace(path) => Some(path.clone()),
                Place::Item(_) => None,
            })
            .collect();
        let (mut types, mut missing) = (BTreeMap::new(), BTreeSet::new());
        for node in tree.nodes.iter().filter(|node| node.item.is_none()) {
            let at = (node.namespace.clone(), node.kind);
            if let Entry::Vacant(entry) = types.entry(at.clone()) {
                let query = PlaceQuery { path: at.0.clone(), ..PlaceQuery::default() };
                match reader.places(&[query]).await?.remove(0) {
                    Some(place) => drop(entry.insert(type_id(&place, node.kind).unwrap())),
                    None => drop(missing.insert(at.0)),
                }
            }
        }
        let ground = Ground {
            workspace: workspace.id,
            places,
            capabilities: self.capabilities,
            caller: "sandbox-bot".into(),
            missing,
        };
        let observed = observe(&reader, &ground, std::slice::from_ref(&tree)).await.remove(0)?;
        let mut snapshot = Snapshot {
            instance: Instance::Url("test".into()),
            ground,
            trees: BTreeMap::from([(tree.tool.clone(), observed)]),
            unread: BTreeMap::new(),
            looked_up: Needs::default(),
            found: Found::default(),
        };
        let mut plan = snapshot.build(std::slice::from_ref(&tree), &self.options);
        let needs = plan.needs();
        let named = |titles: &BTreeSet<TitleIn>| -> Vec<Named> {
            let named = |(namespace, title): &TitleIn| Named {
                namespace: namespace.clone(),
                is_group: needs.groups.contains(namespace),
                title: title.clone(),
            };
            titles.iter().map(named).collect()
        };
        let users: Vec<String> = needs.users.iter().cloned().collect();
        snapshot.found = Found {
            labels: reader.label_ids(&named(&needs.labels)).await?,
            milestones: reader.milestone_ids(&named(&needs.milestones)).await?,
            users: reader.user_ids(&users).await?,
        };
        snapshot.looked_up = needs;
        plan.settle(&snapshot.found);
        Ok(Look { snapshot, tree, types, plan: plan.tools.remove(0) })
    }

    /// Plans.
    pub(crate) async fn plan(&self) -> ToolPlan {
        self.look().await.unwrap().plan
    }

    /// Why no plan can be made.
    pub(crate) async fn no_plan(&self) -> String {
        match self.look().await {
            Ok(_) => panic!("there is a plan"),
            Err(error) => error.to_string(),
        }
    }

    /// Plans and applies, whatever comes of it.
    pub(crate) async fn try_apply(&self) -> Report {
        self.apply_after(|_| {}).await
    }

    /// Plans, lets a colleague at it, and applies that plan, whatever comes of it.
    pub(crate) async fn apply_after(&self, between: impl FnOnce(&Self)) -> Report {
        let look = self.look().await.unwrap();
        between(self);
        self.carry_out(look).await
    }

    /// Plans, waits for another run to apply what it wants, and applies that plan.
    pub(crate) async fn apply_behind(&self, other: &Self) -> Report {
        let look = self.look().await.unwrap();
        other.apply().await;
        self.carry_out(look).await
    }

    /// Applies the plan of a look, saved and read back, whatever comes of it.
    pub(crate) async fn carry_out(&self, look: Look) -> Report {
        let Look { snapshot, tree, types, plan } = look;
        let plan = Plan {
            target: snapshot.instance.to_string(),
            caller: Some(snapshot.ground.caller.clone()),
            tools: vec![plan],
        };
        let saved = SavedPlan::new(snapshot, vec![tree], self.options.clone(), &plan);
        let (bytes, _) = saved::write(&saved);
        let (again, _) = saved::read::<SavedPlan>(&bytes).unwrap();
        assert_eq!(again, saved);
        assert_eq!(again.plan().unwrap(), plan);
        let Snapshot { ground, trees, found, .. } = again.snapshot;
        let job = Job {
            plan: &plan,
            observed: trees.into_values().collect(),
            options: &again.options,
            ground: &ground,
            found,
            types,
        };
        let writer = Writer::new(&self.client);
        apply(job, &writer, &|_| {}, &Stop::default()).await
    }

    /// Plans and applies without a failure.
    pub(crate) async fn apply(&self) -> Report {
        let report = self.try_apply().await;
        assert!(!report.incomplete() && !report.moved(), "{report:#?}");
        report
    }

    /// Fails unless an apply would write nothing and nothing is left for people.
    pub(crate) async fn is_settled(&self, when: &str) {
        let plan = self.plan().await;
        assert_eq!(writes(&plan), [""; 0], "{when}");
        assert!(!plan.undecided(), "{when}: {:#?}", plan.changes);
    }

    /// Applies, and makes sure that a second apply sends no mutation.
    pub(crate) async fn settle(&self) -> Report {
        let report = self.apply().await;
        self.sandbox.clear_log();
        let again = self.apply().await;
        assert!(!again.wrote(), "the second apply writes: {:#?}", again.lines);
        assert_eq!(self.mutations(), [""; 0], "the second apply writes");
        report
    }

    /// Names of the mutations in the log.
    pub(crate) fn mutations(&self) -> Vec<String> {
        let log = self.sandbox.log();
        log.into_iter().filter(|request| request.mutation).map(|r| r.operation).collect()
    }

    /// The item that carries the marker of a node; of several the eldest.
    pub(crate) fn item(&self, local: &str) -> ItemView {
        self.find(local).unwrap_or_else(|| panic!("there is no item for {local}"))
    }

    /// The item that carries the marker of a node, if there is one.
    pub(crate) fn find(&self, local: &str) -> Option<ItemView> {
        let items = self.sandbox.items().into_iter().filter(|item| item.moved_to.is_none());
        items.into_iter().find(|item| marker_of(item).is_some_and(|m| m.key.local() == local))
    }

    /// Plays a colleague on the item of a node.
    pub(crate) fn edit(&self, local: &str, edit: Edit) {
        self.edit_at(&self.item(local).reference, edit);
    }

    /// Plays a colleague on any item.
    pub(crate) fn edit_at(&self, reference: &str, edit: Edit) {
        self.sandbox.edit("alice", reference, edit).unwrap();
    }

    /// Creates an item as the bot does, below another, and answers its reference.
    pub(crate) fn create(
        &self,
        path: &str,
        title: &str,
        parent: &str,
        description: &str,
    ) -> String {
        self.create_as("sandbox", path, title, parent, description)
    }

    /// The same with another token.
    pub(crate) fn create_as(
        &self,
        token: &str,
        path: &str,
        title: &str,
        parent: &str,
        description: &str,
    ) -> String {
        let kind = if self.is_group(path) { 8 } else { 1 };
        let parent = self.sandbox.item(parent).unwrap().id;
        let document = "mutation C($input: WorkItemCreateInput!) {
          workItemCreate(input: $input) { errors workItem { reference(full: true) } }
        }";
        let input = json!({ "input": {
            "namespacePath": path,
            "workItemTypeId": format!("gid://gitlab/WorkItems::Type/{kind}"),
            "title": title,
            "descriptionWidget": { "description": description },
            "hierarchyWidget": { "parentId": parent },
        } });
        let body = json!({ "query": document, "variables": input }).to_string();
        let answer = self.sandbox.execute(Some(token), body.as_bytes()).body;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let reference = &answer["data"]["workItemCreate"]["workItem"]["reference"];
        reference.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Plays a colleague who links an item to another, `RELATED`, `BLOCKED_BY` or `BLOCKS`.
    pub(crate) fn link(&self, item: &ItemView, kind: &str, to: &ItemView) {
        let document = "mutation L($input: WorkItemAddLinkedItemsInput!) {
          workItemAddLinkedItems(input: $input) { errors }
        }";
        let input = json!({ "id": item.id, "linkType": kind, "workItemsIds": [to.id] });
        let answer = self.sandbox.query(document, json!({ "input": input }));
        assert_eq!(answer["data"]["workItemAddLinkedItems"]["errors"], json!([]), "{answer}");
    }

    /// Plays a colleague who takes a link away.
    pub(crate) fn unlink(&self, item: &ItemView, from: &ItemView) {
        let document = "mutation U($input: WorkItemRemoveLinkedItemsInput!) {
          workItemRemoveLinkedItems(input: $input) { errors }
        }";
        let input = json!({ "id": item.id, "workItemsIds": [from.id] });
        let answer = self.sandbox.query(document, json!({ "input": input }));
        assert_eq!(answer["data"]["workItemRemoveLinkedItems"]["errors"], json!([]), "{answer}");
    }

    fn is_group(&self, path: &str) -> bool {
        seed().groups.iter().any(|group| group == path) || path == "g"
    }

    /// Plays a colleague who replaces some words in a description.
    pub(crate) fn reword(&self, local: &str, from: &str, to: &str) {
        let item = self.item(local);
        assert!(item.description.contains(from), "{from:?} is not in {}", item.description);
        self.edit_at(&item.reference, Edit::Description(item.description.replacen(from, to, 1)));
    }

    /// Takes the marker out of an item's description.
    pub(crate) fn unmark(&self, local: &str) -> String {
        let item = self.item(local);
        let text = marker::read(&item.description).text;
        self.edit_at(&item.reference, Edit::Description(text));
        item.reference
    }

    /// Damages the payload of an item's marker, so that its base is unknown.
    pub(crate) fn damage(&self, local: &str) -> String {
        let item = self.item(local);
        let at = item.description.rfind(' ').unwrap() + 1;
        let broken = format!("{}AAAA{}", &item.description[..at], &item.description[at..]);
        self.edit_at(&item.reference, Edit::Description(broken));
        item.reference
    }

    /// Writes an item's marker otherwise, as another epictree or a forger would.
    pub(crate) fn reword_marker(&self, local: &str, change: impl FnOnce(&mut Marker)) {
        let item = self.item(local);
        let mut marker = marker_of(&item).unwrap();
        change(&mut marker);
        let text = marker::write(&text_of(&item), &marker);
        self.edit_at(&item.reference, Edit::Description(text));
    }

    /// Changes the tool file.
    pub(crate) fn rewrite(&mut self, from: &str, to: &str) {
        assert!(self.tool.contains(from), "{from:?} is not in {}", self.tool);
        self.tool = self.tool.replacen(from, to, 1);
    }
}

/// Writes the workspace and its tool file into a folder, `more` at the end of the workspace file.
pub(crate) fn write(folder: &Path, tool: &str, more: &str) {
    for name in ["blueprints", "templates/small"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    let files = [
        ("epictree.toml", format!("{WORKSPACE_FILE}{more}")),
        ("blueprints/small.toml", BLUEPRINT.to_owned()),
        ("templates/small/top.md", TOP.to_owned()),
        ("templates/small/part.md", PART.to_owned()),
        ("templates/small/item.md", ITEM.to_owned()),
        ("hunter.toml", tool.to_owned()),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// A description with a marker that holds nothing but a key.
pub(crate) fn marked(workspace: &str, key: &NodeKey, text: &str) -> String {
    let (base, record) = (Base::default(), Record::default());
    marker::write(text, &Marker { workspace: workspace.to_owned(), key: key.clone(), base, record })
}

/// The key of a local one.
pub(crate) fn key(local: &str) -> NodeKey {
    NodeKey::of("hunter", local).unwrap()
}

/// The change of a node.
pub(crate) fn change<'a>(plan: &'a ToolPlan, local: &str) -> &'a Change {
    plan.change(&key(local)).unwrap_or_else(|| panic!("no change for {local}"))
}

/// Everything a plan would write, as `action key`.
pub(crate) fn writes(plan: &ToolPlan) -> Vec<String> {
    let writes = plan.changes.iter().filter(|c| !matches!(c.action, Action::None | Action::Wait));
    writes.map(|c| format!("{} {}", c.action.as_str(), c.key)).collect()
}

/// The notices of a plan, those that block with a `!`.
pub(crate) fn notices(plan: &ToolPlan) -> Vec<String> {
    let mark = |blocks| if blocks { "! " } else { "" };
    plan.notices.iter().map(|n| format!("{}{}", mark(n.blocks), n.message)).collect()
}

/// Names of fields.
pub(crate) fn names(fields: &[FieldChange]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

/// What an item says of itself.
pub(crate) fn marker_of(item: &ItemView) -> Option<Marker> {
    match marker::read(&item.description).marker {
        Reading::One(marker) => Some(*marker),
        _ => None,
    }
}

/// What people see of a description.
pub(crate) fn text_of(item: &ItemView) -> String {
    marker::read(&item.description).text
}

/// Keys of what a report says was created.
pub(crate) fn created(report: &Report) -> Vec<&str> {
    let lines = report.lines.iter().filter(|line| line.outcome == Outcome::Created);
    lines.map(|line| line.key.as_str()).collect()
}
