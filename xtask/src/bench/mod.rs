//! `cargo xtask bench`: the measurements, each with a name.

mod bundles;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build::{self, Mode};
use crate::command::run;
use crate::setup::browsers::{self, Kind};
use crate::setup::debian;
use crate::test::pack;
use crate::workspace::{root, target};

const USAGE: &str = "\
bench takes nothing; start, burst, steady or memory for a part of that, and with burst and steady name or details \
for one way to call; --markdown with any of these; or size, storage, compression, profile or loss; or ingest or scale, and if \
need be the seconds for each figure";

/// `cargo xtask bench [start | burst [CALL] | steady [CALL] | memory] [--markdown]`, and
/// `cargo xtask bench size | storage | compression | profile | loss | ingest [SECONDS] |
/// scale [SECONDS]`
pub fn task(args: &[&str]) -> Result<()> {
    let markdown = args.contains(&"--markdown");
    let args: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| *arg != "--markdown")
        .collect();
    match args[..] {
        [] => peers(None, None, markdown),
        [part @ ("start" | "burst" | "steady" | "memory")] => peers(Some(part), None, markdown),
        [part @ ("burst" | "steady"), call @ ("name" | "details")] => {
            peers(Some(part), Some(call), markdown)
        }
        _ if markdown => bail!("{USAGE}"),
        ["size"] => {
            build::package(Mode::Release)?;
            bundles::print(&bundles::make()?)
        }
        ["loss"] => loss(),
        ["storage"] => run(&mut in_browser("storage")?),
        [what @ ("compression" | "profile")] => with_bundles(what),
        ["ingest"] => ingest("10"),
        ["ingest", seconds] => ingest(seconds),
        ["scale"] => scale("20"),
        ["scale", seconds] => scale(seconds),
        _ => bail!("{USAGE}"),
    }
}

/// Compares the package with other trackers in Chromium: everything, or one part of it, or
/// that part for one way to call.
fn peers(part: Option<&str>, call: Option<&str>, markdown: bool) -> Result<()> {
    build::package(Mode::Release)?;
    let bundles = bundles::make()?;
    let mut peers = in_browser("peers")?;
    peers.arg("--bundles").arg(&bundles.folder);
    peers.arg("--facts").arg(&bundles.facts);
    let mut name = "bench".to_owned();
    for (option, value) in [("--only", part), ("--call", call)] {
        if let Some(value) = value {
            peers.args([option, value]);
            name = format!("{name}-{value}");
        }
    }
    peers
        .arg("--out")
        .arg(target().join(format!("{name}.json")));
    if markdown {
        peers
            .arg("--markdown")
            .arg(target().join(format!("{name}.md")));
    }
    run(&mut peers)
}

/// Measures the package alone.
fn with_bundles(what: &str) -> Result<()> {
    build::package(Mode::Release)?;
    run(in_browser(what)?
        .arg("--bundles")
        .arg(bundles::make()?.folder))
}

/// Runs the packed package against the real collector, under faults.
fn loss() -> Result<()> {
    let tarball = pack()?;
    let collector = build::program("natero-collector", "natero-collector")?;
    run(in_browser("loss")?
        .env("NATERO_TARBALL", tarball)
        .env("NATERO_COLLECTOR", collector))
}

/// The program that measures in a browser, with the name of a measurement.
fn in_browser(what: &str) -> Result<Command> {
    let chromium = browsers::ensure(Kind::Chromium)?;
    let program: PathBuf = build::program("natero-bench", "natero-bench")?;
    let mut command = Command::new(program);
    command.current_dir(root()).arg(what).envs(chromium.env());
    Ok(command)
}

/// Runs the collector and a load generator, both as release builds.
fn ingest(seconds: &str) -> Result<()> {
    load("ingest_load", seconds)
}

/// Runs two collectors on PostgreSQL and ClickHouse, as release builds.
fn scale(seconds: &str) -> Result<()> {
    debian::servers()?;
    load("scale_load", seconds)
}

/// Runs a program that measures collectors, for this many seconds each.
fn load(example: &str, seconds: &str) -> Result<()> {
    let _: u64 = seconds
        .parse()
        .with_context(|| format!("bench needs a number of seconds, not {seconds}"))?;
    let mut build = Command::new("cargo");
    build
        .current_dir(root())
        .args(["build", "--release", "--package", "natero-collector"])
        .args(["--bins", "--examples"]);
    run(&mut build)?;
    let mut load = Command::new("cargo");
    load.current_dir(root())
        .args(["run", "--release", "--quiet"])
        .args(["--package", "natero-collector", "--example", example])
        .args(["--", seconds]);
    run(&mut load)
}
