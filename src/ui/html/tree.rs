//! The contents of the page: each tool's items as a tree of links.

use crate::page::escape;
use crate::plan::Subject;

use super::entry::{mark, word};
use super::links::Entry;
use super::{Shown, about};

/// Renders the contents.
pub(super) fn contents(tools: &[Shown<'_>]) -> String {
    let mut out = String::from(
        "<nav aria-label=\"Items\"><details class=\"contents\" open><summary>Contents</summary>\n",
    );
    for shown in tools {
        if tools.len() > 1 {
            out.push_str(&format!(
                "<h2><a href=\"#{}\">{}</a></h2>\n",
                escape(&about::anchor(shown.tool)),
                escape(&shown.tool.desired.name)
            ));
        }
        out.push_str(&tree(shown));
    }
    out.push_str("</details></nav>\n");
    out
}

fn tree(shown: &Shown<'_>) -> String {
    let mut out = String::from("<ul>");
    let mut depth = 0;
    let entries = &shown.links.entries;
    for (at, entry) in entries.iter().enumerate() {
        let next = entries.get(at + 1).map_or(0, |next| next.change.depth);
        let wanted = entry.change.depth.min(depth);
        while depth > wanted {
            out.push_str("</ul></details></li>");
            depth -= 1;
        }
        let line = line(shown, entry);
        if next > entry.change.depth {
            out.push_str(&format!("<li><details open><summary>{line}</summary><ul>"));
            depth += 1;
        } else {
            out.push_str(&format!("<li>{line}</li>\n"));
        }
    }
    while depth > 0 {
        out.push_str("</ul></details></li>");
        depth -= 1;
    }
    out.push_str("</ul>\n");
    out
}

fn line(shown: &Shown<'_>, entry: &Entry<'_>) -> String {
    let change = entry.change;
    let title = match change.subject {
        Subject::Comment => "Comment",
        Subject::TableRow => "Row in the table",
        Subject::Label => change.key.as_str(),
        Subject::Node(_) => change.title.as_str(),
    };
    let name = &shown.tool.desired.name;
    // Under the tool's own heading its name says nothing.
    let short = title.strip_prefix(name.as_str()).unwrap_or(title).trim_start_matches([':', ' ']);
    let short = if short.is_empty() { title } else { short };
    let mark = mark(entry);
    format!(
        "<a class=\"{mark}\" href=\"#{}\" title=\"{}: {}\"><span class=\"unseen\">{}: </span>{}</a>",
        escape(&entry.anchor),
        escape(word(mark)),
        escape(title),
        escape(word(mark)),
        escape(short)
    )
}
