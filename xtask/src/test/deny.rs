//! Checks the dependencies against deny.toml.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::Count;
use crate::command::succeeds;
use crate::setup::cargo_tools;
use crate::workspace::root;

/// Licences, sources and bans are always checked. Known vulnerabilities are checked only if
/// their database is on this machine: it cannot be fetched everywhere, and its contents
/// change from day to day.
pub fn suite(_: &Bench) -> Result<Count> {
    let mut count = Count::default();
    for what in ["bans", "licenses", "sources"] {
        count.add(Count::one(succeeds(cargo_deny()?.args(["check", what]))?));
    }
    if has_advisories() {
        let mut check = cargo_deny()?;
        check.args(["--offline", "check", "advisories"]);
        count.add(Count::one(succeeds(&mut check)?));
    } else {
        println!(
            "advisories skipped: their database is not on this machine; `cargo deny fetch db` \
             fetches it, and the next run checks them"
        );
        count.add(Count::skipped());
    }
    Ok(count)
}

fn cargo_deny() -> Result<Command> {
    let mut command = Command::new(cargo_tools::cargo_deny()?);
    command.current_dir(root()).arg("--workspace");
    Ok(command)
}

/// Whether `cargo deny fetch` has stored a database in its default location.
fn has_advisories() -> bool {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    let folder = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    folder.is_some_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()))
}
