//! All integration tests, in one binary.

mod client;
mod contract;
mod files;
mod identity;
mod merging;
mod sandbox;
mod world;
