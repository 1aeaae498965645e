//! The tree of all items, or of those of one group or project.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::page::escape;

use super::super::store::{Id, Item, Kind, Notification, Place, QuickActionRun};
use super::super::{hierarchy, places, references};
use super::ask::Pairs;
use super::look::{Look, count, time};
use super::{frame, search};

/// Rows of one page of the tree; what lies deeper is found on the items' own pages.
const ROWS: usize = 1000;
/// Items without a parent on one page.
const ROOTS: usize = 100;
/// Trees of up to so many rows are open from the start.
const OPEN: usize = 200;
/// Notifications and quick actions shown.
const LATELY: usize = 20;

/// Makes the page.
pub(super) fn page(look: &Look, asked: &Pairs, place: Option<Id>) -> String {
    let scope = place.map(|place| places::with_descendants(&look.world, place));
    let here = |item: &Item| scope.as_ref().is_none_or(|scope| scope.contains(&item.place));
    let items: Vec<(Id, &Item)> = look.items().filter(|(_, item)| here(item)).collect();
    let name = place.map_or("All groups", |place| look.path(place));
    let inside = if search::is_asked(asked) {
        search::results(look, &items, asked)
    } else {
        forest(look, &items, asked)
    };
    let body = format!(
        "<h1>{}</h1>\n<p class=\"sums\">{}</p>\n<div class=\"columns\">\n\
         <div class=\"tree\">\n{inside}{}</div>\n<aside>\n{}</aside>\n</div>\n",
        escape(name),
        sums(&items),
        empty_places(look, scope.as_deref()),
        lately(look),
    );
    let path = place.map_or_else(String::new, |place| look.place_path(place));
    frame::page(look, name, &format!("{path}{}", asked.query()), &body)
}

fn sums(items: &[(Id, &Item)]) -> String {
    let of = |kinds: &[Kind]| items.iter().filter(|(_, item)| kinds.contains(&item.kind)).count();
    let closed = items.iter().filter(|(_, item)| item.closed_at.is_some()).count();
    format!(
        "{}, {}, {} · {} open, {closed} closed",
        count(of(&[Kind::Epic]), "epic"),
        count(of(&[Kind::Issue, Kind::Incident]), "issue"),
        count(of(&[Kind::Task]), "task"),
        items.len() - closed,
    )
}

/// Items below their parents, the uppermost by place.
fn forest(look: &Look, items: &[(Id, &Item)], asked: &Pairs) -> String {
    let known: BTreeSet<Id> = items.iter().map(|(id, _)| *id).collect();
    let is_root = |item: &Item| item.parent.is_none_or(|parent| !known.contains(&parent));
    let mut roots: Vec<(&str, Id)> = items
        .iter()
        .filter(|(_, item)| is_root(item))
        .map(|(id, item)| (look.path(item.place), *id))
        .collect();
    roots.sort_unstable();
    let pages = roots.len().div_ceil(ROOTS).max(1);
    let page = asked.page().min(pages);
    let shown = &roots[(page - 1) * ROOTS..roots.len().min(page * ROOTS)];
    let rows = Rows::of(look, shown.iter().map(|(_, id)| *id));
    let mut by_place: BTreeMap<(&str, Id), String> = BTreeMap::new();
    for (path, id) in shown {
        if let Some(item) = look.world.items.get(*id) {
            by_place
                .entry((path, item.place))
                .or_default()
                .push_str(&rows.node(*id, item.place, 0));
        }
    }
    let section = |((_, place), nodes): ((&str, Id), String)| {
        format!("<section>\n<h2>{}</h2>\n<ul>\n{nodes}</ul>\n</section>\n", look.place_link(place))
    };
    let pager = frame::pager(page, pages, &|page| asked.with("page", &page.to_string()));
    by_place.into_iter().map(section).chain([pager]).collect()
}

/// The rows of one page, level by level until there are enough.
struct Rows<'a> {
    look: &'a Look,
    shown: BTreeSet<Id>,
}

impl<'a> Rows<'a> {
    fn of(look: &'a Look, roots: impl Iterator<Item = Id>) -> Self {
        let mut shown = BTreeSet::new();
        let mut next: VecDeque<Id> = roots.collect();
        while let Some(id) = next.pop_front() {
            if shown.len() >= ROWS && look.world.items.get(id).is_some_and(|i| i.parent.is_some()) {
                continue;
            }
            if shown.insert(id) {
                next.extend(children(look, id));
            }
        }
        Self { look, shown }
    }

    fn node(&self, id: Id, from: Id, depth: usize) -> String {
        let row = row(self.look, id, Some(from));
        let below = children(self.look, id);
        if below.is_empty() {
            return format!("<li>{row}</li>\n");
        }
        let place = self.look.world.items.get(id).map_or(from, |item| item.place);
        let mut nodes = String::new();
        let (shown, hidden): (Vec<Id>, Vec<Id>) =
            below.iter().partition(|child| self.shown.contains(child));
        for child in shown {
            nodes.push_str(&self.node(child, place, depth + 1));
        }
        if !hidden.is_empty() {
            let href = escape(&self.look.url(id));
            nodes.push_str(&format!("<li><a href=\"{href}\">{} more</a></li>\n", hidden.len()));
        }
        let open = if self.shown.len() <= OPEN || depth == 0 { " open" } else { "" };
        let key = escape(&self.look.reference(id, None));
        format!(
            "<li><details data-key=\"{key}\"{open}><summary>{row}</summary>\n\
             <ul>\n{nodes}</ul></details></li>\n"
        )
    }
}

/// Lists the children that members see, from the top.
pub(super) fn children(look: &Look, id: Id) -> Vec<Id> {
    let Some(item) = look.world.items.get(id) else {
        return Vec::new();
    };
    hierarchy::children(&look.world, &look.config, item).filter(|id| look.sees(*id)).collect()
}

/// One item in a line: what it is, its labels, how far it is.
pub(super) fn row(look: &Look, id: Id, from: Option<Id>) -> String {
    let Some(item) = look.world.items.get(id) else {
        return String::new();
    };
    let below = children(look, id);
    let closed = |id: &&Id| look.world.items.get(**id).is_some_and(|item| item.closed_at.is_some());
    let mut marks = String::new();
    if item.confidential {
        marks.push_str(" <span class=\"mark\">confidential</span>");
    }
    if !below.is_empty() {
        let done = below.iter().filter(closed).count();
        let title = format!("{done} of {} children are closed", below.len());
        marks.push_str(&format!(
            " <span class=\"mark\" title=\"{title}\">{done}/{}</span>",
            below.len()
        ));
    }
    if let Some(weight) = item.weight {
        marks.push_str(&format!(" <span class=\"mark\" title=\"Weight\">weight {weight}</span>"));
    }
    let assignees = item.assignees.iter().map(|user| format!(" {}", look.user(*user)));
    marks.extend(assignees);
    let labels = look.labels(item);
    if !labels.is_empty() {
        marks.push_str(&format!(" <span class=\"labels\">{labels}</span>"));
    }
    format!("<span class=\"row\">{}{marks}</span>", look.item_link(id, from))
}

/// Groups and projects without an item, so that one sees that they are there.
fn empty_places(look: &Look, scope: Option<&[Id]>) -> String {
    let used: BTreeSet<Id> = look.items().map(|(_, item)| item.place).collect();
    let above = |place: &Place| {
        used.iter().any(|id| look.path(*id).starts_with(&format!("{}/", place.path)))
    };
    let empty = look.world.places.iter().filter(|(id, place)| {
        let inside = scope.is_none_or(|scope| scope.contains(id));
        inside && look.sees_place(*id) && !used.contains(id) && !above(place)
    });
    let links: Vec<String> = empty.take(ROOTS).map(|(id, _)| look.place_link(id)).collect();
    match links.is_empty() {
        true => String::new(),
        false => format!("<p class=\"quiet\">No items yet in {}.</p>\n", links.join(", ")),
    }
}

/// Who was told lately, and what GitLab took for quick actions.
fn lately(look: &Look) -> String {
    let mut out = String::from("<section>\n<h2>Notified lately</h2>\n");
    let told: Vec<_> = look.world.notifications.iter().rev().take(LATELY).collect();
    if told.is_empty() {
        out.push_str("<p class=\"quiet\">Nobody.</p>\n");
    } else {
        let line = |told: &Notification| {
            let (who, by) = (look.person(&told.user), look.person(&told.by));
            format!(
                "<li>{who} {} {} by {by} {}</li>\n",
                escape(&told.cause),
                named(look, &told.item),
                time(told.at)
            )
        };
        let lines: String = told.iter().map(|(_, told)| line(told)).collect();
        out.push_str(&format!("<ul class=\"lately\">\n{lines}</ul>\n"));
    }
    out.push_str("</section>\n");
    let run: Vec<_> = look.world.quick_actions.iter().rev().take(LATELY).collect();
    if !run.is_empty() {
        let line = |run: &QuickActionRun| {
            let (who, item) = (look.person(&run.user), named(look, &run.item));
            format!("<li><code>{}</code> {item} by {who}</li>\n", escape(&run.command))
        };
        let lines: String = run.iter().map(|(_, run)| line(run)).collect();
        out.push_str(&format!(
            "<section>\n<h2>Quick actions run</h2>\n<ul class=\"lately\">\n{lines}</ul>\n</section>\n"
        ));
    }
    out
}

/// Where something happened, by full reference.
fn named(look: &Look, reference: &str) -> String {
    match references::find(&look.world, reference, "") {
        Some(id) => format!("in {}", look.item_link(id, None)),
        None => format!("in {}", escape(reference)),
    }
}
