//! Compiles Rust to wasm.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::run;
use crate::setup::rust::{TARGET, Toolchain};
use crate::workspace::{root, target};

/// Flags for a build whose panics have no message and which has no debug formatting.
/// Otherwise, these would be most of a small module.
const SIZE_RUSTFLAGS: &str =
    "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// Places constants before the stack instead of after it, which makes each of their addresses
/// a byte shorter. A stack overflow would overwrite them, but the stack of the npm package
/// cannot overflow: nothing there recurses, and the deepest call takes 2 KB.
const CONSTANTS_FIRST: &str = "-Clink-arg=--no-stack-first";

/// Passes the page's values as numbers, which are indices into a list in the glue. As
/// reference types of wasm, each would take a function that puts it into a table or takes it
/// from there. That would be 1.0 KB of gzip for the class when it had 130 imports, and 0.4
/// KB for the wasm of the npm package.
const VALUES_IN_A_LIST: &str = "-Ctarget-feature=-reference-types,-multivalue";

/// The list of features in the wasm when std is not rebuilt. It would otherwise be wrong, and
/// wasm-bindgen relies on it.
const LINKED_WITH_STD: &str = "-Clink-arg=--no-check-features \
    -Clink-arg=--features=bulk-memory,mutable-globals,nontrapping-fptoint,sign-ext";

/// Optimisations of LLVM that repeat code, or keep values in more variables, for speed. Without
/// them, gzip needs 0.2 KB less for the npm package and 0.6 KB less for the class. Passes that LLVM leaves off are not added:
/// its Attributor alone would save 1.3 KB of the npm package, and GVNSink 0.1 KB, but both
/// are known to have compiled correct programs into wrong ones.
const WITHOUT: [&str; 5] = [
    "-Cllvm-args=-disable-lsr",
    "-Cllvm-args=-enable-pre=0",
    "-Cllvm-args=-enable-load-pre=0",
    "-Cllvm-args=-disable-machine-licm",
    "-Cllvm-args=-disable-machine-cse",
];

/// How the wasm is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// With std rebuilt for size.
    Size,
    /// As small as possible, using only the first version of wasm; for the conversion to
    /// JavaScript.
    Script,
    /// As small as possible when the sources of std are missing.
    Plain,
    /// Fast to compile.
    Dev,
}

/// Which module is built from the crate, selected by a feature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// The wasm of the npm package.
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

    /// What LLVM may spend on putting a function into its caller. For size it spends 5, which
    /// leaves functions behind that are about as large as their calls. The values were found by
    /// trying: 0.3 KB of the npm package and 0.2 KB of the class.
    fn inline_threshold(self) -> &'static str {
        match self {
            Module::Npm => "-Cllvm-args=-inline-threshold=16",
            Module::Class => "-Cllvm-args=-inline-threshold=8",
        }
    }

    /// Size of its stack in bytes. Less than 1 MiB leaves that much memory to the page, and
    /// makes each address a byte shorter.
    fn stack(self) -> u32 {
        match self {
            // It never calls into the page, and nothing within it recurses. In JavaScript,
            // this size makes each address a digit shorter.
            Module::Npm => 64 << 10,
            // It reads nested details of a page, whose getters may call it again. This
            // allows 20 KB for each of the calls that `guard` in src/browser permits, and
            // for what they call.
            Module::Class => 256 << 10,
        }
    }
}

/// Compiles a module, and returns its path.
///
/// # Errors
/// When it does not compile.
pub fn wasm(toolchain: &Toolchain, module: Module, flavour: Flavour) -> Result<PathBuf> {
    // Each set of flags has its own folder, because they would invalidate each other's
    // artifacts in a shared one.
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
    // The `details` that a page passes to the class may be nested to any depth.
    if module == Module::Npm {
        flags.push(CONSTANTS_FIRST);
    }
    let folder = target().join(folder);
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root())
        // If a library is also an rlib, cargo does not optimise across crates.
        .args([
            "rustc",
            "--package",
            "natero-wasm",
            "--lib",
            "--crate-type",
            "cdylib",
        ])
        // The wasm of the npm package does not include the Rust host.
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
        // Only for this crate: as one of the other flags, it would prevent both modules from
        // sharing dependencies.
        cargo.args([
            "--".to_owned(),
            format!("-Clink-arg=-zstack-size={}", module.stack()),
        ]);
        cargo.args(WITHOUT).arg(module.inline_threshold());
    }
    run(&mut cargo)?;
    let profile = if flavour == Flavour::Dev {
        "debug"
    } else {
        profile
    };
    Ok(folder.join(TARGET).join(profile).join("natero_wasm.wasm"))
}
