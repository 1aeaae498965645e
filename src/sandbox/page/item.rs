//! The page of one item: what it says, where it stands, what happened to it, and the forms that
//! change it.

use crate::page::escape;

use super::super::store::{Id, Item, Link, LinkKind};
use super::super::{hierarchy, references, text};
use super::ask::{Pairs, address};
use super::look::{Look, kind, time};
use super::{activity, form, frame, tree};

/// Children on one page.
const CHILDREN: usize = 200;

/// Makes the page; `failed` holds a form that was refused, and why.
pub(super) fn page(look: &Look, id: Id, asked: &Pairs, failed: Option<(&Pairs, &str)>) -> String {
    let Some(item) = look.world.items.get(id) else {
        return frame::page(look, "Not found", "", "");
    };
    let typed = |deed: &str| failed.map(|(sent, _)| sent).filter(|sent| sent.one("deed") == deed);
    let body = format!(
        "{}{}<div class=\"columns\">\n<div class=\"item\">\n{}{}{}{}{}\
         <section class=\"activity\"><h2>Activity</h2>\n{}{}</section>\n</div>\n\
         <aside>\n{}{}</aside>\n</div>\n",
        crumbs(look, id, item),
        head(look, id, item),
        failed.map_or_else(String::new, |(_, reason)| frame::notice(reason)),
        description(look, id, item),
        form::edit(look, id, item, typed("edit")),
        children(look, id, item, asked, typed("child")),
        links(look, item),
        activity::list(look, id, item, asked, typed("comment")),
        form::comment(look, id, None, typed("comment")),
        form::state(look, id, item),
        facts(look, id, item),
    );
    let title = format!("{} ({})", item.title, look.reference(id, None));
    let here = references::web_path(&look.world, item);
    frame::page(look, &title, &here, &body)
}

fn crumbs(look: &Look, id: Id, item: &Item) -> String {
    let mut above = hierarchy::ancestors(&look.world, id);
    above.reverse();
    let parents = above.into_iter().map(|above| look.item_link(above, Some(item.place)));
    let parts: Vec<String> = std::iter::once(look.place_link(item.place)).chain(parents).collect();
    let parts = parts.iter().map(|part| format!("<li>{part}</li>")).collect::<String>();
    format!("<nav class=\"crumbs\" aria-label=\"Above\"><ol>{parts}</ol></nav>\n")
}

fn head(look: &Look, id: Id, item: &Item) -> String {
    let mut marks = vec![kind(item)];
    let state = if item.closed_at.is_some() { "closed" } else { "open" };
    marks.push(format!("<span class=\"state {state}\">{state}</span>"));
    if item.confidential {
        marks.push("<span class=\"mark\">confidential</span>".to_owned());
    }
    marks.push(format!("<span class=\"reference\">{}</span>", escape(&look.reference(id, None))));
    if let Some(to) = item.moved_to {
        marks.push(format!("moved to {}", look.item_link(to, None)));
    }
    format!("<h1>{}</h1>\n<p class=\"marks\">{}</p>\n", escape(&item.title), marks.join(" "))
}

fn description(look: &Look, id: Id, item: &Item) -> String {
    if item.description.is_empty() {
        return "<p class=\"quiet\">No description.</p>\n".to_owned();
    }
    let url = escape(&look.url(id));
    format!(
        "<form id=\"flip\" method=\"post\" action=\"{url}\" data-key=\"flip\">\
         <input type=\"hidden\" name=\"deed\" value=\"flip\">\
         <input type=\"hidden\" name=\"seen\" value=\"{}\"></form>\n\
         <div class=\"description\">{}</div>\n\
         <details data-key=\"source\"><summary>Source, with what is hidden</summary>{}</details>\n",
        item.updated_at,
        with_boxes(&look.markdown(&item.description, item.place)),
        look.source(&item.description),
    )
}

/// Makes each task box of a rendered text a button of the form `flip`.
///
/// A text is escaped where it is rendered, so that only real boxes read like one.
fn with_boxes(html: &str) -> String {
    const BOX: &str = "<input type=\"checkbox\"";
    let mut parts = html.split(BOX);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (nth, part) in parts.enumerate() {
        let (attributes, rest) = part.split_once('>').unwrap_or(("", part));
        let checked = attributes.contains("checked=");
        let title = if checked { "Untick" } else { "Tick" };
        out.push_str(&format!(
            "<button form=\"flip\" name=\"box\" value=\"{nth}\" class=\"box\" role=\"checkbox\" \
             aria-checked=\"{checked}\" title=\"{title}\"></button>{rest}"
        ));
    }
    out
}

fn children(look: &Look, id: Id, item: &Item, asked: &Pairs, typed: Option<&Pairs>) -> String {
    let all = tree::children(look, id);
    let form = form::child(look, id, item, typed);
    if all.is_empty() && form.is_empty() {
        return String::new();
    }
    let is_closed =
        |id: &Id| look.world.items.get(*id).is_some_and(|item| item.closed_at.is_some());
    let done = all.iter().filter(|id| is_closed(id)).count();
    let pages = all.len().div_ceil(CHILDREN).max(1);
    let page = asked.page().min(pages);
    let shown = all.iter().skip((page - 1) * CHILDREN).take(CHILDREN);
    let line = |child: &Id| {
        let state = if is_closed(child) { "closed" } else { "open" };
        let row = tree::row(look, *child, Some(item.place));
        format!("<li><span class=\"dot {state}\" title=\"{state}\"></span>{row}</li>\n")
    };
    let lines: String = shown.map(line).collect();
    let list =
        if lines.is_empty() { lines } else { format!("<ul class=\"rows\">\n{lines}</ul>\n") };
    let to = |page: usize| address(&look.url(id), &[("page", &page.to_string())]);
    format!(
        "<section>\n<h2>Children <span class=\"quiet\">{done} of {} closed</span></h2>\n\
         {list}{}{form}</section>\n",
        all.len(),
        frame::pager(page, pages, &to),
    )
}

fn links(look: &Look, item: &Item) -> String {
    if item.links.is_empty() {
        return String::new();
    }
    let kinds = [
        (LinkKind::Blocks, "blocks"),
        (LinkKind::BlockedBy, "is blocked by"),
        (LinkKind::Related, "relates to"),
    ];
    let line = |link: &Link| format!("<li>{}</li>\n", tree::row(look, link.to, Some(item.place)));
    let group = |(kind, how): (LinkKind, &str)| {
        let lines: String = item.links.iter().filter(|link| link.kind == kind).map(line).collect();
        match lines.is_empty() {
            true => lines,
            false => format!("<h3>{how}</h3>\n<ul class=\"rows\">\n{lines}</ul>\n"),
        }
    };
    let groups: String = kinds.into_iter().map(group).collect();
    format!("<section class=\"links\">\n<h2>Linked items</h2>\n{groups}</section>\n")
}

/// What the sidebar says.
fn facts(look: &Look, id: Id, item: &Item) -> String {
    let none = || "<span class=\"quiet\">none</span>".to_owned();
    let or_none = |text: String| if text.is_empty() { none() } else { text };
    let people = item.assignees.iter().map(|user| look.user(*user)).collect::<Vec<_>>();
    let parent = item.parent.map(|parent| look.item_link(parent, Some(item.place)));
    let milestone = item.milestone.and_then(|row| look.world.milestones.get(row));
    let date = |date: &Option<String>| date.as_deref().map_or_else(none, escape);
    let (boxes, ticked) = text::tasks(&item.description);
    let mut facts = vec![
        ("Labels", or_none(look.labels(item))),
        ("Assignees", or_none(people.join(" "))),
        ("Parent", parent.unwrap_or_else(none)),
        ("Milestone", milestone.map_or_else(none, |row| escape(&row.title))),
        ("Weight", item.weight.map_or_else(none, |weight| weight.to_string())),
        ("Dates", format!("{} to {}", date(&item.start), date(&item.due))),
    ];
    if boxes > 0 {
        facts.push(("Task boxes", format!("{ticked} of {boxes} ticked")));
    }
    if let Some(health) = &item.health {
        facts.push(("Health", escape(health)));
    }
    facts.push(("Author", look.user(item.author)));
    facts.push(("Created", time(item.created_at)));
    facts.push(("Changed", time(item.updated_at)));
    facts.push(("Notified", or_none(told(look, id))));
    let rows = facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"));
    format!("<dl class=\"facts\">\n{}</dl>\n", rows.collect::<String>())
}

/// Everyone who was told of the item, each once.
fn told(look: &Look, id: Id) -> String {
    let reference = look.reference(id, None);
    let rows = look.world.notifications.iter().filter(|(_, row)| row.item == reference);
    let names: std::collections::BTreeSet<&str> = rows.map(|(_, row)| &*row.user).collect();
    names.iter().map(|name| look.person(name)).collect::<Vec<_>>().join(" ")
}
