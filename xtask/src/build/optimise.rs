//! Optimises the wasm for size.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::{output, run};

/// Features that rustc enables for wasm32, and that every browser with modules and `BigInt`
/// has had for years. wasm-opt does not enable them by itself.
pub const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Chosen by the size of the result after gzip -9. -Oz alone leaves 0.6 % more. Neither gufa,
/// nor other ways to flatten, nor merging similar functions, nor a third -Oz saves anything.
/// `--traps-never-happen` would save 1 %, but it removes the checks that end in a trap.
const PASSES: [&str; 9] = [
    // Nothing is stored there: constants begin after it, and where the stack comes first,
    // its last kilobyte is reached only shortly before an overflow.
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-O2",
    "-Oz",
    "-Oz",
    "--converge",
    "--reorder-locals",
    // How addresses are aligned is a hint, which browsers ignore. Without it, equal accesses
    // are equal bytes.
    "--dealign",
];

/// The order of the functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Functions {
    /// By the number of calls, so that the encoding of calls is short.
    ByUse,
    /// As they were compiled, each next to similar ones. For a module with many functions,
    /// gzip then needs 1.4 % less.
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

/// The function with which the glue enlarges the buffer of a text in the wasm. If the wasm
/// does not have it, the glue passes the whole text to `TextEncoder.encode`. Otherwise it
/// reads each character of the text with a method that a page may have replaced.
const REALLOC: &str = "__wbindgen_realloc";

/// A name that no wasm uses.
pub const ABSENT: &str = "$$";

/// Short names for the calls between wasm and glue, by the long names.
#[derive(Debug, PartialEq, Eq)]
pub struct Names(pub BTreeMap<String, String>);

impl Default for Names {
    fn default() -> Names {
        Names(BTreeMap::from([(REALLOC.to_owned(), ABSENT.to_owned())]))
    }
}

/// Optimises for size, and gives imports and exports short names. The wasm may use
/// `features`, which are passed to wasm-opt as options.
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
    // In a separate run, because passes that repeat until nothing changes would rename
    // twice.
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

/// wasm-opt's short name of the module from which all imports come.
const IMPORTED_MODULE: &str = "a";

impl Names {
    /// Parses the output of wasm-opt: `{"imports": [[module, long, short]], "exports":
    /// [[long, short]]}`.
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
