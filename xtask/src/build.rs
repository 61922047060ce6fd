//! `cargo xtask build`: cargo, wasm-opt, esbuild, terser, tsc; then `pkg/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::run;
use crate::setup::rust::{TARGET, Toolchain};
use crate::setup::{npm, rust};
use crate::size;
use crate::workspace::{self, root, target};

/// A build that panics without a word and formats nothing for a developer:
/// most of what a small module would otherwise consist of.
///
/// The threshold is LLVM's measure for what is worth inlining, 5 where it
/// compiles for size: at 36 what is inlined becomes so much simpler that the
/// whole is 4 % smaller, and quicker; at 50 it is larger.
const SIZE_RUSTFLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
                              -Zfmt-debug=none -Cllvm-args=-inline-threshold=36";

/// What rustc turns on for wasm32, and every browser with modules and
/// `BigInt` has had for years: wasm-opt has to be told.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Chosen by what gzip -9 made of the result: -Oz alone leaves 2 % more, and
/// neither gufa, reordering, merging of similar functions nor a third -Oz
/// takes anything off.
const PASSES: [&str; 7] = [
    // Nothing lies there: rustc puts the stack first, and its last kilobyte
    // is reached only on the way to an overflow.
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-O2",
    "-Oz",
    "-Oz",
    "--converge",
];

const STRIP: [&str; 3] = [
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// Chosen by what gzip -9 made of the result, as are the [`PASSES`].
const TERSER: &str = "passes=3,ecma=2022,toplevel,unsafe_arrows";

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For a page: small.
    Release,
    /// For trying something out: quick to compile.
    Dev,
}

/// How the wasm is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    /// std rebuilt for size.
    Size,
    /// As small as it gets where std's sources are missing.
    Plain,
    Dev,
}

/// `cargo xtask build [--dev]`
pub fn task(args: &[&str]) -> Result<()> {
    match args {
        [] => package(Mode::Release),
        ["--dev"] => package(Mode::Dev),
        _ => bail!("build takes nothing but --dev"),
    }
}

/// Builds `pkg/` and prints its size table.
///
/// # Errors
/// When a tool is missing or a step fails; an earlier `pkg/` is left as it was.
pub fn package(mode: Mode) -> Result<()> {
    let toolchain = rust::wasm()?;
    let npm = npm::tools()?;
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

    let compiled = compile(&toolchain, flavour)?;
    let wasm = target().join("natero.wasm");
    if flavour == Flavour::Dev {
        fs::copy(&compiled, &wasm)?;
    } else {
        optimise(&npm, &compiled, &wasm)?;
    }

    // Put together elsewhere, so that pkg/ is whole at any time.
    let staged = target().join("pkg");
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    fs::create_dir_all(&staged)?;
    fs::copy(&wasm, staged.join("natero.wasm"))?;
    bundle(&npm, &wasm, &staged)?;
    declare(&npm, &staged)?;
    from_template(&staged)?;
    let pkg = root().join("pkg");
    if pkg.exists() {
        fs::remove_dir_all(&pkg)?;
    }
    fs::rename(&staged, &pkg).context("cannot put pkg/ in place")?;

    size::report(&pkg)
}

/// The wasm of the package with the names of its functions, for whoever wants
/// to know what takes how much. `None` where std's sources are missing: what is
/// built then says little of what is published.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn named_wasm() -> Result<Option<PathBuf>> {
    let toolchain = rust::wasm()?;
    if !toolchain.has_sources {
        return Ok(None);
    }
    let compiled = compile(&toolchain, Flavour::Size)?;
    let named = target().join("natero.named.wasm");
    run(wasm_opt(&npm::tools()?, &compiled)
        .arg("-g")
        .arg("-o")
        .arg(&named))?;
    Ok(Some(named))
}

/// Builds a program of the workspace for this machine; returns where it lies.
///
/// # Errors
/// When the build fails.
pub fn program(package: &str, name: &str) -> Result<PathBuf> {
    run(Command::new("cargo").current_dir(root()).args([
        "build",
        "--package",
        package,
        "--bin",
        name,
    ]))?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join("debug").join(file))
}

fn compile(toolchain: &Toolchain, flavour: Flavour) -> Result<PathBuf> {
    // A folder for each set of flags: in one they would displace each other's work.
    let (folder, profile) = match flavour {
        Flavour::Size => ("wasm-size", "wasm"),
        Flavour::Plain => ("wasm-plain", "wasm"),
        Flavour::Dev => ("wasm-dev", "dev"),
    };
    let folder = target().join(folder);
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root())
        .args(["build", "--package", "natero-wasm", "--lib"])
        .args(["--target", TARGET, "--profile", profile, "--target-dir"])
        .arg(&folder);
    if flavour == Flavour::Size {
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", SIZE_RUSTFLAGS)
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

fn optimise(npm: &Path, from: &Path, to: &Path) -> Result<()> {
    run(wasm_opt(npm, from).args(STRIP).arg("-o").arg(to))
}

fn wasm_opt(npm: &Path, from: &Path) -> Command {
    let mut command = Command::new(npm.join("wasm-opt"));
    command.arg(from).args(WASM_FEATURES).args(PASSES);
    command
}

fn bundle(npm: &Path, wasm: &Path, pkg: &Path) -> Result<()> {
    let entries = [
        ("index.ts", "index.js", "esm"),
        ("inline.ts", "inline.js", "esm"),
        ("global.ts", "natero.global.js", "iife"),
    ];
    for (entry, file, format) in entries {
        run(Command::new(npm.join("esbuild"))
            .current_dir(root())
            .arg(format!("js/{entry}"))
            .args([
                "--bundle",
                "--minify",
                "--target=es2022",
                "--log-level=warning",
                "--legal-comments=none",
            ])
            .arg(format!(
                "--metafile={}",
                target().join(format!("{file}.meta.json")).display()
            ))
            .arg(format!("--format={format}"))
            .arg(format!("--alias:#wasm={}", wasm.display()))
            .arg("--loader:.wasm=base64")
            .arg(format!("--outfile={}", pkg.join(file).display())))?;
        shrink(npm, &pkg.join(file))?;
    }
    Ok(())
}

/// Terser takes another 3 % off what esbuild has minified.
fn shrink(npm: &Path, file: &Path) -> Result<()> {
    run(Command::new(npm.join("terser"))
        .arg(file)
        .args(["--compress", TERSER, "--mangle", "toplevel"])
        .args(["--module", "--ecma", "2022", "--output"])
        .arg(file))
}

fn declare(npm: &Path, pkg: &Path) -> Result<()> {
    run(Command::new(npm.join("tsc"))
        .current_dir(root())
        .args(["--project", "js/tsconfig.json", "--noEmit", "false"])
        .args(["--declaration", "--emitDeclarationOnly", "--outDir"])
        .arg(pkg.join("types")))
}

/// Everything of the package that is not code.
fn from_template(pkg: &Path) -> Result<()> {
    let template = root().join("pkg-template");
    for entry in fs::read_dir(&template).context("cannot read pkg-template/")? {
        let entry = entry?;
        fs::copy(entry.path(), pkg.join(entry.file_name()))?;
    }
    let manifest = workspace::read(&template.join("package.json"))?;
    let placeholder = r#""version": "0.0.0""#;
    if !manifest.contains(placeholder) {
        bail!(
            "pkg-template/package.json has to say {placeholder}: the version is put in from Cargo.toml"
        );
    }
    let version = format!(r#""version": "{}""#, workspace::version()?);
    fs::write(
        pkg.join("package.json"),
        manifest.replacen(placeholder, &version, 1),
    )?;
    Ok(())
}
