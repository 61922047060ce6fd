//! Tests that run on this machine, without a browser.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted};
use crate::workspace::root;

/// Unit, integration and documentation tests of every crate.
pub fn suite(bench: &Bench) -> Result<Count> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args([
        "test",
        "--workspace",
        "--exclude",
        "natero-e2e",
        "--no-fail-fast",
    ]);
    counted(bench, &mut cargo)
}
