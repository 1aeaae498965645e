//! The hidden line at the end of a description: whose item it is, and the base.
//!
//! `<!--epictree:1 WORKSPACE KEY PAYLOAD-->`, alone on the last line. The payload
//! is JSON, zlib-deflated and base64-coded with the standard alphabet, unpadded,
//! so that `--` cannot occur in it. It lives for years in other people's epics
//! and anyone who may edit the item may edit it: reading is bounded, strict and
//! never panics. Adding a field to the payload means raising [`VERSION`].
//!
//! A comment carries a line of its own, in [`note`].
//!
//! This module must not know which items are ours; it only reads what they say.

pub mod note;

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::canonical::{canonical, in_fence};
use crate::key::{NodeKey, is_id};

/// The version of the format that this binary writes, and the highest it reads.
pub const VERSION: u32 = 1;
/// A payload that deflates to more than this gives its text way to a hash.
const MAX_DEFLATED: usize = 32 * 1024;
/// No payload may inflate to more than this.
const MAX_INFLATED: u64 = 4 * 1024 * 1024;
/// A description with more markers than this is damaged: people may copy one or two.
const MAX_MARKERS: usize = 16;
/// No record may name more items, comments or rows than this: each item would be asked for.
const MAX_RECORDED: usize = 20_000;
/// The payload of an item that lost to an elder one with the same key.
const DUPLICATE: &str = "dup";
const OPEN: &str = "<!--epictree:";
const CLOSE: &str = "-->";

/// The text the files wanted, or its hash where the text is too long to carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseText {
    /// The text itself.
    Text(String),
    /// SHA-256 over the canonical text, in hex.
    Hash(String),
}

impl BaseText {
    /// Tells whether a text is this one, in canonical form.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Text(base) => canonical(base) == canonical(text),
            Self::Hash(hash) => *hash == hash_of(text),
        }
    }
}

/// The value *the files wanted* for each field when it was last settled.
///
/// A field that is missing is unknown, which merges like "the files wanted
/// nothing": what GitLab holds is then never overwritten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Base {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description without the marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BaseText>,
    /// Titles of labels, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Number of the parent's global id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// Whether only members may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidential: Option<bool>,
    /// The weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u64>,
    /// The milestone's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// User names without `@`, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignees: Option<Vec<String>>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<jiff::civil::Date>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<jiff::civil::Date>,
    /// What it is linked to, sorted: local keys of nodes, references of other items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// What a tool's first node knows of the whole tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Record {
    /// Number of the global id of each item, by local key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, u64>,
    /// What was said in each comment's thread, by the comment's local key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub comments: BTreeMap<String, note::Told>,
    /// The cells each table row was given, by the item that holds the table.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, BTreeMap<String, String>>,
}

impl Record {
    fn is_bounded(&self) -> bool {
        let Self { items, comments, rows } = self;
        [items.len(), comments.len(), rows.len()].iter().all(|n| *n <= MAX_RECORDED)
    }
}

/// A marker as it was read or will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The workspace's id.
    pub workspace: String,
    /// The node's key.
    pub key: NodeKey,
    /// The base of each field.
    pub base: Base,
    /// The record, in a tool's first node only.
    pub record: Record,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    #[serde(default)]
    base: Base,
    #[serde(default)]
    record: Record,
}

/// What the markers of one description say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// There is none.
    None,
    /// One that is well formed.
    One(Box<Marker>),
    /// It names a node, but its payload is damaged or several contradict each other: base unknown.
    Damaged {
        /// The workspace it names.
        workspace: String,
        /// The node it names.
        key: NodeKey,
    },
    /// Written by an epictree that knows a later version.
    Newer(u32),
    /// The mark of an item that lost to an elder one with the same key.
    Duplicate,
}

/// A description taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The text without any marker.
    pub text: String,
    /// What the markers said.
    pub marker: Reading,
}

/// Takes a description apart into what people see and the marker.
///
/// Markers are cut out wherever they stand outside code.
#[must_use]
pub fn read(description: &str) -> Described {
    if !description.contains(OPEN) {
        return Described { text: description.trim_end().to_owned(), marker: Reading::None };
    }
    let mut kept = Vec::new();
    let mut found = Vec::new();
    let lines: Vec<&str> = description.lines().collect();
    let mut fence = None;
    for (n, line) in lines.iter().enumerate() {
        let in_code = in_fence(line.trim_end(), &mut fence) && n + 1 != lines.len();
        let (rest, inside) = if in_code { ((*line).to_owned(), Vec::new()) } else { cut(line) };
        if inside.is_empty() || !rest.trim().is_empty() {
            kept.push(rest);
        }
        found.extend(inside);
    }
    Described { text: kept.join("\n").trim_end().to_owned(), marker: judge(&found) }
}

/// The record in a description, if it has a marker that can be read.
#[must_use]
pub fn record(description: &str) -> Option<Record> {
    match read(description).marker {
        Reading::One(marker) => Some(marker.record),
        Reading::None | Reading::Damaged { .. } | Reading::Newer(_) | Reading::Duplicate => None,
    }
}

/// Puts a description together: the text, a blank line, the marker.
#[must_use]
pub fn write(text: &str, marker: &Marker) -> String {
    attach(text, &marker.workspace, &marker.key, &encode(marker))
}

/// Puts the mark of a lost duplicate in place of its marker.
#[must_use]
pub fn write_duplicate(text: &str, workspace: &str, key: &NodeKey) -> String {
    attach(text, workspace, key, DUPLICATE)
}

/// The text by which a search finds the markers of a tool.
#[must_use]
pub fn search_phrase(workspace: &str, tool: &str) -> String {
    format!("epictree:{VERSION} {workspace} {tool}/")
}

/// The key in a description's marker of a tool, of whatever version. Every version begins with
/// its number, the workspace and the key.
#[must_use]
pub fn key_of(description: &str, workspace: &str, tool: &str) -> Option<NodeKey> {
    description.split(OPEN).skip(1).find_map(|inner| {
        let mut words = inner.split_whitespace().skip(1);
        let ours = words.next() == Some(workspace);
        words.next().and_then(NodeKey::parse).filter(|key| ours && key.tool() == tool)
    })
}

fn attach(text: &str, workspace: &str, key: &NodeKey, payload: &str) -> String {
    let text = text.trim_end();
    let gap = if text.is_empty() { "" } else { "\n\n" };
    format!("{text}{gap}{OPEN}{VERSION} {workspace} {key} {payload}{CLOSE}")
}

/// Cuts the markers out of a line; those inside a code span stay.
fn cut(line: &str) -> (String, Vec<&str>) {
    let (mut rest, mut kept, mut found) = (line, String::new(), Vec::new());
    let mut in_span = false;
    while let Some(start) = rest.find(OPEN) {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find(CLOSE) else { break };
        in_span ^= before.matches('`').count() % 2 == 1;
        kept.push_str(before);
        if in_span {
            let code = &from[..end + CLOSE.len()];
            in_span ^= code.matches('`').count() % 2 == 1;
            kept.push_str(code);
        } else {
            found.push(&from[OPEN.len()..end]);
        }
        rest = &from[end + CLOSE.len()..];
    }
    kept.push_str(rest);
    (kept, found)
}

fn judge(found: &[&str]) -> Reading {
    let some = found.iter().take(MAX_MARKERS);
    let mut readings = some.map(|inner| parse(inner)).filter(|r| *r != Reading::None);
    let Some(first) = readings.next() else {
        return Reading::None;
    };
    let too_many = (found.len() > MAX_MARKERS).then_some(Reading::None);
    match readings.find(|other| *other != first).or(too_many) {
        None => first,
        Some(other) => contradiction(first, other),
    }
}

/// Two different markers: nothing they say of the base can be trusted.
fn contradiction(first: Reading, other: Reading) -> Reading {
    if let Reading::Newer(version) = other {
        return Reading::Newer(version);
    }
    match first {
        Reading::One(marker) => Reading::Damaged { workspace: marker.workspace, key: marker.key },
        Reading::Damaged { .. } | Reading::Newer(_) | Reading::Duplicate | Reading::None => first,
    }
}

fn parse(inner: &str) -> Reading {
    let words: Vec<&str> = inner.split_whitespace().collect();
    match words.first().and_then(|version| version.parse::<u32>().ok()) {
        Some(version) if version > VERSION => return Reading::Newer(version),
        Some(VERSION) => {}
        _ => return Reading::None,
    }
    let (Some(workspace), Some(key)) =
        (words.get(1).filter(|id| is_id(id)), words.get(2).and_then(|key| NodeKey::parse(key)))
    else {
        return Reading::None;
    };
    let payload = words.get(3).copied().unwrap_or_default();
    if payload == DUPLICATE && words.len() == 4 {
        return Reading::Duplicate;
    }
    let workspace = (*workspace).to_owned();
    match (words.len() == 4).then(|| decode::<Payload>(payload)).flatten() {
        Some(Payload { base, record }) if record.is_bounded() => {
            Reading::One(Box::new(Marker { workspace, key, base, record }))
        }
        Some(_) | None => Reading::Damaged { workspace, key },
    }
}

fn decode<T: serde::de::DeserializeOwned>(payload: &str) -> Option<T> {
    let deflated = STANDARD_NO_PAD.decode(payload).ok()?;
    let mut json = Vec::with_capacity(deflated.len() * 2);
    flate2::bufread::ZlibDecoder::new(deflated.as_slice())
        .take(MAX_INFLATED + 1)
        .read_to_end(&mut json)
        .ok()?;
    (json.len() as u64 <= MAX_INFLATED).then(|| serde_json::from_slice(&json).ok()).flatten()
}

fn encode(marker: &Marker) -> String {
    let mut payload = Payload { base: marker.base.clone(), record: marker.record.clone() };
    let mut deflated = deflate(&payload);
    if deflated.len() > MAX_DEFLATED
        && let Some(BaseText::Text(text)) = &payload.base.body
    {
        payload.base.body = Some(BaseText::Hash(hash_of(text)));
        deflated = deflate(&payload);
    }
    STANDARD_NO_PAD.encode(deflated)
}

fn deflate(payload: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(payload).expect("a payload holds only strings and numbers");
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&json).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

fn hash_of(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in canonical(text) {
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The marker as it will be read back: a text too long to carry has become its hash.
#[must_use]
pub fn as_stored(marker: &Marker) -> Marker {
    match parse(&format!("{VERSION} {} {} {}", marker.workspace, marker.key, encode(marker))) {
        Reading::One(stored) => *stored,
        Reading::None | Reading::Damaged { .. } | Reading::Newer(_) | Reading::Duplicate => {
            marker.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            workspace: "prodsec".into(),
            key: NodeKey::parse("package-hunter/handover").unwrap(),
            base: Base {
                title: Some("A title".into()),
                body: Some(BaseText::Text("one\n\n- [ ] two".into())),
                labels: vec!["a::b".into()],
                parent: Some(7),
                due: Some(jiff::civil::date(2027, 6, 30)),
                ..Base::default()
            },
            record: Record { items: [("handover".into(), 12)].into(), ..Record::default() },
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = write("Hello\n\nThere  \n", &marker());
        assert!(
            written
                .starts_with("Hello\n\nThere\n\n<!--epictree:1 prodsec package-hunter/handover eN")
        );
        assert_eq!(written.matches("--").count(), 2);
        let back = read(&written);
        assert_eq!(back.text, "Hello\n\nThere");
        assert_eq!(back.marker, Reading::One(Box::new(marker())));
        assert_eq!(read(&write("", &marker())).text, "");
    }

    #[test]
    fn a_marker_is_found_wherever_people_left_it_and_with_windows_line_ends() {
        let line = write("", &marker());
        let moved = format!("top\r\n{line}\r\n\r\nadded below\r\n");
        let back = read(&moved);
        assert_eq!(back.text, "top\n\nadded below");
        assert!(matches!(back.marker, Reading::One(_)));
        let glued = format!("text {line} more");
        assert_eq!(read(&glued).text, "text  more");
    }

    #[test]
    fn a_marker_in_code_is_text() {
        let line = write("", &marker());
        for text in [format!("`{line}`"), format!("```\n{line}\n```\nend")] {
            let back = read(&text);
            assert_eq!(back.text, text);
            assert_eq!(back.marker, Reading::None);
        }
    }

    #[test]
    fn a_damaged_payload_leaves_the_identity_but_no_base() {
        let line = write("", &marker());
        let damaged = line.replace("eN", "eM");
        assert!(matches!(read(&damaged).marker, Reading::Damaged { .. }));
        assert!(matches!(
            read("<!--epictree:1 prodsec package-hunter/handover-->").marker,
            Reading::Damaged { .. }
        ));
    }

    #[test]
    fn two_equal_markers_are_one_and_two_different_ones_damage_each_other() {
        let line = write("", &marker());
        assert!(matches!(read(&format!("{line}\n{line}")).marker, Reading::One(_)));
        let mut other = marker();
        other.base.title = None;
        let both = format!("{line}\n{}", write("", &other));
        assert!(matches!(read(&both).marker, Reading::Damaged { .. }));
    }

    #[test]
    fn a_newer_version_is_named() {
        assert_eq!(read("<!--epictree:7 what ever-->").marker, Reading::Newer(7));
    }

    #[test]
    fn the_mark_of_a_duplicate_is_no_identity() {
        let text = write_duplicate("x", "prodsec", &marker().key);
        assert_eq!(read(&text).marker, Reading::Duplicate);
    }

    #[test]
    fn an_inflating_bomb_is_refused() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b' '; 64 << 20]).unwrap();
        let bomb = STANDARD_NO_PAD.encode(encoder.finish().unwrap());
        let text = format!("<!--epictree:1 prodsec package-hunter/handover {bomb}-->");
        assert!(matches!(read(&text).marker, Reading::Damaged { .. }));
    }

    #[test]
    fn a_long_text_gives_way_to_its_hash() {
        let mut seed = 1_u64;
        let noise: String = (0..120_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'a' + (seed >> 60) as u8)
            })
            .collect();
        let mut long = marker();
        long.base.body = Some(BaseText::Text(noise.clone()));
        let written = write("x", &long);
        assert!(written.len() < 2_000);
        let Reading::One(back) = read(&written).marker else { panic!("unreadable") };
        assert!(back.base.body.as_ref().unwrap().is(&noise));
        assert!(!back.base.body.as_ref().unwrap().is("other"));
        assert_eq!(*back, as_stored(&long));
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics_and_nothing_but_markers_is_lost(text in "(\\PC|\n|`|<!--epictree:1 a b/c|-->){0,60}") {
            let back = read(&text);
            if back.marker == Reading::None && !text.contains(OPEN) {
                proptest::prop_assert_eq!(back.text, text.trim_end());
            }
        }
    }
}
