//! Who may ask: a browser of this machine, on this server's own pages. Must not know of pages.
//!
//! The pages need no login, so a site that one visits meanwhile must reach none of them: neither
//! by a name of its own that leads to this machine, nor by a form or frame of its own.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Sent with every page.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Lets a request through, or refuses it.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if writes && !request.uri().path().contains("/-/") {
        // No form goes there: it is a client that looks for an API.
        return StatusCode::NOT_FOUND.into_response();
    }
    let refusal = match check(request.headers(), writes) {
        Ok(()) => {
            let mut response = next.run(request).await;
            for (name, value) in HEADERS {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            return response;
        }
        Err(refusal) => refusal,
    };
    (StatusCode::FORBIDDEN, refusal).into_response()
}

fn check(headers: &HeaderMap, writes: bool) -> Result<(), &'static str> {
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = value(header::HOST).filter(|host| is_loopback(host));
    let Some(host) = host else {
        return Err("The sandbox answers to 127.0.0.1 and localhost only.\n");
    };
    if !writes {
        return Ok(());
    }
    let ours = match value(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => value(header::ORIGIN) == Some(&format!("http://{host}")),
    };
    if ours { Ok(()) } else { Err("This form is not one of the sandbox's own pages.\n") }
}

/// Tells whether a `Host` names this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        for ours in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.0.0.2", "[::1]:8080"] {
            assert!(is_loopback(ours), "{ours}");
        }
        for foreign in ["", "evil.test", "evil.test:8080", "127.0.0.1.evil.test", "10.0.0.1:80"] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
