//! The packed package in other projects: tests/packaging.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{self, Count};
use super::package::files;
use crate::build;
use crate::command::tee;
use crate::setup::browsers::{self, Kind};
use crate::setup::npm;
use crate::workspace::root;

/// A part of these tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The tests that take seconds.
    Quick,
    /// Bundlers, frameworks and test runners, which take minutes to install.
    Matrix,
}

impl Part {
    /// The folder of the tests, and the folder of the lock file for their dependencies.
    fn folders(self) -> (PathBuf, &'static str) {
        let folder = root().join("tests/packaging");
        match self {
            Part::Quick => (folder.join("quick"), "tests/packaging"),
            Part::Matrix => (folder.join("matrix"), "tests/packaging/matrix"),
        }
    }
}

/// Which tests of a part to run, and whether to record the results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Selection<'a> {
    All,
    /// All tests; the results are written to docs/packaging.md.
    Recorded,
    /// The tests with this text in their names; their results are written, too.
    Named(&'a str),
}

/// The quick part.
pub fn suite(bench: &Bench) -> Result<Count> {
    run(Part::Quick, bench.package.tarball()?, Selection::All)
}

/// Runs tests of a part against a tarball.
///
/// # Errors
/// When its dependencies cannot be installed.
pub fn run(part: Part, tarball: PathBuf, selection: Selection) -> Result<Count> {
    npm::packages("tests/packaging")?;
    let (tests, lock) = part.folders();
    npm::packages(lock)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut node = Command::new("node");
    node.current_dir(root())
        // If they ran at the same time, they would delay each other.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(match selection {
            Selection::Named(name) => Some(format!("--test-name-pattern={name}")),
            Selection::All | Selection::Recorded => None,
        })
        .args(files(&tests, "test.mjs")?)
        .env("NATERO_TARBALL", tarball)
        .envs(match selection {
            Selection::All => None,
            Selection::Recorded => Some(("NATERO_RESULTS", "all")),
            Selection::Named(_) => Some(("NATERO_RESULTS", "tried")),
        })
        .env("NATERO_COLLECTOR", collector)
        .envs(browsers::ensure(Kind::Chromium)?.env());
    let mut count = Count::default();
    let succeeded = tee(&mut node, |line| count.add(count::node(line)))?;
    Ok(count.with_end(succeeded))
}
