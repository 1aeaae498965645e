//! From the bytes of an answer to its data or to the error it stands for.
//!
//! Pure: a status, two headers and a body in, a verdict out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::unseen::is_unseen;

use super::error::GitlabError;
use super::quota::Heard;
use super::watch::Login;

/// How much of a text from the other side is kept, in characters.
const LONGEST_TEXT: usize = 400;

/// The most values of an answer: each takes many times the bytes it is written with.
///
/// A page of a hundred items has fewer than twenty thousand.
const MOST_VALUES: usize = 1_000_000;

/// What a GraphQL request gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) data: Value,
    pub(super) errors: Vec<TopError>,
}

/// One top-level error, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopError {
    pub(super) message: String,
    /// How deep in the answer it happened: 0 for the document, 1 for its field.
    pub(super) depth: usize,
    spam: bool,
    captcha: bool,
}

#[derive(Deserialize)]
struct RawAnswer {
    data: Option<Value>,
    errors: Option<Vec<Value>>,
}

/// Parses the body of an answer with status 200.
pub(super) fn parse(body: &[u8], clean: &impl Fn(&str) -> String) -> Result<Answer, String> {
    if values(body) > MOST_VALUES {
        return Err(format!("more than {MOST_VALUES} values in one answer"));
    }
    let raw: RawAnswer = serde_json::from_slice(body).map_err(|e| clean(&e.to_string()))?;
    let errors: Vec<TopError> =
        raw.errors.unwrap_or_default().iter().map(|e| top_error(e, clean)).collect();
    if raw.data.is_none() && errors.is_empty() {
        return Err("neither data nor errors".into());
    }
    Ok(Answer { data: raw.data.unwrap_or_default(), errors })
}

/// About how many values a JSON text holds: what opens or parts them, outside strings.
fn values(json: &[u8]) -> usize {
    let (mut count, mut quoted, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

fn top_error(error: &Value, clean: &impl Fn(&str) -> String) -> TopError {
    let message = error.get("message").unwrap_or(error);
    let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    let flag =
        |name: &str| error.pointer(&format!("/extensions/{name}")) == Some(&Value::Bool(true));
    TopError {
        message: clean(&text),
        depth: error.get("path").and_then(Value::as_array).map_or(0, Vec::len),
        spam: flag("spam"),
        captcha: flag("needsCaptchaResponse"),
    }
}

/// The error that a status other than 200 stands for.
pub(super) fn of_status(
    status: u16,
    json: bool,
    content_type: &str,
    body: &[u8],
    clean: &impl Fn(&str) -> String,
) -> GitlabError {
    let messages = messages_of(body, clean);
    let detail = messages.join("; ");
    match status {
        // Before the check for pages: a rate limiter answers in plain text.
        429 => GitlabError::RateLimited { after: None },
        _ if !json => GitlabError::NotJson { status, content_type: clean(content_type) },
        401 => GitlabError::Unauthorized { detail, login: Login::default() },
        403 => GitlabError::Forbidden { detail },
        422 => GitlabError::Invalid { messages },
        _ => GitlabError::Http { status, detail },
    }
}

fn messages_of(body: &[u8], clean: &impl Fn(&str) -> String) -> Vec<String> {
    let bounded = Some(body).filter(|body| values(body) <= MOST_VALUES);
    let Some(value) = bounded.and_then(|body| serde_json::from_slice::<Value>(body).ok()) else {
        return Vec::new();
    };
    let listed = value.get("errors").and_then(Value::as_array);
    let single = || value.get("message").or_else(|| value.get("error"));
    match listed {
        Some(errors) => errors.iter().map(|e| top_error(e, clean).message).collect(),
        None => single().and_then(Value::as_str).map(clean).into_iter().collect(),
    }
}

/// The error that top-level errors stand for; `None` if there are none.
pub(super) fn verdict(errors: &[TopError], what: &str) -> Option<GitlabError> {
    let first = errors.first()?;
    let says = |words: &[&str]| errors.iter().find(|e| words.iter().any(|w| e.message.contains(w)));
    let messages = || errors.iter().map(|e| e.message.clone()).collect();
    Some(if errors.iter().any(|e| e.spam || e.captcha) {
        GitlabError::Spam { captcha: errors.iter().any(|e| e.captcha) }
    } else if says(&["too many times"]).is_some() {
        GitlabError::RateLimited { after: None }
    } else if says(&["Internal server error", "timed out", "Timeout"]).is_some() {
        GitlabError::Failed { messages: messages() }
    } else if says(&["does not exist or you don't have permission"]).is_some() {
        GitlabError::NotFound { what: what.to_owned() }
    } else if let Some(error) =
        says(&["is not available for", "feature flag", "are not supported by"])
    {
        GitlabError::Unlicensed { message: error.message.clone() }
    } else if let Some(error) = says(&["Access denied", "insufficient"]) {
        GitlabError::Forbidden { detail: error.message.clone() }
    } else if first.depth == 0 {
        GitlabError::Invalid { messages: messages() }
    } else {
        GitlabError::Payload { messages: messages() }
    })
}

/// What the headers say of limits, and how long `Retry-After` asks to wait.
///
/// `now` is the time since 1970 on this machine; the instance's own `Date` goes before it,
/// as `RateLimit-Reset` is a time by the instance's clock.
pub(super) fn limits<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: Duration,
) -> (Heard, Option<Duration>) {
    let number = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
    let now = header("date").and_then(since_1970).unwrap_or(now);
    let from_now = |at: Duration| at.saturating_sub(now);
    let heard = Heard {
        rate: number("ratelimit-limit"),
        left: number("ratelimit-remaining"),
        reset: number("ratelimit-reset").map(Duration::from_secs).map(from_now),
    };
    let at = || header("retry-after").and_then(since_1970).map(from_now);
    (heard, number("retry-after").map(Duration::from_secs).or_else(at))
}

/// A date as HTTP writes it.
fn since_1970(text: &str) -> Option<Duration> {
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    at.as_second().try_into().ok().map(Duration::from_secs)
}

/// Strips control characters, joins lines, and cuts long texts.
pub(super) fn tidy(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let mut kept: String = plain.filter(|c| !is_unseen(*c)).take(LONGEST_TEXT + 1).collect();
    if kept.chars().count() > LONGEST_TEXT {
        kept.pop();
        kept.push('…');
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: &Value) -> Answer {
        parse(value.to_string().as_bytes(), &tidy).unwrap()
    }

    #[test]
    fn a_rate_limit_is_known_by_its_text_even_with_status_200() {
        let answer = of(&json!({
            "errors": [{ "message": "This endpoint has been requested too many times. Try again later." }],
            "data": { "createNote": null }
        }));
        assert_eq!(verdict(&answer.errors, "x"), Some(GitlabError::RateLimited { after: None }));
    }

    #[test]
    fn errors_of_the_document_and_of_its_fields_are_told_apart() {
        let unknown =
            of(&json!({ "errors": [{ "message": "Field 'x' doesn't exist on type 'WorkItem'" }] }));
        assert!(matches!(verdict(&unknown.errors, "x"), Some(GitlabError::Invalid { .. })));
        let denied = of(&json!({
            "data": { "workItemUpdate": null },
            "errors": [{
                "message": "The resource that you are attempting to access does not exist or you don't have permission to perform this action",
                "path": ["workItemUpdate"]
            }]
        }));
        assert_eq!(
            verdict(&denied.errors, "group&1"),
            Some(GitlabError::NotFound { what: "group&1".into() })
        );
    }

    #[test]
    fn spam_is_known_by_its_extensions() {
        let answer = of(&json!({ "errors": [{
            "message": "Request denied.", "extensions": { "needsCaptchaResponse": true }
        }] }));
        assert_eq!(verdict(&answer.errors, "x"), Some(GitlabError::Spam { captcha: true }));
    }

    #[test]
    fn a_page_is_not_mistaken_for_gitlab_but_a_plain_429_is_a_limit() {
        let page = |status| of_status(status, false, "text/html", b"<html>", &tidy);
        assert!(matches!(page(502), GitlabError::NotJson { status: 502, .. }));
        assert!(matches!(page(401), GitlabError::NotJson { status: 401, .. }));
        assert_eq!(page(429), GitlabError::RateLimited { after: None });
    }

    #[test]
    fn an_answer_of_too_many_values_is_refused_before_it_takes_memory() {
        let list = |n: usize| format!(r#"{{"data":{{"a":[{}0]}}}}"#, "0,".repeat(n));
        assert!(parse(list(1_000).as_bytes(), &tidy).is_ok());
        let error = parse(list(MOST_VALUES).as_bytes(), &tidy).unwrap_err();
        assert_eq!(error, "more than 1000000 values in one answer");
        let text = format!(r#"{{"data":{{"a":"\"{}"}}}}"#, ",[{".repeat(MOST_VALUES));
        assert!(parse(text.as_bytes(), &tidy).is_ok());
    }

    #[test]
    fn statuses_carry_gitlabs_own_words() {
        let body = br#"{"errors":[{"message":"Invalid token"}]}"#;
        assert_eq!(
            of_status(401, true, "application/json", body, &tidy).to_string(),
            "the instance does not accept the token: Invalid token"
        );
        let body = br#"{"errors":[{"message":"Query too large"}]}"#;
        assert!(matches!(
            of_status(422, true, "application/json", body, &tidy),
            GitlabError::Invalid { .. }
        ));
    }

    #[test]
    fn limits_are_read_from_the_headers_by_the_instances_own_clock() {
        let seconds = |n| Some(Duration::from_secs(n));
        let of = |headers: &'static [(&str, &str)]| {
            let named = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
            limits(named, Duration::from_secs(1_000))
        };
        let heard = Heard { rate: Some(600), left: Some(7), reset: seconds(30) };
        let all = &[
            ("ratelimit-limit", "600"),
            ("ratelimit-remaining", "7"),
            ("ratelimit-reset", "1030"),
        ];
        assert_eq!(of(all), (heard, None));
        assert_eq!(of(&[("retry-after", "7")]).1, seconds(7));
        assert_eq!(of(&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")]).1, seconds(20));
        assert_eq!(of(&[("retry-after", "soon")]), (Heard::default(), None));
        assert_eq!(of(&[("ratelimit-reset", "900")]).0.reset, seconds(0));
        let dated = &[("date", "Thu, 01 Jan 1970 00:10:00 GMT"), ("ratelimit-reset", "660")];
        assert_eq!(of(dated).0.reset, seconds(60));
    }

    #[test]
    fn texts_lose_control_characters_and_length() {
        assert_eq!(tidy("a\u{1b}[31mb\n\u{202e}c"), "a[31mb c");
        assert_eq!(tidy(&"x".repeat(5_000)).chars().count(), LONGEST_TEXT + 1);
    }
}
