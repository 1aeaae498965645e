//! `[[measure]]`: what it counts of a tool's tree, and what is wrong with it.

use super::support::{BLUEPRINT, Case, messages};
use crate::tree::{DesiredMeasure, InFlight};

const MEASURES: &str = r#"
[[measure]]
id = "parts"
title = "Parts"
for-each = "part"
node = "part/{{ each.id }}"
when = "each.gap != 'drop'"
by = "gap"
blocked = ["flow::stuck"]
next = true
[[measure]]
id = "issues"
title = "Issues"
for-each = "part.issue"
node = "part/{{ outer.id }}/{{ each.id }}"
when = "outer.gap != 'drop'"
dropped = "each.weight"
[[measure]]
id = "all"
title = "All"
below = "top"
when = "tool.path == 'integrate'"
boxes = true
date = "{% if tool.path == 'integrate' %}2027-06-30{% endif %}"
in-flight = ["flow::new"]
at-least = 2
[[measure]]
id = "none"
title = "Nothing"
below = "top"
when = "tool.path == 'sunset'"
"#;

fn case() -> Case {
    let mut case = Case::default();
    case.blueprint += MEASURES;
    case
}

fn measures(case: &Case) -> Vec<DesiredMeasure> {
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    loaded.trees[0].measures.clone()
}

fn keys(measure: &DesiredMeasure) -> Vec<&str> {
    measure.parts.iter().map(|part| part.key.local()).collect()
}

#[test]
fn a_measure_counts_a_node_of_each_entry_or_all_below_one() {
    let measures = measures(&case());
    let ids: Vec<&str> = measures.iter().map(|measure| measure.id.as_str()).collect();
    assert_eq!(ids, ["parts", "issues", "all"], "one that counts nothing is left out");
    assert_eq!(keys(&measures[0]), ["part/one"]);
    assert_eq!(measures[0].parts[0].word.as_deref(), Some("unknown"));
    let by = measures[0].by.as_ref().unwrap();
    assert_eq!((by.field.as_str(), by.words.join(" ")), ("gap", "unknown exists drop".into()));
    assert_eq!(measures[0].blocked, ["flow::stuck"]);
    assert_eq!(keys(&measures[1]), ["part/one/a", "part/one/b"]);
    assert_eq!(measures[1].parts.iter().map(|p| p.dropped).collect::<Vec<_>>(), [true, false]);
    assert_eq!(keys(&measures[2]), ["part/one", "part/one/a", "part/one/b", "sunset/docs"]);
    assert_eq!(measures[2].date.map(|day| day.to_string()).as_deref(), Some("2027-06-30"));
    assert_eq!(measures[2].in_flight, Some(InFlight::Labels(vec!["flow::new".into()])));
    assert_eq!((measures[2].at_least, measures[2].boxes), (Some(2), true));
}

#[test]
fn a_blueprint_that_extends_changes_a_measure_or_takes_it_out() {
    let mut case = case();
    let own = "schema = 1\nname = 'own'\nextends = 'base'\n[relabel]\n'flow::new' = 'flow::fresh'\n[[measure]]\nid = 'parts'\nskip = true\n[[measure]]\nid = 'issues'\ntitle = 'Work'\n[[measure]]\nid = 'fresh'\ntitle = 'New'\nbelow = 'top'\nin-flight = true\n";
    case.assets.push(("blueprints/own.toml".into(), own.into()));
    case.workspace = case.workspace.replace("\"base\"", "\"own\"");
    let measures = measures(&case);
    let shown: Vec<_> = measures.iter().map(|m| (m.id.as_str(), m.title.as_str())).collect();
    assert_eq!(shown, [("issues", "Work"), ("all", "All"), ("fresh", "New")]);
    assert_eq!(measures[1].in_flight, Some(InFlight::Labels(vec!["flow::fresh".into()])));
    assert_eq!(measures[2].in_flight, Some(InFlight::Assigned));
}

#[test]
fn what_is_wrong_with_a_measure_is_said_with_its_place() {
    let line = BLUEPRINT.matches('\n').count() + 2;
    for (text, wanted) in [
        ("title = 'A'\nbelow = 'top'", "[[measure]] has no `id`"),
        ("id = 'a'\nbelow = 'top'", "[[measure]] has no `title`"),
        ("id = 'a'\ntitle = 'A'", "the measure `a` counts nothing"),
        ("id = 'a'\ntitle = 'A'\nnode = 'top'\nbelow = 'top'", "`node` or `below`, not both"),
        ("id = 'a'\ntitle = 'A'\nbelow = 'topp'", "there is no node `topp` to measure"),
        ("id = 'a'\ntitle = 'A'\nfor-each = 'prat'\nnode = 'top'", "there is no list `prat`"),
        (
            "id = 'a'\ntitle = 'A'\nfor-each = 'part'\nbelow = 'top'",
            "`below = \"top\"` counts items",
        ),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nby = 'gap'", "`by` is about the entries of a list"),
        ("id = 'a'\ntitle = 'A'\nnode = 'top'\ndropped = 'true'", "`dropped` is about the entries"),
        (
            "id = 'a'\ntitle = 'A'\nfor-each = 'part'\nnode = 'top'\nby = 'value'",
            "`by` names `value`, which is no `one-of` field here",
        ),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nat-least = 1", "`at-least` counts work in flight"),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nin-flight = false", "`in-flight` must be"),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nin-flight = []", "`in-flight` must be"),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nwhen = 'tool.pth'", "pth"),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\ndate = 'soon'", "`soon` is not a day"),
        (
            "id = 'a'\ntitle = 'A'\nfor-each = 'part'\nnode = 'part/{{ each.id }}'",
            "counts the node `part/two`, which this tool does not have",
        ),
        ("id = 'a'\ntitle = 'A'\nbelow = 'top'\nbox = true", "`box`"),
        (
            "id = 'a'\ntitle = 'A'\nbelow = 'top'\n[[measure]]\nid = 'a'\ntitle = 'B'\nbelow = 'top'",
            "there is another measure `a`",
        ),
    ] {
        let mut case = Case::default();
        case.blueprint += &format!("[[measure]]\n{text}\n");
        let loaded = case.load();
        let said = messages(&loaded);
        let found = said.iter().find(|message| message.contains(wanted));
        let found = found.unwrap_or_else(|| panic!("{wanted:?} is not in {said:#?}"));
        let at = found.split(':').nth(1).and_then(|at| at.parse::<usize>().ok()).unwrap();
        assert!(at + 1 >= line, "{found}");
        let problems = loaded.problems.sorted();
        assert!(problems.iter().all(|problem| problem.hint.is_some()), "{problems:#?}");
    }
}
