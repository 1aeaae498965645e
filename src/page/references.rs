//! References in a line of text, drawn as GitLab draws them: items, labels, people.
//! Must not know where they lead: the caller tells.

use super::escape;

/// Opens the name of a target that has no reference; a private-use character.
pub const REF_OPEN: char = '\u{F0000}';
/// Closes it.
pub const REF_CLOSE: char = '\u{F0001}';

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What a reader knows it by.
    pub title: String,
    /// An address or `#anchor`; nothing if it leads nowhere.
    pub url: Option<String>,
    /// Whether it is closed.
    pub closed: bool,
}

/// A label as a chip; of a scoped one the scope stands apart.
#[must_use]
pub fn label(title: &str) -> String {
    match title.rsplit_once("::") {
        Some((scope, value)) if !scope.is_empty() && !value.is_empty() => format!(
            "<span class=\"label scoped\"><span>{}</span><span class=\"unseen\">::</span><span>{}</span></span>",
            escape(scope),
            escape(value)
        ),
        _ => format!("<span class=\"label\"><span>{}</span></span>", escape(title)),
    }
}

/// A person as a chip; the name is without `@`.
#[must_use]
pub fn person(name: &str) -> String {
    format!("<span class=\"person\">@{}</span>", escape(name))
}

/// A line of text as HTML, its references as chips and links.
pub(super) fn chips(text: &str, find: &dyn Fn(&str) -> Option<Target>) -> String {
    let mut out = String::new();
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        let Some(next) = text[at..].find(['@', '~', '#', '&', '!', REF_OPEN]) else { break };
        at += next;
        let found = match &text[at..] {
            rest if rest.starts_with('@') => mention(&text[from..at], rest),
            rest if rest.starts_with('~') => tilde(&text[from..at], rest),
            rest if rest.starts_with(REF_OPEN) => named(rest, find),
            rest => item(&text[from..at], rest, find),
        };
        let sign = text[at..].chars().next().map_or(1, char::len_utf8);
        let Some(Found { before, length, html }) = found else {
            at += sign;
            continue;
        };
        out.push_str(&escape(&text[from..at - before]));
        out.push_str(&html);
        at += length;
        from = at;
    }
    out.push_str(&escape(&text[from..]));
    out
}

/// A reference: how many bytes of it stand before its sign, and how many from there on.
struct Found {
    before: usize,
    length: usize,
    html: String,
}

fn joins(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

fn mention(before: &str, rest: &str) -> Option<Found> {
    let free = !before.ends_with(joins);
    let name = &rest[1..];
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c)));
    let name = name[..end.unwrap_or(name.len())].trim_end_matches(['.', '-', '/']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (free && is_name).then(|| Found { before: 0, length: 1 + name.len(), html: person(name) })
}

fn tilde(before: &str, rest: &str) -> Option<Found> {
    if before.ends_with(joins) {
        return None;
    }
    let name = &rest[1..];
    if let Some(quoted) = name.strip_prefix('"') {
        let (title, _) = quoted.split_once('"').filter(|(title, _)| !title.is_empty())?;
        return Some(Found { before: 0, length: title.len() + 3, html: label(title) });
    }
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "_-:".contains(c)));
    let title = name[..end.unwrap_or(name.len())].trim_end_matches([':', '-']);
    let is_title = title.starts_with(|c: char| c.is_ascii_alphabetic());
    is_title.then(|| Found { before: 0, length: title.len() + 1, html: label(title) })
}

fn named(rest: &str, find: &dyn Fn(&str) -> Option<Target>) -> Option<Found> {
    let name = &rest[REF_OPEN.len_utf8()..];
    let end = name.find([REF_OPEN, REF_CLOSE])?;
    let (name, behind) = (&name[..end], name[end..].strip_prefix(REF_CLOSE)?);
    let plus = expansion(behind);
    let html = match find(name) {
        Some(target) => link(&target, &escape(&target.title)),
        None => format!("<span class=\"ref\">{}</span>", escape(name)),
    };
    let length = REF_OPEN.len_utf8() + name.len() + REF_CLOSE.len_utf8() + plus;
    Some(Found { before: 0, length, html })
}

/// `group/project#12`, `group&3`, `!4`, with `+` behind it where the title is wanted.
fn item(before: &str, rest: &str, find: &dyn Fn(&str) -> Option<Target>) -> Option<Found> {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let is_number = (1..=12).contains(&digits) && !rest[1..].starts_with('0');
    if !is_number || rest[1 + digits..].starts_with(|c: char| c.is_alphanumeric() || c == ';') {
        return None;
    }
    let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c)));
    let start = start.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let path = &before[start..];
    let glued = before[..start].ends_with(|c: char| c.is_alphanumeric());
    let reference = format!("{path}{}", &rest[..=digits]);
    let target = find(&reference);
    let is_path = path.is_empty() || path.contains('/') && !path.starts_with(['/', '.']);
    if glued || (target.is_none() && !is_path) {
        return None;
    }
    let plus = expansion(&rest[1 + digits..]);
    let html = match &target {
        Some(target) if plus > 0 => {
            let number = &rest[..=digits];
            link(target, &format!("{} ({})", escape(&target.title), escape(number)))
        }
        Some(target) => link(target, &escape(&reference)),
        None => format!("<span class=\"ref\">{}</span>", escape(&reference)),
    };
    Some(Found { before: path.len(), length: 1 + digits + plus, html })
}

/// Bytes of a `+` or `+s`.
fn expansion(behind: &str) -> usize {
    match behind.strip_prefix('+') {
        Some(rest) if rest.starts_with('s') && !rest[1..].starts_with(char::is_alphanumeric) => 2,
        Some(_) => 1,
        None => 0,
    }
}

fn link(target: &Target, html: &str) -> String {
    let closed = if target.closed { " <span class=\"closed\">(closed)</span>" } else { "" };
    match &target.url {
        Some(url) => format!(
            "<a class=\"ref\" href=\"{}\" title=\"{}\">{html}</a>{closed}",
            escape(url),
            escape(&target.title)
        ),
        None => format!("<span class=\"ref\">{html}</span>{closed}"),
    }
}
