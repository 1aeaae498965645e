//! Tells a page when the world has changed. Must not know what changed: the page asks for itself.

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::Desk;
use super::ask::Pairs;

/// How long a question stays open where nothing changes.
const PATIENCE: Duration = Duration::from_secs(25);

/// Answers the number of mutations, once it is another than `since`.
pub(super) async fn wait(State(mut desk): State<Desk>, RawQuery(query): RawQuery) -> Response {
    let asked = Pairs::read(query.unwrap_or_default().as_bytes());
    let since: Option<u64> = asked.one("since").parse().ok();
    let mut changes = desk.sandbox.state.on_change();
    tokio::select! {
        // The senders live as long as the server; if one is gone, the answer is what it was.
        _ = changes.wait_for(|now| Some(*now) != since) => {}
        _ = desk.stop.wait_for(|stopped| *stopped) => {}
        () = tokio::time::sleep(PATIENCE) => {}
    }
    let now = *desk.sandbox.state.on_change().borrow();
    now.to_string().into_response()
}
