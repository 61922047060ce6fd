//! The engine of a current ClickHouse: a package for Python has it within.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::say;
use crate::command::run;
use crate::workspace::tools;

/// The version of the engine is that of the package.
const PACKAGE: &str = "chdb-core==26.9.0";

/// A Python that has the package.
///
/// # Errors
/// When there is no Python 3 with `venv`, or the package cannot be had.
pub fn python() -> Result<PathBuf> {
    let environment = tools()?.join(PACKAGE.replace("==", "-"));
    let python = environment.join("bin/python");
    // An installation that was interrupted has not got so far.
    let is_whole = environment.join("is-whole");
    if is_whole.exists() {
        return Ok(python);
    }
    say(&format!(
        "installing {PACKAGE} into an environment of Python (150 MB; a minute)"
    ));
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&environment))?;
    // What it depends on is for tables of Python, which nobody asks it for.
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--only-binary", ":all:", PACKAGE]))?;
    fs::write(&is_whole, "").with_context(|| format!("cannot write {}", is_whole.display()))?;
    Ok(python)
}
