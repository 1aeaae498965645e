//! A plan for people: one line a node in tree order, what changes under it.

mod comments;

use crate::plan::{Action, Change, FieldChange, Plan, Subject, Summary, ToolPlan, Value};

use super::clean::{clean, clean_line, fit};
use super::diff;
use super::words::{ADDED, BOLD, CHANGED, DIM, NOTE, REMOVED, count, styled};

/// Where the columns of a plan begin.
const MARGIN: &str = "      ";

/// How to show a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns to align in.
    pub width: usize,
    /// Whether values that do not fit are cut; only a terminal needs that.
    pub cut: bool,
    /// Whether to list what people changed and keep.
    pub show_drift: bool,
    /// Whether to print the whole text of each new item.
    pub texts: bool,
}

/// Renders a plan. Of many tools only those with something to say are shown.
#[must_use]
pub fn render(plan: &Plan, look: Look) -> String {
    let mut out = String::new();
    let several = plan.tools.len() > 1;
    for tool in &plan.tools {
        if several && is_quiet(tool, look) {
            continue;
        }
        if several {
            out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&tool.desired.name))));
        }
        let before = out.len();
        tool_plan(&mut out, tool, look);
        if out.len() > before {
            out.push('\n');
        }
    }
    if look.texts {
        texts(&mut out, plan);
    }
    out.push_str(&sums(plan, look.width));
    out.push_str(&hints(plan, look));
    out
}

/// A hint on as many lines as it takes.
fn hint(text: &str, width: usize) -> String {
    const WORD: &str = "hint:";
    let mut lines = vec![WORD.to_owned()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < width => line.extend([" ", word]),
            _ => lines.push(format!("{} {word}", " ".repeat(WORD.len()))),
        }
    }
    let text = lines.join("\n");
    format!("{}{}\n", styled(NOTE, WORD), &text[WORD.len()..])
}

/// What people may do about what is not written.
fn hints(plan: &Plan, look: Look) -> String {
    let Summary { drift, conflict, .. } = plan.summary();
    let conflicts = "settle conflicts in GitLab or in the files, or run again with --on-conflict keep (GitLab's side stays) or spec (the files' side is written)";
    let drifts = "--show-drift lists what people changed and keep";
    let hints = [(conflict > 0, conflicts), (drift > 0 && !look.show_drift, drifts)];
    let hints = hints.into_iter().filter(|(holds, _)| *holds);
    hints.map(|(_, text)| hint(text, look.width)).collect()
}

fn is_quiet(tool: &ToolPlan, look: Look) -> bool {
    let drifts = look.show_drift && tool.summary().drift > 0;
    !tool.writes()
        && !tool.undecided()
        && tool.notices.is_empty()
        && tool.orphans.is_empty()
        && !drifts
}

fn tool_plan(out: &mut String, tool: &ToolPlan, look: Look) {
    for change in &tool.changes {
        let quiet = change.action == Action::None || change.action == Action::Record;
        let drifts = look.show_drift && !change.kept.is_empty();
        if quiet && change.conflicts.is_empty() && !drifts {
            continue;
        }
        if change.subject == Subject::Comment {
            comments::line(out, change, look);
            continue;
        }
        line(out, change, look);
        if !(change.action == Action::Create
            && matches!(change.subject, Subject::Node(_) | Subject::Label))
        {
            let column =
                change.fields.iter().map(|f| f.name.chars().count()).max().unwrap_or(0).max(8);
            change.fields.iter().for_each(|f| field(out, change, f, column, look));
        }
        change.conflicts.iter().for_each(|f| sides(out, "conflict", f, look));
        if look.show_drift {
            change.kept.iter().for_each(|f| sides(out, "kept", f, look));
        }
    }
    for orphan in &tool.orphans {
        let text = format!("no longer in {}: left alone, --prune closes it", tool.desired.file);
        line(out, orphan, look);
        out.push_str(&format!("{MARGIN}{}\n", styled(DIM, &clean_line(&text))));
    }
    for notice in &tool.notices {
        let (word, style) = if notice.blocks { ("error:", REMOVED) } else { ("note:", CHANGED) };
        out.push_str(&format!("{} {}\n", styled(style, word), clean_line(&notice.message)));
        out.push_str(&format!("  {} {}\n", styled(NOTE, "hint:"), clean_line(&notice.hint)));
    }
}

fn line(out: &mut String, change: &Change, look: Look) {
    let style = match change.action {
        Action::Create | Action::Comment => ADDED,
        Action::Update | Action::Adopt | Action::Wait => CHANGED,
        Action::Close => REMOVED,
        Action::Record | Action::None => DIM,
    };
    let (glyph, style) =
        if change.conflicts.is_empty() { (change.action.glyph(), style) } else { ('!', REMOVED) };
    let indent = "  ".repeat(change.depth);
    let word = if change.subject == Subject::TableRow { "row" } else { change.subject.as_str() };
    let left = format!("{indent}{word:<6} ");
    let right = aside(change);
    let taken = left.len() + 4;
    let room = look.width.saturating_sub(taken).max(20);
    let title = clean_line(&change.title);
    let title = if title.is_empty() { clean_line(&change.key) } else { title };
    let wanted = unicode_width::UnicodeWidthStr::width(right.as_str());
    let for_title = room.saturating_sub(wanted.min(room / 2) + 2).max(16);
    let title = fit(&title, for_title);
    let gap = for_title.saturating_sub(unicode_width::UnicodeWidthStr::width(title.as_str()));
    let right = fit(&right, room.saturating_sub(for_title + 2));
    let right = if right.is_empty() {
        String::new()
    } else {
        format!("{}  {}", " ".repeat(gap), styled(DIM, &right))
    };
    out.push_str(&format!("  {} {left}{title}{right}\n", styled(style, &glyph.to_string())));
}

/// What stands at the right: where it is or goes, and who would be notified.
fn aside(change: &Change) -> String {
    let at = match (&change.reference, change.subject) {
        (Some(reference), _) => shortened(&reference.to_string()),
        (None, Subject::Label) => format!("in {}", shortened(&change.namespace)),
        (None, Subject::Node(_) | Subject::Comment | Subject::TableRow) => String::new(),
    };
    let adopts = if change.action == Action::Wait && change.reference.is_some() {
        "looks the same, wants --adopt "
    } else {
        ""
    };
    let notified: Vec<String> =
        change.notifies().into_iter().map(|name| format!("@{name}")).collect();
    let notified = if notified.is_empty() {
        String::new()
    } else {
        format!("notifies {} ", notified.join(" "))
    };
    clean_line(format!("{adopts}{notified}{at}").trim_end())
}

/// A long path with its middle left out: `gitlab-com/…/team#4`.
fn shortened(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [first, .., last] if path.len() > 34 => format!("{first}/…/{last}"),
        _ => path.to_owned(),
    }
}

fn field(out: &mut String, change: &Change, field: &FieldChange, column: usize, look: Look) {
    let name = format!("{:<column$}", clean_line(&field.name));
    if field.name == "body" {
        out.push_str(&format!("{MARGIN}{}\n", styled(BOLD, name.trim_end())));
        out.push_str(&diff::render(
            &text(&field.before),
            &text(&field.after),
            &format!("{MARGIN}  "),
            look.cut.then_some(look.width),
        ));
        return;
    }
    let room = match look.cut {
        true => look.width.saturating_sub(MARGIN.len() + column + 2),
        false => usize::MAX,
    };
    let plain = |value: &Value| if field.name == "title" { quoted(value) } else { plain(value) };
    let shown = match (field.name.as_str(), change.subject) {
        ("labels" | "links", Subject::Node(_)) => signed(field),
        _ if field.before == Value::None => plain(&field.after),
        _ if field.after == Value::None => format!("{} -> (empty)", plain(&field.before)),
        _ => format!("{} -> {}", plain(&field.before), plain(&field.after)),
    };
    let both = field.before != Value::None && field.after != Value::None;
    if both && shown.chars().count() > room {
        // Cut in the middle, a long change would hide what changes.
        let (old, new) = (clean_line(&plain(&field.before)), clean_line(&plain(&field.after)));
        let blank = " ".repeat(column);
        let old = styled(REMOVED, &fit(&format!("- {old}"), room));
        let new = styled(ADDED, &fit(&format!("+ {new}"), room));
        out.push_str(&format!("{MARGIN}{}  {old}\n{MARGIN}{blank}  {new}\n", styled(BOLD, &name)));
        return;
    }
    out.push_str(&format!("{MARGIN}{}  {}\n", styled(BOLD, &name), fit(&clean_line(&shown), room)));
}

fn quoted(value: &Value) -> String {
    format!("\"{}\"", plain(value))
}

/// A set as what goes and what comes.
pub(super) fn signed(field: &FieldChange) -> String {
    let list = |value: &Value| match value {
        Value::List(titles) => titles.clone(),
        Value::None => Vec::new(),
        other => vec![plain(other)],
    };
    let added =
        list(&field.after).into_iter().map(|title| format!("+ {}", tilde(&field.name, &title)));
    let removed =
        list(&field.before).into_iter().map(|title| format!("- {}", tilde(&field.name, &title)));
    added.chain(removed).collect::<Vec<_>>().join("  ")
}

/// A label as people write it: `~"team::x"`.
fn tilde(name: &str, title: &str) -> String {
    match (name, title.contains([' ', ':'])) {
        ("labels", true) => format!("~\"{title}\""),
        ("labels", false) => format!("~{title}"),
        _ => title.to_owned(),
    }
}

/// Both sides of a field that people changed.
fn sides(out: &mut String, word: &str, field: &FieldChange, look: Look) {
    let style = if word == "conflict" { REMOVED } else { CHANGED };
    let head = format!("{word} {}", field.name);
    if field.name == "body" {
        let legend = "GitLab's side -, the files' side +";
        out.push_str(&format!("{MARGIN}{}  {}\n", styled(style, &head), styled(DIM, legend)));
        out.push_str(&diff::render(
            &text(&field.before),
            &text(&field.after),
            &format!("{MARGIN}  "),
            look.cut.then_some(look.width),
        ));
        return;
    }
    let (gitlab, files) = (plain(&field.before), plain(&field.after));
    let shown =
        format!("GitLab has {}, the files want {}", or_nothing(&gitlab), or_nothing(&files));
    out.push_str(&format!("{MARGIN}{}  {}\n", styled(style, &head), clean_line(&shown)));
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Flag(true) => "yes".into(),
        Value::Flag(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => list.join(", "),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// The whole text of every new item, in tree order.
fn texts(out: &mut String, plan: &Plan) {
    for change in plan.tools.iter().flat_map(|tool| &tool.changes) {
        let Some(body) = change.fields.iter().find(|f| f.name == "body") else { continue };
        let labels =
            change.fields.iter().find(|f| f.name == "labels").map(signed).unwrap_or_default();
        out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&format!("== {} ==", change.key)))));
        out.push_str(&format!("{}\n", styled(BOLD, &clean_line(&change.title))));
        let place = match (change.subject, &change.parent) {
            (Subject::Comment, Some(node)) => format!("on {node}"),
            _ => format!("in {}", change.namespace),
        };
        let about = format!("{} {place}  {}", change.subject.as_str(), labels.replace("+ ", ""));
        out.push_str(&format!("{}\n", styled(DIM, clean_line(&about).trim_end())));
        for field in change.fields.iter().filter(|f| !matches!(f.name.as_str(), "body" | "labels"))
        {
            let line = format!("{}: {}", field.name, plain(&field.after));
            out.push_str(&format!("{}\n", styled(DIM, &clean_line(&line))));
        }
        out.push_str(&format!("\n{}\n\n", clean(&text(&body.after))));
    }
}

/// The last lines: what would be done, and what stands.
#[must_use]
pub fn sums(plan: &Plan, width: usize) -> String {
    let Summary {
        create,
        update,
        adopt,
        close,
        comment,
        record,
        unchanged,
        drift,
        conflict,
        orphan,
    } = plan.summary();
    let mut parts = Vec::new();
    if plan.writes() || adopt > 0 {
        parts.push(format!(
            "Plan: {create} to create, {update} to update, {adopt} to adopt, {close} to close, {unchanged} unchanged."
        ));
    } else if conflict > 0 {
        parts
            .push(format!("Nothing to write before conflicts are settled, {unchanged} unchanged."));
    } else {
        parts.push(format!("No changes. {} as the files want.", count(unchanged, "item")));
    }
    if comment > 0 {
        parts.push(format!("{} to post.", count(comment, "comment")));
    }
    if record > 0 {
        parts.push(format!("{record} to record."));
    }
    parts.push(format!("{drift} drift kept, {}.", count(conflict, "conflict")));
    if orphan > 0 {
        parts.push(format!("{}.", count(orphan, "orphan")));
    }
    let notified = plan.notifies();
    if !notified.is_empty() {
        let who = plan.caller.as_ref().map(|caller| format!(", as @{caller}")).unwrap_or_default();
        let people = if notified.len() == 1 {
            "1 person".into()
        } else {
            format!("{} people", notified.len())
        };
        parts.push(format!("{people} will be notified{who}."));
    }
    wrapped(&parts, width)
}

/// Sentences side by side, as many as a line takes.
fn wrapped(sentences: &[String], width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for sentence in sentences {
        match lines.last_mut() {
            Some(line) if line.len() + sentence.len() < width => {
                line.push(' ');
                line.push_str(sentence);
            }
            _ => lines.push(sentence.clone()),
        }
    }
    lines.iter().map(|line| format!("{}\n", styled(BOLD, &clean_line(line)))).collect()
}
