//! Rust to wasm.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::run;
use crate::setup::rust::{TARGET, Toolchain};
use crate::workspace::{root, target};

/// A build that panics without a word and formats nothing for a developer:
/// most of what a small module would otherwise consist of.
///
/// A stack of 64 KiB, and not of 1 MiB, leaves a page that much memory, and
/// shortens each address by a byte; nothing recurses here.
const SIZE_RUSTFLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
                              -Zfmt-debug=none -Clink-arg=-zstack-size=65536";

/// How the wasm is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// std rebuilt for size.
    Size,
    /// As small as it gets, for machines that have nothing but the first version of wasm.
    Script,
    /// As small as it gets where std's sources are missing.
    Plain,
    /// Quickly.
    Dev,
}

/// Which module is made of the crate: the feature that makes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// What is behind the npm package.
    Npm,
    /// The class on the Rust host.
    Class,
}

impl Module {
    fn feature(self) -> &'static str {
        match self {
            Module::Npm => "npm",
            Module::Class => "class",
        }
    }

    /// Further flags of what is built for size, and what the name of its folder ends with.
    ///
    /// The class has 130 imports, most of which pass references of JavaScript. As types
    /// of wasm, each takes a function that puts them into a table or takes them from it:
    /// 1.0 KB of gzip in all.
    fn size_flags(self) -> (&'static str, &'static str) {
        match self {
            Module::Npm => ("", ""),
            Module::Class => (" -Ctarget-feature=-reference-types,-multivalue", "-class"),
        }
    }
}

/// Compiles a module; returns where it lies.
///
/// # Errors
/// When it does not compile.
pub fn wasm(toolchain: &Toolchain, module: Module, flavour: Flavour) -> Result<PathBuf> {
    // A folder for each set of flags: in one they would displace each other's work.
    let (folder, profile) = match flavour {
        Flavour::Size => ("wasm-size", "wasm"),
        Flavour::Script => ("wasm-script", "wasm"),
        Flavour::Plain => ("wasm-plain", "wasm"),
        Flavour::Dev => ("wasm-dev", "dev"),
    };
    let (flags, ending) = match flavour {
        Flavour::Size => module.size_flags(),
        Flavour::Script => (" -Ctarget-cpu=mvp", ""),
        Flavour::Plain | Flavour::Dev => ("", ""),
    };
    let folder = target().join([folder, ending].concat());
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root())
        // Of a library that is an rlib, too, nothing is optimised across crates.
        .args([
            "rustc",
            "--package",
            "natero-wasm",
            "--lib",
            "--crate-type",
            "cdylib",
        ])
        // The Rust host is no part of what is behind the npm package.
        .args([
            "--no-default-features",
            "--features",
            module.feature(),
            "--target",
            TARGET,
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(&folder);
    if let Flavour::Size | Flavour::Script = flavour {
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", format!("{SIZE_RUSTFLAGS}{flags}"))
            .args([
                "-Zbuild-std=std,panic_abort",
                "-Zbuild-std-features=optimize_for_size",
            ]);
    }
    run(&mut cargo)?;
    let profile = if flavour == Flavour::Dev {
        "debug"
    } else {
        profile
    };
    Ok(folder.join(TARGET).join(profile).join("natero_wasm.wasm"))
}
