//! Tools that cargo installs, in the exact versions that the workspace needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::say;
use crate::command::{on_path, output, run};
use crate::workspace::{locked_version, tools};

/// Current when this was written; its command line is what the test task uses.
const WASM_PACK: &str = "0.15.1";

const GECKODRIVER: &str = "0.37.1";

/// wasm-bindgen's program, with its test runner beside it.
///
/// # Errors
/// When it has to be installed and cannot.
pub fn wasm_bindgen() -> Result<PathBuf> {
    // What the program writes and what the crate expects changes between
    // patch releases, so nothing but the crate's own version will do.
    let version = locked_version("wasm-bindgen")?;
    let runner = |program: &Path| program.with_file_name("wasm-bindgen-test-runner").is_file();
    install(
        "wasm-bindgen",
        "wasm-bindgen-cli",
        &version,
        "about 3 min",
        runner,
    )
}

/// wasm-pack, which runs the test suites of the bindings in a browser.
///
/// # Errors
/// When it has to be installed and cannot.
pub fn wasm_pack() -> Result<PathBuf> {
    install("wasm-pack", "wasm-pack", WASM_PACK, "about 3 min", |_| true)
}

/// Firefox's WebDriver.
///
/// # Errors
/// When it has to be installed and cannot.
pub fn geckodriver() -> Result<PathBuf> {
    install(
        "geckodriver",
        "geckodriver",
        GECKODRIVER,
        "about 5 min",
        |_| true,
    )
}

/// The geckodriver that [`geckodriver`] installed, if it did.
pub fn own_geckodriver() -> Option<PathBuf> {
    let program = tools().ok()?.join("bin/geckodriver");
    program.is_file().then_some(program)
}

fn install(
    program: &str,
    package: &str,
    version: &str,
    takes: &str,
    complete: fn(&Path) -> bool,
) -> Result<PathBuf> {
    let root = tools()?;
    let ours = root
        .join("bin")
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    let serves = |path: &PathBuf| is_version(path, version) && complete(path);
    if let Some(found) = [Some(ours.clone()), on_path(program)]
        .into_iter()
        .flatten()
        .find(serves)
    {
        return Ok(found);
    }
    say(&format!(
        "installing {package} {version} with cargo ({takes})"
    ));
    // Not --locked: the lock file of a release may name versions that were yanked.
    run(Command::new("cargo")
        .args([
            "install",
            package,
            "--version",
            version,
            "--force",
            "--root",
        ])
        .arg(&root))
    .with_context(|| format!("cannot install {package}"))?;
    serves(&ours)
        .then_some(ours)
        .with_context(|| format!("installed {package}, but not in version {version}"))
}

fn is_version(program: &Path, version: &str) -> bool {
    output(Command::new(program).arg("--version"))
        .is_ok_and(|printed| names_version(&printed, version))
}

/// Whether `program 1.2.3 (…)` names that version.
fn names_version(printed: &str, version: &str) -> bool {
    printed.split_whitespace().nth(1) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::names_version;

    #[test]
    fn only_the_very_version_is_accepted() {
        assert!(names_version("wasm-bindgen 0.2.130", "0.2.130"));
        assert!(names_version(
            "geckodriver 0.36.0 (a3d508507022 2025-02-24)\n\nmore",
            "0.36.0"
        ));
        assert!(!names_version("wasm-bindgen 0.2.13", "0.2.130"));
        assert!(!names_version("wasm-bindgen 0.2.130-dev", "0.2.130"));
    }
}
