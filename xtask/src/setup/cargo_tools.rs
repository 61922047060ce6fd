//! Tools that are installed with cargo, in the exact versions that the workspace needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{debian, say};
use crate::command::{on_path, output, run};
use crate::workspace::{locked_version, tools};

/// A program that cargo installs.
struct Tool<'a> {
    program: &'a str,
    /// The crate that it comes from.
    package: &'a str,
    version: &'a str,
    /// How long the installation may take, in words.
    takes: &'a str,
    /// The build profile. `dev` is used for programs that run only for seconds, because it
    /// compiles in half the time.
    profile: &'a str,
    /// The features to enable, if the others take long to compile.
    features: Option<&'a str>,
}

const WASM_PACK: Tool<'_> = Tool {
    program: "wasm-pack",
    package: "wasm-pack",
    // The test task depends on the command line of this version.
    version: "0.15.1",
    takes: "about 3 min",
    profile: "release",
    features: None,
};

const GECKODRIVER: Tool<'_> = Tool {
    program: "geckodriver",
    package: "geckodriver",
    version: "0.37.1",
    takes: "about 5 min",
    profile: "release",
    features: None,
};

const CARGO_DENY: Tool<'_> = Tool {
    program: "cargo-deny",
    package: "cargo-deny",
    version: "0.20.2",
    takes: "about 3 min",
    profile: "dev",
    features: None,
};

const CARGO_FUZZ: Tool<'_> = Tool {
    program: "cargo-fuzz",
    package: "cargo-fuzz",
    version: "0.13.2",
    takes: "about 1 min",
    profile: "dev",
    features: None,
};

const MDBOOK: Tool<'_> = Tool {
    program: "mdbook",
    package: "mdbook",
    version: "0.5.4",
    takes: "about 3 min",
    profile: "dev",
    // Without the server and the file watcher.
    features: Some("search"),
};

/// The program of wasm-bindgen, with its test runner next to it.
///
/// # Errors
/// When it has to be installed and the installation fails.
pub fn wasm_bindgen() -> Result<PathBuf> {
    let tool = Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        // The formats that the program writes and the crate expects change between patch
        // releases, so the version must be exactly that of the crate.
        version: &locked_version("wasm-bindgen")?,
        takes: "about 3 min",
        profile: "release",
        features: None,
    };
    let has_runner = |program: &Path| program.with_file_name("wasm-bindgen-test-runner").is_file();
    install(&tool, has_runner)
}

/// wasm-pack, which runs the test suites of the bindings in a browser.
///
/// # Errors
/// When it has to be installed and the installation fails.
pub fn wasm_pack() -> Result<PathBuf> {
    install(&WASM_PACK, |_| true)
}

/// cargo-deny, which checks the dependencies against deny.toml.
///
/// # Errors
/// When it has to be installed and the installation fails.
pub fn cargo_deny() -> Result<PathBuf> {
    install(&CARGO_DENY, |_| true)
}

/// cargo-fuzz, and a C++ compiler for libFuzzer.
///
/// # Errors
/// When one of them has to be installed and the installation fails.
pub fn cargo_fuzz() -> Result<PathBuf> {
    debian::cpp_compiler()?;
    install(&CARGO_FUZZ, |_| true)
}

/// mdBook, which builds a site from docs/.
///
/// # Errors
/// When it has to be installed and the installation fails.
pub fn mdbook() -> Result<PathBuf> {
    install(&MDBOOK, |_| true)
}

/// Firefox's WebDriver.
///
/// # Errors
/// When it has to be installed and the installation fails.
pub fn geckodriver() -> Result<PathBuf> {
    install(&GECKODRIVER, |_| true)
}

/// The geckodriver that [`geckodriver`] installed, if any.
pub fn own_geckodriver() -> Option<PathBuf> {
    let program = tools().ok()?.join("bin/geckodriver");
    program.is_file().then_some(program)
}

fn install(tool: &Tool<'_>, is_complete: fn(&Path) -> bool) -> Result<PathBuf> {
    let Tool {
        program,
        package,
        version,
        takes,
        profile,
        features,
    } = *tool;
    let root = tools()?;
    let ours = root
        .join("bin")
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    let serves = |path: &PathBuf| is_version(path, version) && is_complete(path);
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
    // Without --locked, because the lock file of a release may have versions that were
    // yanked.
    run(Command::new("cargo")
        .args(["install", package, "--version", version, "--force"])
        .args(["--profile", profile])
        .args(features.map(|_| "--no-default-features"))
        .args(features.map(|names| format!("--features={names}")))
        .arg("--root")
        .arg(&root)
        .env("CARGO_PROFILE_DEV_DEBUG", "0"))
    .with_context(|| format!("cannot install {package}"))?;
    serves(&ours)
        .then_some(ours)
        .with_context(|| format!("installed {package}, but not in version {version}"))
}

fn is_version(program: &Path, version: &str) -> bool {
    output(Command::new(program).arg("--version"))
        .is_ok_and(|printed| names_version(&printed, version))
}

/// Whether output such as `program 1.2.3 (…)` or `program v1.2.3` has this version.
fn names_version(printed: &str, version: &str) -> bool {
    let named = printed.split_whitespace().nth(1);
    named.map(|named| named.trim_start_matches('v')) == Some(version)
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
        assert!(names_version("mdbook v0.5.4", "0.5.4"));
        assert!(!names_version("wasm-bindgen 0.2.13", "0.2.130"));
        assert!(!names_version("wasm-bindgen 0.2.130-dev", "0.2.130"));
    }
}
