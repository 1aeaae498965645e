//! What must hold after every round, whatever people and files did.

use std::collections::{BTreeMap, BTreeSet};

use epictree::plan::{Action, Change, Subject, ToolPlan};
use epictree::sandbox::ItemView;
use epictree::text::Slot;
use epictree::tree::{DesiredNode, Parent};

use super::texts::{self, Touch, boxes, tokens, without_people, words_of};
use super::{Life, Wrong};
use crate::world::{ROOT, marker_of, names, text_of, writes};

/// All items by reference.
pub(super) type Items = BTreeMap<String, ItemView>;

/// The text that the files want of a node; `None` while it refers to something that is not there.
pub(super) fn wanted(plan: &ToolPlan, node: &DesiredNode) -> Option<String> {
    let mut open = false;
    let text = node.body.fill(|slot| match slot {
        Slot::Tick(_) => " ".to_owned(),
        Slot::Mention(_) | Slot::About(_) => unreachable!("these stand in comments only"),
        Slot::Ref(key) => {
            let change = plan.change(key).filter(|change| change.action != Action::Wait);
            let reference = change.and_then(|change| change.reference.as_ref());
            open |= reference.is_none();
            reference.map(ToString::to_string).unwrap_or_default()
        }
    });
    (!open).then_some(text)
}

/// An apply would write nothing, and whatever waits is listed.
pub(super) fn is_quiet(plan: &ToolPlan) -> Result<(), Wrong> {
    if let [first, ..] = &writes(plan)[..] {
        let change = plan.changes.iter().find(|change| first.ends_with(&change.key));
        let item = change.and_then(|change| change.reference.as_ref()).map(ToString::to_string);
        return Err(Wrong::on(item.unwrap_or_default(), format!("the next plan: {change:#?}")));
    }
    let waits = plan.changes.iter().any(|change| change.action == Action::Wait);
    let listed = plan.undecided() || !plan.notices.is_empty();
    if waits && !listed {
        return Err(Wrong::on(String::new(), "a node waits, and nothing says why".to_owned()));
    }
    Ok(())
}

/// After people kept GitLab's side, no conflict is left.
pub(super) fn is_settled(plan: &ToolPlan) -> Result<(), Wrong> {
    // The base of a row's cells stands in the record, which a closed item does not keep.
    let kept =
        |change: &&Change| !change.conflicts.is_empty() && change.subject != Subject::TableRow;
    match plan.changes.iter().find(kept) {
        None => Ok(()),
        Some(change) => {
            let item = change.reference.as_ref().map(ToString::to_string);
            let why = format!("conflicts that were settled are back: {:#?}", change.conflicts);
            Err(Wrong::on(item.unwrap_or_default(), why))
        }
    }
}

impl Life {
    /// Holds GitLab before and after the apply of a tool against each other and its last plan.
    pub(super) fn check(
        &self,
        tool: usize,
        plan: &ToolPlan,
        before: &Items,
        after: &Items,
    ) -> Result<(), Wrong> {
        for (reference, old) in before {
            let now = after.get(reference);
            let now = now.ok_or_else(|| Wrong::on(reference.clone(), "it is gone".to_owned()))?;
            self.keeps_words(old, now)?;
            keeps_ticks(old, now)?;
            self.keeps_out(plan, old, now)?;
        }
        self.keeps_rows(tool, &before[ROOT], &after[ROOT])?;
        self.has_no_twins(after)?;
        for node in &plan.desired.nodes {
            let change = plan.change(&node.key).expect("a node has a change");
            let item = change.reference.as_ref().and_then(|at| after.get(&at.to_string()));
            if let Some(item) = item.filter(|i| i.state == "OPEN" && change.action != Action::Wait)
            {
                self.is_fresh(plan, node, change, item)?;
                has_values(plan, node, change, item)?;
            }
        }
        Ok(())
    }

    /// Every word of people stands as often as before where they wrote it.
    fn keeps_words(&self, old: &ItemView, now: &ItemView) -> Result<(), Wrong> {
        let comments = |item: &ItemView| {
            let own = item.notes.iter().filter(|note| !note.system);
            own.map(|note| note.body.as_str()).collect::<Vec<_>>().join("\n")
        };
        let places = [
            ("title", old.title.clone(), now.title.clone()),
            ("text", text_of(old), text_of(now)),
            ("comments", comments(old), comments(now)),
        ];
        for (place, old_text, new_text) in places {
            let (were, are) = (tokens(&old_text), tokens(&new_text));
            let all: BTreeSet<&&str> = were.keys().chain(are.keys()).collect();
            for token in all {
                let count = |of: &BTreeMap<&str, usize>| of.get(*token).copied().unwrap_or(0);
                let (was, is) = (count(&were), count(&are));
                let taken = self.taken.contains(*token);
                if is != was && !(taken && is <= was.max(1)) {
                    let why = format!(
                        "{token} stood {was} times in the {place}, now {is} times\n--- before\n{old_text}"
                    );
                    return Err(Wrong::on(old.reference.clone(), why));
                }
            }
            let said = old_text.lines().map(texts::bare).filter(|line| line.starts_with("Mind "));
            for line in said.filter(|line| !new_text.contains(line)) {
                if !self.is_taken(line) {
                    let why = format!("{line:?} is torn\n--- before\n{old_text}");
                    return Err(Wrong::on(old.reference.clone(), why));
                }
            }
        }
        Ok(())
    }

    fn is_taken(&self, line: &str) -> bool {
        tokens(line).keys().any(|token| self.taken.contains(*token))
    }

    /// Closed items and items that are not the tool's are not written at all.
    fn keeps_out(&self, plan: &ToolPlan, old: &ItemView, now: &ItemView) -> Result<(), Wrong> {
        let at = |change: &Change| {
            change.reference.as_ref().is_some_and(|at| at.to_string() == old.reference)
        };
        let ours = plan.changes.iter().any(|c| at(c) && c.action != Action::Wait);
        if old.reference == ROOT || (ours && old.state == "OPEN") {
            return Ok(());
        }
        let closing = |item: &ItemView| item.state == "OPEN" && self.world.options.prune;
        let written = |item: &ItemView| ItemView {
            state: if closing(old) { String::new() } else { item.state.clone() },
            children: Vec::new(),
            links: Vec::new(),
            notes: Vec::new(),
            notified: Vec::new(),
            updated_at: String::new(),
            ..item.clone()
        };
        if written(old) != written(now) {
            let why =
                format!("it was not to be written\n--- before\n{old:#?}\n--- after\n{now:#?}");
            return Err(Wrong::on(old.reference.clone(), why));
        }
        Ok(())
    }

    /// Of the epic with the table, only the row of the tool is written.
    fn keeps_rows(&self, tool: usize, old: &ItemView, now: &ItemView) -> Result<(), Wrong> {
        let home = format!("({})", self.tools[tool].home);
        let rest = |item: &ItemView| -> Vec<String> {
            let lines = item.description.split('\n').filter(|line| !line.contains(&home));
            lines.map(str::to_owned).collect()
        };
        if rest(old) != rest(now) {
            let why = format!("more than the tool's row changed\n--- before\n{}", old.description);
            return Err(Wrong::on(ROOT.to_owned(), why));
        }
        Ok(())
    }

    /// No two open items of ours carry one key under one parent, unless people made one so.
    fn has_no_twins(&self, after: &Items) -> Result<(), Wrong> {
        let mut seen = BTreeSet::new();
        for item in after.values().filter(|item| item.state == "OPEN" && self.is_ours(item)) {
            let Some(marker) = marker_of(item).filter(|_| !self.mangled.contains(&item.reference))
            else {
                continue;
            };
            if !seen.insert((marker.key.clone(), item.parent.clone())) {
                let why = format!("a second item for {} under {:?}", marker.key, item.parent);
                return Err(Wrong::on(item.reference.clone(), why));
            }
        }
        match self.made.iter().find(|(_, made)| made.len() > 1) {
            None => Ok(()),
            Some((key, made)) => {
                let why = format!("{key} was created more than once: {made:?}");
                Err(Wrong::on(made[0].clone(), why))
            }
        }
    }

    /// What nobody touched, or only added to, says what the files want.
    fn is_fresh(
        &self,
        plan: &ToolPlan,
        node: &DesiredNode,
        change: &Change,
        item: &ItemView,
    ) -> Result<(), Wrong> {
        if names(&change.conflicts).contains(&"body") || !self.is_ours(item) {
            return Ok(());
        }
        let Some(wanted) = wanted(plan, node) else { return Ok(()) };
        let text = text_of(item);
        let (is, what) = match self.touch_of(item) {
            Touch::Nobody => (words_of(&text), "which nobody touched"),
            Touch::Added if !texts::has_token(&wanted) => {
                (without_people(&text), "to which people only added")
            }
            Touch::Added | Touch::Changed => return Ok(()),
        };
        if is != words_of(&wanted) {
            let why = format!("its text, {what}, is not what the files want:\n{wanted}");
            return Err(Wrong::on(item.reference.clone(), why));
        }
        Ok(())
    }

    /// Tells whether a line is a tool's row.
    pub(super) fn names_a_tool(&self, line: &str) -> bool {
        self.tools.iter().any(|tool| line.contains(&format!("({})", tool.home)))
    }
}

/// A box that is ticked stays ticked while its line is there.
fn keeps_ticks(old: &ItemView, now: &ItemView) -> Result<(), Wrong> {
    let (were, are) = (boxes(&text_of(old)), boxes(&text_of(now)));
    for (line, (_, ticked)) in were {
        let (count, left) = are.get(&line).copied().unwrap_or_default();
        if left < ticked.min(count) {
            let why = format!("{line:?} is no longer ticked\n--- before\n{}", text_of(old));
            return Err(Wrong::on(old.reference.clone(), why));
        }
    }
    Ok(())
}

/// A field that is neither kept nor in conflict holds what the files want.
fn has_values(
    plan: &ToolPlan,
    node: &DesiredNode,
    change: &Change,
    item: &ItemView,
) -> Result<(), Wrong> {
    let reference = |key| plan.change(key)?.reference.as_ref().map(ToString::to_string);
    let parent = match &node.parent {
        Parent::None => None,
        Parent::Node(key) => reference(key),
        Parent::Item(reference) => Some(reference.to_string()),
    };
    let labels = node.labels.enforced.iter().chain(&node.labels.shared);
    let assignees = node.assignees.clone().filter(|list| !list.is_empty());
    let links = |key| {
        let to = reference(key);
        item.links.iter().any(|link| Some(&link.item) == to.as_ref())
    };
    let weight = node.weight.map(|weight| i64::try_from(weight).expect("weights are small"));
    let right = [
        ("title", item.title == node.title),
        ("parent", parent.is_none() || item.parent == parent),
        ("weight", weight.is_none() || item.weight == weight),
        ("milestone", node.milestone.is_none() || item.milestone == node.milestone),
        ("assignees", assignees.is_none_or(|names| names == item.assignees)),
        ("due", node.due.is_none_or(|day| item.due_date == Some(day.to_string()))),
        ("labels", labels.into_iter().all(|label| item.labels.contains(label))),
        ("links", node.depends_on.iter().all(links)),
    ];
    for (field, right) in right {
        let left =
            names(&change.kept).contains(&field) || names(&change.conflicts).contains(&field);
        if !right && !left {
            let why = format!("{field} is neither what the files want nor reported\n{item:#?}");
            return Err(Wrong::on(item.reference.clone(), why));
        }
    }
    Ok(())
}
