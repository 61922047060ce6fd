//! Tests of the bindings: tests/*.rs of the root package, run in a browser.

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

/// Time limit of a test binary in a browser, in seconds. The runner's default of 20 is too
/// short for a busy machine.
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
            // WebKitGTK has no headless mode, so it gets a virtual display.
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
                // It exited before it could report the results of its tests.
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

/// How often to start a test binary that does not run to its end. WebKitGTK's driver fails
/// scripts while the address of the page changes. The runner polls the progress of the tests
/// with a script, and exits on such a failure.
fn tries(kind: Kind) -> u32 {
    match kind {
        Kind::Chromium | Kind::Firefox => 1,
        Kind::Webkit => 6,
    }
}

/// The options that select each test binary, so that they are run one by one. wasm-pack can
/// pass `--no-fail-fast` only to a build that does not support it, and without it the first
/// binary that fails prevents the others from running.
fn binaries() -> Result<Vec<Vec<String>>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("tests")).context("cannot read tests/")? {
        let mut path = entry?.path();
        if path.join("main.rs").is_file() && !path.join("Cargo.toml").is_file() {
            // A test binary may consist of several files.
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
        // The runner supports Safari's driver, and WebKitGTK's driver uses the same
        // protocol.
        Kind::Webkit => ["--safari", "--safaridriver"],
    }
}

/// Writes the capabilities that the runner requests from the driver, with the path of the
/// installed browser. Returns the file.
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
