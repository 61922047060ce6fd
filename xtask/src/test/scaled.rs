//! The collector's store on PostgreSQL and ClickHouse, where both servers are at hand.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted};
use crate::command::succeeds;
use crate::setup::{chdb, debian, rust};
use crate::workspace::root;

/// What speaks to the servers, with the dependencies as the native tests have built them.
const TESTS: [&str; 5] = ["--workspace", "--exclude", "natero-e2e", "--test", "scaled"];

/// Names a Python that has a current ClickHouse within, to the test that needs one.
const PYTHON: &str = "NATERO_CHDB_PYTHON";

/// Its lints always, and its tests where both servers are at hand.
pub fn suite(bench: &Bench) -> Result<Count> {
    rust::lints(&rust::wasm()?)?;
    let mut clippy = Command::new("cargo");
    clippy
        .current_dir(root())
        .arg("clippy")
        .args(TESTS)
        .args(["--", "-D", "warnings"]);
    let mut count = Count::one(succeeds(&mut clippy)?);
    if let Err(missing) = debian::servers() {
        println!("tests skipped: {missing:#}");
        count.add(Count::skipped());
        return Ok(count);
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).arg("test").args(TESTS);
    // A test that needs a current ClickHouse counts as skipped without one.
    match chdb::python() {
        Ok(python) => {
            cargo.env(PYTHON, python).args(["--", "--include-ignored"]);
        }
        Err(missing) => println!("skipped on a current ClickHouse: {missing:#}"),
    }
    count.add(counted(bench, &mut cargo)?);
    Ok(count)
}
