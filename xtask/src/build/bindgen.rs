//! Compiled wasm to wasm with its glue and declarations.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::run;

/// What wasm-bindgen makes of a compiled module.
pub struct Bound {
    pub wasm: PathBuf,
    pub glue: PathBuf,
    pub declarations: PathBuf,
}

/// Runs wasm-bindgen, which writes files of this name into this folder.
///
/// # Errors
/// When it fails.
pub fn bind(wasm_bindgen: &Path, compiled: &Path, name: &str, folder: &Path) -> Result<Bound> {
    run(Command::new(wasm_bindgen)
        // Its glue starts compiled wasm by itself, and is 35 bytes more than that
        // of `bundler` once what nobody calls is dropped.
        .args(["--target", "web", "--encode-into", "always"])
        .args(["--out-name", name, "--out-dir"])
        .arg(folder)
        .arg(compiled))?;
    Ok(Bound {
        wasm: folder.join(format!("{name}_bg.wasm")),
        glue: folder.join(format!("{name}.js")),
        declarations: folder.join(format!("{name}.d.ts")),
    })
}
