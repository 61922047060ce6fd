//! Paths of the workspace, and the versions that it requires.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder of the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    // Read at run time and not at compile time, because a moved or copied checkout may
    // contain a compiled xtask.
    let xtask = env::var_os("CARGO_MANIFEST_DIR").expect("run this as `cargo xtask`");
    let xtask = PathBuf::from(xtask);
    xtask.parent().expect("xtask/ lies in the workspace").into()
}

/// The folder with cargo's build output.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The folder for tools that we install. It is in the user's cache, so that all checkouts
/// share it.
pub fn tools() -> Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("found no cache folder: set XDG_CACHE_HOME or HOME")?;
    Ok(cache.join("natero-wasm").join("tools"))
}

/// The version of every crate of the workspace and of the npm package.
pub fn version() -> Result<String> {
    let manifest = read(&root().join("Cargo.toml"))?;
    in_workspace_package(&manifest, "version")
        .context("Cargo.toml has no version under [workspace.package]")
}

/// The address of the repository, if Cargo.toml has one.
pub fn repository() -> Result<Option<String>> {
    let manifest = read(&root().join("Cargo.toml"))?;
    Ok(in_workspace_package(&manifest, "repository"))
}

/// The oldest supported compiler, such as `(1, 95)`.
pub fn rust_version() -> Result<(u32, u32)> {
    let manifest = read(&root().join("Cargo.toml"))?;
    in_workspace_package(&manifest, "rust-version")
        .and_then(|version| {
            let (major, minor) = version.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        })
        .context("Cargo.toml has no rust-version of the form 1.95 under [workspace.package]")
}

/// The version of a dependency in Cargo.lock.
pub fn locked_version(name: &str) -> Result<String> {
    let lock = read(&root().join("Cargo.lock"))?;
    version_in_lock(&lock, name).with_context(|| format!("Cargo.lock has no package `{name}`"))
}

/// Reads a file; an error names the file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn in_workspace_package(manifest: &str, key: &str) -> Option<String> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[workspace.package]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| quoted(line, key))
}

fn version_in_lock(lock: &str, name: &str) -> Option<String> {
    lock.split("[[package]]")
        .find(|package| {
            package
                .lines()
                .any(|line| quoted(line, "name").as_deref() == Some(name))
        })?
        .lines()
        .find_map(|line| quoted(line, "version"))
}

/// The value of a `key = "value"` line.
fn quoted(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "wasm-bindgen-shared"
version = "0.2.131"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry"
dependencies = [
 "wasm-bindgen-shared",
]
"#;

    #[test]
    fn a_locked_version_is_that_of_the_package_of_exactly_that_name() {
        assert_eq!(
            version_in_lock(LOCK, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(
            version_in_lock(LOCK, "wasm-bindgen-shared").as_deref(),
            Some("0.2.131")
        );
        assert_eq!(version_in_lock(LOCK, "wasm"), None);
    }

    #[test]
    fn the_workspace_version_is_not_mistaken_for_a_dependency_or_a_rust_version() {
        let manifest = "[workspace.package]\nrust-version = \"1.95\"\nversion = \"0.3.1\"\n\
                        [workspace.dependencies]\nversion = \"9.9.9\"\n";
        let found = in_workspace_package(manifest, "version");
        assert_eq!(found.as_deref(), Some("0.3.1"));
        let of_a_package = "[package]\nversion = \"1.0.0\"\n";
        assert_eq!(in_workspace_package(of_a_package, "version"), None);
    }
}
