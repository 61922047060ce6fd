//! The collector's store on PostgreSQL and ClickHouse, if both servers are installed: its own
//! tests, and those of every store.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use natero_servers::{Clickhouse, Flushing, Postgres, Programs};

use super::Bench;
use super::count::{Count, counted};
use crate::command::succeeds;
use crate::setup::{chdb, debian, rust};
use crate::workspace::root;

/// Uses the same dependencies as the native tests, which have already built them.
const WORKSPACE: [&str; 3] = ["--workspace", "--exclude", "natero-e2e"];

/// The tests that compare the stores.
const COMPARED: [&str; 2] = ["--test", "scaled"];

/// Tests that are not run again on servers, with the reason. All others are.
const NOT_AGAIN: [(&str, &str); 5] = [
    ("deploy", "it reads files of the repository"),
    ("layers", "it reads the source"),
    (
        "scaled",
        "it chooses the store, and compares it with the file",
    ),
    (
        "sqlite",
        "it is about the file; each of its modules says why",
    ),
    ("stores", "it reads the tests"),
];

/// The environment variable that gives the test of the current engine a Python with that
/// engine.
const PYTHON: &str = "NATERO_CHDB_PYTHON";

/// Runs the lints in any case, and the tests if both servers are installed.
pub fn suite(bench: &Bench) -> Result<Count> {
    rust::lints(&rust::wasm()?)?;
    let mut clippy = Command::new("cargo");
    clippy
        .current_dir(root())
        .arg("clippy")
        .args(WORKSPACE)
        .args(COMPARED)
        .args(["--", "-D", "warnings"]);
    let mut count = Count::one(succeeds(&mut clippy)?);
    if let Err(missing) = debian::servers() {
        println!("tests skipped: {missing:#}");
        count.add(Count::skipped());
        return Ok(count);
    }
    let servers = Servers::start()?;
    let mut compared = servers.cargo();
    compared.args(COMPARED);
    // Without a current ClickHouse, the test that needs one counts as skipped.
    match chdb::python() {
        Ok(python) => {
            compared
                .env(PYTHON, python)
                .args(["--", "--include-ignored"]);
        }
        Err(missing) => println!("skipped on a current ClickHouse: {missing:#}"),
    }
    count.add(counted(bench, &mut compared)?);
    let mut cargo = servers.cargo();
    cargo
        .env("NATERO_TEST_STORE", "scaled")
        .arg("--no-fail-fast");
    for test in again()? {
        cargo.args(["--test", &test]);
    }
    count.add(counted(bench, &mut cargo)?);
    Ok(count)
}

/// One server of each kind, shared by all tests.
struct Servers {
    postgres: Postgres,
    clickhouse: Clickhouse,
}

impl Servers {
    fn start() -> Result<Self> {
        let programs = Programs::find()?;
        // Test data does not have to survive a crash of the machine.
        Ok(Servers {
            postgres: Postgres::start(&programs, Flushing::Off).context("start PostgreSQL")?,
            clickhouse: Clickhouse::start(&programs).context("start ClickHouse")?,
        })
    }

    /// A cargo command for tests that use these servers.
    fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .env("NATERO_TEST_POSTGRES", self.postgres.server_address())
            .env("NATERO_TEST_CLICKHOUSE", self.clickhouse.server_address())
            .arg("test")
            .args(WORKSPACE);
        cargo
    }
}

/// The names of the tests that are run again on servers.
fn again() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("crates/collector/tests"))? {
        let path = entry?.path();
        let is_test =
            path.extension().is_some_and(|ending| ending == "rs") || path.join("main.rs").is_file();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.filter(|name| is_test && NOT_AGAIN.iter().all(|(not, _)| not != name));
        names.extend(name.map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_run_on_servers_is_there() {
        let tests = root().join("crates/collector/tests");
        for (name, _) in NOT_AGAIN {
            let file = tests.join(name).with_extension("rs");
            assert!(
                file.is_file() || tests.join(name).join("main.rs").is_file(),
                "{name}"
            );
        }
        let again = again().expect("the folder can be read");
        assert!(again.iter().any(|name| name == "usage_model"), "{again:?}");
        assert!(again.len() > 15, "{again:?}");
    }
}
