//! Filters and functions that templates may use beside Tera's own.

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use crate::problem::nearest;
use crate::text::{SLOT_CLOSE, SLOT_OPEN};
use crate::unseen::is_unseen;

/// The context variable with the keys of the tree.
pub(super) const KEYS: &str = "__keys";
/// The context variable of a comment with the handles that it may mention.
pub(super) const OWNERS: &str = "__owners";
/// The context variable of a comment with the names of each entry of the tool file.
pub(super) const ENTRIES: &str = "__entries";

/// Registers all of them.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("md", |text: &Value, _: Kwargs, _: &State| escape(&printed(text)));
    tera.register_filter("cell", |text: &Value, _: Kwargs, _: &State| cell(&printed(text)));
    tera.register_filter("code", |text: &Value, _: Kwargs, _: &State| code(&printed(text)));
    tera.register_filter("mermaid", |text: &Value, _: Kwargs, _: &State| mermaid(&printed(text)));
    tera.register_filter("quoted", |text: &Value, _: Kwargs, _: &State| quoted(&printed(text)));
    tera.register_filter("day", |day: &Value, _: Kwargs, _: &State| printed(day));
    super::order::register(tera);
    tera.register_function("ref", |args: Kwargs, state: &State| slot("ref", &args, state));
    tera.register_function("tick", |args: Kwargs, state: &State| slot("tick", &args, state));
    tera.register_function("has", has);
    super::words::register(tera);
    tera.register_function("mention", mention);
    tera.register_function("about", about);
}

fn printed(value: &Value) -> String {
    if value.is_none() { String::new() } else { value.to_string() }
}

fn keys(state: &State<'_>) -> TeraResult<Value> {
    let keys = state.get::<Value>(KEYS)?;
    keys.ok_or_else(|| {
        Error::message("`ref`, `tick` and `has` are not known here: keys and conditions come first")
    })
}

fn has(args: Kwargs, state: &State<'_>) -> TeraResult<bool> {
    let keys = keys(state)?;
    let key = args.must_get::<&str>("key")?;
    Ok(keys.as_map().is_some_and(|map| map.contains_key(&tera::value::Key::Str(key))))
}

fn slot(what: &str, args: &Kwargs, state: &State<'_>) -> TeraResult<String> {
    let all = keys(state)?;
    let key = args.must_get::<&str>("key")?;
    let known = all.as_map().is_some_and(|map| map.contains_key(&tera::value::Key::Str(key)));
    if known {
        return Ok(format!("{SLOT_OPEN}{what}:{key}{SLOT_CLOSE}"));
    }
    let mut names: Vec<&str> =
        all.as_map().map(|m| m.keys().filter_map(|k| k.as_str()).collect()).unwrap_or_default();
    names.sort_unstable();
    let near =
        nearest(key, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(Error::message(format!(
        "`{what}` names the node `{key}`, which this tool does not have{near}; guard it with `has`"
    )))
}

/// What only comments know.
fn of_comment(state: &State<'_>, name: &str, what: &str) -> TeraResult<Value> {
    state.get::<Value>(name)?.ok_or_else(|| {
        Error::message(format!("`{what}` is for comments; a description never mentions anybody"))
    })
}

/// The elements of a list, or the one value.
fn flat(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |all| all.iter().collect())
}

fn mention(args: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let owners = of_comment(state, OWNERS, "mention")?;
    let handles = args.must_get::<Value>("handles")?;
    let handles = flat(&handles).into_iter().flat_map(flat).cloned().collect::<Vec<_>>();
    let mut names = Vec::new();
    for handle in handles.iter().filter(|handle| !handle.is_none()) {
        if !owners.as_array().is_some_and(|owners| owners.contains(handle)) {
            let message = "which is no owner of a group that this comment is for";
            return Err(Error::message(format!("`mention` names `{handle}`, {message}")));
        }
        names.push(handle.to_string().trim_start_matches('@').to_owned());
    }
    Ok(format!("{SLOT_OPEN}mention:{}{SLOT_CLOSE}", names.join(" ")))
}

fn about(args: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let entries = of_comment(state, ENTRIES, "about")?;
    let entry = args.must_get::<&str>("entry")?;
    let entries = entries.as_map();
    if let Some(names) = entries.and_then(|map| map.get(&tera::value::Key::Str(entry))) {
        return Ok(format!("{SLOT_OPEN}about:{names}{SLOT_CLOSE}"));
    }
    let known = entries.into_iter().flat_map(|map| map.keys()).filter_map(|key| key.as_str());
    let near = nearest(entry, known).map(|near| format!("; did you mean `{near}`?"));
    Err(Error::message(format!(
        "`about` names the entry `{entry}`, which this tool does not have{}",
        near.unwrap_or_default()
    )))
}

/// Escapes one line so that Markdown, references, mentions and quick actions in it stay literal.
///
/// A backslash before these characters is honoured by GitLab also where they
/// would begin a reference, not only where Markdown gives them a meaning.
pub(super) fn escape(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(line.len() + 8);
    let mut before: Option<char> = None;
    let numbered = line.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in line.char_indices() {
        let always = "\\`*_{}[]<>#@&!~$^|%".contains(c);
        let starts = at == 0 && "/+-=:".contains(c);
        let list = numbered > 0 && at == numbered && (c == '.' || c == ')');
        let scheme = c == ':' && line[at..].starts_with("://");
        let inner_underscore = c == '_'
            && before.is_some_and(char::is_alphanumeric)
            && line[at + 1..].starts_with(char::is_alphanumeric);
        if (always && !inner_underscore) || starts || list || scheme {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// Makes a text fit for a table cell; its Markdown stays literal.
pub(super) fn cell(text: &str) -> String {
    text.trim().lines().map(escape).collect::<Vec<_>>().join("<br>")
}

/// Puts a text into a code span that it cannot leave.
///
/// A bar ends a table cell even within a code span, so a text with one is escaped instead.
pub(super) fn code(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() || line.contains('|') {
        return escape(&line);
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// Makes a text fit for a quoted label of a Mermaid picture, which it cannot leave.
///
/// Mermaid knows no backslash: what may end a label, begin a directive or be taken for HTML or
/// Markdown becomes `#code;`.
pub(super) fn mermaid(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(line.len());
    for c in line.chars().filter(|c| !is_unseen(*c)) {
        if c.is_alphanumeric() || " ,.-+/'()".contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
    out
}

/// Puts a text into double quotes as JSON and YAML have them.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_literal() {
        let cases = [
            ("a @b #1 &2", "a \\@b \\#1 \\&2"),
            ("/close", "\\/close"),
            ("1. x", "1\\. x"),
            ("snake_case _x_", "snake_case \\_x\\_"),
            ("a\nb", "a b"),
            ("[x](y) <b>", "\\[x\\](y) \\<b\\>"),
            ("https://x", "https\\://x"),
            ("- x", "\\- x"),
        ];
        for (text, wanted) in cases {
            assert_eq!(escape(text), wanted);
        }
    }

    #[test]
    fn a_cell_has_no_bars_and_no_line_ends() {
        assert_eq!(cell("a|b\nc"), "a\\|b<br>c");
    }

    #[test]
    fn a_label_of_a_picture_cannot_be_left() {
        let cases = [
            ("Retrieval of results (npm)", "Retrieval of results (npm)"),
            ("a\"] --> b", "a#34;#93; --#62; b"),
            ("```\n/close", "#96;#96;#96; /close"),
            ("%%{init: {}}%%", "#37;#37;#123;init#58; #123;#125;#125;#37;#37;"),
            ("<b>&amp;#quot;", "#60;b#62;#38;amp#59;#35;quot#59;"),
            ("Prüfung \u{7}\u{202e}", "Prüfung "),
        ];
        for (text, wanted) in cases {
            assert_eq!(mermaid(text), wanted);
        }
    }

    #[test]
    fn a_quoted_text_stays_quoted() {
        assert_eq!(quoted("a \"b\"\\\n: c"), r#""a \"b\"\\\n: c""#);
    }

    #[test]
    fn a_code_span_holds_backticks() {
        assert_eq!(code("@x"), "`@x`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(""), "");
        assert_eq!(code("a | @b"), "a \\| \\@b");
    }
}
