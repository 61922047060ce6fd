//! The fuzz targets, for seconds each: their seeds, and what the fuzzer makes
//! of these. Each target is one test.

use std::fs;

use anyhow::Result;

use super::Bench;
use super::count::Count;
use crate::command::succeeds;
use crate::fuzz;
use crate::workspace::target;

/// Long enough for some thousand inputs of the slowest target.
const SECONDS: u32 = 5;

pub fn suite(_: &Bench) -> Result<Count> {
    let mut count = Count::default();
    for name in fuzz::targets()? {
        println!("--- {name} ---");
        // An empty one each time, so that no run depends on those before it.
        let corpus = target().join("fuzz-corpus").join(&name);
        if corpus.exists() {
            fs::remove_dir_all(&corpus)?;
        }
        fs::create_dir_all(&corpus)?;
        let mut run = fuzz::fuzz(&name, &corpus, Some(SECONDS))?;
        // Thousands of lines say what was reached; a failure is told all the same.
        run.args(["-verbosity=0", "-print_final_stats=1"]);
        let passed = succeeds(&mut run)?;
        if !passed {
            eprintln!(
                "error: {name} failed; `cargo xtask fuzz {name} FILE` repeats it with the input \
                 in fuzz/artifacts/{name}, and a copy in fuzz/seeds/{name} keeps it tested"
            );
        }
        count.add(Count::one(passed));
    }
    Ok(count)
}
