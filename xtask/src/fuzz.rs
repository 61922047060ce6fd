//! `cargo xtask fuzz`: feeds arbitrary bytes to the code that reads outside input.
//!
//! The targets are in `fuzz/fuzz_targets`, one file each, and their initial inputs in
//! `fuzz/seeds`. No sanitizer is used: the code under test has no `unsafe`, so a stable
//! compiler is enough.

use std::ffi::OsStr;
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command::run;
use crate::setup::cargo_tools;
use crate::workspace::{root, target};

/// Default number of seconds for each target when all are run.
const SECONDS_EACH: u32 = 60;

/// Maximum time for one input, in seconds: 100 times what the slowest takes on a busy
/// machine.
const INPUT_LIMIT: u32 = 60;

/// The arguments of `cargo xtask fuzz`.
#[derive(Debug, PartialEq, Eq)]
enum Task<'a> {
    /// Runs each target in turn, for this many seconds.
    All { seconds: u32 },
    /// Runs one target for this many seconds; without a number, until it finds a failure or
    /// is stopped.
    One { name: &'a str, seconds: Option<u32> },
    /// Runs one target with one input, such as a failure has saved.
    Replay { name: &'a str, input: &'a Path },
}

/// `cargo xtask fuzz [TARGET] [SECONDS | FILE]`
pub fn task(args: &[&str]) -> Result<()> {
    let names = targets()?;
    match parse(args, &names)? {
        Task::All { seconds } => {
            for name in &names {
                println!("\n--- {name}, {seconds} s ---");
                run(&mut fuzz(name, &corpus(name)?, Some(seconds))?)?;
            }
            Ok(())
        }
        Task::One { name, seconds } => run(&mut fuzz(name, &corpus(name)?, seconds)?),
        Task::Replay { name, input } => run(cargo_fuzz(name)?.arg(path::absolute(input)?)),
    }
}

fn parse<'a>(args: &[&'a str], names: &'a [String]) -> Result<Task<'a>> {
    let seconds = |text: &str| text.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    let (name, more) = match args {
        [] => {
            return Ok(Task::All {
                seconds: SECONDS_EACH,
            });
        }
        [only] if seconds(only).is_some() => {
            return Ok(Task::All {
                seconds: seconds(only).expect("it was just read"),
            });
        }
        [name] => (*name, None),
        [name, more] => (*name, Some(*more)),
        _ => bail!("fuzz takes a target, and seconds or the file of an input"),
    };
    ensure!(
        names.iter().any(|known| known == name),
        "there is no fuzz target `{name}`; there are {}",
        names.join(", ")
    );
    match more {
        Some(more) if seconds(more).is_none() => {
            let input = Path::new(more);
            ensure!(
                input.is_file(),
                "`{more}` is neither a number of seconds nor a file"
            );
            Ok(Task::Replay { name, input })
        }
        more => Ok(Task::One {
            name,
            seconds: more.and_then(seconds),
        }),
    }
}

/// The names of all targets.
///
/// # Errors
/// When there are none, which means that the search for them is wrong.
pub fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("rs"))
            && let Some(name) = path.file_stem().and_then(OsStr::to_str)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "{} has no target", folder.display());
    Ok(names)
}

/// The initial inputs of a target.
pub fn seeds(name: &str) -> PathBuf {
    root().join("fuzz/seeds").join(name)
}

/// The command that runs a target with its seeds. It also starts from the inputs of the
/// corpus, to which it adds inputs that reach new code.
///
/// # Errors
/// When cargo-fuzz has to be installed and the installation fails.
pub fn fuzz(name: &str, corpus: &Path, seconds: Option<u32>) -> Result<Command> {
    let seeds = seeds(name);
    ensure!(seeds.is_dir(), "there is no {}", seeds.display());
    let mut command = cargo_fuzz(name)?;
    command
        .args([corpus, &seeds])
        .arg("--")
        .arg(format!("-timeout={INPUT_LIMIT}"));
    if let Some(seconds) = seconds {
        command.arg(format!("-max_total_time={seconds}"));
    }
    Ok(command)
}

fn cargo_fuzz(name: &str) -> Result<Command> {
    let mut command = Command::new(cargo_tools::cargo_fuzz()?);
    command
        .current_dir(root())
        .args(["run", "--sanitizer", "none"])
        // A single unit would optimise better but take twice as long to compile, and most of
        // a run of a few seconds is compiling.
        .args(["--codegen-units", "16"])
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .arg("--target-dir")
        .arg(target().join("fuzz"))
        .arg(name);
    Ok(command)
}

/// The inputs that earlier runs on this machine found useful.
fn corpus(name: &str) -> Result<PathBuf> {
    let folder = root().join("fuzz/corpus").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_runs_until_it_is_ended_unless_seconds_are_named() {
        let names = ["lines".to_owned()];
        let parsed = |args: &[&'static str]| parse(args, &names).map_err(|error| error.to_string());
        assert_eq!(parsed(&[]), Ok(Task::All { seconds: 60 }));
        assert_eq!(parsed(&["5"]), Ok(Task::All { seconds: 5 }));
        let name = "lines";
        assert_eq!(
            parsed(&["lines"]),
            Ok(Task::One {
                name,
                seconds: None
            })
        );
        let seconds = Some(9);
        assert_eq!(parsed(&["lines", "9"]), Ok(Task::One { name, seconds }));
    }

    #[test]
    fn a_target_or_an_input_that_does_not_exist_is_named() {
        let names = ["lines".to_owned()];
        let refused = |args: &[&str]| parse(args, &names).expect_err("refused").to_string();
        assert!(refused(&["line"]).contains("there are lines"));
        assert!(refused(&["lines", "no/such/input"]).contains("nor a file"));
        assert!(refused(&["lines", "0"]).contains("nor a file"));
    }

    #[test]
    fn every_target_has_seeds() {
        for name in targets().expect("targets") {
            let seeds = fs::read_dir(seeds(&name)).expect("a folder of seeds");
            assert!(seeds.count() > 0, "{name} has no seed");
        }
    }
}
