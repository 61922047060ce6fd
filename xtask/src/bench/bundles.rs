//! Each tracker as a page would use it: bundled and minified, in a separate folder.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::command::{line, run};
use crate::setup::npm;
use crate::size::DOWNLOADS;
use crate::workspace::{read, root, target, version};

/// The bundles of the scripts in `bench/sdks`.
pub struct Bundles {
    /// One folder for each tracker, named after its script.
    pub folder: PathBuf,
    /// JSON: `gzip`, the bytes of each download after gzip -9, and `versions`,
    /// the version of each package.
    pub facts: PathBuf,
}

/// Bundles all trackers with the built package in `pkg/`, and measures their sizes.
///
/// # Errors
/// When npm or esbuild fails.
pub fn make() -> Result<Bundles> {
    let esbuild = npm::tools()?.join("esbuild");
    npm::packages("bench")?;
    let pkg = root().join("pkg");
    let folder = target().join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut gzip = Map::new();
    for script in files(&root().join("bench/sdks"), "js")? {
        let name = script.file_stem().and_then(OsStr::to_str);
        let name = name.context("a script in bench/sdks has no name")?;
        let place = folder.join(name);
        // A tracker's dynamic imports become separate files.
        run(Command::new(&esbuild)
            .current_dir(root().join("bench"))
            .arg(&script)
            .args(["--bundle", "--splitting", "--minify", "--format=esm"])
            .args(["--target=es2022", "--entry-names=index"])
            .args(["--legal-comments=none", "--log-level=warning"])
            .arg(format!(
                "--alias:natero-wasm={}",
                pkg.join("index.js").display()
            ))
            .arg(format!("--outdir={}", place.display())))?;
        gzip.insert(name.to_owned(), weigh(&files(&place, "js")?)?.into());
    }
    for wasm in files(&pkg, "wasm")? {
        let name = wasm.file_name().context("a wasm has no name")?;
        fs::copy(&wasm, folder.join("natero").join(name))?;
    }
    gzip.extend(package(&pkg)?);
    let facts = folder.join("facts.json");
    let both = json!({ "gzip": gzip, "versions": versions()? });
    fs::write(&facts, format!("{both:#}\n"))?;
    Ok(Bundles { folder, facts })
}

/// The size of our package for each way to load it. The published files are measured, because
/// the bundle also contains the benchmark's own calls. Files that are loaded only if these
/// fail, or only when a page requests them, are not included.
fn package(pkg: &Path) -> Result<Map<String, Value>> {
    let mut weights = Map::new();
    for (download, files) in DOWNLOADS {
        let name = match download {
            "ES module" => "natero".to_owned(),
            other => format!("natero {other}"),
        };
        let files: Vec<PathBuf> = files.iter().map(|file| pkg.join(file)).collect();
        weights.insert(name, weigh(&files)?.into());
    }
    Ok(weights)
}

/// The version of each measured package, ours first.
fn versions() -> Result<Vec<String>> {
    let manifest: Value = serde_json::from_str(&read(&root().join("bench/package.json"))?)?;
    let peers = manifest["devDependencies"].as_object();
    let peers = peers.context("bench/package.json names no trackers")?;
    let mut versions = vec![format!("natero-wasm {}", version()?)];
    for (name, version) in peers {
        versions.push(format!("{name} {}", version.as_str().unwrap_or_default()));
    }
    Ok(versions)
}

/// Prints the size of each tracker, the smallest first.
///
/// # Errors
/// When it was not measured.
pub fn print(bundles: &Bundles) -> Result<()> {
    let facts: Value = serde_json::from_slice(&fs::read(&bundles.facts)?)?;
    let sizes = facts["gzip"].as_object().context("nothing was weighed")?;
    let mut sizes: Vec<(&String, u64)> = sizes
        .iter()
        .filter_map(|(name, size)| Some((name, size.as_u64()?)))
        .collect();
    sizes.sort_by_key(|(_, size)| *size);
    println!("\n{:<16}{:>10}", "download", "gzip -9");
    for (name, size) in sizes {
        println!("{name:<16}{size:>10}");
    }
    Ok(())
}

/// The files with this extension directly in a folder.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new(extension)) {
            found.push(path);
        }
    }
    ensure!(
        !found.is_empty(),
        "there is no .{extension} file in {}",
        folder.display()
    );
    found.sort();
    Ok(found)
}

/// The total size of all files, each compressed separately as a server sends it.
fn weigh<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<u64> {
    files.into_iter().map(|file| gzip(file)).sum()
}

fn gzip(file: &Path) -> Result<u64> {
    let mut gzip = Command::new("gzip");
    gzip.args(["-9", "-n", "-c"])
        .stdin(File::open(file).with_context(|| format!("cannot read {}", file.display()))?)
        .stderr(Stdio::inherit());
    let zipped = gzip.output().context("cannot start gzip")?;
    ensure!(
        zipped.status.success(),
        "`{}` failed: {}",
        line(&gzip),
        zipped.status
    );
    Ok(zipped.stdout.len() as u64)
}
