//! All integration tests in one binary, over HTTP against the sandbox.

mod client;
mod contract;
mod identity;
mod merging;
mod preflight;
mod property;
mod sandbox;
mod world;
