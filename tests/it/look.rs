//! How a plan looks: in every width, in a pipe, on a terminal that knows links, page by page.

use std::path::Path;
use std::process::{Command, Stdio};

use anstream::adapter::strip_str;
use epictree::assets::Assets;
use epictree::check::{self, Files};
use epictree::plan::{Action, Cause, Change, FieldChange, Options, Plan, Subject, Value, build};
use epictree::problem::Problems;
use epictree::tree::{Kind, ObservedTree, Reference};
use epictree::ui::plan::{Look, render};
use unicode_width::UnicodeWidthStr;

use crate::env::{Output, example};

const LINK: &str = "https://gitlab.example.com/groups/g/-/epics/7";
/// More people than any line holds.
const PEOPLE: [&str; 6] = [
    "alexandra.longname",
    "benedikt.longername",
    "charlotte.longestname",
    "d",
    "emmanuel.longname",
    "friederike.longname",
];

/// The plan of an example against nothing.
fn planned(name: &str) -> Plan {
    let read = |file: &str| {
        let text = std::fs::read(example(name).join(file)).unwrap_or_default();
        (file.to_owned(), text)
    };
    let files = Files {
        workspace: read("epictree.toml"),
        owners: Some(read("owners.toml")),
        assets: Assets::embedded(),
        tools: vec![read(&format!("{name}.toml"))],
        ..Files::default()
    };
    let loaded = check::workspace(&files, Problems::default());
    let options = Options { workspace: "w".to_owned(), ..Options::default() };
    let tools = loaded.trees.iter();
    let tools = tools.map(|tree| build(tree, &ObservedTree::default(), &options)).collect();
    Plan { target: "offline".to_owned(), caller: None, tools }
}

/// An epic that exists and changes.
fn change(title: &str, fields: Vec<FieldChange>) -> Change {
    Change {
        key: "t/x".to_owned(),
        subject: Subject::Node(Kind::Epic),
        action: Action::Update,
        cause: Cause::SpecChanged,
        title: title.to_owned(),
        reference: Reference::parse("a-long-top-group/and-another/and-one-more/project&123456"),
        url: Some(LINK.to_owned()),
        parent: None,
        namespace: "a/b".to_owned(),
        depth: 3,
        fields,
        kept: Vec::new(),
        conflicts: Vec::new(),
    }
}

/// A plan with everything that is hard to fit.
fn hard() -> Plan {
    let mut plan = planned("package-hunter");
    let words = "many words that go on ".repeat(9);
    let people = Value::List(PEOPLE.map(str::to_owned).to_vec());
    let mut conflict = change("漢字の題名がここにあります。".repeat(4).as_str(), Vec::new());
    conflict.conflicts = vec![
        FieldChange::new("title", words.as_str(), format!("{words}漢字").as_str()),
        FieldChange::new(
            "body",
            format!("# A\n\n{words}\n").as_str(),
            format!("# A\n\nnew {words}\n").as_str(),
        ),
    ];
    let changes = [
        conflict,
        change("", vec![FieldChange::new("assignees", Value::None, people)]),
        change(
            &words,
            vec![FieldChange::new("body", "one\ntwo\n", format!("one\n{words}\n").as_str())],
        ),
        change("Émigré 👩‍🚀", vec![FieldChange::new("title", words.as_str(), "short")]),
    ];
    plan.tools[0].changes.extend(changes);
    plan
}

fn look(width: usize) -> Look {
    Look { width, cut: true, links: false, show_drift: true, texts: false }
}

fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let plan = hard();
    for width in 60..=200 {
        for line in plain(&render(&plan, look(width))).lines() {
            assert!(line.width() <= width, "{} columns of {width}: {line}", line.width());
        }
    }
}

#[test]
fn nobody_who_is_told_is_cut_off_or_left_out() {
    let plan = hard();
    for width in [60, 80, 120, 200] {
        let text = plain(&render(&plan, look(width)));
        for name in PEOPLE {
            assert!(text.contains(&format!("@{name}")), "{width}: {name}\n{text}");
        }
    }
}

#[test]
fn a_line_ends_no_further_right_than_the_longest_needs() {
    let plan = planned("todo-list");
    let longest = |width| {
        let text = plain(&render(&plan, look(width)));
        text.lines().take_while(|line| !line.is_empty()).map(UnicodeWidthStr::width).max().unwrap()
    };
    assert_eq!(longest(200), longest(160));
    assert!(longest(200) < 120, "{}", longest(200));
}

#[test]
fn in_a_pipe_nothing_is_cut() {
    let look = Look { cut: false, ..look(80) };
    let text = plain(&render(&hard(), look));
    let cut = |line: &&str| line.contains('…') && !line.contains("/…/");
    assert_eq!(text.lines().find(cut), None);
    assert!(
        text.contains("Integration Epic") && text.contains(&"many words that go on ".repeat(9))
    );
}

#[test]
fn a_new_item_tells_its_weight_where_there_is_room() {
    let line = |width| {
        let text = plain(&render(&planned("todo-list"), look(width)));
        let mut lines = text.lines().map(str::to_owned);
        lines.find(|line| line.contains("whether labels can stand in for tags")).unwrap()
    };
    assert!(line(100).ends_with("  weight 1"), "{}", line(100));
    assert!(!line(60).contains("weight"), "{}", line(60));
}

#[test]
fn links_lead_to_items_and_change_nothing_else() {
    let plan = hard();
    let with = render(&plan, Look { links: true, ..look(120) });
    let without = render(&plan, look(120));
    assert!(with.contains(&format!("\x1b]8;;{LINK}\x1b\\")));
    assert!(!without.contains("\x1b]8"));
    assert_eq!(plain(&with), plain(&without));
}

/// Runs a command line on a terminal of 24 rows and 100 columns, if there is a `script` here to make one.
fn on_terminal(folder: &Path, variables: &[(&str, &str)], args: &str) -> Option<Output> {
    let binary = env!("CARGO_BIN_EXE_epictree");
    let mut command = Command::new("script");
    let line = format!("stty rows 24 cols 100; exec '{binary}' {args}");
    command.args(["-qec", &line, "/dev/null"]).current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder).env("TERM", "xterm");
    command.envs(variables.iter().copied());
    command.output().ok().map(Output::of)
}

#[test]
fn a_plan_longer_than_the_screen_is_paged_and_nothing_else_is() {
    let home = tempfile::tempdir().unwrap();
    crate::env::copy(&example("todo-list"), home.path());
    let paged = home.path().join("paged");
    let run = |pager: (&str, &str), args: &str| {
        let _ = std::fs::remove_file(&paged);
        let output = on_terminal(home.path(), &[pager], args)?.ends_with(0);
        Some((output, std::fs::read_to_string(&paged).ok()))
    };
    let pager = ("EPICTREE_PAGER", "sh -c 'cat > paged'");
    let Some((output, text)) = run(pager, "plan --offline") else { return };
    let text = text.expect("a long plan is paged");
    assert!(text.contains("Todo List Sunset Roadmap") && text.contains("\x1b[32m+"), "{text}");
    output.does_not_say("Roadmap");
    let direct = |pager, args| {
        let (output, text) = run(pager, args).unwrap();
        assert_eq!(text, None, "{args}");
        output
    };
    direct(pager, "plan --offline --no-pager").says("Todo List Sunset Roadmap");
    direct(pager, "plan --offline --format json").says("format_version");
    direct(("EPICTREE_PAGER", ""), "plan --offline").says("Todo List Sunset Roadmap");
    direct(("PAGER", "cat"), "plan --offline").says("Todo List Sunset Roadmap");
    direct(("PAGER", "no-such-pager"), "plan --offline").says("Todo List Sunset Roadmap");
    direct(pager, "apply --sandbox --yes").says("Applied");
    direct(pager, "plan --sandbox").says("No changes");
    // A pager that ends early is somebody who has seen enough.
    let (output, _) = run(("PAGER", "true"), "plan --offline").unwrap();
    assert_eq!(output.stderr, "");
}

#[test]
fn no_colour_and_no_link_reaches_who_wants_none() {
    let home = tempfile::tempdir().unwrap();
    crate::env::copy(&example("todo-list"), home.path());
    let knows = ("TERM_PROGRAM", "WezTerm");
    let args = "plan --offline --no-pager";
    let Some(output) = on_terminal(home.path(), &[knows], args) else { return };
    assert!(output.stdout.contains("\x1b[32m+"), "{output}");
    let output = on_terminal(home.path(), &[knows, ("NO_COLOR", "1")], args).unwrap();
    assert!(!output.stdout.contains('\x1b'), "{output}");
    let mut command = crate::env::epictree(home.path());
    command.args(["plan", "--offline"]).envs([knows, ("FORCE_HYPERLINK", "1")]);
    let piped = Output::of(command.output().unwrap()).ends_with(0);
    assert!(!piped.stdout.contains('\x1b'), "{piped}");
}
