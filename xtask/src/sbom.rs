//! The components of the package and of the collector, as CycloneDX documents.
//!
//! They come from `cargo tree`, which respects the features and the target of the build;
//! `cargo metadata` would unite the features of the whole workspace.

mod document;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command::output;
use crate::setup::rust::{self, TARGET};
use crate::workspace::{read, root, target, version};
use document::Component;

/// The file in the npm package.
pub const FILE: &str = "sbom.cdx.json";

/// The target of the static collector. The linked crates are the same on every Linux.
const COLLECTOR_TARGET: &str = "x86_64-unknown-linux-musl";

/// `cargo xtask sbom [FOLDER]`
pub fn task(args: &[&str]) -> Result<()> {
    let folder = match args {
        [] => target().join("sbom"),
        [folder] if !folder.starts_with('-') => PathBuf::from(folder),
        _ => bail!("sbom takes a folder to write into, or nothing for target/sbom"),
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, bill) in [
        ("natero-wasm", of_package()?),
        ("natero-collector", of_collector()?),
    ] {
        let place = folder.join(format!("{name}.cdx.json"));
        write(&place, &bill)?;
        println!("{}", place.display());
    }
    Ok(())
}

/// Puts the document into a package.
///
/// # Errors
/// When cargo fails.
pub fn into_package(pkg: &Path) -> Result<()> {
    write(&pkg.join(FILE), &of_package()?)
}

/// The components that are linked into the wasm of the npm package. Its scripts consist of
/// `js/` alone, which `cargo xtask release` checks.
///
/// # Errors
/// When cargo fails.
pub fn of_package() -> Result<Value> {
    let compiler = rust::wasm()?.compiler()?;
    let product = Component::of("npm", "natero-wasm", &version()?);
    let features = ["--no-default-features", "--features", "npm"];
    bill(
        "natero-wasm",
        &features,
        TARGET,
        product,
        vec![rust_std(&compiler)],
    )
}

/// The components that are linked into `natero-collector`.
///
/// # Errors
/// When cargo fails.
pub fn of_collector() -> Result<Value> {
    let compiler = output(Command::new("rustc").arg("--version"))?;
    let product = Component {
        kind: "application",
        ..Component::of("generic", "natero-collector", &version()?)
    };
    let sqlite = Component {
        license: Some("blessing".into()),
        repository: Some("https://sqlite.org/src".into()),
        ..Component::of("generic", "sqlite", &sqlite_version()?)
    };
    let more = vec![rust_std(&compiler), sqlite];
    bill("natero-collector", &[], COLLECTOR_TARGET, product, more)
}

/// The document of one crate of the workspace, for this build.
fn bill(
    package: &str,
    features: &[&str],
    machine: &str,
    product: Component,
    more: Vec<Component>,
) -> Result<Value> {
    let printed = output(
        Command::new("cargo")
            .current_dir(root())
            .args(["tree", "--locked", "--package", package])
            .args(features)
            .args(["--target", machine])
            // Build scripts and procedural macros only run during compilation, and are not
            // part of a program.
            .args(["--edges", "normal,no-proc-macro"])
            .args(["--prefix", "depth", "--format", tree::FORMAT]),
    )?;
    let linked = tree::parse(&printed)?;
    let lock = read(&root().join("Cargo.lock"))?;
    Ok(document::write(&product, &linked, &more, &lock))
}

/// The standard library, which is part of every Rust program.
fn rust_std(compiler: &str) -> Component {
    let version = compiler.split_whitespace().nth(1).unwrap_or(compiler);
    Component {
        license: Some("MIT OR Apache-2.0".into()),
        repository: Some("https://github.com/rust-lang/rust".into()),
        ..Component::of("generic", "rust-std", version)
    }
}

/// The version of SQLite that is compiled into a crate.
fn sqlite_version() -> Result<String> {
    let metadata = output(
        Command::new("cargo")
            .current_dir(root())
            .args(["metadata", "--locked", "--format-version", "1"])
            .args(["--filter-platform", COLLECTOR_TARGET]),
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "libsqlite3-sys")
        .and_then(|package| package["manifest_path"].as_str())
        .context("the collector links no libsqlite3-sys: take SQLite out of xtask/src/sbom.rs")?;
    let header = Path::new(manifest)
        .with_file_name("sqlite3")
        .join("sqlite3.h");
    in_header(&read(&header)?).with_context(|| format!("{} has no version", header.display()))
}

/// The value in a line such as `#define SQLITE_VERSION "3.54.1"`.
fn in_header(header: &str) -> Option<String> {
    let value = header
        .lines()
        .find_map(|line| line.strip_prefix("#define SQLITE_VERSION "))?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn write(place: &Path, bill: &Value) -> Result<()> {
    fs::write(place, format!("{bill:#}\n"))
        .with_context(|| format!("cannot write {}", place.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_sqlite_is_not_mistaken_for_its_number() {
        let header =
            "#define SQLITE_VERSION_NUMBER 3054001\n#define SQLITE_VERSION        \"3.54.1\"\n";
        assert_eq!(in_header(header).as_deref(), Some("3.54.1"));
    }

    #[test]
    fn std_has_the_version_of_the_compiler() {
        assert_eq!(
            rust_std("rustc 1.95.0 (59807616e 2026-04-14)").version,
            "1.95.0"
        );
    }
}
