//! The `epictree` binary.

fn main() {}
