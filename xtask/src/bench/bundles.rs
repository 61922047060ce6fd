//! Each tracker as a page would have it: bundled and minified, one folder each.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::command::{line, run};
use crate::setup::npm;
use crate::workspace::{root, target};

/// What the scripts in `bench/sdks` are bundled into.
pub struct Bundles {
    pub folder: PathBuf,
    /// JSON: bytes after gzip -9, by the name of the tracker.
    pub sizes: PathBuf,
}

/// Bundles all trackers with the built package in `pkg/`, and weighs them.
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
    let mut sizes = Map::new();
    for entry in fs::read_dir(root().join("bench/sdks"))? {
        let script = entry?.path();
        let name = script
            .file_stem()
            .and_then(|name| name.to_str())
            .context("a script in bench/sdks has no name")?
            .to_owned();
        let bundle = folder.join(&name).join("index.js");
        run(Command::new(&esbuild)
            .current_dir(root().join("bench"))
            .arg(&script)
            .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
            .args(["--legal-comments=none", "--log-level=warning"])
            .arg(format!(
                "--alias:natero-wasm={}",
                pkg.join("index.js").display()
            ))
            .arg(format!("--outfile={}", bundle.display())))?;
        let mut size = gzip(&bundle)?;
        if name == "natero" {
            let wasm = bundle.with_file_name("natero.wasm");
            fs::copy(pkg.join("natero.wasm"), &wasm)?;
            // As it is published: the bundle holds what the page does with it too.
            size = gzip(&pkg.join("index.js"))? + gzip(&wasm)?;
        }
        sizes.insert(name, size.into());
    }
    for (name, file) in [("inline", "inline.js"), ("global", "natero.global.js")] {
        sizes.insert(format!("natero {name}"), gzip(&pkg.join(file))?.into());
    }
    let place = folder.join("sizes.json");
    fs::write(&place, format!("{:#}\n", json!(sizes)))?;
    Ok(Bundles {
        folder,
        sizes: place,
    })
}

/// Prints what each weighs, the lightest first.
///
/// # Errors
/// When it was not weighed.
pub fn print(bundles: &Bundles) -> Result<()> {
    let sizes: Map<String, Value> = serde_json::from_slice(&fs::read(&bundles.sizes)?)?;
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
