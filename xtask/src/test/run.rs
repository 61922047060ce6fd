//! Tests that cargo runs on this machine.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::Bench;
use super::count::{Count, libtest};
use crate::command::{run, tee};
use crate::setup::browsers;
use crate::workspace::{root, target};

/// Unit, integration and documentation tests of every crate.
pub fn native(_: &Bench) -> Result<Count> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args([
        "test",
        "--workspace",
        "--exclude",
        "natero-e2e",
        "--no-fail-fast",
    ]);
    counted(&mut cargo)
}

/// The packed npm package in a real browser, against the real collector.
pub fn e2e(bench: &Bench) -> Result<Count> {
    let tarball = bench.package.tarball()?;
    let collector = collector()?;
    let mut total = Count::default();
    for kind in &bench.browsers {
        println!("--- {kind} ---");
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .args(["test", "--package", "natero-e2e", "--no-fail-fast"])
            .env("NATERO_TARBALL", &tarball)
            .env("NATERO_COLLECTOR", &collector)
            .env("NATERO_BROWSER", kind.to_string())
            .envs(browsers::ensure(*kind)?.env());
        total.add(counted(&mut cargo)?);
    }
    Ok(total)
}

/// Runs tests whose output is libtest's, and counts them.
///
/// # Errors
/// When no test was run: that is a mistake in how they are found.
pub fn counted(command: &mut Command) -> Result<Count> {
    let mut count = Count::default();
    let succeeded = tee(command, |line| count.add(libtest(line)))?;
    let count = count.with_end(succeeded);
    ensure!(count != Count::default(), "it ran no test");
    Ok(count)
}

/// Builds the collector; returns its program.
///
/// # Errors
/// When the build fails.
pub fn collector() -> Result<PathBuf> {
    run(Command::new("cargo").current_dir(root()).args([
        "build",
        "--package",
        "natero-collector",
    ]))?;
    Ok(target().join("debug/natero-collector"))
}
