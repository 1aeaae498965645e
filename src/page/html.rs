//! Raw HTML in a description: the few elements that people use and that can do no
//! harm stay, without attributes; every other tag goes and leaves its text.

use super::escape;

/// Elements that fold a part of a text away; they stand alone.
const BLOCKS: &[&str] = &["details", "summary"];
/// Elements within a line.
const INLINE: &[&str] = &["kbd", "sub", "sup"];
/// Elements whose insides are not text.
const UNREAD: &[&str] = &["script", "style", "template", "noscript", "iframe", "textarea", "title"];

/// Elements that are open among the children of one node of a text.
///
/// What one node opens is closed in the same node, so that nothing can close
/// what it did not open.
#[derive(Debug, Default)]
pub(super) struct Open(Vec<&'static str>);

impl Open {
    /// The safe part of a piece of raw HTML.
    pub(super) fn clean(&mut self, raw: &str, block: bool) -> String {
        let mut out = String::new();
        let mut rest = raw;
        while let Some(at) = rest.find('<') {
            out.push_str(&text(&rest[..at]));
            rest = &rest[at..];
            rest = match rest.strip_prefix("<!--") {
                Some(comment) => comment.split_once("-->").map_or("", |(_, rest)| rest),
                None => self.tag(rest, block, &mut out),
            };
        }
        out.push_str(&text(rest));
        out
    }

    /// Takes one tag, and gives what is behind it.
    fn tag<'a>(&mut self, raw: &'a str, block: bool, out: &mut String) -> &'a str {
        let inside = &raw[1..];
        let (closes, name) = match inside.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, inside),
        };
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let (name, attributes) = (name[..end].to_ascii_lowercase(), &name[end..]);
        if name.is_empty() && !inside.starts_with(['!', '?']) {
            out.push_str("&lt;");
            return inside;
        }
        let rest = behind(attributes);
        if !closes && UNREAD.contains(&name.as_str()) {
            let closes = |at: &usize| {
                let tag = rest.as_bytes().get(at + 2..at + 2 + name.len());
                tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
            };
            let mut ends = rest.match_indices("</").map(|(at, _)| at);
            return ends.find(closes).map_or("", |at| &rest[at..]);
        }
        if name == "br" {
            out.push_str("<br>");
        }
        let mut known = INLINE.iter().chain(BLOCKS.iter().filter(|_| block));
        if let Some(name) = known.find(|known| **known == name) {
            if closes { self.close(name, out) } else { self.open(name, out) }
        }
        rest
    }

    fn open(&mut self, name: &'static str, out: &mut String) {
        out.push_str(&format!("<{name}>"));
        self.0.push(name);
    }

    fn close(&mut self, name: &str, out: &mut String) {
        if self.0.contains(&name) {
            while let Some(open) = self.0.pop() {
                out.push_str(&format!("</{open}>"));
                if open == name {
                    break;
                }
            }
        }
    }

    /// Closes what is left open.
    pub(super) fn end(self) -> String {
        self.0.iter().rev().map(|name| format!("</{name}>")).collect()
    }
}

/// What is behind the end of a tag, a `>` in quotes left aside.
fn behind(attributes: &str) -> &str {
    let mut quote = None;
    for (at, c) in attributes.char_indices() {
        match (quote, c) {
            (None, '>') => return &attributes[at + 1..],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    ""
}

/// Text between tags: entities stay what they are.
fn text(raw: &str) -> String {
    let mut parts = raw.split('&');
    let mut out = escape(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(';').filter(|end| *end > 0 && *end <= 32);
        let name = end.map(|end| part[..end].strip_prefix('#').unwrap_or(&part[..end]));
        let is_entity = name.is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()));
        out.push_str(if is_entity { "&" } else { "&amp;" });
        out.push_str(&escape(part));
    }
    out
}
