//! Each request and their sums, for `--verbose`.

use std::time::Duration;

use crate::gitlab::{Counters, Exchange};

use super::clean::clean_line;
use super::words::count;

/// One line for a request: operation, status, time, bytes out and in, and what went wrong.
#[must_use]
pub fn exchange(exchange: &Exchange) -> String {
    let Exchange { operation, mutation, retry, status, error, took, bytes_out, bytes_in } =
        exchange;
    let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let glyph = if *mutation { '!' } else { ' ' };
    let retry = if *retry > 0 { format!("  (sent again, {retry})") } else { String::new() };
    let error = error.as_ref().map(|error| format!("  {}", clean_line(error))).unwrap_or_default();
    format!(
        "{glyph} {operation:<14} {status} {:>9} {:>10} out {:>10} in{retry}{error}",
        time(*took),
        bytes(*bytes_out as u64),
        bytes(*bytes_in as u64)
    )
}

/// The sums of all requests.
#[must_use]
pub fn sums(counters: &Counters, took: Duration) -> String {
    let Counters { requests, mutations, retries, bytes_out, bytes_in } = *counters;
    let many = |n: u64, one| count(usize::try_from(n).unwrap_or(usize::MAX), one);
    let retried = if retries > 0 { format!(", {retries} sent again") } else { String::new() };
    format!(
        "{} ({}{retried}) in {}, {} out, {} in",
        many(requests, "request"),
        many(mutations, "mutation"),
        time(took),
        bytes(bytes_out),
        bytes(bytes_in)
    )
}

/// A time as people read it.
fn time(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A size as people read it.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stand_below_each_other_and_their_sums_below_all() {
        let read = Exchange {
            operation: "Children",
            mutation: false,
            retry: 0,
            status: Some(200),
            error: None,
            took: Duration::from_millis(31),
            bytes_out: 812,
            bytes_in: 123_456,
        };
        let lost = Exchange {
            operation: "CreateItem",
            mutation: true,
            retry: 2,
            status: None,
            error: Some("no answer\u{1b}[2J".to_owned()),
            took: Duration::from_secs(75),
            ..read.clone()
        };
        let counters = Counters {
            requests: 2,
            mutations: 1,
            retries: 1,
            bytes_out: 1_624,
            bytes_in: 2_000_000,
        };
        let said =
            [exchange(&read), exchange(&lost), sums(&counters, Duration::from_secs(76))].join("\n");
        insta::assert_snapshot!(said, @r"
          Children       200     31 ms      812 B out   123.5 kB in
        ! CreateItem     ---    75.0 s      812 B out   123.5 kB in  (sent again, 2)  no answer[2J
        2 requests (1 mutation, 1 sent again) in 76.0 s, 1.6 kB out, 2.0 MB in
        ");
    }
}
