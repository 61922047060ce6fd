//! Measures the npm package in Chromium, and compares it with other trackers. `cargo xtask
//! bench` builds what this needs and runs it.

mod compression;
mod loss;
mod peers;
mod process;
mod profile;
mod sink;
mod stage;
mod storage;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// What packing batches saves and costs.
    Compression {
        /// The trackers, each bundled as a page would have it.
        #[arg(long)]
        bundles: PathBuf,
    },
    /// Where the time of a burst goes.
    Profile {
        /// The trackers, each bundled as a page would have it.
        #[arg(long)]
        bundles: PathBuf,
    },
    /// localStorage against IndexedDB.
    Storage,
    /// Lost and doubled events in scenarios of faults.
    Loss,
    /// The budgets, side by side with other trackers.
    Peers(peers::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().what).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(what: What) -> Result<()> {
    match what {
        What::Compression { bundles } => compression::run(&bundles).await,
        What::Profile { bundles } => profile::run(&bundles).await,
        What::Storage => storage::run().await,
        What::Loss => loss::run().await,
        What::Peers(options) => peers::run(&options).await,
    }
}
