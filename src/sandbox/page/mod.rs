//! The sandbox in a browser: a tree to look at, items to read, forms to play the colleague with.
//!
//! It shows one state of the world and writes only through the functions that the API writes
//! through. Faults, limits and the log of requests are the API's, not its own.

mod activity;
mod ask;
mod deed;
mod form;
mod frame;
mod guard;
mod item;
mod live;
mod look;
mod search;
mod tree;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::watch;

use super::error::SandboxError;
use super::handle::Sandbox;
use ask::Pairs;
use deed::Deed;
use look::Look;

/// A description of the largest size, each byte of it escaped, and the rest of a form.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Keeps who one plays between pages.
const COOKIE: &str = "epictree-sandbox-as";

/// What the pages are made from.
#[derive(Clone)]
struct Desk {
    sandbox: Sandbox,
    stop: watch::Receiver<bool>,
}

/// Returns the routes of all pages.
pub(super) fn routes(sandbox: Sandbox, stop: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/-/live", get(live::wait))
        .route("/-/colleague", post(become_colleague))
        .route("/{*path}", get(show).post(change))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(guard::guard))
        .with_state(Desk { sandbox, stop })
}

impl Desk {
    /// Takes the world as it is, for whom the cookie names.
    fn look(&self, headers: &HeaderMap) -> Look {
        let state = &self.sandbox.state;
        Look::new(state.world(), Arc::clone(&state.config), &state.url(), cookie(headers))
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// Makes a page off the threads that carry requests, so that no apply waits for it.
async fn made(page: impl FnOnce() -> Response + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(page).await;
    done.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn front(
    State(desk): State<Desk>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    made(move || {
        let asked = Pairs::read(query.unwrap_or_default().as_bytes());
        Html(tree::page(&desk.look(&headers), &asked, None)).into_response()
    })
    .await
}

/// Shows an item, or the tree of a group or project.
async fn show(
    State(desk): State<Desk>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    made(move || {
        let look = desk.look(&headers);
        let asked = Pairs::read(query.unwrap_or_default().as_bytes());
        if let Some(id) = look.item_at(&path) {
            return Html(item::page(&look, id, &asked, None)).into_response();
        }
        match look.place_at(&path) {
            Some(place) => Html(tree::page(&look, &asked, Some(place))).into_response(),
            None => missing(&look),
        }
    })
    .await
}

fn missing(look: &Look) -> Response {
    let text = "There is nothing at this address: no item, no group and no project.";
    let page = frame::page(look, "Not found", "", &frame::notice(text));
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

/// Does what a form of an item's page asks for.
async fn change(
    State(desk): State<Desk>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    made(move || {
        let look = desk.look(&headers);
        let Some(id) = look.item_at(&path) else {
            return missing(&look);
        };
        let sent = Pairs::read(&body);
        let deed = Deed::read(&sent);
        let done = desk.sandbox.play(look.acting(), |draft| deed.carry_out(draft, id));
        match done {
            Ok(there) => to(&desk.look(&headers).url(there)),
            Err(error) => refused(&desk.look(&headers), id, &sent, &error),
        }
    })
    .await
}

/// Shows the page again, with the reason and with what was typed.
fn refused(look: &Look, id: super::store::Id, sent: &Pairs, error: &SandboxError) -> Response {
    let status = match error {
        SandboxError::Edit(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let page = item::page(look, id, &Pairs::default(), Some((sent, &error.to_string())));
    (status, Html(page)).into_response()
}

/// Goes on as somebody else, whom the sandbox need not know yet.
async fn become_colleague(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    made(move || {
        let sent = Pairs::read(&body);
        let name = match sent.one("new").trim().trim_start_matches('@') {
            "" => sent.one("as"),
            name => name,
        };
        let look = desk.look(&headers);
        if !look.knows(name)
            && let Err(error) = desk.sandbox.play(name, |_| Ok(()))
        {
            let notice = frame::notice(&error.to_string());
            let page = frame::page(&look, "Nobody", sent.one("back"), &notice);
            return (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response();
        }
        let mut response = to(&look.inside(sent.one("back")));
        let cookie = format!("{COOKIE}={name}; Path=/; SameSite=Strict; HttpOnly");
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    })
    .await
}

/// Sends the browser to a page of this server.
fn to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}
