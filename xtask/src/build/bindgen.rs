//! Generates the glue and the declarations of a compiled wasm with wasm-bindgen.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::run;

/// The output of wasm-bindgen for a compiled module.
pub struct Bound {
    pub wasm: PathBuf,
    pub glue: PathBuf,
    pub declarations: PathBuf,
}

/// Runs wasm-bindgen, which writes files with this name into a folder.
///
/// # Errors
/// When wasm-bindgen fails.
pub fn bind(wasm_bindgen: &Path, compiled: &Path, name: &str, folder: &Path) -> Result<Bound> {
    run(Command::new(wasm_bindgen)
        // The glue of this target starts compiled wasm by itself. It is 35 bytes larger than
        // that of `bundler`, after unused code is removed.
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
