//! The `natero-collector` command.

use std::process::ExitCode;

use clap::Parser;
use natero_collector::cli::{self, Cli};

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("natero-collector: {error}");
            ExitCode::FAILURE
        }
    }
}
