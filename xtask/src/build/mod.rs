//! `cargo xtask build`: cargo, wasm-bindgen, wasm-opt, esbuild, terser, tsc; then `pkg/`.

mod bindgen;
mod bundle;
mod class;
mod common;
mod compile;
mod example;
mod generated;
mod glue;
mod handed;
mod id;
mod integrity;
mod names;
mod optimise;
mod pack;
mod package;
mod script;
mod source_map;
mod types;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;
use crate::sbom;
use crate::setup::{cargo_tools, npm, rust};
use crate::size;
use crate::workspace::{root, target};

pub use bundle::{PARTS, banner};
pub use class::{class, packed};
pub use example::{cargo_of_example, example};
pub use generated::read as generated;
pub use integrity::hashes;
pub use types::{Statement, declare, declared, statements};

use compile::{Flavour, Module};

/// The purpose of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For a page: small.
    Release,
    /// For trying something out: fast to compile.
    Dev,
}

/// `cargo xtask build [--class] [--dev]`
pub fn task(args: &[&str]) -> Result<()> {
    match args {
        [] => package(Mode::Release),
        ["--dev"] => package(Mode::Dev),
        ["--class"] => class(Mode::Release).map(drop),
        ["--class", "--dev"] => class(Mode::Dev).map(drop),
        _ => bail!("build takes nothing but --class and --dev"),
    }
}

/// Builds `pkg/` and prints its size table.
///
/// # Errors
/// When a tool is missing or a step fails; an earlier `pkg/` is then left unchanged.
pub fn package(mode: Mode) -> Result<()> {
    let toolchain = rust::wasm()?;
    let npm = npm::tools()?;
    let wasm_bindgen = cargo_tools::wasm_bindgen()?;
    let flavour = match mode {
        Mode::Dev => Flavour::Dev,
        Mode::Release if toolchain.has_sources => Flavour::Size,
        Mode::Release => Flavour::Plain,
    };
    if flavour == Flavour::Plain {
        eprintln!(
            "build: std's sources are missing, so std is not rebuilt for size: expect a third more bytes"
        );
    }

    generated::contract()?;
    let compiled = compile::wasm(&toolchain, Module::Npm, flavour)?;
    let bound = bindgen::bind(&wasm_bindgen, &compiled, "core", &target().join("bindgen"))?;
    let wasm = target().join("natero.wasm");
    let names = if flavour == Flavour::Dev {
        fs::copy(&bound.wasm, &wasm)?;
        optimise::Names::default()
    } else {
        generated::declarations(&bound)?;
        optimise::optimise(
            &npm,
            &bound.wasm,
            &wasm,
            &optimise::FEATURES,
            optimise::Functions::ByUse,
        )?
    };
    let glue = root().join("js/generated/core.js");
    glue::harden(&npm, &bound.glue, &names, "js/page/glue.ts", &glue)?;
    // Without the sources of std, nothing can be compiled for old machines, and a
    // development build does not wait for that. Pages that forbid wasm then get no core.
    let script = match flavour {
        Flavour::Size => Some(script::script(&toolchain, &npm)?),
        _ => None,
    };
    let id = id::stamp(&wasm)?;

    // Assembled in another folder, so that pkg/ is complete at any time.
    let staged = target().join("pkg");
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    fs::create_dir_all(&staged)?;
    fs::copy(&wasm, staged.join("natero.wasm"))?;
    bundle::bundle(&npm, &wasm, script.as_ref(), &id, &staged)?;
    declare(&npm, &staged)?;
    package::from_template(&staged)?;
    integrity::write(&npm, &staged)?;
    sbom::into_package(&staged)?;
    let pkg = root().join("pkg");
    if pkg.exists() {
        fs::remove_dir_all(&pkg)?;
    }
    fs::rename(&staged, &pkg).context("cannot put pkg/ in place")?;

    size::report(&pkg)
}

/// The wasm of the package with the names of its functions, for analysing its size. `None` if
/// the sources of std are missing, because such a build differs too much from what is
/// published.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn named_wasm() -> Result<Option<PathBuf>> {
    let toolchain = rust::wasm()?;
    if !toolchain.has_sources {
        return Ok(None);
    }
    let compiled = compile::wasm(&toolchain, Module::Npm, Flavour::Size)?;
    let bound = bindgen::bind(
        &cargo_tools::wasm_bindgen()?,
        &compiled,
        "core",
        &target().join("bindgen"),
    )?;
    let named = target().join("natero.named.wasm");
    optimise::keep_names(&npm::tools()?, &bound.wasm, &named)?;
    Ok(Some(named))
}

/// Builds a program of the workspace for this machine, and returns its path.
///
/// # Errors
/// When the build fails.
pub fn program(package: &str, name: &str) -> Result<PathBuf> {
    let mut build = Command::new("cargo");
    build
        .current_dir(root())
        .args(["build", "--package", package, "--bin", name]);
    run(&mut build)?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join("debug").join(file))
}
