//! std for wasm32, built from the toolchain's own sources and installed next to its other
//! targets.
//!
//! Debian ships the sources of std but no build for wasm32. Once it is installed where rustc
//! looks for it, plain cargo and wasm-pack work without unstable flags.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::rust::{TARGET, Toolchain};
use super::say;
use crate::command::run;
use crate::workspace::tools;

const CRATE: &str = "wasm_std";

const MANIFEST: &str = r#"[package]
name = "wasm_std"
version = "0.0.0"
edition = "2024"

[workspace]
"#;

/// Builds std, and installs it into the toolchain.
///
/// # Errors
/// When the build fails, and when the toolchain's folder is not writable; the message then
/// has the command to type.
pub fn install(toolchain: &Toolchain) -> Result<()> {
    say("building std for wasm32 from the toolchain's sources (about a minute)");
    let folder = tools()?.join("wasm-std");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    let built = folder.join("target").join(TARGET).join("release/deps");
    if built.exists() {
        // It may be from an older compiler.
        fs::remove_dir_all(&built)?;
    }
    run(toolchain
        .command("cargo")
        // The sources belong to exactly this compiler, which makes it sound to build std
        // with a stable one.
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(&folder)
        .args([
            "build",
            "--release",
            "--target",
            TARGET,
            "--target-dir",
            "target",
        ])
        .arg("-Zbuild-std=std,panic_abort,test"))?;

    let staged = folder.join("lib");
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    fs::create_dir_all(&staged)?;
    copy_libraries(&built, &staged)?;

    let libdir = toolchain.target_libdir()?;
    if let Err(error) = replace(&staged, &libdir) {
        bail!(
            "cannot write {}: {error}. Type:\n  sudo rm -rf {0} && sudo mkdir -p {0} && sudo cp {}/* {0}/",
            libdir.display(),
            staged.display()
        );
    }
    Ok(())
}

/// Copies the libraries of std, without the empty crate that was needed to build them.
fn copy_libraries(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let own = name.starts_with(&format!("lib{CRATE}-"));
        if name.starts_with("lib") && name.ends_with(".rlib") && !own {
            fs::copy(entry.path(), to.join(&*name))?;
        }
    }
    Ok(())
}

/// Replaces the files of one folder by those of another in one step, because a partial std
/// would look like a complete one.
fn replace(staged: &Path, place: &Path) -> Result<()> {
    let parent = place.parent().context("the root folder")?;
    fs::create_dir_all(parent)?;
    let new = parent.join("lib.new");
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir(&new)?;
    for entry in fs::read_dir(staged)? {
        let entry = entry?;
        fs::copy(entry.path(), new.join(entry.file_name()))?;
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(new, place)?;
    Ok(())
}
