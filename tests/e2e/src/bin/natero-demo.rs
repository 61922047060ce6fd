//! The demo: serves the example beside a fresh collector, visits it in
//! headless Chromium, and shows what arrived. `cargo xtask demo` builds what
//! it needs and starts it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use natero_e2e::browser::{Browser, BrowserKind};
use natero_e2e::collector::Collector;
use natero_e2e::demo::{Delivery, classic_path, serve_examples, usage_table, visit};
use tokio::signal::unix::{SignalKind, signal};

/// Serves the example and a collector, visits it and counts what arrived.
#[derive(Parser)]
struct Args {
    /// The built npm package, as `cargo xtask build` leaves it in pkg/.
    #[arg(long)]
    pkg: PathBuf,
    /// The natero-collector binary.
    #[arg(long)]
    collector: PathBuf,
    /// End after the visit, with status 1 unless every event arrived once.
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Whatever runs is dropped, and so taken down, on the way out.
    let outcome = tokio::select! {
        outcome = run(&args) => outcome,
        () = told_to_stop() => Ok(!args.once),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// True when every accepted event arrived once.
async fn run(args: &Args) -> Result<bool> {
    let collector = Collector::start_binary(&args.collector)?;
    let site = serve_examples(&args.pkg, &collector).await?;
    println!("console    {}", site.url("/"));
    println!("classic    {}", site.url(&classic_path(&collector)));
    println!(
        "collector  {}  account key {}",
        collector.url(),
        collector.account_key()
    );
    println!("database   {}\n", collector.db().display());

    let browser = Browser::start_kind(BrowserKind::Chromium).await?;
    let accepted = visit(&browser, &site).await?;
    let delivery = Delivery::measure(accepted, &collector.db())?;
    println!("{}", usage_table(&collector.db())?);
    println!("{delivery}");
    if args.once {
        return Ok(delivery.is_exact());
    }
    // Its page would go on counting beside that of whoever looks now.
    drop(browser);
    std::future::pending().await
}

async fn told_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()).context("watch for SIGTERM") {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
