//! The examples in Rust.

use std::path::PathBuf;

use anyhow::Result;

use super::bindgen;
use crate::command::run;
use crate::setup::{cargo_tools, rust};
use crate::workspace::{root, target};

/// Builds the example with this name. Returns the folder with `app.js` and its wasm.
///
/// # Errors
/// When it does not compile.
pub fn example(name: &str) -> Result<PathBuf> {
    let toolchain = rust::wasm()?;
    let folder = target().join("example");
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root().join("examples").join(name))
        .args([
            "build",
            "--locked",
            "--target",
            rust::TARGET,
            "--target-dir",
        ])
        .arg(&folder);
    run(&mut cargo)?;
    let compiled = folder
        .join(rust::TARGET)
        .join(format!("debug/natero-example-{name}.wasm"));
    let app = target().join(name);
    bindgen::bind(&cargo_tools::wasm_bindgen()?, &compiled, "app", &app)?;
    Ok(app)
}
