//! The demo: a collector with weeks of a company's usage, and next to it the example app. It
//! visits the example in headless Chromium, shows what arrived from the visit, and opens the
//! dashboard. `cargo xtask demo` builds what it needs and starts it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use natero_e2e::browser::{Browser, BrowserKind};
use natero_e2e::collector::{Access, Collector};
use natero_e2e::company::send_company;
use natero_e2e::demo::{Delivery, Held, classic_path, serve_examples, usage_table, visit};
use natero_e2e::fleet::Fleet;
use natero_e2e::site::Site;
use tokio::signal::unix::{SignalKind, signal};

/// Nine weeks: the four that a page shows by default, the four before them for the
/// comparison, and some history.
const DAYS: i64 = 63;

/// Number of collectors, and of ClickHouse nodes, with `--scaled`.
const COLLECTORS: usize = 2;
const NODES: usize = 2;

/// Serves the example and a collector, visits it and counts what arrived.
#[derive(Parser)]
struct Args {
    /// The built npm package, as `cargo xtask build` leaves it in pkg/.
    #[arg(long)]
    pkg: PathBuf,
    /// The natero-collector binary.
    #[arg(long)]
    collector: PathBuf,
    /// Two collectors on PostgreSQL and ClickHouse, behind a round-robin; the binary has
    /// the feature `scaled`.
    #[arg(long)]
    scaled: bool,
    /// End after the visit, with status 1 unless every event arrived once.
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // On the way out, everything that runs is dropped and thereby stopped.
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

/// Returns true if every accepted event arrived once.
async fn run(args: &Args) -> Result<bool> {
    if args.scaled {
        let fleet = Fleet::start(&args.collector, COLLECTORS, NODES).await?;
        let visited = run_on(args, &fleet, &fleet, &fleet.parts()).await?;
        let is_counted = is_counted(&fleet).await?;
        return stay(args, &fleet, visited, is_counted).await;
    }
    let collector = Collector::start_binary(&args.collector)?;
    let db = collector.db();
    let parts = [("database", db.display().to_string())];
    let visited = run_on(args, &collector, &db, &parts).await?;
    stay(args, &collector, visited, true).await
}

/// Whether the figures of all accounts include each stored event.
async fn is_counted(fleet: &Fleet) -> Result<bool> {
    let counted = fleet.counted().await?.to_string();
    let [stored] = fleet.row("SELECT COUNT(*) FROM events")?;
    if counted != stored {
        println!("the figures of all accounts have {counted} events, and {stored} are stored");
    }
    Ok(counted == stored)
}

/// The site of the example, and whether every event of the visit arrived once.
struct Visited {
    _site: Site,
    is_exact: bool,
}

/// Visits the example and prints what arrived.
async fn run_on(
    args: &Args,
    collector: &Access,
    held: &dyn Held,
    parts: &[(&str, String)],
) -> Result<Visited> {
    let site = serve_examples(&args.pkg, collector).await?;
    println!("console    {}", site.url("/"));
    println!("classic    {}", site.url(&classic_path(collector)));
    println!("dashboard  {}", collector.url());
    println!("account key to sign in with: {}", collector.account_key());
    for (name, address) in parts {
        println!("{name:<10} {address}");
    }
    println!();

    let (browser, ()) = tokio::try_join!(
        Browser::start_kind(BrowserKind::Chromium),
        send_company(collector, DAYS),
    )?;
    let before = held.mark()?;
    println!(
        "{} events of {DAYS} days are there; now the visit:\n",
        before.0
    );
    let accepted = visit(&browser, &site).await?;
    let delivery = Delivery::measure(accepted, held, before)?;
    println!("{}", usage_table(held, before)?);
    println!("{delivery}");
    // The visitor's page closes here. Otherwise it would go on counting next to the page of
    // the person who looks at the demo.
    drop(browser);
    Ok(Visited {
        _site: site,
        is_exact: delivery.is_exact(),
    })
}

/// Ends, or keeps running until the user stops the demo.
async fn stay(args: &Args, collector: &Access, visited: Visited, is_counted: bool) -> Result<bool> {
    if args.once {
        return Ok(visited.is_exact && is_counted);
    }
    show(collector.url(), collector.account_key());
    std::future::pending().await
}

/// Opens the dashboard in the system's browser, if there is one.
fn show(dashboard: &str, key: &str) {
    let has_screen = !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let is_open = has_screen && open::that_detached(dashboard).is_ok();
    let how = if is_open {
        "opened in your browser"
    } else {
        "open it in a browser"
    };
    println!("\n{dashboard} is the dashboard ({how}). Sign in with {key}");
    println!("Ctrl-C ends everything.");
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
