//! All integration tests in one binary, over HTTP against the sandbox.

mod client;
mod contract;
mod merging;
mod sandbox;
mod world;
