//! The sandbox on a loopback port. Must not know of GraphQL: it carries bodies, and breaks
//! connections where a fault says so.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::error::SandboxError;
use super::faults::FaultKind;
use super::graphql::{Delivery, Reply};
use super::handle::Sandbox;
use super::page;

const BODY_BYTES: usize = 4 * 1024 * 1024;
/// What a head takes at most; a truncated answer gets this and half of its body.
const HEAD_BYTES: usize = 160;
const GRACE: Duration = Duration::from_secs(2);

/// A sandbox that listens. Dropping it stops the listening.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Served {
    /// Returns the address as a URL, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, ends hanging requests and waits until all connections are closed.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(GRACE, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

#[derive(Clone)]
struct App {
    sandbox: Sandbox,
    stop: watch::Sender<bool>,
    /// Fails once the address is free.
    listening: watch::Receiver<()>,
}

/// Binds the address and serves the sandbox in the background.
pub(super) async fn serve(sandbox: Sandbox, address: SocketAddr) -> Result<Served, SandboxError> {
    let failed = |source| SandboxError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    sandbox.set_url(format!("http://{bound}"));
    let (stop, stopped) = watch::channel(false);
    let pages = page::routes(sandbox.clone(), stopped.clone());
    let (open, listening) = watch::channel(());
    let app = App { sandbox, stop: stop.clone(), listening };
    let router = Router::new()
        .route("/api/graphql", post(by_post).get(by_get))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(app)
        .merge(pages)
        .into_make_service_with_connect_info::<Budget>();
    let server = axum::serve(Lines { listener, _open: open }, router)
        .with_graceful_shutdown(until_stopped(stopped));
    let task = tokio::spawn(async move {
        // The server itself never fails; a broken connection is that connection's matter.
        let _ = server.await;
    });
    Ok(Served { address: bound, stop, task: Some(task) })
}

async fn until_stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

async fn by_post(
    State(app): State<App>,
    ConnectInfo(budget): ConnectInfo<Budget>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(app, &budget, token(&headers).as_deref(), &body, false).await
}

async fn by_get(
    State(app): State<App>,
    ConnectInfo(budget): ConnectInfo<Budget>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let body = body_of_query(query.as_deref().unwrap_or_default());
    respond(app, &budget, token(&headers).as_deref(), body.as_bytes(), true).await
}

/// Answers a request, late if a fault says so.
async fn respond(
    app: App,
    budget: &Budget,
    token: Option<&str>,
    body: &[u8],
    by_get: bool,
) -> Response {
    let fault = app.sandbox.arrive();
    let (before, after) = match &fault {
        Some(FaultKind::Slow { before, after }) => (*before, *after),
        _ => (0, 0),
    };
    pause(before).await;
    let reply = app.sandbox.answer(fault, token, body, by_get);
    pause(after).await;
    if app.sandbox.refuses_next() {
        close(&app).await;
    }
    deliver(reply, budget, app.stop.subscribe()).await
}

async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// Stops listening, and waits until nothing does.
async fn close(app: &App) {
    app.stop.send_replace(true);
    let mut listening = app.listening.clone();
    while listening.changed().await.is_ok() {}
}

fn token(headers: &HeaderMap) -> Option<String> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let bearer = value("authorization").map(|text| {
        let (scheme, rest) = text.split_once(' ').unwrap_or(("", text));
        if scheme.eq_ignore_ascii_case("bearer") { rest.trim() } else { text }
    });
    bearer.or_else(|| value("private-token")).map(str::to_owned)
}

/// Turns `query=…&variables=…` into the body that a POST would have.
fn body_of_query(query: &str) -> String {
    let fields = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((decoded(name), serde_json::Value::from(decoded(value))))
    });
    serde_json::Value::Object(fields.collect()).to_string()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends an answer as far as it shall go.
async fn deliver(reply: Reply, budget: &Budget, stop: watch::Receiver<bool>) -> Response {
    match reply.delivery {
        Delivery::Whole => {}
        Delivery::Truncated => budget.leave(HEAD_BYTES + reply.body.len() / 2),
        Delivery::Severed => budget.leave(0),
        Delivery::Hanging => {
            until_stopped(stop).await;
            budget.leave(0);
        }
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, reply.content_type)];
    let mut response = (status, kind, reply.body).into_response();
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// How many bytes a connection may still send before it breaks.
#[derive(Debug, Clone)]
struct Budget(Arc<AtomicUsize>);

impl Budget {
    fn unlimited() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }

    fn leave(&self, bytes: usize) {
        self.0.store(bytes, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Lines>> for Budget {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().budget.clone()
    }
}

/// A listener whose connections can be broken.
struct Lines {
    listener: TcpListener,
    /// Dropped after the listener.
    _open: watch::Sender<()>,
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await {
                // Without it an answer is only slower.
                let _ = stream.set_nodelay(true);
                let budget = Budget::unlimited();
                return (Line { stream, budget }, address);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with a budget.
struct Line {
    stream: TcpStream,
    budget: Budget,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.budget.0.load(Ordering::SeqCst);
        if left == usize::MAX {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        let allowed = &bytes[..bytes.len().min(left)];
        if allowed.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, allowed);
        if let Poll::Ready(Ok(count)) = &written {
            self.budget.leave(left - count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
