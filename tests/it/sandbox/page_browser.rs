//! The sandbox's pages in a real browser: what is clicked, what is typed, what comes by itself.

use super::page::{ROOT, ROOT_PAGE, site};
use super::*;
use crate::devtools::DevTools;

#[test]
fn a_reader_searches_ticks_edits_and_sees_others_work() {
    let Some(mut browser) = DevTools::start() else { return };
    let site = site();
    let text = "All tools.\n\n- [ ] first\n- [ ] second".to_owned();
    site.sandbox.edit("alice", ROOT, Edit::Description(text)).unwrap();
    create_epic(&site.sandbox, "Another", json!({}));
    browser.open(&site.url("/"));

    browser.click("input[type=search]");
    browser.type_text("root");
    browser.click(".search button");
    browser.until("document.querySelector('.found')?.innerText.startsWith('1 item with root')");
    browser.click(".row > a");
    browser.until("document.querySelectorAll('.box').length === 2");

    browser.click(".box[value='1']");
    browser.until("document.querySelector(\".box[value='1']\").ariaChecked === 'true'");
    assert!(site.sandbox.item(ROOT).unwrap().description.ends_with("- [ ] first\n- [x] second"));

    browser.click(".edit > summary");
    browser.eval("document.querySelector('[name=title]').select()");
    browser.type_text("Half typed");
    site.sandbox.edit("bob", "acme/security&292", Edit::Parent(Some(ROOT.to_owned()))).unwrap();
    browser.until("document.querySelector('.rows')?.innerText.includes('Another')");
    assert_eq!(browser.eval("document.activeElement.value"), "Half typed", "what is typed stays");
    browser.click(".edit form > button");
    browser.until("document.querySelector('h1').innerText === 'Half typed'");
    assert_eq!(site.sandbox.item(ROOT).unwrap().title, "Half typed");

    site.sandbox.edit("bob", ROOT, Edit::Comment("By the way".to_owned())).unwrap();
    browser.until("document.querySelector('.thread')?.innerText.includes('By the way')");
    let foreign = browser.requests.iter().filter(|url| !url.starts_with(&site.url("/")));
    assert_eq!(foreign.collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(browser.errors, Vec::<String>::new());
}

#[test]
fn a_form_from_before_somebody_elses_change_stays_typed_on_the_page() {
    let Some(mut browser) = DevTools::start() else { return };
    let site = site();
    browser.open(&site.url(ROOT_PAGE));
    browser.click(".edit > summary");
    browser.eval("document.querySelector('[name=title]').select()");
    browser.type_text("Mine");
    site.sandbox.edit("bob", ROOT, Edit::Title("Theirs".to_owned())).unwrap();
    browser.until("document.querySelector('h1').innerText === 'Theirs'");
    browser.click(".edit form > button");
    browser.until("document.querySelector('.notice')?.innerText.includes('Somebody changed')");
    assert_eq!(browser.eval("document.querySelector('[name=title]').value"), "Mine");
    site.sandbox.edit("bob", ROOT, Edit::Comment("Also".to_owned())).unwrap();
    browser.until("document.querySelector('.thread')");
    assert_eq!(browser.eval("document.querySelector('[name=title]').value"), "Mine");
    browser.click(".edit form > button");
    browser.until("document.querySelector('h1').innerText === 'Mine'");
}

#[test]
fn all_of_it_works_without_scripts() {
    let Some(mut browser) = DevTools::start() else { return };
    let site = site();
    let text = "- [ ] first".to_owned();
    site.sandbox.edit("alice", ROOT, Edit::Description(text)).unwrap();
    browser.run_scripts(false);
    browser.open(&site.url(ROOT_PAGE));
    browser.follow(".box");
    assert_eq!(browser.eval("document.querySelector('.box').ariaChecked"), "true");
    browser.click("main > .columns > .item > .activity > .comment textarea");
    browser.type_text("No script here");
    browser.follow("main > .columns > .item > .activity > .comment button");
    let thread = browser.eval("document.querySelector('.thread').innerText");
    assert!(thread.as_str().unwrap().contains("No script here"), "{thread}");
    let item = site.sandbox.item(ROOT).unwrap();
    assert_eq!(item.description, "- [x] first");
    assert!(item.notes.iter().any(|note| note.body == "No script here"));
}

#[test]
fn no_page_is_wider_than_its_window() {
    let Some(mut browser) = DevTools::start() else { return };
    let site = site();
    let long = "an-unbroken/word".repeat(20);
    let cells = "| wide_cell_of_a_table ".repeat(20);
    let text = format!(
        "{cells}|\n{}|\n{cells}|\n\n```\n{}\n```\n\n```mermaid\nflowchart LR\n{}\n```\n\n`{long}` {long}&1",
        "| --- ".repeat(20),
        "code ".repeat(80),
        (0..12).map(|step| format!("s{step}[A long step] --> s{}\n", step + 1)).collect::<String>(),
    );
    let name = "long-name".repeat(20);
    site.post("/-/colleague", &[("new", &name), ("back", "/")]).is(303);
    let epic = made(&create_epic(&site.sandbox, "Wide", under(&site.sandbox, ROOT)));
    let other = made(&create_epic(&site.sandbox, &long[..250], under(&site.sandbox, &epic)));
    let linked = made(&create_epic(&site.sandbox, "Linked", json!({})));
    link(&site.sandbox, &epic, "BLOCKS", &linked);
    for item in [&epic, &other, &linked] {
        for nth in 0..12 {
            let label = format!("scope number {nth}::value of it");
            site.sandbox.edit("alice", item, Edit::Label(label)).unwrap();
        }
        site.sandbox.edit("alice", item, Edit::Label(long[..200].to_owned())).unwrap();
        site.sandbox.edit(&name, item, Edit::Comment(text.clone())).unwrap();
        site.sandbox.edit("alice", item, Edit::Description(text.clone())).unwrap();
    }
    for page in
        ["/", ROOT_PAGE, "/groups/acme/security/-/epics/292", "/groups/acme/security/-/epics/293"]
    {
        browser.open(&site.url(page));
        browser.eval("for (const one of document.querySelectorAll('details')) one.open = true");
        for width in [400, 500, 800, 1200] {
            browser.widen(width);
            let root = "document.documentElement";
            let over = browser.eval(&format!("{root}.scrollWidth - {root}.clientWidth"));
            assert_eq!(over, 0, "{page} at {width} pixels");
        }
    }
}
