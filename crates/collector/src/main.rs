//! The `natero-collector` command.

use std::{io::Write, process::ExitCode};

use natero_collector::cli::{self, Cli};

fn main() -> ExitCode {
    match Cli::read().and_then(cli::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Unlike `eprintln!`, this does not panic when nobody can read it.
            let _ = writeln!(std::io::stderr(), "natero-collector: {error}");
            ExitCode::FAILURE
        }
    }
}
