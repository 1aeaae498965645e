//! `epictree.toml`: which GitLab, which places, which blueprint.

use std::collections::BTreeMap;

use crate::problem::{Problem, Problems};
use crate::source::{self, At, Fields, Span, Table, Value};
use crate::tree::{Reference, is_path};

/// The JSON Schema of the workspace file.
pub const JSON_SCHEMA: &str = include_str!("workspace.schema.json");

/// A name for where something is or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A group or project, by full path.
    Namespace(String),
    /// An epic or issue that exists.
    Item(Reference),
}

impl Place {
    /// Reads a full path or a full reference.
    ///
    /// # Errors
    /// What is wrong with a text that is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['&', '#']) {
            let reference = Reference::parse(text)
                .ok_or_else(|| format!("`{text}` is not a full reference"))?;
            return Ok(Self::Item(reference));
        }
        if is_path(text) {
            return Ok(Self::Namespace(text.to_owned()));
        }
        Err(match text {
            "" => "it is empty".to_owned(),
            _ if text.contains("://") => format!("`{text}` is an address, not a path"),
            _ => format!("`{text}` is not the full path of a group or project"),
        })
    }
}

/// The files that say who owns what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnersFiles {
    /// Our own, which wins.
    pub file: Option<String>,
    /// GitLab's `stages.yml`.
    pub stages: Option<String>,
    /// Handles by the names that `stages.yml` uses.
    pub people: Option<String>,
}

/// A workspace: the folder with `epictree.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    /// The file, as the user would name it.
    pub file: String,
    /// Its id, in every marker.
    pub id: String,
    /// The blueprint's name or path.
    pub blueprint: String,
    /// Where the tool files live, without a slash at the end.
    pub source: Option<String>,
    /// Which GitLab, without a slash at the end.
    pub url: Option<String>,
    /// Whether the licence has epics under epics.
    pub nested_epics: bool,
    /// Places by name.
    pub places: BTreeMap<String, Place>,
    /// The files that say who owns what.
    pub owners: OwnersFiles,
    /// Where each setting stands: `blueprint`, `places.root`, `owners.file`.
    pub spans: BTreeMap<String, Span>,
}

impl Workspace {
    /// Reads the workspace file.
    pub fn parse(file: &str, text: &str, out: &mut Problems) -> Option<Self> {
        let root = source::parse(file, text, out)?;
        let mut fields = Fields::of(&root, "the workspace file");
        fields.schema(out);
        let id = fields.id("id", "add `id = \"…\"`, a short name for this workspace", out);
        let blueprint = fields.required("blueprint", "add `blueprint = \"prodseceng\"`", out);
        let source = fields.string("source", out).and_then(|at| web_address("source", &at, out));
        let mut spans = BTreeMap::new();
        if let Some(at) = &blueprint {
            spans.insert("blueprint".to_owned(), at.span.clone());
        }
        let (url, nested_epics) = gitlab(fields.table_at("gitlab", out), &mut spans, out);
        let places = places(fields.table_at("places", out), &mut spans, out);
        let owners = owners(fields.table_at("owners", out), &mut spans, out);
        fields.finish(out);
        Some(Self {
            file: file.to_owned(),
            id: id?.value,
            blueprint: blueprint?.value,
            source,
            url,
            nested_epics,
            places,
            owners,
            spans,
        })
    }

    /// The place of a setting, or of the file.
    pub fn problem(&self, setting: &str, message: impl Into<String>) -> Problem {
        let range = self.spans.get(setting).map(|span| span.range.clone());
        Problem::error(&self.file, range, message)
    }
}

fn gitlab(
    table: Option<&Table>,
    spans: &mut BTreeMap<String, Span>,
    out: &mut Problems,
) -> (Option<String>, bool) {
    let Some(table) = table else {
        return (None, true);
    };
    let mut fields = Fields::of(table, "[gitlab]");
    let url = fields.string("url", out);
    let nested = fields.bool("nested-epics", out).unwrap_or(true);
    fields.finish(out);
    if let Some(at) = &url {
        spans.insert("gitlab.url".to_owned(), at.span.clone());
    }
    (url.and_then(|at| web_address("url", &at, out)), nested)
}

fn owners(
    table: Option<&Table>,
    spans: &mut BTreeMap<String, Span>,
    out: &mut Problems,
) -> OwnersFiles {
    let Some(table) = table else { return OwnersFiles::default() };
    let mut fields = Fields::of(table, "[owners]");
    let mut named = |key: &str| {
        let file = fields.string(key, out)?;
        spans.insert(format!("owners.{key}"), file.span.clone());
        within(key, file, out)
    };
    let files =
        OwnersFiles { file: named("file"), stages: named("stages"), people: named("people") };
    let has = |key: &str| table.entries.contains_key(key);
    if !has("file") && !has("stages") {
        let hint = "add `file = \"owners.toml\"`, or `stages = \"stages.yml\"` with `people = \"people.toml\"`";
        fields.missing("file", hint, out);
    } else if has("people") && !has("stages") {
        let problem = table
            .span
            .error("[owners] has `people` without `stages`, whose names it would explain");
        out.push(problem.hint("add `stages = \"stages.yml\"`, or take `people` out"));
    }
    fields.finish(out);
    files
}

/// Takes the path of a file that is in the workspace's folder.
fn within(key: &str, file: At<String>, out: &mut Problems) -> Option<String> {
    let odd = |part: &str| part == ".." || part.contains(['\\', ':']);
    if !file.starts_with('/') && !file.split('/').any(odd) {
        return Some(file.value);
    }
    let message = format!("`{key}` leads out of the workspace's folder: `{}`", file.value);
    out.push(file.span.error(message).hint("put the file beside epictree.toml or below it"));
    None
}

fn places(
    table: Option<&Table>,
    spans: &mut BTreeMap<String, Span>,
    out: &mut Problems,
) -> BTreeMap<String, Place> {
    spans.extend(table.map(|table| ("places".to_owned(), table.span.clone())));
    let mut places = BTreeMap::new();
    for (name, entry) in table.map(Table::in_order).unwrap_or_default() {
        let span = &entry.value.span;
        let Value::String(text) = &entry.value.value else {
            let message =
                format!("place `{name}` must be a string, not {}", entry.value.value.kind());
            out.push(
                span.error(message)
                    .hint("give the full path of a group or project, or a reference"),
            );
            continue;
        };
        if !crate::key::is_id(name) {
            let message = format!("`{name}` is not a name for a place");
            out.push(entry.key.error(message).hint("use lower-case words joined by `-`"));
        }
        spans.insert(format!("places.{name}"), span.clone());
        match Place::parse(text) {
            Ok(place) => {
                places.insert(name.to_owned(), place);
            }
            Err(why) => {
                out.push(span.error(format!("place `{name}`: {why}")).hint(
                    "write `group/subgroup`, `group/project`, `group&12` or `group/project#34`",
                ));
            }
        }
    }
    places
}

/// Checks an address: `https`, or `http` to this machine only; takes slashes off its end.
pub(crate) fn web_address(key: &str, at: &At<String>, out: &mut Problems) -> Option<String> {
    let text = at.value.trim_end_matches('/');
    match address_fault(text) {
        None => Some(text.to_owned()),
        Some(why) => {
            out.push(
                at.span
                    .error(format!("`{key}` {why}"))
                    .hint("write it as `https://gitlab.example.com`"),
            );
            None
        }
    }
}

/// What is wrong with an address, as the rest of a sentence about it.
#[must_use]
pub fn address_fault(text: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("must begin with https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Some("must not hold a user name or a password");
    }
    let name = host_name(host);
    let odd = |c: char| c.is_whitespace() || c.is_control() || "()<>\"`\\".contains(c);
    if name.is_empty() || text.contains(odd) {
        return Some("is not an address");
    }
    match scheme {
        "https" => None,
        "http" if is_loopback(name) => None,
        "http" => Some("must be https; plain http is for this machine only"),
        _ => Some("must begin with https://"),
    }
}

fn host_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(name: &str) -> bool {
    name == "localhost"
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Workspace>, Vec<String>) {
        let mut out = Problems::default();
        let workspace = Workspace::parse("epictree.toml", text, &mut out);
        let messages = out.sorted().iter().map(|p| p.message.clone()).collect();
        (workspace, messages)
    }

    #[test]
    fn a_whole_workspace_is_read() {
        let (workspace, problems) = read(
            "schema = 1\nid = 'w'\nblueprint = 'b'\nsource = 'https://x.example/a/'\n[gitlab]\nurl = 'http://127.0.0.1:80'\nnested-epics = false\n[places]\nroot = 'a/b&2'\nepics = 'a/b'\n[owners]\nfile = 'o.toml'\n",
        );
        let workspace = workspace.unwrap();
        assert_eq!(problems, [""; 0]);
        assert_eq!(workspace.source.as_deref(), Some("https://x.example/a"));
        assert!(!workspace.nested_epics);
        assert_eq!(workspace.places["epics"], Place::Namespace("a/b".into()));
        assert!(matches!(&workspace.places["root"], Place::Item(r) if r.iid == 2));
        assert_eq!(workspace.owners.file.as_deref(), Some("o.toml"));
    }

    #[test]
    fn bad_addresses_and_places_are_named() {
        let cases = [
            (
                "[gitlab]\nurl = 'http://gitlab.example.com'",
                "`url` must be https; plain http is for this machine only",
            ),
            (
                "[gitlab]\nurl = 'https://me:pw@gitlab.example.com'",
                "`url` must not hold a user name or a password",
            ),
            ("[gitlab]\nurl = 'ftp://x'", "`url` must begin with https://"),
            ("[gitlab]\nurl = 'https://'", "`url` must begin with https://"),
            (
                "[places]\na = 'a//b'",
                "place `a`: `a//b` is not the full path of a group or project",
            ),
            ("[places]\na = 'https://x/y'", "place `a`: `https://x/y` is an address, not a path"),
            ("[places]\na = 'a&x'", "place `a`: `a&x` is not a full reference"),
            ("[places]\na = 1", "place `a` must be a string, not an integer"),
            ("[owners]\nfiles = 'x'", "unknown key `files` in [owners]"),
            ("[owners]\nfiles = 'x'", "[owners] has no `file`"),
            (
                "[owners]\nfile = 'x'\npeople = 'y'",
                "[owners] has `people` without `stages`, whose names it would explain",
            ),
            ("[place]\na = 'x'", "unknown key `place` in the workspace file"),
        ];
        for (text, wanted) in cases {
            let (_, problems) = read(&format!("schema = 1\nid = 'w'\nblueprint = 'b'\n{text}\n"));
            assert!(problems.contains(&wanted.to_owned()), "{text} {problems:?}");
        }
    }

    #[test]
    fn missing_keys_are_all_named() {
        let (workspace, problems) = read("");
        assert_eq!(workspace, None);
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
