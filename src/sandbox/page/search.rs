//! Finds items by what their rows say. Must not know of GraphQL's search, which is GitLab's own.

use crate::page::escape;

use super::super::references;
use super::super::rules::kind_name;
use super::super::store::{Id, Item};
use super::ask::Pairs;
use super::look::{Look, count};
use super::{frame, tree};

/// Hits on one page.
const HITS: usize = 100;

/// Tells whether a query looks for anything.
pub(super) fn is_asked(asked: &Pairs) -> bool {
    ["q", "label", "state"].iter().any(|name| !asked.one(name).trim().is_empty())
}

/// Lists the items that match, newest first.
pub(super) fn results(look: &Look, items: &[(Id, &Item)], asked: &Pairs) -> String {
    let words: Vec<String> = asked.one("q").split_whitespace().map(str::to_lowercase).collect();
    let label = asked.one("label");
    let hits: Vec<Id> = items
        .iter()
        .filter(|(_, item)| in_state(item, asked.one("state")))
        .filter(|(_, item)| label.is_empty() || titles(look, item).any(|title| title == label))
        .filter(|(id, item)| words.is_empty() || matches(look, *id, item, &words))
        .map(|(id, _)| *id)
        .collect();
    let pages = hits.len().div_ceil(HITS).max(1);
    let page = asked.page().min(pages);
    let shown = hits.iter().rev().skip((page - 1) * HITS).take(HITS);
    let rows: String =
        shown.map(|id| format!("<li>{}</li>\n", tree::row(look, *id, None))).collect();
    let list = if rows.is_empty() { String::new() } else { format!("<ul>\n{rows}</ul>\n") };
    let pager = frame::pager(page, pages, &|page| asked.with("page", &page.to_string()));
    format!("{}{list}{pager}", head(look, asked, hits.len()))
}

fn head(look: &Look, asked: &Pairs, hits: usize) -> String {
    let mut wanted = Vec::new();
    for (name, what) in [("q", "with"), ("label", "labelled")] {
        let value = asked.one(name);
        if !value.is_empty() {
            wanted.push(format!(" {what} <b>{}</b>", escape(value)));
        }
    }
    let states = ["", "opened", "closed"].map(|state| {
        let word = if state.is_empty() { "all" } else { state };
        if asked.one("state") == state {
            return format!("<b>{word}</b>");
        }
        format!("<a href=\"{}\">{word}</a>", escape(&asked.with("state", state)))
    });
    format!(
        "<p class=\"found\">{}{} · {} · <a href=\"{}\">back to the tree</a></p>\n",
        count(hits, "item"),
        wanted.concat(),
        states.join(" "),
        escape(&look.inside("")),
    )
}

fn in_state(item: &Item, state: &str) -> bool {
    match state {
        "opened" => item.closed_at.is_none(),
        "closed" => item.closed_at.is_some(),
        _ => true,
    }
}

fn titles<'a>(look: &'a Look, item: &'a Item) -> impl Iterator<Item = &'a str> {
    item.labels.iter().filter_map(|id| look.world.labels.get(*id)).map(|label| &*label.title)
}

fn matches(look: &Look, id: Id, item: &Item, words: &[String]) -> bool {
    let user = |id: &Id| look.world.users.get(*id).map(|user| format!("@{}", user.username));
    let people = std::iter::once(&item.author).chain(&item.assignees).filter_map(user);
    let mut text =
        format!("{} {} {}", item.title, references::full(&look.world, id), kind_name(item.kind));
    for part in titles(look, item).map(str::to_owned).chain(people) {
        text.push(' ');
        text.push_str(&part);
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}
