//! Makes wasm-bindgen's glue robust in pages that modify their environment.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::bundle::TERSER;
use super::optimise::{ABSENT, Names};
use crate::command::run;
use crate::workspace::{read, root, target};

/// Puts the glue where the TypeScript host imports it from.
///
/// The globals that it uses come from `stand_ins`, which captured them when the library was
/// loaded; esbuild injects that for each global. The names of calls between the glue and the
/// wasm are replaced by the short names that the wasm already uses. Terser removes code that
/// is only for a function that the wasm does not have.
///
/// # Errors
/// When esbuild fails, or the glue does not check for such a function.
pub fn harden(npm: &Path, glue: &Path, names: &Names, stand_ins: &str, place: &Path) -> Result<()> {
    let entry = target().join("glue.js");
    fs::write(
        &entry,
        format!("export {{ Core, initSync }} from {:?};\n", glue),
    )?;
    // Import paths are kept as they are, because they are also right in `generated/`.
    let mut esbuild = Command::new(npm.join("esbuild"));
    esbuild
        .current_dir(root())
        .args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--log-level=warning",
            // The glue warns about arguments that it never gets.
            "--drop:console",
        ])
        .arg(format!("--inject:{stand_ins}"))
        .args(["--external:*/intrinsics.ts", "--external:*/natives.ts"])
        .arg(format!("--outfile={}", place.display()));
    shorten(&mut esbuild, names)?;
    run(esbuild.arg(entry))?;
    let asked = format!("wasm.{ABSENT}");
    let text = read(place)?;
    ensure!(text.contains(&asked), "the glue does not ask for {asked}");
    fs::write(place, text.replace(&asked, "undefined"))
        .with_context(|| format!("cannot write {}", place.display()))
}

/// Minifies the glue of the class in place, using the short names of its wasm.
///
/// # Errors
/// When esbuild or terser fails.
pub fn minify(npm: &Path, glue: &Path, names: &Names) -> Result<()> {
    let mut esbuild = Command::new(npm.join("esbuild"));
    esbuild
        .args(["--minify", "--format=esm", "--target=es2022"])
        .args(["--log-level=warning", "--allow-overwrite"])
        .arg(format!("--outfile={}", glue.display()));
    shorten(&mut esbuild, names)?;
    run(esbuild.arg(glue))?;
    // Saves another 4 %.
    run(Command::new(npm.join("terser"))
        .arg(glue)
        .args(["--compress", TERSER, "--mangle", "toplevel"])
        .args(["--module", "--ecma", "2022", "--output"])
        .arg(glue))
}

/// Makes esbuild use the short names of the wasm.
fn shorten(esbuild: &mut Command, names: &Names) -> Result<()> {
    let cache = target().join("names.json");
    fs::write(&cache, format!("{:#}\n", json!(names.0)))
        .with_context(|| format!("cannot write {}", cache.display()))?;
    let each: Vec<_> = names.0.keys().map(|name| escaped(name)).collect();
    esbuild
        .arg(format!("--mangle-props=^({})$", each.join("|")))
        .arg("--mangle-quoted")
        .arg(format!("--mangle-cache={}", cache.display()));
    Ok(())
}

/// A regular expression that matches only this name.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if !letter.is_alphanumeric() && letter != '_' {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_name_matches_itself_alone() {
        assert_eq!(escaped("./core_bg.js"), r"\.\/core_bg\.js");
    }
}
