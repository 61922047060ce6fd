//! The size in bytes of what a page downloads, uncompressed and compressed.

pub mod gate;
mod parts;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::command::{line, output};
use crate::workspace::{target, version};

/// What a page downloads for each way to load the tracker.
pub const DOWNLOADS: [(&str, &[&str]); 4] = [
    ("entry", &["index.js"]),
    ("ES module", &["index.js", "host.js", "natero.wasm"]),
    ("inline", &["inline.js"]),
    ("global", &["natero.global.js"]),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints the table of a built package, and writes it to `target/size.json`.
///
/// # Errors
/// When a file of the package is missing or a compressor fails.
pub fn report(pkg: &Path) -> Result<()> {
    println!(
        "\n{:<16}{:>10}{:>10}{:>14}",
        "a page downloads", "raw", "gzip -9", "brotli -q 11"
    );
    let mut downloads = Vec::new();
    for (name, total, sizes) in measured(pkg)? {
        row(name, total);
        if sizes.len() > 1 {
            for (file, size) in &sizes {
                row(&format!("  {file}"), *size);
            }
        }
        downloads.push(record(name, total, &sizes));
    }
    let report = json!({ "version": version()?, "downloads": downloads });
    let place = target().join("size.json");
    fs::write(&place, format!("{report:#}\n"))
        .with_context(|| format!("cannot write {}", place.display()))
}

/// The downloads of a built package, in the form of `target/size.json`.
///
/// # Errors
/// When a file of the package is missing or a compressor fails.
pub fn downloads(pkg: &Path) -> Result<Value> {
    let measured = measured(pkg)?.into_iter();
    Ok(measured
        .map(|(name, total, sizes)| record(name, total, &sizes))
        .collect())
}

/// A way to load the tracker, with its total and the sizes of its files.
type Download = (&'static str, Size, Vec<(&'static str, Size)>);

fn measured(pkg: &Path) -> Result<Vec<Download>> {
    let mut downloads = Vec::new();
    for (name, files) in DOWNLOADS {
        let mut sizes = Vec::new();
        for file in files {
            sizes.push((*file, measure(&pkg.join(file))?));
        }
        let total = sizes
            .iter()
            .fold(Size::default(), |sum, (_, size)| sum.plus(*size));
        downloads.push((name, total, sizes));
    }
    Ok(downloads)
}

/// The files that a page downloads for the class `na` on the Rust host.
const CLASS: [&str; 2] = ["natero_wasm.js", "natero_wasm_bg.wasm"];

/// Ceiling for the class with std rebuilt for size, in bytes of gzip. The budget is 45,000.
/// The ceiling is lowered over time, except when a fix needs more.
const CLASS_CEILING: u64 = 61_360;

/// Whether the class in this folder is within its ceiling.
///
/// # Errors
/// As [`report_class`].
pub fn class_fits(folder: &Path) -> Result<bool> {
    Ok(report_class(folder)? <= CLASS_CEILING)
}

/// Prints the sizes of the files that a page downloads for the class.
///
/// # Errors
/// When a file is missing or a compressor fails.
pub fn report_class(folder: &Path) -> Result<u64> {
    println!(
        "\n{:<22}{:>10}{:>10}{:>14}",
        "the class", "raw", "gzip -9", "brotli -q 11"
    );
    let mut total = Size::default();
    for file in CLASS {
        let size = measure(&folder.join(file))?;
        row(file, size);
        total = total.plus(size);
    }
    row("in all", total);
    Ok(total.gzip)
}

fn row(name: &str, size: Size) {
    println!(
        "{name:<16}{:>10}{:>10}{:>14}",
        size.raw, size.gzip, size.brotli
    );
}

fn record(name: &str, total: Size, files: &[(&str, Size)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(file, size)| size.json(file)).collect();
    let mut record = total.json(name);
    record["files"] = files.into();
    record
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }

    fn json(self, name: &str) -> Value {
        json!({ "name": name, "raw": self.raw, "gzip": self.gzip, "brotli": self.brotli })
    }
}

/// Compresses a file with the programs that people compare with: gzip itself, and the brotli
/// in Node.
fn measure(file: &Path) -> Result<Size> {
    let raw = fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    let mut gzip = Command::new("gzip");
    gzip.args(["-9", "-n", "-c"])
        .stdin(File::open(file)?)
        .stderr(Stdio::inherit());
    let zipped = gzip.output().context("cannot start gzip")?;
    ensure!(
        zipped.status.success(),
        "`{}` failed: {}",
        line(&gzip),
        zipped.status
    );
    let script = "const z = require('node:zlib'), c = z.constants; \
                  console.log(z.brotliCompressSync(require('node:fs').readFileSync(process.argv[1]), \
                  { params: { [c.BROTLI_PARAM_QUALITY]: 11 } }).length)";
    let brotli = output(Command::new("node").args(["-e", script]).arg(file))?;
    Ok(Size {
        raw,
        gzip: zipped.stdout.len() as u64,
        brotli: brotli.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_of_two_files_is_recorded_with_their_sum() {
        let (js, wasm) = (
            Size {
                raw: 10,
                gzip: 5,
                brotli: 4,
            },
            Size {
                raw: 100,
                gzip: 50,
                brotli: 40,
            },
        );
        let record = record(
            "ES module",
            js.plus(wasm),
            &[("index.js", js), ("natero.wasm", wasm)],
        );
        assert_eq!(record["gzip"], 55);
        assert_eq!(record["files"][1]["brotli"], 40);
    }
}
