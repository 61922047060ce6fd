//! The core as JavaScript, for pages that forbid wasm.
//!
//! wasm2js does not support what rustc uses by default, above all saturating conversions, and
//! lowering that afterwards gives wrong results for NaN and infinities. So the crate is
//! compiled again, for machines without these instructions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::compile::{self, Flavour, Module};
use super::{bindgen, glue, optimise};
use crate::command::run;
use crate::setup::cargo_tools;
use crate::setup::rust::Toolchain;
use crate::workspace::{read, root, target};

/// The core as JavaScript, and its glue.
pub struct Script {
    pub core: PathBuf,
    pub glue: PathBuf,
}

/// Builds it.
///
/// # Errors
/// When a tool fails.
pub fn script(toolchain: &Toolchain, npm: &Path) -> Result<Script> {
    let compiled = compile::wasm(toolchain, Module::Npm, Flavour::Script)?;
    let folder = target().join("bindgen-script");
    let bound = bindgen::bind(&cargo_tools::wasm_bindgen()?, &compiled, "core", &folder)?;
    let wasm = target().join("core-script.wasm");
    let names = optimise::optimise(npm, &bound.wasm, &wasm, &[], optimise::Functions::ByUse)?;
    let glue = root().join("js/generated/core-script.js");
    glue::harden(npm, &bound.glue, &names, "js/script/glue.ts", &glue)?;
    let core = target().join("core-script.js");
    run(Command::new(npm.join("wasm2js"))
        .arg(&wasm)
        .args(["-Oz", "-o"])
        .arg(&core))?;
    let module = instantiable(&read(&core)?)?;
    fs::write(&core, module).with_context(|| format!("cannot write {}", core.display()))?;
    Ok(Script { core, glue })
}

/// Turns the output of wasm2js, which starts when it is imported, into a function that starts
/// when it is called.
fn instantiable(text: &str) -> Result<String> {
    let (definition, _) = text
        .split_once("var retasmFunc = asmFunc(")
        .context("wasm2js writes something else than it did")?;
    let lines: Vec<_> = definition
        .lines()
        .filter(|line| !line.starts_with("import "))
        .collect();
    Ok(lines.join("\n") + "\nexport { asmFunc as instantiate };\n")
}

#[cfg(test)]
mod tests {
    use super::instantiable;

    #[test]
    fn the_core_starts_when_it_is_called() {
        let text = "import * as a from 'a';\n\nfunction asmFunc(imports) {\n return {};\n}\n\n\
                    var retasmFunc = asmFunc({\n  \"a\": a,\n});\nexport var b = retasmFunc.b;\n";
        assert_eq!(
            instantiable(text).expect("a core"),
            "\nfunction asmFunc(imports) {\n return {};\n}\n\nexport { asmFunc as instantiate };\n"
        );
        assert!(instantiable("").is_err());
    }
}
