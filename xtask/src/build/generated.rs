//! TypeScript that is generated from Rust: `js/generated/`, and the types of the class.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::bindgen::Bound;
use crate::command::output;
use crate::workspace::{self, root};

/// The files that are checked in.
pub const FILES: [&str; 3] = [
    "js/generated/contract.ts",
    "js/generated/core.d.ts",
    "src/class/types.d.ts",
];

/// The current contents of the files.
///
/// # Errors
/// When one is missing.
pub fn read() -> Result<Vec<String>> {
    FILES
        .iter()
        .map(|file| workspace::read(&place(file)))
        .collect()
}

/// Writes the settings, limits, reasons, error codes, actions and counters.
///
/// # Errors
/// When the generator cannot be built.
pub fn contract() -> Result<()> {
    for (file, which) in [(FILES[0], "host"), (FILES[2], "class")] {
        let text = output(Command::new("cargo").current_dir(root()).args([
            "run",
            "--quiet",
            "--package",
            "natero-contract",
            "--",
            which,
        ]))?;
        write(&place(file), &format!("{text}\n"))?;
    }
    Ok(())
}

/// Writes the declarations of the functions between the TypeScript host and the wasm.
///
/// # Errors
/// When wasm-bindgen wrote none.
pub fn declarations(bound: &Bound) -> Result<()> {
    write(&place(FILES[1]), &workspace::read(&bound.declarations)?)
}

fn place(file: &str) -> PathBuf {
    root().join(file)
}

/// Writes a file unless it is current, so that its modification time is kept.
fn write(place: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(place).is_ok_and(|current| current == text) {
        return Ok(());
    }
    fs::write(place, text).with_context(|| format!("cannot write {}", place.display()))
}
