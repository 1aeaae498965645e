//! How far tools are, for people: a bar and a sentence for each measure.
//!
//! What a bar shows stands beside it in words; colour only helps.

pub mod html;
pub mod json;
pub mod markdown;
mod words;

use unicode_width::UnicodeWidthStr;

use crate::status::{Counts, Due, Measure, Next, Status, Sum, ToolStatus};

use super::clean::{clean_line, fit};
use super::plan::Look;
use super::words::{
    ADDED, BOLD, CHANGED, DIM, REMOVED, linked, paragraph, rows, shortened, styled,
};
use words::{days, figures, lacking, nothing, waiting, word_counts};

/// Columns between what stands side by side.
const GAP: usize = 2;
/// Columns of a bar where there is room, and where there is little.
const BAR: (usize, usize) = (24, 12);
/// From how many columns on there is room.
const WIDE: usize = 100;
/// The least and the most columns that the titles of measures take.
const TITLE: (usize, usize) = (8, 26);
/// By how much the words below a title stand in.
const INDENT: usize = 2;

/// Renders a status: of several tools their sum first.
#[must_use]
pub fn render(status: &Status, look: Look) -> String {
    let sums = status.tools.iter().flat_map(|tool| &tool.measures).map(|measure| &measure.sum);
    let titles = sums.flat_map(|sum| {
        let field = sum.by.as_ref().map(|by| clean_line(&by.field).width() + INDENT);
        [Some(clean_line(&sum.title).width()), field]
    });
    let columns = Columns {
        look,
        title: titles.flatten().max().unwrap_or(0).min(look.width / 4).clamp(TITLE.0, TITLE.1),
        bar: if look.width < WIDE { BAR.1 } else { BAR.0 },
    };
    let mut out = String::new();
    if status.tools.len() > 1 {
        out.push_str(&format!("{}\n", styled(BOLD, &words::all(status))));
        status.measures.iter().for_each(|sum| columns.sum(&mut out, sum));
        out.push('\n');
    }
    let tools: Vec<String> = status.tools.iter().map(|tool| columns.tool(tool)).collect();
    out.push_str(&tools.join("\n"));
    for sum in status.measures.iter().filter(|sum| sum.lacks()) {
        let line = rows(clean_line(&lacking(sum)).split(' '), look.width).join("\n");
        out.push_str(&format!("\n{}\n", styled(CHANGED, &line)));
    }
    out
}

/// How wide what stands side by side is.
struct Columns {
    look: Look,
    title: usize,
    bar: usize,
}

impl Columns {
    fn tool(&self, tool: &ToolStatus) -> String {
        let name = fit(&clean_line(&tool.name), self.look.width);
        let Some(item) = &tool.item else {
            return format!("{}\n{}", styled(BOLD, &name), self.says(nothing(tool)));
        };
        let place = clean_line(&shortened(&item.reference.to_string()));
        let place = match name.width() + GAP + place.width() <= self.look.width {
            true => format!("  {}", styled(DIM, &self.link(&item.url, &place))),
            false => String::new(),
        };
        let mut out = format!("{}{place}\n", styled(BOLD, &name));
        tool.measures.iter().for_each(|measure| self.measure(&mut out, measure));
        if tool.measures.is_empty() {
            out.push_str(&self.says(nothing(tool)));
        }
        out
    }

    /// A sentence below a tool's name.
    fn says(&self, text: &str) -> String {
        paragraph(text, INDENT, self.look.width)
    }

    fn measure(&self, out: &mut String, measure: &Measure) {
        self.sum(out, &measure.sum);
        if let Some(due) = &measure.due {
            self.below(out, "due", &styled_due(*due, &measure.sum.counts));
        }
        for (n, row) in self.next(&measure.next).into_iter().enumerate() {
            self.below(out, if n == 0 { "next" } else { "" }, &row);
        }
        if measure.next_more > 0 {
            self.below(out, "", &styled(DIM, &format!("and {} more", measure.next_more)));
        }
    }

    /// The bar of a measure and its figures, on as many rows as it takes.
    fn sum(&self, out: &mut String, sum: &Sum) {
        let title = fit(&clean_line(&sum.title), self.title);
        let title = format!("{title}{}", " ".repeat(self.title.saturating_sub(title.width())));
        let start = if sum.in_flight.is_none() { self.bar + GAP } else { 0 };
        let bar = match sum.in_flight {
            None => format!("{}  ", bar(&sum.counts, self.bar)),
            Some(_) => String::new(),
        };
        let indent = 2 + self.title + GAP;
        let room = self.look.width.saturating_sub(indent + start).max(16);
        let figures = figures(sum);
        let lines = rows(figures.iter().map(String::as_str), room);
        let lines = lines.join(&format!("\n{}", " ".repeat(indent + start)));
        out.push_str(&format!("  {title}  {bar}{lines}\n"));
        if let Some(by) = &sum.by {
            let counts = clean_line(&word_counts(by));
            let lines = rows(counts.split(' '), self.room());
            lines.iter().enumerate().for_each(|(n, line)| {
                self.below(out, if n == 0 { &by.field } else { "" }, line);
            });
        }
    }

    /// Columns that a line below a measure has.
    fn room(&self) -> usize {
        self.look.width.saturating_sub(2 + self.title + GAP).max(16)
    }

    /// A line below a measure, its word under the measure's title.
    fn below(&self, out: &mut String, word: &str, line: &str) {
        let columns = self.title - INDENT;
        let word = fit(&clean_line(word), columns);
        let gap = " ".repeat(columns.saturating_sub(word.width()));
        out.push_str(&format!("    {}{gap}  {line}\n", styled(DIM, &word)));
    }

    /// What comes next, each on one row if it fits, with its place behind the last.
    fn next(&self, all: &[Next]) -> Vec<String> {
        let room = self.room();
        let one = |next: &Next, long: bool| {
            let reference = &next.link.reference;
            let place = match long {
                true => clean_line(&shortened(&reference.to_string())),
                false => format!("{}{}", reference.sigil, reference.iid),
            };
            (clean_line(&next.link.title), place, about(next))
        };
        let fits = |(title, place, about): &(String, String, String)| {
            !self.look.cut || title.width() + GAP + place.width() + about.width() <= room
        };
        let long = all.iter().all(|next| fits(&one(next, true)));
        let row = |next: &Next| {
            let parts = one(next, long);
            let on_one_row = fits(&parts);
            let (title, place, about) = parts;
            let columns = GAP + place.width() + about.width();
            let place = styled(DIM, &format!("{}{about}", self.link(&next.link.url, &place)));
            if on_one_row {
                return vec![format!("{title}  {place}")];
            }
            let mut title = rows(title.split(' '), room);
            title.iter_mut().for_each(|row| *row = fit(row, room));
            match title.last_mut().filter(|last| last.width() + columns <= room) {
                Some(last) => last.push_str(&format!("  {place}")),
                None => title.push(place),
            }
            title
        };
        all.iter().flat_map(row).collect()
    }

    fn link(&self, url: &str, text: &str) -> String {
        if self.look.links { linked(url, text) } else { text.to_owned() }
    }
}

/// Who waits for what comes next, as it stands behind its place.
fn about(next: &Next) -> String {
    waiting(next).map(|text| format!(", {text}")).unwrap_or_default()
}

/// A bar: what is done, what was given up, and the rest.
fn bar(counts: &Counts, columns: usize) -> String {
    let part = |n: usize| (n * columns).checked_div(counts.total).unwrap_or(0);
    let done = part(counts.done);
    let settled = part(counts.done + counts.dropped);
    format!(
        "{}{}{}",
        styled(ADDED, &"█".repeat(done)),
        styled(DIM, &"▒".repeat(settled - done)),
        styled(DIM, &"░".repeat(columns - settled))
    )
}

fn styled_due(due: Due, counts: &Counts) -> String {
    let late = due.days < 0 && counts.done + counts.dropped < counts.total;
    let text = format!("{}, {}", due.day, days(due.days));
    if late { styled(REMOVED, &text) } else { text }
}
