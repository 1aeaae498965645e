//! What happened to an item, oldest first: comments in threads, and between them the changes, each
//! with its author, its words and the people it told.

use std::collections::BTreeMap;

use crate::page::{diff, escape};

use super::super::rules::kind_name;
use super::super::store::{Id, Item, Note, Notification, QuickActionRun, Tick};
use super::super::text::strip_between;
use super::ask::Pairs;
use super::form;
use super::look::{Look, count, time};

/// Entries shown without being asked for more.
const ENTRIES: usize = 60;
/// Texts that are together longer are not compared.
const COMPARED_BYTES: usize = 200 * 1024;

/// One entry.
enum Entry<'a> {
    /// A comment and the replies to it.
    Thread(Vec<&'a Note>),
    /// What one person changed at once.
    Change { by: Id, notes: Vec<&'a Note> },
}

/// Makes the list.
pub(super) fn list(
    look: &Look,
    id: Id,
    item: &Item,
    asked: &Pairs,
    typed: Option<&Pairs>,
) -> String {
    let entries = entries(item);
    let all = asked.has("all");
    let skipped = if all { 0 } else { entries.len().saturating_sub(ENTRIES) };
    let reference = look.reference(id, None);
    let told = |row: &Notification| (row.item == reference).then_some(row.at);
    let run = |row: &QuickActionRun| (row.item == reference).then_some(row.at);
    let page = Activity {
        look,
        id,
        item,
        told: by_second(look.world.notifications.iter(), told),
        run: by_second(look.world.quick_actions.iter(), run),
        texts: texts(look, item),
        typed,
    };
    let mut out = String::new();
    if skipped > 0 {
        let href = escape(&super::ask::address(&look.url(id), &[("all", "1")]));
        out.push_str(&format!(
            "<p><a href=\"{href}\">{} before</a></p>\n",
            count(skipped, "entry")
        ));
    }
    if skipped == 0 {
        out.push_str(&page.creation());
    }
    for ((at, _), entry) in entries.iter().skip(skipped) {
        out.push_str(&page.entry(*at, entry));
    }
    out
}

/// Gathers what belongs together: replies in their thread, and what one mutation noted.
fn entries(item: &Item) -> BTreeMap<(Tick, Id), Entry<'_>> {
    let mut entries: BTreeMap<(Tick, Id), Entry<'_>> = BTreeMap::new();
    let mut threads: BTreeMap<Id, (Tick, Id)> = BTreeMap::new();
    let change = |by| Entry::Change { by, notes: Vec::new() };
    for edit in item.edits.iter().filter(|edit| edit.before.is_some()) {
        entries.entry((edit.at, 0)).or_insert_with(|| change(edit.by));
    }
    for note in &item.notes {
        if note.system {
            let entry = entries.entry((note.at, 0)).or_insert_with(|| change(note.author));
            if let Entry::Change { notes, .. } = entry {
                notes.push(note);
            }
            continue;
        }
        let key = *threads.entry(note.thread).or_insert((note.at, note.id));
        let entry = entries.entry(key).or_insert_with(|| Entry::Thread(Vec::new()));
        if let Entry::Thread(notes) = entry {
            notes.push(note);
        }
    }
    entries
}

/// Puts rows of an item together by the second.
fn by_second<'a, T: 'a>(
    rows: impl Iterator<Item = (Id, &'a T)>,
    at: impl Fn(&T) -> Option<Tick>,
) -> BTreeMap<Tick, Vec<&'a T>> {
    let mut all: BTreeMap<Tick, Vec<&T>> = BTreeMap::new();
    for (_, row) in rows {
        if let Some(at) = at(row) {
            all.entry(at).or_default().push(row);
        }
    }
    all
}

/// What the description said before and after each save, by the second.
fn texts<'a>(look: &'a Look, item: &'a Item) -> BTreeMap<Tick, (&'a str, &'a str)> {
    let mut texts = BTreeMap::new();
    let mut after: &str = &item.description;
    for edit in item.edits.iter().rev() {
        if let Some(before) = edit.before.and_then(|row| look.world.texts.get(row)) {
            texts.insert(edit.at, (&**before, after));
            after = before;
        }
    }
    texts
}

struct Activity<'a> {
    look: &'a Look,
    id: Id,
    item: &'a Item,
    told: BTreeMap<Tick, Vec<&'a Notification>>,
    run: BTreeMap<Tick, Vec<&'a QuickActionRun>>,
    texts: BTreeMap<Tick, (&'a str, &'a str)>,
    typed: Option<&'a Pairs>,
}

impl Activity<'_> {
    fn creation(&self) -> String {
        let at = self.item.created_at;
        let head = format!(
            "{} created this {} {}",
            self.look.user(self.item.author),
            kind_name(self.item.kind).to_lowercase(),
            time(at)
        );
        format!("<div class=\"change\"><p>{head}</p>{}</div>\n", self.told(at))
    }

    fn entry(&self, at: Tick, entry: &Entry<'_>) -> String {
        match entry {
            Entry::Thread(notes) => self.thread(notes),
            Entry::Change { by, notes } => self.change(at, *by, notes),
        }
    }

    fn change(&self, at: Tick, by: Id, notes: &[&Note]) -> String {
        let said: Vec<String> = notes.iter().map(|note| self.said(&note.body)).collect();
        // On the item's first second its creation says who was told.
        let told = if at == self.item.created_at { String::new() } else { self.told(at) };
        format!(
            "<div class=\"change\"><div class=\"said\">{} {} {}</div>{}{told}</div>\n",
            self.look.user(by),
            said.join(", "),
            time(at),
            self.difference(at),
        )
    }

    /// GitLab's own words, which hold references and titles.
    fn said(&self, body: &str) -> String {
        let html = self.look.markdown(body, self.item.place);
        let line = html.strip_prefix("<div class=\"md\">\n<p>");
        let line = line.and_then(|html| html.strip_suffix("</p>\n</div>"));
        format!("<span class=\"words\">{}</span>", line.unwrap_or(&html))
    }

    /// What a save of the description changed.
    fn difference(&self, at: Tick) -> String {
        let Some((before, after)) = self.texts.get(&at) else {
            return String::new();
        };
        let compared = |before: &str, after: &str| {
            if before.len() + after.len() > COMPARED_BYTES {
                return "<p class=\"quiet\">Too long to be compared here.</p>".to_owned();
            }
            diff(before, after)
        };
        let shown = |text: &str| strip_between(text, "<!--", "-->").trim_end().to_owned();
        let (seen_before, seen_after) = (shown(before), shown(after));
        let mut out = String::new();
        if seen_before != seen_after {
            let newest = self.texts.last_key_value().is_some_and(|(last, _)| *last == at);
            let open = if newest { " open" } else { "" };
            out.push_str(&format!(
                "<details data-key=\"text-{at}\"{open}><summary>Description</summary>{}</details>",
                compared(&seen_before, &seen_after)
            ));
        }
        if before.len() - seen_before.len() > 0 || after.len() - seen_after.len() > 0 {
            out.push_str(&format!(
                "<details data-key=\"source-{at}\"><summary>With what is hidden</summary>{}</details>",
                compared(before, after)
            ));
        }
        out
    }

    fn thread(&self, notes: &[&Note]) -> String {
        let mut out = String::from("<div class=\"thread\">\n");
        for note in notes {
            let internal = if note.internal { " <span class=\"mark\">internal</span>" } else { "" };
            out.push_str(&format!(
                "<article id=\"note_{}\"><p class=\"by\">{} {}{internal}</p>{}{}</article>\n",
                note.id,
                self.look.user(note.author),
                time(note.at),
                self.look.markdown(&note.body, self.item.place),
                self.told(note.at),
            ));
        }
        let Some(first) = notes.first() else {
            return String::new();
        };
        let number = first.thread.to_string();
        let typed = self.typed.filter(|typed| typed.one("thread") == number);
        let open = if typed.is_some() { " open" } else { "" };
        out.push_str(&format!(
            "<details data-key=\"reply-{number}\"{open}><summary>Reply</summary>{}</details>\n</div>\n",
            form::comment(self.look, self.id, Some(first.thread), typed)
        ));
        out
    }

    /// Who was told of what happened in a second, and why; and which of its lines were commands.
    fn told(&self, at: Tick) -> String {
        let rows = self.told.get(&at).into_iter().flatten();
        let people =
            rows.map(|row| format!("{} ({})", self.look.person(&row.user), escape(&row.cause)));
        let runs = self.run.get(&at).into_iter().flatten();
        let runs = runs.map(|row| format!("<code>{}</code>", escape(&row.command)));
        let line = |head: &str, parts: Vec<String>| match parts.is_empty() {
            true => String::new(),
            false => format!("<p class=\"told\">{head}: {}</p>", parts.join(", ")),
        };
        line("Notified", people.collect()) + &line("Quick actions run", runs.collect())
    }
}
