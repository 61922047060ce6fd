//! Formatting and lints; each counts as one test.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::Count;
use crate::command::succeeds;
use crate::setup::{debian, npm, rust};
use crate::workspace::{root, target};

pub fn rustfmt(_: &Bench) -> Result<Count> {
    rust::lints(&rust::wasm()?)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args(["fmt", "--all", "--check"]);
    Ok(Count::one(succeeds(&mut cargo)?))
}

/// Lints the TypeScript host and its tests, and the tests of the package.
pub fn biome(_: &Bench) -> Result<Count> {
    let mut count = Count::default();
    for folder in ["js", "tests/packaging"] {
        let mut biome = Command::new(npm::tools()?.join("biome"));
        biome.current_dir(root().join(folder)).args(["ci", "."]);
        count.add(Count::one(succeeds(&mut biome)?));
    }
    Ok(count)
}

pub fn clippy(_: &Bench) -> Result<Count> {
    rust::lints(&rust::wasm()?)?;
    // The fuzz targets are linted together with the rest.
    debian::cpp_compiler()?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    Ok(Count::one(succeeds(&mut cargo)?))
}

/// Lints the bindings, most of which exist only for wasm32.
pub fn clippy_wasm(_: &Bench) -> Result<Count> {
    let toolchain = rust::wasm()?;
    rust::lints(&toolchain)?;
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root())
        .args([
            "clippy",
            "--package",
            "natero-wasm",
            "--all-features",
            "--all-targets",
            "--target",
            rust::TARGET,
        ])
        .arg("--target-dir")
        .arg(target().join("wasm-test"))
        .args(["--", "-D", "warnings"]);
    Ok(Count::one(succeeds(&mut cargo)?))
}
