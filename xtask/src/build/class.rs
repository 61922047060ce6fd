//! The class `na` on the Rust host.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::compile::{self, Flavour, Module};
use super::{Mode, bindgen, glue, optimise};
use crate::command::run;
use crate::setup::{cargo_tools, npm, rust};
use crate::size;
use crate::workspace::{root, target};

/// Builds the smallest version of the class, and returns its folder.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn class(mode: Mode) -> Result<PathBuf> {
    let toolchain = rust::wasm()?;
    let flavour = match mode {
        Mode::Dev => Flavour::Dev,
        Mode::Release if toolchain.has_sources => Flavour::Size,
        Mode::Release => Flavour::Plain,
    };
    let compiled = compile::wasm(&toolchain, Module::Class, flavour)?;
    let folder = target().join("class");
    let bound = bindgen::bind(
        &cargo_tools::wasm_bindgen()?,
        &compiled,
        "natero_wasm",
        &folder,
    )?;
    if flavour != Flavour::Dev {
        let npm = npm::tools()?;
        let small = target().join("class.wasm");
        let names = optimise::optimise(
            &npm,
            &bound.wasm,
            &small,
            &optimise::FEATURES,
            optimise::Functions::AsCompiled,
        )?;
        fs::copy(&small, &bound.wasm)?;
        glue::minify(&npm, &bound.glue, &names)?;
        // They declare the calls between the glue and the wasm, which are internal.
        fs::remove_file(folder.join("natero_wasm_bg.wasm.d.ts"))?;
    }
    size::report_class(&folder)?;
    Ok(folder)
}

/// Builds the class with the command in README.md, and returns its folder.
///
/// # Errors
/// When a tool is missing or wasm-pack fails.
pub fn packed() -> Result<PathBuf> {
    let toolchain = rust::wasm()?;
    let bindgen = cargo_tools::wasm_bindgen()?;
    let npm = npm::tools()?;
    let folder = target().join("class-packed");
    // wasm-pack then finds wasm-bindgen and wasm-opt on PATH, and downloads nothing.
    let beside = bindgen.parent().into_iter().chain([npm.as_path()]);
    let mut command = toolchain.command_beside(&cargo_tools::wasm_pack()?, beside);
    command
        .current_dir(root())
        .args([
            "build",
            "--mode",
            "no-install",
            "--target",
            "web",
            "--out-dir",
        ])
        .arg(&folder)
        .args([".", "--", "--features", "class"])
        .env("CARGO_TARGET_DIR", target().join("wasm-test"));
    run(&mut command)?;
    size::report_class(&folder)?;
    Ok(folder)
}
