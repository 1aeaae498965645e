//! Each request and what all come to, for `--verbose`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::gitlab::{Client, Exchange};

use super::clean::clean_line;
use super::words::count;

/// Says of each request of a client what came of it, and at the end what they come to, if so much
/// is wanted.
pub fn follow(client: &Client) {
    if super::talks(super::Talk::Verbose) {
        let sums = Sums { began: Instant::now(), so_far: Mutex::default() };
        client.on_exchange(move |exchange| {
            sums.so_far.lock().unwrap_or_else(PoisonError::into_inner).add(exchange);
            super::say(&line(exchange));
        });
    }
}

/// One line for a request: operation, status, time, bytes out and in, and what went wrong.
fn line(exchange: &Exchange) -> String {
    let Exchange { operation, mutation, retry, status, error, took, bytes_out, bytes_in } =
        exchange;
    let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let glyph = if *mutation { '!' } else { ' ' };
    let retry = if *retry > 0 { format!("  (sent again, {retry})") } else { String::new() };
    let error = error.as_ref().map(|error| format!("  {}", clean_line(error))).unwrap_or_default();
    format!(
        "{glyph} {operation:<14} {status} {:>9} {:>10} out {:>10} in{retry}{error}",
        time(*took),
        bytes(*bytes_out),
        bytes(*bytes_in)
    )
}

/// What the requests of a client come to; said once the client is gone.
struct Sums {
    began: Instant,
    so_far: Mutex<SoFar>,
}

#[derive(Default)]
struct SoFar {
    requests: usize,
    mutations: usize,
    retries: usize,
    bytes_out: usize,
    bytes_in: usize,
}

impl SoFar {
    fn add(&mut self, exchange: &Exchange) {
        self.requests += 1;
        self.mutations += usize::from(exchange.mutation);
        self.retries += usize::from(exchange.retry > 0);
        self.bytes_out += exchange.bytes_out;
        self.bytes_in += exchange.bytes_in;
    }

    fn say(&self, took: Duration) -> String {
        let Self { requests, mutations, retries, bytes_out, bytes_in } = *self;
        let retried = if retries > 0 { format!(", {retries} sent again") } else { String::new() };
        format!(
            "{} ({}{retried}) in {}, {} out, {} in",
            count(requests, "request"),
            count(mutations, "mutation"),
            time(took),
            bytes(bytes_out),
            bytes(bytes_in)
        )
    }
}

impl Drop for Sums {
    fn drop(&mut self) {
        let so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        super::say(&so_far.say(self.began.elapsed()));
    }
}

/// A time as people read it.
fn time(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A size as people read it.
fn bytes(bytes: usize) -> String {
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
        let mut so_far = SoFar::default();
        [&read, &lost].into_iter().for_each(|exchange| so_far.add(exchange));
        let said = [line(&read), line(&lost), so_far.say(Duration::from_secs(76))].join("\n");
        insta::assert_snapshot!(said, @r"
          Children       200     31 ms      812 B out   123.5 kB in
        ! CreateItem     ---    75.0 s      812 B out   123.5 kB in  (sent again, 2)  no answer[2J
        2 requests (1 mutation, 1 sent again) in 76.0 s, 1.6 kB out, 246.9 kB in
        ");
    }
}
