//! The collector's store on PostgreSQL and ClickHouse, which is built by a feature.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted};
use crate::command::succeeds;
use crate::setup::{debian, rust};
use crate::workspace::root;

const FEATURE: [&str; 4] = ["--package", "natero-collector", "--features", "scaled"];

/// Its lints always, and its tests where both servers are at hand.
pub fn suite(bench: &Bench) -> Result<Count> {
    rust::lints(&rust::wasm()?)?;
    let mut clippy = Command::new("cargo");
    clippy
        .current_dir(root())
        .arg("clippy")
        .args(FEATURE)
        .args(["--all-targets", "--", "-D", "warnings"]);
    let mut count = Count::one(succeeds(&mut clippy)?);
    if let Err(missing) = debian::servers() {
        println!("tests skipped: {missing:#}");
        count.add(Count::skipped());
        return Ok(count);
    }
    // What is in the library by the feature alone, and what speaks to the servers.
    for which in [["--lib", "scaled"], ["--test", "scaled"]] {
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .arg("test")
            .args(FEATURE)
            .args(which);
        count.add(counted(bench, &mut cargo)?);
    }
    Ok(count)
}
