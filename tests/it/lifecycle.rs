//! A tree through its life: built, left alone, changed on either side, reconciled.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::collections::{BTreeMap, BTreeSet};

use epictree::sandbox::{Edit, ItemView};
use serde_json::Value;

use crate::env::{COLLEAGUE, EXISTING, HEADING, ROOT, TestEnv, seed};

const TOOL: &str = "package-hunter.toml";
const TEAM: &str = "team::Product Security Engineering";
const JOB_INPUT: &str = "package-hunter/functionality/submission/job-input";
const JOB_INPUT_WEIGHT: &str = "weight = 3\n\n[[functionality]]\nid = \"isolated-install\"";
const RESULTS: &str = "package-hunter/functionality/results";
const REPORTING: &str = "package-hunter/functionality/reporting";
const INTEGRATION: &str = "package-hunter/integration";
const HANDOVER: &str = "package-hunter/handover";
const SUMMARY: &str = "Finds malicious dependencies by watching what they do while they install.";

/// A workspace whose tree stands.
fn built() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    env
}

/// Other work for an apply: one weight.
fn change_a_weight(env: &TestEnv) {
    let new = JOB_INPUT_WEIGHT.replace("weight = 3", "weight = 2");
    env.edit(TOOL, JOB_INPUT_WEIGHT, &new);
}

fn root_row(env: &TestEnv) -> Vec<String> {
    let rows = env.root();
    rows.lines().filter(|line| line.contains("package-hunter")).map(str::to_owned).collect()
}

#[test]
fn apply_builds_the_whole_tree_and_the_next_run_writes_nothing() {
    let env = TestEnv::package_hunter();
    let before = env.sandbox.items().len();
    env.apply(&[]).ends_with(0).says("Applied: 37 created, 1 updated.");
    let made = env.sandbox.items().len() - before;
    assert!((30..=45).contains(&made), "{made} items");
    for key in [
        "integration",
        "handover",
        "functionality/results",
        "functionality/syscall-monitoring/rules-engine",
        "functionality/syscall-monitoring/step/rollout",
        "component/analysis-host",
        "component/analysis-host/host-model",
        "design-document",
        "sunset",
        "sunset/functionality/results",
        "sunset/operation/decommission",
        "sunset/requirement/names",
    ] {
        let item = env.item(&format!("package-hunter/{key}"));
        assert!(item.labels.iter().any(|label| label == TEAM), "{item:?}");
        assert!(item.parent.is_some(), "{item:?}");
    }
    env.quiet();
    let plan = env.planned(&["--detailed-exitcode"]);
    assert_eq!(plan.writes(), Vec::<String>::new());
    env.plan(&["--detailed-exitcode"]).ends_with(0).says("No changes");
}

#[test]
fn nothing_is_left_open_and_nobody_is_mentioned() {
    let env = built();
    for item in env.sandbox.items() {
        assert!(!item.description.contains("(not created yet)"), "{item:?}");
        assert!(!item.description.contains("{{"), "{item:?}");
    }
    let told = env.sandbox.notifications().into_iter().map(|told| (told.user, told.cause));
    let told: BTreeSet<_> = told.collect();
    let announced = BTreeSet::from([("me-handle".to_owned(), "assigned".to_owned())]);
    assert_eq!(told, announced, "descriptions mention nobody");
    assert_eq!(env.sandbox.quick_actions(), Vec::new());
}

#[test]
fn siblings_stand_in_the_blueprints_order() {
    let env = built();
    assert_order(&env);
}

/// Every parent's children stand as the offline plan lists them.
#[track_caller]
fn assert_order(env: &TestEnv) {
    let plan = env.run(&["plan", TOOL, "--offline", "--format", "json"]).ends_with(0).json();
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for change in plan["tools"][0]["changes"].as_array().unwrap() {
        if matches!(change["type"].as_str(), Some("epic" | "issue")) && change["action"] == "create"
        {
            let word = |name: &str| change[name].as_str().unwrap().to_owned();
            wanted.entry(word("parent")).or_default().push(word("key"));
        }
    }
    assert!(wanted.len() >= 8, "{wanted:?}");
    for (parent, keys) in wanted {
        let item = if parent == ROOT { env.sandbox.item(ROOT).unwrap() } else { env.item(&parent) };
        let expected: Vec<String> = keys.iter().map(|key| env.item(key).reference).collect();
        let stand: Vec<String> =
            item.children.into_iter().filter(|child| expected.contains(child)).collect();
        assert_eq!(stand, expected, "children of {parent}");
    }
}

#[test]
fn a_weight_in_the_file_changes_that_weight_alone() {
    let env = built();
    change_a_weight(&env);
    env.plan(&["--detailed-exitcode"]).ends_with(2);
    let plan = env.planned(&[]);
    assert_eq!(plan.writes(), [format!("update {JOB_INPUT}: weight")]);
    let change = plan.change(JOB_INPUT);
    assert_eq!(change["fields"][0]["before"], 3);
    assert_eq!(change["fields"][0]["after"], 2);
    assert_eq!(change["cause"], "spec-changed");
    let before = env.sandbox.items();
    env.settle();
    let moved = changed(&before, &env.sandbox.items());
    assert_eq!(moved, [env.item(JOB_INPUT).reference]);
    assert_eq!(env.item(JOB_INPUT).weight, Some(2));
}

/// References of the items that are not as they were.
fn changed(before: &[ItemView], after: &[ItemView]) -> Vec<String> {
    let different = after.iter().filter(|item| !before.contains(item));
    different.map(|item| item.reference.clone()).collect()
}

#[test]
fn a_name_in_the_file_renames_what_carries_it() {
    let env = built();
    env.edit(TOOL, "\"Retrieval of results\"", "\"Collection of results\"");
    let writes = env.planned(&[]).writes();
    assert!(writes.contains(&format!("update {RESULTS}: title")), "{writes:#?}");
    assert!(
        writes
            .iter()
            .any(|write| write
                .starts_with("update package-hunter/sunset/functionality/results: title")),
        "{writes:#?}"
    );
    assert!(!writes.iter().any(|write| write.starts_with("create")), "{writes:#?}");
    env.settle();
    assert_eq!(env.item(RESULTS).title, "Package Hunter Functionality - Collection of results");
}

#[test]
fn a_group_in_the_file_changes_its_label() {
    let env = built();
    let old = "target = \"report artifacts\"\ngroup = \"group::composition analysis\"";
    env.edit(TOOL, old, &old.replace("composition analysis", "vulnerability management"));
    let plan = env.planned(&[]);
    let fields = plan.change(RESULTS)["fields"].clone();
    assert!(fields.as_array().unwrap().iter().any(|field| field["name"] == "labels"), "{fields:#}");
    env.settle();
    let labels = env.item(RESULTS).labels;
    let groups: Vec<&String> = labels.iter().filter(|label| label.starts_with("group::")).collect();
    assert_eq!(groups, ["group::vulnerability management"]);
}

#[test]
fn a_title_that_people_changed_stays() {
    let env = built();
    env.by_hand(RESULTS, Edit::Title("Results, and how to get at them".into()));
    let output = env.plan(&["--detailed-exitcode"]).ends_with(0);
    output.says("1 drift kept").does_not_say("how to get at them");
    let output = env.plan(&["--detailed-exitcode", "--show-drift"]).ends_with(0);
    output.says("Results, and how to get at them");
    let plan = env.planned(&[]);
    assert_eq!(plan.sum("drift"), 1);
    assert_eq!(plan.writes(), Vec::<String>::new());
    assert_eq!(plan.change(RESULTS)["kept"][0]["name"], "title");
    env.quiet();
    change_a_weight(&env);
    env.settle();
    assert_eq!(env.item(RESULTS).title, "Results, and how to get at them");
}

#[test]
fn an_enforced_label_is_put_back() {
    let env = built();
    env.by_hand(HANDOVER, Edit::Unlabel(TEAM.into()));
    let plan = env.planned(&[]);
    assert_eq!(plan.writes(), [format!("update {HANDOVER}: labels")]);
    assert_eq!(plan.change(HANDOVER)["cause"], "drifted");
    env.settle();
    assert!(env.item(HANDOVER).labels.iter().any(|label| label == TEAM));
}

#[test]
fn what_people_did_is_untouched_by_an_apply_with_other_work() {
    let env = built();
    let roadmap = env.create("gitlab-com/gl-security", 8, "A product manager's roadmap", None);
    let npm = "package-hunter/functionality/npm-packages";
    let ruby = "package-hunter/functionality/ruby-gems";
    let announce = "package-hunter/sunset/operation/announce";
    let severity = "package-hunter/functionality/reporting/severity";
    env.by_hand(RESULTS, Edit::Label("workflow::in dev".into()));
    env.by_hand(npm, Edit::Label("customer request".into()));
    env.by_hand(ruby, Edit::Parent(Some(roadmap)));
    env.by_hand(announce, Edit::Close);
    env.by_hand(severity, Edit::Weight(Some(1)));
    let reporting = env.item(REPORTING).reference;
    env.rewrite(&reporting, "## Steps\n\n", "A paragraph that people added.\n\n## Steps\n\n");
    let handover = env.item(HANDOVER);
    let ticked = handover.description.replacen("- [ ] ", "- [x] ", 1);
    assert_ne!(ticked, handover.description);
    env.by_hand(HANDOVER, Edit::Description(ticked));
    env.reorder(
        "package-hunter/functionality/syscall-monitoring/rules-engine",
        "package-hunter/functionality/syscall-monitoring/rule-review",
    );
    let touched = [
        RESULTS,
        npm,
        ruby,
        announce,
        severity,
        REPORTING,
        HANDOVER,
        "package-hunter/functionality/syscall-monitoring",
    ];
    let before = touched.map(|key| env.item(key));
    change_a_weight(&env);
    env.apply(&[]).ends_with(0);
    for (key, before) in touched.iter().zip(before) {
        assert_eq!(env.item(key), before, "{key}");
    }
    assert_eq!(env.item(JOB_INPUT).weight, Some(2));
    env.quiet();
}

#[test]
fn a_text_that_both_sides_changed_is_reported_and_stays_peoples() {
    let env = built();
    let reporting = env.item(REPORTING).reference;
    let first = "Findings show up in the pipeline and in the vulnerability report.";
    env.rewrite(&reporting, first, "Findings show up somewhere.");
    let before = env.item(REPORTING);
    env.edit(TOOL, first, "Findings show up where people look.");
    change_a_weight(&env);
    let plan = env.planned(&[]);
    assert_eq!(plan.sum("conflict"), 1);
    assert_eq!(plan.change(REPORTING)["conflicts"][0]["name"], "body");
    for _ in 0..2 {
        env.apply(&[]).ends_with(3).says("1 conflict").says("somewhere").says("where people look");
        assert_eq!(env.item(REPORTING), before);
    }
    assert_eq!(env.item(JOB_INPUT).weight, Some(2), "the rest goes on");
    env.rewrite(&reporting, "Findings show up somewhere.", "Findings show up where people look.");
    env.settle();
}

#[test]
fn a_conflict_is_settled_by_a_choice_or_stops_everything() {
    let env = built();
    let reporting = env.item(REPORTING).reference;
    let first = "Findings show up in the pipeline and in the vulnerability report.";
    env.rewrite(&reporting, first, "Findings show up somewhere.");
    env.edit(TOOL, first, "Findings show up where people look.");
    change_a_weight(&env);
    let before = env.sandbox.dump();
    env.apply(&["--on-conflict", "fail"]).ends_with(3).says("1 conflict, and nothing was written");
    assert_eq!(env.sandbox.dump(), before);
    env.plan(&["--on-conflict", "fail"]).ends_with(3).says("--on-conflict keep");
    env.plan(&["--on-conflict", "keep", "--show-drift"]).ends_with(0).says("0 conflicts");
    env.apply(&["--on-conflict", "spec"]).ends_with(0);
    assert!(env.item(REPORTING).description.contains("Findings show up where people look."));
    env.quiet();
}

#[test]
fn a_ticked_box_stays_ticked_when_the_file_changes_the_text() {
    let env = built();
    let handover = env.item(HANDOVER);
    let ticked = handover.description.replacen("- [ ] ", "- [x] ", 1);
    env.by_hand(HANDOVER, Edit::Description(ticked.clone()));
    let old = "Rules can be updated without a release of the analyzer";
    env.edit(TOOL, old, "Rules are updated without a release");
    env.settle();
    let boxes = |text: &str| text.matches("- [x] ").count();
    let text = env.item(HANDOVER).description;
    assert!(text.contains("Rules are updated without a release"), "{text}");
    assert_eq!(boxes(&text), boxes(&ticked), "{text}");
}

#[test]
fn a_closed_operation_ticks_its_box_and_reopening_does_not_untick_it() {
    let env = built();
    env.by_hand("package-hunter/sunset/operation/announce", Edit::Close);
    let writes = env.planned(&[]).writes();
    let texts_only =
        writes.iter().all(|write| write.starts_with("update ") && write.ends_with(": body"));
    assert!(texts_only, "{writes:#?}");
    env.settle();
    let ticked = env.sandbox.dump();
    env.by_hand("package-hunter/sunset/operation/announce", Edit::Reopen);
    assert_eq!(env.planned(&[]).writes(), Vec::<String>::new());
    env.settle();
    let boxes = |dump: &Value| dump.to_string().matches("- [x]").count();
    assert_eq!(boxes(&env.sandbox.dump()), boxes(&ticked));
}

#[test]
fn the_root_epic_gains_one_row_and_keeps_every_other_byte() {
    let env = TestEnv::package_hunter();
    let before = env.root();
    env.apply(&[]).ends_with(0);
    let after = env.root();
    let added: Vec<&str> =
        after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    let reference = env.item(INTEGRATION).reference;
    assert_eq!(added.len(), 1, "{after}");
    assert!(added[0].contains(&format!("{reference}+")), "{added:?}");
    assert!(added[0].contains(SUMMARY), "{added:?}");
    assert_eq!(after.replacen(&format!("{}\n", added[0]), "", 1), before);
    assert_eq!(env.sandbox.item(ROOT).unwrap().edits, 1);
    let table = after.split(HEADING).nth(1).unwrap().split("\n## ").next().unwrap();
    assert!(table.contains(added[0]), "in the wrong table:\n{after}");
    env.quiet();
    assert_eq!(env.root(), after);
}

#[test]
fn a_row_that_people_removed_stays_removed() {
    let env = built();
    let row = root_row(&env).remove(0);
    env.rewrite(ROOT, &format!("{row}\n"), "");
    let without = env.root();
    env.quiet();
    change_a_weight(&env);
    env.settle();
    env.edit(TOOL, SUMMARY, "Watches what dependencies do.");
    env.settle();
    assert_eq!(env.root(), without);
}

#[test]
fn write_once_cells_belong_to_people() {
    let env = built();
    env.rewrite(ROOT, "| TBD |", "| 2 |");
    env.rewrite(ROOT, "| Planning |", "| In progress, see below |");
    let kept = env.root();
    env.quiet();
    env.edit(TOOL, SUMMARY, "Watches what dependencies do.");
    let plan = env.planned(&[]);
    assert_eq!(plan.change(ROOT)["fields"].as_array().unwrap().len(), 1, "{:#}", plan.change(ROOT));
    env.settle();
    assert_eq!(env.root(), kept.replace(SUMMARY, "Watches what dependencies do."));
}

#[test]
fn an_item_the_file_no_longer_wants_is_listed_and_left_until_it_is_pruned() {
    let env = built();
    let key = "package-hunter/functionality/ruby-gems/native-extensions";
    let start = "\n  [[functionality.issue]]\n  id = \"native-extensions\"";
    let text = std::fs::read_to_string(env.folder.path().join(TOOL)).unwrap();
    let from = text.find(start).unwrap();
    let length = text[from..].find("\n[[functionality]]").unwrap();
    env.write(TOOL, &format!("{}{}", &text[..from], &text[from + length..]));
    let plan = env.planned(&[]);
    assert_eq!(plan.sum("orphan"), 1);
    assert_eq!(plan.0["tools"][0]["orphans"][0]["key"], key);
    let before = env.item(key);
    env.apply(&[]).ends_with(0).says("1 orphan").says("left alone");
    assert_eq!(env.item(key), before);
    env.quiet().says("1 orphan");
    env.apply(&["--prune"]).ends_with(0).says("1 closed");
    let after = env.item(key);
    assert_eq!(after.state, "CLOSED");
    let comments: Vec<_> = after.notes.iter().filter(|note| !note.system).collect();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.contains(TOOL), "{comments:?}");
    env.quiet().does_not_say("orphan");
    env.apply(&["--prune"]).ends_with(0).says("No changes");
    assert_eq!(env.item(key), after);
}

#[test]
fn the_brake_refuses_a_mass_rename_without_force() {
    let env = built();
    env.edit(TOOL, "name = \"Package Hunter\"", "name = \"Parcel Hunter\"");
    env.sandbox.clear_log();
    env.apply(&[]).ends_with(1).says("refused: ").says("--force");
    assert_eq!(env.mutations(), Vec::<String>::new());
    assert!(env.item(INTEGRATION).title.starts_with("Package Hunter"));
    env.apply(&["--force"]).ends_with(0);
    assert!(env.item(INTEGRATION).title.starts_with("Parcel Hunter"));
    env.quiet();
    let rows = root_row(&env);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].contains("[Parcel Hunter]("), "{rows:?}");
}

/// Puts a new version of every template over the built-in ones.
fn upgrade(env: &TestEnv) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/prodseceng");
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let name = format!("templates/prodseceng/{}", entry.file_name().to_str().unwrap());
        env.write(&name, &format!("Since the upgrade.\n\n{}", text.replace("## ", "## On ")));
    }
}

fn is_upgraded_everywhere(env: &TestEnv) {
    for item in env.sandbox.items().iter().filter(|i| i.description.contains("<!--epictree")) {
        assert!(item.description.contains("Since the upgrade."), "{item:?}");
    }
}

#[test]
fn an_upgrade_of_all_templates_pulls_the_brake_once() {
    let env = built();
    let ticked = env.item(HANDOVER).description.replacen("- [ ] ", "- [x] ", 1);
    env.by_hand(HANDOVER, Edit::Description(ticked));
    upgrade(&env);
    env.sandbox.clear_log();
    env.plan(&["--detailed-exitcode"]).ends_with(2);
    env.apply(&[]).ends_with(1).says("refused: ").says("--force");
    assert_eq!(env.mutations(), Vec::<String>::new());
    env.apply(&["--force"]).ends_with(0);
    env.plan(&["--detailed-exitcode"]).ends_with(0).says("No changes");
    env.quiet();
    is_upgraded_everywhere(&env);
    assert!(env.item(HANDOVER).description.contains("- [x] "));
}

#[test]
fn an_upgrade_over_what_people_wrote_merges_each_text_and_lists_its_conflicts() {
    let env = built();
    let reporting = env.item(REPORTING).reference;
    env.rewrite(&reporting, "## Steps\n\n", "## Steps, as Ann sees them\n\nFirst the flag.\n\n");
    let handover = env.item(HANDOVER).reference;
    env.rewrite(&handover, "## Conditions for the handover", "## What Bob wants to see first");
    env.rewrite(&handover, "## Rollout\n", "## Notes\n\nAsk again in May.\n\n## Rollout\n");
    upgrade(&env);
    let plan = env.planned(&[]);
    assert_eq!(plan.sum("conflict"), 1);
    assert_eq!(plan.change(HANDOVER)["conflicts"][0]["name"], "body");
    env.apply(&["--force"]).ends_with(3).says("What Bob wants to see first");
    is_upgraded_everywhere(&env);
    let text = env.item(REPORTING).description;
    assert!(text.contains("## On Steps, as Ann sees them\n\nFirst the flag.\n"), "{text}");
    let text = env.item(HANDOVER).description;
    assert!(text.contains("## What Bob wants to see first\n"), "{text}");
    assert!(text.contains("## Notes\n\nAsk again in May.\n\n## On Rollout\n"), "{text}");
    env.sandbox.clear_log();
    env.apply(&[]).ends_with(3);
    assert_eq!(env.mutations(), Vec::<String>::new());
    env.apply(&["--on-conflict", "keep"]).ends_with(0).says("1 recorded");
    env.quiet();
}

#[test]
fn an_item_made_by_hand_is_adopted_only_when_asked() {
    let env = built();
    let title = "Keep results for a day";
    let results = env.item(RESULTS).reference;
    let issue = env.create("gitlab-org/gitlab", 1, title, Some(&results));
    env.sandbox.edit(COLLEAGUE, &issue, Edit::Description("What people wrote.".into())).unwrap();
    env.edit(
        TOOL,
        "\n[[functionality]]\nid = \"npm-packages\"",
        &format!("\n[[functionality.issue]]\nid = \"keep\"\ntitle = \"{title}\"\n\n[[functionality]]\nid = \"npm-packages\""),
    );
    let key = "package-hunter/functionality/results/keep";
    let items = env.sandbox.items().len();
    env.plan(&[]).ends_with(3);
    env.apply(&[]).ends_with(3).says("--adopt");
    assert_eq!(env.sandbox.items().len(), items);
    assert_eq!(env.all(key), Vec::new());
    assert_eq!(env.sandbox.item(&issue).unwrap().description, "What people wrote.");
    env.apply(&["--adopt"]).ends_with(3).says("1 adopted");
    let adopted = env.item(key);
    assert_eq!(adopted.reference, issue);
    assert_eq!(env.sandbox.items().len(), items);
    assert!(adopted.description.starts_with("What people wrote."), "{}", adopted.description);
    assert!(adopted.labels.iter().any(|label| label == TEAM), "{adopted:?}");
    env.sandbox.clear_log();
    // Its text is an open conflict, which stays until somebody settles it.
    env.apply(&[]).ends_with(3);
    assert_eq!(env.mutations(), Vec::<String>::new());
}

#[test]
fn a_functionality_that_comes_later_lands_next_to_its_neighbour() {
    let env = built();
    env.edit(
        TOOL,
        "\n[[functionality]]\nid = \"npm-packages\"",
        "\n[[functionality]]\nid = \"retention\"\nname = \"Retention of results\"\n\n[[functionality]]\nid = \"npm-packages\"",
    );
    let writes = env.planned(&[]).writes();
    let creates = writes.iter().filter(|write| write.starts_with("create ")).count();
    assert_eq!(creates, 2, "{writes:#?}");
    env.settle();
    assert_order(&env);
    let children = env.item(INTEGRATION).children;
    let at =
        |key: &str| children.iter().position(|child| *child == env.item(key).reference).unwrap();
    assert_eq!(at("package-hunter/functionality/retention"), at(RESULTS) + 1);
}

#[test]
fn work_that_exists_gets_a_parent_and_labels_and_keeps_its_text() {
    let env = TestEnv::package_hunter();
    let before = env.sandbox.item(EXISTING).unwrap();
    env.apply(&[]).ends_with(0);
    let after = env.sandbox.item(EXISTING).unwrap();
    assert_eq!(after.parent, Some(env.item("package-hunter/functionality/submission").reference));
    assert_eq!(after.labels, [TEAM]);
    assert_eq!((&after.title, &after.description), (&before.title, &before.description));
    assert_eq!(after.edits, 0);
}

#[test]
fn two_tools_share_a_run_and_one_write_of_their_table() {
    let env = TestEnv::with("package-hunter", &seed());
    env.write(
        "second.toml",
        "schema = 1\n\n[tool]\nid = \"second\"\nname = \"Second Tool\"\nsummary = \"Does another thing.\"\n\
         design-doc = { waive = \"small\" }\n\n[[functionality]]\nid = \"one\"\nname = \"One thing\"\n\n\
         [[functionality]]\nid = \"two\"\nname = \"Another thing\"\n\n[[functionality]]\nid = \"three\"\nname = \"A third thing\"\n",
    );
    let before = env.root();
    env.apply(&[]).ends_with(0);
    let root = env.sandbox.item(ROOT).unwrap();
    assert_eq!(root.edits, 1, "the table is written once");
    let text = root.description;
    for key in [INTEGRATION, "second/integration"] {
        let reference = env.item(key).reference;
        assert_eq!(text.matches(&format!("{reference}+")).count(), 1, "{text}");
    }
    assert_eq!(text.lines().count(), before.lines().count() + 2);
    assert_eq!(root.children.len(), 2);
    env.quiet();
    env.edit("second.toml", "Does another thing.", "Does one more thing.");
    let writes = env.planned(&[]).writes();
    assert!(
        writes.iter().all(|write| write.contains(" second/") || write.contains(ROOT)),
        "{writes:#?}"
    );
    env.settle();
}

#[test]
fn one_tool_of_two_can_be_applied_alone() {
    let env = built();
    env.write("second.toml", "schema = 1\n\n[tool]\nid = \"second\"\nname = \"Second Tool\"\nsummary = \"Does another thing.\"\npath = \"sunset\"\n");
    let items = env.sandbox.items().len();
    env.apply(&[TOOL]).ends_with(0).says("No changes");
    assert_eq!(env.sandbox.items().len(), items);
}
