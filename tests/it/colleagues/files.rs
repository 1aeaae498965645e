//! The tool files of a life: what they want, how they change, and how they follow GitLab.

use std::fmt::Write as _;

use epictree::sandbox::ItemView;

use super::texts;
use crate::dice::Dice;
use crate::world::text_of;

/// Titles that files and people both like: an item of people's may be taken for a node.
pub(super) const COMMON: [&str; 3] = ["Write the manual", "Ask the owners", "Measure the load"];

/// What a tool file says.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) id: &'static str,
    pub(super) home: String,
    name: String,
    summary: String,
    notes: Vec<String>,
    parts: Vec<Part>,
    gone: Vec<Part>,
    born: usize,
    most: usize,
}

#[derive(Debug, Clone, Default)]
struct Part {
    born: usize,
    id: String,
    was: Vec<String>,
    name: String,
    state: String,
    paras: Vec<String>,
    boxes: Vec<String>,
    points: Vec<String>,
    after: String,
    needs: Vec<usize>,
    labels: Vec<String>,
    due: Option<usize>,
    issues: Vec<Issue>,
    gone: Vec<Issue>,
}

#[derive(Debug, Clone, Default)]
struct Issue {
    id: String,
    was: Vec<String>,
    title: String,
    paras: Vec<String>,
    boxes: Vec<String>,
    ticks: Option<usize>,
    under: Option<usize>,
    weight: Option<usize>,
    milestone: Option<usize>,
    labels: Vec<String>,
    assignee: Option<String>,
    due: Option<usize>,
}

/// An id that an entry had, and the one it has now, as local keys.
pub(super) type Renamed = (String, String);

impl Tool {
    /// A tool with at most so many parts.
    pub(super) fn new(id: &'static str, most: usize, dice: &mut Dice) -> Self {
        let mut tool = Self {
            id,
            home: format!("https://example.com/{id}"),
            name: format!("Tool {id} {}", dice.word()),
            summary: dice.sentence(),
            notes: sentences(dice),
            parts: Vec::new(),
            gone: Vec::new(),
            born: 0,
            most,
        };
        for _ in 0..most.saturating_sub(1).max(1) {
            tool.add_part(dice);
        }
        tool
    }

    fn add_part(&mut self, dice: &mut Dice) {
        self.born += 1;
        let mut part = Part {
            born: self.born,
            id: format!("p{}", self.born),
            name: format!("{} {}", dice.word(), self.born),
            state: dice.word().to_owned(),
            paras: sentences(dice),
            boxes: boxes(dice),
            points: boxes(dice),
            after: dice.sentence(),
            ..Part::default()
        };
        for _ in 0..1 + dice.below(2) {
            self.born += 1;
            part.issues.push(Issue::new(self.born, dice));
        }
        let at = dice.below(self.parts.len() + 1);
        self.parts.insert(at, part);
    }

    /// Makes some changes; answers local keys that are called otherwise now.
    pub(super) fn change(&mut self, dice: &mut Dice) -> Vec<Renamed> {
        let mut renamed = Vec::new();
        for _ in 0..dice.below(5) {
            match dice.below(12) {
                0 => self.name = format!("Tool {} {}", self.id, dice.word()),
                1 => reword(&mut self.summary, dice),
                2 => tend(&mut self.notes, dice, Dice::sentence),
                3 => self.parts_come_and_go(dice),
                4 => swap(&mut self.parts, dice),
                5 => renamed.extend(self.rename(dice)),
                6 => self.issues_come_and_go(dice),
                7..=9 => {
                    let others: Vec<usize> = self.parts.iter().map(|part| part.born).collect();
                    if let Some(part) = any(&mut self.parts, dice) {
                        part.change(&others, dice);
                    }
                }
                _ => {
                    let others: Vec<usize> = self.parts.iter().map(|part| part.born).collect();
                    let part = any(&mut self.parts, dice);
                    if let Some(issue) = part.and_then(|part| any(&mut part.issues, dice)) {
                        issue.change(&others, dice);
                    }
                }
            }
        }
        renamed
    }

    fn parts_come_and_go(&mut self, dice: &mut Dice) {
        if self.parts.len() > 1 && dice.one_in(2) {
            let part = self.parts.remove(dice.below(self.parts.len()));
            self.gone.push(part);
        } else if !self.gone.is_empty() && dice.below(3) > 0 {
            let part = self.gone.remove(dice.below(self.gone.len()));
            self.parts.insert(dice.below(self.parts.len() + 1), part);
        } else if self.parts.len() < self.most {
            self.add_part(dice);
        }
    }

    fn issues_come_and_go(&mut self, dice: &mut Dice) {
        let Some(part) = any(&mut self.parts, dice) else { return };
        if !part.issues.is_empty() && dice.one_in(2) {
            let issue = part.issues.remove(dice.below(part.issues.len()));
            part.gone.push(issue);
        } else if !part.gone.is_empty() && dice.below(3) > 0 {
            let issue = part.gone.remove(dice.below(part.gone.len()));
            part.issues.insert(dice.below(part.issues.len() + 1), issue);
        } else if part.issues.len() < 3 {
            self.born += 1;
            let issue = Issue::new(self.born, dice);
            part.issues.insert(dice.below(part.issues.len() + 1), issue);
        }
    }

    /// Gives an entry another id.
    fn rename(&mut self, dice: &mut Dice) -> Option<Renamed> {
        self.born += 1;
        let born = self.born;
        let part = any(&mut self.parts, dice)?;
        let above = part.id.clone();
        match any(&mut part.issues, dice).filter(|_| born.is_multiple_of(2)) {
            Some(issue) => {
                let old = std::mem::replace(&mut issue.id, format!("i{born}"));
                issue.was.push(old.clone());
                Some((format!("part/{above}/{old}"), format!("part/{above}/{}", issue.id)))
            }
            None => {
                part.id = format!("p{born}");
                part.was.push(above.clone());
                Some((above, part.id.clone()))
            }
        }
    }

    /// Takes what people made of an item into the files; `local` is its key.
    pub(super) fn follow(&mut self, local: &str, field: &str, item: &ItemView) {
        let parts: Vec<&str> = local.split('/').collect();
        match parts[..] {
            ["top"] if field == "body" => {
                follow_line(&mut self.summary, item);
                self.notes.iter_mut().for_each(|note| follow_line(note, item));
            }
            ["part", id] => {
                if let Some(part) = self.parts.iter_mut().find(|part| part.id == id) {
                    part.follow(field, item);
                }
            }
            ["part", above, id] => {
                let part = self.parts.iter_mut().find(|part| part.id == above);
                let issues = part.map(|part| &mut part.issues);
                if let Some(issue) = issues.and_then(|all| all.iter_mut().find(|i| i.id == id)) {
                    issue.follow(field, item);
                }
            }
            _ => {}
        }
    }

    fn id_of(&self, born: usize) -> Option<&str> {
        self.parts.iter().find(|part| part.born == born).map(|part| part.id.as_str())
    }

    /// The file's text.
    pub(super) fn toml(&self) -> String {
        let mut out = format!(
            "schema = 1\n[tool]\nid = {}\nname = {}\nsummary = {}\nhome = {}\nnotes = {}\n",
            text(self.id),
            text(&self.name),
            text(&self.summary),
            text(&self.home),
            list(&self.notes),
        );
        self.parts.iter().for_each(|part| part.write(self, &mut out));
        out
    }
}

impl Part {
    fn change(&mut self, others: &[usize], dice: &mut Dice) {
        match dice.below(9) {
            0 => self.name = format!("{} {}", dice.word(), self.born),
            1 => self.state = dice.word().to_owned(),
            2 | 3 => tend(&mut self.paras, dice, Dice::sentence),
            4 => tend(&mut self.boxes, dice, |dice| dice.words(3)),
            5 => tend(&mut self.points, dice, |dice| dice.words(3)),
            6 => reword(&mut self.after, dice),
            7 => {
                // A part needs only elder ones: no circle.
                let elder: Vec<usize> = others.iter().copied().filter(|o| *o < self.born).collect();
                toggle(&mut self.needs, dice.pick(&elder));
            }
            _ => match dice.one_in(2) {
                true => self.due = maybe(dice, 9),
                false => self.labels = labels(dice),
            },
        }
    }

    fn follow(&mut self, field: &str, item: &ItemView) {
        match field {
            "title" => {
                if let Some(name) = item.title.strip_prefix("Part ") {
                    self.name = name.to_owned();
                }
            }
            "due" => self.due = due_of(item),
            "body" => {
                follow_line(&mut self.after, item);
                let lists = [&mut self.paras, &mut self.boxes, &mut self.points];
                lists.into_iter().flatten().for_each(|line| follow_line(line, item));
            }
            _ => {}
        }
    }

    fn write(&self, tool: &Tool, out: &mut String) {
        let needs: Vec<String> =
            self.needs.iter().filter_map(|born| tool.id_of(*born)).map(str::to_owned).collect();
        let lines = [
            ("id", Some(text(&self.id))),
            ("was", some_list(&self.was)),
            ("name", Some(text(&self.name))),
            ("state", Some(text(&self.state))),
            ("paras", some_list(&self.paras)),
            ("boxes", some_list(&self.boxes)),
            ("points", some_list(&self.points)),
            ("after", Some(text(&self.after))),
            ("depends-on", some_list(&needs)),
            ("labels", some_list(&self.labels)),
            ("due", self.due.map(day)),
        ];
        entry("[[part]]", &lines, out);
        for issue in &self.issues {
            let ticks = issue.ticks.and_then(|born| tool.id_of(born));
            let under = issue.under.and_then(|born| tool.id_of(born));
            let lines = [
                ("id", Some(text(&issue.id))),
                ("was", some_list(&issue.was)),
                ("title", Some(text(&issue.title))),
                ("paras", some_list(&issue.paras)),
                ("boxes", some_list(&issue.boxes)),
                ("ticks", ticks.map(|id| text(&format!("sunset/{id}")))),
                ("under", under.map(text)),
                ("weight", issue.weight.map(|weight| weight.to_string())),
                ("milestone", issue.milestone.map(|n| text(&format!("m{n}")))),
                ("labels", some_list(&issue.labels)),
                ("assignees", issue.assignee.as_ref().map(|name| list(&[format!("@{name}")]))),
                ("due", issue.due.map(day)),
            ];
            entry("[[part.issue]]", &lines, out);
        }
    }
}

impl Issue {
    fn new(born: usize, dice: &mut Dice) -> Self {
        let common = COMMON[born % COMMON.len()];
        Self {
            id: format!("i{born}"),
            title: if born.is_multiple_of(7) { common.to_owned() } else { title(born, dice) },
            paras: sentences(dice),
            boxes: boxes(dice),
            weight: maybe(dice, 5),
            milestone: maybe(dice, 3),
            labels: labels(dice),
            ..Self::default()
        }
    }

    fn change(&mut self, others: &[usize], dice: &mut Dice) {
        match dice.below(11) {
            0 => self.title = title(dice.below(99), dice),
            1 | 2 => tend(&mut self.paras, dice, Dice::sentence),
            3 => tend(&mut self.boxes, dice, |dice| dice.words(3)),
            4 => self.ticks = dice.pick(others).filter(|_| dice.below(3) > 0),
            5 => self.under = dice.pick(others).filter(|_| dice.below(3) > 0),
            6 => self.weight = maybe(dice, 5),
            7 => self.milestone = maybe(dice, 3),
            8 => self.labels = labels(dice),
            9 => self.assignee = dice.pick(&super::people::NAMES).map(str::to_owned),
            _ => self.due = maybe(dice, 9),
        }
    }

    fn follow(&mut self, field: &str, item: &ItemView) {
        match field {
            "title" => self.title.clone_from(&item.title),
            "weight" => self.weight = item.weight.and_then(|weight| usize::try_from(weight).ok()),
            "milestone" => {
                let number = item.milestone.as_ref().and_then(|title| title[1..].parse().ok());
                self.milestone = number;
            }
            "assignees" => self.assignee = item.assignees.first().cloned(),
            "due" => self.due = due_of(item),
            "body" => {
                let lists = [&mut self.paras, &mut self.boxes];
                lists.into_iter().flatten().for_each(|line| follow_line(line, item));
            }
            _ => {}
        }
    }
}

// -- values ----------------------------------------------------------------------------

fn sentences(dice: &mut Dice) -> Vec<String> {
    (0..1 + dice.below(3)).map(|_| dice.sentence()).collect()
}

fn boxes(dice: &mut Dice) -> Vec<String> {
    (0..dice.below(4)).map(|_| dice.words(3)).collect()
}

fn title(number: usize, dice: &mut Dice) -> String {
    format!("Do {} {number}", dice.words(2))
}

fn maybe(dice: &mut Dice, most: usize) -> Option<usize> {
    (dice.below(3) > 0).then(|| 1 + dice.below(most))
}

fn labels(dice: &mut Dice) -> Vec<String> {
    let plain = dice.one_in(2).then(|| "plain".to_owned());
    let scoped = maybe(dice, 3).map(|n| format!("prio::{n}"));
    plain.into_iter().chain(scoped).collect()
}

fn due_of(item: &ItemView) -> Option<usize> {
    item.due_date.as_ref()?.strip_prefix("2027-01-0")?.parse().ok()
}

fn day(number: usize) -> String {
    format!("2027-01-0{number}")
}

fn any<'a, T>(list: &'a mut [T], dice: &mut Dice) -> Option<&'a mut T> {
    let at = dice.below(list.len());
    list.get_mut(at)
}

fn swap<T>(list: &mut [T], dice: &mut Dice) {
    if list.len() > 1 {
        let at = dice.below(list.len() - 1);
        list.swap(at, at + 1);
    }
}

fn toggle(list: &mut Vec<usize>, value: Option<usize>) {
    let Some(value) = value else { return };
    match list.iter().position(|other| *other == value) {
        Some(at) => drop(list.remove(at)),
        None => list.push(value),
    }
}

/// Says something a little differently.
fn reword(line: &mut String, dice: &mut Dice) {
    if dice.one_in(3) {
        *line = dice.sentence();
        return;
    }
    let mut words: Vec<&str> = line.split(' ').collect();
    let at = dice.below(words.len());
    words[at] = dice.word();
    *line = words.join(" ");
}

/// Adds, removes, swaps or rewords something in a list.
fn tend(list: &mut Vec<String>, dice: &mut Dice, make: fn(&mut Dice) -> String) {
    match dice.below(5) {
        0 | 1 => {
            let new = make(dice);
            list.insert(dice.below(list.len() + 1), new);
        }
        2 if !list.is_empty() => drop(list.remove(dice.below(list.len()))),
        3 => swap(list, dice),
        _ => {
            if let Some(line) = any(list, dice) {
                reword(line, dice);
            }
        }
    }
    list.truncate(5);
}

/// Takes the line that people made of this one, if they changed it.
fn follow_line(line: &mut String, item: &ItemView) {
    let text = text_of(item);
    let said = |other: &&str| texts::bare(other) == line.as_str();
    if text.lines().any(|other| said(&other)) {
        return;
    }
    let words: Vec<&str> = line.split(' ').collect();
    let common = |other: &str| {
        let there: Vec<&str> = other.split(' ').collect();
        words.iter().filter(|word| there.contains(word)).count()
    };
    let of_people = text.lines().map(texts::bare).filter(|other| texts::has_token(other));
    let like =
        of_people.filter(|other| !other.contains('|') && common(other) * 3 > words.len() * 2);
    if let Some(other) = like.max_by_key(|other| common(other)) {
        *line = other.to_owned();
    }
}

// -- TOML --------------------------------------------------------------------------------

fn text(value: &str) -> String {
    format!("{value:?}")
}

fn list(values: &[String]) -> String {
    format!("{values:?}")
}

fn some_list(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| list(values))
}

fn entry(header: &str, lines: &[(&str, Option<String>)], out: &mut String) {
    out.push_str(header);
    out.push('\n');
    for (key, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
}
