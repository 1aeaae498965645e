//! A status for machines. The format is versioned as that of plans is.

use serde_json::json;

use crate::status::Status;

use super::super::json::visible;

/// The JSON Schema of a status.
pub const SCHEMA: &str = include_str!("status.schema.json");

/// Renders a status as one JSON document.
#[must_use]
pub fn render(status: &Status) -> String {
    let document = json!({
        "format_version": "1.0",
        "target": status.target,
        "today": status.today,
        "measures": status.measures,
        "tools": status.tools,
    });
    let mut text = visible(&serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}
