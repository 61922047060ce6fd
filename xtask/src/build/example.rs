//! The examples in Rust.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::bindgen;
use crate::command::run;
use crate::setup::cargo_tools;
use crate::setup::rust::{self, Toolchain};
use crate::workspace::{root, target};

/// Builds the example with this name. Returns the folder with `app.js` and its wasm.
///
/// # Errors
/// When it does not compile.
pub fn example(name: &str) -> Result<PathBuf> {
    let place = root().join("examples").join(name);
    run(&mut cargo_of_example(&rust::wasm()?, &place))?;
    let compiled = folder()
        .join(rust::TARGET)
        .join(format!("debug/natero-example-{name}.wasm"));
    let app = target().join(name);
    bindgen::bind(&cargo_tools::wasm_bindgen()?, &compiled, "app", &app)?;
    Ok(app)
}

/// The command that compiles the app in this folder, together with what the examples have
/// compiled already.
pub fn cargo_of_example(toolchain: &Toolchain, place: &Path) -> Command {
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(place)
        .args([
            "build",
            "--locked",
            "--target",
            rust::TARGET,
            "--target-dir",
        ])
        .arg(folder());
    cargo
}

/// What the examples are compiled into.
fn folder() -> PathBuf {
    target().join("example")
}
