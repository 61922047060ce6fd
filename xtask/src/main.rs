//! Tasks of this workspace: `cargo xtask help` lists them.

mod bench;
mod build;
mod command;
mod demo;
mod setup;
mod simulate;
mod size;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
usage: cargo xtask TASK

tasks
  setup [firefox] [webkit]
        installs what the other tasks need (the wasm32 target, wasm-bindgen,
        wasm-pack, npm tools, Chromium with its driver) and, if named, the other
        browsers. Each task calls it; what is there is left alone.
  build [--dev]
        builds the npm package into pkg/ and prints what a page downloads.
        --dev: unoptimised, in seconds rather than minutes.
  size [--record]
        builds the package and lists what it consists of, by bytes; --record
        notes that as what test compares with when a download is over its budget.
  test [--browser chromium|firefox|webkit] [--only SUITE]
        runs every check: formatting, lints, native tests, the package's types
        and tests, and in browsers the binding suites and the end-to-end tests:
        Chromium and Firefox, or those that are named.
        Each option may be given more than once.
  demo [--once]
        starts the collector on a fresh database, fills it with a company tree and
        nine weeks of its usage, serves the example, drives a visit to it, prints
        what was counted of that, and opens the dashboard; stays up until Ctrl-C.
        --once: exits instead, with status 1 if an event is missing or doubled.
  simulate [--seeds N] [--seed N]
        runs the tracker through so many schedules of faults (10,000 of them are
        part of test), or replays one and tells what happens in it.
  bench measures the package in Chromium beside other trackers, prints each
        budget with their figures and ours, and writes target/bench.json.
  bench start | burst | steady | memory
        measures only that part of it.
  bench size
        only what each of them makes a page download.
  bench storage
        measures localStorage against IndexedDB: time, limits, and what is left
        after a renderer or the browser was killed.
  bench compression
        measures what packing a batch saves on the wire, and what it costs.
  bench profile
        prints the functions that take the most time in a burst of events.
  bench loss
        plays scenarios of faults (a failing server, a killed renderer, …) in
        Chromium and prints how many events were lost or doubled: status 1 if any.
  bench ingest [SECONDS]
        measures how many events a second the collector commits, and how long a
        batch takes, at 1, 16 and 256 connections on loopback.
  help  prints this.

environment
  CHROMIUM, CHROMEDRIVER, FIREFOX, GECKODRIVER, MINIBROWSER, WEBKITDRIVER
        the browsers and drivers to use instead of those on PATH
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<ExitCode> {
    let (task, args) = args.split_first().unwrap_or((&"help", &[]));
    match *task {
        "setup" => setup::task(args)?,
        "build" => build::task(args)?,
        "size" => size::gate::task(args)?,
        "demo" => return demo::task(args),
        "simulate" => simulate::task(args)?,
        "bench" => bench::task(args)?,
        "test" => return test::task(args),
        "help" | "--help" | "-h" => print!("{HELP}"),
        other => bail!("there is no task `{other}`\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
