//! Lays a blueprint over the one it extends, key by key.

use crate::source::{At, Table, Value};

/// How deep a merge goes; parsed files are never deeper.
const MAX_DEPTH: usize = 24;

/// Lays `child` over `parent`: tables merge, lists merge by identity, all else is replaced.
pub(super) fn overlay(parent: Table, child: Table) -> Table {
    tables(parent, child, false, 0)
}

fn tables(mut parent: Table, child: Table, whole: bool, depth: usize) -> Table {
    for (key, mut entry) in child.entries {
        let below = key == "fields" || key == "scale";
        if let Some(old) = parent.entries.remove(&key)
            && !whole
            && depth < MAX_DEPTH
        {
            let replaced = entry.value.value;
            entry.value.value = match (old.value.value, replaced) {
                (Value::Table(a), Value::Table(b)) => Value::Table(tables(a, b, below, depth + 1)),
                (Value::Array(a), Value::Array(b)) if identity(&key, depth).is_some() => {
                    Value::Array(lists(a, b, identity(&key, depth).unwrap_or_default(), depth + 1))
                }
                (_, new) => new,
            };
        }
        parent.entries.insert(key, entry);
    }
    parent.span = child.span;
    parent
}

/// The keys that identify an entry of a list.
fn identity(list: &str, depth: usize) -> Option<&'static [&'static str]> {
    match (list, depth) {
        ("node", 0) => Some(&["key"]),
        ("label", 0) => Some(&["title"]),
        ("lint" | "measure", 0) => Some(&["id"]),
        ("comment", 0) => Some(&["key"]),
        ("table-row", 0) => Some(&["item", "node"]),
        (_, 1) => Some(&["id"]),
        _ => None,
    }
}

fn lists(
    mut parent: Vec<At<Value>>,
    child: Vec<At<Value>>,
    keys: &[&str],
    depth: usize,
) -> Vec<At<Value>> {
    for new in child {
        let twin = parent.iter().position(|old| same(&old.value, &new.value, keys));
        match twin {
            Some(at) => {
                let old = std::mem::replace(&mut parent[at].value, Value::Bool(false));
                parent[at] = match (old, new) {
                    (Value::Table(a), At { value: Value::Table(b), span }) => {
                        At { value: Value::Table(tables(a, b, true, depth)), span }
                    }
                    (_, new) => new,
                };
            }
            None => parent.push(new),
        }
    }
    parent
}

fn same(a: &Value, b: &Value, keys: &[&str]) -> bool {
    let (Value::Table(a), Value::Table(b)) = (a, b) else {
        return false;
    };
    keys.iter().all(|key| {
        let text = |table: &Table| {
            table.entries.get(*key).and_then(|e| e.value.value.as_str().map(str::to_owned))
        };
        text(a).is_some() && text(a) == text(b)
    })
}
