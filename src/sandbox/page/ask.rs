//! What a query or a form says. Must not know what it is about.

/// Names and values, in the order sent.
#[derive(Debug, Default)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `a=1&b=2`.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Returns the first value of a name, empty if there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Tells whether a name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Returns all values of a name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect()
    }

    /// Returns the page that is asked for, from 1.
    pub(super) fn page(&self) -> usize {
        self.one("page").parse().unwrap_or(1).max(1)
    }

    /// Writes the query again; nothing of an empty one.
    pub(super) fn query(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| (&**name, &**value)).collect();
        if pairs.is_empty() { String::new() } else { address("", &pairs) }
    }

    /// Writes the query again with one name of another value.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(known, value)| known != name && !value.is_empty());
        let others = others.map(|(name, value)| (&**name, &**value));
        address("", &others.chain([(name, value)]).collect::<Vec<_>>())
    }
}

/// Writes a path with a query.
pub(super) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let path = format!("{path}?");
    let length = path.len();
    form_urlencoded::Serializer::for_suffix(path, length).extend_pairs(pairs).finish()
}
