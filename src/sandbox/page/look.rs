//! One state of the world as a browser sees it: addresses, references, labels, people. Must not
//! know which page it is for.

use std::sync::Arc;

use crate::page::{Target, escape, markdown_with};

use super::super::places::Config;
use super::super::references;
use super::super::rules::kind_name;
use super::super::store::{Id, Item, Label, PlaceKind, Tick, World};
use super::ask::address;

/// Larger texts are shown as they are stored.
const RENDERED_BYTES: usize = 200 * 1024;
/// More of a text is not shown at all.
const SHOWN_BYTES: usize = 1024 * 1024;
/// Whom one plays where the sandbox knows nobody.
const SOMEBODY: &str = "colleague";

/// A state of the world, and who looks at it.
pub(super) struct Look {
    pub(super) world: Arc<World>,
    pub(super) config: Arc<Config>,
    /// What all paths of this server start with.
    base: String,
    acting: String,
}

impl Look {
    /// Looks as the person of this name, or as the first that is known.
    pub(super) fn new(
        world: Arc<World>,
        config: Arc<Config>,
        url: &str,
        name: Option<&str>,
    ) -> Self {
        let known = name.filter(|name| world.user_named(name).is_some()).map(str::to_owned);
        let first = || world.users.iter().find(|(_, user)| !user.bot).map(|(_, user)| user);
        let acting = known.or_else(|| first().map(|user| user.username.clone()));
        let base = url.splitn(4, '/').nth(3).unwrap_or_default().trim_end_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        let acting = acting.unwrap_or_else(|| SOMEBODY.to_owned());
        Self { world, config, base, acting }
    }

    /// Returns the username of who looks.
    pub(super) fn acting(&self) -> &str {
        &self.acting
    }

    /// Tells whether somebody of this name is known.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.world.user_named(name).is_some()
    }

    /// Finds the item of a page, by its path without the first slash.
    pub(super) fn item_at(&self, path: &str) -> Option<Id> {
        references::find_page(&self.world, path).filter(|id| self.sees(*id))
    }

    /// Finds a group or project by the path of its page.
    pub(super) fn place_at(&self, path: &str) -> Option<Id> {
        let path = path.strip_prefix("groups/").unwrap_or(path).trim_end_matches('/');
        self.world.place_at(path).filter(|place| self.sees_place(*place))
    }

    /// Tells whether members may see the item.
    pub(super) fn sees(&self, id: Id) -> bool {
        self.world.items.get(id).is_some_and(|item| self.sees_place(item.place))
    }

    /// Tells whether members may see the place.
    pub(super) fn sees_place(&self, place: Id) -> bool {
        let member = self.world.users.iter().next().map(|(id, _)| id);
        self.config.readable(&self.world, place, member)
    }

    /// Lists the items that members may see.
    pub(super) fn items(&self) -> impl Iterator<Item = (Id, &Item)> {
        let hidden = !self.config.seed.hidden.is_empty();
        self.world.items.iter().filter(move |(_, item)| !hidden || self.sees_place(item.place))
    }

    /// Returns a path of this server.
    pub(super) fn inside(&self, path: &str) -> String {
        // A browser takes `//host` and `/\host` for other servers.
        let path = path.trim_start_matches(['/', '\\']);
        format!("{}/{}", self.base, path.replace(|c: char| c.is_control(), ""))
    }

    /// Returns the path of an item's page.
    pub(super) fn url(&self, id: Id) -> String {
        let path = self.world.items.get(id).map(|item| references::web_path(&self.world, item));
        format!("{}{}", self.base, path.unwrap_or_default())
    }

    /// Returns the path of the search for a label.
    fn label_url(&self, title: &str) -> String {
        address(&self.inside(""), &[("label", title)])
    }

    /// Returns the reference of an item as read from a place.
    pub(super) fn reference(&self, id: Id, from: Option<Id>) -> String {
        match self.world.items.get(id) {
            Some(item) if Some(item.place) == from => references::short(item),
            _ => references::full(&self.world, id),
        }
    }

    /// Returns the full path of a place.
    pub(super) fn path(&self, place: Id) -> &str {
        self.world.places.get(place).map_or("", |place| &place.path)
    }

    /// Returns the path of the page of a place, without the server's base.
    pub(super) fn place_path(&self, place: Id) -> String {
        let groups = match self.world.places.get(place).map(|place| place.kind) {
            Some(PlaceKind::Group) => "groups/",
            Some(PlaceKind::Project) | None => "",
        };
        format!("{groups}{}", self.path(place))
    }

    /// Returns a link to the page of a place.
    pub(super) fn place_link(&self, place: Id) -> String {
        let href = self.inside(&self.place_path(place));
        format!("<a href=\"{}\">{}</a>", escape(&href), escape(self.path(place)))
    }

    /// Returns a link to an item with its type, title and reference.
    pub(super) fn item_link(&self, id: Id, from: Option<Id>) -> String {
        let Some(item) = self.world.items.get(id).filter(|_| self.sees(id)) else {
            return "<span class=\"quiet\">an item that members cannot see</span>".to_owned();
        };
        let closed = if item.closed_at.is_some() { " class=\"done\"" } else { "" };
        format!(
            "{}<a{closed} href=\"{}\">{}</a> <span class=\"reference\">{}</span>",
            kind(item),
            escape(&self.url(id)),
            escape(&item.title),
            escape(&self.reference(id, from)),
        )
    }

    /// Returns the labels of an item as chips.
    pub(super) fn labels(&self, item: &Item) -> String {
        let rows = item.labels.iter().filter_map(|id| self.world.labels.get(*id));
        let mut rows: Vec<&Label> = rows.collect();
        rows.sort_by_key(|label| &label.title);
        rows.iter().map(|label| self.label(label)).collect::<Vec<_>>().join(" ")
    }

    fn label(&self, label: &Label) -> String {
        format!(
            "<a class=\"label-link\" href=\"{}\">{}</a>",
            escape(&self.label_url(&label.title)),
            chip(label)
        )
    }

    /// Returns a person as a link to what they wrote.
    pub(super) fn person(&self, name: &str) -> String {
        let href = address(&self.inside(""), &[("q", &format!("@{name}"))]);
        format!("<a class=\"person\" href=\"{}\">@{}</a>", escape(&href), escape(name))
    }

    /// Returns a person by number.
    pub(super) fn user(&self, id: Id) -> String {
        self.world.users.get(id).map_or_else(String::new, |user| self.person(&user.username))
    }

    /// Renders a text of an item as GitLab would, within bounds.
    pub(super) fn markdown(&self, text: &str, place: Id) -> String {
        if text.len() > RENDERED_BYTES {
            return format!(
                "<p class=\"quiet\">Too long to be rendered here.</p>{}",
                self.source(text)
            );
        }
        markdown_with(text, &|reference| self.target(reference, place))
    }

    /// Shows a text as it is stored.
    pub(super) fn source(&self, text: &str) -> String {
        let cut = text.char_indices().map(|(at, _)| at).find(|at| *at >= SHOWN_BYTES);
        let shown = &text[..cut.unwrap_or(text.len())];
        format!("<pre class=\"source\">{}</pre>", escape(shown))
    }

    fn target(&self, reference: &str, place: Id) -> Option<Target> {
        let id = references::find(&self.world, reference, self.path(place))?;
        let item = self.world.items.get(id).filter(|_| self.sees(id))?;
        Some(Target {
            title: item.title.clone(),
            url: Some(self.url(id)),
            closed: item.closed_at.is_some(),
        })
    }
}

/// Returns the type of an item as a mark.
pub(super) fn kind(item: &Item) -> String {
    let name = kind_name(item.kind);
    format!("<span class=\"kind {}\">{name}</span> ", name.to_lowercase())
}

/// Returns a label in its colour; of a scoped one, the scope is in colour.
fn chip(label: &Label) -> String {
    let (fill, ink) = paint(&label.color);
    let fill = format!(
        "<svg aria-hidden=\"true\"><rect width=\"100%\" height=\"100%\" fill=\"{fill}\"/></svg>"
    );
    match label.title.rsplit_once("::") {
        Some((scope, value)) if !scope.is_empty() && !value.is_empty() => format!(
            "<span class=\"chip scoped\"><span class=\"{ink}\">{fill}<b>{}</b></span>\
             <span class=\"unseen\">::</span><span><b>{}</b></span></span>",
            escape(scope),
            escape(value)
        ),
        _ => format!(
            "<span class=\"chip\"><span class=\"{ink}\">{fill}<b>{}</b></span></span>",
            escape(&label.title)
        ),
    }
}

/// Returns a colour that is one, and whether text on it is to be dark or light.
fn paint(color: &str) -> (String, &'static str) {
    let digits: Vec<u32> = color.chars().skip(1).filter_map(|c| c.to_digit(16)).collect();
    let (red, green, blue) = match digits[..] {
        [r, g, b] => (17 * r, 17 * g, 17 * b),
        [r1, r2, g1, g2, b1, b2] => (16 * r1 + r2, 16 * g1 + g2, 16 * b1 + b2),
        _ => (0x66, 0x99, 0xcc),
    };
    // Weights of what an eye sees of each, in thousandths.
    let bright = 299 * red + 587 * green + 114 * blue > 150_000;
    let ink = if bright { "dark-ink" } else { "light-ink" };
    (format!("#{red:02x}{green:02x}{blue:02x}"), ink)
}

/// Returns a time of the sandbox's clock.
pub(super) fn time(tick: Tick) -> String {
    let time = references::time(tick);
    let shown = time.trim_end_matches('Z').replace('T', " ");
    format!("<time datetime=\"{time}\">{shown}</time>")
}

/// Writes a number and its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_is_none_is_painted_as_the_usual_one() {
        assert_eq!(paint("#8fbc8f"), ("#8fbc8f".to_owned(), "dark-ink"));
        assert_eq!(paint("#123"), ("#112233".to_owned(), "light-ink"));
        for strange in ["", "red", "\"><script>", "#12345"] {
            assert_eq!(paint(strange).0, "#6699cc", "{strange}");
        }
    }
}
