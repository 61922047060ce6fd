//! `cargo xtask bench`: what is measured, one name each.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;
use crate::workspace::root;

/// `cargo xtask bench ingest [SECONDS]`
pub fn task(args: &[&str]) -> Result<()> {
    match args {
        ["ingest"] => ingest("10"),
        ["ingest", seconds] => ingest(seconds),
        _ => bail!("bench takes ingest, and if need be the seconds for each figure"),
    }
}

/// The collector and a loader beside it, both as they are released.
fn ingest(seconds: &str) -> Result<()> {
    let _: u64 = seconds
        .parse()
        .with_context(|| format!("bench ingest needs a number of seconds, not {seconds}"))?;
    let mut build = Command::new("cargo");
    build
        .current_dir(root())
        .args(["build", "--release", "--package", "natero-collector"])
        .args(["--bins", "--examples"]);
    run(&mut build)?;
    let mut load = Command::new("cargo");
    load.current_dir(root())
        .args(["run", "--release", "--quiet"])
        .args(["--package", "natero-collector", "--example", "ingest_load"])
        .args(["--", seconds]);
    run(&mut load)
}
