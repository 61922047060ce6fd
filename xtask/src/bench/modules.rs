//! Which files a page loads with a module of the built package.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::run;
use crate::workspace::{read, target};

/// The JavaScript files that belong to an entry of the package, the entry included.
pub struct Modules {
    /// What the browser loads before the entry runs: its static imports, followed to the end.
    pub before_run: BTreeSet<PathBuf>,
    /// That, and what dynamic imports bring later.
    pub all: BTreeSet<PathBuf>,
}

/// Finds the modules that `entry` imports. esbuild reads the imports, so that
/// the layout of the package is free to change.
///
/// # Errors
/// When esbuild cannot follow an import.
pub fn of(esbuild: &Path, entry: &Path) -> Result<Modules> {
    let folder = entry.parent().context("an entry lies in a folder")?;
    let name = entry.file_name().context("an entry has a name")?;
    let place = target().join("bench-modules");
    let metafile = place.join("meta.json");
    run(Command::new(esbuild)
        .current_dir(folder)
        .arg(name)
        .args(["--bundle", "--splitting", "--format=esm"])
        .args(["--loader:.wasm=copy", "--log-level=warning"])
        .arg(format!("--outdir={}", place.display()))
        .arg(format!("--metafile={}", metafile.display())))?;
    let meta: Value = serde_json::from_str(&read(&metafile)?)?;
    fs::remove_dir_all(&place)?;
    let name = name.to_str().context("an entry's name is UTF-8")?;
    let in_folder = |names: BTreeSet<String>| {
        let scripts = names.into_iter().filter(|name| !name.ends_with(".wasm"));
        scripts.map(|name| folder.join(name)).collect()
    };
    Ok(Modules {
        before_run: in_folder(imported(&meta, name, |kind| kind == "import-statement")),
        all: in_folder(imported(&meta, name, |_| true)),
    })
}

/// The inputs in esbuild's metafile that `entry` reaches by imports of the
/// kinds to follow, `entry` included.
fn imported(meta: &Value, entry: &str, follow: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::from([entry.to_owned()]);
    let mut open = vec![entry.to_owned()];
    while let Some(module) = open.pop() {
        let imports = meta["inputs"][&module]["imports"].as_array();
        for import in imports.into_iter().flatten() {
            let kind = import["kind"].as_str().unwrap_or_default();
            let path = import["path"].as_str().unwrap_or_default();
            if import["external"] != true && follow(kind) && found.insert(path.to_owned()) {
                open.push(path.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_dynamic_import_brings_is_not_loaded_before_the_entry_runs() {
        let import = |path: &str, kind: &str| json!({ "path": path, "kind": kind });
        let meta = json!({ "inputs": {
            "index.js": { "imports": [import("shared.js", "import-statement"), import("host.js", "dynamic-import")] },
            "shared.js": { "imports": [] },
            "host.js": { "imports": [import("page.js", "import-statement"), import("index.js", "import-statement")] },
            "page.js": { "imports": [] },
            "inline.js": { "imports": [] },
        }});
        let names = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        assert_eq!(
            names(imported(&meta, "index.js", |kind| kind == "import-statement")),
            ["index.js", "shared.js"]
        );
        assert_eq!(
            names(imported(&meta, "index.js", |_| true)),
            ["host.js", "index.js", "page.js", "shared.js"]
        );
    }
}
