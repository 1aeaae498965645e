//! The first screen: what the tool is, what happens, what lands where, who is asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::{escape, label, person};
use crate::plan::{Action, Change, Plan, Subject, ToolPlan};
use crate::tree::Kind;

use super::super::words::count;
use super::Shown;
use super::entry::wanted;
use super::fields::text;
use super::links::Entry;

/// The scope of labels that name who owns work.
const GROUP: &str = "group::";
/// More than these in a row are only counted.
const LISTED: usize = 6;

/// Tells whether a label names a group.
pub(super) fn is_group(title: &str) -> bool {
    title.starts_with(GROUP)
}

/// The anchor of a tool's section.
pub(super) fn anchor(tool: &ToolPlan) -> String {
    format!("tool-{}", tool.desired.tool)
}

/// Renders the first screen.
pub(super) fn front(plan: &Plan, tools: &[Shown<'_>]) -> String {
    let mut out = String::from("<header class=\"front\">\n");
    let target = match plan.target.as_str() {
        "offline" => "A plan from the files alone, without a look at GitLab".to_owned(),
        target => format!("A plan against {}", escape(target)),
    };
    let caller = plan.caller.as_ref().map(|name| format!(", as {}", person(name)));
    out.push_str(&format!("<p class=\"over\">{target}{}</p>\n", caller.unwrap_or_default()));
    match tools {
        [shown] => {
            let tool = shown.tool;
            out.push_str(&format!("<h1>{}</h1>\n", escape(&tool.desired.name)));
            out.push_str(&format!("<p class=\"lead\">{}</p>\n", escape(&tool.desired.summary)));
            out.push_str(&format!("<p class=\"sums\">{}</p>\n", sums(tool)));
        }
        tools => {
            out.push_str(&format!("<h1>Plan for {}</h1>\n", count(tools.len(), "tool")));
            out.push_str(&overview(tools));
        }
    }
    if tools.len() == 1 {
        tools.iter().for_each(|shown| out.push_str(&notices(shown.tool)));
    }
    let sections = [groups(tools), asked(tools), notified(tools)].concat();
    out.push_str(&format!("<div class=\"sections\">{sections}</div>\n</header>\n"));
    out
}

/// Opens the section of one tool among several.
pub(super) fn section(shown: &Shown<'_>) -> String {
    let tool = shown.tool;
    format!(
        "<section class=\"tool\" id=\"{}\"><h2>{}</h2>\n<p>{}</p>\n<p class=\"sums\">{}</p>\n{}",
        escape(&anchor(tool)),
        escape(&tool.desired.name),
        escape(&tool.desired.summary),
        sums(tool),
        notices(tool)
    )
}

/// One line a tool.
fn overview(tools: &[Shown<'_>]) -> String {
    let row = |shown: &Shown<'_>| {
        let (tool, sum) = (shown.tool, shown.tool.summary());
        let number = |n: usize| if n == 0 { String::new() } else { n.to_string() };
        let numbers = [sum.create, sum.update, sum.comment, sum.drift, sum.conflict];
        let cells: String =
            numbers.iter().map(|n| format!("<td class=\"number\">{}</td>", number(*n))).collect();
        format!(
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>{cells}</tr>\n",
            escape(&anchor(tool)),
            escape(&tool.desired.name)
        )
    };
    let rows: String = tools.iter().map(row).collect();
    format!(
        "<div class=\"scroll\"><table class=\"overview\"><thead><tr><th scope=\"col\">Tool</th><th scope=\"col\">New</th>\
         <th scope=\"col\">Changed</th><th scope=\"col\">Comments</th><th scope=\"col\">Kept</th>\
         <th scope=\"col\">Conflicts</th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n"
    )
}

/// What an apply would do, in a sentence or two.
fn sums(tool: &ToolPlan) -> String {
    let of = |action: Action, subject: Subject| {
        let all = tool.changes.iter();
        all.filter(|change| change.action == action && change.subject == subject).count()
    };
    let kinds = [Kind::Epic, Kind::Issue, Kind::Task];
    let mut does: Vec<String> = Vec::new();
    for (action, verb) in [
        (Action::Create, "create"),
        (Action::Update, "change"),
        (Action::Adopt, "take over"),
        (Action::Close, "close"),
    ] {
        let mut what: Vec<String> = kinds
            .iter()
            .map(|kind| (of(action, Subject::Node(*kind)), kind.as_str()))
            .chain([
                (of(action, Subject::Label), "label"),
                (of(action, Subject::TableRow), "table row"),
            ])
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| count(n, word))
            .collect();
        if let Some(last) = what.pop() {
            let before =
                if what.is_empty() { String::new() } else { format!("{} and ", what.join(", ")) };
            does.push(format!("{verb} {before}{last}"));
        }
    }
    let comments = tool.summary().comment;
    if comments > 0 {
        does.push(format!("post {}", count(comments, "comment")));
    }
    let does = match does.pop() {
        None => "An apply would write nothing people see.".to_owned(),
        Some(last) if does.is_empty() => format!("An apply would {last}."),
        Some(last) => format!("An apply would {}, and {last}.", does.join(", ")),
    };
    let people = match tool.notifies().len() {
        0 => "Nobody would be notified.".to_owned(),
        1 => "One person would be notified.".to_owned(),
        n => format!("{n} people would be notified."),
    };
    let sum = tool.summary();
    let mut also = Vec::new();
    if sum.unchanged + sum.record > 0 {
        also.push(format!("{} as the files want.", is_or_are(sum.unchanged + sum.record, "item")));
    }
    if sum.drift > 0 {
        also.push(format!("What people changed in {} stays.", count(sum.drift, "place")));
    }
    if sum.orphan > 0 {
        also.push(format!("{} no longer wanted, and left alone.", is_or_are(sum.orphan, "item")));
    }
    if sum.conflict > 0 {
        also.push(format!(
            "<strong>{} to be settled.</strong>",
            has_or_have(sum.conflict, "conflict")
        ));
    }
    format!("{does} {people} {}", also.join(" "))
}

fn is_or_are(n: usize, word: &str) -> String {
    format!("{} {}", count(n, word), if n == 1 { "is" } else { "are" })
}

fn has_or_have(n: usize, word: &str) -> String {
    format!("{} {}", count(n, word), if n == 1 { "has" } else { "have" })
}

/// What people should know or decide before an apply.
fn notices(tool: &ToolPlan) -> String {
    let one = |notice: &crate::plan::change::Notice| {
        let (class, word) =
            if notice.blocks { ("blocks", "In the way") } else { ("notice", "To know") };
        format!(
            "<li class=\"{class}\"><strong>{word}:</strong> {}. <span>Next: {}.</span></li>\n",
            escape(&notice.message),
            escape(&notice.hint)
        )
    };
    let list: String = tool.notices.iter().map(one).collect();
    if list.is_empty() { list } else { format!("<ul class=\"notices\">{list}</ul>\n") }
}

/// What lands in a group.
#[derive(Default)]
struct Share {
    kinds: BTreeMap<Kind, u64>,
    new: u64,
    weight: u64,
    /// Questions that name it.
    asked: u64,
}

/// What lands in each group.
fn groups(tools: &[Shown<'_>]) -> String {
    let mut shares: BTreeMap<&str, Share> = BTreeMap::new();
    for tool in tools.iter().map(|shown| shown.tool) {
        for node in &tool.desired.nodes {
            let change = tool.change(&node.key);
            let wanted: BTreeSet<&str> = wanted(node).filter(|title| is_group(title)).collect();
            for group in wanted {
                let share = shares.entry(group).or_default();
                *share.kinds.entry(node.kind).or_default() += 1;
                share.weight += node.weight.unwrap_or(0);
                share.new += u64::from(change.is_some_and(|c| c.action == Action::Create));
            }
        }
    }
    for change in tools.iter().flat_map(|shown| &shown.tool.changes).filter(|c| is_due(c)) {
        for group in groups_named(change) {
            shares.entry(group).or_default().asked += 1;
        }
    }
    if shares.is_empty() {
        return String::new();
    }
    let number = |n: u64| if n == 0 { String::new() } else { n.to_string() };
    let row = |(group, share): (&&str, &Share)| {
        let of = |kind| share.kinds.get(&kind).copied().unwrap_or_default();
        let issues = of(Kind::Issue) + of(Kind::Task);
        let numbers = [of(Kind::Epic), issues, share.new, share.weight, share.asked];
        let cells: String =
            numbers.iter().map(|n| format!("<td class=\"number\">{}</td>", number(*n))).collect();
        format!(
            "<tr><th scope=\"row\"><button type=\"button\" data-group=\"{}\" disabled>{}</button></th>{cells}</tr>\n",
            escape(group),
            label(group),
        )
    };
    let rows: String = shares.iter().map(row).collect();
    format!(
        "<section class=\"groups\"><h2>What lands in your group</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Group</th>\
         <th scope=\"col\">Epics</th><th scope=\"col\">Issues</th><th scope=\"col\">New</th><th scope=\"col\">Weight</th>\
         <th scope=\"col\">Asked</th></tr></thead>\n<tbody>{rows}</tbody></table></div></section>\n"
    )
}

/// Tells whether a change is a comment to post, now or later.
fn is_due(change: &Change) -> bool {
    let is_comment = change.subject == Subject::Comment;
    is_comment && matches!(change.action, Action::Comment | Action::Wait)
}

/// Who is asked what, and who answers for it.
fn asked(tools: &[Shown<'_>]) -> String {
    let mut list = String::new();
    for shown in tools {
        let due = shown.links.entries.iter().filter(|entry| is_due(entry.change));
        due.for_each(|entry| list.push_str(&question(shown, entry)));
    }
    if list.is_empty() {
        return list;
    }
    format!(
        "<section class=\"asked\"><h2>Who is asked, and whom to answer</h2>\n<ul>{list}</ul></section>\n"
    )
}

fn question(shown: &Shown<'_>, entry: &Entry<'_>) -> String {
    let change = entry.change;
    let people: Vec<String> = change.notifies().into_iter().map(person).collect();
    let who = match people.as_slice() {
        [] => "Whoever reads it".to_owned(),
        people => people.join(" "),
    };
    let on = change.parent.as_deref().unwrap_or_default();
    let answers = shown
        .tool
        .desired
        .nodes
        .iter()
        .find(|node| node.key.as_str() == on)
        .and_then(|node| node.assignees.as_ref())
        .filter(|people| !people.is_empty())
        .map(|people| people.iter().map(|name| person(name)).collect::<Vec<_>>().join(" "));
    let to = answers.map_or(String::new(), |people| format!("; {people} answers for it"));
    let groups = groups_named(change);
    let chips: Vec<String> = groups.iter().map(|title| label(title)).collect();
    format!(
        "<li data-labels=\"{}\">{} {who}, in the thread on {}{to}. <a href=\"#{}\">What is asked</a></li>\n",
        escape(&groups.into_iter().collect::<Vec<_>>().join("\n")),
        chips.join(" "),
        shown.links.link(on),
        escape(&entry.anchor)
    )
}

/// The groups that a comment is about: its text names them in code spans.
pub(super) fn groups_named(change: &Change) -> BTreeSet<&str> {
    let body = change.fields.iter().find(|field| field.name == "body");
    let spans = body.map(|field| text(&field.after)).unwrap_or_default().split('`');
    spans.skip(1).step_by(2).filter(|span| is_group(span)).collect()
}

/// Who is told by what.
fn notified(tools: &[Shown<'_>]) -> String {
    let mut reasons: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for Shown { tool, links } in tools {
        for change in &tool.changes {
            for name in change.notifies() {
                let is_comment = change.subject == Subject::Comment;
                let on = change.parent.as_deref().filter(|_| is_comment).unwrap_or(&change.key);
                let how = if is_comment { "mentioned on" } else { "assigned to" };
                let person = reasons.entry(name).or_default();
                person.entry(how).or_default().push(links.link(on));
            }
        }
    }
    if reasons.is_empty() {
        return String::new();
    }
    let listed = |(how, items): (&&str, &Vec<String>)| {
        let more = match items.len().saturating_sub(LISTED) {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        format!("{how} {}{more}", items[..items.len().min(LISTED)].join(", "))
    };
    let row = |(name, reasons): (&&str, &BTreeMap<&str, Vec<String>>)| {
        let reasons: Vec<String> = reasons.iter().map(listed).collect();
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", person(name), reasons.join("; "))
    };
    let rows: String = reasons.iter().map(row).collect();
    format!("<section class=\"told\"><h2>Who is notified</h2>\n<dl>{rows}</dl></section>\n")
}
