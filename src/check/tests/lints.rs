//! Each lint of the engine and of `prodseceng`: it warns, it keeps quiet, it is waived.

use super::super::*;
use super::support::{Case, messages};

const WORKSPACE: &str = "schema = 1\nid = 'w'\nblueprint = 'prodseceng'\n[places]\nroot = 'g&1'\nepics = 'g/e'\nsunset = 'g/s'\nissues = 'g/p'\n[owners]\nfile = 'owners.toml'\n";
const OWNERS: &str = "[groups.'group::one']\npm = ['@pm']\nem = ['@em']\n[groups.'group::none']\n[groups.'group::half']\npm = ['@pm']\n";
const TOOL: &str = "schema = 1\n[tool]\nid = 'hunter'\nname = 'Hunter'\nsummary = 'Hunts.'\n";
const TWO: &str = "[[functionality]]\nid = 'one'\nname = 'Scanning'\n[[functionality]]\nid = 'two'\nname = 'Reporting'\n";

/// A tool file, and all that is said about it; every warning has a place and a next step.
fn said(blueprints: &[(&str, &str)], tool: &str) -> Vec<String> {
    let mut assets = Assets::embedded();
    let mut workspace = WORKSPACE.to_owned();
    for (name, text) in blueprints {
        assets.insert(format!("blueprints/{name}.toml"), *text);
        workspace = workspace.replace("'prodseceng'", &format!("'{name}'"));
    }
    let files = Files {
        workspace: ("epictree.toml".into(), workspace.into_bytes()),
        owners: Some(("owners.toml".into(), OWNERS.into())),
        assets,
        tools: vec![("t.toml".into(), tool.as_bytes().to_vec())],
        ..Files::default()
    };
    let loaded = super::super::workspace(&files, Problems::default());
    let all = loaded.problems.sorted();
    assert!(!loaded.problems.has_errors(), "{tool}\n{all:#?}");
    assert!(all.iter().all(|p| p.span.is_some() && p.hint.is_some()), "{all:#?}");
    messages(&loaded)
}

/// What of a tool file (after its `[tool]`) warns, what mends it, and the warning.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn all(rows: &[Row], blueprints: &[(&str, &str)]) {
    for (lint, text, bad, good, wanted) in rows {
        assert!(text.contains(bad), "{lint}");
        let tool = format!("{TOOL}{text}");
        assert_eq!(said(blueprints, &tool), [format!("t.toml:{wanted}")], "{lint}");
        let mended = tool.replacen(bad, good, 1);
        assert_eq!(said(blueprints, &mended), [""; 0], "{lint}");
        let waived = format!("{tool}[waive]\n{lint} = 'a reason'\n");
        assert_eq!(said(blueprints, &waived), [""; 0], "{lint}");
    }
}

fn with_two(text: &str) -> &'static str {
    format!("{TWO}{text}").leak()
}

#[test]
fn the_process_advises_on_functionality() {
    all(
        &[
            (
                "functionality-component",
                with_two("[[functionality]]\nid = 'three'\nname = 'Database of findings'\n"),
                "Database of",
                "Search in a database of",
                "14: `Database of findings` reads like a component, not like something the tool does",
            ),
            (
                "functionality-single",
                "[[functionality]]\nid = 'one'\nname = 'Scanning'\n#\n",
                "#",
                "[[functionality]]\nid = 'two'\nname = 'Reporting'",
                "7: the tool has one functionality only",
            ),
            (
                "functionality-single",
                "[[functionality]]\nid = 'one'\nname = 'Scanning'\n",
                "[[functionality]]",
                "path = 'sunset'\n[[functionality]]",
                "7: the tool has one functionality only",
            ),
            (
                "drop-because",
                with_two("gap = 'drop'\n"),
                "gap = 'drop'",
                "gap = 'drop'\nbecause = 'nobody used it'",
                "12: `Reporting` is dropped without a reason",
            ),
            (
                "component-unused",
                with_two("components = []\n[[component]]\nid = 'db'\nname = 'Database'\n"),
                "components = []",
                "components = ['db']",
                "14: no functionality uses the component `db`",
            ),
        ],
        &[],
    );
}

#[test]
fn the_process_advises_on_owners_that_are_to_be_asked() {
    let text = with_two("group = 'group::half'\n[handover]\nask = true\n");
    let wanted = "12: group::half is to be asked, and no engineering manager of it is known";
    all(
        &[
            ("handover-owner", text, "group::half", "group::one", wanted),
            ("handover-owner", text, "ask = true", "ask = false", wanted),
            (
                "handover-owner",
                with_two("group = 'group::none'\n[handover]\nask = true\n"),
                "ask = true",
                "skip = 'it stays'",
                "12: group::none is to be asked, and no product manager or engineering manager of it is known",
            ),
        ],
        &[],
    );
}

#[test]
fn only_issues_that_claim_to_be_ready_are_looked_at() {
    let issue = |rest: &str| {
        with_two(&format!("[[functionality.issue]]\nid = 'a'\ntitle = 'Do a'\n{rest}"))
    };
    let planned = issue("milestone = '18.7'\n");
    let wanted = "13: `Do a` is planned or called ready, and lacks `weight` `acceptance`";
    let ready = "weight = 2\nacceptance = ['it works']";
    all(
        &[
            ("issue-unready", planned, "milestone = '18.7'", "", wanted),
            ("issue-unready", planned, "milestone = '18.7'", ready, wanted),
            ("issue-unready", planned, "title = 'Do a'", "item = 'g/p#3'", wanted),
            (
                "issue-unready",
                issue(
                    "labels = ['workflow::ready for development']\nweight = 3\nacceptance = ['x']\n",
                ),
                "weight = 3",
                "weight = 3\nrisks = ['none known']",
                "13: `Do a` is planned or called ready, and lacks `risks`",
            ),
            (
                "component-issue-unready",
                with_two(
                    "components = ['c']\n[[component]]\nid = 'c'\nname = 'C'\n[[component.issue]]\nid = 'a'\ntitle = 'A'\nmilestone = '1'\n",
                ),
                "milestone = '1'",
                ready,
                "17: `A` is planned or called ready, and lacks `weight` `acceptance`",
            ),
        ],
        &[],
    );
}

#[test]
fn internal_addresses_in_public_texts_are_named_where_they_stand() {
    let text = |url: &str| -> &'static str {
        format!("public = true\ncontext = '''\nAs\nin {url}.'''\n{TWO}").leak()
    };
    let row = |url: &'static str, host: &str| -> Row {
        let wanted = format!("7: {host} is internal, and the tool's texts are public").leak();
        ("public-internal-url", text(url), url, "https://docs.gitlab.com", wanted)
    };
    all(
        &[
            row("https://internal.gitlab.com/handbook", "internal.gitlab.com"),
            row("https://api.live.gitlab.net/x", "api.live.gitlab.net"),
            row("http://10.1.2.3:8080", "10.1.2.3"),
            row("[x](https://wiki.corp/a)", "wiki.corp"),
            (
                "public-internal-url",
                text("https://wiki/x"),
                "public = true",
                "public = false",
                "7: wiki is internal, and the tool's texts are public",
            ),
        ],
        &[],
    );
}

#[test]
fn a_process_without_a_sunset_issue_for_each_functionality_is_warned_of() {
    let child = "schema = 1\nname = 'child'\nextends = 'prodseceng'\n[[node]]\nkey = 'sunset/functionality/{{ each.id }}'\nskip = true\n";
    let tool = format!("{TOOL}{TWO}[waive]\nfunctionality-sunset = 'one issue for all'\n");
    assert_eq!(said(&[("child", child)], &tool), [""; 0]);
    let found = said(&[("child", child)], &format!("{TOOL}{TWO}"));
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        "t.toml:7: no sunsetting issue says when users can do `Scanning` without the tool"
    );
    assert_eq!(said(&[], &format!("{TOOL}{TWO}")), [""; 0]);
}

#[test]
fn the_engine_advises_on_labels_weights_and_confidential_names() {
    all(
        &[
            (
                "label-near",
                with_two(
                    "[[functionality.issue]]\nid = 'a'\ntitle = 'Do a'\nlabels = ['ProdSecEngMetrics::Pending']\n",
                ),
                "Metrics",
                "Metric",
                "15: label `ProdSecEngMetrics::Pending` is nearly `ProdSecEngMetric::Pending`",
            ),
            (
                "label-near",
                with_two("labels = ['Workflow:validation backlog']\n"),
                "Workflow:",
                "workflow::",
                "12: label `Workflow:validation backlog` is nearly `workflow::validation backlog`",
            ),
            (
                "weight-large",
                with_two("[[functionality.issue]]\nid = 'a'\ntitle = 'Do a'\nweight = 13\n"),
                "13",
                "5",
                "15: weight 13 is above the blueprint's scale",
            ),
            (
                "confidential-named",
                with_two("confidential = true\n"),
                "confidential = true",
                "confidential = false",
                "11: `Reporting` is confidential, but stands in the text of sunset and 1 more, which everybody may read",
            ),
            (
                "confidential-named",
                format!("#\n{TWO}confidential = true\n").leak(),
                "#",
                "confidential = true",
                "12: `Reporting` is confidential, but stands in the text of sunset and 1 more, which everybody may read",
            ),
            (
                "group-unknown",
                with_two("group = 'group::oen'\n"),
                "group::oen",
                "group::one",
                "12: group `group::oen` is not in owners.toml",
            ),
        ],
        &[],
    );
}

#[test]
fn a_label_of_the_file_takes_the_place_of_one_set_at_creation() {
    let mut case = Case::default();
    case.tool = case.tool.replace("priority = 1", "labels = ['flow::done']");
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let labels = &loaded.trees[0].nodes[1].labels;
    assert_eq!((labels.shared.join(" "), labels.once.len()), ("group::one flow::done".into(), 0));
}

#[test]
fn a_large_weight_is_still_set() {
    let mut case = Case::default();
    case.tool = case.tool.replace("weight = 2", "weight = 8");
    let loaded = case.load();
    assert_eq!(
        messages(&loaded),
        ["tools/hunter.toml:14: weight 8 is above the blueprint's scale"]
    );
    assert_eq!(loaded.trees[0].nodes[2].weight, Some(8));
}

// -- the grammar ----------------------------------------------------------------------------------

const LINT: &str = "[[lint]]\nid = 'own'\nfor-each = 'part'\nat = 'gap'\nwhen = \"each.gap == 'drop'\"\nmessage = '{{ each.name }} goes'\nhint = 'keep {{ each.id }}'\n";

fn case(lint: &str) -> Case {
    let mut case = Case::default();
    case.blueprint += lint;
    case
}

#[test]
fn a_blueprint_advises_where_its_condition_holds() {
    let loaded = case(LINT).load();
    assert_eq!(messages(&loaded), ["tools/hunter.toml:22: Two goes"]);
    let problem = loaded.problems.sorted()[0].clone();
    assert_eq!(
        problem.hint.as_deref(),
        Some("keep two, or waive it under [waive]: own = \"reason\"")
    );
    assert_eq!(problem.severity, Severity::Warning);
    let mut case = case(LINT);
    case.tool += "[waive]\nown = 'it is time'\n";
    assert_eq!(messages(&case.load()), [""; 0]);
}

#[test]
fn a_lint_is_for_the_tool_a_list_a_pair_a_group_or_an_address() {
    let rows = [
        ("", "when = 'tool.id'\nmessage = 'm'", "tools/hunter.toml:3: m"),
        ("at = 'summary'\n", "when = 'tool.id'\nmessage = 'm'", "tools/hunter.toml:5: m"),
        (
            "for-each = 'part.issue'\nat = 'weight'\n",
            "when = \"outer.id == 'one' and each.weight\"\nmessage = '{{ outer.id }}'",
            "tools/hunter.toml:14: one",
        ),
        (
            "for-each = ['requirement', 'part']\n",
            "when = \"outer.id == 'docs' and each.id == 'two'\"\nmessage = '{{ outer.name }}'",
            "tools/hunter.toml:20: Docs",
        ),
        (
            "for-each = 'groups'\n",
            "when = 'not each.em'\nmessage = '{{ each.label }}'",
            "tools/hunter.toml:9: group::one",
        ),
        (
            "for-each = 'requirement'\n",
            "when = \"has(key='sunset/' ~ each.id)\"\nmessage = '{{ each.name }}'",
            "tools/hunter.toml:3: Docs",
        ),
    ];
    for (head, body, wanted) in rows {
        let lint = format!("[[lint]]\nid = 'own'\n{head}{body}\nhint = 'h'\n");
        assert_eq!(messages(&case(&lint).load()), [wanted], "{lint}");
    }
}

#[test]
fn a_child_changes_and_skips_lints_by_id() {
    let child = "schema = 1\nname = 'child'\nextends = 'base'\n[[lint]]\nid = 'own'\n";
    for (change, wanted) in
        [("message = 'mine'\n", vec!["tools/hunter.toml:22: mine"]), ("skip = true\n", vec![])]
    {
        let mut case = case(LINT);
        case.workspace = case.workspace.replace("\"base\"", "\"child\"");
        case.assets.push(("blueprints/child.toml".into(), format!("{child}{change}")));
        assert_eq!(messages(&case.load()), wanted);
    }
}

#[test]
fn mistakes_in_a_lint_are_named() {
    let cases = [
        ("id = 'own'\n", "", "[[lint]] has no `id`"),
        ("id = 'own'", "id = 'weight-large'", "there is another lint `weight-large`"),
        ("message = '{{ each.name }} goes'\n", "", "[[lint]] has no `message`"),
        ("hint = 'keep {{ each.id }}'\n", "", "[[lint]] has no `hint`"),
        ("when = \"each.gap == 'drop'\"\n", "", "[[lint]] has no `when`"),
        ("each.gap ==", "each.gpa ==", "`each` has no field `gpa`"),
        ("each.name", "each.nmae", "`each` has no field `nmae`"),
        ("'part'", "'prat'", "there is no list `prat`"),
        ("at = 'gap'", "at = 'gpa'", "`at` names `gpa`, which is no field here"),
        ("at = 'gap'", "att = 'gap'", "unknown key `att` in [[lint]]"),
        ("'{{ each.name }} goes'", "\"{{ ref(key='top') }}\"", "advice has no slots"),
        ("each.gap == 'drop'", "each.gap | nofilter", "nofilter"),
    ];
    for (from, to, wanted) in cases {
        assert!(LINT.contains(from), "{from}");
        let loaded = case(&LINT.replacen(from, to, 1)).load();
        let found = messages(&loaded);
        let hit = |m: &String| m.starts_with("blueprints/base.toml:") && m.contains(wanted);
        assert!(found.iter().any(hit), "{from:?} -> {to:?}\nwanted {wanted}\ngot {found:#?}");
        assert!(loaded.problems.sorted().iter().all(|p| p.hint.is_some()));
    }
}

#[test]
fn a_label_of_a_blueprint_is_held_against_its_own_rules() {
    let mut case = Case::default();
    case.blueprint = case.blueprint.replace("labels = [\"made\",", "labels = [\"Made\",");
    let loaded = case.load();
    assert_eq!(messages(&loaded), ["blueprints/base.toml:36: label `Made` is nearly `made`"]);
    case.tool += "[waive]\nlabel-near = 'both exist'\n";
    assert_eq!(messages(&case.load()), [""; 0]);
}

#[test]
fn no_cut_of_a_lint_panics() {
    for cut in 0..LINT.len() {
        let _ = case(&LINT[..cut]).load();
    }
}

#[test]
fn a_waiver_names_a_lint_and_gives_a_reason() {
    let waived = |line: &str| {
        let mut case = case(LINT);
        case.tool += &format!("[waive]\n{line}\n");
        case.load()
    };
    let loaded = waived("weight-lrge = 'x'");
    let wanted = "tools/hunter.toml:27: there is no lint `weight-lrge` to waive".to_owned();
    assert!(messages(&loaded).contains(&wanted));
    let all = loaded.problems.sorted();
    assert!(all.iter().any(|p| p.patch.as_deref() == Some("weight-large")));
    assert!(loaded.problems.has_errors());
    for reason in ["''", "'  '", "true"] {
        assert!(waived(&format!("own = {reason}")).problems.has_errors(), "{reason}");
    }
}
