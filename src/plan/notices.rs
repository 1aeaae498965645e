//! What people should know that is not a change.

use std::collections::BTreeSet;

use crate::canonical::lines;
use crate::key::NodeKey;
use crate::tree::{DesiredNode, Item, Kind, Parent, Reference, Trouble};

use super::change::{Change, Notice};
use super::compare::{linked, may_hang};
use super::scene::{Scene, names};

pub(super) fn notices(scene: &Scene<'_>, changes: &[Change]) -> Vec<Notice> {
    let mut notices: Vec<Notice> =
        scene.observed.trouble.iter().filter_map(|t| notice(scene, t)).collect();
    let nodes = || scene.desired.nodes.iter().filter(|node| scene.selects(&node.key));
    notices.extend(nodes().filter_map(|node| proposed(scene, node)));
    notices.extend(nodes().filter_map(|node| unplaced(scene, node)));
    notices.extend(moved(scene));
    notices.extend(reopened(scene));
    let linked = changes.iter().zip(&scene.desired.nodes);
    let linked = linked.filter(|(_, node)| scene.selects(&node.key));
    notices.extend(linked.filter_map(|(change, node)| linked_parent(scene, node, change)));
    notices.sort();
    notices
}

/// Items that are open, though a text ticks them: nothing is ever unticked.
fn reopened(scene: &Scene<'_>) -> Option<Notice> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for node in scene.desired.nodes.iter().filter(|node| scene.selects(&node.key)) {
        let Some(item) = scene.observed.items.get(&node.key).filter(|item| item.open) else {
            continue;
        };
        let open = node.body.ticks().filter_map(|key| scene.item(key)).filter(|item| item.open);
        let open: Vec<&Item> = open.collect();
        if open.is_empty() {
            continue;
        }
        let ticked = lines(&item.description).into_iter().filter(|line| line.ticked == Some(true));
        for line in ticked {
            let named = open.iter().filter(|other| names(line.raw, &other.reference));
            found.extend(named.map(|other| other.reference.to_string()));
        }
    }
    let open: Vec<&str> = found.iter().map(String::as_str).collect();
    (!open.is_empty()).then(|| Notice {
        blocks: false,
        message: format!("open, and ticked in a text that names it: {}", open.join(", ")),
        hint: "close it, or untick it by hand: what is ticked is left to people".into(),
    })
}

/// Items that the files still name where they were.
fn moved(scene: &Scene<'_>) -> Vec<Notice> {
    let named = scene.desired.refers_to();
    let existing = scene.observed.existing.iter().filter(|(at, _)| named.contains(at));
    let moved = existing.filter(|(at, item)| {
        // GitLab takes small and capital letters of a path as one.
        !at.to_string().eq_ignore_ascii_case(&item.reference.to_string())
    });
    let notice = |(at, item): (&Reference, &Item)| Notice {
        blocks: false,
        message: format!("{at} is {} now, and was followed there", item.reference),
        hint: "name that in [places] of epictree.toml, or in `item` of the tool file".into(),
    };
    moved.map(notice).collect()
}

/// What people made and could become the item of a node.
fn proposed(scene: &Scene<'_>, node: &DesiredNode) -> Option<Notice> {
    let item = scene.proposal(&node.key).filter(|_| !scene.options.adopt)?;
    let (at, key) = (&item.reference, &node.key);
    let message = match item.title == node.title {
        true => format!("{at} has the title of {key} and no marker"),
        false => format!("{at} is what the table names as {key}, and has no marker"),
    };
    let hint = "if it is the same work, run again with --adopt; otherwise rename one of the two";
    Some(Notice { blocks: false, message, hint: hint.into() })
}

/// Work that exists and cannot hang where the files want it.
fn unplaced(scene: &Scene<'_>, node: &DesiredNode) -> Option<Notice> {
    let item = scene.observed.existing.get(node.item.as_ref()?)?;
    let free = item.open && item.parent.is_none() && node.parent != Parent::None;
    (free && !may_hang(node, item)).then(|| Notice {
        blocks: false,
        message: format!(
            "{} cannot go under the {} that {} goes under, so it gets no parent",
            item.reference,
            if node.kind == Kind::Task { "issue" } else { "epic" },
            node.key
        ),
        hint: "put it where it belongs by hand".into(),
    })
}

/// An item that people linked to what the files want as its parent.
fn linked_parent(scene: &Scene<'_>, node: &DesiredNode, change: &Change) -> Option<Notice> {
    let (item, parent) = (scene.item(&node.key)?, scene.parent(&node.parent)?);
    let free = node.item.is_some() && item.open && item.parent.is_none();
    let wanted = free || change.conflicts.iter().any(|field| field.name == "parent");
    (wanted && linked(item, &parent.id).is_some()).then(|| Notice {
        blocks: false,
        message: format!(
            "{} is linked to {}, so GitLab does not take that for its parent",
            item.reference, parent.reference
        ),
        hint: "take the link away, or let the files name another parent".into(),
    })
}

fn notice(scene: &Scene<'_>, trouble: &Trouble) -> Option<Notice> {
    if !trouble.keys().iter().any(|key| scene.concerns(key)) {
        return None;
    }
    let (blocks, message, hint) = match trouble {
        Trouble::Damaged(key, at) => (
            false,
            format!("the marker of {at} ({key}) is damaged, so its base is unknown"),
            "what GitLab and the files agree on is recorded anew; settle the rest by hand"
                .to_owned(),
        ),
        Trouble::Newer(_, at, version) => (
            true,
            format!("{at} was written by a newer epictree (marker version {version})"),
            "update epictree".to_owned(),
        ),
        Trouble::Stray(key, at) => (
            false,
            format!("{at} carries the marker of {key} and is not that item"),
            "it is left alone; delete the last line of its description if it is a clone".to_owned(),
        ),
        Trouble::Duplicate(key, at) => (
            false,
            format!("{at} is a second item for {key}"),
            "it is left alone; close it if nobody works there".to_owned(),
        ),
        Trouble::Foreign(key, at) if !scene.options.recreate.contains(key) => (
            true,
            format!("{at} stands where {key} would go and belongs to another workspace or tool"),
            format!(
                "give one of the two another title or parent, or run with --recreate {key} to make \
                 ours beside it"
            ),
        ),
        Trouble::Lost(key, at) if !scene.options.recreate.contains(key) => (
            true,
            format!("{at} is known as {key}, has no marker of it and lies elsewhere"),
            format!("put it back under its parent, or run with --recreate {key} to make a new one"),
        ),
        Trouble::Unreadable(key, what) if !scene.options.recreate.contains(key) => (
            true,
            format!("{key} is known as {what}, which cannot be read"),
            format!("ask for access, or run with --recreate {key} if it is gone for good"),
        ),
        Trouble::Named(key, at) if !scene.options.recreate.contains(key) => (
            true,
            format!("{at} is what the table names as {key}, and cannot be taken for it"),
            format!(
                "let the row name the right one; if it is this one, reopen it, take another's marker \
                 out of it and run with --adopt; or run with --recreate {key} to make a new one"
            ),
        ),
        Trouble::Unrecorded(keys, at) => {
            let keys = asked_for(scene, keys)?;
            (
                true,
                format!("{at} shows that the tool is not new, but its record cannot be read, so nobody knows whether there is {keys} already"),
                "put the last line of the first item's description back as it was, from the item's history; or name each that is to be made with --recreate KEY".to_owned(),
            )
        }
        Trouble::Unkept(keys, at) => {
            let keys = asked_for(scene, keys)?;
            (
                false,
                format!("{at} is closed and can keep no record, so nobody makes {keys}"),
                "reopen it if the work goes on, or name each that is to be made with --recreate KEY".to_owned(),
            )
        }
        Trouble::Foreign(..) | Trouble::Lost(..) | Trouble::Named(..) | Trouble::Unreadable(..) => {
            return None;
        }
    };
    Some(Notice { blocks, message, hint })
}

/// The keys that are not to be made anew, as people read them.
fn asked_for(scene: &Scene<'_>, keys: &[NodeKey]) -> Option<String> {
    let left = keys.iter().filter(|key| !scene.options.recreate.contains(key));
    let left = left.filter(|key| scene.selects(key));
    let left: Vec<&str> = left.map(NodeKey::as_str).collect();
    (!left.is_empty()).then(|| left.join(", "))
}
