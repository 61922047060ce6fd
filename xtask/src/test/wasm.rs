//! The binding suites: tests/*.rs of the root package, run in a browser.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Bench;
use super::count::{Count, counted};
use crate::setup::browsers::{self, Browser, Kind};
use crate::setup::{cargo_tools, rust};
use crate::workspace::{read, root, target};

/// Seconds that one test binary may take in a browser; the runner's own 20 are
/// few for a machine that is busy.
const LIMIT: &str = "180";

pub fn suite(bench: &Bench) -> Result<Count> {
    let toolchain = rust::wasm()?;
    let bindgen = cargo_tools::wasm_bindgen()?;
    let wasm_pack = cargo_tools::wasm_pack()?;
    let mut total = Count::default();
    for kind in &bench.browsers {
        let browser = browsers::ensure(*kind)?;
        let capabilities = capabilities(&browser)?;
        for binary in binaries()? {
            println!("--- {kind}: {} ---", binary.join(" "));
            // WebKitGTK has no headless mode: it is given a display instead.
            let (program, before): (&Path, &[&OsStr]) = if browser.needs_display() {
                (
                    Path::new("xvfb-run"),
                    &["-a".as_ref(), wasm_pack.as_os_str()],
                )
            } else {
                (&wasm_pack, &[])
            };
            let mut command = toolchain.command_beside(program, bindgen.parent());
            command
                .current_dir(root())
                .args(before)
                .args(["test", "--headless", "--mode", "no-install"])
                .args(driver_options(*kind))
                .arg(&browser.driver)
                .arg(".")
                .args(["--features", "npm,class"])
                .args(binary)
                .env("CARGO_TARGET_DIR", target().join("wasm-test"))
                .env("WASM_BINDGEN_TEST_TIMEOUT", LIMIT)
                .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
            let mut count = counted(bench, &mut command)?;
            for _ in 1..tries(*kind) {
                // It ended before it could say how its tests did.
                if count != Count::one(false) {
                    break;
                }
                count = counted(bench, &mut command)?;
            }
            total.add(count);
        }
    }
    Ok(total)
}

/// How often a test binary is begun that does not come to its end. WebKitGTK's driver
/// fails scripts while the address of the page changes, and the runner, which asks by a
/// script how far the tests are, ends with that.
fn tries(kind: Kind) -> u32 {
    match kind {
        Kind::Chromium | Kind::Firefox => 1,
        Kind::Webkit => 6,
    }
}

/// The options that name each test binary, to be run one by one: wasm-pack can
/// pass `--no-fail-fast` only to a build that does not know it, and without it
/// the first binary that fails keeps the others from running.
fn binaries() -> Result<Vec<Vec<String>>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("tests")).context("cannot read tests/")? {
        let mut path = entry?.path();
        if path.join("main.rs").is_file() && !path.join("Cargo.toml").is_file() {
            // A binary of several files.
            path.set_extension("rs");
        }
        if let (Some("rs"), Some(name)) =
            (path.extension().and_then(OsStr::to_str), path.file_stem())
        {
            names.push(vec![
                "--test".to_owned(),
                name.to_string_lossy().into_owned(),
            ]);
        }
    }
    names.sort();
    names.insert(0, vec!["--lib".to_owned()]);
    Ok(names)
}

fn driver_options(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Chromium => ["--chrome", "--chromedriver"],
        Kind::Firefox => ["--firefox", "--geckodriver"],
        // The runner knows Safari's driver, and WebKitGTK's speaks the same.
        Kind::Webkit => ["--safari", "--safaridriver"],
    }
}

/// Writes what the runner asks of the driver, with the browser that was found;
/// returns the file.
fn capabilities(browser: &Browser) -> Result<PathBuf> {
    let capabilities = match browser.kind {
        Kind::Chromium => {
            let mut chromium: Value = serde_json::from_str(&read(&root().join("webdriver.json"))?)
                .context("webdriver.json is no JSON")?;
            chromium["goog:chromeOptions"]["binary"] = json!(browser.binary);
            chromium
        }
        Kind::Firefox => json!({
            "moz:firefoxOptions": { "binary": browser.binary, "args": ["-headless"] },
        }),
        Kind::Webkit => json!({
            "webkitgtk:browserOptions": { "binary": browser.binary, "args": ["--automation"] },
        }),
    };
    let file = target().join(format!("webdriver-{}.json", browser.kind));
    fs::write(&file, format!("{capabilities:#}\n"))?;
    Ok(file)
}
