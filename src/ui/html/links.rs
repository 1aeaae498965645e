//! Where the references of a tool's texts lead within the page.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::{self, REF_CLOSE, REF_OPEN, Target, escape};
use crate::plan::resolve::AFTER_APPLY;
use crate::plan::{Change, Subject, ToolPlan};

/// A change and its place on the page.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) change: &'a Change,
    /// Whether the files no longer want it.
    pub(super) orphan: bool,
    /// Two changes may have one key, but never one anchor.
    pub(super) anchor: String,
}

/// A tool's entries, and how texts find them.
#[derive(Debug)]
pub(super) struct Links<'a> {
    /// By key and by reference.
    targets: BTreeMap<String, Target>,
    /// Titles of nodes with their keys, as plans write what does not exist yet.
    titles: BTreeMap<&'a str, &'a str>,
    /// In the order of the plan, orphans last.
    pub(super) entries: Vec<Entry<'a>>,
}

impl<'a> Links<'a> {
    pub(super) fn new(tool: &'a ToolPlan) -> Self {
        let mut links =
            Self { targets: BTreeMap::new(), titles: BTreeMap::new(), entries: Vec::new() };
        let mut taken = BTreeSet::new();
        let changes = tool.changes.iter().map(|change| (change, false));
        for (change, orphan) in changes.chain(tool.orphans.iter().map(|change| (change, true))) {
            let name = match change.subject {
                Subject::Node(_) | Subject::Comment => change.key.clone(),
                Subject::Label => format!("{}/label/{}", tool.desired.tool, change.key),
                Subject::TableRow => format!("{}/row", tool.desired.tool),
            };
            let plain = |c: char| if c.is_ascii_alphanumeric() || c == '/' { c } else { '-' };
            let name: String = name.chars().map(plain).collect();
            let mut anchor = name.clone();
            for n in 2.. {
                if taken.insert(anchor.clone()) {
                    break;
                }
                anchor = format!("{name}-{n}");
            }
            if let Subject::Node(_) = change.subject {
                links.aim(change, &anchor);
            }
            links.entries.push(Entry { change, orphan, anchor });
        }
        links
    }

    fn aim(&mut self, change: &'a Change, anchor: &str) {
        let target =
            Target { title: change.title.clone(), url: Some(format!("#{anchor}")), closed: false };
        if let Some(reference) = &change.reference {
            self.targets.entry(reference.to_string()).or_insert_with(|| target.clone());
        }
        self.targets.entry(change.key.clone()).or_insert(target);
        self.titles.entry(&change.title).or_insert(&change.key);
    }

    /// A key or reference as a link; what leads nowhere stands as it is.
    pub(super) fn link(&self, name: &str) -> String {
        match self.targets.get(name) {
            Some(Target { title, url: Some(url), .. }) => {
                format!("<a href=\"{}\">{}</a>", escape(url), escape(title))
            }
            _ => escape(name),
        }
    }

    /// A description or comment; what does not exist yet is a link all the same.
    pub(super) fn markdown(&self, text: &str) -> String {
        page::markdown_with(&self.named(text), &|name| self.targets.get(name).cloned())
    }

    /// Puts the key in the place of each title that plans say is known after apply.
    fn named(&self, text: &str) -> String {
        let behind = format!(" {AFTER_APPLY}");
        let mut parts: Vec<&str> = text.split(behind.as_str()).collect();
        let last = parts.pop().unwrap_or_default();
        let mut out = String::new();
        for part in parts {
            let ends = |title: &&&str| part.ends_with(**title);
            match self.titles.keys().filter(ends).max_by_key(|title| title.len()) {
                Some(title) if !title.is_empty() => {
                    let key = self.titles[title];
                    out.push_str(&part[..part.len() - title.len()]);
                    out.push_str(&format!("{REF_OPEN}{key}{REF_CLOSE}"));
                }
                _ => out.extend([part, behind.as_str()]),
            }
        }
        out.push_str(last);
        out
    }
}
