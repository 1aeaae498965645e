//! The items of a tool over time, from the days on which GitLab says they were made and closed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::Scene;

/// How many items there were at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The day, in UTC.
    pub day: Date,
    /// Items that were open.
    pub open: usize,
    /// All items.
    pub total: usize,
}

/// The days on which something changed, and today.
///
/// It begins when the tool's first item was made: work that is older was there then.
pub(super) fn burndown(scene: &Scene<'_>, today: Date) -> Vec<Point> {
    let first = scene.desired.nodes.first().and_then(|node| scene.item(&node.key));
    let Some(begin) = first.and_then(|item| item.created).filter(|day| *day <= today) else {
        return Vec::new();
    };
    let mut changes: BTreeMap<Date, (usize, usize)> = BTreeMap::new();
    changes.entry(today).or_default();
    for item in scene.items.values() {
        let Some(made) = item.created.filter(|day| *day <= today) else { continue };
        changes.entry(made.max(begin)).or_default().0 += 1;
        if let Some(closed) = item.closed.filter(|day| *day <= today) {
            changes.entry(closed.max(made).max(begin)).or_default().1 += 1;
        }
    }
    let (mut total, mut closed) = (0, 0);
    let point = |(day, (more, done)): (Date, (usize, usize))| {
        total += more;
        closed += done;
        Point { day, open: total - closed, total }
    };
    changes.into_iter().map(point).collect()
}
