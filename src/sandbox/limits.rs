//! Rate limits as GitLab has them: a throttle of all requests, and limits on new items and
//! new comments that say neither how many are left nor when to come back.
//!
//! The shapes of the refusals are those of `Rack::Attack` and of GitLab's application limits.
//! The clock comes from outside, so that tests need not wait.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::graphql::Reply;

const MINUTE: u64 = 60;
/// What GitLab says to one item or comment too many.
const TOO_MANY: &str = "This endpoint has been requested too many times. Try again later.";

/// How much is taken in a minute; what is absent has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests of all kinds; answers then tell what is left.
    pub requests: Option<u64>,
    /// New epics, issues and tasks.
    pub creations: Option<u64>,
    /// New comments.
    pub notes: Option<u64>,
}

/// Tells the time since 1970.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The clock of this machine.
pub(super) fn system_clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

impl FromStr for Limits {
    type Err = String;

    /// Reads `requests=600,creations=20,notes=5`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').unwrap_or((part, ""));
            let number = number.trim().parse().ok().filter(|number| *number > 0);
            let number =
                number.ok_or_else(|| format!("`{part}` is not a name and a number above 0"))?;
            match name.trim() {
                "requests" => limits.requests = Some(number),
                "creations" => limits.creations = Some(number),
                "notes" => limits.notes = Some(number),
                other => {
                    return Err(format!("`{other}` is none of requests, creations, notes"));
                }
            }
        }
        Ok(limits)
    }
}

/// Counts in windows of a minute, each for itself.
pub(super) struct Meter {
    limits: Limits,
    clock: Clock,
    minute: u64,
    requests: u64,
    creations: u64,
    notes: u64,
}

impl Meter {
    pub(super) fn new(limits: Limits, clock: Clock) -> Self {
        Self { limits, clock, minute: 0, requests: 0, creations: 0, notes: 0 }
    }

    /// Counts a request with these top-level fields; an answer is the refusal of one too many.
    pub(super) fn count(&mut self, fields: &[String]) -> Option<Reply> {
        let minute = (self.clock)().as_secs() / MINUTE;
        if minute != self.minute {
            (self.minute, self.requests, self.creations, self.notes) = (minute, 0, 0, 0);
        }
        let over = |count: &mut u64, limit: Option<u64>, more: u64| {
            *count += more;
            more > 0 && limit.is_some_and(|limit| *count > limit)
        };
        let named = |name: &str| fields.iter().filter(|field| *field == name).count() as u64;
        if over(&mut self.requests, self.limits.requests, 1) {
            let mut headers = self.headers();
            headers.push(("retry-after", self.reset().to_string()));
            return Some(Reply {
                content_type: "text/plain; charset=utf-8",
                headers,
                body: "Retry later\n".to_owned(),
                ..Reply::error(429, TOO_MANY)
            });
        }
        if over(&mut self.creations, self.limits.creations, named("workItemCreate")) {
            return Some(Reply { headers: self.headers(), ..Reply::error(429, TOO_MANY) });
        }
        if over(&mut self.notes, self.limits.notes, named("createNote")) {
            let data: Map<String, Value> =
                fields.iter().map(|field| (field.clone(), Value::Null)).collect();
            let errors = json!([{ "message": TOO_MANY, "path": ["createNote"] }]);
            let answer = json!({ "errors": errors, "data": data });
            return Some(Reply { headers: self.headers(), ..Reply::json(200, &answer) });
        }
        None
    }

    /// What every answer tells of the throttle, by the same clock.
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let Some(limit) = self.limits.requests else { return Vec::new() };
        let now = (self.clock)();
        let mut headers = vec![
            ("ratelimit-limit", limit.to_string()),
            ("ratelimit-observed", self.requests.to_string()),
            ("ratelimit-remaining", limit.saturating_sub(self.requests).to_string()),
            ("ratelimit-reset", ((self.minute + 1) * MINUTE).to_string()),
            ("ratelimit-name", "throttle_authenticated_api".to_owned()),
        ];
        let date = i64::try_from(now.as_secs()).ok();
        let date = date.and_then(|second| jiff::Timestamp::from_second(second).ok());
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        headers.extend(
            date.and_then(|date| printer.timestamp_to_rfc9110_string(&date).ok())
                .map(|date| ("date", date)),
        );
        headers
    }

    /// Seconds until the next minute.
    fn reset(&self) -> u64 {
        ((self.minute + 1) * MINUTE).saturating_sub((self.clock)().as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_from_a_line_and_mistakes_named() {
        let wanted = Limits { creations: Some(20), notes: Some(5), ..Limits::default() };
        assert_eq!("creations=20,notes=5".parse(), Ok(wanted));
        for wrong in ["", "notes", "notes=0", "note=3", "notes=x"] {
            assert!(wrong.parse::<Limits>().is_err(), "{wrong:?}");
        }
    }
}
