//! The addresses that stand in a tool file, for lints about where they lead.

use std::net::IpAddr;

use crate::source::{Span, Table};

/// Names of networks that nobody outside can reach.
const PRIVATE: [&str; 8] =
    [".internal", ".local", ".localhost", ".lan", ".intranet", ".corp", ".home", ".private"];

/// An address, http or https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url<'t> {
    /// The whole address.
    pub(super) text: &'t str,
    /// Its host, lower-case, without a port.
    pub(super) host: String,
    /// The text it stands in.
    pub(super) span: &'t Span,
}

impl Url<'_> {
    /// Whether its host shows that it cannot be reached from everywhere.
    pub(super) fn private(&self) -> bool {
        if let Ok(address) = self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return match address {
                IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
                IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
            };
        }
        !self.host.contains('.') || PRIVATE.iter().any(|end| self.host.ends_with(end))
    }
}

/// All addresses in the texts of a table, in the order they stand.
pub(super) fn urls(table: &Table) -> Vec<Url<'_>> {
    let mut found = Vec::new();
    for (text, span) in table.texts() {
        let mut rest = text;
        while let Some(at) = rest.find("://") {
            let scheme = ["https", "http"].into_iter().find(|scheme| rest[..at].ends_with(scheme));
            let start = scheme.map_or(at, |scheme| at - scheme.len());
            let tail = &rest[at + 3..];
            let ends = |c: char| c.is_whitespace() || c.is_control() || "<>()\"'`|\\".contains(c);
            let length = tail.find(ends).unwrap_or(tail.len());
            let end = at + 3 + length;
            if scheme.is_some() {
                let text = rest[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '+']);
                let host = host(&tail[..length]);
                if !host.is_empty() {
                    found.push(Url { text, host, span });
                }
            }
            rest = &rest[end..];
        }
    }
    found
}

fn host(tail: &str) -> String {
    let authority = tail.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let name = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches(['.', ',', ';', '!', '*', '_']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problems;
    use crate::source;

    fn of(text: &str) -> Vec<(String, String, bool)> {
        let file = format!("a = '''{text}'''");
        let table = source::parse("a.toml", &file, &mut Problems::default()).unwrap();
        urls(&table).iter().map(|u| (u.text.into(), u.host.clone(), u.private())).collect()
    }

    #[test]
    fn addresses_are_cut_out_of_their_texts() {
        let cases = [
            ("see https://a.example/x.", "https://a.example/x", "a.example", false),
            ("[x](http://B.example:8080/y)", "http://B.example:8080/y", "b.example", false),
            ("https://me@wiki/x", "https://me@wiki/x", "wiki", true),
            ("https://10.0.0.1/", "https://10.0.0.1/", "10.0.0.1", true),
            ("https://[::1]:80/", "https://[::1]:80/", "::1", true),
            ("https://wiki.corp", "https://wiki.corp", "wiki.corp", true),
            ("https://é.example", "https://é.example", "é.example", false),
        ];
        for (text, url, host, private) in cases {
            assert_eq!(of(text), [(url.to_owned(), host.to_owned(), private)], "{text}");
        }
        for text in ["ftp://x.example", "://", "https://", "a:// b", "é://x"] {
            assert_eq!(of(text), [], "{text}");
        }
        assert_eq!(of("https://a.example https://b.example").len(), 2);
    }
}
