//! The packed package in projects of others: tests/packaging.

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

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What takes seconds.
    Quick,
    /// Bundlers, frameworks and test runners, which take minutes to install.
    Matrix,
}

impl Part {
    /// The folders of the tests, and of the lock that names what they need.
    fn folders(self) -> (PathBuf, &'static str) {
        let folder = root().join("tests/packaging");
        match self {
            Part::Quick => (folder.join("quick"), "tests/packaging"),
            Part::Matrix => (folder.join("matrix"), "tests/packaging/matrix"),
        }
    }
}

/// The quick part.
pub fn suite(bench: &Bench) -> Result<Count> {
    run(Part::Quick, bench.package.tarball()?, None)
}

/// Runs a part against a tarball: all of it, or the tests with a text in their names.
///
/// # Errors
/// When what it needs cannot be installed.
pub fn run(part: Part, tarball: PathBuf, name: Option<&str>) -> Result<Count> {
    npm::packages("tests/packaging")?;
    let (tests, lock) = part.folders();
    npm::packages(lock)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut node = Command::new("node");
    node.current_dir(root())
        // Beside each other they would take each other's time.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(name.map(|name| format!("--test-name-pattern={name}")))
        .args(files(&tests, "test.mjs")?)
        .env("NATERO_TARBALL", tarball)
        // What held is written down where all of it was tried.
        .envs((part == Part::Matrix && name.is_none()).then_some(("NATERO_RESULTS", "1")))
        .env("NATERO_COLLECTOR", collector)
        .envs(browsers::ensure(Kind::Chromium)?.env());
    let mut count = Count::default();
    let succeeded = tee(&mut node, |line| count.add(count::node(line)))?;
    Ok(count.with_end(succeeded))
}
