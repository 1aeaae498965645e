//! The thirty demands of the process that `prodseceng` carries, on the example of Package Hunter.

use epictree::sandbox::{Edit, ItemView, Seed};

use crate::env::{EXISTING, HEADING, ROOT, TestEnv, seed};

const TOOL: &str = "package-hunter.toml";
const TEAM: &str = "team::Product Security Engineering";
const INTEGRATION_LABEL: &str = "ProdSecEngMetric::Tooling Integration";
const PEOPLE: [&str; 6] = [
    "pm-composition-analysis",
    "em-composition-analysis",
    "pm-vulnerability-management",
    "em-vulnerability-management-be",
    "em-vulnerability-management-fe",
    "em-new",
];

fn staffed() -> Seed {
    let mut seed = seed();
    seed.users.extend(PEOPLE.map(str::to_owned));
    seed
}

/// A tree that stands, owners asked.
fn asked() -> TestEnv {
    let env = TestEnv::with("package-hunter", &staffed());
    env.edit(TOOL, "# ask = true ", "ask = true ");
    env.apply(&[]).ends_with(0);
    env
}

fn item(env: &TestEnv, local: &str) -> ItemView {
    env.item(&format!("package-hunter/{local}"))
}

fn below<'a>(items: &'a [ItemView], parent: &ItemView) -> Vec<&'a ItemView> {
    items.iter().filter(|item| item.parent.as_ref() == Some(&parent.reference)).collect()
}

fn has(item: &ItemView, label: &str) -> bool {
    item.labels.iter().any(|other| other == label)
}

fn says(item: &ItemView, words: &[&str]) {
    for word in words {
        assert!(item.description.contains(word), "{word:?} is not in {}", item.description);
    }
}

fn comments(item: &ItemView) -> Vec<&str> {
    item.notes.iter().filter(|note| !note.system).map(|note| note.body.as_str()).collect()
}

#[test]
fn the_tool_has_an_epic_below_the_root_a_row_and_a_start() {
    let env = asked();
    let integration = item(&env, "integration");
    // 1, 3: below the root epic.
    assert_eq!(integration.parent.as_deref(), Some(ROOT));
    // 2: one row in the right table, which a second run does not add to.
    let root = env.root();
    let table = root.split(HEADING).nth(1).unwrap().split("\n## ").next().unwrap();
    assert_eq!(table.matches(&format!("{}+", integration.reference)).count(), 1);
    // 14, 16, 28: a first guess with reasons, functionality apart from components, value.
    says(
        &integration,
        &["## Where to start\n\n1. ", "## Functionality\n", "## Components\n", "| Value |"],
    );
    // 17, 26: best effort, each artefact where its stakeholders work.
    assert!(integration.reference.starts_with("gitlab-com/gl-security/product-security&"));
    assert!(
        item(&env, "functionality/submission/job-input")
            .reference
            .starts_with("gitlab-org/gitlab#")
    );
    env.quiet();
}

#[test]
fn each_piece_has_an_epic_with_its_label_and_all_its_work_below() {
    let env = asked();
    let items = env.sandbox.items();
    let integration = item(&env, "integration");
    let pieces: Vec<&ItemView> = below(&items, &integration)
        .into_iter()
        .filter(|item| {
            item.title.contains(" Functionality - ") || item.title.contains(" Component - ")
        })
        .collect();
    // 4, 5: one epic a functionality, and for a component that deserves one.
    assert!(pieces.len() > 8 && pieces.iter().any(|piece| piece.title.contains(" Component - ")));
    for piece in &pieces {
        // 7, 18: the metric and the team label, enforced.
        assert!(has(piece, INTEGRATION_LABEL) && has(piece, TEAM), "{piece:?}");
        // 6: what is left to do stands in it.
        assert!(piece.description.contains("- [ ] ") || !piece.children.is_empty(), "{piece:?}");
    }
    let submission = item(&env, "functionality/submission");
    // 15, 20, 22, 23, 24: issues with weight, workflow, metric or Pending, and priority.
    let work = item(&env, "functionality/submission/job-input");
    assert_eq!((work.parent.as_ref(), work.weight), (Some(&submission.reference), Some(3)));
    assert!(has(&work, "workflow::validation backlog") && has(&work, INTEGRATION_LABEL));
    assert!(
        has(&submission, "ProdSecEngPriority::2")
            && has(&submission, "group::composition analysis")
    );
    let metric = |item: &&ItemView| item.labels.iter().any(|l| l.starts_with("ProdSecEngMetric::"));
    let issues: Vec<&ItemView> = items
        .iter()
        .filter(|i| i.reference.starts_with("gitlab-org/gitlab#") && i.reference != EXISTING)
        .collect();
    assert!(!issues.is_empty() && issues.iter().all(metric), "{issues:#?}");
    // 21: see `drops.rs`. 27: issues of the team's own project come from the blueprint's templates.
    assert_eq!(env.sandbox.item(EXISTING).unwrap().parent, Some(submission.reference));
}

#[test]
fn owners_are_asked_once_in_the_handover_epic_and_nowhere_else() {
    let env = asked();
    let handover = item(&env, "handover");
    // 8: below the integration epic.
    assert_eq!(handover.parent, Some(item(&env, "integration").reference));
    // 9: owners, conditions, flags, rollout in one text.
    says(
        &handover,
        &["## Ownership", "Feature flag", "## Questions", "## Conditions", "## Rollout"],
    );
    // 19: by `group::` label; mentioned in the questions, nowhere else, once.
    let threads = comments(&handover);
    assert_eq!(threads.len(), 2, "{threads:#?}");
    assert!(threads[0].starts_with("@pm-composition-analysis @em-composition-analysis: "));
    for item in env.sandbox.items() {
        let told: Vec<&String> = item
            .notified
            .iter()
            .map(|n| &n.user)
            .filter(|u| PEOPLE.contains(&u.as_str()))
            .collect();
        assert!(
            told.is_empty() || item.reference == handover.reference,
            "{told:?} by {}",
            item.reference
        );
    }
    env.quiet();
}

#[test]
fn the_end_of_the_tool_is_a_roadmap_with_an_issue_for_each_requirement() {
    let env = asked();
    let items = env.sandbox.items();
    let roadmap = item(&env, "sunset");
    // 10: phases that say when they are complete.
    assert!(roadmap.description.matches("This phase is complete when ").count() > 8);
    // 11, 12: sunsetting issues of the team's project, labelled, ticked in the roadmap once closed.
    let issues = below(&items, &roadmap);
    assert!(issues.len() > 12, "{}", issues.len());
    for issue in &issues {
        assert!(issue.reference.contains("/product-security-engineering-team#"), "{issue:?}");
        assert!(has(issue, "ProdSecEngMetric::Sunsetting"), "{issue:?}");
        // A requirement of its own is ticked in its operation, all others in the roadmap.
        let named = format!("{}+", issue.reference);
        let ticks = |other: &ItemView| {
            other.description.lines().any(|l| l.contains("[ ]") && l.contains(&named))
        };
        assert!(ticks(&roadmap) || issues.iter().any(|other| ticks(other)), "{named}");
    }
    // 13: an issue asks for the design document, and a command writes its skeleton.
    assert!(item(&env, "design-document").title.contains("design document"));
    env.run(&["new", "--design-doc", "M"]).ends_with(0);
    assert!(env.folder.path().join("design-documents/package-hunter/_index.md").is_file());
}

#[test]
fn a_run_after_many_changes_makes_exactly_those_and_tells_only_who_is_new() {
    let env = asked();
    let before = comments(&item(&env, "handover")).len();
    env.edit(
        TOOL,
        "\n[[functionality]]\nid = \"npm-packages\"",
        "\n[[functionality]]\nid = \"retention\"\nname = \"Retention of results\"\ngroup = \"group::composition analysis\"\n\n\
         [[functionality]]\nid = \"npm-packages\"",
    );
    env.edit(
        TOOL,
        "id = \"ruby-gems\"\n",
        "id = \"ruby-gems\"\nbecause = \"nobody asks for it\"\n",
    );
    let text = std::fs::read_to_string(env.folder.path().join(TOOL)).unwrap();
    let at = text.find("id = \"ruby-gems\"").unwrap();
    let gap = at + text[at..].find("gap = \"").unwrap();
    let end = gap + text[gap..].find('\n').unwrap();
    env.write(TOOL, &format!("{}gap = \"drop\"{}", &text[..gap], &text[end..]));
    env.edit(
        "owners.toml",
        "em = [\"@em-composition-analysis\"]",
        "em = [\"@em-composition-analysis\", \"@em-new\"]",
    );
    let results = "target = \"report artifacts\"\ngroup = \"group::composition analysis\"";
    env.edit(TOOL, results, &results.replace("composition analysis", "vulnerability management"));
    let plan = env.planned(&[]);
    let creates: Vec<String> =
        plan.writes().into_iter().filter(|w| w.starts_with("create")).collect();
    assert_eq!(creates.len(), 2, "an epic and its sunsetting issue: {creates:#?}");
    let told: Vec<String> = plan.0["tools"][0]["notifies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert!(told.contains(&"em-new".to_owned()), "{told:?}");
    assert!(!told.contains(&"pm-composition-analysis".to_owned()), "{told:?}");
    env.settle();
    let dropped = item(&env, "functionality/ruby-gems");
    assert_eq!((dropped.state.as_str(), has(&dropped, TEAM)), ("OPEN", false));
    assert!(comments(&dropped)[0].contains("nobody asks for it"));
    let handover = item(&env, "handover");
    let news = &comments(&handover)[before..];
    assert_eq!(news.len(), 2, "{news:#?}");
    let (told, quiet): (Vec<&str>, Vec<&str>) = news.iter().partition(|text| text.contains('@'));
    assert!(
        matches!(told[..], [one] if one.contains("@em-new") && !one.contains("@pm-")),
        "{told:#?}"
    );
    let results = item(&env, "functionality/results");
    assert!(matches!(quiet[..], [one] if one.contains(&results.reference)), "{quiet:#?}");
    assert!(has(&results, "group::vulnerability management"));
    assert!(!has(&results, "group::composition analysis"));
}

#[test]
fn the_status_has_the_key_figure_and_whether_application_security_has_work_in_flight() {
    let env = asked();
    let url = env.url();
    let status = || env.run(&["status", "--url", &url]).ends_with(0);
    // 25: one piece at any time, and a label for what is stuck. 28: value propositions of all.
    status().says("0 of 4 done, 2 blocked").says("AppSec in flight: 0, and at least 1 shall be");
    let install = "package-hunter/functionality/isolated-install";
    env.by_hand(install, Edit::Label("workflow::blocked".into()));
    status().says("0 of 8 done, 7 blocked");
    env.by_hand(install, Edit::Close);
    let severity = "package-hunter/functionality/reporting/severity";
    env.by_hand(severity, Edit::Label("workflow::in dev".into()));
    status().says("1 of 4 done").does_not_say("at least 1 shall be");
}
