//! Pages of a list: sizes, opaque cursors. Must not know what the rows are.

use apollo_compiler::resolvers::FieldError;
use apollo_compiler::response::JsonMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::node::{Node, Out};
use super::store::Id;

/// The most rows of a page, and how many come when nobody asks.
pub(super) const PAGE: usize = 100;

/// Returns the page of `rows` that the arguments `first` and `after` ask for.
pub(super) fn page(
    type_name: &'static str,
    rows: Vec<(Id, Node)>,
    arguments: &JsonMap,
) -> Result<Out, FieldError> {
    let start = match arguments.get("after").and_then(|after| after.as_str()) {
        Some(cursor) => start_after(&rows, cursor)?,
        None => 0,
    };
    let first = arguments.get("first").and_then(|first| first.as_i64());
    let size = first.map_or(PAGE, |first| usize::try_from(first).unwrap_or(0).min(PAGE));
    let count = rows.len();
    let end = count.min(start.saturating_add(size));
    let shown = rows.get(start..end).unwrap_or(&[]);
    let info = Node::plain(
        "PageInfo",
        vec![
            ("startCursor", Out::leaf(shown.first().map(|row| cursor(row.0)))),
            ("endCursor", Out::leaf(shown.last().map(|row| cursor(row.0)))),
            ("hasNextPage", Out::leaf(end < count)),
            ("hasPreviousPage", Out::leaf(start > 0)),
        ],
    );
    let nodes = shown.iter().map(|(_, node)| node.clone()).collect();
    Ok(Out::Node(Node::plain(
        type_name,
        vec![
            ("count", Out::leaf(count)),
            ("nodes", Out::List(nodes)),
            ("pageInfo", Out::Node(info)),
        ],
    )))
}

fn cursor(id: Id) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "id": id.to_string() }).to_string())
}

/// Finds the row after the cursor's. If that row has left the list, the numbers tell where it was.
fn start_after(rows: &[(Id, Node)], cursor: &str) -> Result<usize, FieldError> {
    let id = read_cursor(cursor)
        .ok_or_else(|| FieldError { message: "Please provide a valid cursor".to_owned() })?;
    if let Some(at) = rows.iter().position(|row| row.0 == id) {
        return Ok(at + 1);
    }
    let ascending = rows.first().map(|row| row.0) <= rows.last().map(|row| row.0);
    let next = rows.iter().position(|row| (row.0 > id) == ascending);
    Ok(next.unwrap_or(rows.len()))
}

fn read_cursor(cursor: &str) -> Option<Id> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    value.get("id")?.as_str()?.parse().ok()
}
