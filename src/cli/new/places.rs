//! The places that a blueprint names: what each is and what goes there.

use std::collections::BTreeMap;

use crate::blueprint::Blueprint;
use crate::spec::Place;
use crate::tree::Kind;

/// What a place has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Group,
    Project,
    Item,
}

impl Sort {
    /// What it is, in words.
    fn as_str(self) -> &'static str {
        match self {
            Self::Group => "a group",
            Self::Project => "a project",
            Self::Item => "an epic or issue that exists",
        }
    }

    /// What one looks like.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Group => "group/subgroup",
            Self::Project => "group/project",
            Self::Item => "group&1",
        }
    }

    /// Says what is wrong with a text that is to be such a place.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        let wrong = || format!("`{text}` is not {}, such as {}", self.as_str(), self.example());
        match (self, Place::parse(text)?) {
            (Self::Project, Place::Namespace(path)) if !path.contains('/') => Err(wrong()),
            (Self::Group | Self::Project, Place::Namespace(_)) | (Self::Item, Place::Item(_)) => {
                Ok(())
            }
            (Self::Group | Self::Project, Place::Item(_)) | (Self::Item, Place::Namespace(_)) => {
                Err(wrong())
            }
        }
    }
}

/// A place that has to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) sort: Sort,
    /// Keys of what goes there.
    uses: Vec<String>,
}

impl Wanted {
    /// Says what it is for.
    pub(super) fn about(&self, name: &str) -> String {
        const SHOWN: usize = 3;
        let more = if self.uses.len() > SHOWN { ", …" } else { "" };
        let uses = self.uses.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let what = match self.sort {
            Sort::Item => "above",
            Sort::Group | Sort::Project => "for",
        };
        format!("The place `{name}` is {}, {what} {uses}{more}", self.sort.as_str())
    }
}

/// The places of a blueprint by name.
pub(super) fn of(blueprint: &Blueprint) -> BTreeMap<String, Wanted> {
    let mut places: BTreeMap<String, Wanted> = BTreeMap::new();
    let mut add = |name: &str, sort: Sort, key: &str| {
        let place =
            places.entry(name.to_owned()).or_insert_with(|| Wanted { sort, uses: Vec::new() });
        let what = key.split("/{").next().unwrap_or_default().to_owned();
        if !place.uses.contains(&what) {
            place.uses.push(what);
        }
    };
    for node in &blueprint.nodes {
        let key = node.key.value.as_str();
        let home = if node.kind == Kind::Epic { Sort::Group } else { Sort::Project };
        node.place.iter().for_each(|place| add(&place.value, home, key));
        node.issue_place.iter().for_each(|place| add(&place.value, Sort::Project, key));
        let parent = node.parent.as_ref().and_then(|parent| parent.value.strip_prefix('@'));
        parent.iter().for_each(|place| add(place, Sort::Item, key));
    }
    for row in &blueprint.rows {
        add(row.item.value.trim_start_matches('@'), Sort::Item, "the table of all tools");
    }
    places
}
