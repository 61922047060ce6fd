//! The source maps of the scripts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::workspace::read;

/// The path of a script's source map.
pub fn beside(script: &Path) -> PathBuf {
    let mut name = script.as_os_str().to_owned();
    name.push(".map");
    name.into()
}

/// Corrects the map for this many lines that were added before the script, and sets the paths
/// of its sources as in the repository.
///
/// # Errors
/// When the file is not a source map.
pub fn finish(map: &Path, lines: usize) -> Result<()> {
    let text = read(map)?;
    let finished =
        finished(&text, lines).with_context(|| format!("{} is no map", map.display()))?;
    fs::write(map, finished).with_context(|| format!("cannot write {}", map.display()))
}

fn finished(text: &str, lines: usize) -> Result<String> {
    let mut map: Value = serde_json::from_str(text)?;
    let mappings = map["mappings"].as_str().context("it has no mappings")?;
    // Each semicolon stands for the end of a line.
    map["mappings"] = json!(";".repeat(lines) + mappings);
    let sources = map["sources"].as_array_mut().context("it has no sources")?;
    for source in sources {
        let path = source.as_str().context("a source without a name")?;
        let name = match format!("/{path}").rsplit_once("/js/") {
            Some((_, within)) => format!("js/{within}"),
            // A path within the build folder exists only on this machine, so only the file
            // name is kept.
            None => path.rsplit('/').next().unwrap_or(path).to_owned(),
        };
        *source = json!(name);
    }
    Ok(map.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_before_a_script_move_its_mappings_down() {
        let map = r#"{"version":3,"sources":["../../js/na.ts","../wasm/target/glue.js","../home/js/page/tabs.ts"],"mappings":"AAAA"}"#;
        let map: Value = serde_json::from_str(&finished(map, 2).expect("a map")).expect("JSON");
        assert_eq!(map["mappings"], ";;AAAA");
        assert_eq!(
            map["sources"],
            json!(["js/na.ts", "glue.js", "js/page/tabs.ts"])
        );
        assert!(finished("{}", 0).is_err());
    }
}
