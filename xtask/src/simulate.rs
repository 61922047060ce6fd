//! `cargo xtask simulate`: runs the tracker under simulated faults, for as long as one likes.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;
use crate::workspace::root;

/// Default number of seeds.
const SEEDS: &str = "100000";

/// `cargo xtask simulate [--seeds N] [--seed N]`
pub fn task(args: &[&str]) -> Result<()> {
    let (name, value) = match args {
        [] => ("NATERO_SEEDS", SEEDS),
        ["--seeds", count] => ("NATERO_SEEDS", *count),
        ["--seed", seed] => ("NATERO_SEED", *seed),
        _ => bail!("simulate takes --seeds N or --seed N"),
    };
    let _: u64 = value
        .parse()
        .with_context(|| format!("simulate needs a number, not {value}"))?;
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(root())
        .args(["test", "--release", "--package", "natero-engine"])
        // The release profile is optimised for size, for pages.
        .args([
            "--config",
            "profile.release.package.natero-engine.opt-level=3",
        ])
        .args(["--test", "simulate", "--", "--nocapture"])
        .env(name, value);
    run(&mut cargo)
}
