//! What Ctrl-C does, and SIGTERM like it: it ends a command at once, unless it
//! is writing; then no new write begins and those in flight are waited for.
//!
//! A thread of its own listens, so that nothing the command does holds it up:
//! reading a line, resolving a name, rendering a plan.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Exit;
use crate::apply::Stop;
use crate::gitlab::Client;
use crate::ui;

/// How far the command is.
enum Phase {
    /// Nothing was written.
    Looking,
    /// Writes are under way.
    Writing(Client, Stop),
    /// Writes came to their end.
    Written,
    /// A pager has the terminal, and knows what Ctrl-C means to it.
    Paging,
}

static PHASE: Mutex<Phase> = Mutex::new(Phase::Looking);

fn phase() -> MutexGuard<'static, Phase> {
    PHASE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to listen; without it, Ctrl-C does what it does to any process.
pub(super) fn listen() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
            return;
        };
        // An error means that nothing can be listened to.
        let _ = runtime.block_on(each_press());
    });
}

/// Says that writes begin; once the guard is gone, they have ended.
pub(super) fn writing(client: &Client, stop: &Stop) -> Held {
    *phase() = Phase::Writing(client.clone(), stop.clone());
    Held(Some(Phase::Written))
}

/// Says that a pager begins, for as long as the guard lives.
pub(super) fn paging() -> Held {
    *phase() = Phase::Paging;
    Held(Some(Phase::Looking))
}

/// Holds the command in a phase; at its end the next one begins.
pub(super) struct Held(Option<Phase>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(next) = self.0.take() {
            *phase() = next;
        }
    }
}

#[cfg(unix)]
async fn each_press() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut pressed, mut asked) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    loop {
        tokio::select! {
            _ = pressed.recv() => {}
            _ = asked.recv() => {}
        }
        answer();
    }
}

#[cfg(not(unix))]
async fn each_press() -> std::io::Result<()> {
    loop {
        tokio::signal::ctrl_c().await?;
        answer();
    }
}

fn answer() {
    let message = match &*phase() {
        Phase::Writing(client, stop) if !stop.asked() => {
            // First, so that whoever reads the message sees no new write.
            stop.now();
            client.stop();
            ui::insist(&ending(client));
            return;
        }
        Phase::Writing(..) => "stopped at once; run the same command again to finish",
        Phase::Looking => "interrupted, and nothing was written",
        Phase::Written => "interrupted after the last write",
        Phase::Paging => return,
    };
    end(message);
}

/// What is waited for.
fn ending(client: &Client) -> String {
    let flying: Vec<String> = client
        .in_flight()
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(operation, n)| format!("{n} {operation}"))
        .collect();
    let what = if flying.is_empty() {
        "no write is in flight".to_owned()
    } else {
        format!("in flight: {}", flying.join(", "))
    };
    format!("Ending; {what}. Press Ctrl-C again to stop at once.")
}

#[expect(clippy::exit, reason = "nothing that the command waits for may hold it up")]
fn end(message: &str) -> ! {
    ui::leave();
    ui::failed(message, None);
    std::process::exit(Exit::Interrupted as i32)
}
