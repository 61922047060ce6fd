//! The hashes with which a page can verify what it loads, and the snippet that contains one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::output;
use crate::workspace::root;

/// The placeholder in the snippet for the hash of the classic script.
const PLACEHOLDER: &str = "INTEGRITY";

/// Maximum length of the snippet, which is in every page before everything else. A quarter of
/// it are the names of the methods; the rest is needed to record a call exactly.
const MAX_SNIPPET_BYTES: usize = 1536;

/// The snippet. It is pasted into pages, so no page loads it by its hash.
const SNIPPET: &str = "snippet.js";

/// The hash of each script and of the wasm, by the name of the file.
///
/// # Errors
/// When a file cannot be read.
pub fn hashes(pkg: &Path) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for entry in fs::read_dir(pkg).with_context(|| format!("cannot read {}", pkg.display()))? {
        let path = entry?.path();
        let is_loaded = path
            .extension()
            .is_some_and(|end| end == "js" || end == "cjs" || end == "wasm");
        let name = path.file_name().context("a file without a name")?;
        if is_loaded && name != SNIPPET {
            hashes.insert(name.to_string_lossy().into_owned(), hash(&path)?);
        }
    }
    Ok(hashes)
}

/// Writes `integrity.json` for all scripts and the wasm, and `snippet.js`.
///
/// # Errors
/// When a tool fails, or the snippet is too long.
pub fn write(npm: &Path, pkg: &Path) -> Result<()> {
    let hashes = hashes(pkg)?;
    let place = pkg.join("integrity.json");
    fs::write(&place, format!("{:#}\n", serde_json::json!(hashes)))?;
    let script = hashes
        .get("natero.global.js")
        .context("there is no classic script")?;
    let small = output(Command::new(npm.join("esbuild")).current_dir(root()).args([
        "js/snippet.js",
        "--minify",
        "--target=es2020",
    ]))?;
    let snippet = format!("{}\n", small.replace(PLACEHOLDER, script));
    ensure!(
        snippet.len() <= MAX_SNIPPET_BYTES && snippet.contains(script),
        "the snippet is {} bytes, and may be {MAX_SNIPPET_BYTES}:\n{snippet}",
        snippet.len()
    );
    fs::write(pkg.join(SNIPPET), snippet)?;
    Ok(())
}

/// A hash in the format of the attribute `integrity`.
fn hash(file: &Path) -> Result<String> {
    let script = "const c = require('node:crypto').createHash('sha384'); \
                  console.log('sha384-' + c.update(require('node:fs').readFileSync(process.argv[1])).digest('base64'))";
    output(Command::new("node").args(["-e", script]).arg(file))
}
