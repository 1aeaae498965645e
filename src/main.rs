//! The `epictree` binary: the arguments in, the exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    epictree::cli::main(std::env::args_os())
}
