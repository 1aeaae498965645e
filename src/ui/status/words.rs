//! The figures of a status in words, for every format that people read.

use crate::status::{Counts, Next, State, Status, Sum, ToolStatus, Words};

use super::super::words::count;

/// What a measure comes to, in parts of a sentence.
pub(super) fn figures(sum: &Sum) -> Vec<String> {
    if let Some(n) = sum.in_flight {
        return vec![if n == 0 { "none".to_owned() } else { count(n, "item") }];
    }
    let Counts { total, done, dropped, blocked, open: _, missing } = sum.counts;
    let mut parts = vec![format!("{done} of {total} done")];
    let some = [(dropped, "given up"), (blocked, "blocked"), (missing, "not in GitLab yet")];
    let some = some.into_iter().filter(|(n, _)| *n > 0);
    parts.extend(some.map(|(n, what)| format!("{n} {what}")));
    parts.extend(sum.weight.map(|weight| format!("weight {} of {}", weight.done, weight.total)));
    parts.extend(sum.boxes.map(|boxes| format!("{} of {} ticked", boxes.done, noun(boxes.total))));
    let last = parts.len() - 1;
    parts[..last].iter_mut().for_each(|part| part.push(','));
    parts
}

fn noun(boxes: u64) -> String {
    if boxes == 1 { "1 box".to_owned() } else { format!("{boxes} boxes") }
}

/// `2 asked, 1 accepted`: the words of a field that any part has.
pub(super) fn word_counts(by: &Words) -> String {
    let some = by.counts.iter().filter(|count| count.parts > 0);
    let some: Vec<String> = some.map(|count| format!("{} {}", count.parts, count.word)).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

/// How far away a day is.
pub(super) fn days(days: i64) -> String {
    let away = usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX);
    match days {
        0 => "today".to_owned(),
        1.. => format!("in {}", count(away, "day")),
        _ => format!("{} ago", count(away, "day")),
    }
}

/// Who waits for what comes next, or what it waits for.
pub(super) fn waiting(next: &Next) -> Option<String> {
    match (next.blocked, next.waiting) {
        (true, _) => Some("blocked from elsewhere".to_owned()),
        (false, 0) => None,
        (false, 1) => Some("1 waits for it".to_owned()),
        (false, n) => Some(format!("{n} wait for it")),
    }
}

/// That less is worked on than shall be.
pub(super) fn lacking(sum: &Sum) -> String {
    let (n, wanted) = (sum.in_flight.unwrap_or(0), sum.at_least.unwrap_or(0));
    format!("{}: {n}, and at least {wanted} shall be at any time", sum.title)
}

/// Why there are no figures of a tool.
pub(super) fn nothing(tool: &ToolStatus) -> &'static str {
    match tool.item {
        None => "Its tree is not in GitLab yet: `epictree apply` makes it.",
        Some(_) => "Its blueprint counts nothing of it: a `[[measure]]` would.",
    }
}

/// How many tools there are, and of how many the tree is not in GitLab.
pub(super) fn all(status: &Status) -> String {
    let tools = count(status.tools.len(), "tool");
    match status.tools.iter().filter(|tool| tool.item.is_none()).count() {
        0 => tools,
        n => format!("{tools}, {n} not in GitLab yet"),
    }
}

/// How far a part is.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Done => "done",
        State::Dropped => "given up",
        State::Blocked => "blocked",
        State::Open => "open",
        State::Missing => "not in GitLab yet",
    }
}
