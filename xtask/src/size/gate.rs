//! The budget of what a page downloads, and what took it where it is over.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::parts::{self, Parts};
use crate::build;
use crate::setup::rust;
use crate::workspace::{read, target};

/// How many of the parts that grew are named.
const NAMED: usize = 15;

/// Whether each download of the built package is within its budget. Prints
/// what grew where one is not. `None` where std could not be rebuilt for size.
///
/// # Errors
/// When the package was not built, or a tool is missing.
pub fn holds() -> Result<Option<bool>> {
    let Some(wasm) = build::named_wasm()? else {
        return Ok(None);
    };
    let record: Value = serde_json::from_str(&read(&parts::record())?)?;
    let report: Value = serde_json::from_str(&read(&target().join("size.json"))?)?;
    let compiler = rust::wasm()?.compiler()?;
    // What another compiler makes of the same differs by some percent.
    let slack = if record["compiler"] == compiler.as_str() {
        0
    } else {
        println!("{compiler} is not the compiler of the record: 5 % more is let pass");
        5
    };
    let mut holds = true;
    for download in report["downloads"].as_array().context("no downloads")? {
        let name = download["name"].as_str().unwrap_or_default();
        let gzip = download["gzip"].as_u64().unwrap_or(u64::MAX);
        let budget = record["budget"][name]
            .as_u64()
            .with_context(|| format!("xtask/size.json has no budget for {name}"))?;
        println!("{name:<12}{gzip:>8} B gzip -9, budget {budget}");
        holds &= gzip * 100 <= budget * (100 + slack);
    }
    if !holds {
        for (what, now) in [("wasm", parts::of_wasm(&wasm)?), ("js", parts::of_js()?)] {
            let before: Parts = serde_json::from_value(record[what].clone())?;
            println!(
                "\nover the budget; what grew since it was recorded, {what}, bytes before compression:"
            );
            for (name, before, now) in parts::grown(&before, &now).into_iter().take(NAMED) {
                println!("{before:>8} →{now:>6}  {name}");
            }
        }
        println!(
            "\nMake it smaller, or, where it is worth that, raise the budget in xtask/size.json."
        );
    }
    Ok(Some(holds))
}

/// `cargo xtask size [--record]`: the parts, largest first; `--record` notes
/// them as what later ones are compared with.
///
/// # Errors
/// When the package cannot be built.
pub fn task(args: &[&str]) -> Result<()> {
    build::package(build::Mode::Release)?;
    let Some(wasm) = build::named_wasm()? else {
        bail!(
            "std's sources are missing, so sizes here say nothing: rustup component add rust-src"
        );
    };
    let (wasm, js) = (parts::of_wasm(&wasm)?, parts::of_js()?);
    match args {
        [] => {
            for (what, parts) in [("wasm", &wasm), ("js", &js)] {
                println!("\n{what}, bytes before compression");
                for (name, _, bytes) in parts::grown(&Parts::new(), parts) {
                    println!("{bytes:>8}  {name}");
                }
            }
        }
        ["--record"] => {
            let mut record: Value = serde_json::from_str(&read(&parts::record())?)?;
            record["compiler"] = json!(rust::wasm()?.compiler()?);
            record["wasm"] = json!(wasm);
            record["js"] = json!(js);
            fs::write(parts::record(), format!("{record:#}\n"))?;
        }
        _ => bail!("size takes nothing but --record"),
    }
    Ok(())
}
