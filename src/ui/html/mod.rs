//! A plan as one page for a browser: what it is about in front, then every item with
//! its text. It reads without a script, which only filters and folds.
//!
//! Everything from a file or from GitLab passes `page`.

mod about;
mod entry;
mod fields;
mod links;
mod tree;

use std::collections::BTreeSet;

use crate::page::{self, escape};
use crate::plan::{Plan, ToolPlan};

use super::words::count;
use links::Links;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// With more items than this, new ones are folded too.
const MANY: usize = 120;

/// Renders a plan.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let links: Vec<Links<'_>> = plan.tools.iter().map(Links::new).collect();
    let tools: Vec<Shown<'_>> =
        plan.tools.iter().zip(&links).map(|(tool, links)| Shown { tool, links }).collect();
    let several = tools.len() > 1;
    let title = match plan.tools.as_slice() {
        [tool] => format!("{}: plan", tool.desired.name),
        tools => format!("Plan for {}", count(tools.len(), "tool")),
    };
    let items: usize = plan.tools.iter().map(|tool| tool.changes.len()).sum();
    let mut body = String::from("<a class=\"skip\" href=\"#items\">To the items</a>\n");
    body.push_str(&about::front(plan, &tools));
    body.push_str(&filters(&tools));
    body.push_str("<div class=\"work\">\n");
    body.push_str(&tree::contents(&tools));
    body.push_str("<main id=\"items\" tabindex=\"-1\">\n");
    for shown in &tools {
        if several {
            body.push_str(&about::section(shown));
        }
        for entry in &shown.links.entries {
            body.push_str(&entry::entry(shown, entry, items <= MANY));
        }
        if several {
            body.push_str("</section>\n");
        }
    }
    body.push_str(
        "<p class=\"none\" hidden>Nothing here matches the filter.</p>\n</main>\n</div>\n",
    );
    page::document(&title, &format!("{}{STYLE}", page::STYLE), SCRIPT, &body)
}

/// A tool's plan, and where its references lead on the page.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    tool: &'a ToolPlan,
    links: &'a Links<'a>,
}

/// What the script filters by; without one there is nothing to press.
fn filters(tools: &[Shown<'_>]) -> String {
    let mut groups = BTreeSet::new();
    let mut labels = BTreeSet::new();
    let mut states = BTreeSet::new();
    for shown in tools {
        for entry in &shown.links.entries {
            states.extend(entry::states(entry));
            let all = entry::labels(shown.tool, entry.change);
            let (ours, others): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|title| about::is_group(title));
            groups.extend(ours);
            labels.extend(others);
        }
    }
    let same = |title: &str| title.to_owned();
    let word = |state: &str| entry::word(state).to_owned();
    format!(
        "<form class=\"filters\" role=\"search\" hidden>\n\
         <label><span class=\"unseen\">text</span><input name=\"text\" type=\"search\" placeholder=\"Find in titles and texts\" autocomplete=\"off\"></label>\n\
         {}{}{}<span class=\"folds\"><button type=\"button\" name=\"open\">Open all</button>\
         <button type=\"button\" name=\"close\">Fold all</button></span>\n\
         <output aria-live=\"polite\"></output>\n</form>\n",
        select("group", "Every group", &groups, same),
        select("state", "Every change", &states, word),
        select("label", "Every label", &labels, same),
    )
}

/// A choice of one of some values, or of all.
fn select(name: &str, all: &str, values: &BTreeSet<&str>, shown: fn(&str) -> String) -> String {
    let option = |value: &&str| {
        format!("<option value=\"{}\">{}</option>", escape(value), escape(&shown(value)))
    };
    let options: String = values.iter().map(option).collect();
    if options.is_empty() {
        return options;
    }
    format!(
        "<label><span class=\"unseen\">{name}</span><select name=\"{name}\">\
         <option value=\"\">{all}</option>{options}</select></label>\n"
    )
}
