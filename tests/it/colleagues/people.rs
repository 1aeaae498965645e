//! Three colleagues and what they do between two applies.

use std::collections::BTreeSet;
use std::sync::Arc;

use epictree::plan::{Change, FieldChange, ToolPlan, Value};
use epictree::sandbox::{Edit, ItemView};
use epictree::tree::{DesiredNode, DesiredTree};
use serde_json::json;

use super::files::COMMON;
use super::texts::{self, Deed, Touch};
use super::{Entry, Life, invariants};
use crate::world::{ROOT, marker_of, text_of};

/// Who they are.
pub(super) const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// Where people may put an epic beside its own tree.
const ROADMAP: &str = "g&2";

/// What a person does to an item.
#[derive(Debug, Clone, Copy)]
enum Act {
    Text(Deed),
    Unmark,
    Damage,
    Copy,
    Title,
    Weight,
    Label,
    Unlabel,
    Milestone,
    Assign,
    Due,
    Parent,
    Close,
    Reopen,
    Clone,
    Comment,
    Own,
    Emigrate,
    Hide,
}

const ACTS: [(usize, Act); 32] = [
    (7, Act::Text(Deed::Paragraph)),
    (2, Act::Text(Deed::Below)),
    (6, Act::Text(Deed::Bullet)),
    (5, Act::Text(Deed::Row)),
    (7, Act::Text(Deed::LineEnd)),
    (5, Act::Text(Deed::Inside)),
    (5, Act::Text(Deed::Word)),
    (4, Act::Text(Deed::DropLine)),
    (2, Act::Text(Deed::DropParagraph)),
    (2, Act::Text(Deed::DropSection)),
    (3, Act::Text(Deed::MoveSection)),
    (9, Act::Text(Deed::Tick)),
    (2, Act::Text(Deed::Untick)),
    (7, Act::Text(Deed::Save)),
    (2, Act::Unmark),
    (2, Act::Damage),
    (2, Act::Copy),
    (3, Act::Title),
    (3, Act::Weight),
    (3, Act::Label),
    (3, Act::Unlabel),
    (2, Act::Milestone),
    (2, Act::Assign),
    (2, Act::Due),
    (3, Act::Parent),
    (3, Act::Close),
    (5, Act::Reopen),
    (2, Act::Clone),
    (3, Act::Comment),
    (2, Act::Own),
    (1, Act::Emigrate),
    (1, Act::Hide),
];

impl Life {
    /// Some edits by some of them; `busy` while an apply runs: nobody closes a tool under its hands.
    pub(super) fn people(&mut self, most: usize, busy: bool) {
        for _ in 0..self.dice.below(most + 1) {
            if self.dice.one_in(8) {
                self.root();
                continue;
            }
            let items = self.items();
            let open: Vec<ItemView> = items
                .into_iter()
                .filter(|item| item.reference != ROOT && item.reference != ROADMAP)
                .collect();
            if let Some(item) = self.dice.pick(&open) {
                let act = self.dice.weighted(&ACTS);
                self.act(act, &item, busy);
            }
        }
    }

    /// All items that were not moved away.
    pub(super) fn items(&self) -> Vec<ItemView> {
        self.world.sandbox.items().into_iter().filter(|item| item.moved_to.is_none()).collect()
    }

    fn token(&mut self, user: &str) -> String {
        self.said += 1;
        format!("{user}-r{:02}-{:03}", self.round, self.said)
    }

    fn act(&mut self, act: Act, item: &ItemView, busy: bool) {
        let user = self.dice.pick(&NAMES).unwrap();
        let token = self.token(user);
        let is_top = self.is_top(item);
        let edit = match act {
            Act::Text(deed) => {
                let text = texts::edit(&item.description, deed, &token, &mut self.dice);
                let Some(text) = text else { return };
                if self.edit(user, item, &format!("{deed:?} {token}"), Edit::Description(text)) {
                    self.touched(item, deed.touch());
                }
                return;
            }
            Act::Unmark if self.may_lose(item) => {
                self.mangled.insert(item.reference.clone());
                Edit::Description(text_of(item))
            }
            Act::Damage if self.may_lose(item) => {
                self.mangled.insert(item.reference.clone());
                Edit::Description(item.description.replacen(" eN", " eNAAAA", 1))
            }
            Act::Copy => return self.copy(user, item),
            Act::Title => Edit::Title(format!("Now {token}")),
            Act::Weight => Edit::Weight(self.number(5)),
            Act::Label => Edit::Label(self.label()),
            Act::Unlabel => match self.dice.pick(&item.labels) {
                Some(label) => Edit::Unlabel(label),
                None => return,
            },
            Act::Milestone => Edit::Milestone(self.number(3).map(|n| format!("m{n}"))),
            Act::Assign => {
                Edit::Assignees(self.dice.pick(&NAMES).map(str::to_owned).into_iter().collect())
            }
            Act::Due => Edit::Due(self.number(9).map(|n| format!("2027-01-0{n}"))),
            Act::Parent | Act::Emigrate if !is_top && !self.may_lose(item) => return,
            Act::Parent => Edit::Parent(self.new_parent(item)),
            Act::Close if is_top && busy => return,
            Act::Close => Edit::Close,
            Act::Reopen => Edit::Reopen,
            Act::Clone => return self.clone_of(user, item),
            Act::Comment => Edit::Comment(format!("What about {token}?")),
            Act::Own => return self.own(user, item, &token),
            Act::Emigrate if item.kind == "Issue" => Edit::Move { to_namespace: "g/q".into() },
            Act::Hide if item.kind == "Issue" => Edit::Confidential(self.dice.one_in(2)),
            Act::Unmark | Act::Damage | Act::Emigrate | Act::Hide => return,
        };
        self.edit(user, item, &format!("{act:?}"), edit);
    }

    /// Edits, if GitLab lets them.
    fn edit(&mut self, user: &str, item: &ItemView, what: &str, edit: Edit) -> bool {
        let shown = match &edit {
            Edit::Description(_) => String::new(),
            other => format!("{other:?}"),
        };
        let done = self.world.sandbox.edit(user, &item.reference, edit);
        let came =
            done.as_ref().err().map(|error| format!(" refused: {error}")).unwrap_or_default();
        let now = self.world.sandbox.item(&item.reference);
        self.log.push(Entry {
            round: self.round,
            item: item.reference.clone(),
            what: format!("{user} {what} {shown}{came}"),
            text: now.map(|item| text_of(&item)).unwrap_or_default(),
        });
        self.edits += usize::from(done.is_ok());
        if let Some(to) = self.world.sandbox.item(&item.reference).and_then(|now| now.moved_to) {
            let touch = self.touch_of(item);
            self.touch.insert(to.clone(), touch);
            self.moved.insert(item.reference.clone(), to);
        }
        done.is_ok()
    }

    fn touched(&mut self, item: &ItemView, touch: Touch) {
        let now = self.touch_of(item).max(touch);
        self.touch.insert(item.reference.clone(), now);
    }

    /// What people did to an item's text; one that they made is theirs.
    pub(super) fn touch_of(&self, item: &ItemView) -> Touch {
        let fresh = if self.is_ours(item) { Touch::Nobody } else { Touch::Changed };
        self.touch.get(&item.reference).copied().unwrap_or(fresh)
    }

    /// A record that is lost takes along what it alone knew. The first tool is applied after every
    /// edit, and what its file wants and nobody finds is then asked for; what the file does not want
    /// at that moment is forgotten. So people take neither its marker nor its place from that while
    /// the record is gone, nor the record while one of them is gone.
    fn may_lose(&mut self, item: &ItemView) -> bool {
        let wanted = self.wanted();
        let is_wanted = |item: &ItemView| {
            let mut made = self.made.iter().filter(|(_, made)| made.contains(&self.first(item)));
            made.any(|(key, _)| wanted.contains(key))
        };
        let found = |item: &ItemView| {
            let above = item.parent.as_ref().and_then(|parent| self.world.sandbox.item(parent));
            let at_home = self.is_top(item) || above.is_some_and(|above| self.is_ours(&above));
            marker_of(item).is_some() && at_home
        };
        if self.is_top(item) {
            let ours = self.items().into_iter().filter(|item| self.is_ours(item));
            is_wanted(item) && ours.into_iter().all(|item| is_wanted(&item) || found(&item))
        } else {
            let mut tops = self.items().into_iter().filter(|item| self.is_top(item));
            is_wanted(item) || tops.all(|top| marker_of(&top).is_some())
        }
    }

    /// The keys that the file of the first tool wants now.
    fn wanted(&mut self) -> BTreeSet<String> {
        self.tree(0).nodes.iter().map(|node| node.key.to_string()).collect()
    }

    /// What the file of a tool wants now.
    fn tree(&mut self, tool: usize) -> Arc<DesiredTree> {
        let applied = std::mem::replace(&mut self.world.tool, self.tools[tool].toml());
        let (_, tree) = self.world.tree();
        self.world.tool = applied;
        tree
    }

    /// Where an item was made.
    fn first(&self, item: &ItemView) -> String {
        let mut at = item.reference.clone();
        while let Some((from, _)) = self.moved.iter().find(|(_, to)| **to == at) {
            at.clone_from(from);
        }
        at
    }

    fn number(&mut self, most: usize) -> Option<i64> {
        let number = self.dice.below(most + 1);
        i64::try_from(number).ok().filter(|number| *number > 0)
    }

    fn label(&mut self) -> String {
        let labels = ["plain", "kept", "own", "prio::1", "prio::2", "prio::3"];
        self.dice.pick(&labels).unwrap().to_owned()
    }

    /// An epic for an item: its own tree's, or the roadmap.
    fn new_parent(&mut self, item: &ItemView) -> Option<String> {
        if self.is_top(item) {
            return Some(if self.dice.one_in(2) { ROADMAP } else { ROOT }.to_owned());
        }
        let epics: Vec<String> = self
            .items()
            .into_iter()
            .filter(|other| other.kind == "Epic" && other.reference != ROOT)
            .filter(|other| item.kind != "Epic" || self.is_top(other) || other.reference == ROADMAP)
            .map(|other| other.reference)
            .collect();
        self.dice.pick(&epics)
    }

    /// Takes another item's description for its own, marker and all.
    fn copy(&mut self, user: &str, item: &ItemView) {
        let siblings: Vec<ItemView> = self
            .items()
            .into_iter()
            .filter(|other| other.parent == item.parent && other.reference != item.reference)
            .collect();
        if !self.may_lose(item) {
            return;
        }
        if let Some(other) = self.dice.pick(&siblings) {
            let what = format!("copies {}", other.reference);
            if self.edit(user, item, &what, Edit::Description(other.description)) {
                self.touched(item, Touch::Changed);
                self.mangled.insert(item.reference.clone());
            }
        }
    }

    fn clone_of(&mut self, user: &str, item: &ItemView) {
        let parent = self.new_parent(item).filter(|_| self.dice.one_in(2)).or(item.parent.clone());
        let parent = parent.unwrap_or_else(|| ROADMAP.to_owned());
        if !self.is_top(item) {
            self.create(user, item, &item.title, &parent, &item.description);
        }
    }

    fn own(&mut self, user: &str, item: &ItemView, token: &str) {
        let title = match self.dice.one_in(3) {
            true => self.dice.pick(&COMMON).unwrap().to_owned(),
            false => format!("Work of {token}"),
        };
        let parent = if item.kind == "Epic" { Some(&item.reference) } else { item.parent.as_ref() };
        let text = format!("Mind {token} here.");
        let sample = ItemView { kind: "Issue".into(), reference: "g/p#0".into(), ..item.clone() };
        let parent = parent.cloned().unwrap_or_else(|| ROADMAP.to_owned());
        self.create(user, &sample, &title, &parent, &text);
    }

    /// Creates an item like another.
    fn create(&mut self, user: &str, like: &ItemView, title: &str, parent: &str, text: &str) {
        let path = like.reference.split(['&', '#']).next().unwrap_or_default();
        let parent_id = self.world.sandbox.item(parent).map(|parent| parent.id);
        let kind = if like.kind == "Epic" { 8 } else { 1 };
        let document = "mutation C($input: WorkItemCreateInput!) {
          workItemCreate(input: $input) { errors workItem { reference(full: true) } }
        }";
        let input = json!({
            "namespacePath": path,
            "workItemTypeId": format!("gid://gitlab/WorkItems::Type/{kind}"),
            "title": title,
            "descriptionWidget": { "description": text },
            "hierarchyWidget": { "parentId": parent_id },
        });
        let body = json!({ "query": document, "variables": { "input": input } }).to_string();
        let reply = self.world.sandbox.execute(Some(&format!("as:{user}")), body.as_bytes());
        let answer: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        let made = &answer["data"]["workItemCreate"]["workItem"]["reference"];
        let item = made.as_str().unwrap_or(parent).to_owned();
        let what = format!("{user} creates {title:?} under {parent}, like {}", like.reference);
        self.log.push(Entry { round: self.round, item, what, text: text.to_owned() });
    }

    // -- the root epic -------------------------------------------------------------------------

    /// Edits the epic with the table of tools.
    fn root(&mut self) {
        let user = self.dice.pick(&NAMES).unwrap();
        let token = self.token(user);
        let root = self.world.sandbox.item(ROOT).unwrap();
        let mut lines: Vec<String> = root.description.lines().map(str::to_owned).collect();
        let rows: Vec<usize> = (0..lines.len())
            .filter(|at| lines[*at].starts_with('|') && !lines[*at].contains("---"))
            .skip(1)
            .collect();
        let Some(at) = self.dice.pick(&rows) else { return };
        let ours = self.names_a_tool(&lines[at]);
        match self.dice.below(8) {
            0 | 1 => {
                let row = format!("| [Own](https://example.com/{token}) | g/e&99 | Mind {token} |");
                lines.insert(at + self.dice.below(2), row);
            }
            2 | 3 => {
                let row = lines[at].trim_end().trim_end_matches('|').trim_end();
                lines[at] = format!("{row} {token} |");
            }
            4 if ours => lines[at] = lines[at].replacen("[Tool", &format!("[{token}"), 1),
            4 => drop(lines.remove(at)),
            5 => {
                let row = lines.remove(at);
                let other = self.dice.pick(&rows).unwrap_or(at);
                lines.insert(other.min(lines.len()), row);
            }
            6 => lines.iter_mut().filter(|line| line.starts_with("| ")).for_each(|line| {
                *line = line.replace(" | ", "   | ");
            }),
            _ => lines.insert(self.dice.below(2), format!("\nMind {token} here.\n")),
        }
        let text = lines.join("\n");
        self.edit(user, &root, &format!("the root {token}"), Edit::Description(text));
    }

    // -- conflicts -----------------------------------------------------------------------------

    /// Some of what the last plan left to people is settled: here, or in the files. `due` if the
    /// tool is applied next.
    pub(super) fn settle(&mut self, tool: usize, due: bool) {
        let Some(plan) = self.plans[tool].clone() else { return };
        let fresh = due && self.tree(tool) == plan.desired;
        for change in plan.changes.iter().filter(|change| change.reference.is_some()) {
            let Some(node) = plan.desired.nodes.iter().find(|n| n.key.as_str() == change.key)
            else {
                continue;
            };
            for field in &change.conflicts {
                match self.dice.below(5) {
                    0 | 1 => self.give_in(&plan, node, change, field, fresh),
                    2 => self.follow(tool, node, change, &field.name),
                    _ => {}
                }
            }
            for field in &change.kept {
                if self.dice.one_in(12) {
                    self.follow(tool, node, change, &field.name);
                }
            }
        }
    }

    /// A person puts the items that block a plan back where they belong, by the title that the
    /// files want and without a marker of others.
    pub(super) fn repair(&mut self, plan: &ToolPlan) {
        for notice in plan.notices.iter().filter(|notice| notice.blocks) {
            let of = |change: &&Change| notice.message.contains(&change.key);
            let Some(change) = plan.changes.iter().filter(of).max_by_key(|change| change.key.len())
            else {
                continue;
            };
            let reference = notice.message.split(' ').next().unwrap_or_default();
            let Some(item) = self.world.sandbox.item(reference) else { continue };
            if self.is_top(&item) || notice.message.contains("record cannot be read") {
                self.restore(plan);
                continue;
            }
            let above = plan.changes.iter().find(|c| Some(&c.key) == change.parent.as_ref());
            let above = above.and_then(|above| above.reference.as_ref()).map(ToString::to_string);
            let parent = above.or_else(|| change.parent.clone());
            let edits = [
                Edit::Description(text_of(&item)),
                Edit::Title(change.title.clone()),
                Edit::Parent(parent),
            ];
            for edit in edits {
                self.edit("carol", &item, "puts it back", edit);
            }
        }
    }

    /// A person takes the marker of a tool's first item out of its history.
    fn restore(&mut self, plan: &ToolPlan) {
        let Some(made) = self.made.get(&format!("{}/top", plan.desired.tool)) else { return };
        let mut at = made[0].clone();
        while let Some(to) = self.moved.get(&at) {
            at.clone_from(to);
        }
        let marker = self.markers.get(&plan.desired.tool);
        if let Some((item, marker)) = self.world.sandbox.item(&at).zip(marker.cloned()) {
            let text = format!("{}\n\n{marker}", text_of(&item));
            self.edit("carol", &item, "restores the marker", Edit::Description(text));
        }
    }

    /// A person gives GitLab the files' side, as they are now if it is `fresh`.
    fn give_in(
        &mut self,
        plan: &ToolPlan,
        node: &DesiredNode,
        change: &Change,
        field: &FieldChange,
        fresh: bool,
    ) {
        let user = self.dice.pick(&NAMES).unwrap();
        let Some(item) = self.here(change) else { return };
        let first = |value: &Value| match value {
            Value::List(list) => list.first().cloned(),
            Value::Text(text) => Some(text.clone()),
            Value::None | Value::Flag(_) | Value::Number(_) => None,
        };
        let edit = match field.name.as_str() {
            "title" => Edit::Title(node.title.clone()),
            "weight" => Edit::Weight(node.weight.and_then(|weight| i64::try_from(weight).ok())),
            "milestone" => Edit::Milestone(node.milestone.clone()),
            "assignees" => Edit::Assignees(node.assignees.clone().unwrap_or_default()),
            "due" => Edit::Due(node.due.map(|day| day.to_string())),
            "labels" => Edit::Label(first(&field.after).unwrap_or_default()),
            "parent" => Edit::Parent(first(&field.after)),
            "body" => {
                let Some(text) = invariants::wanted(plan, node) else { return };
                let marker = item.description.lines().find(|line| texts::is_marker(line));
                let marker = marker.unwrap_or_default().to_owned();
                let text = Edit::Description(format!("{text}\n\n{marker}"));
                if self.edit(user, &item, "gives in", text) {
                    let touch = if fresh { Touch::Nobody } else { Touch::Changed };
                    self.touch.insert(item.reference.clone(), touch);
                }
                return;
            }
            _ => return,
        };
        self.edit(user, &item, &format!("gives in on {}", field.name), edit);
    }

    /// The item of a change, wherever it went.
    fn here(&self, change: &Change) -> Option<ItemView> {
        let mut at = change.reference.as_ref()?.to_string();
        while let Some(to) = self.moved.get(&at) {
            at.clone_from(to);
        }
        self.world.sandbox.item(&at)
    }

    /// The files take GitLab's side.
    fn follow(&mut self, tool: usize, node: &DesiredNode, change: &Change, field: &str) {
        let Some(item) = self.here(change) else { return };
        let before = self.tools[tool].toml();
        self.tools[tool].follow(node.key.local(), field, &item);
        let after = self.tools[tool].toml();
        let new = texts::tokens(&after).into_keys().filter(|token| !before.contains(token));
        let new: Vec<String> = new.map(str::to_owned).collect();
        if after != before {
            let what = format!("the files follow {field} {new:?}");
            self.log.push(Entry {
                round: self.round,
                item: item.reference.clone(),
                what,
                text: String::new(),
            });
            self.followed += 1;
        }
        if !new.is_empty() {
            // Their words are the files' now, wherever the templates say them.
            self.taken.extend(new);
            for other in self.items() {
                self.touched(&other, Touch::Changed);
            }
        }
    }
}
