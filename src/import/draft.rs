//! The tool file while it grows: values by key, entries in lists.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use crate::key::{MAX_ID, is_id, slug};
use crate::tree::Reference;

/// Values by the key they stand under.
pub(super) type Keys = BTreeMap<String, Value>;

/// A tool file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Draft {
    /// `[tool]`.
    pub(super) tool: Keys,
    /// The blueprint's tables.
    pub(super) tables: BTreeMap<String, Keys>,
    /// The blueprint's lists.
    pub(super) lists: BTreeMap<String, Vec<Entry>>,
    /// `[items]`: what stands for a node under another title or elsewhere.
    pub(super) items: BTreeMap<String, Reference>,
}

/// An entry of a list, or an issue below one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) id: String,
    /// All but its id.
    pub(super) keys: Keys,
    pub(super) issues: Vec<Self>,
    /// A guess that somebody should look at.
    pub(super) doubt: Option<String>,
}

/// Names an entry: its list, its id, and the id of an issue below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) list: String,
    pub(super) id: String,
    pub(super) issue: Option<String>,
}

impl At {
    /// An entry of a list.
    pub(super) fn entry(list: &str, id: &str) -> Self {
        Self { list: list.to_owned(), id: id.to_owned(), issue: None }
    }

    /// An issue below it.
    pub(super) fn issue(&self, id: &str) -> Self {
        Self { issue: Some(id.to_owned()), ..self.clone() }
    }

    /// The key that holds its name.
    pub(super) fn name_key(&self) -> &'static str {
        if self.issue.is_some() { "title" } else { "name" }
    }
}

impl Draft {
    /// The entry at a place, if there is one.
    pub(super) fn get(&self, at: &At) -> Option<&Entry> {
        let entry = self.lists.get(&at.list)?.iter().find(|entry| entry.id == at.id)?;
        match &at.issue {
            None => Some(entry),
            Some(id) => entry.issues.iter().find(|issue| issue.id == *id),
        }
    }

    /// The entry at a place, made if there is none.
    pub(super) fn make(&mut self, at: &At) -> &mut Entry {
        let list = self.lists.entry(at.list.clone()).or_default();
        let entry = found(list, &at.id);
        match &at.issue {
            None => entry,
            Some(id) => found(&mut entry.issues, id),
        }
    }

    /// Where all entries stand, an entry before its issues.
    pub(super) fn places(&self) -> Vec<At> {
        let mut all = Vec::new();
        for (list, entries) in &self.lists {
            for entry in entries {
                let at = At::entry(list, &entry.id);
                let issues: Vec<At> = entry.issues.iter().map(|i| at.issue(&i.id)).collect();
                all.push(at);
                all.extend(issues);
            }
        }
        all
    }

    /// An id for a new entry beside others, made from its name.
    pub(super) fn fresh(&self, list: &str, above: Option<&At>, name: &str) -> String {
        let siblings = match above {
            Some(at) => self.get(at).map(|entry| entry.issues.as_slice()),
            None => self.lists.get(list).map(Vec::as_slice),
        };
        let taken: BTreeSet<&str> =
            siblings.unwrap_or_default().iter().map(|entry| entry.id.as_str()).collect();
        let id = short(&slug(name));
        let id = if is_id(&id) { id } else { "entry".to_owned() };
        let mut numbered = (2..).map(|n| format!("{id}-{n}"));
        match taken.contains(id.as_str()) {
            false => id,
            true => numbered.find(|id| !taken.contains(id.as_str())).unwrap_or(id.clone()),
        }
    }
}

fn found<'e>(entries: &'e mut Vec<Entry>, id: &str) -> &'e mut Entry {
    let at = entries.iter().position(|entry| entry.id == id).unwrap_or_else(|| {
        entries.push(Entry { id: id.to_owned(), ..Entry::default() });
        entries.len() - 1
    });
    &mut entries[at]
}

/// The first words of an id, as many as people would type.
fn short(id: &str) -> String {
    const LONGEST: usize = 40;
    let mut out = String::new();
    for word in id.split('-') {
        if !out.is_empty() && out.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(word);
    }
    out.truncate(MAX_ID - 6);
    out.trim_end_matches('-').to_owned()
}
