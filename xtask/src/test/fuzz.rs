//! Runs each fuzz target for some seconds, with its seeds and the inputs that the fuzzer
//! derives from them. Each target counts as one test.

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
        // The corpus is empty each time, so that no run depends on earlier ones.
        let corpus = target().join("fuzz-corpus").join(&name);
        if corpus.exists() {
            fs::remove_dir_all(&corpus)?;
        }
        fs::create_dir_all(&corpus)?;
        let mut run = fuzz::fuzz(&name, &corpus, Some(SECONDS))?;
        // Suppresses thousands of lines about coverage; failures are still reported.
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
