//! Filters that put the entries of a list in order: by rank, by weight, by what depends on what.

use std::collections::BTreeMap;

use tera::{Kwargs, State, Tera, TeraResult, Value};

/// Registers them. Each is stable: entries that it holds equal keep their order.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("rank", rank);
    tera.register_filter("by_weight", |list: &[Value], _: Kwargs, _: &State| {
        sorted(list, |entry| weight(entry).map_or((1, 0), |sum| (0, sum)))
    });
    tera.register_filter("in_order", |list: &[Value], _: Kwargs, _: &State| in_order(list));
}

fn sorted<K: Ord>(list: &[Value], key: impl Fn(&Value) -> K) -> Vec<Value> {
    let mut list = list.to_vec();
    list.sort_by_key(key);
    list
}

/// Puts entries in the order that a list gives to one of their fields, the others last.
fn rank(list: &[Value], args: Kwargs, _: &State) -> TeraResult<Vec<Value>> {
    let field = args.must_get::<&str>("attribute")?;
    let order = args.must_get::<Vec<Value>>("order")?;
    let place = |entry: &Value| {
        let value = entry.get_from_path(field);
        value.and_then(|value| order.iter().position(|o| o == value)).unwrap_or(order.len())
    };
    Ok(sorted(list, place))
}

/// What the issues of an entry weigh together; nothing if none has a weight.
fn weight(entry: &Value) -> Option<i128> {
    let issues = entry.get_from_path("issue").and_then(Value::as_array).unwrap_or_default();
    let weights: Vec<i128> = issues
        .iter()
        .filter_map(|issue| issue.get_from_path("weight").and_then(Value::as_i128))
        .collect();
    (!weights.is_empty()).then(|| weights.into_iter().sum())
}

/// Puts what waits for nothing first, then what waits for that alone, and so on.
fn in_order(list: &[Value]) -> Vec<Value> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let id = |entry: &Value| entry.get_from_path("id").and_then(text).unwrap_or_default();
    let after = |entry: &Value| -> Vec<String> {
        let ids = entry.get_from_path("depends_on").and_then(Value::as_array).unwrap_or_default();
        ids.iter().filter_map(text).collect()
    };
    let mut depths: BTreeMap<String, usize> = list.iter().map(|e| (id(e), 0)).collect();
    // No path is longer than the list; in a circle, which is an error elsewhere, this ends all the same.
    for _ in list {
        let mut moved = false;
        for entry in list {
            let above = after(entry).iter().filter_map(|id| depths.get(id)).max().copied();
            let depth = above.map_or(0, |depth| (depth + 1).min(list.len()));
            moved |= depths.insert(id(entry), depth) != Some(depth);
        }
        if !moved {
            break;
        }
    }
    sorted(list, |entry| depths.get(&id(entry)).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tera::Context;

    fn order(filters: &str, entries: &str) -> String {
        let mut tera = Tera::new();
        register(&mut tera);
        let text = format!(
            "{{% set all = [{entries}] %}}{{% for e in all | {filters} %}}{{{{ e.id }}}} {{% endfor %}}"
        );
        tera.add_raw_template("t", &text).unwrap();
        tera.render("t", &Context::new()).unwrap().trim().to_owned()
    }

    #[test]
    fn what_waits_for_nothing_comes_first() {
        let chain = r#"{"id": "c", "depends_on": ["b", "gone"]}, {"id": "b", "depends_on": ["a"]}, {"id": "x", "depends_on": []}, {"id": "a"}"#;
        assert_eq!(order("in_order", chain), "x a b c");
        let circle =
            r#"{"id": "a", "depends_on": ["b"]}, {"id": "b", "depends_on": ["a"]}, {"id": "c"}"#;
        assert_eq!(order("in_order", circle), "c a b");
    }

    #[test]
    fn ranks_and_weights_break_ties_in_turn() {
        let entries = r#"{"id": "a", "owner": "no", "issue": []}, {"id": "b", "owner": "asked", "issue": [{"weight": 3}, {"weight": 2}]}, {"id": "c", "owner": "asked", "issue": [{"weight": 4}, {"weight": none}]}, {"id": "d", "owner": "accepted", "issue": [{}]}"#;
        let filters = r#"by_weight | rank(attribute="owner", order=["accepted", "asked"])"#;
        assert_eq!(order(filters, entries), "d c b a");
    }
}
