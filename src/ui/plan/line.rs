//! The line of a node, a label or a row: what it is on the left, where it is and who is told on the right.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::plan::{Action, Change, Subject, ToolPlan};
use crate::tree::DesiredNode;

use super::super::clean::{clean_line, fit};
use super::super::words::{ADDED, CHANGED, DIM, REMOVED, linked, rows, shortened, styled};
use super::fields::tilde;
use super::{Look, MARGIN, is_shown};

/// Columns between what stands left and right.
const GAP: usize = 2;
/// The least that is left of a title.
const TITLE: usize = 16;

/// The lines of one tool.
pub(super) struct Lines<'p> {
    look: Look,
    nodes: BTreeMap<&'p str, &'p DesiredNode>,
    /// The column at which all lines end: no further right than the longest needs.
    edge: usize,
}

/// What a line says, arranged in the columns there are.
struct Parts {
    title: String,
    /// Left of the place.
    about: String,
    place: String,
    /// Who is told, where there is no room beside the title: no name is ever cut off.
    below: String,
}

impl<'p> Lines<'p> {
    pub(super) fn of(tool: &'p ToolPlan, look: Look) -> Self {
        let nodes = tool.desired.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
        let mut lines = Self { look, nodes, edge: look.width };
        let shown = tool.changes.iter().filter(|change| is_shown(change, look));
        let longest = shown.map(|change| {
            let place = places(change).swap_remove(0);
            let right = [&lines.about_new(change)[..], &[told(change), place]].concat();
            start(change).width() + title(change).width() + GAP + beside(&right).width()
        });
        lines.edge = longest.max().unwrap_or_default().min(look.width);
        lines
    }

    /// Renders the line of a change.
    pub(super) fn line(&self, out: &mut String, change: &Change) {
        let style = match change.action {
            Action::Create | Action::Comment => ADDED,
            Action::Update | Action::Adopt | Action::Wait => CHANGED,
            Action::Close => REMOVED,
            Action::Record | Action::None => DIM,
        };
        let (glyph, style) = match change.conflicts.is_empty() {
            true => (change.action.glyph(), style),
            false => ('!', REMOVED),
        };
        let start = start(change);
        let room = |edge: usize| edge.saturating_sub(start.width()).max(TITLE + GAP);
        let Parts { title, about, place, below } = self.arrange(change, room(self.look.width));
        let right_width = beside(&[&about, &place]).width();
        let gap = match right_width {
            0 => 0,
            width => room(self.edge).saturating_sub(title.width() + width).max(GAP),
        };
        let link = |text: &str| match change.url.as_deref().filter(|_| self.look.links) {
            Some(url) => linked(url, text),
            None => text.to_owned(),
        };
        let right = styled(DIM, &beside(&[&about, &link(&place)]));
        let glyph = styled(style, &glyph.to_string());
        let (margin, start) = start.split_at(2);
        let (title, gap) = (link(&title), " ".repeat(gap));
        out.push_str(&format!("{margin}{glyph}{}{title}{gap}{right}\n", &start[1..]));
        for row in rows(below.split_whitespace(), self.look.width.saturating_sub(MARGIN.len())) {
            out.push_str(&format!("{MARGIN}{}\n", styled(DIM, &row)));
        }
    }

    /// What is told of a new item gives way first, then the path of a place, then the end of a title.
    fn arrange(&self, change: &Change, room: usize) -> Parts {
        let (title, told, places) = (title(change), told(change), places(change));
        let fits = |parts: &[&str]| {
            let right = beside(parts).width();
            title.width() + right + if right == 0 { 0 } else { GAP } <= room
        };
        let tried = if self.look.cut { places.len() } else { 1 };
        if let Some(place) = places.iter().take(tried).find(|place| fits(&[&told, place])) {
            let mut about = String::new();
            for part in self.about_new(change) {
                let more = beside(&[&about, &part]);
                if fits(&[&more, &told, place]) {
                    about = more;
                }
            }
            let (about, place) = (beside(&[&about, &told]), place.clone());
            return Parts { title, about, place, below: String::new() };
        }
        if !self.look.cut {
            let place = places.into_iter().next().unwrap_or_default();
            return Parts { title, about: told, place, below: String::new() };
        }
        let place = places.iter().find(|place| fits(&[place])).or(places.last());
        let place = place.cloned().unwrap_or_default();
        let for_place = if place.is_empty() { 0 } else { place.width() + GAP };
        let title = fit(&title, room.saturating_sub(for_place).max(room / 2).max(TITLE));
        let place = fit(&place, room.saturating_sub(title.width() + GAP));
        Parts { title, about: String::new(), place, below: told }
    }

    /// What the tool file says of a new item beside its title.
    fn about_new(&self, change: &Change) -> Vec<String> {
        let node = self.nodes.get(change.key.as_str()).filter(|_| change.action == Action::Create);
        let Some(DesiredNode { labels, weight, due, .. }) = node else {
            return Vec::new();
        };
        let weight = weight.map(|weight| format!("weight {weight}"));
        let due = due.map(|due| format!("due {due}"));
        let labels = labels.shared.iter().map(|title| clean_line(&tilde(title)));
        weight.into_iter().chain(due).chain(labels).collect()
    }
}

/// Those that say something, side by side.
fn beside(parts: &[impl AsRef<str>]) -> String {
    let parts: Vec<&str> =
        parts.iter().map(AsRef::as_ref).filter(|part| !part.is_empty()).collect();
    parts.join(&" ".repeat(GAP))
}

/// What stands before a title; the margin is blank, the mark is put into it.
fn start(change: &Change) -> String {
    let word = if change.subject == Subject::TableRow { "row" } else { change.subject.as_str() };
    format!("    {}{word:<6} ", "  ".repeat(change.depth))
}

fn title(change: &Change) -> String {
    clean_line(if change.title.is_empty() { &change.key } else { &change.title })
}

/// Where it is or goes and what it waits for, in ever fewer columns.
fn places(change: &Change) -> Vec<String> {
    let (path, number) = match (&change.reference, change.subject) {
        (Some(reference), _) => (reference.to_string(), Some(reference)),
        (None, Subject::Label) => (change.namespace.clone(), None),
        (None, Subject::Node(_) | Subject::Comment | Subject::TableRow) => {
            return vec![String::new()];
        }
    };
    let last = path.rsplit('/').next().filter(|last| last.len() < path.len());
    let number = number.map(|reference| format!("{}{}", reference.sigil, reference.iid));
    let short = [last.map(|last| format!("…/{last}")), number];
    let before = match (change.action, &change.reference) {
        (Action::Wait, Some(_)) => "looks the same, wants --adopt ",
        (_, None) => "in ",
        (_, Some(_)) => "",
    };
    let all = std::iter::once(shortened(&path)).chain(short.into_iter().flatten());
    all.map(|place| clean_line(&format!("{before}{place}"))).collect()
}

/// Who would be notified.
pub(super) fn told(change: &Change) -> String {
    let names: Vec<String> =
        change.notifies().into_iter().map(|name| clean_line(&format!("@{name}"))).collect();
    if names.is_empty() { String::new() } else { format!("notifies {}", names.join(" ")) }
}
