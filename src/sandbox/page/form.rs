//! The forms of an item's page, filled from the item or from what was typed, and the edits that a
//! typed form comes to.

use crate::page::escape;

use super::super::people::Edit;
use super::super::rules::{Refusal, kind_name};
use super::super::store::{Id, Item, Kind, PlaceKind, World};
use super::super::{hierarchy, places, references, text};
use super::ask::Pairs;
use super::look::Look;

/// Choices offered in one list.
const CHOICES: usize = 300;

/// The values of the form, each as it is typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    title: String,
    description: String,
    labels: Vec<String>,
    parent: String,
    milestone: String,
    assignees: Vec<String>,
    weight: String,
    start: String,
    due: String,
    confidential: bool,
}

impl Fields {
    /// Takes the values of an item.
    pub(super) fn of(world: &World, item: &Item) -> Self {
        let labels = item.labels.iter().filter_map(|id| world.labels.get(*id));
        let assignees = item.assignees.iter().filter_map(|id| world.users.get(*id));
        let milestone = item.milestone.and_then(|id| world.milestones.get(id));
        let date = |date: &Option<String>| date.clone().unwrap_or_default();
        Self {
            title: item.title.clone(),
            description: item.description.clone(),
            labels: labels.map(|label| label.title.clone()).collect(),
            parent: item.parent.map_or_else(String::new, |id| references::full(world, id)),
            milestone: milestone.map_or_else(String::new, |row| row.title.clone()),
            assignees: assignees.map(|user| user.username.clone()).collect(),
            weight: item.weight.map_or_else(String::new, |weight| weight.to_string()),
            start: date(&item.start),
            due: date(&item.due),
            confidential: item.confidential,
        }
    }

    /// Takes the values that were typed.
    pub(super) fn read(sent: &Pairs) -> Self {
        let kept = sent.all("label").into_iter().map(str::to_owned);
        let added = sent.one("new-labels").split(',').map(|title| title.trim().to_owned());
        let mut labels: Vec<String> = Vec::new();
        for title in kept.chain(added) {
            if !title.is_empty() && !labels.contains(&title) {
                labels.push(title);
            }
        }
        let names = sent.one("assignees").split([',', ' ']);
        let names = names.map(|name| name.trim().trim_start_matches('@').to_owned());
        let line = |name: &str| sent.one(name).trim().to_owned();
        Self {
            title: line("title"),
            // A form sends its line ends as `\r\n`.
            description: text::normalise(sent.one("description")),
            labels,
            parent: line("parent"),
            milestone: sent.one("milestone").to_owned(),
            assignees: names.filter(|name| !name.is_empty()).collect(),
            weight: line("weight"),
            start: line("start"),
            due: line("due"),
            confidential: sent.has("confidential"),
        }
    }

    /// Lists what has to be done to come from the item's values to these.
    pub(super) fn edits_since(&self, now: &Self) -> Result<Vec<Edit>, Refusal> {
        let Self { title, description, labels, parent, milestone, .. } = self;
        let Self { assignees, weight, start, due, confidential, .. } = self;
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let mut edits = Vec::new();
        let mut note = |differs: bool, edit: Edit| edits.extend(differs.then_some(edit));
        note(*title != now.title, Edit::Title(title.clone()));
        let differs = *description != text::normalise(&now.description);
        note(differs, Edit::Description(description.clone()));
        note(*confidential != now.confidential, Edit::Confidential(*confidential));
        note(*parent != now.parent, Edit::Parent(some(parent)));
        note(*milestone != now.milestone, Edit::Milestone(some(milestone)));
        note(*assignees != now.assignees, Edit::Assignees(assignees.clone()));
        note(*start != now.start, Edit::Start(some(start)));
        note(*due != now.due, Edit::Due(some(due)));
        if *weight != now.weight {
            let number = some(weight).map(|text| text.parse());
            let wrong = |_| Refusal::invalid(format!("Weight \"{weight}\" is not a number"));
            edits.push(Edit::Weight(number.transpose().map_err(wrong)?));
        }
        let gone = now.labels.iter().filter(|title| !labels.contains(title));
        edits.extend(gone.cloned().map(Edit::Unlabel));
        let new = labels.iter().filter(|title| !now.labels.contains(title));
        edits.extend(new.cloned().map(Edit::Label));
        Ok(edits)
    }
}

/// The form that edits an item.
pub(super) fn edit(look: &Look, id: Id, item: &Item, typed: Option<&Pairs>) -> String {
    let fields = typed.map_or_else(|| Fields::of(&look.world, item), Fields::read);
    let (open, kept) = if typed.is_some() { (" open", " data-kept") } else { ("", "") };
    let value = |name: &str, label: &str, kind: &str, value: &str| {
        format!(
            "<label>{label} <input type=\"{kind}\" name=\"{name}\" value=\"{}\"></label>\n",
            escape(value)
        )
    };
    let checked = if fields.confidential { " checked" } else { "" };
    format!(
        "<details class=\"edit\" data-key=\"edit\"{open}><summary>Edit</summary>\n\
         <form method=\"post\" action=\"{}\" data-key=\"edit-form\"{kept}>\n\
         <input type=\"hidden\" name=\"deed\" value=\"edit\">\
         <input type=\"hidden\" name=\"seen\" value=\"{}\">\n\
         {}<label>Description <textarea name=\"description\" rows=\"14\">\n{}</textarea></label>\n\
         {}<div class=\"fields\">\n{}{}{}{}{}{}\
         <label class=\"tick\"><input type=\"checkbox\" name=\"confidential\"{checked}> Confidential</label>\n\
         </div>\n<button>Save as @{}</button>\n</form></details>\n",
        escape(&look.url(id)),
        item.updated_at,
        value("title", "Title", "text", &fields.title),
        escape_source(&fields.description),
        labels(look, item, &fields.labels),
        value("parent", "Parent", "text", &fields.parent),
        milestones(look, item, &fields.milestone),
        value("assignees", "Assignees", "text", &fields.assignees.join(", ")),
        value("weight", "Weight", "number", &fields.weight),
        value("start", "Start", "date", &fields.start),
        value("due", "Due", "date", &fields.due),
        escape(look.acting()),
    )
}

/// Makes a text safe without leaving any of it out, since it is saved again.
fn escape_source(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Labels to keep, and a line for more.
fn labels(look: &Look, item: &Item, titles: &[String]) -> String {
    let keep = |title: &String| {
        let title = escape(title);
        format!(
            "<label class=\"tick\"><input type=\"checkbox\" name=\"label\" value=\"{title}\" checked> \
             {title}</label>\n"
        )
    };
    let homes = places::with_ancestors(&look.world, item.place);
    let usable = look.world.labels.iter().map(|(_, label)| label);
    let usable = usable.filter(|label| homes.contains(&label.place)).take(CHOICES);
    let options: String =
        usable.map(|label| format!("<option value=\"{}\">", escape(&label.title))).collect();
    format!(
        "<fieldset><legend>Labels</legend>\n{}\
         <label>More, with commas between <input name=\"new-labels\" list=\"labels\" \
         autocomplete=\"off\"></label>\n<datalist id=\"labels\">{options}</datalist></fieldset>\n",
        titles.iter().map(keep).collect::<String>()
    )
}

fn milestones(look: &Look, item: &Item, chosen: &str) -> String {
    let homes = places::with_ancestors(&look.world, item.place);
    let usable = look.world.milestones.iter().map(|(_, row)| row);
    let usable = usable.filter(|row| homes.contains(&row.place)).take(CHOICES);
    let titles = std::iter::once("").chain(usable.map(|row| &*row.title));
    let options: String = titles
        .map(|title| {
            let selected = if title == chosen { " selected" } else { "" };
            format!("<option{selected}>{}</option>", escape(title))
        })
        .collect();
    format!("<label>Milestone <select name=\"milestone\">{options}</select></label>\n")
}

/// The form that makes an item below this one; nothing where none can stand.
pub(super) fn child(look: &Look, id: Id, item: &Item, typed: Option<&Pairs>) -> String {
    let homes = homes(look, item);
    if homes.is_empty() {
        return String::new();
    }
    let (open, kept) = if typed.is_some() { (" open", " data-kept") } else { ("", "") };
    let typed = |name: &str| typed.map_or("", |typed| typed.one(name));
    let options: String = homes
        .iter()
        .map(|(value, shown)| {
            let selected = if value == typed("home") { " selected" } else { "" };
            format!("<option value=\"{}\"{selected}>{}</option>", escape(value), escape(shown))
        })
        .collect();
    format!(
        "<details class=\"edit\" data-key=\"child\"{open}><summary>New child</summary>\n\
         <form method=\"post\" action=\"{}\" data-key=\"child-form\"{kept}>\n\
         <input type=\"hidden\" name=\"deed\" value=\"child\">\n\
         <label>Title <input name=\"title\" required value=\"{}\"></label>\n\
         <label>As <select name=\"home\">{options}</select></label>\n\
         <label>Description <textarea name=\"description\" rows=\"4\">\n{}</textarea></label>\n\
         <button>Create as @{}</button>\n</form></details>\n",
        escape(&look.url(id)),
        escape(typed("title")),
        escape_source(typed("description")),
        escape(look.acting()),
    )
}

/// Types and places that a child can have, the likeliest first: the number of the type, the place.
fn homes(look: &Look, item: &Item) -> Vec<(String, String)> {
    let near = item.children.iter().filter_map(|child| look.world.items.get(*child));
    let near: Vec<Id> = near.map(|child| child.place).chain([item.place]).collect();
    let mut homes = Vec::new();
    for kind in hierarchy::child_kinds(&look.config, item.kind) {
        let wanted = if kind == Kind::Epic { PlaceKind::Group } else { PlaceKind::Project };
        let all = look.world.places.iter().filter(|(_, place)| place.kind == wanted);
        let mut fit: Vec<_> = all.filter(|(id, _)| look.sees_place(*id)).collect();
        fit.sort_by_key(|(id, _)| near.iter().position(|near| near == id).unwrap_or(usize::MAX));
        let number = look.config.type_id(kind);
        homes.extend(fit.into_iter().take(CHOICES).map(|(_, place)| {
            let shown = format!("{} in {}", kind_name(kind), place.path);
            (format!("{number} {}", place.path), shown)
        }));
    }
    homes
}

/// The form that comments, or replies in a thread.
pub(super) fn comment(look: &Look, id: Id, thread: Option<Id>, typed: Option<&Pairs>) -> String {
    let number = thread.map_or_else(String::new, |thread| thread.to_string());
    let typed = typed.filter(|typed| typed.one("thread") == number);
    let kept = if typed.is_some() { " data-kept" } else { "" };
    let verb = if thread.is_some() { "Reply" } else { "Comment" };
    format!(
        "<form class=\"comment\" method=\"post\" action=\"{}\" data-key=\"comment-{number}\"{kept}>\n\
         <input type=\"hidden\" name=\"deed\" value=\"comment\">\
         <input type=\"hidden\" name=\"thread\" value=\"{number}\">\
         <textarea name=\"body\" rows=\"3\" required aria-label=\"{verb}\">\n{}</textarea>\n\
         <button>{verb} as @{}</button></form>\n",
        escape(&look.url(id)),
        escape_source(typed.map_or("", |typed| typed.one("body"))),
        escape(look.acting()),
    )
}

/// The form that closes or reopens.
pub(super) fn state(look: &Look, id: Id, item: &Item) -> String {
    let (deed, verb) =
        if item.closed_at.is_some() { ("reopen", "Reopen") } else { ("close", "Close") };
    format!(
        "<form method=\"post\" action=\"{}\" data-key=\"state\"><button name=\"deed\" \
         value=\"{deed}\">{verb}</button></form>\n",
        escape(&look.url(id)),
    )
}
