//! The plan as a page: what stands on it, that nothing hostile gets into it, and what it does in a
//! browser.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::path::PathBuf;

use epictree::sandbox::Edit;

use crate::browser::{self, Seen};
use crate::env::{Output, TestEnv, copy, epictree, example};

const TOOL: &str = "package-hunter.toml";
const REPORTING: &str = "package-hunter/functionality/reporting";
const RESULTS: &str = "package-hunter/functionality/results";
const SEVERITY: &str = "package-hunter/functionality/reporting/severity";

/// The page of some examples, planned offline from one folder.
fn offline(examples: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in examples.iter().rev() {
        copy(&example(name), folder.path());
    }
    page(Output::of(
        epictree(folder.path()).args(["plan", "--offline", "--format", "html"]).output().unwrap(),
    ))
}

fn page(output: Output) -> String {
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    output.stdout
}

/// A tree that both sides have changed: a conflict, drift, an update, an orphan.
fn moved() -> TestEnv {
    let env = TestEnv::package_hunter();
    env.apply(&[]).ends_with(0);
    let first = "Findings show up in the pipeline and in the vulnerability report.";
    let reporting = env.item(REPORTING).reference;
    env.rewrite(&reporting, first, "Findings show up <i>somewhere</i>.");
    env.edit(TOOL, first, "Findings show up where people look.");
    env.by_hand(RESULTS, Edit::Title("Results, <img src=x> as people say".into()));
    env.edit(TOOL, "name = \"System-call monitoring\"", "name = \"Call monitoring\"");
    let text = std::fs::read_to_string(env.folder.path().join(TOOL)).unwrap();
    let start = text.find("  [[functionality.issue]]\n  id = \"severity\"").unwrap();
    let end = start + text[start..].find("\n[[").unwrap();
    env.write(TOOL, &format!("{}{}", &text[..start], &text[end..]));
    env
}

/// The part of a page that has an anchor.
#[track_caller]
fn entry<'a>(page: &'a str, anchor: &str) -> &'a str {
    let start = page.find(&format!("id=\"{anchor}\"")).unwrap_or_else(|| panic!("no {anchor}"));
    page[start..].split_once("</article>").unwrap().0
}

#[test]
fn a_new_tool_reads_as_a_document() {
    let page = offline(&["tokinator"]);
    for text in [
        "<h1>Tokinator</h1>",
        "Finds leaked tokens that could hurt the company",
        "An apply would create 10 epics, 16 issues and 1 table row, change 1 epic and 6 issues, and post 3 comments. 4 people would be notified.",
        "What lands in your group",
        "Who is asked, and whom to answer",
        "<span class=\"person\">@me-handle</span> answers for it",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let integration = entry(&page, "tokinator/integration");
    assert!(integration.contains("<table>") && integration.contains("<svg role=\"img\""));
    let handover = "<a class=\"ref\" href=\"#tokinator/handover\"";
    assert!(integration.contains(handover), "what does not exist yet is a link all the same");
    assert!(!page.contains("(known after apply)") && !page.contains("class=\"diff\""));
    assert_eq!(page.matches("What is asked</a>").count(), 3);
}

#[test]
fn a_tree_that_moved_reads_as_changes() {
    let env = moved();
    let page = page(env.plan(&["--format", "html"]));
    let reporting = entry(&page, REPORTING);
    for text in ["both sides changed it", "&lt;i&gt;", "somewhere", "<mark>where people look"] {
        assert!(reporting.contains(text), "{text} in {reporting}");
    }
    let results = entry(&page, RESULTS);
    assert!(results.contains("people changed it, and it stays"), "{results}");
    assert!(results.contains("Results, &lt;img src=x&gt; as people say"), "{results}");
    assert!(!page.contains("<img"));
    let monitoring = entry(&page, "package-hunter/functionality/syscall-monitoring");
    assert!(monitoring.contains("<del>Package Hunter Functionality - System-call"), "{monitoring}");
    assert!(entry(&page, SEVERITY).contains("The files no longer have it"));
    assert!(page.contains("<strong>1 conflict has to be settled.</strong>"));
}

#[test]
fn nothing_of_a_file_or_of_gitlab_becomes_part_of_the_page() {
    const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\\\"'>";
    let folder = tempfile::tempdir().unwrap();
    copy(&example("todo-list"), folder.path());
    let file = folder.path().join("todo-list.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text: String = text
        .lines()
        .map(|line| match line.split_once(" = \"") {
            Some((key, rest)) if ["name", "summary", "title"].contains(&key.trim()) => {
                format!("{key} = \"{EVIL}{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&file, text).unwrap();
    let run = epictree(folder.path()).args(["plan", "--offline", "--format", "html"]).output();
    let page = page(Output::of(run.unwrap()));
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    assert!(!page.contains("<img"));
    let Some(seen) = drive(&page, "", "say.push(shown() > 0);") else { return };
    assert_eq!((said(&seen), seen.console.len()), ("true", 0), "{:?}", seen.console);
}

#[test]
fn several_tools_share_one_page() {
    let page = offline(&["package-hunter", "tokinator"]);
    assert!(page.contains("<h1>Plan for 2 tools</h1>"));
    assert_eq!(page.matches("<section class=\"tool\"").count(), 2);
    let ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "each anchor once");
    let anchors: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    for link in page.split(" href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(anchors.contains(link), "#{link} leads nowhere");
    }
}

/// Opens a page within another that first runs a script on it; `page` is its document.
fn drive(page: &str, attributes: &str, script: &str) -> Option<Seen> {
    let browser = browser::browser()?;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    file("plan.html", page);
    let harness = format!(
        "<!doctype html><iframe {attributes} src=\"plan.html\" width=\"1200\" height=\"800\"></iframe><pre></pre><script>\n\
         const frame = document.querySelector('iframe');\n\
         frame.onload = () => {{\n\
         const page = frame.contentDocument, say = [];\n\
         const shown = () => page.querySelectorAll('article.entry:not([hidden])').length;\n\
         const choose = (name, value) => {{\n\
         const input = page.querySelector(`[name=${{name}}]`);\n\
         input.value = value; input.dispatchEvent(new Event('input', {{ bubbles: true }}));\n\
         }};\n\
         {script}\n\
         document.querySelector('pre').textContent = say.join('|');\n\
         }};</script>"
    );
    Some(browser::open(&browser, &file("harness.html", &harness)))
}

/// What the script said in the end.
fn said(seen: &Seen) -> &str {
    let (_, rest) = seen.dom.split_once("<pre>").unwrap_or_else(|| panic!("{}", seen.dom));
    rest.split_once("</pre>").unwrap().0
}

#[test]
fn filters_and_folds_work_in_a_browser() {
    let script = "
        const all = shown();
        say.push(all === page.querySelectorAll('article.entry').length);
        page.querySelector('button[data-group=\"group::secret detection\"]').click();
        const mine = shown();
        say.push(mine > 0 && mine < all);
        say.push([...page.querySelectorAll('article.entry:not([hidden])')].every((entry) =>
            entry.dataset.labels.includes('group::secret detection')));
        say.push(page.querySelectorAll('.asked li:not([hidden])').length);
        say.push(page.querySelector('output').textContent === `${mine} of ${all}`);
        choose('group', ''); choose('state', 'comment');
        say.push(shown());
        choose('state', ''); choose('text', 'nosuchword');
        say.push(shown(), page.querySelector('p.none').hidden);
        choose('text', 'Revocation epic');
        say.push(shown() > 0 && shown() < all);
        choose('text', '');
        page.querySelector('button[name=close]').click();
        say.push(page.querySelectorAll('article.entry > details[open]').length);
        page.querySelector('nav a[href=\"#tokinator/handover\"]').click();
        const handover = page.getElementById('tokinator/handover');
        frame.contentWindow.dispatchEvent(new Event('hashchange'));
        say.push(handover.querySelector('details').open);
    ";
    let Some(seen) = drive(&offline(&["tokinator"]), "", script) else { return };
    assert_eq!(seen.console, Vec::<String>::new());
    assert_eq!(said(&seen), "true|true|true|1|true|3|0|false|true|0|true");
}

#[test]
fn a_page_reads_without_scripts() {
    let script = "
        const form = page.querySelector('form.filters');
        say.push(form.hidden, form.getClientRects().length);
        const text = page.getElementById('package-hunter/functionality/reporting').innerText;
        say.push(text.includes('Findings show up in the pipeline'));
        const fold = page.querySelector('article.entry summary');
        fold.click();
        say.push(fold.parentElement.open);
    ";
    let page = offline(&["package-hunter"]);
    let Some(seen) = drive(&page, "sandbox=\"allow-same-origin\"", script) else { return };
    assert_eq!(said(&seen), "true|0|true|false");
}

#[test]
fn a_page_is_not_wider_than_its_window() {
    let long = "unbroken_word".repeat(15);
    let names = ["composition analysis", "Package Hunter", "me-handle", "malicious"];
    let page =
        names.iter().fold(offline(&["package-hunter"]), |page, name| page.replace(name, &long));
    let script = "
        page.querySelectorAll('details').forEach((one) => one.open = true);
        const root = page.documentElement;
        for (const width of [400, 500, 800, 1200]) {
            frame.width = width;
            say.push(root.scrollWidth - root.clientWidth);
        }
    ";
    let Some(seen) = drive(&page, "", script) else { return };
    assert_eq!(said(&seen), "0|0|0|0");
}
