//! The budget for what a page downloads, the current ceiling, and the parts that made a
//! download exceed it.

use std::fmt;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::parts::{self, Parts};
use crate::build;
use crate::setup::rust;
use crate::workspace::{read, target};

/// Number of grown parts that are listed.
const NAMED: usize = 15;

/// The size and the limits of a download, in bytes of gzip.
pub struct Weight {
    name: String,
    gzip: u64,
    budget: u64,
    ceiling: u64,
}

impl Weight {
    /// Whether it is within its ceiling, plus this many percent.
    pub fn fits(&self, slack: u64) -> bool {
        self.gzip * 100 <= self.ceiling * (100 + slack)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            gzip,
            budget,
            ceiling,
        } = self;
        write!(
            f,
            "{name:<12}{gzip:>8} B gzip -9, ceiling {ceiling}, budget {budget}"
        )?;
        if gzip > budget {
            write!(f, ": {} B over its budget", gzip - budget)?;
        }
        Ok(())
    }
}

/// The size of each download with its limits from xtask/size.json.
///
/// # Errors
/// When a download has no size or no ceiling.
pub fn weigh(record: &Value, downloads: &Value) -> Result<Vec<Weight>> {
    let of_one = |download: &Value| {
        let name = download["name"]
            .as_str()
            .context("a download without a name")?;
        let bytes = |what: &str| {
            record[what][name]
                .as_u64()
                .with_context(|| format!("xtask/size.json has no {what} for {name}"))
        };
        Ok(Weight {
            name: name.into(),
            gzip: download["gzip"]
                .as_u64()
                .context("a download without a size")?,
            budget: bytes("budget")?,
            ceiling: bytes("ceiling")?,
        })
    };
    let downloads = downloads.as_array().context("no downloads")?;
    downloads.iter().map(of_one).collect()
}

/// The contents of xtask/size.json.
///
/// # Errors
/// When the file cannot be read.
pub fn record() -> Result<Value> {
    Ok(serde_json::from_str(&read(&parts::record())?)?)
}

/// The tolerance in percent for the current compiler: the output of other compilers differs
/// slightly.
///
/// # Errors
/// When there is no compiler.
pub fn slack(record: &Value) -> Result<u64> {
    let compiler = rust::wasm()?.compiler()?;
    if record["compiler"] == compiler.as_str() {
        return Ok(0);
    }
    println!("{compiler} is not the compiler of the record: 5 % more is let pass");
    Ok(5)
}

/// Whether each download of the built package is within its ceiling, which is the smallest
/// size reached so far on the way to its budget. If one is not, prints the parts that grew.
/// `None` if std could not be rebuilt for size.
///
/// # Errors
/// When the package was not built, or a tool is missing.
pub fn holds() -> Result<Option<bool>> {
    let Some(wasm) = build::named_wasm()? else {
        return Ok(None);
    };
    let record = record()?;
    let report: Value = serde_json::from_str(&read(&target().join("size.json"))?)?;
    let slack = slack(&record)?;
    let mut holds = true;
    for weight in weigh(&record, &report["downloads"])? {
        println!("{weight}");
        holds &= weight.fits(slack);
    }
    if !holds {
        for (what, now) in [("wasm", parts::of_wasm(&wasm)?), ("js", parts::of_js()?)] {
            let before: Parts = serde_json::from_value(record[what].clone())?;
            println!(
                "\nover the ceiling; what grew since it was recorded, {what}, bytes before compression:"
            );
            for (name, before, now) in parts::grown(&before, &now).into_iter().take(NAMED) {
                println!("{before:>8} →{now:>6}  {name}");
            }
        }
        println!("\nMake it smaller: the ceiling only ever comes down, until it meets the budget.");
    }
    Ok(Some(holds))
}

/// `cargo xtask size [--record]`: lists the parts, largest first. `--record` stores them for
/// later comparisons.
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
            let mut record = record()?;
            record["compiler"] = json!(rust::wasm()?.compiler()?);
            record["wasm"] = json!(wasm);
            record["js"] = json!(js);
            fs::write(parts::record(), format!("{record:#}\n"))?;
        }
        _ => bail!("size takes nothing but --record"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_over_its_budget_is_told_of_and_fits_until_its_ceiling() {
        let record = json!({ "budget": { "entry": 6000 }, "ceiling": { "entry": 8000 } });
        let weight = |gzip: u64| {
            let downloads = json!([{ "name": "entry", "gzip": gzip }]);
            let mut weights = weigh(&record, &downloads).expect("a record of it");
            weights.remove(0)
        };
        assert!(!weight(6000).to_string().contains("over"));
        assert!(weight(6001).to_string().ends_with(": 1 B over its budget"));
        assert!(weight(8000).fits(0) && !weight(8001).fits(0));
        assert!(weight(8400).fits(5) && !weight(8401).fits(5));
    }

    #[test]
    fn a_download_that_nothing_is_recorded_of_is_refused() {
        let downloads = json!([{ "name": "entry", "gzip": 1 }]);
        let error = weigh(&json!({}), &downloads)
            .map(drop)
            .expect_err("no record");
        assert!(error.to_string().contains("no budget for entry"), "{error}");
    }
}
