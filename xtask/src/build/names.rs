//! Property names that only our own scripts use. They are shortened consistently in all
//! scripts.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::workspace::{read, root, target};

/// The list of these names. None of them is a name of the browser, of the public API, of the
/// wasm or of stored data; `js/test/names.test.mjs` checks that.
const NAMES: &str = "js/names.json";

/// The options for esbuild about them.
pub struct Names {
    /// A pattern that matches each name.
    pub pattern: String,
    /// A file that maps the names to short ones.
    pub cache: PathBuf,
}

/// Chooses the short names.
///
/// # Errors
/// When the list cannot be read.
pub fn names() -> Result<Names> {
    let names: Vec<String> = serde_json::from_str(&read(&root().join(NAMES))?)
        .with_context(|| format!("{NAMES} is no list of names"))?;
    // With this order of letters, the entry is 4 bytes of gzip smaller.
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
