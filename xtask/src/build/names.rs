//! Names of properties that only our own scripts use, shortened alike in all of them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::workspace::{read, root, target};

/// The names, which are no names of a browser, of the public surface, of the wasm or of
/// anything that is stored: `js/test/names.test.mjs` sees to that.
const NAMES: &str = "js/names.json";

/// What esbuild is told about them.
pub struct Names {
    /// Matches each.
    pub pattern: String,
    /// Which name stands for which, a file.
    pub cache: PathBuf,
}

/// Chooses the short names.
///
/// # Errors
/// When the list cannot be read.
pub fn names() -> Result<Names> {
    let names: Vec<String> = serde_json::from_str(&read(&root().join(NAMES))?)
        .with_context(|| format!("{NAMES} is no list of names"))?;
    // In this order of letters the entry is 4 bytes of gzip smaller than in the other.
    let short = ('A'..='Z')
        .chain('a'..='z')
        .chain(['$', '_'])
        .map(|letter| Value::from(letter.to_string()));
    let cache: Map<String, Value> = names.iter().cloned().zip(short).collect();
    ensure!(
        cache.len() == names.len(),
        "{NAMES} has too many names, or one twice"
    );
    let file = target().join("internal-names.json");
    fs::write(&file, Value::from(cache).to_string())
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Names {
        pattern: format!("^({})$", names.join("|")),
        cache: file,
    })
}
