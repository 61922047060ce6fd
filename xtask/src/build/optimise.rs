//! Smaller wasm.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::{output, run};

/// What rustc turns on for wasm32, and every browser with modules and
/// `BigInt` has had for years: wasm-opt has to be told.
pub const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Chosen by what gzip -9 made of the result: -Oz alone leaves 0.6 % more, and
/// neither gufa, other ways to flatten, merging of similar functions nor a
/// third -Oz takes anything off.
const PASSES: [&str; 8] = [
    // Nothing lies there: constants begin behind it, and where the stack is first, its last
    // kilobyte is reached only on the way to an overflow.
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-O2",
    "-Oz",
    "-Oz",
    "--converge",
    "--reorder-locals",
];

/// In which order the functions are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Functions {
    /// By how often they are called, so that calls are short.
    ByUse,
    /// As they were compiled, each beside those that resemble it: of a module with many
    /// functions gzip makes 1.4 % less so.
    AsCompiled,
}

impl Functions {
    fn passes(self) -> &'static [&'static str] {
        match self {
            Functions::ByUse => &["--reorder-functions"],
            Functions::AsCompiled => &[],
        }
    }
}

const STRIP: [&str; 3] = [
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// How the glue asks the wasm for a larger place of a text. Where it finds no
/// such function it hands the whole text to `TextEncoder.encode`; else it asks
/// the text for each of its letters, with a method that a page may have replaced.
const REALLOC: &str = "__wbindgen_realloc";

/// A name that the wasm never has.
pub const ABSENT: &str = "$$";

/// Short names for what wasm and glue call each other, by the long ones.
#[derive(Debug, PartialEq, Eq)]
pub struct Names(pub BTreeMap<String, String>);

impl Default for Names {
    fn default() -> Names {
        Names(BTreeMap::from([(REALLOC.to_owned(), ABSENT.to_owned())]))
    }
}

/// Optimises for size, and gives imports and exports short names. The wasm may use
/// `features`, which wasm-opt is told as options.
///
/// # Errors
/// When wasm-opt fails.
pub fn optimise(
    npm: &Path,
    from: &Path,
    to: &Path,
    features: &[&str],
    functions: Functions,
) -> Result<Names> {
    run(wasm_opt(npm, from, features)
        .args(PASSES)
        .args(functions.passes())
        .args(STRIP)
        .arg("-o")
        .arg(to))?;
    // By itself: passes that run until nothing changes would rename twice.
    let names = output(
        wasm_opt(npm, to, features)
            .arg("--minify-imports-and-exports-and-modules")
            .arg("-o")
            .arg(to),
    )?;
    Names::read(&names)
}

/// Optimises for size, and keeps the names of functions.
///
/// # Errors
/// When wasm-opt fails.
pub fn keep_names(npm: &Path, from: &Path, to: &Path) -> Result<()> {
    run(wasm_opt(npm, from, &FEATURES)
        .args(PASSES)
        .args(Functions::ByUse.passes())
        .arg("-g")
        .arg("-o")
        .arg(to))
}

fn wasm_opt(npm: &Path, from: &Path, features: &[&str]) -> Command {
    let mut command = Command::new(npm.join("wasm-opt"));
    command.arg(from).args(features);
    command
}

/// What wasm-opt calls the module that all imports come from.
const IMPORTED_MODULE: &str = "a";

impl Names {
    /// Reads what wasm-opt prints: `{"imports": [[module, long, short]], "exports": [[long, short]]}`.
    fn read(printed: &str) -> Result<Names> {
        let printed: Value = serde_json::from_str(printed).context("wasm-opt printed no names")?;
        let mut names = BTreeMap::new();
        for import in pairs(&printed["imports"])? {
            let [module, long, short] = import[..] else {
                anyhow::bail!("wasm-opt printed an import without its three names");
            };
            names.insert(module.to_owned(), IMPORTED_MODULE.to_owned());
            names.insert(long.to_owned(), short.to_owned());
        }
        for export in pairs(&printed["exports"])? {
            let [long, short] = export[..] else {
                anyhow::bail!("wasm-opt printed an export without its two names");
            };
            names.insert(long.to_owned(), short.to_owned());
        }
        names.insert(REALLOC.to_owned(), ABSENT.to_owned());
        Ok(Names(names))
    }
}

fn pairs(list: &Value) -> Result<Vec<Vec<&str>>> {
    let list = list
        .as_array()
        .context("wasm-opt printed no list of names")?;
    list.iter()
        .map(|names| {
            let names = names.as_array().context("wasm-opt printed no names")?;
            names
                .iter()
                .map(|name| name.as_str().context("a name is no text"))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_wasm_opt_prints_them() {
        let printed =
            r#"{"imports": [["./core_bg.js", "__wbg_new_1", "b"]], "exports": [["memory", "k"]]}"#;
        let names = Names::read(printed).expect("names").0;
        assert_eq!(names["./core_bg.js"], "a");
        assert_eq!(names["__wbg_new_1"], "b");
        assert_eq!(names["memory"], "k");
        assert!(Names::read("nothing").is_err());
    }
}
