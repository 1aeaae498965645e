//! A status as one page for a browser: figures, what comes next, and a burndown of each tool.
//!
//! Everything from a file or from GitLab passes `page`; nothing runs and nothing is loaded.

use crate::page::{self, Moment, escape};
use crate::status::{
    Counts, Link, Measure, Next, PartStatus, Point, State, Status, Sum, ToolStatus,
};

use super::super::words::shortened;
use super::words::{all, days, figures, lacking, nothing, state, waiting, word_counts};

const STYLE: &str = include_str!("style.css");

/// Renders a status.
#[must_use]
pub fn render(status: &Status) -> String {
    let title = match status.tools.as_slice() {
        [tool] => format!("{}: status", tool.name),
        _ => format!("Status of {}", all(status)),
    };
    let several = status.tools.len() != 1;
    let mut body = format!(
        "<header>\n<p class=\"over\">As {} had it on {}</p>\n",
        escape(&status.target),
        status.today
    );
    if several {
        body.push_str(&format!("<h1>{}</h1>\n", escape(&title)));
        let sums: String = status.measures.iter().map(sum).collect();
        body.push_str(&format!("<div class=\"measures\">{sums}</div>\n"));
    }
    let lacks = status.measures.iter().filter(|sum| sum.lacks());
    let lacks = lacks.map(|sum| format!("<p class=\"mind\">{}</p>\n", escape(&lacking(sum))));
    body.push_str(&lacks.collect::<String>());
    body.push_str("</header>\n<main>\n");
    let level = if several { 2 } else { 1 };
    status.tools.iter().for_each(|one| body.push_str(&tool(one, level)));
    body.push_str("</main>\n");
    page::document(&title, &format!("{}{STYLE}", page::STYLE), "", &body)
}

fn tool(tool: &ToolStatus, level: u8) -> String {
    let name = escape(&tool.name);
    let Some(item) = &tool.item else {
        let none = coded(nothing(tool));
        return format!("<section><h{level}>{name}</h{level}>\n<p>{none}</p></section>\n");
    };
    let none = match tool.measures.is_empty() {
        true => format!("<p>{}</p>\n", coded(nothing(tool))),
        false => String::new(),
    };
    let place = linked(item, &shortened(&item.reference.to_string()));
    let measures: String = tool.measures.iter().map(measure).collect();
    let parts: String = tool.measures.iter().map(parts).collect();
    format!(
        "<section>\n<h{level}>{name} <span class=\"at\">{place}</span></h{level}>\n{none}\
         <div class=\"measures\">{measures}</div>\n{}{parts}</section>\n",
        burndown(&tool.burndown)
    )
}

/// A sentence of ours, with what stands between backticks as code.
fn coded(text: &str) -> String {
    let part = |(n, part): (usize, &str)| match n % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

/// The address of an item, if it is one of the web.
fn linked(link: &Link, text: &str) -> String {
    let is_web = link.url.starts_with("https://") || link.url.starts_with("http://");
    match is_web {
        true => format!("<a href=\"{}\">{}</a>", escape(&link.url), escape(text)),
        false => escape(text),
    }
}

fn sum(sum: &Sum) -> String {
    format!("<div class=\"measure\">{}</div>\n", figures_of(sum))
}

fn measure(measure: &Measure) -> String {
    let mut out = format!("<div class=\"measure\">{}", figures_of(&measure.sum));
    if let Some(due) = &measure.due {
        out.push_str(&format!("<p class=\"about\">Due {}, {}</p>\n", due.day, days(due.days)));
    }
    if !measure.next.is_empty() {
        let next: String = measure.next.iter().map(next).collect();
        let more = match measure.next_more {
            0 => String::new(),
            n => format!("<li class=\"about\">and {n} more</li>"),
        };
        out.push_str(&format!("<p class=\"word\">Next</p><ul>{next}{more}</ul>\n"));
    }
    out + "</div>\n"
}

fn figures_of(sum: &Sum) -> String {
    let bar = if sum.in_flight.is_none() { bar(&sum.counts) } else { String::new() };
    let words = sum.by.as_ref().map(|by| {
        let (field, words) = (escape(&by.field), escape(&word_counts(by)));
        format!("<p class=\"about\">{field}: {words}</p>\n")
    });
    format!(
        "<h3>{}</h3>\n{bar}<p>{}</p>\n{}",
        escape(&sum.title),
        escape(&figures(sum).join(" ")),
        words.unwrap_or_default()
    )
}

/// What is done and what was given up, of all; the figures beside it say the same.
fn bar(counts: &Counts) -> String {
    let part = |n: usize| (n * 1000).checked_div(counts.total).unwrap_or(0);
    let (done, settled) = (part(counts.done), part(counts.done + counts.dropped));
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"rest\" width=\"1000\" height=\"10\"/><rect class=\"dropped\" width=\"{settled}\" height=\"10\"/>\
         <rect class=\"done\" width=\"{done}\" height=\"10\"/></svg>\n"
    )
}

fn next(next: &Next) -> String {
    let about = waiting(next).map(|text| format!(", {text}")).unwrap_or_default();
    let title = linked(&next.link, &next.link.title);
    let place = shortened(&next.link.reference.to_string());
    format!("<li>{title} <span class=\"about\">{}{about}</span></li>", escape(&place))
}

/// Everything that a measure counts, folded away.
fn parts(measure: &Measure) -> String {
    let flight = measure.sum.in_flight.is_some();
    let row = |part: &PartStatus| {
        let title = match &part.item {
            Some(item) => linked(item, &part.title),
            None => escape(&part.title),
        };
        let words = [part.word.as_deref(), part.in_flight.then_some("in flight")];
        let words: Vec<String> = words.into_iter().flatten().map(escape).collect();
        format!(
            "<tr class=\"{0}\"><td>{1}</td><td>{title}</td><td>{2}</td></tr>\n",
            class(part.state),
            state(part.state),
            words.join(", ")
        )
    };
    let shown = measure.parts.iter().filter(|part| !flight || part.in_flight);
    let rows: String = shown.map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<details><summary>{}, one by one</summary>\n<div class=\"scroll\"><table><tbody>{rows}</tbody></table></div></details>\n",
        escape(&measure.sum.title)
    )
}

fn class(state: State) -> &'static str {
    match state {
        State::Done => "done",
        State::Dropped => "dropped",
        State::Blocked => "blocked",
        State::Open | State::Missing => "open",
    }
}

fn burndown(points: &[Point]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let days = |point: &Point| {
        let hours = point.day.duration_since(first.day).as_hours();
        u32::try_from(hours / 24).unwrap_or(0)
    };
    let moment = |point: &Point| Moment {
        day: days(point),
        open: number(point.open),
        total: number(point.total),
    };
    let moments: Vec<Moment> = points.iter().map(moment).collect();
    let picture = page::burndown(&moments, &first.day.to_string(), &last.day.to_string());
    format!("<h3>Items, open and in all</h3>\n{picture}")
}
