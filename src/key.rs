//! The stable identity of a node: `package-hunter/functionality/syscall-monitoring`.
//!
//! A key is what a marker carries and what a blueprint refers to; it must not
//! know what kind of item it stands for.

use std::fmt;
use std::sync::Arc;

/// The longest id, in bytes: long enough for any name, short enough for a marker.
pub const MAX_ID: usize = 100;

/// The identity of one node: the tool's id, then the blueprint's key, joined by `/`.
///
/// Each segment is an id (`[a-z0-9]+(-[a-z0-9]+)*`), so a key can stand in an
/// HTML comment, a file name or a glob without escaping.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct NodeKey(Arc<str>);

impl NodeKey {
    /// Parses a whole key; `None` if a segment is not an id or there are fewer than two.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let segments = text.split('/').count();
        ((2..=8).contains(&segments) && text.split('/').all(is_id)).then(|| Self(text.into()))
    }

    /// Joins a tool's id and the key a blueprint gives a node.
    #[must_use]
    pub fn of(tool: &str, local: &str) -> Option<Self> {
        Self::parse(&format!("{tool}/{local}"))
    }

    /// The id of the tool this node belongs to.
    #[must_use]
    pub fn tool(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The key without the tool's id, as blueprints and templates write it.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, local)| local)
    }

    /// The whole key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for NodeKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no key"))
    }
}

impl From<NodeKey> for String {
    fn from(key: NodeKey) -> Self {
        key.as_str().to_owned()
    }
}

/// Tells whether a text is an id: `[a-z0-9]+(-[a-z0-9]+)*`, at most [`MAX_ID`] bytes.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() <= MAX_ID
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// Makes an id of any text: lower case, everything else a single `-`.
///
/// Used for names that come as labels (`group::composition analysis`) and must
/// become a key segment; answers an empty string if nothing is left.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(MAX_ID);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lower_case_words_joined_by_single_dashes() {
        for good in ["a", "a1", "syscall-monitoring", "0-day"] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "ä", "a b", "a/b"] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(!is_id(&"a".repeat(MAX_ID + 1)));
    }

    #[test]
    fn a_key_is_a_tool_and_a_local_part() {
        let key = NodeKey::parse("package-hunter/functionality/rules").unwrap();
        assert_eq!(key.tool(), "package-hunter");
        assert_eq!(key.local(), "functionality/rules");
        assert_eq!(NodeKey::parse("package-hunter"), None);
        assert_eq!(NodeKey::parse("a//b"), None);
        assert_eq!(NodeKey::of("a", "b c"), None);
    }

    #[test]
    fn a_slug_is_an_id_or_empty() {
        assert_eq!(slug("group::composition analysis"), "group-composition-analysis");
        assert_eq!(slug("  Über & Co. "), "ber-co");
        assert_eq!(slug("::"), "");
    }
}
