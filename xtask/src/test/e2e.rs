//! Tests of the whole: a page in a browser, and the collector.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted};
use crate::build;
use crate::setup::browsers;
use crate::workspace::root;

/// The packed npm package in a real browser, against the real collector.
pub fn suite(bench: &Bench) -> Result<Count> {
    let tarball = bench.package.tarball()?;
    let collector = build::program("natero-collector", "natero-collector")?;
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
        total.add(counted(bench, &mut cargo)?);
    }
    Ok(total)
}
