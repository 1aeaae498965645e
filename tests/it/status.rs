//! `epictree status`: what it tells of trees in GitLab, in every format.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use anstream::adapter::strip_str;
use epictree::sandbox::Edit;
use epictree::status::{
    Counts, Due, Link, Measure, Next, PartStatus, Point, Share, State, Status, Sum, ToolStatus,
    WordCount, Words,
};
use epictree::tree::Reference;
use epictree::ui::plan::Look;
use epictree::ui::status::{html, json, markdown, render};
use epictree::{key::NodeKey, page};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::browser;
use crate::env::{COLLEAGUE, EXISTING, Output, TestEnv, copy, epictree, example};
use crate::formats::{NASTY, hold, prose};

const TOOL: &str = "package-hunter.toml";
const TODAY: &str = "--today=2027-06-01";
const RESULTS: &str = "package-hunter/functionality/results";
const ANNOUNCE: &str = "package-hunter/sunset/operation/announce";

fn status(env: &TestEnv, args: &[&str]) -> Output {
    let url = env.url();
    env.run(&[&["status", TODAY, "--url", &url], args].concat()).ends_with(0)
}

fn document(env: &TestEnv) -> Value {
    let document = status(env, &["--format", "json"]).json();
    fits(&document);
    document
}

/// Holds a JSON status against its schema.
fn fits(document: &Value) {
    let schema = serde_json::from_str(json::SCHEMA).unwrap();
    hold(&schema, document, &schema, "");
}

/// One measure of the first tool.
fn measure(document: &Value, id: &str) -> Value {
    let all = document["tools"][0]["measures"].as_array().unwrap();
    all.iter().find(|measure| measure["id"] == id).unwrap().clone()
}

/// What a tool comes to: total, done, dropped, blocked, open, missing.
fn counts(measure: &Value) -> [u64; 6] {
    ["total", "done", "dropped", "blocked", "open", "missing"]
        .map(|name| measure["counts"][name].as_u64().unwrap())
}

/// A tree with some work done, some given up and some under way.
fn under_way() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    for key in [RESULTS, ANNOUNCE, "package-hunter/sunset/functionality/results"] {
        env.by_hand(key, Edit::Close);
    }
    let severity = "package-hunter/functionality/reporting/severity";
    env.sandbox.edit(COLLEAGUE, EXISTING, Edit::Close).unwrap();
    env.by_hand(severity, Edit::Label("workflow::in dev".into()));
    env
}

#[test]
fn the_figures_of_a_tool_are_those_of_its_items_in_gitlab() {
    let env = under_way();
    let before = document(&env);
    let functionality = measure(&before, "functionality");
    assert_eq!(counts(&functionality)[..3], [8, 1, 0]);
    assert!(functionality["weight"]["total"].as_u64().unwrap() > 0, "{functionality}");
    let sunset = measure(&before, "sunset");
    assert_eq!(counts(&sunset)[..2], [14, 2]);
    assert_eq!(sunset["due"], serde_json::json!({ "day": "2027-06-30", "days": 29 }));
    // Boxes of a closed item are done with, those of an open one when they are ticked.
    let done = sunset["boxes"]["done"].as_u64().unwrap();
    assert!(done > 0);
    let migrate = env.item("package-hunter/sunset/operation/migrate").reference;
    let text = env.sandbox.item(&migrate).unwrap().description;
    let edit = Edit::Description(text.replacen("- [ ]", "- [x]", 1));
    env.sandbox.edit(COLLEAGUE, &migrate, edit).unwrap();
    assert_eq!(measure(&document(&env), "sunset")["boxes"]["done"], done + 1);
    // A piece that is given up is decided; its epic stays open.
    let simulation = "gap = \"missing\"\ntarget = \"regression fixtures";
    env.edit(TOOL, simulation, &simulation.replace("\"missing\"", "\"drop\"\nbecause = \"b\""));
    let after = measure(&document(&env), "functionality");
    assert_eq!(counts(&after)[..3], [8, 1, 1]);
}

#[test]
fn a_status_writes_nothing_and_says_what_comes_next_and_who_is_asked() {
    let env = under_way();
    env.sandbox.clear_log();
    let output = status(&env, &[]);
    assert_eq!(env.mutations(), Vec::<String>::new());
    let next = env.item("package-hunter/functionality/isolated-install").title;
    output
        .says("1 of 8 done")
        .says("5 unknown, 3 asked")
        .says(&next)
        .says("2027-06-30, in 29 days")
        .says("AppSec in flight     1 item")
        .does_not_say("at least 1 shall be");
    let idle = "package-hunter/functionality/reporting/severity";
    env.by_hand(idle, Edit::Unlabel("workflow::in dev".into()));
    status(&env, &[]).says("AppSec in flight: 0, and at least 1 shall be at any time");
}

#[test]
fn the_early_2026_process_takes_work_for_begun_when_somebody_takes_it() {
    let env = TestEnv::package_hunter();
    env.edit("epictree.toml", "blueprint = \"prodseceng\"", "blueprint = \"prodseceng-2026\"");
    let run = |args: &[&str]| {
        Output::of(epictree(env.folder.path()).args(args).output().unwrap()).ends_with(0)
    };
    run(&["apply", "--sandbox", "--yes"]);
    run(&["status", "--sandbox"]).says("AppSec in flight: 0");
}

#[test]
fn every_example_has_a_status_before_and_after_its_first_apply() {
    for name in
        ["package-hunter", "tokinator", "inventory-builder", "spamcheck", "todo-list", "mail-relay"]
    {
        let home = tempfile::tempdir().unwrap();
        copy(&example(name), home.path());
        let run = |args: &[&str]| {
            Output::of(epictree(home.path()).args(args).output().unwrap()).ends_with(0)
        };
        let before = run(&["status", "--sandbox", "--format", "json"]).json();
        fits(&before);
        assert_eq!(before["tools"][0]["item"], Value::Null);
        run(&["status", "--sandbox"]).says("not in GitLab yet").says("`epictree apply`");
        run(&["apply", "--sandbox", "--yes"]);
        let after = run(&["status", "--sandbox", "--format", "json"]).json();
        fits(&after);
        let measures = after["tools"][0]["measures"].as_array().unwrap();
        assert!(!measures.is_empty(), "{name}");
        for measure in measures {
            assert_eq!(measure["counts"]["missing"], 0, "{name} {measure}");
        }
        assert_ne!(after["tools"][0]["burndown"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn a_snapshot_tells_the_same_without_a_network() {
    let env = under_way();
    env.plan(&["--snapshot", "s.json"]).ends_with(0);
    let live = status(&env, &["--format", "json"]).stdout;
    let args = ["status", TODAY, "--against", "s.json", "--format", "json"];
    assert_eq!(env.run(&args).ends_with(0).stdout, live);
    env.edit("epictree.toml", "id = \"prodsec-tools\"", "id = \"other\"");
    env.run(&args).ends_with(1).says("is of the workspace `prodsec-tools`");
}

#[test]
fn tools_add_up_and_one_that_is_not_there_says_so() {
    let home = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), home.path());
    let text = std::fs::read_to_string(home.path().join("todo-list.toml")).unwrap();
    let other = |id: &str| {
        let text = text.replace("id = \"todo-list\"", &format!("id = \"{id}\""));
        text.replace("name = \"Todo List\"", &format!("name = \"{id}\""))
    };
    for id in ["b-list", "c-list"] {
        std::fs::write(home.path().join(format!("{id}.toml")), other(id)).unwrap();
    }
    let run =
        |args: &[&str]| Output::of(epictree(home.path()).args(args).output().unwrap()).ends_with(0);
    run(&["apply", "todo-list.toml", "b-list.toml", "--sandbox", "--yes"]);
    let document = run(&["status", "--sandbox", "--format", "json"]).json();
    fits(&document);
    let [fleet, tool] = [&document, &document["tools"][0]].map(|of| of["measures"][0].clone());
    let twice = counts(&fleet).map(|n| n / 2);
    assert_eq!((fleet["id"].as_str(), twice), (tool["id"].as_str(), counts(&tool)));
    for format in ["text", "markdown", "html"] {
        let output = run(&["status", "--sandbox", "--format", format]);
        output.says("3 tools, 1 not in GitLab yet").says("Its tree is not in GitLab yet");
    }
}

#[test]
fn what_people_put_into_a_title_does_nothing_in_any_format() {
    let env = under_way();
    let next = "package-hunter/functionality/isolated-install";
    env.by_hand(next, Edit::Title(format!("\u{1b}[31m\u{202e}<script>x</script> {NASTY}")));
    let text = status(&env, &["--color", "never"]).stdout;
    assert!(text.contains("[31m<script>") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    let page = status(&env, &["--format", "html"]).stdout;
    assert!(page.contains("&lt;script&gt;x") && !page.contains("<script"), "{page}");
    let markdown = status(&env, &["--format", "markdown"]).stdout;
    assert!(markdown.contains("@all"), "{markdown}");
    let prose = prose(&markdown);
    for sign in ["@", "&", "#1", "!2", "~", "example.com", "gitlab-org", "bug"] {
        assert!(!prose.contains(sign), "{sign} in\n{prose}\n\n{markdown}");
    }
    let html = page::markdown(&markdown);
    assert!(!html.contains("<a ") && !html.contains("<img"), "{html}");
    for line in markdown.lines() {
        assert!(!line.trim_start().starts_with('/'), "GitLab would run {line:?}");
    }
    let json = status(&env, &["--format", "json"]).stdout;
    assert!(json.contains("\\u001b") && json.contains("\\u202e"), "{json}");
}

#[test]
fn a_tool_of_which_nothing_is_counted_says_so() {
    let env = TestEnv::package_hunter();
    let path = "path = \"integrate\"";
    env.edit(TOOL, path, &path.replace("integrate", "transfer"));
    env.edit(TOOL, "customers = [\"AppSec\", ", "customers = [");
    let run = |args: &[&str]| {
        Output::of(epictree(env.folder.path()).args(args).output().unwrap()).ends_with(0)
    };
    run(&["apply", "--sandbox", "--yes"]);
    for format in ["text", "markdown", "html"] {
        run(&["status", "--sandbox", "--format", format]).says("counts nothing of it");
    }
}

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    let env = TestEnv::package_hunter();
    env.run(&["status", "--today", "soon"]).ends_with(64).says("--today");
    env.run(&["status", "--offline"]).ends_with(64).says("`--offline` is an option of `plan`");
    env.run(&["status", "--against", "s.json", "--sandbox"]).ends_with(64);
}

// -- how it looks ---------------------------------------------------------------

fn link(title: &str) -> Link {
    let reference = "a-long-top-group/and-another/and-one-more/project&123456";
    Link {
        title: title.to_owned(),
        reference: Reference::parse(reference).unwrap(),
        url: "https://gitlab.example.com/groups/g/-/epics/7".to_owned(),
    }
}

fn sum(title: &str, counts: Counts) -> Sum {
    let words = ["unknown", "asked", "accepted", "declined"];
    let counted = words.iter().zip([3, 20, 0, 100]);
    let word = |(word, parts): (&&str, usize)| WordCount { word: (*word).to_owned(), parts };
    Sum {
        id: title.to_lowercase(),
        title: title.to_owned(),
        counts,
        weight: Some(Share { done: 12_345, total: 67_890 }),
        boxes: Some(Share { done: 1, total: 45 }),
        by: Some(Words { field: "owner".to_owned(), counts: counted.map(word).collect() }),
        in_flight: None,
        at_least: None,
    }
}

/// A tool with everything that is hard to fit, and a burndown over some years.
fn hard(name: &str) -> ToolStatus {
    let counts = Counts { total: 150, done: 70, dropped: 10, blocked: 30, open: 30, missing: 10 };
    let next = |title: &str, blocked: bool| Next {
        key: NodeKey::parse("t/x").unwrap(),
        link: link(title),
        waiting: 12,
        blocked,
    };
    let long = "many words that go on and on ".repeat(6);
    let part = |state: State, title: &str| PartStatus {
        key: NodeKey::parse("t/x").unwrap(),
        state,
        title: title.to_owned(),
        item: (state != State::Missing).then(|| link(title)),
        word: Some("accepted".to_owned()),
        in_flight: state == State::Open,
    };
    let states = [State::Done, State::Dropped, State::Blocked, State::Open, State::Missing];
    let measure = |title: &str, counts: Counts, days: i64| Measure {
        sum: sum(title, counts),
        due: Some(Due { day: "2027-06-30".parse().unwrap(), days }),
        next: vec![next("Short", false), next(&long, true), next(&"漢字".repeat(60), false)],
        next_more: 7,
        parts: states.map(|state| part(state, &format!("Piece {state:?} {long}"))).into(),
    };
    let mut flight = measure("Application Security in flight", Counts::default(), 1);
    flight.sum.in_flight = Some(0);
    flight.sum.at_least = Some(1);
    (flight.due, flight.next_more) = (None, 0);
    flight.next.clear();
    let months = ["2025-01-15", "2025-03-02", "2025-09-20", "2026-02-11", "2026-11-25"];
    let numbers = [(40, 40), (35, 44), (30, 60), (18, 61), (9, 61)];
    let point = |(day, (open, total)): (&str, (usize, usize))| Point {
        day: day.parse().unwrap(),
        open,
        total,
    };
    ToolStatus {
        id: "t".to_owned(),
        name: name.to_owned(),
        file: "t.toml".to_owned(),
        item: Some(link("The tool's epic")),
        measures: vec![
            measure("Functionality", counts, -3),
            measure(
                "Sunset requirements that go on for long",
                Counts { done: 150, dropped: 0, ..counts },
                0,
            ),
            flight,
        ],
        burndown: months.into_iter().zip(numbers).map(point).collect(),
    }
}

fn all() -> Status {
    let tools = vec![hard("Package Hunter"), hard(&"漢字の名前".repeat(30))];
    Status {
        target: "https://gitlab.example.com".to_owned(),
        today: "2026-11-25".parse().unwrap(),
        measures: tools[0].measures.iter().map(|measure| measure.sum.clone()).collect(),
        tools,
    }
}

#[test]
fn no_line_of_a_status_is_wider_than_the_terminal() {
    for width in 60..=200 {
        let look = Look { width, cut: true, links: true, show_drift: false, texts: false };
        let text = strip_str(&render(&all(), look)).to_string();
        for line in text.lines() {
            assert!(line.width() <= width, "{} columns of {width}: {line}", line.width());
        }
    }
    let mut short = all();
    for measure in &mut short.tools[0].measures {
        measure.sum.title = "Q".to_owned();
    }
    short.tools.truncate(1);
    short.measures.clear();
    let look = Look { width: 80, cut: true, links: false, show_drift: false, texts: false };
    assert!(strip_str(&render(&short, look)).to_string().contains("\n    owner   3 unknown"));
}

#[test]
fn a_bar_says_in_words_what_it_shows() {
    let look = Look { width: 120, cut: false, links: false, show_drift: false, texts: false };
    let text = strip_str(&render(&all(), look)).to_string();
    let bar = format!("{}▒{}", "█".repeat(11), "░".repeat(12));
    assert!(text.contains(&bar), "{text}");
    assert!(
        text.contains("70 of 150 done, 10 given up, 30 blocked, 10 not in GitLab yet"),
        "{text}"
    );
    assert!(
        text.contains("2027-06-30, 3 days ago") && text.contains("2027-06-30, today"),
        "{text}"
    );
    let full = "█".repeat(24);
    assert!(text.contains(&format!("{full}  150 of 150 done")), "{text}");
}

#[test]
fn a_page_shows_a_burndown_and_needs_nothing_but_a_browser() {
    let page = html::render(&all());
    assert_eq!(page.matches("class=\"picture burndown\"").count(), 2);
    assert!(
        page.contains("From 2025-01-15 to 2026-11-25: 40 of 40 open at first, 9 of 61 at last")
    );
    assert!(
        !page.contains("style=\"") && !page.contains("<script"),
        "the page's policy forbids it"
    );
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("status.html");
    std::fs::write(&file, &page).unwrap();
    let Some(browser) = browser::browser() else { return };
    let seen = browser::open(&browser, &file);
    assert_eq!(seen.console, Vec::<String>::new());
    assert!(seen.dom.contains("in all</text>"), "{}", seen.dom);
}

#[test]
fn a_json_status_with_everything_in_it_is_what_its_schema_says() {
    fits(&serde_json::from_str(&json::render(&all())).unwrap());
    assert!(markdown::render(&all()).contains("70 of 150 done"));
}
