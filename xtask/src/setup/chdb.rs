//! The engine of a current ClickHouse, which a Python package includes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::say;
use crate::command::run;
use crate::workspace::tools;

/// The package. Its version is that of the engine.
const PACKAGE: &str = "chdb-core==26.9.0";

/// A Python that has the package.
///
/// # Errors
/// When there is no Python 3 with `venv`, or the package cannot be installed.
pub fn python() -> Result<PathBuf> {
    let environment = tools()?.join(PACKAGE.replace("==", "-"));
    let python = environment.join("bin/python");
    // This file is created last, so it is missing after an interrupted installation.
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
    // Its dependencies are only needed for Python data frames, which are not used here.
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--only-binary", ":all:", PACKAGE]))?;
    fs::write(&is_whole, "").with_context(|| format!("cannot write {}", is_whole.display()))?;
    Ok(python)
}
