//! All integration tests in one binary, over HTTP against the sandbox.

mod client;
mod contract;
mod identity;
mod merging;
mod sandbox;
mod world;
