//! Rust to wasm.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::run;
use crate::setup::rust::{TARGET, Toolchain};
use crate::workspace::{root, target};

/// A build that panics without a word and formats nothing for a developer:
/// most of what a small module would otherwise consist of.
const SIZE_RUSTFLAGS: &str =
    "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// Places what is constant before the stack, and not behind it: so each address of it is a
/// byte shorter. A stack that overflows would write over it. That of the npm package
/// cannot: nothing there recurses, and the deepest call takes 2 KB.
const CONSTANTS_FIRST: &str = "-Clink-arg=--no-stack-first";

/// The page's values cross as numbers, which a list in the glue says the values of. As
/// types of wasm each takes a function that puts it into a table or takes it from there:
/// 1.0 KB of gzip for the class with its 130 imports, 0.4 KB for what is behind the npm
/// package.
const VALUES_IN_A_LIST: &str = "-Ctarget-feature=-reference-types,-multivalue";

/// What a wasm says that it uses where std is not rebuilt, and says otherwise of itself:
/// wasm-bindgen goes by that.
const LINKED_WITH_STD: &str = "-Clink-arg=--no-check-features \
    -Clink-arg=--features=bulk-memory,mutable-globals,nontrapping-fptoint,sign-ext";

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

    /// Bytes of its stack. Less than 1 MiB leaves a page that much memory, and shortens each
    /// address by a byte.
    fn stack(self) -> u32 {
        match self {
            // It calls nobody of the page, and nothing within it recurses. As JavaScript each
            // address is a digit shorter so.
            Module::Npm => 64 << 10,
            // It reads details of a page to their depth, in which getters may call it again: 20 KB
            // for each of the calls that `guard` in src/browser lets in, and what they make.
            Module::Class => 256 << 10,
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
    let mut flags = match flavour {
        Flavour::Size => vec![SIZE_RUSTFLAGS, VALUES_IN_A_LIST],
        Flavour::Script => vec![SIZE_RUSTFLAGS, "-Ctarget-cpu=mvp"],
        Flavour::Plain | Flavour::Dev => vec![VALUES_IN_A_LIST, LINKED_WITH_STD],
    };
    // What the class is told of `details` may be as deep as a page makes it.
    if module == Module::Npm {
        flags.push(CONSTANTS_FIRST);
    }
    let folder = target().join(folder);
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
        .arg(&folder)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", flags.join(" "));
    if let Flavour::Size | Flavour::Script = flavour {
        cargo.env("RUSTC_BOOTSTRAP", "1").args([
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ]);
        // For this crate alone: among the other flags it would part what both are built of.
        cargo.args([
            "--".to_owned(),
            format!("-Clink-arg=-zstack-size={}", module.stack()),
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
