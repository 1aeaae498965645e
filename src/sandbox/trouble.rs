//! What a fault makes of an answer. Must not know of requests or connections.

use serde_json::{Value, json};

use super::faults::FaultKind;
use super::graphql::{Delivery, Reply};

/// Returns the answer of a fault that leaves the work undone.
pub(super) fn instead(fault: &FaultKind) -> Option<Reply> {
    let nothing = |delivery| Reply { delivery, ..Reply::json(200, &json!({})) };
    match fault {
        FaultKind::Refuse | FaultKind::DropBeforeCommit => Some(nothing(Delivery::Severed)),
        FaultKind::HangBeforeCommit => Some(nothing(Delivery::Hanging)),
        FaultKind::RateLimited { retry_after, text } => Some(rate_limited(*retry_after, *text)),
        FaultKind::Status(status) => Some(page(*status)),
        FaultKind::Redirect(to) => {
            Some(Reply { headers: vec![("location", to.clone())], ..page(302) })
        }
        FaultKind::Error { status, message } => Some(Reply::error(*status, message)),
        FaultKind::GraphqlError(message) => Some(Reply::error(200, message)),
        FaultKind::DropAfterCommit
        | FaultKind::StatusAfterCommit(_)
        | FaultKind::ErrorBeside(_)
        | FaultKind::ErrorAfterCommit(_)
        | FaultKind::Complaint(_)
        | FaultKind::ComplaintAlone(_)
        | FaultKind::HangAfterCommit
        | FaultKind::Truncate
        | FaultKind::Stale { .. }
        | FaultKind::Slow { .. } => None,
    }
}

fn rate_limited(retry_after: Option<u64>, text: bool) -> Reply {
    let message = "This endpoint has been requested too many times. Try again later.";
    let headers = retry_after.map(|seconds| ("retry-after", seconds.to_string()));
    let reply = Reply { headers: headers.into_iter().collect(), ..Reply::error(429, message) };
    if text {
        return Reply {
            content_type: "text/plain; charset=utf-8",
            body: "Retry later\n".to_owned(),
            ..reply
        };
    }
    reply
}

fn page(status: u16) -> Reply {
    Reply {
        content_type: "text/html; charset=utf-8",
        body: format!("<html><body><h1>{status}</h1></body></html>"),
        ..Reply::json(status, &Value::Null)
    }
}

/// Spoils the answer of work that was done.
pub(super) fn spoil(reply: &mut Reply, fault: &FaultKind, mutation: bool) {
    match fault {
        FaultKind::DropAfterCommit => reply.delivery = Delivery::Severed,
        FaultKind::HangAfterCommit => reply.delivery = Delivery::Hanging,
        FaultKind::Truncate => reply.delivery = Delivery::Truncated,
        FaultKind::StatusAfterCommit(status) => *reply = page(*status),
        FaultKind::ErrorBeside(message) => rewrite(reply, |answer, field| {
            add_error(answer, json!({ "message": message, "path": [field, "object", "field"] }));
        }),
        FaultKind::ErrorAfterCommit(message) => rewrite(reply, |answer, field| {
            answer["data"][field] = Value::Null;
            add_error(answer, json!({ "message": message, "path": [field, "object", "field"] }));
        }),
        FaultKind::Complaint(message) if mutation => rewrite(reply, |answer, field| {
            answer["data"][field]["errors"] = json!([message]);
        }),
        FaultKind::ComplaintAlone(message) if mutation => rewrite(reply, |answer, field| {
            answer["data"][field] = json!({ "errors": [message] });
        }),
        _ => {}
    }
}

/// Changes an answer at each of its top-level fields that hold something.
fn rewrite(reply: &mut Reply, change: impl Fn(&mut Value, &str)) {
    let Ok(mut answer) = serde_json::from_str::<Value>(&reply.body) else { return };
    let data = answer["data"].as_object().into_iter().flatten();
    let fields: Vec<String> =
        data.filter(|(_, value)| value.is_object()).map(|(name, _)| name.clone()).collect();
    for field in fields {
        change(&mut answer, &field);
    }
    reply.body = answer.to_string();
}

fn add_error(answer: &mut Value, error: Value) {
    match answer["errors"].as_array_mut() {
        Some(errors) => errors.push(error),
        None => answer["errors"] = json!([error]),
    }
}
