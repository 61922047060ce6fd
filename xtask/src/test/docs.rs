//! Builds the documentation of every crate without a warning, and checks the documents next
//! to it: neither may contain a broken link.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::Count;
use super::links;
use crate::command::succeeds;
use crate::setup::rust;
use crate::workspace::{root, target};

pub fn suite(_: &Bench) -> Result<Count> {
    let mut cargo = Command::new("cargo");
    let mut count = Count::one(documents(cargo.args(["doc", "--workspace"]))?);
    // Most of the tracker's crate exists only for wasm32.
    let mut cargo = rust::wasm()?.command("cargo");
    cargo
        .args(["doc", "--package", "natero-wasm", "--all-features"])
        .args(["--target", rust::TARGET])
        .arg("--target-dir")
        .arg(target().join("wasm-test"));
    count.add(Count::one(documents(&mut cargo)?));
    count.add(links::check()?);
    Ok(count)
}

fn documents(cargo: &mut Command) -> Result<bool> {
    cargo
        .current_dir(root())
        .arg("--no-deps")
        .env("RUSTDOCFLAGS", "-Dwarnings");
    succeeds(cargo)
}
