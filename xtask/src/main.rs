//! Tasks of this workspace: `cargo xtask help` lists them.

mod bench;
mod book;
mod build;
mod command;
mod demo;
mod fuzz;
mod packaging;
mod release;
mod sbom;
mod screenshots;
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
  build --class [--dev]
        builds the class `na` on the Rust host into target/class, as wasm-pack
        makes it of this crate, and prints its size.
  book  builds docs/ as a site with search, in target/book.
  size [--record]
        builds the package and lists what it consists of, by bytes; --record
        notes that as what test compares with when a download is over its budget.
  test [--browser chromium|firefox|webkit] [--only SUITE]
        runs every check: formatting, lints, documentation, the oldest compiler,
        licences and sources of the dependencies, native tests, fuzz targets for
        seconds, the package's types and tests, and in browsers the binding suites
        and the end-to-end tests: Chromium and Firefox, or those that are named.
        Each option may be given more than once.
  packaging [NAME]
        installs the packed package in fresh projects of bundlers, frameworks and test
        runners, opens each in Chromium, and writes what held into docs/packaging.md; or
        tries only those whose test has NAME in its name, and writes nothing. The quick
        part of it is part of test.
  release --dry-run [--built]
        builds the package and checks what a release needs: versions, changelog, the
        package's contents, licences, bill of materials, hashes and sizes; uploads
        nothing. --built: takes the pkg/ that is there.
  sbom [FOLDER]
        writes what the package and the collector are linked from, as CycloneDX
        documents, into target/sbom or the folder.
  demo [--scaled] [--once]
        starts the collector on a fresh database, fills it with a company tree and
        nine weeks of its usage, serves the example, drives a visit to it, prints
        what was counted of that, and opens the dashboard; stays up until Ctrl-C.
        --scaled: two collectors behind a round-robin, on PostgreSQL and two nodes of
        ClickHouse, which it installs where that is ours to do.
        --once: exits instead, with status 1 if an event is missing or doubled.
  screenshots [FOLDER] [VIEW]
        takes pictures of every view of the dashboard, or of those with VIEW in their
        name, on a desk in light and dark, on a phone, on the narrowest screen, under
        forced colours and on paper: in target/screenshots, or the folder.
  simulate [--seeds N] [--seed N]
        runs the tracker through so many schedules of faults (10,000 of them are
        part of test), or replays one and tells what happens in it.
  fuzz [TARGET] [SECONDS]
        gives arbitrary bytes to each fuzz target for that long (60 s), or to one
        until it fails or is ended; a few seconds of it are part of test.
  fuzz TARGET FILE
        repeats one input: those that failed lie in fuzz/artifacts.
  bench [--markdown]
        measures the package in Chromium beside other trackers, prints each
        budget with their figures and ours, and writes target/bench.json.
        --markdown: writes target/bench.md too, the table of bench/README.md.
  bench start | burst [name|details] | steady [name|details] | memory
        measures only that part of it; burst and steady if need be only for
        calls by name, or only for calls with details.
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
        measures how many events a second the collector commits on loopback beside a
        plain handler of axum and SQLite in the same run, as ratios, at 1 and 16
        connections with 1 and 50 events a batch; and what of it remains under
        reports, backup and retention.
  bench scale [SECONDS]
        measures two collectors on PostgreSQL and ClickHouse: events a second, bytes and
        processor time of an event on each part, how far behind ClickHouse is, and what
        questions cost. docs/scale.md plans with it.
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
        "book" => book::task(args)?,
        "size" => size::gate::task(args)?,
        "demo" => return demo::task(args),
        "fuzz" => fuzz::task(args)?,
        "packaging" => packaging::task(args)?,
        "release" => release::task(args)?,
        "sbom" => sbom::task(args)?,
        "screenshots" => screenshots::task(args)?,
        "simulate" => simulate::task(args)?,
        "bench" => bench::task(args)?,
        "test" => return test::task(args),
        "help" | "--help" | "-h" => print!("{HELP}"),
        other => bail!("there is no task `{other}`\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
